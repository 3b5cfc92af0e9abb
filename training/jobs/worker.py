"""The worker of one job: ``python -m training.jobs.worker FOLDER`` waits for its turn and runs the stages.

It is a small process beside the one that computes, so that a command which hangs or is killed is noticed. Nobody else
writes the job file while it lives.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from emola.errors import EmolaError
from emola.exit_code import exit_code
from training.jobs.board import Jobs
from training.jobs.job import Job, Progress, Stage
from training.jobs.processes import ProcessMark, end_command
from training.jobs.progress import ProgressReader
from training.jobs.turns import turn

_STEP_S: Final = 0.2
_BEAT_S: Final = 1.0
_TAIL_BYTES: Final = 2000


class Stopped(Exception):
    """Somebody asked to stop the job."""


class Worker:
    """Works on one job.

    Args:
        job: as read from its folder; nobody else may be working on it.
    """

    def __init__(self, job: Job) -> None:
        self._job = replace(job, process=ProcessMark.of_this(), heartbeat=time.time())
        self._jobs = Jobs(job.folder.parent)
        self._asked = False

    def run(self) -> None:
        """Wait for the job's turn, run what is left of its stages, and write how it ended."""
        signal.signal(signal.SIGTERM, self._ask)
        self._note(state="queued")
        try:
            with turn(self._jobs.folder, partial(self._jobs.comes_first, self._job.id), self._wait) as lock:
                self._note(state="running", started=time.time())
                for number in range(self._job.stage, len(self._job.stages)):
                    self._note(stage=number, progress=Progress())
                    self._run_stage(self._job.stages[number], lock)
                self._note(state="done", ended=time.time(), reason="")  # before the next job may start
        except Stopped:
            self._note(state="cancelled", ended=time.time(), reason="Stopped; it can be continued.")
        except EmolaError as error:
            self._note(state="failed", ended=time.time(), reason=str(error))

    def _run_stage(self, stage: Stage, lock: int) -> None:
        """Run one command to its end; raises when it failed or must stop."""
        progress = ProgressReader(self._job.watched())
        reading, writing = os.pipe()
        child = self._start(stage, reading, lock)
        os.close(reading)
        try:
            while child.poll() is None:
                if self._asked or self._job.is_cancelled:
                    end_command(child)
                    raise Stopped
                self._beat(progress.read)
                time.sleep(_STEP_S)
        finally:
            os.close(writing)
        self._note(progress=progress.read())
        if child.returncode:
            raise EmolaError(_last_words(self._job.log, child.returncode))

    def _start(self, stage: Stage, reading: int, lock: int) -> "subprocess.Popen[bytes]":
        """Start a command that ends with this process and keeps the turn until then."""
        with self._job.log.open("ab") as log:
            log.write(f"\n== {stage.title}: python -m {stage.module} {' '.join(stage.arguments)}\n".encode())
            log.flush()
            command = [sys.executable, "-m", "training.jobs.stage", str(reading), stage.module, *stage.arguments]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(reading, lock))

    def _wait(self) -> None:
        if self._asked or self._job.is_cancelled:
            raise Stopped
        self._beat(lambda: replace(self._job.progress, message="waiting for the job before it"))
        time.sleep(_STEP_S)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _beat(self, read: Callable[[], Progress]) -> None:
        """Write that the job is alive and how far it is, once a second at most."""
        if time.time() - self._job.heartbeat >= _BEAT_S:
            self._note(progress=read())

    def _note(self, **changes: Any) -> None:
        self._job = replace(self._job, heartbeat=time.time(), **changes)
        self._job.write()


def main(arguments: Sequence[str] | None = None) -> int:
    """Work on the job of a folder; return the exit code."""
    folder = Path((sys.argv[1:] if arguments is None else arguments)[0])

    def act() -> None:
        Worker(Job.read(folder)).run()

    return exit_code(act)


def _last_words(log: Path, code: int) -> str:
    """Return the last line that a failed command printed, which is the sentence for people."""
    content = log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
    line = next((line.strip() for line in reversed(content.splitlines()) if line.strip()), "")
    if code < 0:
        return f"It was ended by the system (signal {-code}), perhaps because memory ran out; it can be continued."
    return line if line and not line.startswith("==") else f"It failed with exit code {code}; its log says more."


if __name__ == "__main__":
    sys.exit(main())
