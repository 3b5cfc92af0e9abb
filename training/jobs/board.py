"""All jobs of a folder: start, find, cancel, continue. Nothing is held in memory, so a restarted app finds the same."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from emola.errors import InputError, ResourceError
from training.jobs.job import CANCEL, FILE, LOG, Job, Kind, Progress, Stage
from training.jobs.turns import turn

_ROOT: Final = Path(__file__).resolve().parents[2]
_IMPATIENT_S: Final = 20.0
"""A job that was asked to stop so long ago and still runs is killed when it is asked again."""
_LOOK_S: Final = 0.05
_LOG_BYTES: Final = 20_000


class Jobs:
    """The jobs of a folder.

    Args:
        folder: one folder a job lies in it; made when the first one starts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._workers: list[subprocess.Popen[bytes]] = []

    def start(self, kind: Kind, title: str, stages: Sequence[Stage], name: str | None = None) -> Job:
        """Start a job in a process of its own; it waits until no other one runs.

        ``{job}`` in an argument stands for the job's folder.

        Args:
            kind: what it does.
            title: the same for people.
            stages: its commands.
            name: of its folder; a new one by default.

        Raises:
            InputError: that name is taken.
            ResourceError: the folder cannot be written.
        """
        name = name or f"{time.strftime('%Y%m%d-%H%M%S')}-{kind}-{secrets.token_hex(2)}"
        final, begun = self.folder / name, self.folder / f".{name}.{os.getpid()}"
        filled = tuple(
            replace(s, arguments=tuple(a.replace("{job}", str(final.resolve())) for a in s.arguments)) for s in stages
        )
        try:
            begun.mkdir(parents=True)
            now = time.time()
            Job(name, begun, kind, title, filled, created=now, heartbeat=now, directory=os.getcwd()).write()
            if (final / FILE).exists():
                raise InputError(f"There is a job called {name} already; choose another name.")
            begun.rename(final)  # from here on it is an entry of the list
        except OSError as error:
            raise ResourceError(f"{final} cannot be written: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(begun, ignore_errors=True)
        return self._set_off(final)

    def find(self) -> list[Job]:
        """Return every job as it really stands, the newest first; one with a damaged file has failed, and says so."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]  # reaps those that ended
        found = [_read(file.parent) for file in self.folder.glob(f"[!.]*/{FILE}")]
        return sorted(found, key=lambda job: (-job.created, job.id))

    def comes_first(self, name: str) -> bool:
        """Say whether no job that was asked for earlier than this one still waits."""
        waiting = [job for job in self.find() if job.state == "queued"]
        first = min(waiting, key=lambda job: (job.created, job.id), default=None)
        return first is None or first.id == name

    def get(self, name: str) -> Job:
        """Return one job as it really stands.

        Raises:
            InputError: there is none of that name.
        """
        if not name or "/" in name or name.startswith("."):
            raise InputError(f"{name!r} is no name of a job; `python -m training.jobs list` shows them.")
        return Job.read(self.folder / name).observed()

    def cancel(self, name: str) -> Job:
        """Ask a job to stop: SIGTERM, and SIGKILL when it still runs long after; what it wrote stays.

        Raises:
            InputError: there is none of that name, or it is over.
        """
        job = self.get(name)
        if job.is_over:
            raise InputError(f"{job.title} is over ({job.state}); there is nothing to stop.")
        mark = job.folder / CANCEL
        waited = time.time() - mark.stat().st_mtime if mark.exists() else 0.0
        if not waited:
            mark.touch()
        if job.process is not None and waited > _IMPATIENT_S:
            job.process.kill_group()
        elif job.process is not None:
            job.process.terminate()
        return self.get(name)

    def resume(self, name: str) -> Job:
        """Start a job that failed, died or was cancelled again, in the same folder, where it was.

        Raises:
            InputError: there is none of that name, or it runs, or it is done, or it is a loop of the shell.
        """
        if (loop := self.get(name)).kind == "loop":
            raise InputError(
                f"{loop.title} was started in a shell; the same command there (python app.py loop) goes on."
            )
        with turn(self.get(name).folder, lambda: True, partial(time.sleep, _LOOK_S)):  # of two at once one is refused
            job = self.get(name)
            if job.state == "done" or not job.is_over:
                raise InputError(
                    f"{job.title} is {job.state}; only a job that failed, died or was stopped is continued."
                )
            if job.process is not None:
                job.process.kill_group()  # one that was silent for too long
            (job.folder / CANCEL).unlink(missing_ok=True)
            again = replace(job, state="queued", process=None, heartbeat=time.time(), attempt=job.attempt + 1)
            replace(again, started=None, ended=None, reason="", progress=Progress()).write()
            return self._set_off(job.folder)

    def log_tail(self, name: str) -> str:
        """Return the end of what a job printed."""
        path = self.folder / name / LOG
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return stream.read().decode(errors="replace").lstrip("\n")

    def _set_off(self, folder: Path) -> Job:
        """Start the worker in a session of its own, so that it outlives this process."""
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
        try:
            with (folder / LOG).open("ab") as log:
                worker = subprocess.Popen(
                    [sys.executable, "-m", "training.jobs.worker", str(folder.resolve())],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=Job.read(folder).directory,
                    env=environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise ResourceError(f"{folder} could not be started: {error.strerror or error}.") from error
        self._workers.append(worker)
        return Job.read(folder)


def _read(folder: Path) -> Job:
    """Return the job of a folder as it really stands."""
    try:
        return Job.read(folder).observed()
    except InputError as error:
        written = (folder / FILE).stat().st_mtime
        return Job(folder.name, folder, "train", folder.name, (), created=written, state="failed", reason=str(error))
