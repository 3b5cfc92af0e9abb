"""One command of a job: ``python -m training.jobs.stage FD MODULE [ARGUMENT ...]``, started by the worker only.

It ends when its worker does: FD is the reading end of a pipe that closes with the worker, even one that was killed.
SIGTERM reaches the command as Ctrl+C would, so that it stops as it does by hand.
"""

import os
import runpy
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

_LAST_SECONDS = 10.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the module as if it were started by its own."""
    descriptor, module, *rest = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_worker, args=(int(descriptor),), daemon=True).start()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _end_with_worker(descriptor: int) -> None:
    """Wait for the worker's end, then stop; what does not stop in time is ended."""
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_LAST_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
