"""The tables beside the totals: measures, protocols, what was cut off, and tasks without labels."""

import pytest

from emola.answer import protocol_version
from training.benchmark.__main__ import main
from training.benchmark.report_protocols import protocols_table
from training.benchmark.report_results import read_runs
from training.benchmark.report_tables import classes_table, measures_table, runs_table, totals_table
from training.data.folds import folds_version

HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


@pytest.fixture
def report():
    """Write the report of some runs; return its Markdown and its page."""

    def write(*folders):
        assert main(["report", *map(str, folders), "--bootstrap", "5"]) == 0
        return [(folders[0] / f"report.{kind}").read_text() for kind in ("md", "html")]

    return write


def test_the_report_names_every_definition_and_its_version(make_run, report):
    folder = make_run("run", au=[("AU1.", "1")], data_set="bp4d", fold=2)
    rows = {row[0]: row[1:] for row in protocols_table(read_runs([folder], 0, 0)).rows}
    assert rows["vocabularies of paper"][0] == protocol_version("paper")
    assert rows["vocabularies of strict"][0] == protocol_version("strict")
    assert rows["action units of bp4d"] == ("1", "scored: 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24")
    assert rows["folds of bp4d"] == (
        str(folds_version()),
        "fold 1: 14 subjects; fold 2: 14 subjects; fold 3: 13 subjects",
    )
    assert (rows["ROUGE-L of rouge (pltrdy)"][0], rows["ROUGE-L of rouge-score (Google)"][0]) == ("1.0.1", "0.1.2")
    for text in report(folder):
        assert "folds of bp4d" in text and "action units of bp4d" in text


def test_faba_scores_twelve_of_twenty(make_run):
    table = protocols_table(read_runs([make_run("run", au=[("AU1.", "1")])], 0, 0))
    (held,) = [row[2] for row in table.rows if row[0] == "action units of faba"]
    assert held.startswith("scored: 1, 2, 4, 5, 6, 10, 12, 17, 24, 25, 26, 43; coded: 1, 2, 4, 5, 6, 7, 9,")
    assert not any(row[0].startswith("folds") for row in table.rows)


def test_measures_stand_beside_the_totals(make_run, report):
    folder = make_run("run", [(HAPPY, "0"), (SAD, "0"), ("Hm.", "1")], [("AU1.", "1"), ("AU7.", "7, 1")])
    (run,) = read_runs([folder], 0, 0)
    judged = {task: result.judged["strict"] for task, result in run.tasks.items()}
    emotion, au = (dict(measures_table(judged[task], "").rows) for task in ("emotion", "au"))
    # one of three right; labels 2 and 1, answers 1, 1 and nothing: agreement (1*3 - 3) / (9 - 3) is 0
    assert (emotion["accuracy"], emotion["kappa"], emotion["unknown answers"]) == ("33.33", "0.00", "1")
    assert emotion["balanced accuracy"] == "25.00"
    assert au["macro F1 of all 20 units"] == "83.33" and au["micro F1 of the 12 scored units"] == "66.67"
    scores = judged["au"].scores
    assert au["ROUGE-L Google (S_ge)"] == f"{scores['s_ge']:.2f}"
    assert au["ROUGE-Lsum Google"] == f"{100 * scores['rouge']['google_lsum']:.2f}"
    for text in report(folder):
        assert "micro F1 of all 20 units" in text and "MCC" in text and "ROUGE-Lsum Google" in text


def test_action_units_have_their_agreement(make_run):
    (run,) = read_runs([make_run("run", au=[("AU1.", "1"), ("AU4.", "4")])], 0, 0)
    table = classes_table(run.tasks["au"].judged["strict"], "")
    assert table.columns[-3:] == ("balanced accuracy", "kappa", "MCC")
    assert table.rows[0][-3:] == ("100.00", "1.00", "1.00")


def test_answers_that_were_cut_off_are_counted_and_shown(make_run, report):
    folder = make_run("run", [(SAD, "0"), (HAPPY, "0")], changes={"status": "cut off", "tokens": 24})
    markdown, page = report(folder)
    assert "2 cut off" in markdown and "2 cut off" in page
    assert "1 item went wrong, 1 of them cut off; 1 shown." in page
    assert "(cut off after 24 tokens)" in page


def test_reasons_of_failures_are_listed(make_run, report):
    markdown, _ = report(make_run("run", [(None, "0"), (None, "1"), (HAPPY, "0")]))
    assert "| failed: the picture is broken | 2 |" in markdown


def test_a_task_without_readable_labels_does_not_block_the_report(make_run, report):
    folder = make_run("run", [(HAPPY, "0")], [("AU1.", {"no": "label"})] * 3)
    markdown, page = report(folder)
    line = next(line for line in markdown.splitlines() if line.startswith("| run | Action units | strict |"))
    assert line.startswith("| run | Action units | strict | not defined |") and "3 with unreadable labels" in line
    assert "| run | Emotion | strict | 100.00" in markdown
    assert "0 items went wrong; none shown." in page


def test_items_without_a_label_flip_in_no_comparison(make_run, report):
    folders = [make_run(name, [(said, None)], [(said, None)]) for name, said in (("a", HAPPY), ("b", "Hm."))]
    assert "Flipped items: 0 better, 0 worse" in report(*folders)[0]


def test_the_markdown_lists_the_items_that_flipped(make_run, report):
    markdown, _ = report(make_run("a", [(SAD, "0")]), make_run("b", [(HAPPY, "0")]))
    assert "**Flipped items: 1 better, 0 worse in b**" in markdown
    assert "| emotion-0 | +1 | happiness | sadness | happiness |" in markdown


def test_a_missing_reference_is_called_so(make_run):
    (run,) = read_runs([make_run("run", [(HAPPY, "0")], changes={"reference": None})], 0, 0)
    assert {row[-1] for row in totals_table([run]).rows} == {"1 without a reference"}


def test_runs_say_where_their_priors_came_from(make_run):
    lines = [(HAPPY, "0")] * 2
    folders = [make_run(str(kind), lines, changes={"prior": kind}) for kind in ("file", "computed instead", None)]
    rows = runs_table(read_runs(folders, 0, 0)).rows
    assert [row[5] for row in rows] == ["2 from files", "2 computed instead of missing files", "none"]
