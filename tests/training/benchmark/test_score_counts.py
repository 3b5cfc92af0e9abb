"""What is counted beside the scores: nothing is left out, cut off or dropped without being named."""

import json

import pytest

from training.benchmark.__main__ import main
from training.benchmark.items import Item
from training.benchmark.score import ScoringSettings, judge_all, score


def counts(task, protocol, items):
    chosen = ScoringSettings(task, protocol, repeats=0)
    return score(judge_all(items, chosen), chosen)["counts"]


@pytest.mark.parametrize(
    ("label", "paper", "strict"),
    [
        ([1, 2], {}, {}),
        ("", {}, {}),
        ([], {}, {}),
        ("1, 2", {}, {}),
        ("1,2", {"1,2": 1}, {}),
        ("AU1, AU2", {"AU1": 1, "AU2": 1}, {}),
        ("1, 2 ", {"2 ": 1}, {}),
        ([99], {"99": 1}, {"99": 1}),
        ("4, 11", {"11": 1}, {"11": 1}),
        ("none", {"none": 1}, {}),  # strict cannot read it, which is counted as such
    ],
)
def test_parts_of_labels_that_are_not_used_are_named(label, paper, strict):
    for protocol, expected in (("paper", paper), ("strict", strict)):
        found = counts("au", protocol, [Item(7, "AU1.", None, label)])
        assert found["label_parts"] == expected
        assert found["label_parts_dropped"]["ids"] == ([7] if expected else [])


def test_contested_units_are_used_and_not_dropped():
    assert counts("au", "strict", [Item(0, "AU1.", None, "1, 4", contested=(4,))])["label_parts"] == {}


def test_missing_references_are_told_from_pairs_without_a_rouge():
    items = [Item(0, "joy.", None, 0), Item(1, "joy.", "", 0), Item(2, ".", "joy.", 0), Item(3, None, "joy.", 0)]
    found = counts("emotion", "paper", items)
    assert found["skipped_rouge"]["ids"] == [0, 1, 2, 3]
    assert found["without_reference"]["ids"] == [0, 1]
    assert found["rouge_undefined"]["ids"] == [2]
    assert found["failed"]["ids"] == [3]


def test_white_space_around_an_answer_is_taken_off_as_the_published_evaluation_does():
    chosen = ScoringSettings("emotion", "paper", repeats=0)
    texts = ("\nThe face shows anger. \n", "The face shows anger.")
    spaced, plain = (score(judge_all([Item(0, text, "The face shows anger.", 3)], chosen), chosen) for text in texts)
    assert spaced == plain
    assert spaced["s_rege"] == pytest.approx(200) and spaced["counts"]["unparsed"]["ids"] == []


@pytest.mark.parametrize("task", ["emotion", "au"])
@pytest.mark.parametrize("protocol", ["paper", "strict"])
def test_scores_without_a_readable_label_are_not_defined(task, protocol):
    chosen = ScoringSettings(task, protocol, repeats=10)
    found = score(judge_all([Item(0, "A smile.", "A smile.", {"no": "label"})], chosen), chosen)
    assert (found["n_labelled"], found["s_re"], found["s_rege"], found["accuracy"]) == (0, None, None, None)
    assert found["s_ge"] == pytest.approx(100)
    assert json.dumps(found, allow_nan=False)


ROWS = [
    {"id": 1, "prediction": "AU1 and", "label": [1], "status": "cut off", "reference": "AU1 and AU2."},
    {"id": 2, "prediction": None, "label": [99], "status": "failed", "reason": "no face was found"},
    {"id": 3, "prediction": "I cannot say.", "label": [2], "status": 5},
]


@pytest.fixture
def run_score(tmp_path, capsys):
    """Score rows of action units by ``strict``; return the report and what was printed."""

    def run(rows):
        path, out = tmp_path / "P.jsonl", tmp_path / "OUT.json"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        arguments = ["--task", "au", "--protocol", "strict", "--predictions", str(path), "--json", str(out)]
        code = main(["score", *arguments, "--bootstrap", "0"])
        said = capsys.readouterr()
        return json.loads(out.read_text()) if code == 0 else None, said.out + said.err

    return run


def test_status_and_reason_of_a_run_are_counted(run_score):
    found, _ = run_score(ROWS)
    assert found["counts"]["cut_off"] == {"count": 1, "ids": [1]}
    assert found["counts"]["failed"] == {"count": 1, "ids": [2]}
    assert found["counts"]["failure_reasons"] == {"no face was found": 1}


def test_the_terminal_shows_what_stands_beside_the_scores(run_score):
    found, said = run_score(ROWS)
    for words in (
        f"accuracy {100 * found['accuracy']:.2f}",
        f"macro F1 of all 20 units {100 * found['macro_f1_all']:.2f}",
        f"micro F1 of the 12 scored units {100 * found['micro_f1_scored']:.2f}",
        "unknown answers 1",
        f"ROUGE-L pltrdy {100 * found['rouge']['pltrdy_l']:.2f}",
        f"ROUGE-L Google (S_ge) {found['s_ge']:.2f}",
        f"ROUGE-Lsum Google {100 * found['rouge']['google_lsum']:.2f}",
        "of them: 1 unknown, 1 failed, 1 cut off, 1 with parts of the label not used, 2 without a reference",
    ):
        assert words in said


def test_a_number_and_the_same_number_as_text_are_one_id(run_score):
    assert "line 2: the id 1 occurs twice" in run_score([ROWS[0], {**ROWS[2], "id": "1"}])[1]


def test_labels_that_cannot_be_read_at_all_are_refused(run_score):
    assert "None of the 1 labels can be read" in run_score([{**ROWS[0], "label": "happiness"}])[1]


def test_a_reason_that_is_no_text_is_refused(run_score):
    assert "the reason is neither text nor null" in run_score([{**ROWS[1], "reason": 5}])[1]
