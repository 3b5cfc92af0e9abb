"""What is saved of an answer besides the document of the command line."""

import base64
import json
import types

import pytest

from emola import page_export
from emola.errors import InputError
from emola.page_visits import Answer, Picture, Visit
from emola.settings import GenerationSettings


@pytest.fixture
def studio():
    return types.SimpleNamespace(shelf=types.SimpleNamespace(get=lambda name: f"loaded {name}"))


@pytest.fixture
def visit():
    """A visitor whose first answer is finished; where its model comes from is known."""
    picture = Picture("my face.png", image=None, faces=["a face"])
    answer = Answer("an adapter", GenerationSettings(), picture, {"release": "pilot-1", "git_revision": "1" * 40})
    answer.reading = "what was read"
    return Visit(picture, {"first": answer})


def test_a_saved_answer_says_where_its_model_comes_from(studio, visit, monkeypatch):
    monkeypatch.setattr(page_export, "describe_document", lambda *given: {"asked": given[4]})
    saved = page_export.answer_file(studio, visit, "first")
    document = json.loads(base64.b64decode(saved["content"]))
    assert document["asked"] == "loaded an adapter" and document["picture"] == "my face.png"
    assert document["lineage"] == {"release": "pilot-1", "git_revision": "1" * 40}
    assert saved["name"] == "my-face-an-adapter.json"


def test_an_answer_that_is_not_finished_cannot_be_saved(studio, visit):
    visit.answers["first"].reading = None
    with pytest.raises(InputError, match="no finished answer"):
        page_export.answer_file(studio, visit, "first")
