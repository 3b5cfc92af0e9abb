"""A description of the current face, sent to review from the demo; only then is its picture kept."""

import hashlib
import io
import os
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import EmolaError, InputError
from review.faba_records import FabaRecord, RecordFault, checked_answer
from review.lint import lint_version
from review.parsing import parse_text, parser_version
from review.pictures import FORMATS, MAX_BYTES, picture_facts
from review.schema import Source
from review.store.campaign_records import CampaignRules, all_campaign_rules
from review.store.campaigns import CampaignFilter, create_campaign
from review.store.events import append_event
from review.store.imports import NewDescription, add_batch, find_description, find_or_add_source
from review.store.parsed import load_texts, store_parsed
from review.store.slots import append_slots

SOURCE = "sent from the demo"
FOLDER = "sent"
CAMPAIGN = "Sent from the demo"
"""Every description that is sent waits here for one reviewer; it stays open unless a lead closes it."""
TASKS = ("au", "emotion")


def add_description(
    session: Session,
    *,
    image_bytes: bytes,
    text: str,
    task: str,
    origin_model: str,
    prompt: str,
    actor_id: int | None,
    images_dir: Path,
) -> int:
    """Keep a picture and a text about it for review; return the description, the same one if it was sent before.

    The picture is stored upright as PNG without EXIF or any other metadata, and belongs to the split ``probe``.

    Args:
        session: of a write.
        image_bytes: a picture file as uploaded.
        text: what the model said.
        task: ``au`` or ``emotion``.
        origin_model: which model said it.
        prompt: what it was asked.
        actor_id: who sends it.
        images_dir: folder that keeps such pictures.

    Raises:
        InputError: the picture, the text or the task cannot be used.
        EmolaError: the picture cannot be written.
    """
    if task not in TASKS:
        raise InputError(f"{task!r} is no task; expected au or emotion.")
    try:
        answer = checked_answer(text, "text")
    except RecordFault as fault:
        raise InputError(f"The description cannot be sent: {fault}.") from fault
    path = _keep(_clean_png(image_bytes), images_dir)
    record = FabaRecord(path.stem, f"{FOLDER}/{path.name}", task, "probe", prompt, answer)
    new = NewDescription.of(record, picture_facts(path), origin_model)
    source = find_or_add_source(session, name=SOURCE, json_sha256="", images_dir=str(images_dir.resolve()))
    added, _ = add_batch(session, source_id=source, rows=[new])
    description_id = find_description(session, new=new)
    if added:
        parsed = [parse_text(found) for found in load_texts(session, ids=[description_id])]
        store_parsed(session, parsed=parsed, version=parser_version(), lint_version=lint_version())
        after = {"origin_model": origin_model, "task": task}
        append_event(
            session, actor_id=actor_id, entity="description", entity_id=description_id, action="send", after=after
        )
    return description_id


def offer_for_review(session: Session, *, description_id: int, actor_id: int) -> CampaignRules:
    """Put a description that was sent into the campaign of all that are, made on first use, so that anybody reviews it.

    Args:
        session: of a write.
        description_id: what was sent.
        actor_id: who sent it.
    """
    session.execute(select(Source.id).where(Source.name == SOURCE).with_for_update())  # one at a time makes it
    for campaign in all_campaign_rules(session):
        if campaign.name == CAMPAIGN:
            number, people = campaign.id, campaign.overlap
            append_slots(session, campaign_id=number, description_id=description_id, overlap=people)
            return campaign
    return create_campaign(
        session, name=CAMPAIGN, filter=CampaignFilter(ids=(description_id,)), random_rate=0.0, actor_id=actor_id
    )


def _clean_png(content: bytes) -> bytes:
    """Return the upright picture as PNG with nothing but its pixels."""
    if not content or len(content) > MAX_BYTES:
        raise InputError(f"The picture has {len(content)} bytes; expected 1 to {MAX_BYTES}.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"The picture cannot be opened ({error}); expected one of {', '.join(FORMATS)}.") from error
    pixels = Image.frombytes("RGB", upright.size, upright.tobytes())
    stream = io.BytesIO()
    pixels.save(stream, format="PNG")
    return stream.getvalue()


def _keep(content: bytes, images_dir: Path) -> Path:
    """Write a picture under the hash of its bytes, whole or not at all."""
    path = images_dir / FOLDER / f"{hashlib.sha256(content).hexdigest()}.png"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        raise EmolaError(f"The picture could not be kept in {path.parent}: {error.strerror or error}.") from error
    return path
