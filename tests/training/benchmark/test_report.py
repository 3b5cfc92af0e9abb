import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from training.benchmark.__main__ import main
from training.benchmark.cited import cited_results
from training.benchmark.item_scores import ItemScores
from training.benchmark.items import read_items
from training.benchmark.report_compare import compare
from training.benchmark.report_markdown import table_markdown
from training.benchmark.report_pictures import Bar, bar_chart, confusion_chart, histogram
from training.benchmark.report_results import judge_rows, read_runs
from training.benchmark.report_tables import Table
from training.benchmark.score import ScoringSettings, judge_all, score

EVIL = "<script>alert('x')</script> & \"quoted\" | pipe"


HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


def test_the_report_is_one_file_with_every_text_escaped(make_run, capsys):
    run = make_run("run", [(EVIL, "0"), (HAPPY, "0"), (None, "1")], [("AU12 is present.", "12"), (EVIL, "1, 2")])
    assert main(["report", str(run), "--bootstrap", "20"]) == 0
    page = (run / "report.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page and "M &lt;b&gt;" in page
    assert not re.search(r'(src|href)="(?!data:)', page) and "url(" not in page
    assert page.count("data:image/jpeg;base64,") == 3
    assert "failed: the picture is broken" in page
    assert "2 items went wrong" in page
    for name in ("S_rege", "AU12 Lip corner puller", "happiness", "Cited from publications", "62.1"):
        assert name in page
    assert "Written to" in capsys.readouterr().out


def test_the_pictures_are_well_formed(make_run):
    run = make_run("run", [(HAPPY, "0"), (SAD, "0")], [("AU1 <&>", "1")])
    main(["report", str(run), "--bootstrap", "10"])
    drawings = re.findall(r"<svg.*?</svg>", (run / "report.html").read_text(), re.DOTALL)
    assert len(drawings) == 2 * 2 + 2 + 2 + 2  # bars, confusions, and two histograms of each task
    for drawing in drawings:
        ElementTree.fromstring(drawing)


def test_faces_stay_out_when_no_picture_is_asked_for(make_run):
    run = make_run("run", [(SAD, "0")])
    main(["report", str(run), "--bootstrap", "0", "--pictures", "0"])
    assert "data:image" not in (run / "report.html").read_text()


def test_the_markdown_holds_the_scores_that_score_gives(make_run, tmp_path):
    run = make_run("run", [(HAPPY, "0"), (SAD, "0"), (SAD, "1"), (None, "6")])
    main(["report", str(run), "--bootstrap", "50"])
    scored = tmp_path / "scores.json"
    predictions = str(run / "predictions_emotion.jsonl")
    fixed = ["--task", "emotion", "--predictions", predictions, "--json", str(scored), "--bootstrap", "50"]
    for protocol in ("paper", "strict"):
        main(["score", "--protocol", protocol, *fixed])
        report = json.loads(scored.read_text())
        assert report["s_re"] == 50  # two of four right, the failed one counted
        low, high = report["intervals_95"]["s_re"]
        cell = f"| run | Emotion | {protocol} | {report['s_re']:.2f} ({low:.2f} to {high:.2f}) |"
        assert cell in (run / "report.md").read_text()


def test_the_difference_and_the_flips_are_counted_by_hand(make_run):
    first = make_run("first", [(HAPPY, "0"), (SAD, "0"), (SAD, "1"), (SAD, "0")])
    second = make_run("second", [(HAPPY, "0"), (HAPPY, "0"), (HAPPY, "1"), (HAPPY, "0")])
    runs = read_runs([first, second], 0, 0)
    found = compare(*runs, "emotion", "strict", 200, 0)
    assert found.differences["s_re"] == 75 - 50
    assert {(flip.id, flip.change) for flip in found.flips} == {("emotion-1", 1), ("emotion-2", -1), ("emotion-3", 1)}
    low, high = found.bounds["s_re"]
    assert low < 25 < high
    assert main(["report", str(first), str(second), "--bootstrap", "20"]) == 0
    page = (first / "report.html").read_text()
    assert "Flipped items: 2 better, 1 worse in second" in page


def test_a_run_does_not_differ_from_itself(make_run):
    lines = [("AU12 and AU25.", "12, 25"), ("AU4.", "1")]
    runs = read_runs([make_run("a", au=lines), make_run("b", au=lines)], 0, 0)
    found = compare(*runs, "au", "paper", 50, 0)
    assert found.flips == [] and set(found.differences.values()) == {0}
    assert set(found.bounds.values()) == {(0, 0)}


def test_action_units_flip_by_the_number_of_right_units(make_run):
    first = make_run("first", au=[("AU12.", "12, 25"), ("AU4.", "4")])
    second = make_run("second", au=[("AU12 and AU25.", "12, 25"), ("AU1 and AU2.", "4")])
    found = compare(*read_runs([first, second], 0, 0), "au", "strict", 0, 0)
    assert [(flip.id, flip.change) for flip in found.flips] == [("au-1", -3), ("au-0", 1)]


@pytest.mark.parametrize("task", ["emotion", "au"])
@pytest.mark.parametrize("protocol", ["paper", "strict"])
def test_item_scores_equal_the_totals_of_score(make_run, task, protocol):
    emotion = [(HAPPY, "0"), (SAD, "0"), (None, "3"), ("No idea.", "4")]
    au = [("AU12 and AU6.", "6, 12"), ("AU4 AU1", "1"), (None, "25"), ("nothing", "2, 4")]
    run = make_run("run", emotion, au)
    settings = ScoringSettings(task, protocol, repeats=0)
    outcomes = judge_all(read_items(run / f"predictions_{task}.jsonl"), settings)
    totals = ItemScores(outcomes, task, protocol).totals()
    report = score(outcomes, settings)
    for name, value in totals.items():
        assert value == pytest.approx(report[name])


def test_class_intervals_hold_the_value_and_are_seeded():
    rows = [{"id": i, "prediction": HAPPY if i % 3 else SAD, "label": "0", "reference": None} for i in range(60)]
    judged = judge_rows(rows, "emotion", 100, 7)["strict"]
    low, high = judged.classes["happiness"]["f1_interval_95"]
    assert judged.scores["classes"]["happiness"]["f1"] == pytest.approx(0.8)
    assert low < 0.8 < high
    assert judge_rows(rows, "emotion", 100, 7)["strict"].classes == judged.classes


@pytest.mark.parametrize(
    ("change", "named"),
    [("unfinished", "not finished"), ("none", "no run.json"), ("twice", "named twice"), ("suffix", ".html")],
)
def test_user_mistakes_are_one_sentence(make_run, capsys, change, named):
    run = make_run("run", [(HAPPY, "0")])
    arguments = ["report", str(run)]
    if change == "unfinished":
        (run / "predictions_emotion.jsonl").unlink()
    elif change == "none":
        for name in ("run.json", "predictions_emotion.jsonl"):
            (run / name).unlink()
    elif change == "twice":
        arguments.append(str(run))
    else:
        arguments += ["--out", str(run / "report.pdf")]
    assert main(arguments) == 2
    assert named in capsys.readouterr().err


def test_runs_with_different_labels_are_not_compared(make_run, capsys):
    first, second = make_run("first", [(HAPPY, "0")]), make_run("second", [(HAPPY, "1")])
    assert main(["report", str(first), str(second)]) == 2
    assert "different labels" in capsys.readouterr().err


def test_a_release_gives_four_numbers(make_run, tmp_path):
    run = make_run("run", [(HAPPY, "0")])
    release = tmp_path / "release.json"
    release.write_text(json.dumps([{"image": "faces/0.png", "label": "1", "gpt4": HAPPY}]))
    assert main(["report", str(run), "--emotion-release", str(release), "--bootstrap", "0"]) == 0
    lines = [line for line in (run / "report.md").read_text().splitlines() if line.startswith("| run | strict |")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    numbers = {(labels, references): (s_re, s_ge) for _, _, labels, references, s_re, s_ge, _ in cells}
    assert numbers["old", "new"] == ("100.00", "100.00") and numbers["new", "new"] == ("0.00", "100.00")
    assert numbers["old", "old"][0] == "100.00" and numbers["old", "old"][1] == numbers["new", "old"][1] != "100.00"
    assert "Review release" in (run / "report.html").read_text()


def test_a_release_about_other_pictures_is_refused(make_run, tmp_path, capsys):
    run = make_run("run", [(HAPPY, "0")])
    release = tmp_path / "release.json"
    release.write_text(json.dumps([{"image": "faces/9.png", "label": "1", "gpt4": HAPPY}]))
    assert main(["report", str(run), "--emotion-release", str(release)]) == 2
    assert "shares no picture" in capsys.readouterr().err


def test_cited_numbers_are_those_of_the_publications():
    cited = cited_results()
    rows = {row["method"]: row for row in cited["faba_bench"]}
    assert rows["EmoLA, released runs"]["emotion"]["s_re"] == 63.03
    assert rows["EmoLA, released runs"]["au"]["s_ge"] == 35.26
    for row in rows.values():
        assert row["source"] in cited["sources"]
        for numbers in (row["emotion"], row["au"]):
            if len(numbers) == 3:
                assert numbers["s_re"] + numbers["s_ge"] == pytest.approx(numbers["s_rege"], abs=0.051)
    units = cited["released_action_units"]["f1"]
    assert np.mean(list(units.values())) == pytest.approx(56.12, abs=0.01)


def test_bars_show_values_intervals_and_what_is_not_defined():
    drawing = bar_chart([Bar("AU1 <x>", 0.5, (0.25, 0.75), "of 3"), Bar("AU2", None)], "title")
    ElementTree.fromstring(drawing)
    assert 'width="180.0"' in drawing  # half of the 360 units of the axis
    assert "0.50 of 3" in drawing and "not defined" in drawing and "AU1 &lt;x&gt;" in drawing


def test_a_confusion_matrix_shows_counts_shaded_by_row():
    drawing = confusion_chart(["a", "b"], ["a", "b", "unknown"], [[3, 1, 0], [0, 0, 2]], "title")
    ElementTree.fromstring(drawing)
    assert 'fill-opacity="0.750"' in drawing and ">3</text>" in drawing and ">0</text>" not in drawing
    assert drawing.count('class="cell hit"') == 2


def test_histograms_put_every_number_into_a_bin():
    drawing = histogram({"answers": [0, 5, 10, 10], "references": []}, "lengths", "words", bins=10)
    ElementTree.fromstring(drawing)
    assert sum(map(int, re.findall(r"<title>(\d+)</title>", drawing))) == 4
    assert "mean 6.25, n 4" in drawing


def test_a_histogram_ends_where_it_is_told():
    drawing = histogram({"strict": [0.1, 0.4]}, "ROUGE-L", "F", bins=10, top=1.0)
    assert ">1 F</text>" in drawing
    counts = [int(count) for count in re.findall(r"<title>(\d+)</title>", drawing)]
    assert counts == [0, 1, 0, 0, 1, 0, 0, 0, 0, 0]


def test_markdown_cells_cannot_break_the_table():
    text = table_markdown(Table("caption", ("a", "b"), [("x | y\nz", "<b>")]))
    assert text.splitlines()[-1] == r"| x \| y z | \<b\> |"


def test_a_unit_without_labels_is_called_that_and_one_that_is_not_scored_is_pale(make_run):
    run = make_run("run", au=[("AU1 is present. AU26 is present.", "1, 26")])
    main(["report", str(run), "--bootstrap", "0", "--pictures", "0"])
    page = (run / "report.html").read_text()
    assert "not defined of 0" not in page and ">no labels</text>" in page
    assert ["opacity" in bar_chart([Bar("AU26", 0.5, pale=pale)], "F1") for pale in (True, False)] == [True, False]
