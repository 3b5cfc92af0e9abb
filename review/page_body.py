"""Values of the JSON that a page sends, checked on the way in."""

from collections.abc import Mapping
from typing import Any

from emola.errors import InputError

Body = Mapping[str, Any]


def whole(body: Body, name: str) -> int:
    """Return a whole number of the page's JSON.

    Raises:
        InputError: it is missing or something else.
    """
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise InputError(f"{name} must be a whole number; got {str(value)[:40]!r}.")
    return value


def optional(body: Body, name: str) -> int | None:
    """Return a whole number of the page's JSON, or None where there is none."""
    return None if body.get(name) is None else whole(body, name)
