"""The shipped model on rendered faces: run, score and report, offline."""

import json
from collections import Counter

import pytest

from emola.shelf import TINY
from training.benchmark.__main__ import main
from training.benchmark.report_results import read_runs
from training.synthetic.dataset import DatasetPlan, make_dataset

FACES = 32

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (TINY / "config.json").is_file(), reason="EmoLA-tiny is not in this checkout"),
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Rendered faces, all of them in the evaluation split."""
    folder = tmp_path_factory.mktemp("rendered") / "faces"
    make_dataset(DatasetPlan(folder, FACES, seed=987_654, eval_share=1.0))
    return folder


def ask(data, out, *more):
    fixed = ["--device", "cpu", "--dtype", "float32", "--max-new-tokens", "384"]
    return main(["run", "--model", str(TINY), "--data", str(data), "--out", str(out), *fixed, *more])


def score(out, task):
    """Score the answers of a run by ``strict``, and return the report."""
    path = out / f"scores_{task}.json"
    fixed = ["--protocol", "strict", "--predictions", str(out / f"predictions_{task}.jsonl"), "--bootstrap", "0"]
    assert main(["score", "--task", task, *fixed, "--json", str(path)]) == 0
    return json.loads(path.read_text())


def test_run_score_and_report_on_rendered_faces_beat_a_fixed_answer(rendered, tmp_path, read_lines):
    out = tmp_path / "run"
    assert ask(rendered, out) == 0
    scored = {task: score(out, task) for task in ("emotion", "au")}
    assert main(["report", str(out), "--bootstrap", "100"]) == 0
    (run,) = read_runs([out], 0, 0)
    for task, found in scored.items():
        reported = run.tasks[task].judged["strict"].scores
        assert (found["n"], found["s_rege"]) == (FACES, reported["s_rege"])
    emotion = run.tasks["emotion"].judged["strict"].scores
    assert emotion["n"] == FACES and emotion["counts"]["failed"]["count"] <= FACES // 4
    labels = Counter(row["label"] for row in read_lines(out / "predictions_emotion.jsonl"))
    assert emotion["s_re"] > 100 * labels.most_common(1)[0][1] / FACES
    assert run.tasks["au"].judged["strict"].scores["s_re"] > 20
    assert (out / "report.html").stat().st_size > 50_000


def test_batch_size_does_not_change_what_the_shipped_model_says(rendered, tmp_path):
    for size in ("1", "8"):
        assert ask(rendered, tmp_path / size, "--batch-size", size, "--limit", "8") == 0
    for task in ("emotion", "au"):
        name = f"predictions_{task}.jsonl"
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "8" / name).read_bytes()
