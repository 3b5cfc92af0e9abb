"""The guideline: the packaged version is whole, other documents are refused by name, versions are kept."""

import copy
import json

import pytest

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.guidelines import BANDS, changed_cards, guideline_from_json, packaged_guideline
from review.records import CODES
from review.store.events import list_events
from review.store.guidelines import current_guideline, ensure_guideline, list_guidelines, publish_guideline


@pytest.fixture
def document():
    return packaged_guideline().to_json()


def test_packaged_guideline_has_a_card_for_each_action_unit_and_code():
    guideline = packaged_guideline()
    assert list(guideline.units) == list(ACTION_UNITS) and tuple(guideline.codes) == CODES
    for card in guideline.units.values():
        assert set(card.intensity) == set(BANDS)
        words = " ".join([card.look_for, card.mistaken_for, card.still_picture, *card.intensity.values()]).split()
        assert 40 <= len(words) <= 140, f"AU{card.number} has {len(words)} words: too few to help or too many to read"


def test_json_form_reads_back_equal(document):
    assert guideline_from_json(json.loads(json.dumps(document))) == packaged_guideline()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("units"), "units is missing"),
        (lambda d: d["units"].pop("4"), "4 is missing"),
        (lambda d: d["units"].update({"99": {}}), "'99' is not known"),
        (lambda d: d["units"]["4"].update(look_for="  "), "look_for in AU4"),
        (lambda d: d["units"]["4"]["intensity"].pop("C"), "C is missing"),
        (lambda d: d["codes"]["H1"].update(means=3), "card of H1, means"),
        (lambda d: d["codes"]["H1"].update(means="x" * 2001), "2001 characters"),
        (lambda d: d.update(general=[]), "general part"),
        (lambda d: d.update(extra=1), "'extra' is not known"),
    ],
)
def test_faulty_guideline_is_refused_by_name(document, change, words):
    change(document)
    with pytest.raises(InputError, match=words):
        guideline_from_json(document)


@pytest.mark.parametrize("other", [None, 3, "guideline", [], {}, {"version": "1"}])
def test_other_json_is_refused(other):
    with pytest.raises(InputError):
        guideline_from_json(other)


def test_changed_cards_are_named(document):
    document["units"]["4"]["look_for"] = "Something else."
    document["codes"]["S1"]["means"] = "Something else."
    document["general"]["A new rule"] = "Look twice."
    assert changed_cards(packaged_guideline(), guideline_from_json(document)) == ["A new rule", "AU4", "S1"]
    assert changed_cards(packaged_guideline(), packaged_guideline()) == []


def test_versions_are_kept_and_the_latest_active_one_counts(database, make_user, document):
    lead = make_user(role="lead")
    with database.write() as session:
        first = ensure_guideline(session, actor_id=None)
    assert first.version == packaged_guideline().version
    changed = copy.deepcopy(document) | {"version": "2", "summary": "AU4 is clearer."}
    changed["units"]["4"]["look_for"] = "Something else."
    with database.write() as session:
        second = publish_guideline(session, guideline=guideline_from_json(changed), actor_id=lead.id)
        assert ensure_guideline(session, actor_id=None) == second
    with database.read() as session:
        assert current_guideline(session) == second
        assert current_guideline(session, now=first.active_from) == first
        assert [record.version for record in list_guidelines(session)] == ["2", "1"]
        assert list_events(session, entity="guideline", entity_id=second.id)[0].actor_id == lead.id


def test_no_guideline_before_the_first_one(database):
    with database.read() as session:
        assert current_guideline(session) is None and list_guidelines(session) == []


def test_a_version_cannot_be_published_twice(database):
    with database.write() as session:
        ensure_guideline(session, actor_id=None)
    with pytest.raises(InputError, match="published already"), database.write() as session:
        publish_guideline(session, guideline=packaged_guideline(), actor_id=None)
