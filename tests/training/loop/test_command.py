"""The command before its first step: what it refuses, that a refusal leaves nothing, and which folder it works in."""

import json
from pathlib import Path

import pytest

from emola.errors import InputError
from training.loop.command import RELEASE, ReviewSide, run_command
from training.loop.options import read_options
from training.loop.plan import LoopPlan, arm_of_release
from training.loop.steps import Step, plan_steps, run_steps


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch, repository):
    """A runs folder of its own; commands are typed in the repository."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("EMOLA_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def release(tmp_path):
    """The folder of a release that can be trained on."""
    folder = tmp_path / "releases" / "spring"
    (folder / "sft").mkdir(parents=True)
    (folder / "sft" / "train_au_anno.json").write_text("[]")
    (folder / "manifest.json").write_text('{"name": "spring", "git_revision": "abc"}')
    return folder


class Review:
    """A review that knows one release at most and says what it was asked."""

    def __init__(self, folder=None):
        self.folder, self.asked, self.made = folder, [], []

    def side(self):
        return ReviewSide(self.find, self.make, None, str)

    def find(self, url, name, can_be_made, labelled):
        self.asked.append((url, name, can_be_made, labelled))
        return None if self.folder is None else (self.folder, self.folder.parent)

    def make(self, url, folder, name):
        self.made.append((url, folder, name))
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--config nope.yaml", "--config cannot be used: There is no configuration file nope.yaml"),
        ("--base nope", "--base cannot be used: nope is neither a folder nor a hub id"),
        ("--base training", "--base training holds no config.json"),
        ("--limit -3", "--limit must be at least 1, not -3"),
        ("--limit 0", "--limit must be at least 1, not 0"),
        ("--sample 0", "--sample must be at least 1, not 0"),
        ("--sample 4 --release spring", "leave out either --sample or --release"),
        ("--sample 4 --data training", "leave out either --sample or --data"),
        ("--seeds 1 2 1", "--seeds must name each seed once"),
        ("--seeds -1", "--config cannot be used"),
        ("--data nope", "--data cannot be used"),
        ("--data pyproject.toml", "say --task au or --task emotion"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_option_before_the_review_is_asked(options, words, tmp_path):
    review = Review()
    with pytest.raises(InputError) as refused:
        run_command(options.split(), review.side())
    assert words in str(refused.value) and "\n" not in str(refused.value)
    assert review.asked == [] and not any(tmp_path.iterdir())


def test_a_setting_of_the_configuration_that_is_wrong_is_said_at_once(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("optimizer: {learning_rat: 1.0}\n")
    with pytest.raises(InputError, match=r"--config .*did you mean optimizer.learning_rate"):
        read_options(["--config", str(config)])


def test_each_kind_of_turn_has_a_folder_of_its_own(runs):
    for options, name in (
        (["--sample", "4"], "loop"),
        (["--release", "spring"], "loop-spring"),
        ([], "loop-gold"),
    ):
        assert read_options(options).out == runs / name
    assert read_options(["--runs", "elsewhere"]).out == Path("elsewhere/loop-gold")
    with pytest.raises(InputError, match="folder of all jobs"):
        read_options(["--out", str(runs / "jobs")])


def test_a_killed_turn_goes_on_with_the_release_that_it_made(tmp_path):
    """Without a name one is made up once; the folder remembers it, so that the same command does not make another."""
    review, named = Review(), ["--db", "some.db", "--files", "files"]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_command(named, review.side())
    (url, folder, name), again = review.made
    assert (url, folder) == ("some.db", Path("files/releases")) and name.startswith("loop-")
    assert again == (url, folder, name)
    assert review.asked[-1] == ("some.db", name, True, True)


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_another_turn_is_refused_before_anything_is_made(runs, release):
    """The folder holds a finished step: neither is a release made for it, nor is a file in it touched."""
    out = runs / "taken"
    config = Path("training/configs/loop_tiny.yaml")
    other = LoopPlan(out, "other", config, out, (arm_of_release("corrected", release),), "elsewhere")
    out.mkdir(parents=True)
    run_steps(other, [Step("asking base", ("json.tool", "--help"), out / "x")], print)
    before = snapshot(runs)
    for folder, named in ((None, []), (release, ["--release", "spring"])):
        review = Review(folder)
        with pytest.raises(InputError, match="holds another turn"):
            run_command(["--out", str(out), *named], review.side())
        assert review.made == [] and snapshot(runs) == before
    with pytest.raises(InputError, match="holds another turn"):
        run_command(["--out", str(out), "--sample", "4"], review.side())
    assert snapshot(runs) == before


def test_the_folder_of_a_turn_on_rendered_faces_is_refused_even_before_its_first_step(runs, release):
    (runs / "loop" / "sample").mkdir(parents=True)
    with pytest.raises(InputError, match="holds another turn"):
        run_command(["--out", str(runs / "loop"), "--release", "spring"], Review(release).side())
    assert not (runs / "loop" / RELEASE).exists()


def test_a_single_task_is_asked_alone(release, runs):
    data = runs.parent / "eval_au_anno.json"
    data.write_text(json.dumps([{"image": "a.jpg", "label": "12", "gpt4": "AU12.", "landmark": "a.npy"}]))
    (runs.parent / "a.jpg").write_bytes(b"")
    options = read_options(["--data", str(data), "--task", "au"])
    config = Path("training/configs/loop_tiny.yaml")
    arms = (arm_of_release("corrected", release),)
    steps = plan_steps(LoopPlan(runs, "b", config, runs, arms, options.data, task=options.task))
    asked = [step.command for step in steps if step.name.startswith("asking")]
    assert len(asked) == 2 and all(command[command.index("--task") + 1] == "au" for command in asked)
