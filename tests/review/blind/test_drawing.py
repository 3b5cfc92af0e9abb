"""What a blind check is made of: which faces, in which order, under which numbers."""

import json
from collections import Counter

import pytest
from sqlalchemy import select

from emola.errors import InputError
from review.blind_checks import TOUCHED, TRAINING
from review.importing import import_faba
from review.predictions import import_predictions
from review.schema import Assignment, BlindPair, Description, Image
from review.store.blind_checks import balanced
from review.store.campaigns import CampaignFilter, create_campaign, set_state
from review.store.events import verify_events

OLD, NEW = "EmoLA-before", "EmoLA-after"


def test_faces_are_drawn_with_a_seed_the_same_for_both_models(check, database):
    made = check(probe_faces=5, seed=3)
    again = check(probe_faces=5, seed=3, name="Round 2")
    assert (made.check.faces, made.check.campaign.total, made.passed_over) == (5, 10, {})
    assert again.passed_over == {TOUCHED: 5} and again.check.faces == 3, "nobody judges a text twice in two checks"
    with database.read() as session:
        by_face = Counter(
            session.execute(select(Description.image_id, Description.prompt).where(Description.id <= 10)).all()
        )
        splits = set(session.scalars(select(Image.split)))
        assert set(by_face.values()) == {2} and len(by_face) == 5, "two texts about each face, asked the same"
        assert splits == {"probe"}, "what is checked is never trained on"
        assert verify_events(session).first_bad is None


def test_training_pictures_and_unfinished_runs_are_not_checked(check, database, make_run, pictures, tmp_path):
    rows = [{"source": "x", "id": f"{face}", "image": f"{face}.png"} for face in range(6)]
    said = {"conversations": [{"from": "human", "value": "AUs?\n<image>"}, {"from": "gpt", "value": "AU4 is shown."}]}
    (tmp_path / "train_au_anno.json").write_text(json.dumps([row | said for row in rows]))
    import_faba(database, json_path=tmp_path / "train_au_anno.json", images_dir=pictures)
    made = check()
    assert (made.check.faces, made.passed_over) == (2, {TRAINING: 6})
    with pytest.raises(InputError, match=r"share no face that can be checked blindly \(6 × a training picture"):
        check(old=make_run(OLD, range(6)), name="Round 2")
    with pytest.raises(InputError, match="not finished"):
        check(old=make_run(OLD, finished=False), name="Round 2")
    with pytest.raises(InputError, match="no common picture"):
        check(old=make_run(OLD, tasks=("emotion",)), name="Round 2")
    run = make_run(OLD)
    for wrong, words in (
        ({"old": run, "new": run}, "same folder"),
        ({"name": "Round 1"}, "already a campaign 'Round 1'"),
        ({"name": " "}, "needs a name"),
        ({"probe_faces": 0}, "at least one face"),
    ):
        with pytest.raises(InputError, match=words):
            check(**({"name": "Round 2"} | wrong))


def test_numbers_and_order_tell_nothing(check, database, make_run):
    """Neither the numbers of the texts nor their places go with the model, even where one was imported before."""
    old, new = make_run(OLD), make_run(NEW)
    import_predictions(database, run=old, as_descriptions=True)
    check(old=old, new=new)
    with database.read() as session:
        pairs = session.scalars(select(BlindPair)).all()
        places = dict(session.execute(select(Assignment.description_id, Assignment.place)).all())
        strata = set(session.scalars(select(Assignment.stratum)))
    old_is_lower = [pair.old_id < pair.new_id for pair in pairs]
    assert 0 < sum(old_is_lower) < 8
    assert [places[pair.old_id] < places[pair.new_id] for pair in pairs] == [pair.old_first for pair in pairs]
    assert sum(pair.old_first for pair in pairs) == 4, "each model is judged first as often"
    assert all(abs(places[pair.old_id] - places[pair.new_id]) == 1 for pair in pairs)
    assert strata == {"suspicion"}, "these texts say nothing of the data set's error rates"


@pytest.mark.parametrize(("count", "least"), [(0, 0), (3, 1), (4, 2), (8, 4), (61, 30)])
def test_every_beginning_of_the_order_is_balanced(count, least):
    import random

    for seed in range(20):
        drawn = balanced(count, random.Random(seed))
        assert len(drawn) == count and sum(drawn) >= least
        assert all(abs(2 * sum(drawn[:length]) - length) <= 2 for length in range(count))


def test_nobody_else_gets_the_texts_of_a_running_check(check, database, write, lead):
    made = check().check
    with pytest.raises(InputError, match="No description fits"):
        write(create_campaign, name="others", filter=CampaignFilter(), actor_id=lead.id)
    write(set_state, campaign_id=made.campaign.id, state="closed", actor_id=lead.id, version=1)
    later = write(create_campaign, name="after", filter=CampaignFilter(origin_model=OLD), actor_id=lead.id)
    assert later.total == 8
