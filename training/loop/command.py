"""``python app.py loop``: one turn of the loop from the shell.

What concerns the review comes in as functions, since training and review meet only in release folders.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from training.jobs.board import Jobs
from training.jobs.places import jobs_folder
from training.loop.options import read_options
from training.loop.plan import Arm, LoopPlan, arm_of_release
from training.loop.steps import STATE, check_folder, other_turn, plan_steps
from training.loop.summary import summary_markdown
from training.loop.turn import alone_in, run_turn
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan

SAMPLE_SEED, UNSEEN_SEED = 21, 22
SAMPLE_WRONG, SAMPLE_ERRORS = 0.5, 3
UNSEEN_FACES = 150
"""Where the loop is shown on rendered faces: share of wrong descriptions, mistakes in each at most, and how many faces
it is measured on unless a number of questions is named."""

RELEASE: Final = "release.txt"
"""File of a turn's folder that says which release was made for it, so that a killed turn goes on with the same one."""

SAMPLE: Final = "sample"
"""Folder of the rendered faces in the folder of a turn on them."""

Places = tuple[Path, Path]
"""Folder and data root of a release."""


@dataclass(frozen=True)
class ReviewSide:
    """What a turn needs of the review.

    Attributes:
        find: database, name, whether a release that is not there could be made, whether it must hold benchmark labels;
            returns the release, or None where it is to be made. It writes nothing and raises where a turn is in vain.
        make: database, folder of releases, name; makes the release of all that is gold now.
        correct_sample: rendered faces with planted errors, working folder; returns the release of the corrected
            descriptions.
        shown: returns the URL of a database without its password.
    """

    find: Callable[[str, str, bool, bool], Places | None]
    make: Callable[[str, Path, str], Places]
    correct_sample: Callable[[Path, Path], Path]
    shown: Callable[[str], str]


def run_command(arguments: Sequence[str], review: ReviewSide) -> None:
    """Run one turn and print what it has shown.

    Raises:
        InputError: the options, the release or a step's input cannot be used.
        EmolaError: a step failed.
    """
    options = read_options(arguments)
    say = partial(print, file=sys.stderr, flush=True)
    prepare = _prepare_release if options.sample is None else _prepare_sample
    prepare(options, review, say)  # refuses before the folder is made
    with alone_in(options.out, say) as lock:
        plan = prepare(options, review, say)()  # again, since another process may have worked in it until now
        summary = run_turn(plan, Jobs(jobs_folder(options.runs)), say, lock)
    sys.stdout.write(f"{summary_markdown(summary)}\nThe report is {plan.out / 'report.html'}.\n")
    if options.sample is None:
        runs = f"--old {plan.out / 'base-answers'} --new {plan.out / f'corrected-seed{plan.seeds[0]}-answers'}"
        command = f"python -m review blind-check ask {runs} --db {review.shown(options.db)}"
        say(f"To let reviewers say blindly which is better: {command}")


def _prepare_release(
    options: argparse.Namespace, review: ReviewSide, say: Callable[[str], None]
) -> Callable[[], LoopPlan]:
    """Refuse a turn over a release that would be in vain, writing nothing; return what makes its plan.

    The release is the one that was named, else a new one, which the folder then remembers.
    """
    note = options.out / RELEASE
    known = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    name = options.release or known or f"loop-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    found = review.find(options.db, name, options.release is None, options.data is None)
    if (options.out / SAMPLE).is_dir() or (found is None and (options.out / STATE).exists()):
        raise other_turn(options.out)
    if found is not None:
        plan = _release_plan(options, found)
        check_folder(plan, plan_steps(plan))

    def make() -> LoopPlan:
        if known and options.release is None:
            say(f"{options.out} goes on with the release {known}; name another folder with --out for a new one.")
        if found is not None:
            return _release_plan(options, found)
        partial_note = note.with_name(f".{RELEASE}")
        partial_note.write_text(name, encoding="utf-8")
        partial_note.replace(note)
        return _release_plan(options, review.make(options.db, options.files / "releases", name))

    return make


def _release_plan(options: argparse.Namespace, release: Places) -> LoopPlan:
    folder, root = release
    return LoopPlan(
        options.out,
        options.base,
        options.config,
        root,
        (arm_of_release("corrected", folder),),
        options.data or str(folder),
        tuple(options.seeds),
        limit=options.limit,
        task=options.task,
    )


def _prepare_sample(
    options: argparse.Namespace, review: ReviewSide, _: Callable[[str], None]
) -> Callable[[], LoopPlan]:
    """Refuse the folder of another turn; return what makes the plan of one on rendered faces."""
    taken = any((options.out / name).exists() for name in (STATE, RELEASE))
    if taken and not (options.out / SAMPLE).is_dir():
        raise other_turn(options.out)
    return partial(_sample_plan, options, review)


def _sample_plan(options: argparse.Namespace, review: ReviewSide) -> LoopPlan:
    """Render faces and correct them; return a turn that compares corrected with uncorrected descriptions."""
    sample, unseen = options.out / SAMPLE, options.out / "unseen"
    wrong = WrongPlan(SAMPLE_WRONG, SAMPLE_ERRORS, habits=True)
    make_dataset(DatasetPlan(sample, options.sample, SAMPLE_SEED, wrong, eval_share=0.0))
    make_dataset(DatasetPlan(unseen, options.limit or UNSEEN_FACES, UNSEEN_SEED, eval_share=1.0))
    release = review.correct_sample(sample, options.out)
    uncorrected = Arm("uncorrected", *(sample / "train" / f"train_{task}_anno.json" for task in ("au", "emotion")))
    return LoopPlan(
        options.out,
        options.base,
        options.config,
        sample,
        (uncorrected, arm_of_release("corrected", release)),
        str(unseen),
        tuple(options.seeds),
        inputs="both",
        limit=options.limit,
        planted=True,
    )
