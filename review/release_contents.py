"""What goes into a release: the rows of every file and their lineage, gathered from one moment of the database."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError
from review.agreement_gates import ALPHA_GATE, ENOUGH, INDEX_GATE
from review.agreement_report import UnitAgreement
from review.database import Database
from review.duplicates import compare_pictures
from review.provenance import APP_VERSION, git_revision
from review.release_folder import row_digest
from review.release_rows import Candidate, LeftOut, benchmark_item, preference_pair, training_row
from review.store.agreement import agreement_report
from review.store.release_candidates import ReleaseQuery, candidate_ids, freeze, image_folders, iterate_candidates
from review.store.releases import RowTrace, content_head

PAIRS: Final = "preference/pairs.jsonl"
SPLIT_RULE: Final = (
    "Pictures of the evaluation split, pictures of a near-duplicate group (perceptual hash) that holds one, and "
    "pictures that could not be compared are in no training file; a trigger of the database refuses them."
)
GATE_RULE: Final = (
    'Action units whose gate is "contested" are left open in every benchmark label. A unit passes when the 95 % '
    f"interval of Krippendorff's alpha begins at {ALPHA_GATE} or above and its FACS agreement index is at least "
    f"{INDEX_GATE:.2f}. Where fewer than {ENOUGH} pictures were judged twice a unit is not measured: its labels stand "
    "on the people who coded them, often one."
)
Progress = Callable[[int, int], object]


@dataclass
class Contents:
    """The rows of a release while they are gathered.

    Attributes:
        files: path inside the release to its rows.
        gated: action units that people do not agree on well enough.
        lineage: what each row was made from.
        traces: the same for the database.
        left_out: format to reasons, with how many descriptions give no row for each.
        reviewers: pseudonyms.
        guidelines: versions that reviews were made under.
        sources: imported file to descriptions used of it.
    """

    files: dict[str, list[dict[str, Any]]]
    gated: frozenset[int] = frozenset()
    lineage: list[dict[str, Any]] = field(default_factory=list)
    traces: list[RowTrace] = field(default_factory=list)
    left_out: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reviewers: set[str] = field(default_factory=set)
    guidelines: set[str] = field(default_factory=set)
    sources: Counter[str] = field(default_factory=Counter)
    _names: Counter[tuple[str, str]] = field(default_factory=Counter)

    def counts(self) -> dict[str, Any]:
        """Return rows by file, and left-out descriptions by format and reason."""
        rows = {path: len(rows) for path, rows in self.files.items()}
        return {**rows, "left_out": {name: dict(sorted(found.items())) for name, found in self.left_out.items()}}

    def add(self, candidate: Candidate) -> None:
        """Add the rows of one description to the files, with their lineage."""
        used = False
        builders: Mapping[str, Callable[[Candidate], dict[str, Any]]] = {
            "sft": training_row,
            "preference": preference_pair,
            "benchmark": partial(benchmark_item, gated=self.gated),
        }
        for form, build in builders.items():
            try:
                row = build(candidate)
            except LeftOut as reason:
                self.left_out[form][str(reason)] += 1
                continue
            path = PAIRS if form == "preference" else _path(form, candidate.task)
            row = {**row, "id": self._unique(path, str(row["id"]))}
            self.files[path].append(row)
            gold = tuple(sorted(found.id for found in candidate.gold.values()))
            self.traces.append(RowTrace(candidate.id, form, row_digest(row), gold))
            self.lineage.append(_lineage(path, row["id"], candidate))
            used = True
        if used:
            self.reviewers |= {pseudonym(reviewer) for reviewer in candidate.reviewers.values()}
            self.guidelines |= set(candidate.guidelines)
            self.sources[candidate.source] += 1

    def _unique(self, path: str, name: str) -> str:
        """Return an id that the file does not have yet: the second, third ... of one gets ``#2``, ``#3`` behind it."""
        self._names[path, name] += 1
        count = self._names[path, name]
        return name if count == 1 else self._unique(path, f"{name}#{count}")


def gather(
    database: Database,
    query: ReleaseQuery,
    *,
    data_root: Path | None = None,
    gates: bool = True,
    compare: bool = True,
    progress: Progress | None = None,
) -> tuple[Contents, dict[str, Any], str]:
    """Read one moment of the database; return the rows, what the manifest says about them, and the data root.

    Pictures that are new are compared with all others first, so that no near-duplicate of an evaluation picture gets
    into the training files; a picture that was not compared gets into none either.

    Args:
        database: with gold.
        query: what to take.
        data_root: folder that paths start from; the nearest one above all pictures if None.
        gates: whether to measure which action units people agree on.
        compare: whether to compare new pictures.
        progress: called with pictures compared and all new ones, then with descriptions read and all of them.

    Raises:
        InputError: pictures lie outside of the data root.
    """
    if compare:
        compare_pictures(database, progress=progress)
    with database.read() as session:
        freeze(session)
        folders = image_folders(session, query=query)
        root = _root(folders.values(), data_root)
        prefixes = {source: _prefix(Path(folder), root) for source, folder in folders.items()}
        event_id, event_hash = content_head(session)
        units = agreement_report(session).units if gates else ()
        gated = frozenset(unit.action_unit for unit in units if unit.gate == "contested")
        contents = Contents({path: [] for path in _paths(query)}, gated)
        ids = candidate_ids(session, query=query)
        for count, candidate in enumerate(iterate_candidates(session, ids=ids, prefixes=prefixes), start=1):
            contents.add(candidate)
            if progress is not None:
                progress(count, len(ids))
    about = {
        "app_version": APP_VERSION,
        "git_revision": git_revision(),
        "guideline_version": ", ".join(sorted(contents.guidelines)) or None,
        "event_id": event_id,
        "event_hash": event_hash,
        "query": asdict(query),
        "counts": contents.counts(),
        "sources": dict(sorted(contents.sources.items())),
        "reviewers": sorted(contents.reviewers),
        "gates": _gates(units),
        "gate_rule": GATE_RULE,
        "not_measured": _not_measured(contents, units),
        "split_rule": SPLIT_RULE,
    }
    return contents, about, str(root or "")


def pseudonym(reviewer_id: int) -> str:
    """Return what a reviewer is called in releases; only the database knows who it is."""
    return f"R{reviewer_id:02d}"


def _path(form: str, task: str) -> str:
    return f"sft/train_{task}_anno.json" if form == "sft" else f"benchmark/{task}.jsonl"


def _paths(query: ReleaseQuery) -> list[str]:
    """Return the files of a release, those that stay empty included."""
    return [_path(form, task) for form in ("sft", "benchmark") for task in sorted(query.tasks)] + [PAIRS]


def _not_measured(contents: Contents, units: Sequence[UnitAgreement]) -> list[int]:
    """Return the action units of the benchmark labels of which nobody knows how well people agree on them."""
    rows = [row for path, rows in contents.files.items() if path == _path("benchmark", "au") for row in rows]
    labelled = {int(unit) for row in rows for unit in row["units"]}
    return sorted(labelled - {unit.action_unit for unit in units if unit.gate != "not measured"})


def _gates(units: Sequence[UnitAgreement]) -> dict[str, Any]:
    """Return for each action unit whether people agree on it well enough, with the numbers."""
    return {
        str(unit.action_unit): {
            "gate": unit.gate,
            "alpha": unit.presence.alpha.value,
            "alpha_95": [unit.presence.alpha.low, unit.presence.alpha.high],
            "index": unit.presence.positive.value if unit.presence.positive else None,
            "n": unit.presence.observed.n,
            "reason": unit.reason,
        }
        for unit in units
    }


def _root(folders: Iterable[str], data_root: Path | None) -> Path | None:
    """Return the folder that paths start from: the one given, or the nearest one above every picture."""
    if data_root is not None:
        return data_root.resolve()
    found = [str(Path(folder).resolve()) for folder in folders]
    return Path(os.path.commonpath(found)) if found else None


def _prefix(folder: Path, root: Path | None) -> str:
    """Return what leads from the data root to a folder of pictures."""
    resolved = folder.resolve()
    if root is None or not resolved.is_relative_to(root):
        raise InputError(f"The pictures in {folder} lie outside of the data root {root}; give a folder above them all.")
    relative = resolved.relative_to(root).as_posix()
    return "" if relative == "." else f"{relative}/"


def _lineage(path: str, row_id: str, candidate: Candidate) -> dict[str, Any]:
    """Return what a row was made from: gold, the reviews and adjudications behind it, and the imported record."""
    gold = sorted(candidate.gold.values(), key=lambda found: found.id)
    versions = {review: version for found in gold for review, version in found.reviews}
    return {
        "file": path,
        "id": row_id,
        "description": candidate.id,
        "gold": [
            {"id": found.id, "target": found.target, "key": found.target_key, "basis": found.basis} for found in gold
        ],
        "reviews": [
            {"id": review, "version": version, "reviewer": pseudonym(candidate.reviewers[review])}
            for review, version in sorted(versions.items())
        ],
        "adjudications": sorted({found.adjudication_id for found in gold if found.adjudication_id is not None}),
        "sources": {"file": candidate.source, "id": candidate.row_id, "image_sha256": candidate.image_sha256},
    }
