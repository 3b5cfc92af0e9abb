"""Scores of benchmark runs as plain cells and sentences, so that the page and the command line say the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.rank_stability import Ranking
from review.rescoring import ScoreReport
from review.scores import Sums, Tally, score, unit_f1
from review.stop_rule import ENOUGH, FEWEST, WIDEST, StopAdvice
from review.store.scores import LastChange, RunSums

TASK_NAMES: Final[Mapping[str, str]] = {"emotion": "Emotion", "au": "Action units"}
SCORE_HEADS: Final = (
    "Run",
    "Items",
    "Reviewed",
    "S_re",
    "S_ge",
    "REGE old / old",
    "new / old",
    "old / new",
    "new / new",
)
_CAPTION: Final = "old → new labels and references; REGE by labels / references"
RANK_HEADS: Final = ("Rank, old", "Rank, new", "95 %")
NO_RUN: Final = "No answers of a benchmark run are stored yet: python -m review import-predictions RUN."
NOTHING_SCORED: Final = (
    "None of the {count:,} stored answers is about a published description of an evaluation picture, "
    "so nothing is scored."
)
ONE_RUN: Final = "One run alone has no rank; import another one to compare models."
NO_ORDER: Final = "No order yet: the runs share no item whose label counts, or each answered other items."
INCOMPLETE: Final = (
    "Not every answer is scored yet. That goes on now, or something stopped it; python -m review rescore does it anew."
)
NO_ROUGE: Final = "{count:,} answers have no ROUGE-L yet (S_ge, REGE): the Dashboard of python app.py computes it."
_CHANGED: Final = 0.005
"""Differences that two decimals do not show are none."""


@dataclass(frozen=True)
class ScoreTable:
    """A table: what it is about, the column titles, and rows of as many cells."""

    caption: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def run_names(runs: Sequence[RunSums]) -> dict[int, str]:
    """Return what each run is called: its folder, with the model where that has another name.

    The hash of what was run is shown only where two runs share their folder's name.
    """
    short = {run.run_id: run.run.rsplit(" ", 1)[0] for run in runs}
    names = {}
    for run in runs:
        is_alone = list(short.values()).count(short[run.run_id]) == 1
        name = short[run.run_id] if is_alone else run.run
        names[run.run_id] = name if run.model in name else f"{name} ({run.model})"
    return names


def scores_table(report: ScoreReport, task: str) -> ScoreTable:
    """Return the scores of every run on all its items, unreviewed ones with their old label, and the ranks."""
    ranking, names = report.rankings.get(task), run_names(report.runs)
    rows = []
    for run in _of_task(report, task):
        cells = (names[run.run_id], *_score_cells(task, run.sums, run.sums.all, run.sums.now))
        rows.append(cells + (_rank_cells(ranking, run.run_id) if ranking else ()))
    heads = SCORE_HEADS + (RANK_HEADS if ranking else ())
    return ScoreTable(f"{TASK_NAMES[task]}, all evaluation items: {_CAPTION}", heads, rows)


def reviewed_table(report: ScoreReport, task: str) -> ScoreTable:
    """Return the scores of every run on reviewed items alone: what a release of this moment would give."""
    names = run_names(report.runs)
    rows = [
        (names[run.run_id], *_score_cells(task, run.sums, run.sums.reviewed_old, run.sums.reviewed_new))
        for run in _of_task(report, task)
        if run.sums.reviewed_new.answers
    ]
    return ScoreTable(f"{TASK_NAMES[task]}, reviewed items alone: {_CAPTION}", SCORE_HEADS, rows)


def units_table(report: ScoreReport) -> ScoreTable:
    """Return F1 of each action unit under old and new labels, for every run, on all its items."""
    runs, names = _of_task(report, "au"), run_names(report.runs)
    known = sorted({unit for run in runs for sums in (run.sums.all, run.sums.now) for unit in sums.units})
    rows = [
        (
            f"AU{unit} {ACTION_UNITS[unit].name}",
            *(_arrow(_f1(run.sums.all, unit), _f1(run.sums.now, unit)) for run in runs),
        )
        for unit in known
    ]
    return ScoreTable(
        "F1 of each action unit, old → new labels", ("Action unit", *(names[r.run_id] for r in runs)), rows
    )


def rank_sentence(ranking: Ranking, names: Mapping[int, str]) -> str:
    """Return the order of the runs, how often it holds, and what that rests on."""
    now = _order([(run.rank_now, names[run.run]) for run in ranking.runs])
    old = _order([(run.rank_old, names[run.run]) for run in ranking.runs])
    by = "REGE" if ranking.measure == "S_rege" else "S_re, since some ROUGE-L is not computed yet,"
    said = f"Order by {by} with the labels of now: {now}. "
    said += "The old labels give the same order. " if old == now else f"With the old labels: {old}. "
    said += (
        f"In {ranking.repeats:,} samples of the {ranking.items:,} items that all {len(ranking.runs)} runs answered, "
        f"the order of now holds in {_percent(ranking.held_now)}, the old one in {_percent(ranking.held_old)}. "
    )
    pairs = zip(ranking.runs, ranking.runs[1:], strict=False)
    said += (
        "; ".join(f"{names[a.run]} not behind {names[b.run]}: {_percent(a.above_next or 0.0)}" for a, b in pairs) + "."
    )
    if ranking.left_out:
        few = ", ".join(names[run] for run in ranking.left_out)
        said += f" Not ranked, since they answered fewer than half as many items as the widest run: {few}."
    return said


def order_sentence(report: ScoreReport, task: str) -> str:
    """Return the order of the runs of a task, or why there is none."""
    ranking = report.rankings.get(task)
    if ranking is not None:
        return rank_sentence(ranking, run_names(report.runs))
    return ONE_RUN if len(_of_task(report, task)) < 2 else NO_ORDER


def change_sentences(change: LastChange, names: Mapping[int, str]) -> list[str]:
    """Return what the latest change flipped, and which run gained or lost by it, the largest change first."""
    before, after = (label_words(change.task, label) for label in (change.before, change.after))
    what = f"the label {before} became {after}" if before != after else f"the label stays {after}"
    found = [f"{change.at:%Y-%m-%d %H:%M} UTC, description {change.description_id}: {what}."]
    rows = []
    for run in change.runs:
        pairs = {"S_re": run.s_re, "S_ge": run.s_ge}
        moved = {name: b - a for name, (a, b) in pairs.items() if a is not None and b is not None}
        parts = [f"{name} {value:+.3f}" for name, value in moved.items() if abs(value) >= _CHANGED / 10]
        total = sum(moved.values())
        word = "gained" if total > 0 else "lost"
        name = names.get(run.run_id, "a run that is gone")
        rows.append((-abs(total), f"{name} {word} ({', '.join(parts)})." if parts else f"{name}: no change."))
    return found + [sentence for _, sentence in sorted(rows)]


def stop_sentence(task: str, advice: StopAdvice) -> str:
    """Return whether more review would change the order of the models, and what that rests on."""
    name = TASK_NAMES[task]
    if not advice.unreviewed:
        return f"{name}: every item that the runs share is reviewed; the order of the models is final."
    if advice.stays is None:
        rest = "A campaign over the evaluation split with a random share of 1 draws them."
        if advice.more_needed > advice.unreviewed:
            rest = f"Only {advice.unreviewed:,} items are left: reviewing them all settles the order."
        return (
            f"{name}: too few reviews drawn by chance to say whether more review would change the order of the models: "
            f"{advice.sampled} evaluation items of the random stratum so far, {advice.more_needed} more are needed "
            f"(rule: at least {FEWEST}, and a 95 % Wilson interval of the share of changed labels that is at most "
            f"{100 * WIDEST:.0f} percentage points wide). {rest}"
        )
    verdict = "would not change" if advice.may_stop else "may still change"
    only = "" if advice.may_stop else "only "
    return (
        f"{name}: more review {verdict} the order of the models: in {only}{_percent(advice.stays)} of "
        f"{advice.simulations:,} simulated completions of the {advice.unreviewed:,} items left the order stays "
        f"({_percent(ENOUGH)} are asked for). Drawn from {advice.sampled} reviewed items of the random stratum, "
        f"of which {advice.changed.k} changed their label."
    )


def label_words(task: str, code: int | None) -> str:
    """Return a label in words."""
    if code is None:
        return "that cannot be read"
    if task == "emotion":
        return EMOTIONS[code]
    return ", ".join(f"AU{number}" for number in ACTION_UNITS if code >> number & 1) or "no action unit"


def report_json(report: ScoreReport) -> dict[str, Any]:
    """Return everything as JSON values."""
    names = run_names(report.runs)
    return {
        "runs": [_run_json(run, names[run.run_id]) for run in report.runs],
        "rankings": {task: asdict(found) for task, found in report.rankings.items()},
        "more_review": {task: asdict(found) | {"may_stop": found.may_stop} for task, found in report.advice.items()},
        "last_change": None if report.change is None else asdict(report.change) | {"at": report.change.at.isoformat()},
        "residuals": [asdict(found) for found in report.residuals],
        "coverage": asdict(report.coverage),
    }


def _run_json(run: RunSums, name: str) -> dict[str, Any]:
    moments = {"old": run.sums.all, "new": run.sums.now}
    reviewed = {"old": run.sums.reviewed_old, "new": run.sums.reviewed_new}
    units = sorted({unit for sums in moments.values() for unit in sums.units})
    return {
        "id": run.run_id,
        "name": name,
        "run": run.run,
        "model": run.model,
        "task": run.task,
        "items": run.sums.all.answers,
        "reviewed": run.sums.reviewed_new.answers,
        "all_items": _four_json(run.task, moments),
        "reviewed_items": _four_json(run.task, reviewed),
        "unit_f1": {str(unit): {key: _f1(sums, unit) for key, sums in moments.items()} for unit in units},
    }


def _four_json(task: str, moments: Mapping[str, Tally]) -> list[dict[str, Any]]:
    found = []
    for labels, references in ((a, b) for a in moments for b in moments):
        one = score(task, moments[labels], moments[references])
        values = {"s_re": one.s_re, "s_ge": one.s_ge, "s_rege": one.s_rege}
        found.append({"labels": labels, "references": references, **values})
    return found


def _of_task(report: ScoreReport, task: str) -> list[RunSums]:
    return [run for run in report.runs if run.task == task]


def _score_cells(task: str, sums: Sums, old: Tally, new: Tally) -> tuple[str, ...]:
    """Return the cells behind the run's name, in the order of SCORE_HEADS."""
    was, now = score(task, old), score(task, new)
    four = [score(task, labels, references).s_rege for references in (old, new) for labels in (old, new)]
    return (
        f"{old.answers:,}",
        f"{sums.reviewed_new.answers:,}",
        _arrow(was.s_re, now.s_re),
        _arrow(was.s_ge, now.s_ge),
        *(_number(value) for value in four),
    )


def _rank_cells(ranking: Ranking, run: int) -> tuple[str, ...]:
    found = next((one for one in ranking.runs if one.run == run), None)
    if found is None:
        return ("–", "–", "–")
    return (str(found.rank_old), str(found.rank_now), f"{found.low} to {found.high}")


def _order(ranked: Sequence[tuple[int, str]]) -> str:
    """Return names in the order of their ranks; equal ranks stand side by side."""
    places: dict[int, list[str]] = {}
    for rank, name in sorted(ranked):
        places.setdefault(rank, []).append(name)
    return ", ".join(" = ".join(names) for names in places.values())


def _f1(sums: Tally, unit: int) -> float | None:
    return unit_f1(sums.units.get(unit, (0, 0, 0)))


def _arrow(before: float | None, after: float | None) -> str:
    """Return both numbers with the direction, or one where they are the same to the digits shown."""
    if before is None or after is None:
        return _number(after) if before is after else f"{_number(before)} → {_number(after)}"
    if abs(after - before) < _CHANGED:
        return _number(after)
    return f"{_number(before)} → {_number(after)} {'▲' if after > before else '▼'}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
