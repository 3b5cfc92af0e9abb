"""Blind checks in the store: the texts of two models about the same faces, and the campaign that judges them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import (
    Assignment,
    BlindCheck,
    BlindPair,
    Campaign,
    Claim,
    Comment,
    Description,
    Evidence,
    Image,
    LintFinding,
    PlantedError,
    Suspicion,
)
from review.store.campaigns import CampaignRecord, get_campaign, open_campaign
from review.store.events import append_event
from review.store.imports import NewDescription, add_batch, find_description
from review.store.sealing import sealed_campaigns
from review.store.slots import QueuePlace

BLOCK = 4
"""Two of any four texts in a row that come first are the old model's (permuted blocks, as in clinical trials), so that
whoever judges a beginning of the queue sees both models first about as often."""


@dataclass(frozen=True)
class PairedTexts:
    """The descriptions of two models about one face and task; the same one where they wrote the same."""

    image_id: int
    task: str
    old_id: int
    new_id: int


@dataclass(frozen=True)
class CheckedModels:
    """The two models and the benchmark runs that their texts come from."""

    old_model: str
    old_run: str
    new_model: str
    new_run: str


@dataclass(frozen=True)
class BlindCheckRecord:
    """One blind check.

    Attributes:
        id: of the check.
        campaign: that judges it, with how far it is.
        models: whose texts they are; not to be shown while ``sealed``.
        sealed: whether the models may not be named yet.
        new_is_first: whether the new model is called A while they are sealed.
        seed: of the drawing.
        pairs: of texts.
        old_first: in how many of them the old model's text is judged first.
    """

    id: int
    campaign: CampaignRecord
    models: CheckedModels
    sealed: bool
    new_is_first: bool
    seed: int
    pairs: tuple[PairedTexts, ...]
    old_first: int

    @property
    def faces(self) -> int:
        """How many faces were drawn."""
        return len({pair.image_id for pair in self.pairs})


def split_of_picture(session: Session, *, sha256: str) -> tuple[str, str] | None:
    """Return split and relative path of a stored picture by the hash of its bytes; None where it is new."""
    row = session.execute(select(Image.split, Image.rel_path).where(Image.sha256 == sha256)).first()
    return None if row is None else (row.split, row.rel_path)


def is_touched(session: Session, *, sha256: str, text_sha256: str) -> bool:
    """Say whether a text about a picture was handed out, planted or remarked on before, so that somebody knows it."""
    query = select(Description.id).join(Image, Image.id == Description.image_id)
    query = query.where(Image.sha256 == sha256, Description.text_sha256 == text_sha256)
    return session.scalar(query.where(_touched()).limit(1)) is not None


def store_anew(session: Session, *, source_id: int, rows: Sequence[NewDescription]) -> list[tuple[int, int]]:
    """Store texts under new numbers in the order given, in the place of the same ones that nobody has touched.

    What was imported earlier has lower numbers than what is imported now, and reviewers see the numbers: kept ones
    would tell whose a text is. The event says which number became which.

    Returns:
        Picture and description of each row.
    """
    stale = {place: number for place, row in enumerate(rows) for number in _untouched(session, row)}
    for number in stale.values():
        claims = select(Claim.id).where(Claim.description_id == number)
        session.execute(delete(Evidence).where(Evidence.claim_id.in_(claims)))
        session.execute(delete(LintFinding).where(LintFinding.description_id == number))
        session.execute(delete(Claim).where(Claim.description_id == number))
        session.execute(delete(Suspicion).where(Suspicion.description_id == number))
        session.execute(delete(Description).where(Description.id == number))
    add_batch(session, source_id=source_id, rows=rows)
    ids = [find_description(session, new=row) for row in rows]
    if stale:
        after = {"renumbered": {str(number): ids[place] for place, number in stale.items()}}
        append_event(session, actor_id=None, entity="source", entity_id=source_id, action="renumber", after=after)
    return [(session.get_one(Description, number).image_id, number) for number in ids]


def open_check(
    session: Session,
    *,
    name: str,
    models: CheckedModels,
    pairs: Sequence[PairedTexts],
    overlap: int,
    seed: int,
    actor_id: int,
    now: datetime | None = None,
) -> BlindCheckRecord:
    """Open the campaign of a blind check; the texts about one face follow each other and go to one person.

    Args:
        session: the session of ``Database.write()``.
        name: of the campaign; no other one has it.
        models: whose texts they are.
        pairs: those of one face one after the other.
        overlap: how many people judge each face.
        seed: of the order.
        actor_id: who opens it.
        now: the time of it.

    Raises:
        InputError: the name is taken.
    """
    chance = random.Random(f"order {seed}")
    old_first = balanced(len(pairs), chance)
    campaign = open_campaign(
        session,
        name=name,
        wanted={"blind_faces": len({pair.image_id for pair in pairs})},
        rules={"overlap": overlap, "blind": False, "hints": "never", "planted_rate": 0.0, "random_rate": 0.0},
        queue=list(_queue(pairs, old_first)),
        actor_id=actor_id,
        seed=seed,
        now=now,
    )
    check = BlindCheck(campaign_id=campaign.id, new_is_first=chance.random() < 0.5, seed=seed, **vars(models))
    session.add(check)
    session.flush()
    session.add_all(
        BlindPair(blind_check_id=check.id, **vars(pair), old_first=first)
        for pair, first in zip(pairs, old_first, strict=True)
    )
    session.flush()
    after = {"campaign_id": campaign.id, "pairs": len(pairs), **vars(models)}
    append_event(
        session, actor_id=actor_id, entity="blind_check", entity_id=check.id, action="create", after=after, now=now
    )
    return find_check(session, name=campaign.name)


def balanced(count: int, chance: random.Random) -> list[bool]:
    """Return for each pair whether the old model's text comes first, by chance in blocks of BLOCK."""
    drawn: list[bool] = []
    while len(drawn) < count:
        drawn += chance.sample([True, False] * (BLOCK // 2), BLOCK)
    return drawn[:count]


def list_checks(session: Session) -> list[BlindCheckRecord]:
    """Return every blind check, the newest first."""
    sealed = set(session.scalars(sealed_campaigns()))
    checks = session.scalars(select(BlindCheck).order_by(BlindCheck.id.desc())).all()
    return [_record(session, check, sealed) for check in checks]


def find_check(session: Session, *, name: str) -> BlindCheckRecord:
    """Return a blind check by the name of its campaign.

    Raises:
        InputError: there is none; the sentence names those there are.
    """
    query = select(BlindCheck).join(Campaign, Campaign.id == BlindCheck.campaign_id).where(Campaign.name == name)
    check = session.scalar(query)
    if check is None:
        known = session.scalars(select(Campaign.name).join(BlindCheck).order_by(BlindCheck.id)).all()
        raise InputError(f"There is no blind check {name!r}; there are: {', '.join(known) or 'none yet'}.")
    return _record(session, check, set(session.scalars(sealed_campaigns())))


def find_check_of(session: Session, *, old_run: str, new_run: str) -> BlindCheckRecord | None:
    """Return the newest blind check of two benchmark runs, whichever is the old one, by their names."""
    either = BlindCheck.old_run.in_((old_run, new_run)), BlindCheck.new_run.in_((old_run, new_run))
    check = session.scalar(select(BlindCheck).where(*either).order_by(BlindCheck.id.desc()).limit(1))
    return None if check is None else _record(session, check, set(session.scalars(sealed_campaigns())))


def _record(session: Session, check: BlindCheck, sealed: set[int]) -> BlindCheckRecord:
    rows = session.scalars(
        select(BlindPair).where(BlindPair.blind_check_id == check.id).order_by(BlindPair.image_id, BlindPair.task)
    ).all()
    return BlindCheckRecord(
        id=check.id,
        campaign=get_campaign(session, campaign_id=check.campaign_id),
        models=CheckedModels(check.old_model, check.old_run, check.new_model, check.new_run),
        sealed=check.campaign_id in sealed,
        new_is_first=check.new_is_first,
        seed=check.seed,
        pairs=tuple(PairedTexts(row.image_id, row.task, row.old_id, row.new_id) for row in rows),
        old_first=sum(row.old_first for row in rows),
    )


def _queue(pairs: Sequence[PairedTexts], old_first: Sequence[bool]) -> Iterator[QueuePlace]:
    """Yield the texts in the order of the queue, those about one face under one number."""
    ordered = zip(pairs, old_first, strict=True)
    for number, (_, of_face) in enumerate(groupby(ordered, key=lambda entry: entry[0].image_id), start=1):
        for pair, first in of_face:
            texts = (pair.old_id, pair.new_id) if first else (pair.new_id, pair.old_id)
            for text in dict.fromkeys(texts):
                yield QueuePlace(text, "suspicion", number)


def _untouched(session: Session, row: NewDescription) -> list[int]:
    """Return the stored description that is the same as a row, if nobody has touched it."""
    query = select(Description.id).join(Image, Image.id == Description.image_id)
    same = (
        Image.sha256 == row.picture.sha256,
        Description.task == row.record.task,
        Description.origin_model == row.origin_model,
        Description.text_sha256 == row.text_sha256,
    )
    return list(session.scalars(query.where(*same, ~_touched())))


def _touched() -> ColumnElement[bool]:
    return (
        exists().where(Assignment.description_id == Description.id)
        | exists().where(Comment.description_id == Description.id)
        | exists().where(PlantedError.description_id == Description.id)
    )
