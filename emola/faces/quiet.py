"""Keep the C++ log lines of MediaPipe and TensorFlow Lite out of a command's output.

They are written to file descriptor 2 before absl logging is initialised, so neither Python's ``logging`` nor
``GLOG_minloglevel`` stops all of them. The first inference of each network is run inside :func:`quiet_stderr`.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what native code writes to standard error to nowhere, for the length of the block.

    File descriptor 2 belongs to the whole process: other threads are silent too meanwhile, so keep the block short.
    Exceptions pass through; the descriptor is always put back. Blocks of several threads wait for one another.
    """
    with _LOCK:
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
