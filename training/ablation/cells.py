"""One run of an ablation: train an adapter, ask it about faces it has not seen, score what it says."""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from emola.answer import Protocol
from training.ablation.files import read_json, write_json
from training.ablation.grid import INPUTS, Cell
from training.benchmark import run_command
from training.benchmark.items import read_items
from training.benchmark.score import ScoringSettings, judge_all, score
from training.config import TrainConfig
from training.data.records import Task
from training.train import train

PROTOCOL: Protocol = "strict"
"""How answers are read (see ``emola.answer``)."""

_SCORES = "scores.json"


@dataclass(frozen=True)
class Questions:
    """How trained models are asked.

    Attributes:
        data: FABA-shaped folder whose eval split is asked.
        batch_size: questions at a time.
        max_new_tokens: longest answer.
        device: of the model.
        dtype: of its numbers.
        faces: "whole" for pictures that are cut already, None for what the model needs.
    """

    data: Path
    batch_size: int
    max_new_tokens: int
    device: str
    dtype: str
    faces: str | None


def run_cell(config: TrainConfig, cell: Cell, seed: int, folder: Path, questions: Questions) -> dict[str, Any]:
    """Return the scores of one cell and seed; what was done before is not done again.

    Args:
        config: of the training; inputs, parts, seed and run folder are set here.
        cell: what the model reads and what is trained.
        seed: of the run.
        folder: receives ``train/``, ``benchmark/`` and ``scores.json``.
        questions: how it is asked afterwards.

    Returns:
        ``tokens``, ``parts``, ``seed``, ``seconds`` and for each task ``s_re`` and ``s_ge``, 0 to 100.

    Raises:
        EmolaError: if data, model and machine do not fit.
    """
    path = folder / _SCORES
    if path.is_file():
        kept: dict[str, Any] = read_json(path)
        return kept
    began = time.monotonic()
    run = train(
        replace(
            config,
            model=replace(config.model, inputs=INPUTS[cell.tokens]),
            lora=replace(config.lora, parts=cell.parts),
            run=replace(config.run, out=str(folder / "train"), seed=seed),
        )
    )
    _ask(f"{config.model.base}+{run / 'adapter'}", cell, folder / "benchmark", questions)
    result: dict[str, Any] = {"tokens": cell.tokens, "parts": list(cell.parts), "seed": seed}
    for task in get_args(Task):
        items = read_items(folder / "benchmark" / f"predictions_{task}.jsonl")
        settings = ScoringSettings(task, PROTOCOL, repeats=0)
        report = score(judge_all(items, settings), settings)
        result[task] = {"s_re": report["s_re"], "s_ge": report["s_ge"], "items": report["n"]}
    result["seconds"] = round(time.monotonic() - began, 1)
    write_json(path, result)
    return result


def _ask(model: str, cell: Cell, out: Path, questions: Questions) -> None:
    """Run the benchmark on a trained adapter, as its command line does."""
    parser = argparse.ArgumentParser()
    run_command.add_parser(parser.add_subparsers())
    wanted = ["run", "--model", model, "--data", str(questions.data), "--out", str(out)]
    wanted += ["--inputs", INPUTS[cell.tokens], "--batch-size", str(questions.batch_size)]
    wanted += ["--max-new-tokens", str(questions.max_new_tokens), "--device", questions.device]
    wanted += ["--dtype", questions.dtype, *(["--faces", questions.faces] if questions.faces else [])]
    options = parser.parse_args(wanted)
    options.run(options)
