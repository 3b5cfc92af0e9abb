"""Preference training (DPO) on corrected pairs: ``python -m training.preference --config FILE``.

The reference is the same model with the adapter switched off, so that no second model is held: start from a merged
model. Run folder, resuming, processes and exit codes are those of ``training.train``.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.config import TrainConfig, check_apart
from training.settings import ConfigFaults, setting
from training.train import run_command

_EPILOG = """\
example:
  python -m training.preference --config training/configs/preference.yaml model.base=runs/emola_joint/merged
"""


@dataclass(frozen=True)
class PairSettings:
    """What is preferred to what.

    Attributes:
        train: files of pairs, their paths relative to ``data.root``.
        eval: files whose loss is measured before and after.
        beta: how closely the model is held to the reference.
        segment_weight: how much more a token of a corrected part counts than another one; 1 for plain DPO.
    """

    train: tuple[str, ...] = setting()
    eval: tuple[str, ...] = ()
    beta: float = setting(0.1, above=0)
    segment_weight: float = setting(1.0, at_least=1)


@dataclass(frozen=True)
class PreferenceConfig(TrainConfig):
    """All settings of a run on pairs."""

    pairs: PairSettings

    def note_missing_data(self, faults: ConfigFaults) -> None:
        """Note that there are no pairs, or that they are held out at the same time."""
        kept = self.data.features is not None
        faults.add_contradiction(
            kept, "data.features is for training.train; pairs are read as pictures", "data.features"
        )
        for name in ("train_au", "train_emotion", "eval_au", "eval_emotion"):
            given = bool(getattr(self.data, name))
            words = f"data.{name} is for training.train; pairs go into pairs.train and pairs.eval"
            faults.add_contradiction(given, words, f"data.{name}")
        nothing = not self.pairs.train
        faults.add_contradiction(nothing, "pairs.train is empty, so there is nothing to learn from", "pairs.train")
        check_apart(faults, self.pairs, "pairs.train", "pairs.eval")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    description = "Train an adapter to prefer corrected answers (DPO). The same command continues a stopped run."
    return run_command("training.preference", description, _EPILOG, PreferenceConfig, train, arguments)


def train(config: PreferenceConfig) -> Path:
    """Train, or continue to train, one adapter on pairs; return the run folder.

    Raises:
        InputError: if settings, pairs and base do not fit, or the run folder holds something else.
        EmolaError: if the machine cannot do it.
    """
    # torch and transformers take seconds to import; mistakes in the settings are told before
    from training.lora.base import open_base
    from training.lora.pair_collator import PairCollator
    from training.lora.pair_reading import gather_pairs, measure_all_pairs
    from training.lora.preference_loss import preference_loss
    from training.lora.prepare import start_processes
    from training.lora.run import run_training
    from training.lora.run_folder import RunFolder

    accelerator = start_processes(config)
    folder = RunFolder(Path(config.run.out), is_main=accelerator.is_main_process)
    base = open_base(config.model, config.data)
    pairs = gather_pairs(config, config.pairs, base, folder, accelerator)
    examples = partial(measure_all_pairs, config, base, pairs, accelerator)
    collator = PairCollator(base.processor, config.pairs.segment_weight)
    objective = partial(preference_loss, beta=config.pairs.beta)
    run_training(config, base, folder, accelerator, examples, collator, objective)
    return folder.folder


if __name__ == "__main__":
    sys.exit(main())
