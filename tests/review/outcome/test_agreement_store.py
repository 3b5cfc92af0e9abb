"""The agreement report and the dashboard, read from reviews with numbers worked out by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from review.agreement import Estimate
from review.records import EmotionState, UnitState, VerdictState
from review.schema import FaceMeasurement, PlantedError
from review.store.agreement import agreement_report
from review.store.dashboard import dashboard
from review.store.evidence_changes import evidence_changes

ABSENT = VerdictState("wrong", "H1", 2, replacement="")
PRESENT, GONE = UnitState("present", "B"), UnitState("absent")


@pytest.fixture
def pair(make_user):
    return make_user("anna"), make_user("berta")


def test_two_people_on_four_descriptions(make_description, make_campaign, pair, review, read):
    """AU12: both say present twice and absent once, and differ once; AU9 is denied by one of them once."""
    numbers = [make_description() for _ in range(4)]
    campaign = make_campaign(overlap=2)
    said = [(PRESENT, PRESENT), (PRESENT, PRESENT), (GONE, GONE), (PRESENT, GONE)]
    for place, number in enumerate(numbers):
        for person, unit in zip(pair, said[place], strict=True):
            denied = {9: ABSENT} if place == 0 and person is pair[1] else None
            emotion = EmotionState("fear" if place < 2 else "anger")
            review(campaign, person, number, wrong=denied, units={12: unit}, emotion=emotion)
    report = read(agreement_report, campaign_id=campaign.id, repeats=200)
    assert (report.descriptions, report.people, report.phase) == (4, 2, "final")
    assert [unit.action_unit for unit in report.units] == [4, 9, 12, 15]
    twelve = report.units[2]
    assert twelve.prevalence == pytest.approx(5 / 8)
    assert twelve.presence.observed.value == pytest.approx(3 / 4)
    # coincidences: present-present 4, absent-absent 2, mixed 2; alpha = 1 - 7 * 2 / (2 * 5 * 3)
    assert twelve.presence.alpha.value == pytest.approx(1 - 7 * 2 / 30)
    assert twelve.presence.positive.value == pytest.approx(2 * 2 / (2 * 2 + 1))
    assert twelve.presence.alpha.low <= twelve.presence.alpha.value <= twelve.presence.alpha.high
    assert not twelve.released
    assert report.units[0].reason.startswith("Everybody said the same")
    assert report.verdicts.observed == Estimate(
        pytest.approx(11 / 12), report.verdicts.observed.low, report.verdicts.observed.high, 12
    )
    assert report.emotion.alpha.value == 1
    # FACS index: (4 9 12 15) and (4 12 15): 6/7; equal; (4 9 15) twice: 1; (4 9 12 15) and (4 9 15): 6/7
    assert report.facs.value == pytest.approx((6 / 7 + 1 + 1 + 6 / 7) / 4)
    (both,) = report.pairs
    assert (both.first, both.second, both.likeness.descriptions) == ("anna", "berta", 4)
    assert both.likeness.facs == report.facs
    assert both.likeness.verdict_kappa.value == pytest.approx(0)
    # AU4, 9 and 15 agree 11 of 12 times as the text says, AU12 3 of 4: 14 of 16 cells of the table are on its diagonal
    assert both.likeness.presence_kappa.low <= both.likeness.presence_kappa.value <= both.likeness.presence_kappa.high
    assert [(one.person, one.others, one.likeness.descriptions) for one in report.each_person] == [
        ("anna", 1, 4),
        ("berta", 1, 4),
    ]
    assert report.spans.descriptions == 0 and report.spans.exact.value is None


def test_blind_campaigns_count_what_was_coded_before_the_text(make_description, make_campaign, pair, review, read):
    make_description()
    campaign = make_campaign(overlap=2, blind=True)
    for person in pair:
        blind = {"blind_units": {12: PRESENT}, "blind_emotion": EmotionState("fear"), "blind_done": True}
        units = {12: GONE if person is pair[0] else PRESENT}
        review(campaign, person, 1, units=units, **blind)
    report = read(agreement_report, campaign_id=campaign.id, repeats=50)
    assert report.phase == "blind"
    assert [unit.action_unit for unit in report.units] == [12]
    assert report.units[0].presence.observed.value == 1


def test_a_unit_passes_the_gates_when_people_agree_on_it(make_description, make_campaign, pair, review, read):
    numbers = [make_description() for _ in range(10)]
    campaign = make_campaign(overlap=2)
    for place, number in enumerate(numbers):
        if place == 9:
            (twelve,) = [unit for unit in read(agreement_report, repeats=50).units if unit.action_unit == 12]
            assert (twelve.gate, twelve.reason[:26]) == ("not measured", "Only 9 of at least 10 pict")
        for person in pair:
            review(campaign, person, number, units={12: PRESENT if place % 2 else GONE})
    report = read(agreement_report, repeats=50)
    assert {unit.action_unit: unit.gate for unit in report.units}[12] == "passes"
    assert report.presence.alpha.value == 1


def test_nothing_judged_twice(make_description, make_campaign, pair, review, read):
    number = make_description()
    review(make_campaign(), pair[0], number)
    report = read(agreement_report)
    assert (report.descriptions, report.units, report.pairs) == (0, (), ())
    assert report.verdicts.alpha.value is None


def test_dashboard_of_an_empty_database(read):
    found = read(dashboard)
    assert found.progress.total == found.overall.n == 0
    assert found.needs == ("Import descriptions: python -m review import FILE.json --images FOLDER.",)


@pytest.fixture
def measured(database):
    """Say how a description's face is turned and what its gates are."""

    def act(description_id, yaw, *gates):
        from review.schema import Description

        with database.write() as session:
            image = session.scalar(select(Description.image_id).where(Description.id == description_id))
            document = {"pose_deg": {"yaw": yaw, "pitch": 0, "roll": 90}, "gates": [{"name": name} for name in gates]}
            session.add(FaceMeasurement(image_id=image, found=True, document=document, mesh=None, version="test"))

    return act


def test_dashboard_counts_by_hand(make_description, make_campaign, pair, review, read, measured, later):
    numbers = [make_description() for _ in range(4)]
    campaign = make_campaign(random_rate=1.0, overlap=2)
    measured(numbers[0], 40, "profile", "blur")
    measured(numbers[1], 10)
    for place, number in enumerate(numbers[:3]):
        wrong = {0: {9: ABSENT}, 1: {9: VerdictState("wrong", "H4"), 15: VerdictState("wrong", "H0")}}.get(place)
        review(campaign, pair[0], number, wrong=wrong, active_ms=10_000 * (place + 1), now=later(days=5 * place))
    found = read(dashboard, campaign_id=campaign.id, now=later(days=11))
    assert (found.progress.total, found.progress.submitted, found.progress.open) == (8, 3, 5)
    # nine claims: H0 is boilerplate and does not count, two are wrong
    assert (found.overall.k, found.overall.n) == (2, 8)
    assert {unit.action_unit: (unit.rate.k, unit.rate.n) for unit in found.units} == {4: (0, 3), 9: (2, 3), 15: (0, 2)}
    assert [(count.code, count.claims) for count in found.error_mix] == [("H1", 1), ("H4", 1), ("H0", 1)]
    assert [day.submitted for day in found.days] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert found.days[0].day == date(2026, 11, 23)
    (anna,) = found.reviewers
    assert (anna.login, anna.submitted, anna.last_7_days, anna.median_seconds) == ("anna", 3, 2, 20.0)
    cells = {(cell.code, cell.action_unit, cell.pose, cell.gate): cell.rate for cell in found.atlas}
    assert (cells["H1", 9, "all", "all"].k, cells["H1", 9, "all", "all"].n) == (1, 3)
    assert cells["H1", 9, "strongly turned", "blur"].k == cells["H1", 9, "all", "profile"].k == 1
    assert cells["H4", 9, "frontal", "no gate"].k == 1
    assert cells["H4", 9, "unknown", "not measured"].k == 0
    assert any("5 places are free" in need for need in found.needs)


@pytest.fixture
def later():
    from datetime import UTC, datetime

    return lambda **delta: datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(**delta)


def test_planted_errors_found_and_missed(make_description, make_campaign, pair, review, read, claims_of, database):
    numbers = [make_description(planted="H1") for _ in range(3)]
    added = make_description(planted="M1")
    campaign = make_campaign()
    place = claims_of(numbers[0])[9]
    with database.write() as session:
        truth = {"start": place.start + 3, "end": place.start + 9, "action_unit": 9}
        session.execute(update(PlantedError).values(truth=truth))
        missing = PlantedError.description_id == added
        session.execute(update(PlantedError).where(missing).values(truth={"start": 0, "end": 0, "action_unit": 25}))
    review(campaign, pair[0], numbers[0], wrong={9: ABSENT})
    review(campaign, pair[0], numbers[1], wrong={15: ABSENT})
    review(campaign, pair[1], numbers[2])
    review(campaign, pair[1], added, units={25: PRESENT})
    found = read(dashboard)
    assert {rate.code: (rate.missed.k, rate.missed.n) for rate in found.planted} == {"H1": (2, 3), "M1": (0, 1)}
    people = {one.login: (one.planted_found.k, one.planted_found.n) for one in found.reviewers}
    assert people == {"anna": (1, 2), "berta": (1, 2)}


def test_verdicts_changed_after_evidence_are_counted_by_person_and_unit(
    make_description, make_campaign, pair, review, read
):
    """Each text names AU4, AU9 and AU15; anna turns AU9 twice, AU15 once, berta none; one campaign never shows."""
    turned = replace(ABSENT, changed_after_hint=True)
    first, second, third = (make_description() for _ in range(3))
    shown, never = make_campaign(ids=(first, second), overlap=2), make_campaign(ids=(third,), hints="never")
    review(shown, pair[0], first, wrong={9: turned, 15: turned})
    review(shown, pair[0], second, wrong={9: turned})
    review(shown, pair[1], first)
    review(never, pair[1], third, wrong={4: turned})
    found = read(evidence_changes)
    assert (found.whole.k, found.whole.n) == (3, 9)
    assert {who: (share.k, share.n) for who, share in found.people.items()} == {pair[0].id: (3, 6), pair[1].id: (0, 3)}
    assert [(unit, share.k, share.n) for unit, share in found.units.items()] == [(4, 0, 3), (9, 2, 3), (15, 1, 3)]
    assert read(evidence_changes, campaign_id=shown.id) == found
    assert read(evidence_changes, campaign_id=never.id).whole.n == 0
    people = {one.login: one.changed_after_hint for one in read(dashboard).reviewers}
    assert people == {"anna": found.people[pair[0].id], "berta": found.people[pair[1].id]}
