"""``python -m training.tiny``: train EmoLA-tiny, or evaluate a model like it."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import torch

from emola.errors import InputError
from emola.exit_code import exit_code
from training.tiny.config import TinyConfig
from training.tiny.generation import MODES, load_answerer


def _training_parser() -> argparse.ArgumentParser:
    """Return the parser of the training command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.tiny",
        description="Train EmoLA-tiny from nothing, or continue a run that was stopped. "
        "'python -m training.tiny evaluate --help' explains how to measure a model.",
    )
    parser.add_argument("--config", type=Path, required=True, help="YAML file with the recipe")
    parser.add_argument("--smoke", action="store_true", help="run the whole recipe in miniature, in a temporary folder")
    parser.add_argument("changes", nargs="*", metavar="key=value", help="settings that differ from the file")
    return parser


def _evaluation_parser() -> argparse.ArgumentParser:
    """Return the parser of the evaluation command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.tiny evaluate",
        description="Measure a model on rendered faces it has never seen, or on labelled photographs.",
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--n", type=int, default=1500, help="number of rendered faces (default 1500)")
    parser.add_argument("--seed", type=int, default=9, help="series of faces, not the training one (default 9)")
    parser.add_argument("--photos", type=Path, help="folder with photographs and labels.json instead")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), help="inputs to compare")
    parser.add_argument("--cache", type=Path, default=Path("runs/tiny-evaluation"), help="folder for rendered faces")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads (default: all cores)")
    return parser


def _train(arguments: list[str]) -> None:
    """Train, or train in miniature."""
    from training.tiny.pipeline import train  # brings in every stage

    options = _training_parser().parse_args(arguments)
    config = TinyConfig.read(options.config, options.changes)
    if not options.smoke:
        print(f"The model is in {train(config)}.")
        return
    with tempfile.TemporaryDirectory() as folder:
        train(config.miniature(Path(folder) / "cache", Path(folder) / "model"))
        print("The miniature run finished.")


def _evaluate(arguments: list[str]) -> None:
    """Measure a model and print tables."""
    from training.tiny.evaluate import check_unseen, evaluate, table, unseen_faces  # heavy: face networks
    from training.tiny.photo_labels import read_labels
    from training.tiny.photos import photo_table, read_photos, unit_table

    options = _evaluation_parser().parse_args(arguments)
    for name, least in (("n", 1), ("seed", 0), ("threads", 1)):
        if (value := getattr(options, name)) < least:
            raise InputError(f"--{name} must be at least {least}, not {value}.")
    if options.cache.exists() and not options.cache.is_dir():
        raise InputError(f"--cache takes a folder, but {options.cache} is a file.")
    torch.set_num_threads(options.threads)
    if options.photos is not None:
        labels, answerer = read_labels(options.photos), load_answerer(options.model)
        for mode in options.modes:
            readings = read_photos(answerer, labels, mode)
            print(f"\n### {mode}\n\n{photo_table(readings)}\n\n{unit_table(readings)}")
        return
    check_unseen(options.model, options.seed)
    answerer = load_answerer(options.model)
    faces = unseen_faces(options.cache, options.n, options.seed, options.threads)
    result = evaluate(answerer, faces, tuple(options.modes))
    print(f"{result.faces} rendered faces of series {options.seed}, never trained on.\n\n{table(result)}")
    shares = {
        "\nAnswers with a repeated or unfinished sentence": result.repeating,
        "Faces whose two answers agree": result.agreeing,
        "Faces that share their action-unit answer with a face of other units": result.shared,
    }
    for words, of_mode in shares.items():
        print(f"{words}: {', '.join(f'{mode} {share:.1%}' for mode, share in of_mode.items())}.")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 (failed) or 2 (bad input)."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["evaluate"]:
        return exit_code(lambda: _evaluate(given[1:]))
    return exit_code(lambda: _train(given), "Stopped; the same command continues.")


if __name__ == "__main__":
    sys.exit(main())
