"""What the Train page shows, as HTML: the plan, the list of jobs, and one job with its curve, answers and log."""

import time
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from emola.page_results import notice_html
from training.jobs.curve import loss_chart
from training.jobs.job import Job, Progress
from training.jobs.plan import AFTER, BEFORE, TRAINING, TrainPlan
from training.jobs.progress import last_lines
from training.lora.run_folder import RunFolder

SIGNS = {"queued": "○", "running": "●", "done": "✓", "failed": "✗", "cancelled": "■", "dead": "✗"}
TASK_WORDS = {"au": "action units", "emotion": "emotions"}
_SAMPLES = 3


def plan_html(plan: TrainPlan) -> str:
    """Return what a request comes to, in words; what decides whether to start comes first."""
    data = f"{plan.rows:,} descriptions, {plan.steps:,} steps of {plan.batch_size}"
    facts = [("Data", data), _time(plan), *_size(plan), _then(plan)]
    facts.append(("Priors", f"{plan.prior_recipe}, {'as the data say' if plan.data_say_recipe else 'as configured'}"))
    facts.append(("Pictures", _pictures(plan)))
    return _in_page(f"<dl class='plan'>{''.join(_fact(*fact) for fact in facts)}</dl>")


def jobs_html(jobs: Sequence[Job], chosen: str | None) -> str:
    """Return the list of jobs, the newest first."""
    if not jobs:
        return _in_page('<p class="muted">No job was started yet. Choose data and press Start.</p>')
    lines = "".join(_line(job, job.id == chosen) for job in jobs)
    return _in_page(f'<ul class="jobs" aria-label="Jobs">{lines}</ul>')


def job_html(job: Job) -> str:
    """Return one job as it stands: stage, progress, speed, curve and latest answers."""
    state = f'<span class="state state-{job.state}">{SIGNS[job.state]} {job.state}</span>'
    parts = [f"<header><h3>{escape(job.title)}</h3>{state}</header>"]
    if job.reason:
        parts.append(notice_html(job.reason, "error" if job.state in ("failed", "dead") else "info"))
    if not job.is_over:
        parts.append(_progress(job))
    parts += [_stages(job), _curve(job.folder / TRAINING), _answers(job)]
    return _in_page(f'<article class="job" data-state="{job.state}">{"".join(parts)}</article>')


def message_html(sentence: str, kind: str = "info") -> str:
    """Return one sentence in a box."""
    return _in_page(notice_html(sentence, kind))


def blind_html(sentence: str, kind: str = "info") -> str:
    """Return how a blind check stands, with the way to the page that has its result."""
    return _in_page(f'{notice_html(sentence, kind)}<p class="numbers"><a href="./campaigns">Open Campaigns</a></p>')


def _pictures(plan: TrainPlan) -> str:
    """Return how pictures are read, and whether the base was made for another way."""
    words = {"whole": "whole", "detect": "cut to the face"}
    said = f"{words[plan.crop]}, as configured"
    other = plan.base_crop is not None and plan.base_crop != plan.crop
    return f"{said}; the base was made for pictures {words[str(plan.base_crop)]}" if other else said


def _size(plan: TrainPlan) -> list[tuple[str, str]]:
    """Return how much memory it takes and how many numbers it trains, where the base is known."""
    if plan.parameters is None:
        return [("Size", "unknown: the base is a model of the hub, checked when it is fetched")]
    memory = f"{_bytes(plan.memory_bytes or 0)} for weights and optimizer; activations on top"
    return [("Memory", memory), ("Trains", f"{_count(plan.trained or 0)} numbers beside {_count(plan.parameters)}")]


def _time(plan: TrainPlan) -> tuple[str, str]:
    """Return how long the steps take, where a step was measured."""
    if plan.step_s is None:
        return "Time", "unknown until a step of such a run was measured here"
    measured = f"{plan.step_s:.2g} s a step in {plan.measured_in}"
    return "Time", f"about {_span(plan.step_s * plan.steps)}: {measured}"


def _then(plan: TrainPlan) -> tuple[str, str]:
    """Return what follows the training."""
    if not plan.asked:
        return "Then", "nothing more"
    items = " and ".join(f"{count:,} about {TASK_WORDS[task]}" for task, count in plan.asked.items())
    return "Then", f"asks base and adapter the same held-out questions, {items}, and reports"


def _in_page(inner: str) -> str:
    return f'<div class="train">{inner}</div>'


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _line(job: Job, chosen: bool) -> str:
    begun = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(job.created))
    far = f" {_percent(job.progress)}" if job.state == "running" and job.progress.of else ""
    return (
        f'<li aria-current="{str(chosen).lower()}"><button type="button" data-job="{escape(job.id)}">'
        f'<span class="state state-{job.state}">{SIGNS[job.state]} {job.state}{far}</span> <b>{escape(job.title)}</b> '
        f'<span class="muted">{begun}</span></button></li>'
    )


def _progress(job: Job) -> str:
    """Return bar and numbers of the stage under way."""
    progress = job.progress
    bar = f'<progress max="{progress.of or 1}" value="{progress.step}" aria-label="Progress"></progress>'
    done = f"{progress.step:,} of {progress.of:,} {progress.unit}s"
    facts = [done if progress.of else progress.message or "starting"]
    facts += [f"loss {progress.loss:.4f}"] if progress.loss is not None else []
    counted = "samples" if progress.unit == "step" else f"{progress.unit}s"
    facts += [f"{progress.per_second:.3g} {counted} a second"] if progress.per_second else []
    facts += [f"{_span(progress.eta_s)} left of this stage"] if progress.eta_s is not None else []
    quiet = time.time() - job.heartbeat
    facts += [f"not heard of for {quiet:.0f} s"] if quiet > 15 else []
    return f'{bar}<p class="numbers">{escape(" · ".join(facts))}</p>'


def _stages(job: Job) -> str:
    """Return the stages with a sign each."""
    reached = len(job.stages) if job.state == "done" else job.stage
    items = []
    for number, stage in enumerate(job.stages):
        state = "done" if number < reached else job.state if number == reached else "queued"
        sign = f'<span aria-hidden="true">{SIGNS[state]}</span>'
        items.append(f'<li class="state-{state}">{sign} {escape(stage.title)}</li>')
    return f'<ol class="stages" aria-label="Stages">{"".join(items)}</ol>'


def _curve(folder: Path) -> str:
    """Return the loss of every step as a line, and the held-out loss as points."""
    rows = RunFolder(folder).read_metrics()
    steps = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    held_out = [(row["step"], row["eval_loss"]) for row in rows if "eval_loss" in row]
    if len(steps) < 2:
        return ""
    said = f"Loss from {steps[0][1]:.3f} to {steps[-1][1]:.3f} over {steps[-1][0]} steps"
    notes = f"{said}; points are the held-out loss, last {held_out[-1][1]:.3f}." if held_out else f"{said}."
    return f"<figure>{loss_chart(steps, held_out, said)}<figcaption>{notes}</figcaption></figure>"


def _answers(job: Job) -> str:
    """Return the latest answers of the benchmark, those of the base beside those of the adapter."""
    after = _latest(job.folder / AFTER)
    before = _latest(job.folder / BEFORE)
    keys = list(after or before)[-_SAMPLES:]
    if not keys:
        return ""
    rows = "".join(_answer(key, before.get(key), after.get(key)) for key in keys)
    head = '<tr><th scope="col">Face</th><th scope="col">Base</th><th scope="col">New adapter</th></tr>'
    return f'<div class="wide"><table><caption>Sample answers</caption>{head}{rows}</table></div>'


def _answer(key: tuple[str, str], before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    cells = [
        "" if row is None else escape(f"failed: {row['reason']}" if row["prediction"] is None else row["prediction"])
        for row in (before, after)
    ]
    return f"<tr><td>{escape(' '.join(key))}</td><td>{cells[0]}</td><td>{cells[1]}</td></tr>"


def _latest(run: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the last answers of a run by task and id."""
    rows = [row for path in sorted(run.glob("parts/journal-*.jsonl")) for row in last_lines(path)]
    return {(str(row["task"]), str(row["id"])): row for row in rows}


def _percent(progress: Progress) -> str:
    return f"{100 * progress.step / progress.of:.0f} %"


def _count(number: int) -> str:
    """Return a large number with its unit."""
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {name}"
    return str(number)


def _bytes(number: float) -> str:
    """Return an amount of memory."""
    return f"{number / 1e9:.2g} GB" if number >= 1e9 else f"{number / 1e6:.2g} MB"


def _span(seconds: float) -> str:
    """Return a length of time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
