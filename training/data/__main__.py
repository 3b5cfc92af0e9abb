"""``python -m training.data NAME --root DIR --out FILE.json``: a classic data set as instructions in FABA's form.

    python -m training.data raf-db --root data/raf-db --split train --out data/raf-db/raf_train.json
    python -m training.data disfa --root data/disfa --split test --fold 1 --out data/disfa/disfa_test_1.json

Each data set is read from the folders it is published in; a file that is missing is named with its whole path:

    raf-db       EmoLabel/list_patition_label.txt, Image/aligned/train_00001_aligned.jpg
    bp4d         AUCoding/AU_OCC/F001_T1.csv, Sequences/F001/T1/2440.jpg
    disfa        ActionUnit_Labels/SN001/SN001_au1.txt, Frames/SN001/00001.jpg (taken out of the videos, from 1)
    gft          AU_OCC/001A.csv, Frames/001A/123.jpg, train_subjects.txt, test_subjects.txt; its published folder
                 names are not known to us, so bring it into this form: a header "frame,AU1,AU2,..." and one subject
                 a line
    emotionet    EmotioNet_FACS_aws_2020_24600.csv, Images/N_1/N_0000000001_00001.jpg
    affectnet    train_set/images/1.jpg and train_set/annotations/1_exp.npy, val_set the same; or
                 Manually_Annotated_file_lists/training.csv and validation.csv with Manually_Annotated_Images
    faba         FABA-Instruct has this form already: training and the benchmark read its JSON as it is

The training form draws one of fifty questions per sample; the test split is written in the evaluation form, with the
fixed question. Paths in the JSON are relative to the data root.
"""

import argparse
import sys
from pathlib import Path

from emola.errors import InputError, ResourceError
from emola.exit_code import exit_code
from training.data.registry import FABA, READERS, DataSpec, open_data
from training.data.writing import write_faba


def _parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(
        prog="python -m training.data", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help=", ".join(READERS))
    parser.add_argument("--root", type=Path, required=True, help="the data set's folder")
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    parser.add_argument("--split", choices=["train", "test", "all"], default="train")
    parser.add_argument("--fold", type=int, help="fold of subjects held out (BP4D, DISFA)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the questions (default 0)")
    parser.add_argument("--images", help="folder of the pictures inside the root, when not the published one")
    parser.add_argument("--frame-offset", type=int, default=0, help="number in a frame's file name minus its label's")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take one of N frames of a video")
    parser.add_argument("--labels", metavar="FILE", help="label file inside the root (EmotioNet)")
    parser.add_argument("--priors", metavar="DIR", help="folder inside the root that extract-priors wrote")
    parser.add_argument("--faults", choices=["skip", "refuse"], default="skip", help="what to do with faulty pictures")
    parser.add_argument("--no-decode", action="store_true", help="only look whether the pictures are there")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Convert a data set; return 0, 1 (failed) or 2 (bad input)."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: _convert(options), "Stopped; nothing was written.")


def _convert(options: argparse.Namespace) -> None:
    """Read the data set and write it as instructions."""
    if options.name == FABA:
        raise InputError("FABA-Instruct has this form already: training and the benchmark read its JSON as it is.")
    spec = DataSpec(
        name=options.name,
        root=options.root,
        split=options.split,
        fold=options.fold,
        questions="fixed" if options.split == "test" else "templates",
        seed=options.seed,
        images=options.images,
        frame_offset=options.frame_offset,
        every=options.every,
        file=options.labels,
        priors=options.priors,
        faults=options.faults,
        decode=not options.no_decode,
    )
    samples, report = open_data(spec)
    try:
        write_faba(samples, spec.root, options.out, "eval" if spec.split == "test" else "train")
    except OSError as error:
        raise ResourceError(f"{options.out} could not be written: {error.strerror or error}.") from error
    print(f"{report.summary()}\nWritten to {options.out}.")


if __name__ == "__main__":
    sys.exit(main())
