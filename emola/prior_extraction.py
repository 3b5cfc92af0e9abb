"""Prior vectors for a whole data set: one ``.npy`` file a picture, made in parallel, safe to kill and to start again.

    OUT/<path of the picture>.npy   float32 (D,), e.g. ``train/images/7.jpg.npy``: the path keeps its folders and its
                                    suffix, so two pictures never share a file
    OUT/priors.json                 the recipe, what it depends on, counts and package versions
    OUT/problems.json               every picture without a prior and why

A file is written beside its place and renamed, so it is whole or absent. A file already there is kept when it is good
and made again when it is not. ``priors.json`` is written first; a folder of another recipe is refused.

``emola-2024`` takes the whole picture, because the pictures of its data sets are aligned face crops; every other recipe
takes the largest face that is found.
"""

import functools
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emola.errors import ImageError, NoFaceFound, PriorError, ResourceError
from emola.imaging import open_image
from emola.prior_manifest import claim_folder, finish_manifest

MADE, KEPT, MISSING, BROKEN, NO_FACE, REFUSED = "made", "kept", "missing image", "broken image", "no face", "refused"
"""What may become of a picture; only the first two have a prior."""

_BATCH: Final = 8
_PROBLEMS_FILE: Final = "problems.json"


@dataclass(frozen=True)
class ExtractionPlan:
    """What to make and where.

    Attributes:
        recipe: a name of ``emola.faces.priors.recipes.RECIPES``.
        root: folder that the picture paths are relative to.
        out: folder of the vectors.
        images: distinct relative paths with forward slashes, already known to stay inside ``root``.
        face_models: an InsightFace pack, or None for what is installed.
        workers: processes; 1 works in this one.
    """

    recipe: str
    root: Path
    out: Path
    images: tuple[str, ...]
    face_models: Path | None = None
    workers: int = 1


@dataclass(frozen=True)
class Outcome:
    """What became of one picture: one of the kinds above, with a sentence when it has no prior."""

    image: str
    kind: str
    reason: str = ""


@dataclass(frozen=True)
class ExtractionReport:
    """What became of all pictures.

    Attributes:
        counts: kind to number of pictures.
        problems: the pictures without a prior, by path.
    """

    counts: dict[str, int]
    problems: tuple[Outcome, ...]

    @property
    def usable(self) -> int:
        """How many pictures have a prior now."""
        return self.counts.get(MADE, 0) + self.counts.get(KEPT, 0)

    def summary(self, listed: int = 5) -> str:
        """Return the counts as text, with the first ``listed`` pictures of each problem."""
        total = sum(self.counts.values())
        lines = [f"{self.usable} of {total} pictures have a prior ({self.counts.get(KEPT, 0)} were there already)."]
        for kind in (MISSING, BROKEN, NO_FACE, REFUSED):
            named = [problem for problem in self.problems if problem.kind == kind]
            if named:
                lines.append(f"  {len(named)} x {kind}")
                lines += [f"    {problem.image}: {problem.reason}" for problem in named[:listed]]
                lines += [f"    and {len(named) - listed} more"] * (len(named) > listed)
        return "\n".join(lines)


def prior_file(out: Path, image: str) -> Path:
    """Return where the prior of the picture with this relative path lies."""
    return out / f"{image}.npy"


def extract_priors(plan: ExtractionPlan) -> ExtractionReport:
    """Make the priors that are missing and return what became of every picture.

    Raises:
        PriorError: an unknown recipe, or the folder holds priors of another one.
        FaceModelError: the recipe needs a network that is absent or unusable.
        ResourceError: the disk is full or not writable, or a worker process was killed; what is written stays valid.
    """
    maker = _maker(plan.recipe, plan.face_models)  # fails here, once, rather than in every process
    try:
        claim_folder(plan.out, maker.identity)
        outcomes = list(_outcomes(plan))
        report = _report(outcomes)
        _write_problems(plan.out, report)
        finish_manifest(plan.out, report.counts)
    except OSError as error:
        raise ResourceError(f"The priors in {plan.out} could not be written: {error.strerror or error}.") from error
    except BrokenProcessPool as error:
        raise ResourceError(
            "A worker process was killed, most likely because memory ran out; the same command continues, "
            "with fewer --workers if it happens again."
        ) from error
    return report


class PriorMaker:
    """Opens pictures and computes one recipe's priors; one per process."""

    def __init__(self, recipe: str, face_models: Path | None) -> None:
        """Open what the recipe needs; see :func:`extract_priors` for what is raised."""
        from emola.faces.packs import find_pack
        from emola.faces.priors.emola_2024 import Emola2024
        from emola.faces.priors.recipes import get_recipe
        from emola.prior_manifest import describe_recipe

        pack = find_pack(face_models)
        landmark_model = None if pack is None else pack.landmark_model
        self._recipe = get_recipe(recipe, landmark_model)
        self._whole = self._recipe if isinstance(self._recipe, Emola2024) else None
        self._analyzer = None if self._whole else _analyzer(pack)
        backend = "none" if self._analyzer is None else self._analyzer.backend
        self.identity = describe_recipe(self._recipe, landmark_model, backend)
        self.dim = self._recipe.dim

    def compute(self, path: Path) -> NDArray[np.float32]:
        """Return the prior of a picture, float32 (D,), finite.

        Raises:
            ImageError: the picture is broken.
            NoFaceFound: it shows no face.
            PriorError: its face cannot be measured.
        """
        image = open_image(path)
        if self._whole is not None:
            return self._checked(self._whole.compute_crop(image).values)
        assert self._analyzer is not None
        faces = self._analyzer.analyze(image)
        if not faces:
            raise NoFaceFound("no face was found")
        if faces[0].refused:
            raise PriorError("; ".join(gate.reason for gate in faces[0].gates if gate.refuses))
        return self._checked(self._recipe.compute(image, faces[0]).values)

    def _checked(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        numbers = np.asarray(values, dtype=np.float32)
        if numbers.shape != (self.dim,) or not np.isfinite(numbers).all():
            raise PriorError(f"the prior has shape {numbers.shape} or is not finite; expected {self.dim} numbers")
        return numbers


def _analyzer(pack: Any) -> Any:
    from emola.faces.analyze import FaceAnalyzer  # mediapipe, about a second

    return FaceAnalyzer(pack)


@functools.cache
def _maker(recipe: str, face_models: Path | None) -> PriorMaker:
    """Return the maker of this process."""
    return PriorMaker(recipe, face_models)


def _outcomes(plan: ExtractionPlan) -> Iterator[Outcome]:
    """Yield what became of each picture, in any order, with a progress bar."""
    dim = _maker(plan.recipe, plan.face_models).dim
    with tqdm(total=len(plan.images), unit="picture", desc=f"priors ({plan.recipe})", smoothing=0.05) as bar:
        missing = []
        for image in plan.images:
            if is_good(prior_file(plan.out, image), dim):
                bar.update()
                yield Outcome(image, KEPT)
            else:
                missing.append(image)
        batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
        for outcomes in _run(plan, batches):
            bar.update(len(outcomes))
            yield from outcomes


def _run(plan: ExtractionPlan, batches: Sequence[Sequence[str]]) -> Iterator[list[Outcome]]:
    """Work on batches in this process or in several, a few waiting at a time."""
    fixed = (plan.recipe, plan.face_models, plan.root, plan.out)
    if plan.workers <= 1 or len(batches) <= 1:
        yield from (_make_batch(*fixed, batch) for batch in batches)
        return
    pool = ProcessPoolExecutor(plan.workers, mp_context=multiprocessing.get_context("spawn"))
    waiting: set[Future[list[Outcome]]] = set()
    try:
        for batch in batches:
            waiting.add(pool.submit(_make_batch, *fixed, batch))
            if len(waiting) >= 3 * plan.workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _make_batch(recipe: str, face_models: Path | None, root: Path, out: Path, images: Sequence[str]) -> list[Outcome]:
    """Make the priors of some pictures; runs in a worker."""
    maker = _maker(recipe, face_models)
    return [_make(maker, root, out, image) for image in images]


def _make(maker: PriorMaker, root: Path, out: Path, image: str) -> Outcome:
    """Make one prior and write it whole."""
    path = root / image
    if not path.is_file():
        return Outcome(image, MISSING, "there is no such file")
    try:
        values = maker.compute(path)
    except ImageError as error:
        return Outcome(image, BROKEN, str(error))
    except NoFaceFound as error:
        return Outcome(image, NO_FACE, str(error))
    except PriorError as error:
        return Outcome(image, REFUSED, str(error))
    target = prior_file(out, image)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    with temporary.open("wb") as stream:
        np.save(stream, values)
    os.replace(temporary, target)
    return Outcome(image, MADE)


def is_good(path: Path, dim: int) -> bool:
    """Say whether ``path`` holds a whole prior: float32 (``dim``,), finite."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    if not isinstance(values, np.ndarray) or values.dtype != np.float32 or values.shape != (dim,):
        return False
    return bool(np.isfinite(values).all())


def _report(outcomes: Sequence[Outcome]) -> ExtractionReport:
    counts = Counter(outcome.kind for outcome in outcomes)
    problems = sorted((outcome for outcome in outcomes if outcome.reason), key=lambda outcome: outcome.image)
    return ExtractionReport(dict(sorted(counts.items())), tuple(problems))


def _write_problems(out: Path, report: ExtractionReport) -> None:
    rows = [{"image": item.image, "kind": item.kind, "reason": item.reason} for item in report.problems]
    temporary = out / f".{_PROBLEMS_FILE}.part"
    temporary.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, out / _PROBLEMS_FILE)
