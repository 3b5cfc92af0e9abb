"""``python -m review import`` and ``import-predictions``: texts and models' answers come in."""

import argparse
from pathlib import Path

from review.console import Commands, add_command, open_database, progress_bar, say
from review.importing import import_faba, write_report
from review.predictions import import_predictions

SHOWN = 20


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    parser = add_command(
        commands,
        "import",
        run_import,
        "Import descriptions from a FABA-Instruct JSON, training or evaluation form; repeating it adds nothing twice.",
        "python -m review import data/FABAInstruct/train/train_au_anno.json --images data",
    )
    parser.add_argument("json", type=Path, help="the JSON")
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="folder its image paths start from")
    parser.add_argument("--split", choices=["train", "eval", "probe"], help="default: by the file's name, or its form")
    parser.add_argument("--task", choices=["au", "emotion"], help="default: by the file's name, or the questions")
    parser.add_argument("--origin-model", default="gpt-4v", help="who wrote the texts (default gpt-4v)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write what was skipped and why, all of it, as JSON"
    )
    parser = add_command(
        commands,
        "import-predictions",
        run_import_predictions,
        "Import the answers of a benchmark run, as votes on the claims of others or as texts to review.",
        "python -m review import-predictions runs/emola_eval",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("--as-descriptions", action="store_true", help="put the answers themselves up for review")


def run_import(options: argparse.Namespace) -> int:
    """Import a JSON; 1 when nothing in it was usable."""
    with open_database(options.db, create=True) as database, progress_bar("importing", "row") as progress:
        report = import_faba(
            database,
            json_path=options.json,
            images_dir=options.images,
            split=options.split,
            task=options.task,
            origin_model=options.origin_model,
            progress=progress,
        )
    say(report.summary(SHOWN))
    if options.report is not None:
        write_report(report, options.report)
        say(f"{options.report} lists every skipped record.")
    return 0 if report.is_usable else 1


def run_import_predictions(options: argparse.Namespace) -> int:
    """Import a run."""
    with open_database(options.db) as database, progress_bar("importing", "picture") as progress:
        report = import_predictions(
            database, run=options.folder, as_descriptions=options.as_descriptions, progress=progress
        )
    words = "texts are up for review" if options.as_descriptions else f"answers vote on {report.claims} claims"
    say(f"{report.stored} {words}; {len(report.skipped)} answers were skipped.")
    for skipped in report.skipped[:SHOWN]:
        say(f"  {skipped.row_id}: {skipped.reason}")
    return 0
