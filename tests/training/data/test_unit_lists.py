import hashlib
import json

import pytest

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS, SCORED_ACTION_UNITS
from training.data.registry import READERS
from training.data.unit_lists import UnitList, read_unit_list, unit_list, unit_list_names, unit_lists_version

DIGESTS = {1: "3d7cb5878d6ed74e"}
"""Version to the hash of all lists; a changed list needs a new version, and then a new line here."""


def test_a_changed_list_needs_a_new_version():
    lists = {name: [unit_list(name).scored, unit_list(name).coded] for name in unit_list_names()}
    digest = hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()[:16]
    assert digest == DIGESTS[unit_lists_version()]


def test_faba_codes_twenty_units_and_scores_twelve():
    assert unit_list(None) == unit_list("faba") == UnitList("faba", SCORED_ACTION_UNITS, tuple(ACTION_UNITS))
    assert unit_list("raf-db").name == "faba"  # it has no action units of its own


def test_every_classic_list_is_of_a_reader_and_ascends_within_the_taxonomy():
    for name in unit_list_names()[1:]:
        units = unit_list(name)
        assert name in READERS and units.scored == units.coded == tuple(sorted(units.coded))
        assert set(units.coded) <= ACTION_UNITS.keys()
    assert unit_list("disfa").coded == (1, 2, 4, 6, 9, 12, 25, 26)


@pytest.mark.parametrize("text", ["12, 4,1", "1 4 12", "1,4,12,4"])
def test_a_list_of_ones_own_is_read(text):
    units = read_unit_list(text)
    assert (units.name, units.scored, units.coded, units.is_own) == ("own", (1, 4, 12), (1, 4, 12), True)


def test_a_data_set_is_read_as_its_list():
    assert read_unit_list("BP4D") == unit_list("bp4d") and not read_unit_list("bp4d").is_own


@pytest.mark.parametrize("text", ["", ",", "3", "1, x", "ck+", "²", "1" * 50])
def test_other_lists_are_refused(text):
    with pytest.raises(InputError, match="is no list of action units"):
        read_unit_list(text)
