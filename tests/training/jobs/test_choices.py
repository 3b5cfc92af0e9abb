"""What the Train page offers: only what has rows, each under a title of its own; and data that somebody names."""

import json

import pytest

from emola.errors import InputError
from training.jobs.choices import choose, data_set, find_data_sets, named_data, recipe_of_data, review_release


def titles(choices):
    return [choice.title for choice in choices]


def test_a_release_gives_its_files_and_its_lineage(make_release, tmp_path):
    folder = make_release("spring", train=2, held_out=1)
    choice = review_release(folder, tmp_path)
    assert choice.learned == tuple(folder / "sft" / f"train_{task}_anno.json" for task in ("au", "emotion"))
    assert choice.benchmark == str(folder) and choice.root == tmp_path
    assert (choice.lineage["release"], choice.lineage["git_revision"]) == ("spring", "abc")
    with pytest.raises(InputError, match="no complete review release"):
        review_release(tmp_path, tmp_path)


def test_a_release_of_training_corrections_has_nothing_to_measure_on_and_one_of_evaluated_ones_nothing_to_learn(
    make_release, tmp_path
):
    corrections = review_release(make_release("corrected", train=2, held_out=0), tmp_path)
    assert corrections.learned and corrections.benchmark is None
    evaluated = review_release(make_release("evaluated", train=0, held_out=2), tmp_path)
    assert evaluated.learned == () and evaluated.benchmark is not None


def test_a_set_of_one_split_is_either_learned_from_or_measured_on(make_set):
    assert data_set(make_set("sample", train=2)).benchmark is None
    unseen = data_set(make_set("unseen", held_out=2))
    assert unseen.learned == () and unseen.benchmark == str(unseen.root)
    (unseen.root / "eval" / "eval_au_anno.json").write_text("[]")
    assert data_set(unseen.root).asked == "emotion" and data_set(unseen.root).eval_au == ()


def test_sets_of_the_same_name_have_titles_of_their_own(make_set, tmp_path):
    for name in ("files/sample", "runs/loop/sample", "runs/loop/unseen", "other/sample"):
        make_set(name, train=1)
    files, runs, other = tmp_path / "files", tmp_path / "runs", tmp_path / "other"
    assert titles(find_data_sets(files, runs)) == ["sample", "loop/sample", "loop/unseen"]
    assert titles(find_data_sets(files, runs, runs / "loop")) == ["sample", "loop/sample", "loop/unseen"]
    assert titles(find_data_sets(files, other)) == [str(files / "sample"), str(other / "sample")]
    assert titles(find_data_sets(files / "sample")) == ["sample"]
    assert find_data_sets(tmp_path / "none") == []


def test_a_title_chooses_its_own_set(make_set, tmp_path):
    for name in ("files/sample", "runs/loop/sample"):
        make_set(name, train=1)
    choices = find_data_sets(tmp_path / "files", tmp_path / "runs")
    assert choose("loop/sample", choices).root == tmp_path / "runs" / "loop" / "sample"


def test_published_sets_are_found_below_their_data_root(make_set, tmp_path):
    folder = make_set("data/FABAInstruct", train=2, held_out=1, rendered=False, inside="FABAInstruct/")
    (found,) = find_data_sets(tmp_path / "data")
    assert (found.title, found.root, found.benchmark) == ("FABAInstruct", tmp_path / "data", str(folder))
    for path in folder.rglob("*.png"):
        path.unlink()
    assert find_data_sets(tmp_path / "data") == []
    with pytest.raises(InputError, match="None of the pictures"):
        named_data(str(folder))


def test_a_folder_or_a_file_can_be_named(make_set, tmp_path):
    folder = make_set("mine", train=2, held_out=1, rendered=False)
    assert named_data(str(folder)).train_au == (folder / "train" / "train_au_anno.json",)
    one = named_data(str(folder / "eval" / "eval_emotion_anno.json"))
    assert (one.root, one.asked, one.learned) == (folder, "emotion", one.train_emotion)
    assert one.benchmark == str(one.train_emotion[0])


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (None, "nope", "There is no data"),
        (None, "", "holds no records"),
        ("[{}]", "faces.json", "does not say its task"),
        ("{", "train_au_anno.json", "cannot be read as JSON"),
        ("{}", "train_au_anno.json", "must hold a JSON list"),
        ("[]", "train_au_anno.json", "holds no records"),
        ('[{"image": "a.png"}]', "train_au_anno.json", "None of the pictures"),
    ],
)
def test_a_mistake_in_a_name_is_one_sentence(tmp_path, content, name, words):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=words) as raised:
        named_data(str(path))
    assert "\n" not in str(raised.value)


def test_a_release_is_taken_from_the_list(make_release):
    with pytest.raises(InputError, match="review release"):
        named_data(str(make_release("spring", train=1, held_out=0)))


def test_the_recipe_is_that_of_the_manifest_above_the_priors(make_set):
    folder = make_set("plain", train=2, held_out=1, rendered=False)
    assert recipe_of_data(named_data(str(folder))) is None
    (folder / "priors.json").write_text(json.dumps({"recipe": "insightface-106"}))
    assert recipe_of_data(named_data(str(folder))) == "insightface-106"
    (folder / "eval" / "priors.json").write_text(json.dumps({"recipe": "emola-2024"}))
    with pytest.raises(InputError, match="made by emola-2024 and insightface-106"):
        recipe_of_data(named_data(str(folder)))


def test_a_rendered_set_and_a_release_of_it_say_their_recipe(make_set, make_release):
    folder = make_set("sample", train=2)
    assert recipe_of_data(data_set(folder)) == "mediapipe-106"
    assert recipe_of_data(review_release(make_release("spring", 2, 0), folder)) == "mediapipe-106"
