"""The tables of a report as plain cells, so that the page and the Markdown file say the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from emola.taxonomy import ACTION_UNITS
from training.benchmark.cited import cited_results
from training.benchmark.counts import counts_in_words
from training.benchmark.item_scores import TOTALS
from training.benchmark.measures import recognition_measures, rouge_measures
from training.benchmark.report_compare import Comparison
from training.benchmark.report_results import PROTOCOLS, Bounds, Judged, RunResult
from training.benchmark.run_folder import COMPUTED_INSTEAD

TOTAL_NAMES = {"s_re": "S_re", "s_ge": "S_ge", "s_rege": "S_rege"}
TASK_NAMES = {"emotion": "Emotion", "au": "Action units"}
FLIPS_SHOWN = 100
"""Most flipped items that a report lists of one comparison."""
_OF_UNITS = {"balanced_accuracy": ("balanced accuracy", 100), "kappa": ("kappa", 1), "mcc": ("MCC", 1)}
_PRIORS = {"file": "from files", COMPUTED_INSTEAD: f"{COMPUTED_INSTEAD} of missing files"}


@dataclass(frozen=True)
class Table:
    """A table: a caption, the names of the columns, and rows of as many cells."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def runs_table(runs: Sequence[RunResult]) -> Table:
    """Return what was run."""
    rows = []
    for run in runs:
        if "identity" not in run.description:
            rows.append((run.name, run.model, str(run.description.get("data")), *["not known"] * 5))
            continue
        identity, software = run.description["identity"], run.description.get("software", {})
        versions = ", ".join(f"{name} {number}" for name, number in identity.get("versions", {}).items())
        rows.append(
            (
                run.name,
                str(run.description.get("model")),
                str(run.description.get("data")),
                f"{identity['decoding']['name']}, seed {identity['decoding']['seed']}",
                f"{identity['image']}, {identity['inputs']}",
                _priors(run),
                f"{identity['numbers']}, {versions}",
                str(software.get("git") or "unknown")[:12],
            )
        )
    return Table(
        "Runs", ("run", "model", "data", "decoding", "picture and inputs", "priors", "computed in", "code"), rows
    )


def _priors(run: RunResult) -> str:
    """Return where the priors of the answered items came from."""
    sources = Counter(row.get("prior") for result in run.tasks.values() for row in result.rows)
    return ", ".join(f"{count} {_PRIORS.get(source, source)}" for source, count in sources.items() if source) or "none"


def totals_table(runs: Sequence[RunResult]) -> Table:
    """Return the three totals of every run, task and protocol, and which items were not simply scored."""
    rows = []
    for run in runs:
        for task, result in run.tasks.items():
            for protocol in PROTOCOLS:
                scores = result.judged[protocol].scores
                totals = [with_bounds(scores[name], scores["intervals_95"].get(name)) for name in TOTALS]
                counted = counts_in_words(scores["counts"]) or "none to note"
                rows.append((run.name, TASK_NAMES[task], protocol, *totals, str(scores["n"]), counted))
    columns = ("run", "task", "protocol", "S_re", "S_ge", "S_rege", "items", "of them")
    return Table("Scores, 0 to 100 (S_rege 0 to 200), with 95 % bootstrap intervals", columns, rows)


def classes_table(judged: Judged, caption: str) -> Table:
    """Return precision, recall and F1 with interval of every emotion or action unit."""
    rows = []
    for key, row in judged.classes.items():
        name = class_name(key) + ("" if row.get("scored", True) else " (not scored)")
        f1 = with_bounds(row["f1"], row["f1_interval_95"], 100)
        more = [_number(row[key], factor) for key, (_, factor) in _OF_UNITS.items() if key in row]
        rows.append((name, _number(row["precision"]), _number(row["recall"]), f1, str(row["support"]), *more))
    columns = ("class", "precision", "recall", "F1", "labels")
    return Table(caption, (*columns, *(words for words, _ in _OF_UNITS.values()))[: len(rows[0])], rows)


def measures_table(judged: Judged, caption: str) -> Table:
    """Return what stands beside S_re and S_ge, and the reasons of failed items."""
    scores = judged.scores
    failed = [(f"failed: {reason}", str(count)) for reason, count in scores["counts"]["failure_reasons"].items()]
    return Table(caption, ("measure", "value"), [*recognition_measures(scores), *rouge_measures(scores), *failed])


def comparison_table(comparison: Comparison) -> Table:
    """Return the differences of two runs with their intervals."""
    rows = []
    for name in TOTALS:
        bounds = comparison.bounds.get(name)
        verdict = "cannot be told" if bounds is None or bounds[0] <= 0 <= bounds[1] else "differs"
        rows.append((TOTAL_NAMES[name], with_bounds(comparison.differences[name], bounds, sign=True), verdict))
    one, two = comparison.first, comparison.second
    both = f"{TASK_NAMES[comparison.task]}, protocol {comparison.protocol}: {two} minus {one} on {comparison.n} items"
    return Table(both, ("score", "difference (95 % interval)", "beyond chance"), rows)


def flips_table(comparison: Comparison, most: int) -> Table:
    """Return the items that changed, the largest changes first."""
    rows = [(f.id, f"{f.change:+d}", f.label, f.first, f.second) for f in comparison.flips[:most]]
    gained = sum(flip.change > 0 for flip in comparison.flips)
    lost = len(comparison.flips) - gained
    more = f"; the first {most} are shown" if len(comparison.flips) > most else ""
    caption = f"Flipped items: {gained} better, {lost} worse in {comparison.second}{more}"
    return Table(caption, ("item", "change", "label", comparison.first, comparison.second), rows)


def cited_table() -> Table:
    """Return the published FABA-Bench numbers, each with its source."""
    cited = cited_results()
    rows = []
    for row in cited["faba_bench"]:
        numbers = [_plain(row[task].get(name)) for task in ("emotion", "au") for name in TOTALS]
        rows.append((row["method"], *numbers, cited["sources"][row["source"]]))
    tasks = tuple(f"{task} {TOTAL_NAMES[name]}" for task in ("emotion", "AU") for name in TOTALS)
    return Table(
        f"Cited from publications, not measured here (version {cited['version']})", ("method", *tasks, "source"), rows
    )


def cited_classic_table() -> Table:
    """Return the published numbers on the classic data sets."""
    cited = cited_results()
    rows = [
        (
            row["data_set"],
            row["measure"],
            f"{row['emola']:.2f}",
            f"{row['best_other']['value']:.2f} ({row['best_other']['method']})",
            cited["sources"][row["source"]],
        )
        for row in cited["classic"]
    ]
    return Table(
        "Classic data sets, cited", ("data set", "measure", "EmoLA", "best other in that table", "source"), rows
    )


def class_name(key: str) -> str:
    """Return an emotion, or an action unit with its name."""
    return f"AU{key} {ACTION_UNITS[int(key)].name}" if key.isdecimal() else key


def with_bounds(value: float | None, bounds: Bounds, factor: float = 1, *, sign: bool = False) -> str:
    """Return a number with its interval, both times ``factor``; ``sign`` shows a plus as well."""
    if value is None:
        return "not defined"
    shape = "+.2f" if sign else ".2f"
    spread = f" ({factor * bounds[0]:{shape}} to {factor * bounds[1]:{shape}})" if bounds else ""
    return f"{factor * value:{shape}}{spread}"


def _number(value: float | None, factor: float = 100) -> str:
    return "not defined" if value is None else f"{factor * value:.2f}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
