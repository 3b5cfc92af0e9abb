"""What a turn would do, what it refuses, and that done steps are not done again."""

import json
import subprocess
import sys
import time

import pytest

from emola.errors import EmolaError, InputError
from training.loop.plan import Arm, LoopPlan, arm_of_release
from training.loop.steps import STATE, Step, plan_steps, run_steps
from training.loop.turn import alone_in


@pytest.fixture
def plan(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("model: {}\n")
    arms = (Arm("uncorrected", tmp_path / "a.json", None), Arm("corrected", tmp_path / "b.json", tmp_path / "c.json"))
    return LoopPlan(tmp_path / "out", "base", config, tmp_path, arms, "unseen", seeds=(1, 2), inputs="both", limit=3)


def test_every_arm_and_seed_is_trained_and_asked_the_same_questions(plan):
    steps = plan_steps(plan)
    names = [step.name for step in steps]
    assert names[0] == "asking base" and names[-1] == "writing the report"
    made = ("uncorrected-seed1", "corrected-seed1")
    assert names[1:5] == [f"{verb} {name}" for name in made for verb in ("training", "asking")]
    assert len(steps) == 2 + 2 * 2 * 2
    asked = [step.command for step in steps if step.name.startswith("asking")]
    assert {command[command.index("--data") + 1] for command in asked} == {"unseen"}
    assert asked[1][asked[1].index("--model") + 1] == f"base+{plan.adapter(plan.arms[0], 1)}"
    training = steps[1].command
    assert "data.train_emotion=[]" in training and "run.seed=1" in training


def test_impossible_plans_are_refused(plan):
    for change, words in (
        ({"arms": ()}, "at least one"),
        ({"seeds": (1, 1)}, "named once"),
        ({"arms": (Arm("empty", None, None),)}, "nothing to learn from"),
        ({"config": plan.out / "no.yaml"}, "is not there"),
    ):
        with pytest.raises(InputError, match=words):
            LoopPlan(**{**plan.__dict__, **change})


def test_a_done_step_is_not_done_again_and_a_failed_one_says_why(plan):
    said = []
    works = Step("version", ("json.tool", "--help"), plan.out / "x")
    fails = Step("failing", ("json.tool", str(plan.out / "missing.json")), plan.out / "y")
    with pytest.raises(EmolaError, match="while failing"):
        run_steps(plan, [works, fails], said.append)
    assert list(json.loads((plan.out / STATE).read_text())["done"]) == ["version"]
    run_steps(plan, [works], said.append)
    assert len([words for words in said if "version" in words]) == 1


def test_another_turn_in_the_same_folder_is_refused_but_a_report_is_written_again(plan):
    said = []
    run_steps(plan, [Step("version", ("json.tool", "--help"), plan.out / "x")], said.append)
    with pytest.raises(InputError, match=r"another turn \(version\)"):
        run_steps(plan, [Step("version", ("tokenize", "--help"), plan.out / "x")], said.append)
    for module in ("json.tool", "tokenize", "tokenize"):
        run_steps(plan, [Step("report", (module, "--help"), plan.out / "r", repeatable=True)], said.append)
    assert len([words for words in said if "report" in words]) == 2


def test_a_turn_waits_for_what_a_killed_one_left_behind(tmp_path):
    """A command that still runs holds the folder by the lock that it inherited; the next turn says so and waits."""
    said = []
    with alone_in(tmp_path / "out", said.append) as lock:
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)"], pass_fds=(lock,))
    begun = time.monotonic()
    with alone_in(tmp_path / "out", said.append):
        assert left.poll() is not None or time.monotonic() - begun > 0.5
    assert len(said) == 1 and "waiting until it has ended" in said[0]
    left.wait()


def test_a_damaged_state_is_said(plan):
    plan.out.mkdir()
    (plan.out / STATE).write_text("{")
    with pytest.raises(InputError, match="damaged"):
        run_steps(plan, [], print)


def test_a_release_gives_its_files_and_lineage(tmp_path):
    (tmp_path / "sft").mkdir()
    (tmp_path / "sft" / "train_au_anno.json").write_text("[]")
    (tmp_path / "manifest.json").write_text('{"name": "r1", "git_revision": "abc"}')
    arm = arm_of_release("corrected", tmp_path)
    assert arm.au == tmp_path / "sft" / "train_au_anno.json" and arm.emotion is None
    assert arm.lineage["release"] == "r1" and len(arm.lineage["manifest_sha256"]) == 64
    with pytest.raises(InputError, match="no complete review release"):
        arm_of_release("corrected", tmp_path / "sft")
