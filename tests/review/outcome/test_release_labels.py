"""Which action units a benchmark label leaves open, and that the benchmark does not score those."""

import json

import pytest

from emola.taxonomy import ACTION_UNITS
from review.records import UnitState
from training.benchmark.data_source import open_source
from training.benchmark.report_release import read_release

PRESENT, ABSENT, HIDDEN = UnitState("present", "B"), UnitState("absent"), UnitState("not_visible")
REST = dict.fromkeys(ACTION_UNITS, ABSENT) | dict.fromkeys((4, 9, 15), PRESENT)


@pytest.fixture
def rows(release):
    """Make a release and return its rows about action units, and its manifest."""

    def make(name="r1"):
        folder = release(name)
        lines = (folder / "benchmark/au.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines], json.loads((folder / "manifest.json").read_text())

    return make


def test_what_nobody_judged_is_left_open_and_never_absent(
    describe, make_campaign, make_user, review, rows, release, tmp_path
):
    number = describe(split="eval", label="4, 9")
    review(make_campaign(), make_user(), number, units={12: ABSENT, 43: HIDDEN})
    ((row,), manifest) = rows()
    assert row["label"] == [4, 9, 15]
    assert row["unscored"] == row["contested"] == [unit for unit in ACTION_UNITS if unit not in (4, 9, 12, 15)]
    assert 43 in row["unscored"], "what cannot be seen is not absent"
    assert manifest["not_measured"] == [4, 9, 12, 15, 43]
    (question,) = open_source(str(tmp_path / "releases" / "r1"), "au", tmp_path).questions
    assert list(question.contested) == row["contested"]
    (revision,) = read_release(tmp_path / "releases" / "r1", "au").values()
    assert revision.new["contested"] == row["contested"]


def test_a_confirmed_rest_is_absent(describe, make_campaign, make_user, review, rows):
    number = describe(split="eval", label="4, 9")
    review(make_campaign(), make_user(), number, units=REST)
    ((row,), manifest) = rows()
    assert (row["label"], row["contested"], row["unscored"]) == ([4, 9, 15], [], [])
    assert manifest["not_measured"] == sorted(ACTION_UNITS), "one person coded it all"
    assert manifest["gates"] == {}


def test_a_unit_that_people_do_not_agree_on_is_left_open_everywhere(
    describe, make_campaign, make_user, review, rows, read
):
    """AU12: of 12 pictures two people agree on half. AU25: they agree on all. Another picture has one coder only."""
    numbers = [describe(split="eval", label="4") for _ in range(12)]
    campaign, people = make_campaign(overlap=2), (make_user(), make_user())
    for place, number in enumerate(numbers):
        for coder, person in enumerate(people):
            twelve = PRESENT if (place + coder * (place % 2)) % 4 < 2 else ABSENT
            review(campaign, person, number, units=REST | {12: twelve, 25: PRESENT if place % 2 else ABSENT})
    alone = describe(split="eval", label="4")
    review(make_campaign(ids=(alone,)), people[0], alone, units=REST | {12: PRESENT, 25: PRESENT})
    found, manifest = rows()
    gates = {int(unit): gate["gate"] for unit, gate in manifest["gates"].items()}
    assert (gates[12], gates[25], gates[1]) == ("contested", "passes", "not measured")
    assert len(found) == 13
    assert all(12 in row["contested"] and 12 not in row["label"] for row in found)
    single = found[-1]
    assert (single["label"], single["contested"], single["unscored"]) == ([4, 9, 15, 25], [12], [])
    assert single["units"]["12"] == {"state": "present", "intensity": "B", "side": "N"}
    assert 12 not in manifest["not_measured"] and 25 not in manifest["not_measured"] and 1 in manifest["not_measured"]
