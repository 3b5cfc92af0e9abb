"""The exit codes of every command: 0 done, 1 failed, 2 bad input, with one plain sentence on stderr for those two."""

import os
import sys
from collections.abc import Callable

from emola.errors import EmolaError, InputError


def exit_code(act: Callable[[], int | None], stopped: str = "Stopped.") -> int:
    """Return the exit code of ``act``, telling its user what went wrong.

    Args:
        act: the command; what it returns is the code, None counts as 0.
        stopped: what Ctrl+C is answered with.
    """
    try:
        code = act() or 0
        sys.stdout.flush()
        return code
    except EmolaError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, InputError) else 1
    except BrokenPipeError:  # what read the output has gone, as in "| head"; Python would complain again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{stopped}\n")
        return 1
