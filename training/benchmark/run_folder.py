"""The folder of one benchmark run.

    RUN/run.json                     what was run on what, with fingerprints; once there is an answer, a start
                                     with anything else is refused
    RUN/parts/journal-00000.jsonl    answers of one process as they came
    RUN/predictions_emotion.jsonl    all answers of a task in the order of the data, once the last one is there
    RUN/predictions_au.jsonl

Lines hold ``id, task, prediction, reference, label, group, status, reason`` (what ``score`` reads and a little more:
``image``, ``prior``, ``tokens``). ``status`` is "answered", "cut off" (the answer reached the limit) or "failed".
``prior`` is "file", "computed" (the record names no file of the model's recipe), "computed instead" (the file that it
names is not there) or null.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError, ResourceError
from training.benchmark.journal import Journal, is_begun, read_journal
from training.benchmark.questions import Question

FORMAT: Final = 1
COMPUTED_INSTEAD: Final = "computed instead"

_MEANINGS: Final = {
    "model": "the model's files",
    "data": "the data",
    "questions": "the number of questions",
    "prompt": "the prompt",
    "decoding": "the decoding",
    "inputs": "what the model is given",
    "image": "how pictures are squared (--image)",
    "faces": "how faces are found (--faces)",
    "prior_recipe": "the recipe of the prior files (--prior-recipe)",
    "missing_prior": "what becomes of items whose prior file is missing (--missing-prior)",
    "numbers": "the dtype or quantisation",
    "versions": "the version of torch or transformers",
}


class RunFolder:
    """Reads and writes one run.

    Args:
        folder: made when it is claimed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / "parts"

    @property
    def description_file(self) -> Path:
        """``run.json``."""
        return self.folder / "run.json"

    def predictions_file(self, task: str) -> Path:
        """Return where the merged answers of a task go."""
        return self.folder / f"predictions_{task}.jsonl"

    def claim(self, identity: Mapping[str, Any], notes: Mapping[str, Any]) -> None:
        """Take the folder for a run, or check that it already belongs to the very same one.

        Several processes may do this at once; the first one writes. A start that ended before its first answer, as when
        the model cannot be loaded, has no claim on the folder.

        Raises:
            InputError: it belongs to another run, or holds something else; one sentence says what differs.
            ResourceError: it cannot be written.
        """
        content = {"format": FORMAT, "identity": dict(identity), **notes}
        try:
            if not self.description_file.is_file():
                self._write_description(content)
            self._parts.mkdir(exist_ok=True)
        except OSError as error:
            raise ResourceError(f"The folder {self.folder} cannot be written: {error.strerror or error}.") from error
        found = self.describe()["identity"]
        changed = [key for key in {**identity, **found} if identity.get(key) != found.get(key)]
        if changed and not self._has_begun():
            _replace(self.description_file, _as_text(content))
        elif changed:
            names = " and ".join(_MEANINGS.get(key, key) for key in changed)
            raise InputError(
                f"{self.folder} holds a run with other settings: {names} changed since; choose another --out, or start "
                "it as before to continue."
            )

    def describe(self) -> dict[str, Any]:
        """Return the content of ``run.json``.

        Raises:
            InputError: there is none, or it is damaged.
        """
        path = self.description_file
        if not path.is_file():
            raise InputError(f"{self.folder} is no benchmark run: it holds no run.json.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = None
        if not isinstance(content, dict) or not isinstance(content.get("identity"), dict):
            raise InputError(f"{path} is damaged; take the folder away and run again.")
        return content

    def open_journal(self, process: int) -> Journal:
        """Open the journal of a process for writing; see :class:`Journal` for what is raised."""
        return Journal(self._parts / f"journal-{process:05d}.jsonl")

    def answers(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the rows of all journals by task and id."""
        rows = [row for path in sorted(self._parts.glob("journal-*.jsonl")) for row in read_journal(path)]
        return {(row["task"], row["id"]): row for row in rows}

    def merge(self, questions: Sequence[Question]) -> int:
        """Write the predictions of every task when all are there; return how many are still missing."""
        answers = self.answers()
        missing = sum(question.key not in answers for question in questions)
        if missing:
            return missing
        for task in dict.fromkeys(question.task for question in questions):
            rows = [answers[question.key] for question in questions if question.task == task]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            _replace(self.predictions_file(task), text)
        return 0

    def _has_begun(self) -> bool:
        """Say whether there are answers, or a process is about to write some."""
        merged = any(self.folder.glob("predictions_*.jsonl"))
        return merged or any(is_begun(path) for path in self._parts.glob("journal-*.jsonl"))

    def _write_description(self, content: Mapping[str, Any]) -> None:
        if self.folder.exists() and (not self.folder.is_dir() or any(self._foreign())):
            raise InputError(f"{self.folder} is not an empty folder and holds no benchmark run; choose another --out.")
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".run.json.{os.getpid()}"
        temporary.write_text(_as_text(content), encoding="utf-8")
        try:
            os.link(temporary, self.description_file)  # unlike a rename, fails when another process was first
        except FileExistsError:
            pass
        finally:
            temporary.unlink()

    def _foreign(self) -> list[Path]:
        """Return what in the folder is of no run; nothing once another process has claimed it."""
        found = [path for path in self.folder.iterdir() if not path.name.startswith(".run.json.")]
        return [] if self.description_file.exists() else found


def _as_text(description: Mapping[str, Any]) -> str:
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise ResourceError(f"{path} could not be written: {error.strerror or error}.") from error
