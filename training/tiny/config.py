"""Settings of a run that trains EmoLA-tiny; read from YAML, changed by ``key=value``, checked all at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from training.settings import ConfigFaults, build, read_settings, setting
from training.synthetic.store import CHUNK

HEAD_WIDTH = 32
"""Width of an attention head of the tower and of the language model; their widths are multiples of it."""

_ROUNDING = 1e-9
"""By how much shares may exceed 1 as floats."""


@dataclass(frozen=True)
class TinyConfig:
    """Everything that decides the weights, besides the code.

    Attributes:
        cache: folder of rendered faces, residuals, and checkpoints; not part of the repository.
        out: folder that receives the finished model; new, empty, or an earlier model of this recipe, then replaced.
        seed: of every random choice.
        train_faces, eval_faces: how many faces to render for training and for evaluation; multiples of 250, or less.
        eval_seed: series of the faces never trained on.
        bank_faces: training faces on which the face mesh is run to collect its residuals.
        workers: processes that render.
        threads: threads of the trainer.
        vision_width, vision_layers: CLIP tower; a multiple of 32, the width of a head.
        text_width, text_layers, text_hidden: Llama; a multiple of 32, the width of a head.
        vocabulary: size of the vocabulary at most; 256 bytes and 4 control tokens are always in it.
        vocabulary_texts: how many pairs of descriptions the tokenizer learns from.
        vision_steps, vision_batch, vision_rate: stage 1, the tower with heads for action units and landmarks.
        prior_steps, prior_batch, prior_rate: stage 2, language from the prior alone.
        bridge_steps, bridge_rate: stage 3, the picture's rows learn to say what the language model can read.
        joint_steps, joint_batch, joint_rate: stage 4, picture and prior.
        settle_steps, settle_rate: stage 5, the answers settle on what the model reads.
        unfreeze_at: share of stage 4 after which the tower learns too.
        share_both, share_image: shares of batches with both inputs and with the picture alone; the rest has the prior.
        decision_weight: loss weight of tokens that decide what is said (numbers, emotions, end).
        auxiliary_weight: loss weight of reading the action units off the last prompt token.
        prior_noise: standard deviation of the noise on standardised priors.
        weight_decay: of AdamW.
        checkpoint_seconds: time between checkpoints.
    """

    cache: Path
    out: Path
    seed: int = setting(1, at_least=0)
    train_faces: int = setting(24000, at_least=1)
    eval_faces: int = setting(2000, at_least=1)
    eval_seed: int = setting(9001, at_least=0)
    bank_faces: int = setting(4000, at_least=1)
    workers: int = setting(2, at_least=1)
    threads: int = setting(2, at_least=1)
    vision_width: int = setting(192, at_least=HEAD_WIDTH)
    vision_layers: int = setting(4, at_least=1)
    text_width: int = setting(192, at_least=HEAD_WIDTH)
    text_layers: int = setting(4, at_least=1)
    text_hidden: int = setting(512, at_least=1)
    vocabulary: int = setting(1600, at_least=260)
    vocabulary_texts: int = setting(20000, at_least=1)
    vision_steps: int = setting(5000, at_least=0)
    vision_batch: int = setting(64, at_least=1)
    vision_rate: float = setting(1.5e-3, above=0)
    prior_steps: int = setting(3000, at_least=0)
    prior_batch: int = setting(32, at_least=1)
    prior_rate: float = setting(1.5e-3, above=0)
    bridge_steps: int = setting(500, at_least=0)
    bridge_rate: float = setting(2.0e-3, above=0)
    joint_steps: int = setting(2500, at_least=0)
    joint_batch: int = setting(32, at_least=1)
    joint_rate: float = setting(1.0e-3, above=0)
    settle_steps: int = setting(2000, at_least=0)
    settle_rate: float = setting(1.0e-3, above=0)
    unfreeze_at: float = setting(0.6, at_least=0, at_most=1)
    share_both: float = setting(0.45, at_least=0, at_most=1)
    share_image: float = setting(0.25, at_least=0, at_most=1)
    decision_weight: float = setting(4.0, above=0)
    auxiliary_weight: float = setting(1.0, at_least=0)
    prior_noise: float = setting(0.15, at_least=0)
    weight_decay: float = setting(0.02, at_least=0)
    checkpoint_seconds: float = setting(60.0, at_least=0)

    @classmethod
    def read(cls, path: Path, changes: Sequence[str] = ()) -> Self:
        """Read a YAML file and apply ``key=value`` changes.

        Raises:
            InputError: the file is missing or no YAML, or settings are unknown, of the wrong kind, out of range or
                against each other; all mistakes are named at once.
        """
        faults = ConfigFaults(str(path))
        config = build(cls, read_settings(path, changes, faults), faults)
        config._note_contradictions(faults)
        faults.raise_if_any()
        return config

    def _note_contradictions(self, faults: ConfigFaults) -> None:
        """Note numbers that do not divide as they must, and settings that are each possible but not together."""
        note = faults.add_contradiction
        for name in ("vision_width", "text_width"):
            width = getattr(self, name) or 0
            note(width % HEAD_WIDTH != 0, f"{name} must be a multiple of {HEAD_WIDTH}, not {width}", name)
        for name in ("train_faces", "eval_faces"):
            count = getattr(self, name) or 0
            uneven = count > CHUNK and count % CHUNK != 0
            note(uneven, f"{name} must be a multiple of {CHUNK}, or less than {CHUNK}, not {count}", name)
        words = f"bank_faces ({self.bank_faces}) are some of train_faces ({self.train_faces}), so they cannot be more"
        note((self.bank_faces or 0) > (self.train_faces or 0), words, "bank_faces", "train_faces")
        words = f"eval_seed and seed are both {self.seed}, so the evaluation would be on training faces"
        note(self.seed == self.eval_seed, words, "seed", "eval_seed")
        words = f"share_both ({self.share_both}) and share_image ({self.share_image}) are more than 1 together"
        shares = (self.share_both or 0) + (self.share_image or 0)
        note(shares > 1 + _ROUNDING, words, "share_both", "share_image")
        cache, out = (Path(folder or "").resolve() for folder in (self.cache, self.out))
        words = f"out ({self.out}) is or holds the cache ({self.cache}), which must not be replaced; choose another out"
        note(cache.is_relative_to(out), words, "cache", "out")

    def miniature(self, cache: Path, out: Path) -> Self:
        """Return the same recipe at a size that trains in seconds, for tests."""
        return replace(
            self,
            cache=cache,
            out=out,
            train_faces=64,
            eval_faces=16,
            bank_faces=16,
            workers=1,
            threads=1,
            vision_width=32,
            vision_layers=2,
            text_width=32,
            text_layers=2,
            text_hidden=64,
            vocabulary=600,
            vocabulary_texts=200,
            vision_steps=12,
            vision_batch=16,
            prior_steps=30,
            prior_batch=8,
            bridge_steps=6,
            joint_steps=12,
            joint_batch=8,
            settle_steps=8,
        )
