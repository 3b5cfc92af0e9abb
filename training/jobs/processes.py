"""Which process is meant: a number alone does not say, since the system gives it to another process later."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Self

import psutil

_SAME_START_S = 0.5
"""Start times are read with clock ticks; closer ones are the same."""
_GRACE_S = 15.0
"""A command that still runs so long after it was asked to end is killed."""


@dataclass(frozen=True)
class ProcessMark:
    """One process, never to be taken for another with the same number.

    Attributes:
        pid: its number.
        started: when it started, seconds since 1970.
        host: name of the machine.
    """

    pid: int
    started: float
    host: str

    @classmethod
    def of_this(cls) -> Self:
        """Return the mark of the running process."""
        return cls(os.getpid(), psutil.Process().create_time(), socket.gethostname())

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Read what :meth:`to_json` gave."""
        return cls(int(content["pid"]), float(content["started"]), str(content["host"]))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return asdict(self)

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine, so that one can see whether it lives."""
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """Say whether this very process runs on this machine."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_S
            return self.is_here and same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM); nothing happens when it is gone."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """End the process and all that it started (SIGKILL); it must lead its group, as every job does."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


def end_command(child: "subprocess.Popen[bytes]") -> None:
    """Stop a command: SIGTERM, then SIGKILL when that does not help."""
    child.terminate()
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
