"""The whole recipe in miniature, once, and that a stopped run ends with the same weights as an undisturbed one."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training.tiny import bridge, language, vision
from training.tiny.__main__ import main
from training.tiny.checkpoint import load_checkpoint
from training.tiny.config import TinyConfig
from training.tiny.data import load_data, mirrored_mesh, priors_of
from training.tiny.evaluate import evaluate, table, unseen_faces
from training.tiny.generation import load_answerer
from training.tiny.pipeline import adopt_tower, make_sources, make_trainee, prior_stage, settle_stage, train
from training.tiny.settling import Reader
from training.tiny.vision import train_vision

pytestmark = pytest.mark.slow


class Stopped(Exception):
    """Stands for a kill in the middle of a run."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory, repository: Path) -> TinyConfig:
    """What ``make tiny SMOKE=1`` runs, in a folder that is kept."""
    folder, elsewhere = tmp_path_factory.mktemp("tiny"), tmp_path_factory.mktemp("elsewhere")
    recipe = repository / "training/configs/tiny.yaml"
    with pytest.MonkeyPatch.context() as patch:
        kept = SimpleNamespace(TemporaryDirectory=lambda: nullcontext(str(folder)))
        patch.setattr("training.tiny.__main__.tempfile", kept)
        patch.chdir(elsewhere)
        assert main(["--config", str(recipe), "--smoke"]) == 0
    assert not list(elsewhere.iterdir()), "the folders of the recipe are not touched"
    return TinyConfig.read(recipe).miniature(folder / "cache", folder / "model")


def entries(config: TinyConfig, stage: str) -> list[dict]:
    return [json.loads(line) for line in (config.cache / f"{stage}.jsonl").read_text().splitlines()]


def test_loss_falls_and_the_export_answers(finished: TinyConfig) -> None:
    untrained = np.log(len(make_sources(finished).tokenizer))
    assert entries(finished, "joint")[-1]["tokens"] < untrained - 0.2
    answerer = load_answerer(finished.out)
    assert answerer.model.config.crop_recipe == "aligned-112"
    assert answerer.model.config.prior_recipe == "mediapipe-106"
    faces = unseen_faces(finished.cache, 4, 77)
    result = evaluate(answerer, faces)
    assert set(result.scores) == {"both", "image", "prior"} and "prior only" in table(result)


def test_export_computes_what_was_trained(finished: TinyConfig) -> None:
    sources = make_sources(finished)
    trainee = make_trainee(finished, sources)
    saved = load_checkpoint(finished.cache / "settle.pt")
    assert saved is not None
    trainee.load_state_dict(saved["model"])
    prior = torch.from_numpy(sources.data.priors[:3, 0])
    with torch.inference_mode():
        trained = trainee.model.get_image_rows(None, trainee.standardise(prior))
        exported = load_answerer(finished.out).model.get_image_rows(None, prior)
    assert torch.allclose(trained, exported, atol=2e-2)  # fp16 on disk


def test_finished_stages_are_not_repeated(finished: TinyConfig) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in finished.cache.glob("*.pt")}
    train(finished)
    assert {path.name: path.stat().st_mtime_ns for path in finished.cache.glob("*.pt")} == before


def interrupted(monkeypatch, module, name: str, after: int) -> None:
    """Let a function of a module raise at its call number ``after``."""
    calls, original = [0], getattr(module, name)

    def stopping(*arguments):
        calls[0] += 1
        if calls[0] > after:
            raise Stopped
        return original(*arguments)

    monkeypatch.setattr(module, name, stopping)


def same(first: Path, second: Path) -> bool:
    one, other = load_checkpoint(first), load_checkpoint(second)
    assert one is not None and other is not None
    return all(torch.equal(one["model"][key], other["model"][key]) for key in one["model"])


def test_stopped_tower_ends_with_the_same_weights(finished: TinyConfig, tmp_path: Path, monkeypatch) -> None:
    config = replace(finished, checkpoint_seconds=0.0)
    data = load_data(config.cache, config.train_faces, config.seed)
    unseen = load_data(config.cache, config.eval_faces, config.eval_seed)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        interrupted(patch, vision, "vision_batch", 5)
        train_vision(config, data, unseen, tmp_path)
    train_vision(config, data, unseen, tmp_path)
    assert same(tmp_path / "vision.pt", config.cache / "vision.pt")


def test_stopped_bridge_ends_with_the_same_weights(finished: TinyConfig, tmp_path: Path, monkeypatch) -> None:
    sources = make_sources(finished)
    unseen = load_data(finished.cache, finished.eval_faces, finished.eval_seed)
    config = replace(finished, checkpoint_seconds=0.0, cache=tmp_path)

    def run() -> None:
        seen = train_vision(finished, sources.data, unseen, finished.cache)  # finished: only loads
        trainee = make_trainee(config, sources)
        trainee.load_state_dict(torch.load(finished.cache / "prior.pt", weights_only=True)["model"])
        adopt_tower(trainee, seen.tower)
        bridge.train_bridge(config, trainee, seen, sources, unseen)

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        interrupted(patch, bridge, "vision_batch", 3)
        run()
    run()
    assert same(tmp_path / "bridge.pt", finished.cache / "bridge.pt")


def test_stopped_language_stage_ends_with_the_same_weights(finished: TinyConfig, tmp_path: Path, monkeypatch) -> None:
    config = replace(finished, checkpoint_seconds=0.0)
    sources = make_sources(config)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        interrupted(patch, language.BatchMaker, "inputs", 7)
        language.train_language(prior_stage(config), make_trainee(config, sources), sources, config, tmp_path)
    language.train_language(prior_stage(config), make_trainee(config, sources), sources, config, tmp_path)
    assert same(tmp_path / "prior.pt", config.cache / "prior.pt")


def test_stopped_last_stage_ends_with_the_same_weights(finished: TinyConfig, tmp_path: Path, monkeypatch) -> None:
    config = replace(finished, checkpoint_seconds=0.0)
    sources = make_sources(config)

    def run() -> None:
        trainee = make_trainee(config, sources)
        trainee.load_state_dict(torch.load(finished.cache / "joint.pt", weights_only=True)["model"])
        reader = Reader(trainee, sources.tokenizer)
        language.train_language(settle_stage(config), trainee, sources, config, tmp_path, reader)

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        interrupted(patch, language.BatchMaker, "inputs", 5)
        run()
    run()
    assert same(tmp_path / "settle.pt", config.cache / "settle.pt")


def test_mirrored_face_has_the_mirrored_prior(finished: TinyConfig) -> None:
    data = load_data(finished.cache, finished.train_faces, finished.seed)
    assert np.allclose(data.landmarks[0, 0].mean(0) * (-1, 1), data.landmarks[0, 1].mean(0), atol=1e-4)
    mesh = np.asarray(np.random.default_rng(0).normal(size=(1, 468, 3)))
    assert np.array_equal(mirrored_mesh(mirrored_mesh(mesh)), mesh)
    assert priors_of(mesh).shape == (1, 212)
