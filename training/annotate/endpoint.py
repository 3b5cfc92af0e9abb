"""One OpenAI-compatible endpoint: a question about a picture in, a reply or a recorded failure out.

Retried with growing pauses: 408, 409, 429, 5xx, timeouts, broken connections, cut streams, replies that are no chat
completion. Not retried: what the endpoint rejects for good (other 4xx). What concerns every request (the key, the
address, an exhausted quota) ends the run. The key goes into the header alone; texts that might echo it are cleaned.
"""

import asyncio
import random
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Self

import httpx

from emola.errors import InputError, ResourceError
from training.annotate.pacing import Pacer, retry_after
from training.annotate.replies import Reply, UnusableReply, error_text, read_stream, read_whole

LONGEST_WAIT_S: Final = 600.0
"""A server that asks to wait longer ends the run; the same command continues later."""

_LONGEST_BACKOFF_S: Final = 60.0
_RETRIED: Final = frozenset({408, 409, 425, 429})
_FILTER_CODES: Final = ("content_filter", "content_policy", "moderation", "safety")


@dataclass(frozen=True)
class EndpointSettings:
    """How to reach the model.

    Attributes:
        url: base address, such as ``https://api.openai.com/v1``; ``/chat/completions`` is added.
        model: its name there.
        key: secret; empty for an endpoint that needs none.
        key_variable: where the key came from, for messages.
        max_tokens: longest answer.
        limit_name: what the endpoint calls that limit.
        temperature: None leaves it to the endpoint.
        timeout_s: seconds that one request may take in all.
        attempts: how often one picture is tried.
        backoff_s: first pause between two tries; it doubles each time.
        requests_per_minute: None for no limit.
    """

    url: str
    model: str
    key: str = ""
    key_variable: str = "OPENAI_API_KEY"
    max_tokens: int = 600
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float | None = None
    timeout_s: float = 120.0
    attempts: int = 8
    backoff_s: float = 1.0
    requests_per_minute: float | None = None


class RequestFailed(Exception):
    """One request was given up; the text says why and holds no secret.

    Attributes:
        attempts: how often it was tried.
        filtered: whether the endpoint rejected the picture by its content rules.
    """

    def __init__(self, reason: str, attempts: int, filtered: bool = False) -> None:
        super().__init__(reason)
        self.attempts = attempts
        self.filtered = filtered


class _Retry(Exception):
    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Endpoint:
    """Asks the model; use as ``async with``."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._pacer = Pacer(settings.requests_per_minute)
        self._reached = False
        headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        self._client = httpx.AsyncClient(headers=headers, timeout=settings.timeout_s, follow_redirects=False)

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        await self._client.__aexit__(kind, error, trace)

    async def ask(self, messages: list[dict[str, Any]]) -> tuple[Reply, int]:
        """Return the reply to chat messages and how many tries it took.

        Raises:
            RequestFailed: this request cannot be answered.
            InputError: the address, the model or the key is wrong.
            ResourceError: the quota is used up, or the server asks to wait for longer than ten minutes.
        """
        reason = ""
        for attempt in range(1, self._settings.attempts + 1):
            await self._pacer.wait()
            try:
                return self._without_key(await self._try(messages, attempt)), attempt
            except _Retry as retry:
                reason = str(retry)
                if attempt < self._settings.attempts:
                    await self._hold(retry.wait_s, attempt)
        raise RequestFailed(f"given up after {self._settings.attempts} tries: {reason}", self._settings.attempts)

    async def _hold(self, wait_s: float | None, attempt: int) -> None:
        """Wait before the next try; a pause that the server asked for holds everybody."""
        if wait_s is None:
            backoff = min(_LONGEST_BACKOFF_S, self._settings.backoff_s * 2 ** (attempt - 1))
            await asyncio.sleep(backoff * random.uniform(0.75, 1.25))  # not all workers at the same moment
            return
        if wait_s > LONGEST_WAIT_S:
            raise ResourceError(
                f"The endpoint asks to wait {wait_s:.0f} seconds; start the same command again after that."
            )
        self._pacer.pause(wait_s)

    async def _try(self, messages: list[dict[str, Any]], attempt: int) -> Reply:
        """Make one request; raise _Retry when another one may help."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._request(messages, attempt)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _Retry(f"no whole answer within {self._settings.timeout_s:g} seconds") from error
        except httpx.ConnectError as error:
            if not self._reached:
                where = f"The endpoint {self._settings.url} cannot be reached"
                raise InputError(f"{where}: {self._clean(error)}.") from error
            raise _Retry(f"the connection failed: {self._clean(error)}") from error
        except httpx.TransportError as error:
            raise _Retry(f"the connection broke: {self._clean(error) or type(error).__name__}") from error
        except UnusableReply as error:
            raise _Retry(self._clean(error)) from error

    async def _request(self, messages: list[dict[str, Any]], attempt: int) -> Reply:
        url = f"{self._settings.url.rstrip('/')}/chat/completions"
        async with self._client.stream("POST", url, json=self._body(messages)) as response:
            self._reached = True
            if response.status_code != httpx.codes.OK:
                await response.aread()
                self._reject(response, attempt)
            if "text/event-stream" in response.headers.get("content-type", ""):
                return await read_stream(response.aiter_lines())
            return read_whole(await response.aread())

    def _body(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        settings = self._settings
        body: dict[str, Any] = {"model": settings.model, "messages": messages, "stream": True}
        body[settings.limit_name] = settings.max_tokens
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        return body

    def _reject(self, response: httpx.Response, attempt: int) -> None:
        """Raise what a status other than 200 means."""
        status, text = response.status_code, self._clean(_body_text(response))
        if "insufficient_quota" in text:
            raise ResourceError(f"The quota of this key is used up; the same command continues once it is not: {text}")
        if status in _RETRIED or status >= 500:
            raise _Retry(f"status {status}: {text}", retry_after(response.headers))
        if status in (401, 403):
            raise InputError(f"The endpoint refuses the key in {self._settings.key_variable} (status {status}): {text}")
        if status == 404 or 300 <= status < 400:
            what = f"There is no model {self._settings.model} at {self._settings.url}"
            raise InputError(f"{what} (status {status}): {text}")
        filtered = any(code in text.lower() for code in _FILTER_CODES)
        raise RequestFailed(f"rejected with status {status}: {text}", attempt, filtered)

    def _without_key(self, reply: Reply) -> Reply:
        """Return a reply in which no text echoes the key."""
        reply.text, reply.refusal, reply.model = map(self._clean, (reply.text, reply.refusal, reply.model))
        return reply

    def _clean(self, text: object) -> str:
        """Return a text without the key."""
        return str(text).replace(self._settings.key, "[key]") if self._settings.key else str(text)


def _body_text(response: httpx.Response) -> str:
    try:
        return error_text(response.json())
    except ValueError:
        return response.text.strip()[:300] or response.reason_phrase
