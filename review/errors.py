"""What can go wrong in the store that a page or a command acts on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emola.errors import EmolaError, InputError


class StaleRecord(EmolaError):
    """Somebody, or another tab, saved since the record was read.

    Attributes:
        mine: what was to be saved.
        theirs: what is saved now.
        base: what both started from, or None where it is no longer known.
        version: the version that is saved now.
    """

    def __init__(self, message: str, *, mine: Any = None, theirs: Any = None, base: Any = None, version: int) -> None:
        super().__init__(message)
        self.mine = mine
        self.theirs = theirs
        self.base = base
        self.version = version


class NotAllowed(InputError):
    """The user's role, or the state of the record, does not allow this."""


@dataclass(frozen=True)
class Holder:
    """Who works on which description, and until when the lease runs."""

    reviewer_id: int
    login: str
    description_id: int
    lease_until: datetime


class NothingToDo(EmolaError):
    """Nothing is free; ``holders`` says who holds what until when."""

    def __init__(self, message: str, *, holders: tuple[Holder, ...] = ()) -> None:
        super().__init__(message)
        self.holders = holders
