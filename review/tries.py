"""How often a password may be tried: a try counts as a wrong one from its beginning until it proves to be right."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from review.store.people import LONGEST_LOGIN

TRIES = 5
PAUSE_S = 30.0
"""After so many wrong passwords for one login the next are refused for so long."""

MOST_LOGINS = 10_000
"""Logins that are counted; of more, whichever was tried longest ago is forgotten. Each try costs an argon2 hash."""


class Tries:
    """Counts tries by login, whether somebody has that login or not.

    Args:
        clock: seconds that only grow; tests turn it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, login: str) -> bool:
        """Count a try and return whether its password may be looked at; tries at the same time see each other."""
        login, now = login[: LONGEST_LOGIN + 1], self._clock()  # longer ones are nobody's
        with self._lock:
            count, last = self._counted.get(login, (0, now))
            if count >= TRIES and now - last < PAUSE_S:
                return False
            self._counted[login] = count + 1, now
            self._counted.move_to_end(login)
            if len(self._counted) > MOST_LOGINS:
                self._counted.popitem(last=False)
            return True

    def forget(self, login: str) -> None:
        """Count from none again: the password was right."""
        with self._lock:
            self._counted.pop(login[: LONGEST_LOGIN + 1], None)

    def __len__(self) -> int:
        """Return how many logins are counted."""
        return len(self._counted)
