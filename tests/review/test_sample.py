"""The sample project."""

import json
import shutil
import threading

import pytest
from PIL import Image
from sqlalchemy import select

from emola.errors import InputError
from review.planting import read_errors
from review.sample import NAME, fill_sample
from review.sample_project import SampleProject
from review.schema import PlantedError
from review.store.browse import BrowseFilter, search
from review.store.campaigns import list_campaigns

RIGHT = "1. AU12 - Lip corner puller: The lip corners are pulled up."
WRONG = "1. AU12 - Brow lowerer: The lip corners are pulled up."


@pytest.fixture
def rendered(tmp_path):
    """Two pictures with a text each, the second one's with a planted error, in the two published forms."""
    for i in range(2):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(tmp_path / f"{i}.png")
    turns = [{"from": "human", "value": "Which action units?\n<image>"}, {"from": "gpt", "value": RIGHT}]
    train = [{"source": "x", "id": "1-0", "image": "0.png", "conversations": turns, "landmark": "l.npy"}]
    evaluation = [{"image": "1.png", "label": "12", "gpt4": WRONG, "landmark": "l.npy"}]
    (tmp_path / "train_au_anno.json").write_text(json.dumps(train))
    (tmp_path / "eval_au_anno.json").write_text(json.dumps(evaluation))
    error = {"id": "1-1", "image": "1.png", "task": "au", "code": "H2", "start": 10, "end": 22, "action_unit": 12}
    (tmp_path / "errors.jsonl").write_text(json.dumps(error) + "\n")
    return {
        "faba_json": [tmp_path / "train_au_anno.json", tmp_path / "eval_au_anno.json"],
        "images_dir": tmp_path,
        "errors": tmp_path / "errors.jsonl",
    }


def test_the_sample_is_ready_to_be_reviewed(database, rendered):
    for _ in range(2):
        campaign = fill_sample(database, **rendered)
        assert (campaign.name, campaign.total, campaign.state) == (NAME, 2, "open")
    with database.read() as session:
        assert len(list_campaigns(session)) == 1
        (planted,) = session.scalars(select(PlantedError)).all()
        rows = search(session, wanted=BrowseFilter()).rows
    assert (planted.code, planted.truth["start"], planted.truth["end"]) == ("H2", 10, 22)
    assert rows[0].description_id == planted.description_id, "the wrong one is the most suspicious one"
    assert rows[0].suspicion > 0.5 > rows[1].suspicion


@pytest.fixture
def start(database, tmp_path):
    """Start the sample project of ``tmp_path``; ``render`` is called while the test looks on."""

    def begin(render):
        said = []
        project = SampleProject(database, tmp_path, render, said.append)
        models = threading.Thread(target=lambda: None)
        models.start()
        return project, said, project.start(models)

    return begin


def test_the_project_says_that_it_is_being_made_until_it_is_there(rendered, start, tmp_path):
    (tmp_path / "train").mkdir()
    for path in (*tmp_path.glob("*_anno.json"), tmp_path / "errors.jsonl"):
        path.rename(tmp_path / "train" / path.name)
    hold = threading.Event()
    project, said, worker = start(lambda folder: (hold.wait(60), (folder / "faces.jsonl").write_text(""))[0])
    assert project.preparing() and not said
    hold.set()
    worker.join(60)
    assert not project.preparing() and said == [f"Review: the campaign “{NAME}” has 2 descriptions of rendered faces."]


def test_a_project_that_cannot_be_made_says_why(start):
    def fail(folder):
        raise InputError("The disk is full.")

    project, said, worker = start(fail)
    worker.join(60)
    assert not project.preparing() and said == ["The sample project could not be made. The disk is full."]


def test_somebodys_own_project_gets_no_sample(database, rendered, tmp_path):
    fill_sample(database, **rendered)
    project = SampleProject(database, tmp_path / "none", lambda folder: pytest.fail("rendered"), pytest.fail)
    project.start(threading.current_thread())
    assert not project.preparing()


@pytest.mark.parametrize(
    "line", ["x", "[]", '{"id": "a"}', '{"id": "a", "task": "au", "code": "H12", "start": 0, "end": 1}']
)
def test_what_is_no_planted_error_is_refused(tmp_path, line):
    path = tmp_path / "errors.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="Line 1"):
        read_errors([path])
    with pytest.raises(InputError, match="cannot be read"):
        read_errors([tmp_path / "none.jsonl"])


@pytest.fixture
def lost(database, rendered, tmp_path):
    """A sample whose whole folder went with the disk; gives the folder and the pictures' content by name."""
    folder = tmp_path / "disk"
    files = [*rendered["faba_json"], rendered["errors"], *tmp_path.glob("*.png")]
    folder.mkdir()
    for path in files:
        path.rename(folder / path.name)
    faba_json = [folder / path.name for path in rendered["faba_json"]]
    fill_sample(database, faba_json=faba_json, images_dir=folder, errors=folder / "errors.jsonl")
    pictures = {path.name: path.read_bytes() for path in folder.glob("*.png")}
    shutil.rmtree(folder)
    return folder, pictures


def make_again(database, folder, render):
    """Start a project whose render is given; return what it said."""
    said = []
    project = SampleProject(database, folder, render, said.append)
    models = threading.Thread(target=lambda: None)
    models.start()
    worker = project.start(models)
    if project.preparing():
        worker.join(60)
    return said


@pytest.mark.parametrize("same", [True, False])
def test_lost_pictures_are_made_again_and_compared_with_those_described(database, lost, same):
    place, pictures = lost

    def render(folder):
        folder.mkdir()
        (folder / "0.png").write_bytes(pictures["0.png" if same else "1.png"])
        (folder / "1.png").write_bytes(pictures["1.png"])

    said = make_again(database, place, render)
    assert (place / "0.png").is_file()
    assert said[0] == f"Review: the campaign “{NAME}” has 2 descriptions of rendered faces."
    assert len(said) == (1 if same else 2)
    assert same or said[1].startswith("1 of 2 pictures of the sample project are not the ones that were described")
    with database.read() as session:
        assert search(session, wanted=BrowseFilter()).total == 2


def test_lost_pictures_of_another_folder_are_named_and_nothing_is_written_there(database, lost, tmp_path):
    said = make_again(database, tmp_path / "other" / "sample", lambda folder: pytest.fail("rendered"))
    (sentence,) = said
    assert sentence.startswith("2 pictures of the sample project cannot be shown")
    assert str(lost[0] / "0.png") in sentence and not lost[0].exists()
