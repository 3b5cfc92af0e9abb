"""The steps of a run: each depends on the settings, the data and its own number alone."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from emola.errors import InputError, ResourceError
from training.config import TrainConfig
from training.lora.batches import MicroBatch, batches_of, count_rounds, plan_steps
from training.lora.checkpoints import Checkpoints, step_of
from training.lora.collator import Collate, Example, MicroBatches
from training.lora.plot import plot_metrics
from training.lora.run_folder import RunFolder
from training.lora.schedule import rate_factor, set_rates
from training.lora.state import load_state, save_state

Batch = dict[str, Tensor]
Objective = Callable[[Any, Batch], Tensor]


@dataclass(frozen=True)
class Session:
    """Everything that the steps need, prepared and wrapped.

    Attributes:
        config: the settings.
        folder: the run folder.
        accelerator: places tensors, wraps and synchronises.
        model: adapted and wrapped.
        optimizer: wrapped; its groups carry ``peak_rate`` and ``part``.
        collator: makes the tensors.
        objective: the loss of a micro batch, summed; it is divided by the weights of the whole step.
        train: what is learned.
        held_out: what is evaluated only; may be empty.
    """

    config: TrainConfig
    folder: RunFolder
    accelerator: Accelerator
    model: Any
    optimizer: Any
    collator: Collate
    objective: Objective
    train: Sequence[Example]
    held_out: Sequence[Example]

    @property
    def rounds(self) -> int:
        """Micro batches of each process in one step."""
        return rounds_of(self.config, self.accelerator.num_processes)

    @property
    def checkpoints(self) -> Checkpoints:
        """The run's checkpoints."""
        accelerator = self.accelerator
        return Checkpoints(
            self.folder.checkpoints,
            self.config.run.keep,
            is_main=accelerator.is_main_process,
            barrier=accelerator.wait_for_everyone,
        )


def rounds_of(config: TrainConfig, processes: int) -> int:
    """Return how many micro batches each process takes in one step."""
    return count_rounds(config.optimizer.batch_size, config.optimizer.micro_batch_size, processes)


def plan_run(config: TrainConfig, lengths: Sequence[int]) -> list[list[int]]:
    """Return the samples of every step of the run, ``max_steps`` of them if that is set."""
    settings = config.optimizer
    epochs = settings.epochs
    if settings.max_steps is not None:
        epochs = math.ceil(settings.max_steps / math.ceil(len(lengths) / settings.batch_size))
    steps = plan_steps(lengths, settings.batch_size, epochs, config.run.seed, group=settings.group_by_length)
    return steps[: settings.max_steps]


def run_steps(session: Session) -> None:
    """Take the steps that are left, from the last checkpoint on.

    Raises:
        InputError: if a picture or prior is gone since the data were read.
        ResourceError: if a checkpoint or the metrics cannot be written, or the loss is no number any more.
    """
    lengths = [example.length for example in session.train]
    steps = plan_run(session.config, lengths)
    start = _resume(session)
    if start == 0:
        _log_held_out(session, 0)
    loader = _micro_batches(session, session.train, steps[start:], lengths)
    bar = tqdm(total=len(steps), initial=start, unit="step", desc="training", disable=_no_bar(session))
    for number in range(start, len(steps)):
        weight = sum(session.train[index].weight for index in steps[number])
        entry = _take_step(session, loader, number, len(steps), weight)
        bar.update()
        bar.set_postfix(loss=f"{entry['loss']:.4f}")
        _record(session, entry, len(steps))
        if (number + 1) % session.config.run.checkpoint_every == 0 or number + 1 == len(steps):
            _save(session, number + 1)
    bar.close()
    _log_held_out(session, len(steps))


def evaluate(session: Session) -> float | None:
    """Return the mean loss on the held-out samples, or None without any; every process must call this."""
    if not session.held_out:
        return None
    lengths = [example.length for example in session.held_out]
    settings = session.config.optimizer
    steps = plan_steps(lengths, settings.batch_size, 1, 0, group=True)
    session.model.eval()
    total = torch.zeros((), dtype=torch.float64, device=session.accelerator.device)
    bar = tqdm(total=len(steps), unit="step", desc="held out", disable=_no_bar(session), leave=False)
    with torch.no_grad():
        for number, batch in enumerate(_micro_batches(session, session.held_out, steps, lengths), start=1):
            total += session.objective(session.model, batch)
            bar.update(number % session.rounds == 0)
    bar.close()
    total = session.accelerator.reduce(total, reduction="sum")
    return float(total) / sum(example.weight for example in session.held_out)


def _take_step(session: Session, loader: Iterator[Batch], number: int, steps: int, weight: float) -> dict[str, Any]:
    """Take one optimizer step and return its line for the metrics.

    The gradient is that of the mean loss over the whole step (per token, or per pair): micro batches add their sums,
    and what accelerate and DDP divide by (rounds, processes) is multiplied back.
    """
    accelerator, model, optimizer = session.accelerator, session.model, session.optimizer
    began = time.monotonic()
    rates = set_rates(optimizer, rate_factor(number, steps, session.config.optimizer.warmup))
    _train_mode(session)
    total = torch.zeros((), device=accelerator.device)
    norm: Any = 0.0
    scale = session.rounds * accelerator.num_processes / weight
    for round_number in range(session.rounds):
        batch = next(loader)
        torch.manual_seed(_seed(session.config.run.seed, number, round_number, accelerator.process_index))
        with accelerator.accumulate(model):
            loss = session.objective(model, batch)
            accelerator.backward(loss * scale)
            total += loss.detach()
            if accelerator.sync_gradients:
                norm = accelerator.clip_grad_norm_(model.parameters(), session.config.optimizer.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
    loss_value = float(accelerator.reduce(total, reduction="sum")) / weight
    if not math.isfinite(loss_value):
        raise ResourceError(
            f"The loss of step {number + 1} is {loss_value}; the last checkpoint is intact: lower the learning rates "
            "and start a new run."
        )
    seconds = round(time.monotonic() - began, 4)
    entry = {"step": number + 1, "loss": loss_value, "rates": rates, "gradient_norm": float(norm or 0.0)}
    return {**entry, "weight": weight, "seconds": seconds}


def _micro_batches(
    session: Session, examples: Sequence[Example], steps: Sequence[Sequence[int]], lengths: Sequence[int]
) -> Iterator[Batch]:
    """Yield this process's micro batches on its device."""
    accelerator, settings = session.accelerator, session.config
    batches: list[MicroBatch] = batches_of(
        steps,
        lengths,
        settings.optimizer.micro_batch_size,
        accelerator.process_index,
        accelerator.num_processes,
        session.rounds,
    )
    dataset = MicroBatches([example.sample for example in examples], batches, session.collator)
    loader = DataLoader(
        dataset, batch_size=None, num_workers=settings.data.workers, pin_memory=torch.cuda.is_available()
    )
    for batch in loader:
        if "fault" in batch:
            raise InputError(batch["fault"])
        yield {name: tensor.to(accelerator.device, non_blocking=True) for name, tensor in batch.items()}


def _resume(session: Session) -> int:
    """Load the last checkpoint, if there is one; return the number of steps taken."""
    latest = session.checkpoints.latest()
    step = 0 if latest is None else step_of(latest)
    session.accelerator.wait_for_everyone()
    if latest is not None:
        load_state(latest, session.accelerator, session.model, session.optimizer)
        session.accelerator.print(f"Continuing after step {step}.")
    if session.accelerator.is_main_process:
        session.folder.rewind(step)
    return step


def _save(session: Session, step: int) -> None:
    """Write a checkpoint and draw the curves."""
    session.checkpoints.save(
        step, lambda folder: save_state(folder, session.accelerator, session.model, session.optimizer)
    )
    if session.accelerator.is_main_process:
        plot_metrics(session.folder.read_metrics(), session.folder.plot)


def _record(session: Session, entry: dict[str, Any], steps: int) -> None:
    """Write a step's line and the heartbeat."""
    if session.accelerator.is_main_process:
        session.folder.log(entry)
        session.folder.beat(entry["step"], steps, f"loss {entry['loss']:.4f}")


def _log_held_out(session: Session, step: int) -> None:
    """Measure and log the held-out loss; a run that was killed just after this measures it again but logs it once."""
    loss = evaluate(session)
    if loss is None or not session.accelerator.is_main_process:
        return
    session.accelerator.print(f"Held-out loss after step {step}: {loss:.4f}.")
    if not any("eval_loss" in entry and entry["step"] == step for entry in session.folder.read_metrics()):
        session.folder.log({"step": step, "eval_loss": loss})
        plot_metrics(session.folder.read_metrics(), session.folder.plot)


def _train_mode(session: Session) -> None:
    """Switch dropout on; the frozen vision tower stays as it is used."""
    session.model.train()
    base: Any = session.accelerator.unwrap_model(session.model).get_base_model()
    base.model.vision_tower.eval()


def _seed(*numbers: int) -> int:
    """Return the seed of dropout for a run, step, round and process; set after loading, which draws numbers too."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _no_bar(session: Session) -> bool | None:
    """Return whether to hide progress bars: on other processes, and (None) where there is no terminal."""
    return None if session.accelerator.is_main_process else True
