from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, CLIPImageProcessorPil

from emola.errors import PriorError
from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor

CLIP_MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
CLIP_STD = np.array([0.26862954, 0.26130258, 0.27577711])
IMAGE_TOKEN_INDEX = 260
MakePrior = Callable[..., Any]
Picture = NDArray[np.uint8]


@pytest.fixture
def processor(tiny_config: EmolaConfig, byte_tokenizer: Any) -> EmolaProcessor:
    return EmolaProcessor.from_config(tiny_config, byte_tokenizer)


@pytest.fixture
def prior(make_prior: MakePrior) -> Any:
    return make_prior(np.linspace(-1, 1, 6))


def placeholders(inputs: Any) -> list[int]:
    return (inputs["input_ids"] == IMAGE_TOKEN_INDEX).sum(dim=1).tolist()


def test_pixels_are_clips_bicubic_resize_centre_crop_and_normalisation(
    processor: EmolaProcessor, prior: Any, picture: Picture
) -> None:
    pixels = processor("<image>q", [picture], [prior])["pixel_values"]
    resized = np.asarray(Image.fromarray(picture).resize((int(61 * 28 / 45), 28), Image.Resampling.BICUBIC))
    left = (resized.shape[1] - 28) // 2
    expected = (resized[:, left : left + 28] / 255 - CLIP_MEAN) / CLIP_STD
    assert pixels.shape == (1, 3, 28, 28)
    assert pixels.dtype == torch.float32
    np.testing.assert_allclose(pixels[0].permute(1, 2, 0).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (3, 200), (200, 3), (28, 28), (640, 480)])
def test_pictures_of_any_size_are_read_as_rgb_last(processor: EmolaProcessor, size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), dtype=np.uint8)
    picture[..., 0] = 255  # red
    pixels = processor("<image>q", [picture])["pixel_values"]
    expected = (np.array([1, 0, 0]) - CLIP_MEAN) / CLIP_STD
    np.testing.assert_allclose(pixels.numpy(), np.broadcast_to(expected[:, None, None], (1, 3, 28, 28)), atol=1e-5)


def test_rows_are_patches_and_one_for_the_prior(processor: EmolaProcessor, prior: Any, picture: Picture) -> None:
    assert placeholders(processor("<image>q", [picture], [prior])) == [5]
    assert placeholders(processor("<image>q", [picture])) == [4]
    assert placeholders(processor("<image>q", priors=[prior])) == [1]
    with pytest.raises(ValueError, match="a picture of a face, a prior, or both; neither was given"):
        processor("<image>q")


def test_short_prompts_are_padded_on_the_left(processor: EmolaProcessor, prior: Any) -> None:
    inputs = processor(["<image>abc", "<image>a"], priors=[prior, prior])
    assert inputs["attention_mask"].tolist() == [[1] * 5, [0, 0, 1, 1, 1]]
    assert inputs["input_ids"][1, :3].tolist() == [0, 0, 1]  # <pad> <pad> <s>
    assert inputs["prior"].shape == (2, 6)
    assert inputs["prior"].dtype == torch.float32


def test_labels_are_the_answer_and_the_end_token(processor: EmolaProcessor, prior: Any) -> None:
    inputs = processor(["<image>q", "<image>question"], priors=[prior] * 2, answers=["yes", "no"])
    assert inputs["labels"].shape == inputs["input_ids"].shape
    for ids, labels, answer in zip(inputs["input_ids"], inputs["labels"], (" yes</s>", " no</s>"), strict=True):
        learned = labels != -100
        assert torch.equal(ids[learned], labels[learned])
        assert processor.tokenizer.decode(labels[learned]) == answer


def test_two_processed_prompts_generate_what_each_generates_alone(
    processor: EmolaProcessor, tiny_model: EmolaForConditionalGeneration, make_prior: MakePrior, picture: Picture
) -> None:
    prompts = [processor.build_prompt(question) for question in ("Which?", "Which action units are shown here?")]
    pictures, priors = [picture, picture[::-1].copy()], [make_prior(np.ones(6)), make_prior(-np.ones(6))]

    def answer(rows: slice) -> list[str]:
        inputs = processor(prompts[rows], pictures[rows], priors[rows])
        sequences = tiny_model.generate(**inputs, max_new_tokens=6, do_sample=False)
        return processor.batch_decode(sequences, prompt_length=inputs["input_ids"].shape[1])

    assert answer(slice(0, 2)) == answer(slice(0, 1)) + answer(slice(1, 2))


def test_batch_decode_gives_new_text_only(processor: EmolaProcessor) -> None:
    encode = processor.tokenizer.encode
    prompt = encode("prompt")
    sequences = torch.tensor([[1, *prompt, *encode(" Brows , up.  "), 2, 0]])
    assert processor.batch_decode(sequences, prompt_length=1 + len(prompt)) == ["Brows , up."]
    assert processor.batch_decode(sequences) == ["prompt Brows , up."]


def test_the_prompt_uses_the_models_conversation(processor: EmolaProcessor) -> None:
    assert processor.build_prompt("Which?") == "USER: <image>\nWhich? ASSISTANT:"


def test_a_prior_of_another_recipe_is_refused(processor: EmolaProcessor, make_prior: MakePrior) -> None:
    foreign = make_prior(np.zeros(6), "mediapipe-106")
    with pytest.raises(PriorError, match="made by the recipe 'mediapipe-106', but the model was trained on 'emola-20"):
        processor("<image>q", priors=[foreign])
    with pytest.raises(PriorError, match="must say which recipe made it, but a bare ndarray was given"):
        processor("<image>q", priors=[np.zeros(6)])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.zeros(7), r"shape \(7,\), but this model reads 6 numbers"),
        (np.zeros((1, 6)), r"shape \(1, 6\), but this model reads 6 numbers"),
        (np.array([0, 0, np.nan, 0, np.inf, -np.inf]), "3 numbers that are NaN or infinite"),
        (np.full(6, 1e39), "6 numbers that are NaN or infinite"),  # too large for float32
    ],
)
def test_a_prior_that_cannot_be_read_is_refused(
    processor: EmolaProcessor, make_prior: MakePrior, values: NDArray[np.float64], sentence: str
) -> None:
    with pytest.raises(PriorError, match=sentence):
        processor("<image>q", priors=[make_prior(values)])


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4, 3), dtype=np.float32), np.zeros((4, 4), dtype=np.uint8), np.zeros((4, 4, 4), np.uint8)]
)
def test_a_picture_that_is_not_rgb_uint8_is_refused(processor: EmolaProcessor, image: Any) -> None:
    with pytest.raises(ValueError, match=r"must be RGB uint8 of shape \(height, width, 3\), not"):
        processor("<image>q", [image])


def test_numbers_of_prompts_pictures_priors_and_answers_must_agree(
    processor: EmolaProcessor, prior: Any, picture: Picture
) -> None:
    for given in ({"images": [picture]}, {"priors": [prior]}, {"priors": [prior] * 2, "answers": ["a"]}):
        with pytest.raises(ValueError, match="There are 2 prompts but 1 "):
            processor(["<image>a", "<image>b"], **given)
    with pytest.raises(ValueError, match="There are no prompts"):
        processor([], priors=[])


def test_a_tokenizer_with_another_placeholder_id_is_refused(tiny_config: EmolaConfig, byte_tokenizer: Any) -> None:
    tiny_config.image_token_index = 261
    with pytest.raises(ValueError, match="has <image> as 260, but the model as 261"):
        EmolaProcessor.from_config(tiny_config, byte_tokenizer)


def test_padding_falls_back_to_the_unknown_token_as_emola_did(
    tiny_config: EmolaConfig, llama_tokenizer: Any, make_prior: MakePrior
) -> None:
    assert llama_tokenizer.pad_token_id is None
    tiny_config.image_token_index = 32000
    inputs = EmolaProcessor.from_config(tiny_config, llama_tokenizer)(
        ["<image>", "<image>describe this"], priors=[make_prior(np.zeros(6))] * 2
    )
    assert inputs["input_ids"].tolist() == [[0, 0, 1, 32000], [1, 32000, 8453, 445]]
    assert inputs["attention_mask"].tolist() == [[0, 0, 1, 1], [1, 1, 1, 1]]


def test_pillow_replaces_the_torchvision_image_processor(tiny_config: EmolaConfig, byte_tokenizer: Any) -> None:
    class CLIPImageProcessor(CLIPImageProcessorPil):
        """Stands in for the class that needs torchvision; it is told apart by its name."""

    given = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, do_convert_rgb=False)
    used = EmolaProcessor.from_config(tiny_config, byte_tokenizer, given).image_processor
    assert type(used) is CLIPImageProcessorPil
    assert (used.size["shortest_edge"], used.crop_size["width"], used.do_convert_rgb) == (28, 28, False)


def test_round_trip_beside_the_model(
    processor: EmolaProcessor,
    tiny_model: EmolaForConditionalGeneration,
    prior: Any,
    picture: Picture,
    tmp_path: Any,
) -> None:
    tiny_model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded = AutoProcessor.from_pretrained(tmp_path)
    assert type(loaded) is EmolaProcessor
    assert type(loaded.image_processor) is CLIPImageProcessorPil
    fields = ("image_token_index", "num_image_tokens", "prior_recipe", "prior_dim", "crop_recipe", "conversation")
    for name in (*fields, "inputs", "model_input_names"):
        assert getattr(loaded, name) == getattr(processor, name), name
    prompt = processor.build_prompt("Is </s> an action unit?")
    ours, theirs = processor(prompt, [picture], [prior]), loaded(prompt, [picture], [prior])
    assert set(ours) == set(theirs) == set(processor.model_input_names)
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name
    model = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert model.generate(**theirs, max_new_tokens=2).shape[1] == theirs["input_ids"].shape[1] + 2


def test_other_values_survive_the_round_trip(tiny_config: EmolaConfig, byte_tokenizer: Any, tmp_path: Any) -> None:
    tiny_config.prior_recipe, tiny_config.crop_recipe, tiny_config.inputs = "mediapipe-106", "aligned-112", "prior"
    EmolaProcessor.from_config(tiny_config, byte_tokenizer).save_pretrained(tmp_path)
    loaded = EmolaProcessor.from_pretrained(tmp_path)
    assert (loaded.prior_recipe, loaded.crop_recipe, loaded.inputs) == ("mediapipe-106", "aligned-112", "prior")
