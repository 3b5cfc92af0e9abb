"""The model card of an adapter: what it is, what it was trained on, how, and what must not be done with it."""

import json
from collections.abc import Mapping
from typing import Any

from training.config import TrainConfig
from training.lora.base import Base
from training.lora.run_folder import RunFolder

_LIMITS = """\
## Use and limits

It puts into words what a face shows in one picture: visible movements of the face and the expression they make. It
cannot know what a person feels. It was measured only as far as the numbers above say. Do not use it to judge, rank or
watch people; inferring emotions at work or in education is prohibited in the European Union (AI Act, Article 5).
"""


def model_card(config: TrainConfig, base: Base, folder: RunFolder, counts: Mapping[str, int]) -> str:
    """Return the README of an adapter.

    Args:
        config: settings of the run.
        base: what was trained on.
        folder: the run folder, for data, versions and metrics.
        counts: trained numbers by part.
    """
    data, run = _read(folder, "data.json"), _read(folder, "run.json")
    sections = [
        _front_matter(base),
        f"# {folder.folder.resolve().name}: an EmoLA adapter on {base.name}",
        f"Load it with `load_model({base.name!r}, adapter=FOLDER)` (`emola.model.loading`) or peft. It reads "
        f"{'a face crop and ' if base.config.uses_image else ''}{'a prior' if base.config.uses_prior else ''} "
        f"(prior recipe `{base.config.prior_recipe}`, crop recipe `{base.config.crop_recipe}`).",
        "## Data\n\n" + _table(["file", "task", "used", "of", "fingerprint"], _data_rows(data)),
        "## Trained parameters\n\n" + _table(["part", "numbers"], [[k, f"{v:,}"] for k, v in counts.items()]),
        "## Result\n\n" + _results(folder),
        "## Settings\n\n```yaml\n" + config.to_yaml() + "```",
        "## Made with\n\n" + _table(["library", "version"], [list(item) for item in run["versions"].items()]),
        f"Code revision: {run.get('git') or 'not known'}.",
        _LIMITS,
    ]
    return "\n\n".join(sections)


def _front_matter(base: Base) -> str:
    """Return the metadata the hub reads."""
    return f"---\nbase_model: {base.name}\nlibrary_name: peft\ntags: [emola, lora, facial-affect]\n---"


def _data_rows(data: Mapping[str, Any]) -> list[list[str]]:
    """Return one row for each file."""
    return [
        [
            report["file"].rsplit("/", 1)[-1],
            report["task"],
            str(report["used"]),
            str(report["rows"]),
            report["fingerprint"][:16],
        ]
        for report in data.values()
    ]


def _results(folder: RunFolder) -> str:
    """Return first and last losses in sentences."""
    metrics = folder.read_metrics()
    steps = [entry for entry in metrics if "loss" in entry]
    held_out = [entry for entry in metrics if "eval_loss" in entry]
    lines = []
    if steps:
        lines.append(
            f"{len(steps)} steps; mean loss {steps[0]['loss']:.4f} at the first and "
            f"{steps[-1]['loss']:.4f} at the last."
        )
    lines += [f"Held-out loss after step {entry['step']}: {entry['eval_loss']:.4f}." for entry in held_out]
    return "\n".join(lines) or "No step was taken."


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _read(folder: RunFolder, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder.folder / name).read_text(encoding="utf-8"))
    return content
