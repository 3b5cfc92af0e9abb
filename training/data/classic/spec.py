"""What to read of which data set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.data.folds import Split
from training.data.records import Task
from training.data.samples import FaultPolicy

Asking = Literal["templates", "fixed"]


@dataclass(frozen=True)
class DataSpec:
    """One data set, or a part of it.

    Attributes:
        name: a key of ``training.data.registry.READERS``.
        root: the data root; no path leaves it.
        split: "train", "test" or "all"; not every data set has a published split.
        fold: for BP4D and DISFA, the fold of subjects that is held out (tested).
        questions: "templates" draws one of fifty per sample; "fixed" asks the question of FABA-Bench.
        seed: of the drawing of questions.
        images: folder of the pictures inside ``root``, when they lie elsewhere than published (aligned crops).
        frame_offset: number in a frame's file name minus its number in the label file (BP4D, DISFA, GFT).
        every: take one of so many frames of a video (BP4D, DISFA, GFT).
        file: label file inside ``root`` (FABA-Instruct, and EmotioNet where it is not the usual one).
        task: for FABA-Instruct, what the file's questions ask for.
        priors: folder inside ``root`` that ``python -m emola extract-priors`` wrote; None to do without priors.
            FABA-Instruct's records name their priors themselves.
        prior_dim: how many numbers a prior holds; None to do without priors.
        prior_recipe: how priors must have been made, where the files beside them say; None takes any.
        faults: "skip" leaves samples with faults out, "refuse" raises when there is any.
        decode: open every picture now; False only looks whether the file is there.
        workers: threads that open pictures.
    """

    name: str
    root: Path
    split: Split = "train"
    fold: int | None = None
    questions: Asking = "templates"
    seed: int = 0
    images: str | None = None
    frame_offset: int = 0
    every: int = 1
    file: str | None = None
    task: Task | None = None
    priors: str | None = None
    prior_dim: int | None = 212
    prior_recipe: str | None = None
    faults: FaultPolicy = "skip"
    decode: bool = True
    workers: int = 4
