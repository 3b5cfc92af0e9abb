"""One process's share of a benchmark run: prepare, ask, write down; killed at any moment, it goes on where it was."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Self

from tqdm import tqdm

from emola.errors import EmolaError, InputError
from training.benchmark.face_inputs import FaceChoice, FaceInputs, FaceReader
from training.benchmark.journal import Journal
from training.benchmark.models import Answer, Answerer, Encoded
from training.benchmark.questions import Question
from training.benchmark.run_folder import RunFolder
from training.benchmark.slots import Key

_TYPICAL_WORDS: Final = {"emotion": 50, "au": 207}
"""Mean length of a FABA-Instruct text (README), used where there is no reference."""

_READERS: Final = 2
_READ_AHEAD: Final = 8


@dataclass(frozen=True)
class Share:
    """Which of the processes of ``accelerate launch`` this is.

    Attributes:
        index: 0 to ``count`` - 1.
        count: number of processes, over all machines.
        local: index on this machine, which picks the GPU.
    """

    index: int = 0
    count: int = 1
    local: int = 0

    @classmethod
    def from_environment(cls) -> Self:
        """Return what ``accelerate launch`` and ``torchrun`` put into the environment; one process without them.

        Raises:
            InputError: the numbers do not fit together.
        """
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
        texts = [os.environ.get(name, default) for name, default in zip(names, "010", strict=True)]
        if not all(text.isdecimal() for text in texts) or int(texts[0]) >= int(texts[1]):
            raise InputError(f"RANK {texts[0]} and WORLD_SIZE {texts[1]} in the environment are no share of a run.")
        return cls(*map(int, texts))

    def of(self, questions: Sequence[Question]) -> list[Question]:
        """Return the questions of this process; which ones does not depend on what is answered already."""
        return [question for place, question in enumerate(questions) if place % self.count == self.index]


@dataclass(frozen=True)
class Progress:
    """What came of the run so far.

    Attributes:
        counts: status to number of items.
        missing: how many questions wait for other processes.
        failures: why items failed, to their number, the most frequent first.
    """

    counts: dict[str, int]
    missing: int
    failures: dict[str, int]

    @property
    def is_fruitless(self) -> bool:
        """Whether all is done and nothing was answered."""
        return not self.missing and set(self.counts) <= {"failed"}


def in_asking_order(questions: Sequence[Question]) -> list[Question]:
    """Return the questions with the longest expected answers first, so that batches hold answers of similar length."""

    def expected_words(question: Question) -> int:
        return len(question.reference.split()) if question.reference else _TYPICAL_WORDS[question.task]

    return sorted(questions, key=lambda question: -expected_words(question))


def run_share(
    folder: RunFolder,
    questions: Sequence[Question],
    share: Share,
    load: Callable[[], tuple[Answerer, FaceReader]],
) -> Progress:
    """Ask what is left of this process's share, then merge if it was the last one.

    Args:
        folder: claimed for this run.
        questions: all of the run, in order.
        share: which of them are asked here.
        load: opens the model and what prepares its inputs; not called when nothing is left.

    Raises:
        InputError: another process works on the same share, or a journal is damaged.
        ResourceError: the device ran out of memory, or the disk is full.
    """
    with folder.open_journal(share.index) as journal:
        answered = folder.answers()
        left = in_asking_order([question for question in share.of(questions) if question.key not in answered])
        if left:
            answerer, reader = load()
            reader.open_networks(left)
            try:
                _ask(left, answerer, reader, journal)
            finally:
                reader.close()
    missing = folder.merge(questions)
    rows = folder.answers().values()
    counts = Counter(sorted(row["status"] for row in rows))
    failures = Counter(str(row["reason"]) for row in rows if row["status"] == "failed")
    return Progress(dict(counts), missing, dict(failures.most_common()))


def _ask(questions: Sequence[Question], answerer: Answerer, reader: FaceReader, journal: Journal) -> None:
    """Ask every question and append a line for each."""
    by_key = {question.key: question for question in questions}
    sources: dict[Key, str | None] = {}
    with tqdm(total=len(questions), desc="asking", unit="item", disable=None) as bar:

        def encoded() -> Iterator[Encoded]:
            for question, inputs in _read_ahead(questions, reader):
                try:
                    if isinstance(inputs, EmolaError):
                        raise inputs
                    sources[question.key] = inputs.prior_from
                    ready = answerer.encode(question.key, question.text, inputs)
                except EmolaError as error:
                    journal.append(_row(question, None, sources.get(question.key), str(error)))
                    bar.update()
                else:
                    yield ready

        for answer in answerer.answer(encoded()):
            journal.append(_row(by_key[answer.key], answer, sources.pop(answer.key), None))
            bar.update()


def _read_ahead(
    questions: Sequence[Question], reader: FaceReader
) -> Iterator[tuple[Question, FaceInputs | EmolaError]]:
    """Yield inputs, or why there are none, in order; a few questions are read ahead by threads."""
    with ThreadPoolExecutor(_READERS, thread_name_prefix="benchmark-inputs") as pool:
        pending: deque[tuple[Question, Future[FaceInputs | EmolaError]]] = deque()
        waiting = iter(questions)
        try:
            while True:
                while len(pending) < _READ_AHEAD and (question := next(waiting, None)) is not None:
                    pending.append((question, pool.submit(_read, reader, question)))
                if not pending:
                    return
                question, future = pending.popleft()
                yield question, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _read(reader: FaceReader, question: Question) -> FaceInputs | EmolaError:
    """Return the inputs of a question, or why there are none; one odd picture must not end the run."""
    try:
        return reader.read(question)
    except EmolaError as error:
        return error
    except (RuntimeError, ValueError, OSError) as error:
        return InputError(f"the picture could not be prepared: {error}")


def _row(question: Question, answer: Answer | None, prior_from: str | None, reason: str | None) -> dict[str, Any]:
    """Return the line of a question; the same whatever process writes it."""
    status = "failed" if answer is None else "answered" if answer.ended else "cut off"
    return {
        "id": question.id,
        "task": question.task,
        "prediction": None if answer is None else answer.text,
        "reference": question.reference,
        "label": question.label,
        "group": question.group,
        "contested": list(question.contested),
        "status": status,
        "reason": reason,
        "image": question.image_name,
        "prior": prior_from,
        "tokens": None if answer is None else answer.tokens,
    }


def default_faces(crop_recipe: str | None) -> FaceChoice:
    """Return how faces are found when nobody says: recipes that turn and scale the face need it found."""
    return "whole" if crop_recipe in (None, "square-pad") else "detect"
