"""The steps of a turn: each is a command of its own that resumes, so that killing any of them loses nothing."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emola.errors import EmolaError, InputError
from training.jobs.processes import end_command
from training.loop.plan import Arm, LoopPlan

if TYPE_CHECKING:
    from training.loop.entry import JobEntry

STATE: Final = "loop.json"
LOG: Final = "loop.log"
_BEAT_S: Final = 1.0


@dataclass(frozen=True)
class Step:
    """A command that makes ``out``.

    Attributes:
        name: what is told while it runs.
        command: arguments of this Python.
        out: folder that it makes.
        repeatable: whether it is run again when its command has changed, such as a report with another seed.
    """

    name: str
    command: tuple[str, ...]
    out: Path
    repeatable: bool = False


def plan_steps(plan: LoopPlan) -> list[Step]:
    """Return the steps in order: the base's answers, then for each seed and arm an adapter and its answers."""
    steps = [_benchmark(plan, "base", plan.base)]
    for seed in plan.seeds:
        for arm in plan.arms:
            name = f"{arm.name}-seed{seed}"
            steps.append(Step(f"training {name}", _training(plan, arm, seed), plan.out / name))
            steps.append(_benchmark(plan, name, f"{plan.base}+{plan.adapter(arm, seed)}"))
    report = plan.out / "report.html"
    runs = [str(step.out) for step in steps if step.out.name.endswith("answers")]
    command = ("training.benchmark", "report", *runs, "--out", str(report))
    steps.append(Step("writing the report", command, report, repeatable=True))
    return steps


def check_folder(plan: LoopPlan, steps: Sequence[Step]) -> None:
    """Refuse a folder in which a step was done by another command; nothing is written.

    Raises:
        InputError: the folder holds another turn, or what it says is damaged.
    """
    done = _read_done(plan.out)
    for step in steps:
        _is_done(step, done, plan)


def other_turn(folder: Path, step: str = "") -> InputError:
    """Return what is said of a folder that belongs to another turn."""
    named = f" ({step})" if step else ""
    return InputError(f"{folder} holds another turn{named}; choose another folder with --out.")


def run_steps(
    plan: LoopPlan,
    steps: Sequence[Step],
    say: Callable[[str], None],
    locks: Sequence[int] = (),
    entry: "JobEntry | None" = None,
) -> None:
    """Run what is not done yet; what was done, by which command and in how many seconds, is in ``loop.json``.

    Args:
        plan: of the turn.
        steps: in order.
        say: told one sentence a step.
        locks: file descriptors that each command inherits, so that what a killed turn leaves behind keeps them.
        entry: the turn among the jobs; told how far it is.

    Raises:
        InputError: a step refused its input, or the folder holds another turn.
        EmolaError: a step failed; its last words are in the sentence and everything is in ``loop.log``.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    done = _read_done(plan.out)
    for number, step in enumerate(steps, 1):
        if _is_done(step, done, plan):
            continue
        say(f"Step {number} of {len(steps)}: {step.name} ...")
        _write_state(plan.out, done, step.name, len(steps))
        begun = time.monotonic()
        if entry is not None:
            entry.begin(number - 1)
        _run(step, plan.out / LOG, locks, entry)
        done[step.name] = {"command": _fingerprint(step, plan), "seconds": round(time.monotonic() - begun, 1)}
    _write_state(plan.out, done, None, len(steps))


def _is_done(step: Step, done: Mapping[str, Any], plan: LoopPlan) -> bool:
    """Say whether a step was done by the same command; another one is refused, unless it can simply be repeated."""
    if step.name not in done:
        return False
    same = bool(done[step.name]["command"] == _fingerprint(step, plan))
    if not same and not step.repeatable:
        raise other_turn(plan.out, step.name)
    return same


def _fingerprint(step: Step, plan: LoopPlan) -> str:
    """Return a hash of a command and of the configuration of the trainings."""
    return hashlib.sha256("\0".join(step.command).encode() + plan.config.read_bytes()).hexdigest()


def _benchmark(plan: LoopPlan, name: str, model: str) -> Step:
    out = plan.out / f"{name}-answers"
    command = ["training.benchmark", "run", "--model", model, "--data", plan.evaluation, "--out", str(out)]
    command += [] if plan.inputs is None else ["--inputs", plan.inputs]
    command += [] if plan.task == "both" else ["--task", plan.task]
    command += [] if plan.limit is None else ["--limit", str(plan.limit)]
    return Step(f"asking {name}", tuple(command), out)


def _training(plan: LoopPlan, arm: Arm, seed: int) -> tuple[str, ...]:
    settings = {
        "model.base": plan.base,
        "data.root": plan.root,
        "data.train_au": _list(arm.au),
        "data.train_emotion": _list(arm.emotion),
        "run.seed": seed,
        "run.out": plan.out / f"{arm.name}-seed{seed}",
    }
    if plan.inputs is not None:
        settings["model.inputs"] = plan.inputs
    return ("training.train", "--config", str(plan.config), *(f"{key}={value}" for key, value in settings.items()))


def _list(path: Path | None) -> str:
    return "[]" if path is None else json.dumps([str(path)])


def _run(step: Step, log: Path, locks: Sequence[int], entry: "JobEntry | None") -> None:
    """Run one command, its output into the log; it ends when this process does, however that ends."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "training.jobs.stage", str(reading), *step.command]
    try:
        with log.open("ab") as stream:
            stream.write(f"\n== {step.name}: python -m {' '.join(step.command)}\n".encode())
            stream.flush()
            start = stream.tell()
            child = subprocess.Popen(command, stdout=stream, stderr=stream, pass_fds=(reading, *locks))
            _wait(child, entry)
    finally:
        os.close(reading)
        os.close(writing)
    if child.returncode:
        words = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
        sentence = f"The loop stopped while {step.name}: {words[-1] if words else 'it said nothing'} (see {log})"
        raise (InputError if child.returncode == 2 else EmolaError)(sentence)


def _wait(child: "subprocess.Popen[bytes]", entry: "JobEntry | None") -> None:
    """Wait until a command has ended, telling the jobs that the turn is alive; it is stopped if that fails."""
    try:
        while child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(_BEAT_S)
            if entry is not None:
                entry.beat()
    finally:
        if child.poll() is None:
            end_command(child)


def _read_done(out: Path) -> dict[str, Any]:
    path = out / STATE
    if not path.is_file():
        return {}
    try:
        return {str(name): {"command": was["command"], **was} for name, was in _json(path)["done"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error}); take the folder away and start again.") from error


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_state(out: Path, done: Mapping[str, Any], doing: str | None, total: int) -> None:
    """Replace ``loop.json`` as a whole."""
    temporary = out / f".{STATE}.{os.getpid()}"
    temporary.write_text(json.dumps({"done": done, "doing": doing, "steps": total}, indent=2), encoding="utf-8")
    temporary.replace(out / STATE)
