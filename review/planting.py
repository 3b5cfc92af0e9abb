"""Descriptions whose errors are known, to measure what reviewers miss.

They come with a list of errors (``errors.jsonl`` of ``training.synthetic``), or are made here: copies of descriptions
with one error put into each.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from emola.errors import InputError
from review.database import Database
from review.parsing import parse_descriptions
from review.planted_evidence import judge_copies
from review.planted_texts import plant_error
from review.records import CODES
from review.store.campaign_records import CampaignRecord
from review.store.planting import PlantedText, add_planted, count_pairs, mark_planted, plantable
from review.store.slots import CampaignFilter, ranked_descriptions

ErrorsByRow = dict[tuple[str, str], list[dict[str, Any]]]
"""Task and row id to the planted errors of that description, in the order of the file."""

_NEEDED = {"id": str, "task": str, "code": str, "start": int, "end": int}


def make_errors(
    database: Database,
    *,
    wanted: CampaignFilter,
    count: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Put one error each into copies of descriptions drawn by chance; return how many were made.

    The copies are only ever handed out as planted errors: no filter selects them, and no release or rate counts them.
    What machines say of texts is worked out for them too, as far as the other descriptions have it.

    Args:
        database: upgraded, the descriptions split into claims.
        wanted: which descriptions; those that have a planted error already are left out.
        count: how many to make; fewer where there are not so many that can hold one.
        seed: of the drawing.
        progress: called with how many suspicions are worked out anew, and how many there are.

    Raises:
        InputError: ``count`` is not positive, or no error can be put into any of them.
    """
    if count < 1:
        raise InputError(f"The number of planted errors must be 1 or more; got {count}.")
    chance = Random(seed)
    with database.write() as session:
        ids = ranked_descriptions(session, wanted)
        chance.shuffle(ids)
        made: list[PlantedText] = []
        for description, claims in plantable(session, ids=ids):
            planted = plant_error(description.text, claims, chance)
            if planted is not None:
                made.append(PlantedText(description.id, planted.text, planted.code, planted.truth()))
            if len(made) == count:
                break
        copies = add_planted(session, texts=made)
    if not made:
        raise InputError(
            "No error can be put into any description that fits; import some, split them with python -m review lint, "
            "or widen the filter."
        )
    parse_descriptions(database)
    judge_copies(database, ids=copies, progress=progress)
    return len(made)


def pairs_words(session: Session, campaign: CampaignRecord) -> str:
    """Say how many people a campaign takes that has planted errors beside their originals; empty where it has none."""
    pairs = count_pairs(session, campaign_id=campaign.id)
    if not pairs:
        return ""
    has = "1 planted error has its original" if pairs == 1 else f"{pairs:,} planted errors have their originals"
    return f" {has} in it too. Nobody gets both, so it takes at least {2 * campaign.overlap} people to finish."


def plant_errors(database: Database, *, errors: Sequence[Path], source_ids: Sequence[int] | None = None) -> int:
    """Mark the descriptions whose errors are known; return how many.

    Args:
        database: upgraded, the descriptions imported.
        errors: files of planted errors.
        source_ids: where the descriptions come from; all sources if None.

    Raises:
        InputError: a file cannot be read or a line is no planted error.
    """
    with database.write() as session:
        return mark_planted(session, errors=read_errors(errors), source_ids=source_ids)


def read_errors(paths: Sequence[Path]) -> ErrorsByRow:
    """Return the planted errors of some files.

    Raises:
        InputError: a file cannot be read or a line is no planted error.
    """
    found: ErrorsByRow = defaultdict(list)
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read as a list of planted errors: {error}.") from error
        for number, line in enumerate(lines, start=1):
            row = _error(line, f"Line {number} of {path}")
            for name in {row["id"], row.get("image", row["id"])}:
                found[row["task"], name].append(row)
    return dict(found)


def _error(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place} is no JSON: {error}.") from error
    if not isinstance(row, dict) or not all(isinstance(row.get(key), kind) for key, kind in _NEEDED.items()):
        raise InputError(f"{place} is no planted error; expected {', '.join(_NEEDED)}.")
    if row["code"] not in CODES:
        raise InputError(f"{place} has the code {row['code']!r}; expected one of {', '.join(CODES)}.")
    return row
