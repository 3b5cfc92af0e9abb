import json

import pytest
from PIL import Image

from emola.errors import InputError
from training.benchmark.data_source import open_source
from training.benchmark.questions import Question, unique_ids
from training.data.prior_recipe import recipe_of_file
from training.synthetic.dataset import DatasetPlan, make_dataset


def test_a_published_folder_gives_both_tasks_with_the_fixed_questions(make_data):
    data = make_data(3)
    source = open_source(str(data), "both")
    assert source.root == data.parent.resolve()
    assert [question.task for question in source.questions] == ["emotion"] * 3 + ["au"] * 3
    assert {question.text for question in source.questions} == {
        "What emotions are conveyed by this face?",
        "What AUs are conveyed by this face?",
    }
    assert [question.label for question in source.questions[:3]] == ["0", "1", "2"]


def test_a_single_file_needs_its_task(make_data):
    path = make_data(2) / "eval" / "eval_au_anno.json"
    assert len(open_source(str(path), "au").questions) == 2
    with pytest.raises(InputError, match="--task emotion or --task au"):
        open_source(str(path), "both")


def test_the_limit_counts_for_each_task(make_data):
    source = open_source(str(make_data(4)), "both", limit=3)
    assert [question.task for question in source.questions] == ["emotion"] * 3 + ["au"] * 3


def test_training_records_without_labels_are_refused(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"id": "1", "image": "a.png", "conversations": []}]))
    with pytest.raises(InputError, match="holds no labels"):
        open_source(str(path), "au")


def test_training_records_can_be_asked_about_for_review(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"id": "1", "image": "a.png", "conversations": []}]))
    (question,) = open_source(str(path), "au", unlabelled=True).questions
    assert (question.id, question.image, question.label, question.fault) == ("1", tmp_path / "a.png", None, None)


def test_pictures_that_are_nowhere_ask_for_the_root(tmp_path, make_data):
    path = tmp_path / "alone" / "eval.json"
    path.parent.mkdir()
    path.write_text(json.dumps([{"image": "images/a.png", "label": "1", "gpt4": "x", "landmark": "a.npy"}]))
    with pytest.raises(InputError, match="--root"):
        open_source(str(path), "au")
    assert open_source(str(path), "au", root=tmp_path).questions[0].image == (tmp_path / "images/a.png").resolve()


def test_an_id_that_comes_again_is_kept_under_another_name():
    twice = [Question("a", "au", "?", label=number) for number in (1, 2, 3)]
    assert [(q.id, q.label) for q in unique_ids(twice)] == [("a", 1), ("a#2", 2), ("a#3", 3)]


def test_a_rendered_set_says_how_its_priors_were_made(tmp_path):
    make_dataset(DatasetPlan(tmp_path / "rendered", 20, seed=1))
    source = open_source(str(tmp_path / "rendered"), "both")
    assert len(source.questions) == 2
    for question in source.questions:
        assert question.image.is_file() and question.prior.is_file()
        assert recipe_of_file(question.prior, source.root) == "mediapipe-106"


def test_a_manifest_above_a_prior_says_its_recipe(make_data):
    data = make_data(1, recipe="insightface-106")
    source = open_source(str(data), "au")
    assert recipe_of_file(source.questions[0].prior, source.root) == "insightface-106"


def test_nothing_says_the_recipe_of_a_bare_file(make_data):
    source = open_source(str(make_data(1, recipe=None)), "au")
    assert recipe_of_file(source.questions[0].prior, source.root) is None


def make_raf_db(root):
    """Write a RAF-DB folder of two test pictures, one of which is missing."""
    (root / "EmoLabel").mkdir(parents=True)
    (root / "Image" / "aligned").mkdir(parents=True)
    (root / "EmoLabel" / "list_patition_label.txt").write_text("train_1.jpg 1\ntest_1.jpg 4\ntest_2.jpg 6\n")
    (root / "Image" / "aligned" / "test_1_aligned.jpg").write_bytes(b"")


def test_a_classic_set_asks_about_every_labelled_picture_of_its_test_split(tmp_path):
    make_raf_db(tmp_path / "raf")
    source = open_source(f"raf-db:{tmp_path / 'raf'}", "both")
    assert [question.task for question in source.questions] == ["emotion", "emotion"]
    assert [question.label for question in source.questions] == ["Happiness", "Anger"]
    assert all(question.reference is None for question in source.questions)
    with pytest.raises(InputError, match="asks for emotion"):
        open_source(f"raf-db:{tmp_path / 'raf'}", "au")


@pytest.mark.parametrize("options", ["speed=3", "fold=one", "split=valid", "every=0", "fold"])
def test_wrong_options_of_a_classic_set_are_refused(tmp_path, options):
    make_raf_db(tmp_path / "raf")
    with pytest.raises(InputError):
        open_source(f"raf-db:{tmp_path / 'raf'},{options}", "both")
