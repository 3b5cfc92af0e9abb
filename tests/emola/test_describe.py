"""The path from a face to a reading, on a real face mesh with a model that says what the test tells it to."""

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from emola.describe import Describer, refuse
from emola.document import describe_document
from emola.errors import InputError
from emola.faces.alignment import base_vertices
from emola.faces.analyze import face_from_mesh
from emola.settings import GenerationSettings
from emola.shelf import ModelShelf

AU_TEXT = "AU12 (lip corner puller) is marked on both sides. AU25 is absent. AU4 is slight on the left side."
EMOTION_TEXT = "The face shows happiness. The eyes are bright."


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 255, (500, 500, 3), dtype=np.uint8)


def smiling_mesh(scale=18.0):
    """The base mesh with both lip corners pulled up by 0.6 and out by 0.6 units (a clear AU12), in pixels."""
    vertices = base_vertices().copy()
    for corner, outward in ((61, -0.6), (291, 0.6)):
        near = np.exp(-((vertices - vertices[corner]) ** 2).sum(axis=1) / 0.5)
        vertices += near[:, None] * (outward, 0.6, 0)
    mesh = np.zeros((478, 3), dtype=np.float32)
    mesh[:468] = vertices * scale * (1, -1, -1) + (250, 250, 0)
    mesh[468:473], mesh[473:] = mesh[[33, 133]].mean(axis=0), mesh[[263, 362]].mean(axis=0)
    return mesh


@pytest.fixture
def face(image):
    return face_from_mesh(image, smiling_mesh(), 0.9)


def make_describer(answers, inputs="both"):
    """A describer whose model answers from ``answers`` (question fragment to text) in pieces of five characters."""
    config = SimpleNamespace(
        inputs=inputs,
        crop_recipe="aligned-112",
        prior_recipe="mediapipe-106",
        action_unit_reliability={"12": "supported"},
    )
    loaded = SimpleNamespace(name="fake", summary="fake", model=SimpleNamespace(config=config))
    asked = []

    def streamer(model, crop, prior, question, settings, cancel):
        asked.append((crop, prior, question))
        text = next(text for fragment, text in answers.items() if fragment in question)
        for start in range(0, len(text), 5):
            if cancel.is_set():
                return
            yield text[start : start + 5]

    return Describer(ModelShelf(["fake"], load=lambda _: loaded), streamer=streamer), asked, loaded


def run(describer, image, face, asked="both", **options):
    return list(describer.stream(image, face, asked, "fake", GenerationSettings(), **options))


def test_both_answers_stream_one_after_the_other(image, face):
    describer, asked, _ = make_describer({"emotions": EMOTION_TEXT, "AUs": AU_TEXT})
    steps = run(describer, image, face)
    assert [step.text for step in steps if step.done] == [EMOTION_TEXT, AU_TEXT]
    assert steps[0].text == EMOTION_TEXT[:5] and steps[1].text == EMOTION_TEXT[:10]
    crop, prior, question = asked[0]
    assert crop.shape == (112, 112, 3) and prior.values.shape == (212,) and prior.recipe == "mediapipe-106"
    assert question == "What emotions are conveyed by this face?"
    assert set(steps[-1].timings_ms) == {"prepare", "first_token", "total"}


@pytest.mark.parametrize(
    ("inputs", "crop", "prior"), [("prior", False, True), ("image", True, False), ("both", True, True)]
)
def test_a_checkpoint_is_given_what_it_reads(image, face, inputs, crop, prior):
    for describer, asked, options in (
        (*make_describer({"AUs": AU_TEXT}, inputs)[:2], {}),
        (*make_describer({"AUs": AU_TEXT}, "both")[:2], {"inputs": inputs}),
    ):
        run(describer, image, face, "au", **options)
        assert (asked[0][0] is not None, asked[0][1] is not None) == (crop, prior)


def test_a_free_question_is_asked_as_it_is(image, face):
    describer, asked, _ = make_describer({"jaw": EMOTION_TEXT})
    steps = run(describer, image, face, "  Is the jaw dropped? ")
    assert steps[-1].task == "free" and asked[0][2] == "Is the jaw dropped?"
    with pytest.raises(InputError, match="empty"):
        run(describer, image, face, "   ")


def test_cancel_ends_the_answer_and_skips_the_next(image, face):
    describer, asked, _ = make_describer({"emotions": EMOTION_TEXT, "AUs": AU_TEXT})
    cancel = threading.Event()
    stream = describer.stream(image, face, "both", "fake", GenerationSettings(), cancel)
    next(stream)
    cancel.set()
    rest = list(stream)
    assert len(asked) == 1 and rest[-1].done and len(rest[-1].text) <= 10


def test_reading_names_sides_words_reliability_and_evidence(face):
    describer, _, _ = make_describer({})
    reading = describer.read({"emotion": EMOTION_TEXT, "au": AU_TEXT}, face, "fake")
    assert [(c.number, c.name, str(c.side), c.intensity_word, str(c.reliability)) for c in reading.action_units] == [
        (4, "Brow lowerer", "left", "slight", "unmeasured"),
        (12, "Lip corner puller", "both", "marked", "supported"),
    ]
    assert reading.emotion_strict.label == reading.emotion_paper.label == "happiness"
    for claim in reading.claims:
        text = {"emotion": EMOTION_TEXT, "au": AU_TEXT}[claim.task]
        assert text[claim.start : claim.end] == claim.text
    verdicts = {claim.action_unit: claim for claim in reading.claims if claim.action_unit}
    assert verdicts[12].verdict == "supports" == verdicts[12].evidence.verdict
    assert verdicts[4].verdict == "not measurable"
    # AU25 is denied and the lips are closed: geometry is against the unit, and so for the claim.
    assert (
        verdicts[25].negated and verdicts[25].evidence.verdict == "contradicts" and verdicts[25].verdict == "supports"
    )


def test_only_claims_about_action_units_have_evidence(face):
    describer, _, _ = make_describer({})
    reading = describer.read({"emotion": EMOTION_TEXT}, face, "fake")
    assert all(claim.evidence is None for claim in reading.claims if claim.action_unit is None)


def test_a_refused_face_is_not_described(image):
    tiny = face_from_mesh(image, smiling_mesh(scale=2.0), 0.9)
    describer, asked, _ = make_describer({"AUs": AU_TEXT})
    with pytest.raises(InputError, match="pixels large"):
        run(describer, image, tiny)
    assert asked == []
    with pytest.raises(InputError):
        refuse(tiny)


def test_the_document_is_plain_json_with_every_promised_key(image, face):
    describer, _, loaded = make_describer({})
    texts = {"emotion": EMOTION_TEXT, "au": AU_TEXT}
    reading = describer.read(texts, face, "fake")
    document = json.loads(
        json.dumps(describe_document([face], 0, texts, reading, loaded, GenerationSettings(), {"total": 1.23456}))
    )
    assert {"faces", "described_face", "text", "claims", "action_units", "emotion", "timings_ms"} <= set(document)
    assert {"model", "prior_recipe", "crop_recipe", "settings", "versions", "face_backend"} <= set(document)
    assert {"box", "score", "landmarks", "layout", "pose_deg", "gates"} <= set(document["faces"][0])
    points = document["faces"][0]
    assert (len(points["landmarks"]), len(points["points_106"]), len(points["points_68"])) == (478, 106, 68)
    assert points["points_106_approximate"] is True
    assert document["timings_ms"] == {"total": 1.2}
    assert document["text"] == texts and document["emotion"] == {
        "strict": "happiness",
        "paper": "happiness",
        "paper_status": "read",
    }
    assert document["action_units"][1]["reliability"] == "supported"
    evidence = next(c["evidence"] for c in document["claims"] if c["action_unit"] == 12)
    assert evidence["verdict"] == "supports" and len(evidence["points"]) == 2


def test_the_document_of_a_refused_face_has_its_faces_and_no_text(image, face):
    _, _, loaded = make_describer({})
    document = describe_document([face], 0, {}, None, loaded, GenerationSettings(), {})
    assert document["text"] == {"emotion": None, "au": None} and document["claims"] == []
    assert document["emotion"] == {"strict": None, "paper": None, "paper_status": None}
