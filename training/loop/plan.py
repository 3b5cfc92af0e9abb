"""What one turn of the loop does: which files are learnt from, on which base, and on what it is measured."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emola.errors import InputError

if TYPE_CHECKING:
    from training.benchmark.data_source import TaskChoice


@dataclass(frozen=True)
class Arm:
    """One set of training files; a turn trains one adapter on each arm and seed.

    Attributes:
        name: of its folders, such as ``corrected``.
        au: file about action units in FABA's training form, or None.
        emotion: likewise about emotions.
        lineage: where the files come from (release, manifest hash, revision); written beside each adapter.
    """

    name: str
    au: Path | None
    emotion: Path | None
    lineage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoopPlan:
    """One turn.

    Attributes:
        out: folder of everything that is made.
        base: folder or hub id of the model that the adapters stand on.
        config: training configuration; base, data, seed and folder are filled in.
        root: folder that the paths in the training files start from.
        arms: what is compared, at least one.
        evaluation: data of ``training.benchmark run``; items that no arm was trained on.
        seeds: of the trainings, at least one.
        inputs: what the models are given: both, prior or image; None for what the base says.
        limit: benchmark questions of each task, None for all.
        task: what is asked: both, au or emotion.
        planted: whether the first arm holds the habits of ``training.synthetic make --habits``; they are counted then.
    """

    out: Path
    base: str
    config: Path
    root: Path
    arms: tuple[Arm, ...]
    evaluation: str
    seeds: tuple[int, ...] = (1,)
    inputs: str | None = None
    limit: int | None = None
    task: "TaskChoice" = "both"
    planted: bool = False

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be carried out, in one sentence."""
        if not self.arms or not self.seeds:
            raise InputError("The loop needs at least one set of training files and one seed.")
        if len({arm.name for arm in self.arms}) < len(self.arms) or len(set(self.seeds)) < len(self.seeds):
            raise InputError("The loop's training sets and seeds must each be named once.")
        for arm in self.arms:
            if arm.au is None and arm.emotion is None:
                raise InputError(f"There is nothing to learn from: the training set {arm.name!r} holds no description.")
        if not self.config.is_file():
            raise InputError(f"The configuration {self.config} is not there; name one of training/configs.")

    @property
    def title(self) -> str:
        """What the turn is, for people."""
        release = self.arms[-1].lineage.get("release")
        return f"Loop on {'rendered faces' if self.planted else f'release {release}'} in {self.out}"

    def adapter(self, arm: Arm, seed: int) -> Path:
        """Return where an adapter is put."""
        return self.out / f"{arm.name}-seed{seed}" / "adapter"


def arm_of_release(name: str, folder: Path) -> Arm:
    """Return the training files of a review release, with the release's name, manifest hash and revision.

    Raises:
        InputError: the folder is no complete release.
    """
    manifest = folder / "manifest.json"
    try:
        content = manifest.read_bytes()
        described = json.loads(content)
        revision = described["git_revision"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} is no complete review release ({error}).") from error
    files = {task: folder / "sft" / f"train_{task}_anno.json" for task in ("au", "emotion")}
    found = {task: path if path.is_file() else None for task, path in files.items()}
    digest = hashlib.sha256(content).hexdigest()
    lineage = {"release": described.get("name"), "manifest_sha256": digest, "git_revision": revision}
    return Arm(name, found["au"], found["emotion"], lineage)
