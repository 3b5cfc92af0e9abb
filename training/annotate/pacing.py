"""How fast requests may start: a rate for all workers together, and pauses that the server asks for."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Pacer:
    """Lets requests start evenly, at most so many a minute; all wait while the server asked for a pause."""

    def __init__(self, requests_per_minute: float | None) -> None:
        self._interval = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._next = 0.0
        self._resume = 0.0

    async def wait(self) -> None:
        """Return when the next request may start."""
        clock = asyncio.get_running_loop().time
        start = max(clock(), self._next)
        self._next = start + self._interval
        while (delay := max(start, self._resume) - clock()) > 0:
            await asyncio.sleep(delay)

    def pause(self, seconds: float) -> None:
        """Let no request start for so long."""
        self._resume = max(self._resume, asyncio.get_running_loop().time() + seconds)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks to wait, given as a number or as a date; None without."""
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
