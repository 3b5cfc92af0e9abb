"""A turn of the loop among the jobs of a runs folder: it waits with them, and the list and the page show it.

RUNS/jobs/loop-HASH/job.json   written by the process of the turn, which is its own worker; HASH is of the turn's folder
RUNS/jobs/loop-HASH/job.log    link to the turn's log
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from emola.errors import EmolaError, ResourceError
from training.jobs.board import Jobs
from training.jobs.job import CANCEL, FILE, Job, Progress, Stage
from training.jobs.job import LOG as JOB_LOG
from training.jobs.processes import ProcessMark
from training.jobs.progress import ProgressReader
from training.jobs.turns import turn
from training.loop.plan import LoopPlan
from training.loop.steps import LOG, Step

_LOOK_S: Final = 0.2
_BEAT_S: Final = 1.0


class JobEntry:
    """One turn as a job; a turn that is started again in the same folder is the same job.

    Args:
        jobs: of the runs folder.
        plan: of the turn.
        steps: of the plan.
        say: told what the turn waits for.
    """

    def __init__(self, jobs: Jobs, plan: LoopPlan, steps: Sequence[Step], say: Callable[[str], None]) -> None:
        self._jobs, self._out, self._steps, self._say = jobs, plan.out.resolve(), steps, say
        name = f"loop-{hashlib.sha256(str(self._out).encode()).hexdigest()[:8]}"
        stages = tuple(Stage(s.name, s.command[0], s.command[1:], str(s.out.resolve())) for s in steps)
        self._job = Job(name, jobs.folder / name, "loop", plan.title, stages, time.time(), directory=str(Path.cwd()))
        self._progress = ProgressReader(None)
        self._has_waited = False

    @contextmanager
    def at_work(self) -> Iterator[int]:
        """Wait until no other job works and keep the turn for the length of the block; gives its lock for the commands.

        Raises:
            ResourceError: the folder of the jobs cannot be written.
        """
        self._enter()
        try:
            with turn(self._jobs.folder, partial(self._jobs.comes_first, self._job.id), self._wait) as lock:
                self._note(state="running", started=time.time(), progress=Progress())
                yield lock
        except KeyboardInterrupt:
            self._note(state="cancelled", ended=time.time(), reason="Stopped; the same command continues it.")
            raise
        except EmolaError as error:
            self._note(state="failed", ended=time.time(), reason=str(error))
            raise
        self._note(state="done", ended=time.time())

    def begin(self, number: int) -> None:
        """Note that a step begins, the first one being 0."""
        self._progress = ProgressReader(self._steps[number].out)
        self._note(stage=number, progress=Progress())

    def beat(self) -> None:
        """Note that the turn is alive and how far its step is, once a second at most."""
        if time.time() - self._job.heartbeat >= _BEAT_S:
            self._note(progress=self._progress.read())

    def _enter(self) -> None:
        """Write the job file, which keeps when the turn was first asked for and counts how often it was started."""
        folder = self._job.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / CANCEL).unlink(missing_ok=True)
            (folder / JOB_LOG).unlink(missing_ok=True)
            (folder / JOB_LOG).symlink_to(self._out / LOG)
        except OSError as error:
            raise ResourceError(f"{folder} cannot be written: {error.strerror or error}.") from error
        if (folder / FILE).is_file():
            before = Job.read(folder)
            self._job = replace(self._job, created=before.created, attempt=before.attempt + 1)
        self._note(process=ProcessMark.of_this())

    def _wait(self) -> None:
        if not self._has_waited:
            self._has_waited = True
            working = next((job.title for job in self._jobs.find() if job.state == "running"), "another job")
            self._say(f"One job at a time: waiting for “{working}” (python -m training.jobs list shows all).")
        self._progress = ProgressReader(None)
        self.beat()
        time.sleep(_LOOK_S)

    def _note(self, **changes: Any) -> None:
        self._job = replace(self._job, heartbeat=time.time(), **changes)
        self._job.write()
