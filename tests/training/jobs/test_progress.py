import json

import pytest

from training.jobs.job import Progress
from training.jobs.progress import ProgressReader


def test_nothing_is_known_of_a_folder_that_is_not_there(tmp_path):
    assert ProgressReader(None).read() == ProgressReader(tmp_path / "later").read() == Progress()


def test_training_progress_by_hand(tmp_path):
    (tmp_path / "heartbeat.json").write_text(json.dumps({"state": "running", "step": 3, "steps": 10, "message": "m"}))
    (tmp_path / "config.yaml").write_text("optimizer:\n  batch_size: 8\n  micro_batch_size: 2\n")
    rows = [{"step": 0, "eval_loss": 2.0}, *({"step": n, "loss": 1 / n, "seconds": 0.5} for n in (1, 2, 4))]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 5, "lo')
    progress = ProgressReader(tmp_path).read()
    assert (progress.step, progress.of, progress.loss, progress.message) == (4, 10, 0.25, "m")
    assert progress.per_second == pytest.approx(16)  # 8 samples in half a second
    assert progress.eta_s == pytest.approx(3.0)  # 6 steps of half a second


def test_benchmark_progress_counts_whole_lines_once(tmp_path):
    journal = tmp_path / "parts" / "journal-00000.jsonl"
    journal.parent.mkdir()
    (tmp_path / "run.json").write_text(json.dumps({"identity": {"questions": 6}}))
    journal.write_text('{"id": 1}\n')
    reader = ProgressReader(tmp_path)
    assert (reader.read().step, reader.read().of, reader.read().per_second) == (1, 6, None)
    with journal.open("a") as file:
        file.write('{"id": 2}\n{"id": 3}\n{"id"')
    progress = reader.read()
    assert progress.step == 3 and progress.unit == "answer" and progress.per_second > 0
    assert progress.eta_s == pytest.approx(3 / progress.per_second, rel=0.2)
