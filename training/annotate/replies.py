"""Reading what a chat-completions endpoint sends back: a stream of events, or one JSON object.

A stream that ends without a finish reason and without ``[DONE]`` was cut, and its text is not taken for an answer.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

_MOST_TOKENS: Final = 10_000_000
"""Token counts above this are no counts of one reply; the longest contexts served hold about a million."""


class UnusableReply(Exception):
    """A reply was cut off, is no chat completion, or reports an error of the server."""


@dataclass
class Reply:
    """What the endpoint answered.

    Attributes:
        text: the answer so far.
        refusal: what a structured refusal says, empty when there is none.
        finish_reason: "stop", "length", "content_filter" or what the server calls it; empty while it goes on.
        usage: token counts as the server states them; impossible ones are left out.
        model: the model's name as the server states it.
    """

    text: str = ""
    refusal: str = ""
    finish_reason: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    model: str = ""

    def add(self, content: Any) -> None:
        """Add one event of a stream, or a whole completion.

        Raises:
            UnusableReply: it reports an error or has another form.
        """
        if not isinstance(content, dict):
            raise UnusableReply("the reply is no JSON object")
        if content.get("error"):
            raise UnusableReply(f"the server reports an error: {error_text(content)}")
        if isinstance(content.get("usage"), dict):
            self.usage = {
                key: value
                for key, value in content["usage"].items()
                if type(value) is int and 0 <= value <= _MOST_TOKENS
            }
        self.model = str(content.get("model") or self.model)
        choices = content.get("choices")
        if not isinstance(choices, list):
            raise UnusableReply("the reply has no choices")
        if choices:
            choice = choices[0] if isinstance(choices[0], dict) else {}
            message = choice.get("delta") or choice.get("message") or {}
            self.text += _text(message.get("content"))
            self.refusal += _text(message.get("refusal"))
            self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)


def error_text(content: Any) -> str:
    """Return the message and code of an error body, in whatever form, in at most 300 characters."""
    error = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(error, dict):
        parts = [str(error[key]) for key in ("message", "code", "detail") if error.get(key)]
        error = "; ".join(parts) or json.dumps(error)
    return str(error)[:300]


async def read_stream(lines: AsyncIterator[str]) -> Reply:
    """Return the reply of a stream of server-sent events.

    Raises:
        UnusableReply: the stream was cut, or holds an error or something else.
    """
    reply = Reply()
    done = False
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            done = True
            break
        reply.add(_parse(data))
    if not done and not reply.finish_reason:
        raise UnusableReply(f"the stream was cut after {len(reply.text)} characters")
    return reply


def read_whole(body: bytes) -> Reply:
    """Return the reply of a body that is one JSON object.

    Raises:
        UnusableReply: it is something else.
    """
    reply = Reply()
    reply.add(_parse(body.decode("utf-8", errors="replace")))
    return reply


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableReply("the reply is no JSON") from error


def _text(content: Any) -> str:
    """Return a message's text, which may come in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
