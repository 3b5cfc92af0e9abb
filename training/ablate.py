"""Ablations as in the paper: ``python -m training.ablate --model M --data D --out RUN --seeds 1 2 3``.

Every cell of tokens x tuned parts is trained and asked about unseen faces once a seed; mean and spread stand beside the
paper's numbers. Safe to kill: the same command continues, and seeds or cells can be added to a finished one.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from emola.errors import InputError
from emola.exit_code import exit_code

_EPILOG = """\
example, on a laptop:
  python -m training.synthetic make --out runs/faces --n 400 --seed 77 --eval-share 0.2
  python -m training.ablate --model emola/weights/tiny --data runs/faces --out runs/ablation --seeds 1 2 3

With a configuration of training.train as --model every run takes its settings, for large models on GPUs:
  python -m training.ablate --model training/configs/emola_joint.yaml --data data/FABAInstruct --out runs/ablation_7b
"""


def _parser() -> argparse.ArgumentParser:
    """Return the parser."""
    from training.ablation.grid import TOKENS, TUNED
    from training.ablation.plan import Sizes, Start

    sizes = Sizes()
    parser = argparse.ArgumentParser(
        prog="python -m training.ablate",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of an EmoLA, or a training.train YAML")
    parser.add_argument("--data", type=Path, required=True, help="rendered data set, or a folder of FABA's shape")
    parser.add_argument("--out", type=Path, required=True, help="folder of the ablation")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S", help="default 1 2 3")
    parser.add_argument("--tokens", nargs="+", choices=TOKENS, default=list(TOKENS), help="what the model reads")
    parser.add_argument("--tuned", nargs="+", choices=TUNED, default=list(TUNED), help="what is trained")
    start = "start both projectors anew (default), or keep the model's"
    parser.add_argument("--start", choices=get_args(Start), default="fresh", help=start)
    parser.add_argument("--train-faces", type=int, default=sizes.train_faces, metavar="N", help="faces learned from")
    parser.add_argument("--eval-faces", type=int, default=sizes.eval_faces, metavar="N", help="faces asked about")
    parser.add_argument("--epochs", type=int, default=sizes.epochs, metavar="N", help="passes over the answers")
    parser.add_argument("--batch-size", type=int, default=sizes.batch_size, metavar="N", help="answers of a step")
    parser.add_argument("--rank", type=int, default=sizes.rank, metavar="R", help="of LoRA")
    parser.add_argument("--learning-rate", type=float, default=sizes.learning_rate, metavar="X", help="of every part")
    parser.add_argument("--max-new-tokens", type=int, default=320, metavar="N", help="longest answer")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: ablate(options), "Stopped; the same command continues.")


def ablate(options: argparse.Namespace) -> None:
    """Run every cell that is left and write the results.

    Raises:
        EmolaError: if data, model and machine do not fit.
    """
    from training.ablation.cells import run_cell  # torch and transformers, several seconds
    from training.ablation.grid import make_cells
    from training.ablation.plan import AblationPlan, Sizes, check_seeds, prepare
    from training.ablation.results import summarise, to_markdown, write_results

    numbers = {
        name: getattr(options, name)
        for name in ("train_faces", "eval_faces", "epochs", "batch_size", "rank", "learning_rate")
    }
    wrong = [f"--{name.replace('_', '-')}" for name, value in numbers.items() if value <= 0]
    if wrong or options.max_new_tokens < 1:
        raise InputError(f"{', '.join(wrong or ['--max-new-tokens'])} must be positive.")
    plan = AblationPlan(
        options.model,
        options.data,
        options.out,
        tuple(dict.fromkeys(options.tokens)),
        tuple(dict.fromkeys(options.tuned)),
        check_seeds(options.seeds),
        options.start,
        Sizes(**numbers),
        options.max_new_tokens,
    )
    cells = make_cells(plan.tokens, plan.tuned)
    if not cells:
        raise InputError("Without a prior the prior projector cannot be tuned: nothing is left to run.")
    plan.claim()
    settings = prepare(plan)
    runs = {(cell.run_name, seed): cell for seed in plan.seeds for cell in cells}
    scores = {}
    with tqdm(total=len(runs), unit="run", desc="ablation", disable=None) as bar:
        for (name, seed), cell in runs.items():
            folder, setting = plan.out / "cells" / name / f"seed-{seed}", settings[seed]
            scores[name, seed] = run_cell(setting.config, cell, seed, folder, setting.questions)
            bar.update()
    summary = summarise(cells, scores, plan.notes())
    write_results(summary, plan.out)
    sys.stdout.write(to_markdown(summary))


if __name__ == "__main__":
    sys.exit(main())
