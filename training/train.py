"""LoRA training of EmoLA: ``python -m training.train --config FILE [section.key=value ...]``.

The same command continues a run that was stopped or killed, and ends with the same weights. Under ``accelerate launch``
it uses every GPU. Exit codes: 0 done, 1 failed, 2 bad input (one plain sentence on stderr).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from emola.exit_code import exit_code
from training.config import TrainConfig

AnyConfig = TypeVar("AnyConfig", bound=TrainConfig)

_EPILOG = """\
examples:
  python -m training.train --config training/configs/emola_joint.yaml
  python -m training.train --config training/configs/emola_au.yaml model.base=PATH data.root=data run.out=runs/au
  accelerate launch --config_file training/configs/accelerate_ddp.yaml -m training.train --config FILE
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    description = "Train LoRA and both projectors on FABA-Instruct data. The same command continues a stopped run."
    return run_command("training.train", description, _EPILOG, TrainConfig, train, arguments)


def train(config: TrainConfig) -> Path:
    """Train, or continue to train, one adapter; return the run folder.

    Raises:
        InputError: if settings, data and base do not fit, or the run folder holds something else.
        EmolaError: if the machine cannot do it.
    """
    # torch and transformers take seconds to import; mistakes in the settings are told before
    from training.lora.base import open_base
    from training.lora.collator import Collator
    from training.lora.loss import answer_loss
    from training.lora.prepare import gather_data, measure_all, start_processes
    from training.lora.run import run_training
    from training.lora.run_folder import RunFolder

    accelerator = start_processes(config)
    folder = RunFolder(Path(config.run.out), is_main=accelerator.is_main_process)
    base = open_base(config.model, config.data)
    splits = gather_data(config, base, folder, accelerator)
    examples = partial(measure_all, config, base, splits, accelerator)
    collator = Collator(base.processor, config.data.max_length)
    run_training(config, base, folder, accelerator, examples, collator, answer_loss)
    return folder.folder


def run_command(
    module: str,
    description: str,
    epilog: str,
    kind: type[AnyConfig],
    act: Callable[[AnyConfig], object],
    arguments: Sequence[str] | None,
) -> int:
    """Read a configuration, act on it, and return the exit code: 0 done, 1 failed, 2 bad input.

    Args:
        module: name behind ``python -m``.
        description: what the command does.
        epilog: examples, shown as they are.
        kind: class of the configuration.
        act: what is done with it.
        arguments: of the command line; None for those of this process.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, required=True, help="YAML file with the settings")
    parser.add_argument("changes", nargs="*", metavar="section.key=value", help="settings that replace the file's")
    options = parser.parse_args(arguments)

    def run() -> None:
        act(kind.from_yaml(options.config, options.changes))

    return exit_code(run, "Stopped; the same command continues from the last checkpoint.")


if __name__ == "__main__":
    sys.exit(main())
