"""Measured faces and what their geometry says of claims."""

import base64
import json

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from emola.errors import InputError
from emola.faces.alignment import base_vertices
from review.evidence import compute_evidence, import_faces, judge, judge_claims
from review.importing import import_faba
from review.pictures import picture_facts
from review.planting import make_errors
from review.ranking import rank_descriptions
from review.schema import Claim, Evidence, FaceMeasurement, PlantedError, Suspicion
from review.store.browse import BrowseFilter, search
from review.store.campaigns import CampaignFilter
from review.store.evidence import JudgedClaim, MeasuredFace
from review.store.items import load_item

VERSION = "faces 1; test"
LOWER_LIP = 14
IRIS_RING = ((0.66, -0.4, 0), (0, 0.26, 0), (-0.66, -0.4, 0), (0, -1.06, 0))


def mesh(gap=0.0):
    """The base face, 270 px between the outer eye corners, with the lower lip lowered by ``gap`` pixels."""
    base = base_vertices()
    irises = [base[upper] + shift for upper in (159, 386) for shift in ((0, -0.4, 0), *IRIS_RING)]
    pixels = np.concatenate([base, np.array(irises)]) * (30.0, -30.0, -30.0) + (300, 400, 0)
    pixels[LOWER_LIP, 1] += gap
    return pixels.astype("<f4")


def face(gap=0.0, gates=()):
    document = {
        "box": [50, 50, 550, 750],
        "score": 0.9,
        "points_106": [[0.0, 0.0]] * 106,
        "points_106_approximate": True,
        "pose_deg": {"yaw": 0.0, "pitch": 0.0, "roll": 0.0},
        "size_px": 700.0,
        "gates": list(gates),
        "backend": "mediapipe",
        "regions": {"brow": [1, 2, 3, 4]},
    }
    return MeasuredFace(1, True, document, mesh(gap).tobytes(), VERSION)


def claim(unit=25, more=(), negated=False, side="N"):
    return JudgedClaim(7, 1, unit, more, side, negated)


@pytest.mark.parametrize(
    ("gap", "negated", "verdict"),
    [(40, False, "supports"), (40, True, "contradicts"), (0, False, "contradicts"), (0, True, "supports")],
)
def test_the_verdict_is_about_the_claim(gap, negated, verdict):
    found = judge(claim(negated=negated), face(gap))
    assert (found.verdict, found.score) == (verdict, 1.0)
    assert "lips" in found.payload["reason"]
    assert found.payload["segments"], "two points to draw"
    assert VERSION in found.version


def test_one_contradicted_unit_contradicts_a_phrase_about_several():
    assert judge(claim(25, (12,)), face(0)).verdict == "contradicts"
    assert judge(claim(9), face(0)).verdict == "not measurable"
    assert judge(claim(9), face(0)).score is None


def test_behind_a_gate_nothing_is_measurable():
    gate = {"name": "profile", "reason": "The head is turned.", "blocks": ["mouth"], "refuses": False}
    found = judge(claim(), face(40, [gate]))
    assert found.verdict == "not measurable"
    assert "The head is turned." in found.payload["reason"]


@pytest.fixture
def imported(database, tmp_path):
    """One imported picture with a claim about AU25; returns the folder and the file's hash."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (600, 800), "white").save(folder / "a.png")
    record = {"image": "a.png", "label": "25", "gpt4": "1. AU25 - Lips part: The lips are parted.", "landmark": "l.npy"}
    path = tmp_path / "eval_au_anno.json"
    path.write_text(json.dumps([record]))
    import_faba(database, json_path=path, images_dir=folder)
    return folder


def lines(tmp_path, digest, measured):
    row = {"image": "a.png", "sha256": digest, "version": measured.version, "found": measured.found}
    row |= measured.document | {"mesh": base64.b64encode(measured.mesh).decode()}
    other = row | {"image": "b.png", "sha256": "0" * 64}
    path = tmp_path / "faces.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n" + '{"torn')
    return path


def test_measured_faces_come_in_by_content_and_claims_are_judged_once(database, imported, tmp_path):
    with database.read() as session:
        (row,) = search(session, wanted=BrowseFilter()).rows
    path = lines(tmp_path, picture_facts(imported / "a.png").sha256, face(40))
    for _ in range(2):
        assert import_faces(database, faces_jsonl=path) == 1
        assert judge_claims(database) == (1, 1)
    with database.read() as session:
        item = load_item(session, description_id=row.description_id)
        assert len(session.scalars(select(Evidence)).all()) == len(session.scalars(select(FaceMeasurement)).all()) == 1
    (found,) = item.claims[0].evidence
    assert (found.kind, found.verdict, found.score) == ("geometry", "supports", 1.0)
    assert found.payload["units"][0]["measure"] == "lip_gap"
    assert item.face is not None
    assert item.face.regions == {"brow": (1.0, 2.0, 3.0, 4.0)}
    assert len(item.face.points_106) == 106


def test_a_copy_with_an_error_is_judged_like_its_original(database, imported, tmp_path):
    digest = picture_facts(imported / "a.png").sha256
    import_faces(database, faces_jsonl=lines(tmp_path, digest, face(40)))
    judge_claims(database)
    rank_descriptions(database)
    assert make_errors(database, wanted=CampaignFilter(), count=1) == 1
    with database.read() as session:
        (copy,) = session.scalars(select(PlantedError.description_id))
        judged = select(Evidence).join(Claim).where(Claim.description_id == copy)
        assert [(row.kind, row.payload["reason"] != "") for row in session.scalars(judged)] == [("geometry", True)]
        assert set(session.scalars(select(Suspicion.description_id))) == {1, copy}


def test_a_copy_has_no_suspicion_where_nothing_has_any(database, imported):
    assert make_errors(database, wanted=CampaignFilter(), count=1) == 1
    with database.read() as session:
        assert session.scalars(select(Suspicion)).all() == []


def test_what_is_no_file_of_faces_is_refused(database, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        import_faces(database, faces_jsonl=tmp_path / "none.jsonl")
    path = tmp_path / "faces.jsonl"
    path.write_text('{"image": "a.png"}\n')
    with pytest.raises(InputError, match="Line 1"):
        import_faces(database, faces_jsonl=path)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_batch_command_measures_a_real_photograph(database, imported, tmp_path, astronaut):
    Image.fromarray(astronaut).save(imported / "b.png")
    records = [{"image": "b.png", "label": "12", "gpt4": "AU12 and AU25. No AU43.", "landmark": "l.npy"}]
    path = tmp_path / "eval_au_anno_2.json"
    path.write_text(json.dumps(records))
    import_faba(database, json_path=path, images_dir=imported, task="au", split="eval")
    report = compute_evidence(database, cache=tmp_path / "cache")
    assert (report.measured, report.faces, report.judged) == (2, 1, 3)
    assert compute_evidence(database, cache=tmp_path / "cache").measured == 0
    with database.read() as session:
        item = load_item(session, description_id=2)
    assert [found.verdict for c in item.claims for found in c.evidence] == ["supports", "supports", "supports"]
