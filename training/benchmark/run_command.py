"""``python -m training.benchmark run``: ask a model every question of a data set and write the answers down.

Safe to kill; the same command continues. Under ``accelerate launch -m training.benchmark run ...`` the questions are
spread over the processes, and the files are the same as those of one process.
"""

import argparse
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emola.errors import InputError
from emola.prompt import CONVERSATIONS, QUESTIONS
from emola.settings import PAPER_DECODING, GenerationSettings

if TYPE_CHECKING:
    from training.benchmark.data_source import Source
    from training.benchmark.face_inputs import FaceReader, MissingPrior
    from training.benchmark.models import Answerer, ModelChoice
    from training.benchmark.runner import Progress

_GREEDY: Final = GenerationSettings(max_new_tokens=1024)
_RECIPES: Final = ("emola-2024", "insightface-106", "mediapipe-106")
_REASONS_SHOWN: Final = 3
_VERSIONED: Final = ("torch", "transformers")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "run", help="ask a model", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, metavar="M", help="folder or hub id, BASE+ADAPTER for an adapter")
    data = (
        "FABA evaluation JSON, folder of FABA's shape, review release, or NAME:ROOT[,fold=1,...] with NAME one of "
        "affectnet, bp4d, disfa, emotionet, gft, raf-db (folders: python -m training.data --help)"
    )
    parser.add_argument("--data", required=True, metavar="D", help=data)
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument("--task", choices=("emotion", "au", "both"), default="both", help="default: both")
    parser.add_argument("--root", type=Path, metavar="DIR", help="folder that the paths in a JSON start from")
    unlabelled = "take records without labels, such as a training JSON; the answers can be reviewed, not scored"
    parser.add_argument("--unlabelled", action="store_true", help=unlabelled)
    parser.add_argument("--limit", type=_at_least_one, metavar="N", help="only the first N questions of each task")
    parser.add_argument("--batch-size", type=_at_least_one, default=8, metavar="N", help="questions at a time (8)")
    parser.add_argument("--decoding", choices=("greedy", "paper"), default="greedy", help="paper samples, seeded")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sampling (default 0)")
    parser.add_argument("--max-new-tokens", type=_at_least_one, metavar="N", help="greedy 1024, paper 2048")
    squaring = "pad whole pictures to a square, as trained, or crop the middle, as published (default pad)"
    parser.add_argument("--image", choices=("pad", "crop"), default="pad", help=squaring)
    faces = "each picture is one face already, or find the largest face (default: what the model's crop recipe needs)"
    parser.add_argument("--faces", choices=("whole", "detect"), help=faces)
    parser.add_argument("--inputs", choices=("both", "prior", "image"), help="default: what the checkpoint says")
    parser.add_argument("--prior-recipe", choices=_RECIPES, help="what made the prior files, when nothing says so")
    missing = (
        "items whose record names a prior file that is not there: fail, or compute it from the picture (default: fail, "
        "but compute when none of the named files is there)"
    )
    parser.add_argument("--missing-prior", choices=("fail", "compute"), help=missing)
    parser.add_argument("--conversation", choices=tuple(CONVERSATIONS), help="prompt template (default: the model's)")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument("--quantization", choices=("4bit", "8bit"), help="needs a CUDA GPU and bitsandbytes")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the benchmark, or what is left of it, and print what came of it; 1 when nothing was answered."""
    from training.benchmark.data_source import open_source  # torch and transformers, several seconds
    from training.benchmark.run_folder import RunFolder
    from training.benchmark.runner import Share, run_share

    if options.seed < 0:
        raise InputError("--seed must be 0 or more.")
    share = Share.from_environment()
    source = open_source(options.data, options.task, options.root, options.limit, options.unlabelled)
    settings, choice = _settings(options), _model_choice(options, share.local)
    folder = RunFolder(options.out)
    folder.claim(_identity(options, source, settings, choice), _notes(options, source))
    progress = run_share(folder, source.questions, share, partial(_load, options, source, settings, choice))
    counts = ", ".join(f"{count} {status}" for status, count in progress.counts.items())
    if progress.missing:
        print(f"{options.out}: {counts}; {progress.missing} are left to the other processes.")
    else:
        tasks = dict.fromkeys(question.task for question in source.questions)
        print(f"{counts}. Written to {', '.join(str(folder.predictions_file(task)) for task in tasks)}.")
    for line in _failures(progress):
        print(line)
    return 1 if progress.is_fruitless else 0


def _failures(progress: "Progress") -> list[str]:
    """Return the most frequent reasons of failed items, as lines."""
    shown = [f"  {count} failed: {reason}" for reason, count in list(progress.failures.items())[:_REASONS_SHOWN]]
    others = sum(list(progress.failures.values())[_REASONS_SHOWN:])
    return [*shown, *([f"  {others} failed for other reasons (reason in the predictions)"] if others else [])]


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return int(text)


def _settings(options: argparse.Namespace) -> GenerationSettings:
    """Return how to decode."""
    base = _GREEDY if options.decoding == "greedy" else PAPER_DECODING
    try:
        return replace(base, seed=options.seed, max_new_tokens=options.max_new_tokens or base.max_new_tokens)
    except ValueError as error:
        raise InputError(str(error)) from error


def _model_choice(options: argparse.Namespace, local: int) -> "ModelChoice":
    """Return the model, on this process's GPU when there is one for each."""
    import torch

    from training.benchmark.models import ModelChoice

    device = options.device
    if device in ("auto", "cuda") and torch.cuda.is_available():
        device = f"cuda:{local % torch.cuda.device_count()}"
    return ModelChoice(
        source=options.model,
        device=device,
        dtype=options.dtype,
        quantization=options.quantization,
        inputs=options.inputs,
        conversation=options.conversation,
        batch_size=options.batch_size,
    )


def _identity(
    options: argparse.Namespace, source: "Source", settings: GenerationSettings, choice: "ModelChoice"
) -> dict[str, Any]:
    """Return what must not change while a run is continued."""
    from emola.model.placement import choose_device, choose_dtype
    from training.benchmark.fingerprints import hash_json, hash_model, hash_questions

    numbers = str(choose_dtype(choice.dtype, choose_device(choice.device))).removeprefix("torch.")
    return {
        "model": hash_model(choice.folders()),
        "data": hash_questions(source.questions),
        "questions": len(source.questions),
        "prompt": hash_json([options.conversation, {q.task: q.text for q in source.questions}, dict(QUESTIONS)]),
        "decoding": {"name": options.decoding, **settings.to_json()},
        "inputs": options.inputs or "as the checkpoint says",
        "image": options.image,
        "faces": options.faces or "as the crop recipe needs",
        "prior_recipe": options.prior_recipe or "as the data says",
        **_missing_priors(options, source),
        "numbers": f"{numbers} {options.quantization or ''}".strip(),
        "versions": {name: version(name) for name in _VERSIONED},
    }


def _missing_priors(options: argparse.Namespace, source: "Source") -> dict[str, str]:
    """Return the part of the identity about missing prior files; none where it makes no difference.

    Runs of versions that knew no such choice computed the priors, so computing them is left unsaid.
    """
    failing = source.missing_priors and _missing_prior(options, source) == "fail"
    return {"missing_prior": "fail"} if failing else {}


def _missing_prior(options: argparse.Namespace, source: "Source") -> "MissingPrior":
    """Return what becomes of items whose prior file is missing; files that are all missing were never there."""
    all_missing = source.missing_priors == sum(question.prior is not None for question in source.questions)
    return options.missing_prior or ("compute" if all_missing else "fail")


def _notes(options: argparse.Namespace, source: "Source") -> dict[str, Any]:
    """Return what ``run.json`` says besides the identity."""
    from training.lora.provenance import describe_software

    return {
        "model": options.model,
        "data": options.data,
        "root": str(source.root),
        "conversation": options.conversation or "the model's own",
        "data_set": source.data_set,
        "fold": source.fold,
        "data_version": source.version,
        "left_out": source.left_out,
        "software": describe_software(),
    }


def _load(
    options: argparse.Namespace, source: "Source", settings: GenerationSettings, choice: "ModelChoice"
) -> "tuple[Answerer, FaceReader]":
    """Load the model and make the reader of its inputs."""
    from training.benchmark.face_inputs import FaceReader
    from training.benchmark.models import open_model
    from training.benchmark.runner import default_faces
    from training.data.prior_recipe import recipe_of_file

    answerer = open_model(choice, settings)
    faces: Any = options.faces or default_faces(answerer.contract.crop_recipe)
    if options.image == "crop" and faces == "detect" and answerer.contract.uses_image:
        raise InputError(
            "--image crop is about whole pictures, but this model cuts out faces that are found, which are square; "
            "leave it out, or add --faces whole."
        )

    def recipe_of(prior: Path) -> str | None:
        return recipe_of_file(prior, source.root) or options.prior_recipe

    missing = _missing_prior(options, source)
    if answerer.contract.prior_recipe and source.missing_priors and missing == "compute":
        print(f"{source.missing_priors} prior files that the data name are not there; their priors are computed.")
    return answerer, FaceReader(answerer.contract, faces, options.image, recipe_of, options.face_models, missing)
