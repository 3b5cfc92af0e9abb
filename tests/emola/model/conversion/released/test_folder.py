"""The converted folder: whole or not there, with what the base could give, saying what is missing."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
import torch

from emola.convert_command import add_arguments, run
from emola.errors import CheckpointError, InputError
from emola.model.conversion.convert import convert_checkpoint
from emola.model.loading import load_model


@pytest.mark.parametrize("merge", [True, False])
def test_a_base_without_processor_files_converts_and_the_report_names_them(factory, merge):
    base = factory.hf_base()
    report = convert_checkpoint(factory.source(), factory.folder / "out", base, merge=merge)
    assert report.missing_files == (
        "tokenizer.json or tokenizer.model",
        "tokenizer_config.json",
        "preprocessor_config.json",
    )
    assert "add them" in str(report) and str(report.destination) in str(report)
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json"):
        load_model(factory.folder / "out", device="cpu")
    factory.with_processor(factory.folder / "out")
    loaded = load_model(factory.folder / "out", device="cpu")
    assert loaded.processor.tokenizer.eos_token == "</s>"


def test_only_the_image_processor_is_missing(factory):
    base = factory.with_processor(factory.hf_base())
    for name in ("preprocessor_config.json", "processor_config.json"):
        (base / name).unlink(missing_ok=True)
    report = convert_checkpoint(factory.source(), factory.folder / "out", base)
    assert report.missing_files == ("preprocessor_config.json",)
    assert (factory.folder / "out" / "tokenizer.json").is_file()


def test_the_image_processor_of_an_original_base_comes_from_its_clip(factory):
    base, clip = factory.original_base()
    factory.with_processor(base)
    factory.with_processor(clip)
    (base / "preprocessor_config.json").unlink()
    report = convert_checkpoint(factory.source(), factory.folder / "out", base, vision=clip, merge=True)
    assert report.missing_files == ()
    loaded = load_model(factory.folder / "out", device="cpu")
    assert loaded.processor.image_processor.crop_size["height"] == 28
    assert (loaded.processor.image_token_index, loaded.config.real_vocab_size) == (97, 97)


def test_a_tokenizer_larger_than_the_vocabulary_is_refused(make_factory, llava_type, released_type):
    factory = make_factory(llava_type(rows=90), released_type())
    factory.released.config["vocab_size"] = 90
    base = factory.with_processor(factory.hf_base())
    with pytest.raises(CheckpointError, match="97 tokens, but the model has 90 rows"):
        convert_checkpoint(factory.source(), factory.folder / "out", base)
    assert not (factory.folder / "out").exists()


def test_the_folder_says_what_it_was_made_of(factory):
    base, clip = factory.original_base()
    report = convert_checkpoint(factory.source(), factory.folder / "out", base, vision=clip)
    origin = json.loads((factory.folder / "out" / "origin.json").read_text())
    assert (origin["base"], origin["base_layout"], origin["vision"]) == (str(base), "llava-original", str(clip))
    assert origin["lora"]["r"] == 8 and origin["lora"]["lora_alpha"] == 16
    assert (report.form, report.base_layout, report.dtype) == ("adapter", "llava-original", torch.float32)
    assert report.written_bytes < (factory.folder / "out" / "adapter_model.safetensors").stat().st_size


def test_a_destination_in_use_is_left_alone(factory):
    base, source, out = factory.hf_base(), factory.source(), factory.folder / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    for overwrite in (False, True):  # it holds no checkpoint, so --overwrite does not replace it either
        with pytest.raises(InputError, match=r"not empty|no checkpoint"):
            convert_checkpoint(source, out, base, overwrite=overwrite)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
    (out / "notes.txt").unlink()
    convert_checkpoint(source, out, base)  # an empty folder is fine
    with pytest.raises(InputError, match="--overwrite"):
        convert_checkpoint(source, out, base, merge=True)
    convert_checkpoint(source, out, base, merge=True, overwrite=True)
    assert (out / "model.safetensors").is_file() and not (out / "adapter_config.json").exists()
    assert sorted(path.name for path in factory.folder.iterdir()) == ["llava-1.5-hf", "llava-v1.5-lora-emola", "out"]


@pytest.mark.parametrize("where", ["base", "inside the base", "source", "above"])
def test_what_is_read_is_never_overwritten(factory, where):
    base, source = factory.hf_base(), factory.source()
    out = {"base": base, "inside the base": base / "out", "source": source, "above": factory.folder}[where]
    with pytest.raises(InputError, match="would overwrite"):
        convert_checkpoint(source, out, base, overwrite=True)


def test_a_destination_that_is_a_file_is_refused(factory):
    (factory.folder / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        convert_checkpoint(factory.source(), factory.folder / "out", factory.hf_base())


def test_a_killed_conversion_leaves_nothing_that_looks_whole(factory, repository):
    base, source, out = factory.hf_base(), factory.source(), factory.folder / "out"
    script = """
        import os, signal, sys
        from emola.model.conversion.convert import convert_checkpoint
        def kill(done, total, what):
            if done == total - 1:
                os.kill(os.getpid(), signal.SIGKILL)
        convert_checkpoint(*sys.argv[1:], merge=True, progress=kill)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(source), str(out), str(base)]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert not out.exists()
    left = [path for path in factory.folder.iterdir() if path.name.startswith(".out.partial-")]
    assert len(left) == 1 and not (left[0] / "config.json").exists()
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        load_model(left[0], device="cpu")
    convert_checkpoint(source, out, base, merge=True)
    assert (out / "config.json").is_file()
    assert not left[0].exists()


def test_the_command_prints_the_report(factory, capsys):
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    base, source, out = factory.hf_base(), factory.source(), factory.folder / "out"
    run(parser.parse_args([str(source), str(out), "--base", str(base), "--merge"]))
    printed = capsys.readouterr().out
    assert "28 LoRA tensors and 8 projector tensors" in printed and "tokenizer_config.json" in printed
