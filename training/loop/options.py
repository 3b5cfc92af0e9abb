"""The options of ``python app.py loop``; what cannot be used is refused before anything is read for long or written."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

from emola.errors import InputError
from emola.shelf import TINY
from training.benchmark.data_source import TaskChoice, open_source
from training.config import TrainConfig
from training.jobs.places import default_runs, jobs_folder

CONFIG: Final = Path("training/configs/loop_tiny.yaml")
_FILLED_IN: Final = ("data.root=.", "run.out=.", "data.train_au=[rows.json]")
"""Settings that a turn fills in, so that a configuration may lack them."""
_EXAMPLES: Final = """\
examples:
  python app.py loop --release pilot-1 --data data/FABAInstruct
  python app.py loop --sample 150 --limit 75 --seeds 1 2 3
"""


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, checked, with the folder of the turn filled in.

    Raises:
        InputError: one cannot be used; the sentence names it.
    """
    options = _parser().parse_args(arguments)
    _check_numbers(options)
    _check_sample(options)
    options.out = options.out or options.runs / _folder_name(options)
    if options.out.resolve() == jobs_folder(options.runs).resolve():
        raise InputError(f"--out {options.out} is the folder of all jobs; choose another one.")
    _check_base(options.base)
    _check_config(options)
    if options.data is not None:
        _check_data(options)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py loop",
        description="Corrections become a release, a LoRA, a score beside the old one, and an adapter for the demo. "
        "The same command continues what was stopped.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    place = os.environ.get
    database = "review database, which must exist (default: EMOLA_DB, else review.db)"
    parser.add_argument("--db", default=place("EMOLA_DB", "review.db"), metavar="URL", help=database)
    files = "where releases lie (default: %(default)s; EMOLA_FILES)"
    parser.add_argument(
        "--files", type=Path, default=Path(place("EMOLA_FILES", "review-files")), metavar="DIR", help=files
    )
    runs = "runs and jobs, with which the loop takes turns (default: %(default)s; EMOLA_RUNS)"
    parser.add_argument("--runs", type=Path, default=default_runs(), metavar="DIR", help=runs)
    parser.add_argument("--release", metavar="NAME", help="a release that exists; a new one is made without it")
    out = "folder of the turn (default: loop-NAME of the runs, loop-gold without --release, loop with --sample)"
    parser.add_argument("--out", type=Path, metavar="DIR", help=out)
    parser.add_argument("--base", default=str(TINY), metavar="M", help="model to train on (default: EmoLA-tiny)")
    parser.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s")
    data = "what to measure on: folder of FABA's shape, release, evaluation JSON with --task, or NAME:ROOT as in "
    data += "training.benchmark run (default: the release's benchmark rows)"
    parser.add_argument("--data", metavar="D", help=data)
    parser.add_argument("--task", choices=get_args(TaskChoice), default="both", help="what to ask (default: both)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="S", help="trainings (default: seed 1)")
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="show the loop on N rendered faces with planted errors, corrected by a scripted reviewer, against "
        "training on the uncorrected descriptions; with a database of its own in --out",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="measure on the first N questions of each task only")
    return parser


def _folder_name(options: argparse.Namespace) -> str:
    if options.sample is not None:
        return "loop"
    return f"loop-{options.release or 'gold'}"


def _check_numbers(options: argparse.Namespace) -> None:
    for name in ("sample", "limit"):
        number = getattr(options, name)
        if number is not None and number < 1:
            raise InputError(f"--{name} must be at least 1, not {number}.")
    if len(set(options.seeds)) < len(options.seeds):
        raise InputError("--seeds must name each seed once.")


def _check_sample(options: argparse.Namespace) -> None:
    """Refuse what ``--sample`` would leave unused."""
    if options.sample is None:
        return
    for name, own in (("release", "makes a release of its own"), ("data", "is measured on faces of its own")):
        if getattr(options, name) is not None:
            raise InputError(f"--sample {own}; leave out either --sample or --{name}.")
    if options.task != "both":
        raise InputError("--sample asks both tasks; leave out either --sample or --task.")


def _check_base(base: str) -> None:
    """Refuse a base that is neither a model's folder nor a model of the hub, which is fetched if need be."""
    folder = Path(base).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"--base {base} holds no config.json; give the folder of a model.")
        return
    from emola.model.storage.source import resolve_folder  # transformers, several seconds

    try:
        resolve_folder(base)
    except InputError as error:
        raise InputError(f"--base cannot be used: {error}") from error


def _check_config(options: argparse.Namespace) -> None:
    filled_in = [*_FILLED_IN, f"model.base={options.base}", *(f"run.seed={seed}" for seed in options.seeds)]
    try:
        TrainConfig.from_yaml(options.config, filled_in)
    except InputError as error:
        raise InputError(f"--config cannot be used: {error}") from error


def _check_data(options: argparse.Namespace) -> None:
    """Refuse data that the benchmark could not ask about."""
    if Path(options.data).is_file() and options.task == "both":
        raise InputError(
            f"--data {options.data} is one file, so say --task au or --task emotion, or give the folder that holds the "
            "evaluation JSON of both."
        )
    try:
        source = open_source(options.data, options.task, limit=options.limit)
    except InputError as error:
        raise InputError(f"--data cannot be used: {error}") from error
    if not source.questions:
        raise InputError(f"--data {options.data} holds nothing to measure on; give other evaluation data.")
