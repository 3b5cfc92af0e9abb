"""The ablation in miniature: every cell is trained and asked, the table says what was measured, and it resumes."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from training.ablate import main
from training.ablation.grid import TOKENS, TUNED, make_cells
from training.ablation.results import draw, spread, summarise, to_markdown

SMALL = ["--train-faces", "3", "--eval-faces", "2", "--epochs", "1", "--batch-size", "6", "--rank", "2"]
SMALL += ["--max-new-tokens", "4"]


def ablate(model: Path, data: Path, out: Path, *more: str) -> int:
    return main(["--model", str(model), "--data", str(data), "--out", str(out), *SMALL, *more])


def result(tokens: str, emotion: float | None, units: float | None, seed: int = 1) -> dict[str, object]:
    scores = {"emotion": {"s_re": emotion}, "au": {"s_re": units}}
    return {"tokens": tokens, "seed": seed, "seconds": 6.0, **scores}


def test_cells_train_what_sees_an_input_and_equal_ones_share_a_run() -> None:
    cells = {(cell.tokens, cell.tuned): cell for cell in make_cells(TOKENS, TUNED)}
    assert len(cells) == 8 and ("vision", "prior-projector") not in cells
    assert cells["prior", "lora+projector"].parts == ("lora",)
    assert cells["prior", "all"].parts == ("lora", "prior_projector")
    assert cells["both", "all"].parts == ("lora", "prior_projector", "visual_projector")
    assert cells["vision", "all"].run_name == cells["vision", "lora+projector"].run_name
    assert len({cell.run_name for cell in cells.values()}) == 7


def test_the_spread_of_two_seeds_by_hand() -> None:
    entry = spread([40.0, 46.0])
    assert (entry["n"], entry["mean"], entry["min"], entry["max"]) == (2, 43.0, 40.0, 46.0)
    assert entry["sd"] == pytest.approx(18**0.5)
    assert spread([41.0, None])["sd"] is None and spread([None])["mean"] is None


def test_the_table_stands_beside_the_paper_and_counts_its_order(tmp_path: Path) -> None:
    cells = make_cells(TOKENS, ("all",))
    names = [cell.run_name for cell in cells]
    first = dict(zip(names, (result("prior", 30, 20), result("vision", 50, 40), result("both", 60, 30)), strict=True))
    again = dict(zip(names, (result("prior", 34, 10), result("vision", 48, 20), result("both", 66, 40)), strict=True))
    scores = {(name, seed): runs[name] for seed, runs in ((1, first), (2, again)) for name in names}
    notes = {"model": "m", "data": "d", "start": "fresh", "seeds": [1, 2], "sizes": {"train_faces": 3}}
    summary = summarise(cells, scores, notes)
    assert summary["order"] == {"emotion": {"holds": 2, "seeds": 2}, "au": {"holds": 1, "seeds": 2}}
    page = to_markdown(summary)
    assert "| both | all | 63.0 ± 4.2 (60.0 to 66.0) | 64.5 | 35.0 ± 7.1 (30.0 to 40.0) | 56.3 |" in page
    assert "both > vision > prior (all tuned) holds in 1 of 2 seeds" in page
    assert "only the order of the rows compares" in page and "took 0.6 minutes" in page
    draw(summary, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.timeout(300)
def test_every_cell_is_trained_asked_and_resumed(shallow_model: Path, faces: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "ablation"
    few = ("--tokens", "prior", "both", "--tuned", "prior-projector", "--seeds", "1")
    assert ablate(shallow_model, faces, out, *few) == 0
    summary = json.loads((out / "ablation.json").read_text())
    assert [(cell["tokens"], cell["tuned"]) for cell in summary["cells"]] == [
        ("prior", "prior-projector"), ("both", "prior-projector"),
    ]  # fmt: skip
    assert summary["cells"][1]["emotion"]["paper"] == 44.9 and summary["seconds"] > 0
    assert "| both | prior-projector |" in capsys.readouterr().out
    assert (out / "ablation.png").stat().st_size > 1000

    base, shipped = (load_file(folder / "model.safetensors") for folder in (out / "bases/seed-1", shallow_model))
    changed = {name.split(".")[0] for name in base if not torch.equal(base[name], shipped[name])}
    assert changed == {"prior_projector", "multi_modal_projector"}
    scores = out / "cells" / "both-prior_projector" / "seed-1" / "scores.json"
    before = scores.stat().st_mtime_ns
    assert ablate(shallow_model, faces, out, *few[:-1], "1", "2", "--tokens", "both") == 0
    assert scores.stat().st_mtime_ns == before
    assert json.loads((out / "ablation.json").read_text())["seeds"] == [1, 2]

    assert ablate(shallow_model, faces, out, "--seeds", "1", "--start", "shipped") == 2
    assert "other settings (start)" in capsys.readouterr().err


def test_bad_requests_are_one_sentence(shallow_model: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "x"
    (tmp_path / "empty").mkdir()
    assert ablate(shallow_model, tmp_path / "missing", out) == 2
    assert ablate(shallow_model, tmp_path / "empty", out) == 2
    assert ablate(shallow_model, tmp_path, out, "--tokens", "vision", "--tuned", "prior-projector") == 2
    assert ablate(shallow_model, tmp_path, out, "--seeds", "1", "1") == 2
    assert ablate(shallow_model, tmp_path, out, "--rank", "0") == 2
    errors = capsys.readouterr().err
    for words in (
        "no data folder",
        "no rendered data set",
        "nothing is left to run",
        "must be different",
        "--rank must",
    ):
        assert words in errors
    assert "Traceback" not in errors
