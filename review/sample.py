"""The sample project: rendered faces with errors that are known, ready to be reviewed within a minute."""

from collections.abc import Callable, Sequence
from pathlib import Path

from emola.errors import InputError
from review.database import Database
from review.evidence import import_faces, judge_claims
from review.importing import import_faba
from review.planting import plant_errors
from review.ranking import rank_descriptions
from review.store.campaigns import CampaignFilter, CampaignRecord, create_campaign, list_campaigns
from review.store.people import SAMPLE, ensure_user

NAME = "Sample: rendered faces"
ORIGIN = "rendered with planted errors"
"""Whom the sample's texts are by."""


def fill_sample(
    database: Database,
    *,
    faba_json: Path | Sequence[Path],
    images_dir: Path,
    errors: Path | Sequence[Path],
    faces_jsonl: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CampaignRecord:
    """Import a rendered data set with its known errors and open a campaign over it; once done, nothing changes.

    Args:
        database: upgraded.
        faba_json: one file or several of ``training.synthetic make --wrong``.
        images_dir: folder that their paths start from.
        errors: the ``errors.jsonl`` that belong to them.
        faces_jsonl: faces measured by ``python -m emola faces``, or the renderer's own points in that form; without
            them there is no geometry evidence.
        progress: called with how many records of a file are done and how many there are.

    Raises:
        InputError: a file cannot be used, or a record of the sample is refused.
    """
    with database.read() as session:
        there = next((campaign for campaign in list_campaigns(session) if campaign.name == NAME), None)
    if there is not None:
        return there
    sources = []
    for path in [faba_json] if isinstance(faba_json, Path) else faba_json:
        report = import_faba(database, json_path=path, images_dir=images_dir, origin_model=ORIGIN, progress=progress)
        if report.skipped:
            raise InputError(f"The sample {path} is damaged: {report.skipped[0].row_id}: {report.skipped[0].reason}.")
        if report.source_id is not None:
            sources.append(report.source_id)
    plant_errors(database, errors=[errors] if isinstance(errors, Path) else errors, source_ids=sources)
    if faces_jsonl is not None:
        import_faces(database, faces_jsonl=faces_jsonl)
        judge_claims(database)
    rank_descriptions(database)
    with database.write() as session:
        actor = ensure_user(session, login=SAMPLE, role="lead")
        return create_campaign(session, name=NAME, filter=CampaignFilter(), actor_id=actor.id)
