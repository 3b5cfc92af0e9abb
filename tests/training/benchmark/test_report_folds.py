"""Classic data sets in the report: folds of other subjects, an adapter each, and the units of the data set."""

import pytest

from training.benchmark.__main__ import main
from training.benchmark.report_folds import fold_tables
from training.benchmark.report_results import read_runs


@pytest.fixture
def make_fold(make_run):
    """Write a run on one fold of DISFA, about subjects of its own; the first answer is given, the second is right."""

    def make(name, fold, said, model="base", data_set="disfa"):
        lines = [(said, "1, 2"), ("AU12.", "12")]
        return make_run(name, au=lines, ids=f"SN{fold}/", model=model, data_set=data_set, fold=fold)

    return make


def strict_rows(folders):
    table = fold_tables(read_runs(folders, 0, 0))[-1]
    return table, {row[0]: row[1:] for row in table.rows}


def test_folds_of_one_adapter_each_are_averaged_on_the_command_line(make_fold, capsys):
    said = ("AU1 and AU2.", "AU4.", "AU1 and AU2.")
    folders = [make_fold(f"fold{k}", k, text, model=f"base+adapter{k}") for k, text in enumerate(said, start=1)]
    assert main(["report", *map(str, folders), "--bootstrap", "5"]) == 0
    text = (folders[0] / "report.md").read_text()
    assert "Not compared, because no other run here answers the same data set and fold: fold1, fold2, fold3." in text
    lines = [line for line in text.splitlines() if "(fold " in line or "of 3 folds" in line]
    assert lines[4:] == [
        "| fold1 (fold 1) | base+adapter1 | 100.0 | 100.0 | 0.0 | 0.0 | 0.0 | 100.0 | 0.0 | 0.0 | 37.5 |",
        "| fold2 (fold 2) | base+adapter2 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 100.0 | 0.0 | 0.0 | 12.5 |",
        "| fold3 (fold 3) | base+adapter3 | 100.0 | 100.0 | 0.0 | 0.0 | 0.0 | 100.0 | 0.0 | 0.0 | 37.5 |",
        "| mean of 3 of 3 folds |  | 66.7 | 66.7 | 0.0 | 0.0 | 0.0 | 100.0 | 0.0 | 0.0 | 29.2 |",
    ]
    assert "mean of 3 of 3 folds" in (folders[0] / "report.html").read_text()
    assert "(fold" not in capsys.readouterr().err


def test_the_headline_score_is_over_the_units_of_the_data_set(make_fold):
    (run,) = read_runs([make_fold("fold1", 1, "AU1, AU2 and AU5.")], 0, 0)
    scores = run.tasks["au"].judged["strict"].scores
    assert scores["s_re"] == 100.0 and scores["accuracy"] == 1.0  # DISFA does not code AU5
    assert scores["counts"]["uncoded_units"]["ids"] == ["SN1/au-0"]


def test_a_mean_over_some_folds_says_so(make_fold):
    table, rows = strict_rows([make_fold("a", 1, "AU1 and AU2."), make_fold("b", 3, "AU4.")])
    assert table.columns == ("run", "model", *(f"AU{n}" for n in (1, 2, 4, 6, 9, 12, 25, 26)), "mean")
    assert rows["mean of 2 of 3 folds"][-1] == "25.0"


def test_a_fold_that_comes_twice_is_named_and_not_averaged(make_fold):
    _, rows = strict_rows([make_fold("a", 1, "AU1."), make_fold("b", 1, "AU4."), make_fold("c", 2, "AU4.")])
    assert not any(name.startswith("mean") for name in rows)
    assert "no mean: fold 1 is tested more than once; give one run of each fold" in rows


def test_two_models_on_the_same_folds_have_a_mean_each_and_are_compared_fold_by_fold(make_fold):
    folders = [make_fold(f"{m}{k}", k, "AU1.", model=m) for m in ("old", "new") for k in (1, 2)]
    tables = fold_tables(read_runs(folders, 0, 0))
    assert len(tables) == 2 * 2 and all(len(table.rows) == 3 for table in tables)
    assert main(["report", *map(str, folders), "--bootstrap", "5"]) == 0
    text = (folders[0] / "report.md").read_text()
    assert "new1 minus old1" in text and "new2 minus old2" in text and "new2 minus old1" not in text
    assert "Not compared" not in text


def test_a_set_without_folds_has_no_mean_row(make_fold):
    _, rows = strict_rows([make_fold(name, None, "AU1.", data_set="gft") for name in "ab"])
    assert list(rows) == ["a", "b"]


def test_runs_on_faba_that_share_nothing_are_still_refused(make_run, capsys):
    folders = [make_run(name, au=[("AU1.", "1")], ids=name) for name in "ab"]
    assert main(["report", *map(str, folders)]) == 2
    assert "share no au item" in capsys.readouterr().err
