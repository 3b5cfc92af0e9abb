"""What the Review page is sent: an item, this person's review of it, and the words it is written in; plain JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from emola.faces.layouts import REGIONS
from emola.taxonomy import ACTION_UNITS, EMOTIONS, SCORED_ACTION_UNITS
from review.guidelines import Guideline
from review.other_units import OTHER_UNITS
from review.page_faces import FaceSigner
from review.page_keys import KeyBinding, keys_for
from review.records import CODES, VISIBILITY
from review.repeats import KEEPS, REJECTS, find_repeats, group_repeats
from review.rewriting_emotions import second_emotion
from review.store.campaign_records import CampaignRules
from review.store.items import ClaimView, EvidenceView, FaceView, ItemView
from review.store.people import UserRecord
from review.store.review_rows import ReviewRecord
from review.store.work import Lease

SKIP_REASONS = (
    "I am not sure enough",
    "the picture cannot be judged",
    "I know this person, or do not want to judge it",
    "the text is broken or about something else",
)

VISIBILITY_NAMES = ("brows", "eyes", "lower face", "whole face", "unscorable")
"""Names of the FACS codes 70 to 74."""

CODE_CHIPS = {
    "H1": "not there",
    "H2": "other AU",
    "H3": "side, place",
    "H4": "intensity",
    "H5": "invented",
    "H6": "emotion",
    "H7": "not visible",
    "H8": "contradicts",
    "H9": "overreads",
    "H0": "boilerplate",
    "S1": "style only",
    "M1": "missing",
}
"""Error codes in one or two words."""


def vocabulary_json(user: UserRecord, guideline: Guideline) -> dict[str, Any]:
    """Return what the page needs once: units, emotions, codes, reasons, keys and the guideline's cards."""
    cards = guideline.to_json()
    return {
        "user": {"login": user.login, "role": user.role},
        "units": [
            {
                "number": unit.number,
                "name": unit.name,
                "region": unit.region,
                "appearance": unit.appearance,
                "scored": unit.number in SCORED_ACTION_UNITS,
            }
            for unit in ACTION_UNITS.values()
        ],
        "other_units": [{"number": number, "name": name} for number, name in OTHER_UNITS.items()],
        "emotions": list(EMOTIONS),
        "codes": [
            {"code": code, "name": card.name, "means": card.means, "short": CODE_CHIPS[code]}
            for code, card in ((code, guideline.codes[code]) for code in CODES)
        ],
        "skip_reasons": list(SKIP_REASONS),
        "repeats": {"rejects": [*REJECTS, "H3", "H4"], "keeps": list(KEEPS)},
        "visibility": [{"code": code, "name": name} for code, name in zip(VISIBILITY, VISIBILITY_NAMES, strict=True)],
        "guideline": {"summary": cards["summary"], "units": cards["units"], "codes": cards["codes"]},
        **keys_json(user.keymap),
    }


def keys_json(keymap: Mapping[str, str]) -> dict[str, Any]:
    """Return a person's keys and what they changed."""
    return {"keys": [_key_json(binding) for binding in keys_for(keymap)], "keymap": dict(keymap)}


def item_bundle(
    user: UserRecord, signer: FaceSigner, campaign: CampaignRules, lease: Lease, review: ReviewRecord, item: ItemView
) -> dict[str, Any]:
    """Return everything about one item; the text stays out while the campaign wants it judged blind.

    Args:
        user: who reviews.
        signer: makes the picture's address.
        campaign: whose rules hold.
        lease: the assignment.
        review: this person's review as saved.
        item: the description with its claims and face.
    """
    hidden = campaign.blind and not review.state.blind_done
    shown = campaign.hints == "before" and not hidden
    return {
        "campaign": {"id": campaign.id, "name": campaign.name, "blind": campaign.blind, "hints": campaign.hints},
        "lease": {
            "assignment_id": lease.assignment_id,
            "position": lease.position,
            "goal_today": lease.goal_today,
            "done_today": lease.done_today,
        },
        "item": {
            "description_id": item.description_id,
            "image_id": item.image_id,
            "address": signer.address(user, item.image_id),
            "task": item.task,
            "text": None if hidden else item.text,
            "claims": [] if hidden else claims_json(item),
            "origin_model": None if hidden else item.origin_model,
            "width": item.width,
            "height": item.height,
            "face": None if item.face is None else face_json(item.face),
            "duplicates": len(item.duplicates),
        },
        "hints": {str(claim.id): hint_json(claim) for claim in item.claims} if shown else {},
        "review": review_json(review),
    }


def claims_json(item: ItemView) -> list[dict[str, Any]]:
    """Return the claims; those that only repeat others say which, and with which neighbours they belong together."""
    repeats = find_repeats(item.claims)
    first = {claim.id: group[0].id for group in group_repeats(item.text, item.claims, repeats) for claim in group}
    return [
        claim_json(claim) | {"follows": list(repeats.get(claim.id, ())), "group": first.get(claim.id)}
        for claim in item.claims
    ]


def claim_json(claim: ClaimView) -> dict[str, Any]:
    """Return one claim; what machines say of it is left out."""
    unit = ACTION_UNITS.get(claim.action_unit) if claim.action_unit is not None else None
    return {
        "id": claim.id,
        "kind": claim.kind,
        "start": claim.start,
        "end": claim.end,
        "text": claim.text,
        "unit": claim.action_unit,
        "name": unit.name if unit else "",
        "more_units": list(claim.more_units),
        "emotion": claim.emotion,
        "second_emotion": _second_emotion(claim),
        "side": claim.side,
        "intensity": claim.intensity,
        "negated": claim.negated,
    }


def _second_emotion(claim: ClaimView) -> str | None:
    """Return the other emotion that a claim about a mixed one names, or None."""
    return None if claim.kind != "emotion" or claim.negated else second_emotion(claim.text, claim.emotion)


def hint_json(claim: ClaimView) -> dict[str, Any]:
    """Return what geometry, models and the text check say of a claim, in words."""
    return {
        "evidence": [_evidence_json("Geometry", evidence) for evidence in claim.evidence],
        "models": [_evidence_json("Model", vote) for vote in claim.model_votes],
        "lint": [{"words": f"Text: {finding.message}", "verdict": "contradicts"} for finding in claim.lint],
    }


def review_json(review: ReviewRecord) -> dict[str, Any]:
    """Return a review as the page keeps it."""
    return {
        "id": review.id,
        "version": review.version,
        "status": review.status,
        "state": review.state.to_json(),
        "saved_at": review.saved_at.isoformat(),
    }


def face_json(face: FaceView) -> dict[str, Any]:
    """Return the measured face: points with the lines between them, pose, gates and the boxes to zoom into."""
    return {
        "points": [[round(x, 1), round(y, 1)] for x, y in face.points_106],
        "lines": _lines(len(face.points_106)),
        "pose": dict(face.pose) or None,
        "gates": [gate.reason for gate in face.gates],
        "regions": {name: [round(value, 1) for value in box] for name, box in face.regions.items()},
    }


def _lines(points: int) -> Sequence[dict[str, Any]]:
    regions = REGIONS["insightface-106"]
    return [
        {"region": region, "points": list(line.indices), "closed": line.closed}
        for region, lines in regions.items()
        for line in lines
        if len(line.indices) > 1 and max(line.indices) < points
    ]


def _evidence_json(who: str, evidence: EvidenceView) -> dict[str, Any]:
    segments = evidence.payload.get("segments", [])
    return {"words": f"{who}: {evidence.reason}", "verdict": evidence.verdict.replace(" ", "-"), "segments": segments}


def _key_json(binding: KeyBinding) -> dict[str, Any]:
    return {
        "action": binding.action,
        "key": binding.key,
        "also": binding.also,
        "group": binding.group,
        "label": binding.label,
        "fixed": binding.fixed,
    }
