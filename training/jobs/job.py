"""The job file: what a job is, who works on it, how far it is. Written whole or not at all.

FOLDER/ID/job.json   this file; written by whoever starts the job, then by its worker alone
FOLDER/ID/job.log    what its commands print
FOLDER/ID/cancel     there when somebody asked to stop it
FOLDER/ID/...        what the job makes: run folders of training and benchmark
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Self

from emola.errors import InputError, ResourceError
from training.jobs.processes import ProcessMark

FORMAT: Final = 1
FILE: Final = "job.json"
LOG: Final = "job.log"
CANCEL: Final = "cancel"

Kind = Literal["train", "benchmark", "loop"]
State = Literal["queued", "running", "done", "failed", "cancelled", "dead"]
OVER: Final[frozenset[State]] = frozenset({"done", "failed", "cancelled", "dead"})

SILENT_S: Final = 300.0
"""A job that nobody has heard of for so long is dead, even where its process cannot be looked at."""

UNSTARTED_S: Final = 60.0
"""A job that no worker took up for so long was never started: whoever wanted to was stopped in between."""


@dataclass(frozen=True)
class Stage:
    """One command of a job.

    Attributes:
        title: what it does, for people.
        module: run as ``python -m MODULE``.
        arguments: of the command.
        watches: folder that it writes, relative to the job's, from which its progress is read; None for none.
    """

    title: str
    module: str
    arguments: tuple[str, ...] = ()
    watches: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a stage is.

    Attributes:
        step: steps or answers so far.
        of: how many there will be; 0 while nobody knows.
        unit: what is counted.
        loss: of the last step, None where there is none.
        per_second: samples or answers a second, None while unknown.
        eta_s: seconds left of this stage, None while unknown.
        message: what it is doing, for people.
    """

    step: int = 0
    of: int = 0
    unit: str = "step"
    loss: float | None = None
    per_second: float | None = None
    eta_s: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Job:
    """One job as its file says.

    Attributes:
        id: name of its folder.
        folder: where it lies.
        kind: "train", "benchmark" or "loop".
        title: what it is, for people.
        stages: its commands, run one after the other.
        created: when it was first asked for, seconds since 1970 as all times here.
        directory: where its commands run, so that relative paths keep their meaning.
        state: as written; :meth:`observed` also looks at the process.
        stage: which of the stages is next or under way.
        attempt: how often it was started.
        process: the worker; None until it begins.
        heartbeat: when the worker last wrote.
        started: when its turn came, None before.
        ended: when it was over, None before.
        reason: why it failed or was stopped, one sentence.
        progress: of the stage under way.
    """

    id: str
    folder: Path
    kind: Kind
    title: str
    stages: tuple[Stage, ...]
    created: float
    directory: str = "."
    state: State = "queued"
    stage: int = 0
    attempt: int = 1
    process: ProcessMark | None = None
    heartbeat: float = 0.0
    started: float | None = None
    ended: float | None = None
    reason: str = ""
    progress: Progress = Progress()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the file of a job folder.

        Raises:
            InputError: there is none, or it is damaged.
        """
        try:
            content = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls._from_json(folder, content)
        except FileNotFoundError as error:
            listing = f"python -m training.jobs list --folder {folder.parent}"
            raise InputError(f"There is no job called {folder.name}; `{listing}` shows them.") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{folder / FILE} is no job file: {error}.") from error

    @property
    def log(self) -> Path:
        """What its commands print."""
        return self.folder / LOG

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop it."""
        return (self.folder / CANCEL).exists()

    @property
    def is_over(self) -> bool:
        """Whether it will not go on by itself."""
        return self.state in OVER

    def watched(self, stage: int | None = None) -> Path | None:
        """Return the folder that a stage writes; the one under way by default."""
        watches = self.stages[min(self.stage if stage is None else stage, len(self.stages) - 1)].watches
        return None if watches is None else self.folder / watches

    def observed(self, now: float | None = None) -> "Job":
        """Return the job as it really stands: one whose worker is gone is dead, or cancelled if that was asked for."""
        now = time.time() if now is None else now
        if self.is_over or not self._is_deserted(now):
            return self
        if self.is_cancelled:
            return replace(self, state="cancelled", reason="Stopped; it can be continued.")
        reason = "Its process is gone (killed, out of memory, or the machine was restarted); it can be continued."
        if self.process is None:
            reason = "It was never started: the app was stopped while it began; it can be started again."
        return replace(self, state="dead", reason=reason, ended=self.heartbeat or self.created)

    def write(self) -> None:
        """Write the file, whole or not at all.

        Raises:
            ResourceError: it cannot be written.
        """
        partial = self.folder / f".{FILE}.{os.getpid()}"
        try:
            partial.write_text(json.dumps(self._to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(partial, self.folder / FILE)
        except OSError as error:
            raise ResourceError(f"{self.folder / FILE} cannot be written: {error.strerror or error}.") from error

    def _is_deserted(self, now: float) -> bool:
        """Say whether nobody works on a job that is not over."""
        if self.process is None:
            return now - self.heartbeat > UNSTARTED_S
        return (self.process.is_here and not self.process.is_alive()) or now - self.heartbeat > SILENT_S

    def _to_json(self) -> dict[str, Any]:
        content = asdict(self) | {"process": self.process.to_json() if self.process else None}
        del content["folder"]
        return {"format": FORMAT, **content}

    @classmethod
    def _from_json(cls, folder: Path, content: Mapping[str, Any]) -> Self:
        fields = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
        stages = tuple(Stage(**stage | {"arguments": tuple(stage["arguments"])}) for stage in content["stages"])
        process = ProcessMark.from_json(content["process"]) if content["process"] else None
        progress = Progress(**content["progress"])
        return cls(**fields | {"folder": folder, "stages": stages, "process": process, "progress": progress})
