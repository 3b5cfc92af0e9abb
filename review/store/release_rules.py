"""Whether what a release trains on is still apart from what is evaluated, as the database knows it now."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from review.schema import Description, Image, ReleaseRow
from review.store.duplicates import is_grouped_with_evaluation

TRAINED = ("sft", "preference")


def broken_rules(session: Session, *, release_id: int) -> list[str]:
    """Return in sentences which rules the training files of a release break by now; none for a sound one.

    Args:
        session: any session.
        release_id: of a release whose rows are stored.
    """
    rules = {
        "of an evaluation picture": Image.split != "train",
        "of a near-duplicate of an evaluation picture": (Image.split == "train") & is_grouped_with_evaluation(),
        "of a picture that was never compared with the evaluation pictures (python -m review duplicates does that)": (
            (Image.split == "train") & Image.phash.is_(None)
        ),
    }
    rows = (
        select(func.count())
        .select_from(ReleaseRow)
        .join(Description, Description.id == ReleaseRow.description_id)
        .join(Image, Image.id == Description.image_id)
        .where(ReleaseRow.release_id == release_id, ReleaseRow.format.in_(TRAINED))
    )
    counts = {words: session.scalar(rows.where(rule)) or 0 for words, rule in rules.items()}
    return [
        f"{'1 row is' if count == 1 else f'{count:,} rows are'} in its training files that must not be: {words}."
        for words, count in counts.items()
        if count
    ]
