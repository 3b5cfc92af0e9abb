"""Where the finished model goes: an earlier one is replaced, and nothing else is ever lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from emola.errors import InputError
from training.tiny.config import TinyConfig
from training.tiny.export import claim_destination, export_model
from training.tiny.generation import load_answerer
from training.tiny.model import build_model
from training.tiny.pipeline import train
from training.tiny.vocabulary import make_tokenizer, special_ids


@pytest.fixture
def config(tmp_path: Path, repository: Path) -> TinyConfig:
    recipe = TinyConfig.read(repository / "training/configs/tiny.yaml")
    return recipe.miniature(tmp_path / "cache", tmp_path / "cache" / "model")


def export(config: TinyConfig) -> Path:
    config.cache.mkdir(exist_ok=True)
    tokenizer = make_tokenizer(config, config.cache)
    return export_model(build_model(config, len(tokenizer), special_ids(tokenizer)), tokenizer, config)


@pytest.fixture
def with_own_files(config: TinyConfig) -> TinyConfig:
    """An earlier export of seed 1, with a card, a picture and a folder that somebody put there."""
    export(config)
    (config.out / "README.md").write_text("my card")
    (config.out / "sheet.jpg").write_bytes(b"picture")
    (config.out / "notes").mkdir()
    (config.out / "notes" / "a.txt").write_text("mine")
    return config


def check_own_files(folder: Path) -> None:
    assert (folder / "README.md").read_text() == "my card" and (folder / "sheet.jpg").read_bytes() == b"picture"
    assert (folder / "notes" / "a.txt").read_text() == "mine"


def seed_of(folder: Path) -> int:
    return json.loads((folder / "training.json").read_text())["seed"]


def test_an_earlier_model_is_replaced_and_other_files_stay(with_own_files: TinyConfig) -> None:
    before = (with_own_files.out / "model.safetensors").read_bytes()
    out = export(replace(with_own_files, seed=2))
    assert seed_of(out) == 2 and (out / "model.safetensors").read_bytes() != before
    check_own_files(out)
    assert load_answerer(out).model.config.display_name == "EmoLA-tiny"
    assert not list(out.parent.glob(".model*")), "nothing is left beside it"


def test_a_link_to_a_folder_stays_a_link(with_own_files: TinyConfig, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(with_own_files.out)
    export(replace(with_own_files, seed=2, out=tmp_path / "link"))
    assert (tmp_path / "link").is_symlink() and seed_of(with_own_files.out) == 2
    check_own_files(with_own_files.out)


@pytest.mark.parametrize("content", ["file", "folder", "model of another kind"])
def test_anything_else_is_refused_before_training_and_stays(config: TinyConfig, tmp_path: Path, content: str) -> None:
    out, mine = tmp_path / "mine", tmp_path / "mine"
    if content != "file":
        out.mkdir()
        mine = out / ("config.json" if content == "model of another kind" else "thesis.tex")
    mine.write_text("years of work")
    with pytest.raises(InputError, match=r"is a file|holds something else"):
        train(replace(config, out=out))
    assert mine.read_text() == "years of work" and not config.cache.exists()


def test_a_run_that_dies_while_writing_leaves_the_earlier_model(with_own_files: TinyConfig, monkeypatch) -> None:
    monkeypatch.setattr("training.tiny.export.EmolaProcessor.from_config", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export(replace(with_own_files, seed=2))
    assert seed_of(with_own_files.out) == 1
    check_own_files(with_own_files.out)


def test_a_run_that_dies_between_the_renames_gets_the_earlier_model_back(
    with_own_files: TinyConfig, monkeypatch
) -> None:
    renames, original = [0], Path.rename

    def dying(path: Path, target: Path) -> Path:
        renames[0] += 1
        return original(path, target) if renames[0] == 1 else interrupt()

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rename", dying)
        export(replace(with_own_files, seed=2))
    assert not with_own_files.out.exists()
    claim_destination(with_own_files.out)  # the first act of the next run
    assert seed_of(with_own_files.out) == 1
    check_own_files(with_own_files.out)


def interrupt(*_: object) -> Path:
    raise KeyboardInterrupt


def test_the_shipped_model_is_not_the_output_and_every_text_says_where_it_goes(repository: Path) -> None:
    recipe = repository / "training/configs/tiny.yaml"
    out = yaml.safe_load(recipe.read_text())["out"]
    assert not (repository / out).resolve().is_relative_to(repository / "emola")
    for text in ("README.md", "Makefile", "emola/weights/tiny/README.md"):
        assert out in (repository / text).read_text(), text
