"""Asking about every picture: several requests at a time, each outcome into the journal, FABA JSON at the end."""

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from emola.errors import EmolaError, ImageError, ResourceError
from emola.prompt import IMAGE_TOKEN
from training.annotate.endpoint import Endpoint, EndpointSettings, RequestFailed
from training.annotate.journal import (
    BROKEN,
    DESCRIBED,
    EMPTY,
    FAILED,
    REFUSED,
    TOO_LONG,
    TRIED_AGAIN,
    Entry,
    Journal,
    Key,
)
from training.annotate.messages import build_messages, encode_picture, looks_refused
from training.annotate.replies import Reply
from training.data.records import Task
from training.data.templates import sample_question

FAILURES_IN_A_ROW: Final = 10
"""So many requests given up one after the other end the run: something is wrong with all of them."""


@dataclass(frozen=True)
class AnnotationPlan:
    """What to ask about which pictures.

    Attributes:
        root: the data root.
        images: relative paths with forward slashes, inside the root.
        tasks: "emotion", "au" or both.
        seed: of the drawing of questions.
        max_side: pictures are scaled down to this many pixels.
        concurrency: requests under way at a time.
    """

    root: Path
    images: tuple[str, ...]
    tasks: tuple[Task, ...]
    seed: int = 0
    max_side: int = 512
    concurrency: int = 4

    def requests(self) -> list[Key]:
        """Return every request, picture by picture."""
        return [(image, task) for image in self.images for task in self.tasks]

    def pending(self, journal: Journal) -> list[Key]:
        """Return the requests without an outcome, and those that are tried again."""
        done = {key for key, entry in journal.entries.items() if entry.status not in TRIED_AGAIN}
        return [key for key in self.requests() if key not in done]


def describe_pictures(plan: AnnotationPlan, settings: EndpointSettings, journal: Journal) -> None:
    """Make every pending request; outcomes are in the journal, whatever happens.

    Raises:
        InputError: the address, the model or the key is wrong.
        ResourceError: the quota is used up, or many requests in a row fail.
    """
    asyncio.run(_describe(plan, settings, journal))


async def _describe(plan: AnnotationPlan, settings: EndpointSettings, journal: Journal) -> None:
    pending = plan.pending(journal)
    total = len(plan.requests())
    with tqdm(total=total, initial=total - len(pending), unit="answer", desc=f"asking {settings.model}") as bar:
        async with Endpoint(settings) as endpoint:
            worker = _Worker(plan, endpoint, journal, bar, iter(pending))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(max(1, plan.concurrency)):
                        group.create_task(worker.run())
            except BaseExceptionGroup as group:
                known = group.subgroup(EmolaError)
                if known is None:
                    raise
                raise known.exceptions[0] from None


class _Worker:
    """Takes requests from a common list until it is empty; all workers share one."""

    def __init__(
        self, plan: AnnotationPlan, endpoint: Endpoint, journal: Journal, bar: "tqdm[Any]", pending: Iterator[Key]
    ) -> None:
        self._plan = plan
        self._endpoint = endpoint
        self._journal = journal
        self._bar = bar
        self._pending = pending
        self._failures = 0

    async def run(self) -> None:
        """Work until nothing is left."""
        for image, task in self._pending:
            entry = await self._ask(image, task)
            self._journal.append(entry)
            self._bar.update()
            self._failures = self._failures + 1 if entry.status == FAILED else 0
            if self._failures >= FAILURES_IN_A_ROW:
                raise ResourceError(f"{FAILURES_IN_A_ROW} requests in a row failed, the last one: {entry.reason}.")

    async def _ask(self, image: str, task: Task) -> Entry:
        """Return the outcome of one request."""
        question = sample_question(task, image, self._plan.seed)
        path = self._plan.root / image
        try:
            picture = await asyncio.to_thread(encode_picture, path, self._plan.max_side)
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        except (ImageError, OSError) as error:
            return Entry(image, task, question, BROKEN, reason=f"the picture cannot be sent: {error}")
        try:
            reply, attempts = await self._endpoint.ask(build_messages(task, question, picture))
        except RequestFailed as failure:
            status = REFUSED if failure.filtered else FAILED
            return Entry(image, task, question, status, "", str(failure), failure.attempts, sha256=sha256)
        status, reason = judge(reply)
        text = reply.text.strip()
        return Entry(image, task, question, status, text, reason, attempts, reply.model, reply.usage, sha256)


def judge(reply: Reply) -> tuple[str, str]:
    """Return the status of a whole reply and why it is no description."""
    if reply.refusal or reply.finish_reason == "content_filter":
        return REFUSED, reply.refusal.strip() or "the endpoint's content filter"
    if not reply.text.strip():
        return EMPTY, f"an empty answer (finish reason {reply.finish_reason or 'none'})"
    if looks_refused(reply.text):
        return REFUSED, "the answer opens like a refusal"
    if reply.finish_reason == "length":
        return TOO_LONG, "the answer did not fit into the longest allowed"
    return DESCRIBED, ""


def write_annotations(plan: AnnotationPlan, entries: Sequence[Entry], out: Path) -> dict[Task, int]:
    """Write ``OUT/{task}_anno.json`` in FABA-Instruct's training form; return how many records each task has.

    Records have no ``landmark`` yet: ``python -m emola extract-priors`` adds it.
    """
    found = {entry.key: entry for entry in entries if entry.status == DESCRIBED}
    counts: dict[Task, int] = {}
    for task in plan.tasks:
        records = [_record(found[image, task]) for image in plan.images if (image, task) in found]
        path = out / f"{task}_anno.json"
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(temporary, path)
        counts[task] = len(records)
    return counts


def count_outcomes(entries: Sequence[Entry]) -> tuple[dict[str, int], int, int]:
    """Return status to number of requests, and the input and output tokens that the endpoint stated."""
    counts = dict(Counter(entry.status for entry in entries).most_common())
    tokens = [sum(entry.usage.get(name, 0) for entry in entries) for name in ("prompt_tokens", "completion_tokens")]
    return counts, tokens[0], tokens[1]


def _record(entry: Entry) -> dict[str, Any]:
    question = {"from": "human", "value": f"{entry.question}\n{IMAGE_TOKEN}"}
    turns = [question, {"from": "gpt", "value": entry.text}]
    return {"source": entry.model or "annotation", "id": entry.image, "image": entry.image, "conversations": turns}
