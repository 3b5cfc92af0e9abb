"""The steps of a turn: each is a command of its own that resumes, so that killing any of them loses nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emola.errors import EmolaError, InputError
from training.loop.plan import Arm, LoopPlan

STATE = "loop.json"


@dataclass(frozen=True)
class Step:
    """A command that makes ``out``.

    Attributes:
        name: what is told while it runs.
        command: arguments of this Python.
        out: folder that it makes.
    """

    name: str
    command: tuple[str, ...]
    out: Path


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
    steps.append(Step("writing the report", ("training.benchmark", "report", *runs, "--out", str(report)), report))
    return steps


def run_steps(plan: LoopPlan, steps: list[Step], say: Callable[[str], None]) -> None:
    """Run what is not done yet; what was done is remembered in ``loop.json``.

    Raises:
        InputError: a step refused its input.
        EmolaError: a step failed; its last words are in the sentence and everything is in ``loop.log``.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    done = _read_done(plan.out)
    for number, step in enumerate(steps, 1):
        if step.name in done:
            continue
        say(f"Step {number} of {len(steps)}: {step.name} ...")
        _write_state(plan.out, done, step.name, len(steps))
        _run(step, plan.out / "loop.log")
        done.append(step.name)
    _write_state(plan.out, done, None, len(steps))


def _benchmark(plan: LoopPlan, name: str, model: str) -> Step:
    out = plan.out / f"{name}-answers"
    command = ["training.benchmark", "run", "--model", model, "--data", plan.evaluation, "--out", str(out)]
    command += [] if plan.inputs is None else ["--inputs", plan.inputs]
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


def _run(step: Step, log: Path) -> None:
    """Run one command, its output into the log."""
    with log.open("ab") as stream:
        stream.write(f"\n== {step.name}: python -m {' '.join(step.command)}\n".encode())
        stream.flush()
        start = stream.tell()
        run = subprocess.run([sys.executable, "-m", *step.command], stdout=stream, stderr=stream, check=False)
    if run.returncode:
        words = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
        sentence = f"The loop stopped while {step.name}: {words[-1] if words else 'it said nothing'} (see {log})"
        raise (InputError if run.returncode == 2 else EmolaError)(sentence)


def _read_done(out: Path) -> list[str]:
    path = out / STATE
    if not path.is_file():
        return []
    try:
        return [str(name) for name in json.loads(path.read_text(encoding="utf-8"))["done"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}); take the folder away and start again.") from error


def _write_state(out: Path, done: list[str], doing: str | None, total: int) -> None:
    """Replace ``loop.json`` as a whole."""
    temporary = out / f".{STATE}.{os.getpid()}"
    temporary.write_text(json.dumps({"done": done, "doing": doing, "steps": total}, indent=2), encoding="utf-8")
    temporary.replace(out / STATE)
