"""``python app.py loop``: one turn of the loop from the shell.

What concerns the review comes in as functions, since training and review meet only in release folders.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from emola.errors import InputError
from emola.shelf import TINY
from training.loop.plan import Arm, LoopPlan, arm_of_release
from training.loop.summary import summary_markdown
from training.loop.turn import alone_in, run_turn
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan

CONFIG = Path("training/configs/loop_tiny.yaml")
SAMPLE_SEED, UNSEEN_SEED = 21, 22
SAMPLE_WRONG, SAMPLE_ERRORS = 0.5, 3
UNSEEN_FACES = 150
"""Where the loop is shown on rendered faces: share of wrong descriptions, mistakes in each at most, and how many faces
it is measured on unless a number of questions is named."""

RELEASE = "release.txt"
"""File of a turn's folder that says which release was made for it, so that a killed turn goes on with the same one."""

ReleaseOf = Callable[[str, Path, str, bool], tuple[Path, Path]]
"""Database, folder of releases, name, whether to make it if it is not there; returns its folder and its data root."""

CorrectedSample = Callable[[Path, Path], Path]
"""Folder of rendered faces with planted errors, working folder; returns the release of the corrected descriptions."""


def run_command(arguments: Sequence[str], release_of: ReleaseOf, corrected_sample: CorrectedSample) -> None:
    """Run one turn and print what it has shown.

    Raises:
        InputError: the options, the release or a step's input cannot be used.
        EmolaError: a step failed.
    """
    options = _parser().parse_args(arguments)
    say = partial(print, file=sys.stderr, flush=True)
    with alone_in(options.out, say) as lock:
        plan = (
            _plan_release(options, release_of, say)
            if options.sample is None
            else _plan_sample(options, corrected_sample)
        )
        summary = run_turn(plan, say, lock)
    sys.stdout.write(f"{summary_markdown(summary)}\nThe report is {plan.out / 'report.html'}.\n")
    if options.sample is None:
        runs = f"--old {plan.out / 'base-answers'} --new {plan.out / f'corrected-seed{plan.seeds[0]}-answers'}"
        say(f"To let reviewers say blindly which is better: python -m review blind-check ask {runs} --db {options.db}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py loop",
        description="Corrections become a release, a LoRA, a score beside the old one, and an adapter for the demo. "
        "The same command continues what was stopped.",
    )
    place = os.environ.get
    database = "review database (default: %(default)s; EMOLA_DB)"
    parser.add_argument("--db", default=place("EMOLA_DB", "review.db"), metavar="URL", help=database)
    files = "where releases lie (default: %(default)s; EMOLA_FILES)"
    parser.add_argument(
        "--files", type=Path, default=Path(place("EMOLA_FILES", "review-files")), metavar="DIR", help=files
    )
    parser.add_argument("--release", metavar="NAME", help="a release that exists; a new one is made without it")
    parser.add_argument("--out", type=Path, default=Path("runs/loop"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--base", default=str(TINY), metavar="M", help="model to train on (default: EmoLA-tiny)")
    parser.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--data", metavar="D", help="what to measure on (default: the release's benchmark rows)")
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


def _plan_release(options: argparse.Namespace, release_of: ReleaseOf, say: Callable[[str], None]) -> LoopPlan:
    """Return a turn over one release: the one that was named, or a new one that the folder then remembers."""
    note = options.out / RELEASE
    known = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    if options.release is None and not known:
        known = f"loop-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        partial_note = note.with_name(f".{RELEASE}")
        partial_note.write_text(known, encoding="utf-8")
        partial_note.replace(note)
    elif options.release is None:
        say(f"{options.out} goes on with the release {known}; name another folder with --out for a new one.")
    folder, root = release_of(options.db, options.files / "releases", options.release or known, options.release is None)
    arm = arm_of_release("corrected", folder)
    data = options.data or str(folder)
    return LoopPlan(
        options.out, options.base, options.config, root, (arm,), data, tuple(options.seeds), limit=options.limit
    )


def _plan_sample(options: argparse.Namespace, corrected_sample: CorrectedSample) -> LoopPlan:
    """Return a turn that compares corrected with uncorrected descriptions of rendered faces."""
    if options.sample < 1:
        raise InputError(f"--sample must be the number of faces, at least 1, not {options.sample}.")
    sample, unseen = options.out / "sample", options.out / "unseen"
    wrong = WrongPlan(SAMPLE_WRONG, SAMPLE_ERRORS, habits=True)
    make_dataset(DatasetPlan(sample, options.sample, SAMPLE_SEED, wrong, eval_share=0.0))
    make_dataset(DatasetPlan(unseen, options.limit or UNSEEN_FACES, UNSEEN_SEED, eval_share=1.0))
    release = corrected_sample(sample, options.out)
    uncorrected = Arm("uncorrected", *(sample / "train" / f"train_{task}_anno.json" for task in ("au", "emotion")))
    arms = (uncorrected, arm_of_release("corrected", release))
    return LoopPlan(
        options.out,
        options.base,
        options.config,
        sample,
        arms,
        str(unseen),
        tuple(options.seeds),
        inputs="both",
        limit=options.limit,
        planted=True,
    )
