"""The table itself: complete, symmetric and free of limits that contradict each other."""

import json
from pathlib import Path

import numpy as np
import pytest

from emola.faces.geometry_table import __file__ as geometry_table_file
from emola.faces.geometry_table import geometry_table
from emola.faces.layouts import MIRROR_478
from emola.taxonomy import ACTION_UNITS, Side

TABLE = geometry_table()
ROWS = json.loads((Path(geometry_table_file).parent / "data" / "geometry_v1.json").read_text())
REGIONS = {"brows", "eyes", "nose", "mouth", "jaw", "cheeks", "chin"}


def test_every_action_unit_has_a_row_and_its_class():
    assert set(TABLE.rules) == set(ACTION_UNITS)
    classes = {kind: {n for n, rule in TABLE.rules.items() if rule.measure_class == kind} for kind in "MWN"}
    assert classes["M"] == {5, 12, 25, 26, 27, 43}
    assert classes["W"] == {1, 2, 6, 7, 15, 20}
    assert classes["N"] == {4, 9, 10, 14, 16, 17, 23, 24}


@pytest.mark.parametrize("number", sorted(ACTION_UNITS))
def test_rows_name_existing_sources_and_say_why(number):
    row, rule = ROWS["action_units"][str(number)], TABLE.rules[number]
    assert row["sources"] and set(row["sources"]) <= set(ROWS["sources"])
    assert row["evidence"]
    if rule.measure_class == "N":
        assert rule.why and not rule.measures
    else:
        assert rule.supports and all(m.regions and set(m.regions) <= REGIONS for m in rule.measures)


@pytest.mark.parametrize("number", sorted(n for n, rule in TABLE.rules.items() if rule.measure_class == "M"))
def test_measurable_units_can_be_supported_and_contradicted_but_not_both_at_once(number):
    rule = TABLE.rules[number]
    assert rule.contradicts
    for support in rule.supports:
        assert all(condition.marked is not None for condition in support)
        for contradiction in rule.contradicts:
            pairs = [(s, c) for s in support for c in contradiction if s.measure is c.measure]
            assert any(s.above != c.above and (s.limit > c.limit) == s.above for s, c in pairs)


@pytest.mark.parametrize("name", [name for name, measure in TABLE.measures.items() if measure.sided])
def test_left_is_the_mirror_of_right(name):
    measure = TABLE.measures[name]
    right, left = measure.parts[Side.RIGHT], measure.parts[Side.LEFT]
    assert [MIRROR_478[i] for i in right.segment] == list(left.segment)
    np.testing.assert_array_equal(MIRROR_478[right.lengths], left.lengths)
    for (upper, lower, sign), (upper_left, lower_left, sign_left) in zip(right.heights, left.heights, strict=True):
        assert sign == sign_left
        np.testing.assert_array_equal(MIRROR_478[upper], upper_left)
        np.testing.assert_array_equal(MIRROR_478[lower], lower_left)


def test_the_frame_and_version_are_stated():
    assert TABLE.version == "geometry-v1"
    assert 0 < TABLE.pitch_deg < 10
