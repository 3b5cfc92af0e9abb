"""From labelled pictures to samples: the published answer forms, a question each, and every fault counted and named.

Answers are what the published evaluation reads: an emotion is one capitalised word ("Happiness"), action units are
their numbers ("AU1, AU4"); the text for no action unit at all is not published and ours ("No AUs.").
"""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from tqdm import tqdm

from emola.errors import ImageError, InputError
from emola.imaging import open_image
from emola.prompt import QUESTIONS
from training.data.classic.listing import LabelledImage, Listing
from training.data.classic.spec import DataSpec
from training.data.prior_recipe import check_recipe
from training.data.records import RecordFault, Task, safe_path
from training.data.samples import DataReport, Fault, Sample, load_prior
from training.data.templates import sample_question

NO_ACTION_UNITS: Final = "No AUs."


def answer_of(labels: dict[str, Any]) -> str:
    """Return the answer text of a label, in the published form."""
    if "emotion" in labels:
        return str(labels["emotion"]).capitalize()
    return ", ".join(f"AU{number}" for number in labels["action_units"]) or NO_ACTION_UNITS


def question_of(spec: DataSpec, task: Task, sample_id: str) -> str:
    """Return the question of a sample: a drawn template, or the fixed one of FABA-Bench."""
    return QUESTIONS[task] if spec.questions == "fixed" else sample_question(task, sample_id, spec.seed)


def build_samples(spec: DataSpec, listing: Listing) -> tuple[list[Sample], DataReport]:
    """Return the samples of a listing and the report on it.

    Rows that the protocol does not use and subjects that are missing or in no fold count in the report but are never
    refused; missing or broken pictures, wrong
    priors, repeated ids and paths outside the root are faults.

    Raises:
        InputError: there are faults and they are refused.
    """
    with ThreadPoolExecutor(spec.workers) as pool:
        found = pool.map(lambda image: _build(spec, listing.task, image), listing.images)
        outcomes = list(tqdm(found, total=len(listing.images), unit="picture", desc=f"checking {spec.name}"))
    samples, faults, fingerprint = _gather(outcomes, listing.images)
    label_hash = hashlib.sha256()
    for path in listing.label_files:
        label_hash.update(path.read_bytes())
    report = DataReport(
        file=listing.label_files[0] if len(listing.label_files) == 1 else spec.root,
        task=listing.task,
        rows=len(listing.images) + len(listing.left_out),
        used=len(samples),
        faults=(*faults, *listing.left_out, *listing.subject_faults),
        sha256=label_hash.hexdigest(),
        fingerprint=fingerprint,
    )
    if faults and spec.faults == "refuse":
        raise InputError(
            f"{spec.name} has {len(faults)} pictures with faults, and they are refused:\n{report.summary()}"
        )
    return samples, report


def _build(spec: DataSpec, task: Task, image: LabelledImage) -> tuple[Sample, bytes] | Fault:
    """Return the sample of a picture with a digest of its content, or its fault."""
    try:
        path = safe_path(spec.root.resolve(), image.image)
        if not path.is_file():
            raise RecordFault("missing image", f"there is no {image.image}")
        question, answer = question_of(spec, task, image.id), answer_of(image.labels)
        digest = hashlib.sha256(json.dumps([image.id, question, answer]).encode())
        if spec.decode:
            content = path.read_bytes()
            open_image(content)
            digest.update(content)
        prior = None
        if spec.priors is not None and spec.prior_dim is not None:
            prior = safe_path(spec.root.resolve(), f"{spec.priors}/{image.image}.npy")
            digest.update(load_prior(prior, spec.prior_dim).tobytes())
            check_recipe(prior, spec.root.resolve(), spec.prior_recipe)
        return Sample(image.id, path, prior, question, answer, task, spec.name, image.labels), digest.digest()
    except RecordFault as fault:
        return Fault(image.id, fault.kind, fault.detail)
    except (ImageError, OSError) as error:
        return Fault(image.id, "broken image", f"{image.image} cannot be opened: {error}")


def _gather(
    outcomes: Sequence[tuple[Sample, bytes] | Fault], images: Sequence[LabelledImage]
) -> tuple[list[Sample], list[Fault], str]:
    """Sort outcomes into samples and faults; a repeated id is a fault."""
    samples: dict[str, Sample] = {}
    faults: list[Fault] = []
    digest = hashlib.sha256()
    for outcome, image in zip(outcomes, images, strict=True):
        if isinstance(outcome, Fault):
            faults.append(outcome)
        elif outcome[0].id in samples:
            faults.append(Fault(image.id, "duplicate id", f"{image.image} has the id of an earlier picture"))
        else:
            samples[outcome[0].id] = outcome[0]
            digest.update(outcome[1])
    return list(samples.values()), faults, digest.hexdigest()
