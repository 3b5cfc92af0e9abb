import pytest
import torch
from transformers import (
    CLIPImageProcessorPil,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from emola.model import EmolaProcessor
from training.benchmark.__main__ import main
from training.benchmark.models import ModelChoice


@pytest.fixture(scope="module")
def llava_folder(tmp_path_factory, model_folder, tiny_parts):
    """A random LLaVA with the tiny tokenizer, as llava-hf publishes them."""
    torch.manual_seed(1)
    model = LlavaForConditionalGeneration(LlavaConfig(**tiny_parts(), image_token_index=260, image_seq_length=4))
    model.generation_config.eos_token_id = [2, *range(40, 64)]
    model.generation_config.pad_token_id = 0
    folder = tmp_path_factory.mktemp("llava") / "tiny-llava"
    model.save_pretrained(folder)
    tokenizer = EmolaProcessor.from_pretrained(model_folder).tokenizer
    images = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    LlavaProcessor(
        images,
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token="<image>",
    ).save_pretrained(folder)
    return folder


def ask(folder, data, out, *more):
    fixed = ["--max-new-tokens", "16", "--device", "cpu", "--dtype", "float32"]
    return main(["run", "--model", str(folder), "--data", str(data), "--out", str(out), *fixed, *more])


def test_the_kind_of_a_model_is_read_from_its_configuration(model_folder, llava_folder):
    assert ModelChoice(str(model_folder)).is_emola()
    assert not ModelChoice(str(llava_folder)).is_emola()


@pytest.mark.parametrize("decoding", ["greedy", "paper"])
def test_a_llava_answers_alike_in_any_batch(llava_folder, make_data, tmp_path, read_lines, decoding):
    data = make_data(5)
    for size in ("1", "4"):
        assert ask(llava_folder, data, tmp_path / size, "--batch-size", size, "--decoding", decoding) == 0
    for task in ("emotion", "au"):
        name = f"predictions_{task}.jsonl"
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes()
        rows = read_lines(tmp_path / "1" / name)
        assert all(row["status"] != "failed" and row["prior"] is None for row in rows)
    assert len({row["tokens"] for row in rows}) > 1


def test_a_llava_reads_no_prior(llava_folder, make_data, tmp_path, capsys):
    assert ask(llava_folder, make_data(1), tmp_path / "run", "--inputs", "both") == 2
    assert "is no EmoLA" in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_one_sentence(make_data, tmp_path, capsys):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "config.json").write_text('{"model_type": "bert"}')
    assert ask(tmp_path / "odd", make_data(1), tmp_path / "run") == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert "cannot be loaded as an image-text model" in message
