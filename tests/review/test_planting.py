"""Errors planted into copies of descriptions: what is changed, and where such copies never come."""

from random import Random

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from emola.errors import InputError
from review.__main__ import main
from review.claims import parse_claims
from review.errors import NotAllowed
from review.planted_texts import plant_error
from review.planting import make_errors, pairs_words
from review.records import ReviewState, VerdictState
from review.schema import Assignment, Claim, Description, PlantedError, ReleaseRow
from review.store.campaigns import CampaignFilter, create_campaign
from review.store.planted import is_found
from review.store.planting import count_pairs
from review.store.releases import begin_release
from review.store.slots import ranked_descriptions
from review.store.work import lease_description, lease_next, peek, skip

UNITS = (
    "1. AU4 - Brow Lowerer: The left brow is slightly lowered.\n2. AU12 - Lip Corner Puller: The lip corners go up.\n"
)
FEELING = "The person looks sad. The corners of the mouth are pulled down."


class Row:
    """A parsed claim as a row of the database has it."""

    def __init__(self, claim):
        self.__dict__.update(
            {name: getattr(claim, name) for name in ("start", "end", "kind", "action_unit", "negated")}
        )
        self.more_units, self.emotion = claim.more_units, claim.emotion


def rows(text, task):
    return [Row(claim) for claim in parse_claims(text, task)]


@pytest.mark.parametrize(("text", "task", "codes"), [(UNITS, "au", {"H2", "H3", "H4"}), (FEELING, "emotion", {"H6"})])
def test_one_claim_changes_and_the_rest_stays(text, task, codes):
    found = {}
    for seed in range(40):
        planted = plant_error(text, rows(text, task), Random(seed))
        assert text[: planted.start] == planted.text[: planted.start]
        assert text[planted.start + len(planted.was) :] == planted.text[planted.end :]
        assert text[planted.start : planted.start + len(planted.was)] == planted.was
        found[planted.code] = planted.text
    assert found.keys() == codes
    if task == "au":
        assert "The right brow is slightly lowered" in found["H3"]
        assert "The left brow is strongly lowered" in found["H4"]
        units = [claim.action_unit for claim in rows(found["H2"], task)]
        assert len(units) == 2 and len({4, 12} & set(units)) == 1


def test_where_nothing_can_be_planted():
    assert plant_error("A face.", rows("A face.", "au"), Random(0)) is None
    assert plant_error("There is no AU12.", rows("There is no AU12.", "au"), Random(0)) is None


@pytest.fixture
def made(database, make_description):
    """Two descriptions, one of them evaluated, with a planted copy each."""
    make_description(UNITS), make_description(UNITS, split="eval")
    assert make_errors(database, wanted=CampaignFilter(), count=5) == 2
    with database.read() as session:
        return {row.description_id: row for row in session.scalars(select(PlantedError))}


def test_copies_look_like_their_originals_and_hold_a_known_error(database, made):
    with database.read() as session:
        for number, error in made.items():
            copy = session.get_one(Description, number)
            original = session.get_one(Description, error.original_id)
            for name in ("image_id", "source_id", "task", "row_id", "origin_model", "prompt"):
                assert getattr(copy, name) == getattr(original, name)
            claims = session.scalars(select(Claim).where(Claim.description_id == number)).all()
            places = [(claim.id, claim.start, claim.end) for claim in claims]
            (wrong,) = [one for one, start, end in places if start <= error.truth["start"] < end]
            caught = ReviewState(verdicts={wrong: VerdictState("wrong", "H1")})
            assert is_found(error.code, error.truth, places, caught)
            assert not is_found(error.code, error.truth, places, ReviewState())
    assert make_again(database) == "No error can be put"


def make_again(database):
    with pytest.raises(InputError) as refused:
        make_errors(database, wanted=CampaignFilter(), count=1, seed=1)
    return str(refused.value)[:19]


def test_copies_are_handed_out_as_planted_only_and_enter_no_release(database, made, make_campaign, make_user, read):
    assert not made.keys() & set(read(ranked_descriptions, campaign_filter=CampaignFilter()))
    lead = make_user(role="lead")
    row = {"description_id": min(made), "format": "benchmark", "payload_sha256": "", "gold_ids": []}
    with pytest.raises(DBAPIError, match="planted"), database.write() as session:
        release = begin_release(session, name="r", folder="f", query={}, actor_id=lead.id)
        session.execute(insert(ReleaseRow), [row | {"release_id": release}])
    make_campaign(planted_rate=0.5)
    with database.read() as session:
        strata = session.execute(select(Assignment.description_id, Assignment.stratum)).all()
    assert {number for number, stratum in strata if stratum == "planted"} == made.keys()
    assert len(strata) == 4


@pytest.fixture
def met(database, write):
    """Hand out and submit all that a person can get of a campaign; return the descriptions."""

    def act(campaign, person):
        found = []
        while lease := write(lease_next, campaign_id=campaign.id, reviewer_id=person.id):
            found.append(lease.description_id)
            with database.write() as session:
                session.get_one(Assignment, lease.assignment_id).state = "submitted"
        return found

    return act


def test_nobody_gets_both_texts_of_a_pair(made, met, make_campaign, make_user, write, read):
    pairs = [{number, error.original_id} for number, error in made.items()]
    campaign, (first, second) = make_campaign(planted_rate=0.5, random_rate=0), (make_user(), make_user())
    whom = {"campaign_id": campaign.id, "reviewer_id": first.id}
    lease = write(lease_next, **whom)
    (other,) = next(pair for pair in pairs if lease.description_id in pair) - {lease.description_id}
    assert other not in read(peek, **whom, count=9)
    with pytest.raises(NotAllowed, match="another version"):
        write(lease_description, **whom, description_id=other)
    given = met(campaign, first)
    assert [len(pair & set(given)) for pair in pairs] == [1, 1]
    assert sorted([*given, *met(campaign, second)]) == sorted(set().union(*pairs))


def test_copies_without_their_original_in_the_queue_are_preferred(made, make_description, make_campaign, read):
    original = min(error.original_id for error in made.values())
    alone = make_campaign(ids=(original,), planted_rate=0.5)
    assert (alone.total, read(count_pairs, campaign_id=alone.id), read(pairs_words, campaign=alone)) == (2, 0, "")
    both = make_campaign(ids=(original, make_description()), planted_rate=0.5, overlap=2)
    assert read(pairs_words, campaign=both) == (
        " 1 planted error has its original in it too. Nobody gets both, so it takes at least 4 people to finish."
    )


def test_a_share_that_cannot_be_filled_is_refused(database, made, make_campaign, make_description, make_user, write):
    with pytest.raises(InputError, match="needs 1 of this task, split and author, but there are 0"):
        write(
            create_campaign,
            name="probe",
            filter=CampaignFilter(ids=(make_description(split="probe"),), split="probe"),
            planted_rate=0.1,
            actor_id=make_user(role="lead").id,
        )
    for _ in range(4):
        make_description()
    with pytest.raises(InputError, match=r"needs 7 of this task.* but there are 2; make some .* --count 5"):
        make_campaign(planted_rate=0.5)


def test_the_pool_follows_split_task_and_author(database, made, make_description, make_user, write):
    lead = make_user(role="lead").id
    evaluated = CampaignFilter(split="eval", task="au", origin_model="gpt-4v")
    campaign = write(create_campaign, name="eval", filter=evaluated, planted_rate=0.3, actor_id=lead)
    assert campaign.total == 2
    for other in (CampaignFilter(split="eval", origin_model="other"), CampaignFilter(task="emotion")):
        make_description(FEELING, task="emotion", split="eval", origin_model="other")
        with pytest.raises(InputError, match="there are 0"):
            write(create_campaign, name=str(other), filter=other, planted_rate=0.1, actor_id=lead)
        make_description(FEELING, task="emotion")


def test_planted_errors_cannot_be_passed_over_and_the_words_do_not_tell(
    database, make_description, make_campaign, make_user, write
):
    """Of a campaign with a share of .5, as many of the others are refused, the same ones each time."""
    ordinary = [make_description() for _ in range(40)]
    planted = [make_description(planted="H1") for _ in range(40)]
    campaign, person = make_campaign(planted_rate=0.5, random_rate=0.0), make_user()
    refused, words = [], set()
    for _ in range(80):
        lease = write(lease_next, campaign_id=campaign.id, reviewer_id=person.id)
        try:
            write(skip, assignment_id=lease.assignment_id, reviewer_id=person.id, reason="blurred")
        except NotAllowed as error:
            refused.append(lease.description_id)
            words.add(str(error))
            with database.write() as session:
                session.get_one(Assignment, lease.assignment_id).state = "void"
    assert set(planted) < set(refused)
    assert 8 <= len(set(ordinary) & set(refused)) <= 32
    (sentence,) = words
    assert "plant" not in sentence and "error" not in sentence


def test_without_planted_errors_everything_may_be_passed_over(make_description, make_campaign, make_user, write):
    for _ in range(20):
        make_description()
    campaign, person = make_campaign(), make_user()
    for _ in range(20):
        lease = write(lease_next, campaign_id=campaign.id, reviewer_id=person.id)
        write(skip, assignment_id=lease.assignment_id, reviewer_id=person.id, reason="blurred")


def test_the_command(database, database_url, make_description, capsys):
    make_description(UNITS)
    assert main(["plant", "--count", "2", "--db", database_url]) == 1
    assert "1 planted errors are ready" in capsys.readouterr().out
    assert main(["campaign", "create", "Trap", "--planted", "0.2", "--db", database_url]) == 0
    assert "2 places" in capsys.readouterr().out
    for words in (["plant"], ["plant", "--count", "0"]):
        assert main([*words, "--db", database_url]) == 2
