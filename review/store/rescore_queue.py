"""What a transaction changed that the scores of stored answers depend on, kept until its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

_QUEUE: Final = "rescore_queue"


@dataclass
class RescoreQueue:
    """Descriptions whose gold changed, with the time of it; others, and pictures, whose answers or strata changed."""

    gold: dict[int, datetime] = field(default_factory=dict)
    descriptions: set[int] = field(default_factory=set)
    images: set[int] = field(default_factory=set)


def queue_rescoring(
    session: Session,
    *,
    gold_of: int | None = None,
    description_ids: Iterable[int] = (),
    image_ids: Iterable[int] = (),
    now: datetime | None = None,
) -> None:
    """Let the end of this transaction score again what changed.

    Args:
        session: the session of ``Database.write()``.
        gold_of: the description whose gold changed.
        description_ids: descriptions that begin or cease to count.
        image_ids: pictures that got descriptions or answers.
        now: the time of it; the present if None.
    """
    queue: RescoreQueue = session.info.setdefault(_QUEUE, RescoreQueue())
    if gold_of is not None:
        queue.gold[gold_of] = now or datetime.now(UTC)
    queue.descriptions.update(description_ids)
    queue.images.update(image_ids)


def take_queue(session: Session) -> RescoreQueue:
    """Return what was queued and leave an empty queue."""
    queue: RescoreQueue = session.info.pop(_QUEUE, RescoreQueue())
    return queue
