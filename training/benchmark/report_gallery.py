"""The failures of a run: the picture beside what was said, what it should have been, and how that was read."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from PIL import Image

from emola.answer import Protocol
from emola.errors import ImageError
from emola.imaging import open_image
from training.benchmark.outcomes import MAIN_ROUGE, Outcome
from training.benchmark.report_compare import right_units, shown
from training.benchmark.report_results import RunResult, TaskResult
from training.data.records import RecordFault, safe_path

_SIDE: Final = 160
_QUALITY: Final = 80


def gallery(run: RunResult, result: TaskResult, protocol: Protocol, most: int) -> str:
    """Return up to ``most`` failures as HTML, the worst first; every text is escaped.

    Args:
        run: whose data root the pictures lie in.
        result: one of its tasks.
        protocol: under which an answer is wrong.
        most: how many are shown; 0 leaves pictures and texts out.
    """
    rows = {row["id"]: row for row in result.rows}
    worst = _worst(result, protocol)
    cut_off = sum(outcome.cut_off for outcome in worst)
    items = "1 item" if len(worst) == 1 else f"{len(worst)} items"
    wrong = f"{items} went wrong" + (f", {cut_off} of them cut off" if cut_off else "")
    if not worst or not most:
        return f'<p class="muted">{wrong}; none shown.</p>'
    cards = [item_card(run, rows[outcome.id], outcome, protocol) for outcome in worst[:most]]
    return f'<p class="muted">{wrong}; {len(cards)} shown.</p><div class="gallery">{"".join(cards)}</div>'


def _worst(result: TaskResult, protocol: Protocol) -> Sequence[Outcome]:
    """Return the outcomes that are wrong: first those without an answer, then by how wrong they are."""
    outcomes = result.judged[protocol].outcomes
    wrong = [o for o in outcomes if o.status != "read" or (o.label is not None and o.predicted != o.label)]

    def badness(outcome: Outcome) -> tuple[bool, int, float]:
        units = right_units(outcome) if result.task == "au" else 0
        return outcome.status != "failed", units, outcome.rouge[MAIN_ROUGE[protocol]] or 0.0

    return sorted(wrong, key=badness)


def item_card(
    run: RunResult, row: dict[str, Any], outcome: Outcome, protocol: Protocol, more: str = "", side: int = _SIDE
) -> str:
    """Return one item: its picture beside the label, what was read, the answer and the reference.

    Args:
        run: whose data root the picture lies in.
        row: the item's line of the predictions.
        outcome: how it was read.
        protocol: by which.
        more: HTML behind the texts.
        side: longest side of the picture, in pixels.
    """
    said = row["prediction"] if row["prediction"] is not None else f"failed: {row.get('reason') or 'no reason given'}"
    if outcome.cut_off:
        said += f" … (cut off after {row.get('tokens') or 'too many'} tokens)"
    rouge = outcome.rouge[MAIN_ROUGE[protocol]]
    facts = [
        ("label", shown(outcome.label)),
        ("read", shown(outcome.predicted) + ("" if outcome.status == "read" else f" ({outcome.status})")),
        ("ROUGE-L", "not defined" if rouge is None else f"{rouge:.3f}"),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    reference = row.get("reference")
    beside = f"<details><summary>reference</summary><p>{escape(reference)}</p></details>" if reference else ""
    texts = f"<h4>{escape(str(row['id']))}</h4><dl>{listed}</dl><p>{escape(said)}</p>{beside}{more}"
    return f'<article class="card">{_picture(run, row, side)}<div>{texts}</div></article>'


def picture_path(run: RunResult, row: dict[str, Any]) -> Path:
    """Return where the picture of an item lies.

    Raises:
        RecordFault: the item names none, or one outside the data root.
    """
    if run.root is None:
        raise RecordFault("no picture", "nothing says where the pictures of these predictions lie")
    return safe_path(run.root.resolve(), row.get("image") or "")


def _picture(run: RunResult, row: dict[str, Any], side: int) -> str:
    """Return a small copy of the picture inside the page, or a note that it cannot be shown."""
    try:
        small = Image.fromarray(open_image(picture_path(run, row)))
    except (ImageError, RecordFault):
        return '<div class="nopicture">no picture</div>'
    small.thumbnail((side, side))
    packed = io.BytesIO()
    small.save(packed, "JPEG", quality=_QUALITY)
    code = base64.b64encode(packed.getvalue()).decode()
    return f'<img alt="" width="{small.width}" height="{small.height}" src="data:image/jpeg;base64,{code}">'
