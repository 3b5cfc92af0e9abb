"""The model against stock LLaVA with the same weights, in fp32 on the CPU."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy, gelu, linear
from transformers import AutoModelForImageTextToText, LlavaConfig, LlavaForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutputWithPooling

from emola.errors import PriorError
from emola.model import EmolaConfig, EmolaForConditionalGeneration

PATCHES, PRIOR_DIM, IMAGE_TOKEN_INDEX, REAL_VOCABULARY = 4, 6, 260, 260

MEASURED = ("pixel_values", "prior")
MakeInputs = Callable[..., Any]


@pytest.fixture
def stock(tiny_model: EmolaForConditionalGeneration) -> LlavaForConditionalGeneration:
    """Stock LLaVA with the weights of the tiny EmoLA."""
    config = tiny_model.config
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=config.vision_config, text_config=config.text_config, image_token_index=IMAGE_TOKEN_INDEX
        )
    ).eval()
    shared = {name: value for name, value in tiny_model.state_dict().items() if not name.startswith("prior_projector")}
    model.load_state_dict(shared)
    return model


def greedy(model: Any, inputs: dict[str, torch.Tensor], new: int = 6, **options: Any) -> list[list[int]]:
    sequences = model.generate(**inputs, max_new_tokens=new, do_sample=False, **options)
    return sequences[:, inputs["input_ids"].shape[1] :].tolist()


@torch.no_grad()
def test_without_a_prior_the_logits_are_stock_llava_bit_for_bit(
    tiny_model: EmolaForConditionalGeneration, stock: LlavaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    inputs = make_inputs(rows=PATCHES)
    ours = tiny_model(input_ids=inputs.input_ids, pixel_values=inputs.pixel_values).logits
    theirs = stock(input_ids=inputs.input_ids, pixel_values=inputs.pixel_values).logits
    assert torch.equal(ours[..., :REAL_VOCABULARY], theirs[..., :REAL_VOCABULARY])


@torch.no_grad()
def test_with_a_prior_the_logits_are_stock_llava_given_the_rows(
    tiny_model: EmolaForConditionalGeneration, stock: LlavaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    inputs = make_inputs()
    weights = dict(tiny_model.prior_projector.named_parameters())
    hidden = gelu(linear(inputs.prior, weights["linear_1.weight"], weights["linear_1.bias"]))  # exact GELU
    prior_row = linear(hidden, weights["linear_2.weight"], weights["linear_2.bias"])
    patches = torch.stack(stock.get_image_features(pixel_values=inputs.pixel_values, return_dict=True).pooler_output)
    embeds = stock.get_input_embeddings()(inputs.input_ids)
    embeds[0, 3 : 3 + PATCHES] = patches[0]
    embeds[0, 3 + PATCHES] = prior_row[0]  # after the patches
    theirs = stock(inputs_embeds=embeds).logits
    ours = tiny_model(**inputs.both).logits
    torch.testing.assert_close(ours[..., :REAL_VOCABULARY], theirs[..., :REAL_VOCABULARY], atol=1e-5, rtol=0)
    embeds[0, 3], embeds[0, 4 : 4 + PATCHES] = prior_row[0], patches[0]  # the prior before the patches
    before = stock(inputs_embeds=embeds).logits
    assert (ours - before)[..., :REAL_VOCABULARY].abs().max() > 0.05


@torch.no_grad()
def test_rows_computed_beforehand_can_go_in_as_encoder_outputs(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    if "mm_encoder_outputs" not in signature(LlavaForConditionalGeneration.forward).parameters:
        pytest.skip("this transformers has no mm_encoder_outputs")
    inputs = make_inputs()
    rows = tiny_model.get_image_rows(inputs.pixel_values, inputs.prior)
    encoded = {"image": BaseModelOutputWithPooling(pooler_output=list(rows))}
    ours = tiny_model(input_ids=inputs.input_ids, mm_encoder_outputs=encoded).logits
    assert torch.equal(ours, tiny_model(input_ids=inputs.input_ids, **{k: inputs.both[k] for k in MEASURED}).logits)


@torch.no_grad()
def test_the_rows_are_patches_then_prior(tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs) -> None:
    inputs = make_inputs()
    both = tiny_model.get_image_rows(inputs.pixel_values, inputs.prior)
    assert both.shape == (1, PATCHES + 1, 64)
    assert torch.equal(both[:, :PATCHES], tiny_model.get_image_rows(inputs.pixel_values))
    assert torch.equal(both[:, PATCHES:], tiny_model.get_image_rows(prior=inputs.prior))


@torch.no_grad()
def test_another_prior_or_picture_changes_the_logits(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    inputs = make_inputs()
    base = tiny_model(**inputs.both).logits[..., :REAL_VOCABULARY]
    for name in ("prior", "pixel_values"):
        changed = {**inputs.both, name: inputs.both[name] + 0.5}
        assert (tiny_model(**changed).logits[..., :REAL_VOCABULARY] - base).abs().max() > 1e-3, name


@torch.no_grad()
def test_a_prior_alone_fills_one_row(tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs) -> None:
    inputs = make_inputs(rows=1)
    first = tiny_model(input_ids=inputs.input_ids, prior=inputs.prior).logits
    second = tiny_model(input_ids=inputs.input_ids, prior=inputs.prior + 0.5).logits
    assert (first - second)[..., :REAL_VOCABULARY].abs().max() > 1e-3


@torch.no_grad()
def test_a_placeholder_id_beyond_the_embedding_works(tiny_config: EmolaConfig, make_inputs: MakeInputs) -> None:
    torch.manual_seed(0)
    tiny_config.image_token_index = 32000  # original LLaVA: more than the vocabulary has rows
    model = EmolaForConditionalGeneration(tiny_config).eval()
    inputs = make_inputs()
    ids = inputs.input_ids.masked_fill(inputs.input_ids == IMAGE_TOKEN_INDEX, 32000)
    assert len(greedy(model, {**inputs.both, "input_ids": ids})[0]) == 6


@torch.no_grad()
def test_left_padded_batches_equal_single_runs(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    singles = [make_inputs(words=words, seed=words) for words in (2, 5, 9)]
    longest = max(single.input_ids.shape[1] for single in singles)
    ids = torch.zeros(3, longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, single in enumerate(singles):
        ids[row, -single.input_ids.shape[1] :] = single.input_ids
        mask[row, -single.input_ids.shape[1] :] = 1
    batch = {
        "input_ids": ids,
        "attention_mask": mask,
        "pixel_values": torch.cat([single.pixel_values for single in singles]),
        "prior": torch.cat([single.prior for single in singles]),
    }
    logits = tiny_model(**batch).logits
    for row, single in enumerate(singles):
        alone = tiny_model(**single.both).logits[0, -1, :REAL_VOCABULARY]
        torch.testing.assert_close(logits[row, -1, :REAL_VOCABULARY], alone, atol=1e-4, rtol=0)
    assert greedy(tiny_model, batch) == [greedy(tiny_model, single.both)[0] for single in singles]


@torch.no_grad()
def test_the_cache_changes_nothing_and_the_picture_is_read_once(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    calls = {"vision": 0, "prior": 0}
    hooks = [
        tiny_model.model.vision_tower.register_forward_hook(lambda *_: calls.update(vision=calls["vision"] + 1)),
        tiny_model.prior_projector.register_forward_hook(lambda *_: calls.update(prior=calls["prior"] + 1)),
    ]
    inputs = make_inputs().both
    cached = greedy(tiny_model, inputs)
    for hook in hooks:
        hook.remove()
    assert calls == {"vision": 1, "prior": 1}
    assert greedy(tiny_model, inputs, use_cache=False) == cached
    ids = inputs["input_ids"]
    for token in cached[0]:  # without generate: the whole sequence again for every token
        assert tiny_model(**{**inputs, "input_ids": ids, "attention_mask": None}).logits[0, -1].argmax() == token
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)


@torch.no_grad()
def test_beams_and_several_answers_keep_each_prompts_own_prior(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    first, second = make_inputs(seed=1), make_inputs(seed=2)
    batch = {
        name: torch.cat([first.both[name], second.both[name]])
        for name in ("input_ids", "attention_mask", "pixel_values", "prior")
    }
    alone = [greedy(tiny_model, single.both)[0] for single in (first, second)]
    length = batch["input_ids"].shape[1]
    several = tiny_model.generate(**batch, max_new_tokens=6, do_sample=True, top_k=1, num_return_sequences=2)
    assert several[:, length:].tolist() == [alone[0], alone[0], alone[1], alone[1]]
    beams = [greedy(tiny_model, single.both, num_beams=3)[0] for single in (first, second)]
    assert greedy(tiny_model, batch, num_beams=3) == beams
    assert beams[0] != beams[1]


@torch.no_grad()
def test_padded_vocabulary_rows_never_win(tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs) -> None:
    inputs = make_inputs()
    honest = greedy(tiny_model, inputs.both)
    labels = inputs.input_ids.masked_fill(inputs.input_ids == IMAGE_TOKEN_INDEX, -100)
    last_hidden = tiny_model(**inputs.both, output_hidden_states=True).hidden_states[-1][0, -1]
    tiny_model.lm_head.weight[REAL_VOCABULARY:] = 100 * last_hidden  # would win every time
    outputs = tiny_model(**inputs.both, labels=labels)
    assert (outputs.logits[..., REAL_VOCABULARY:] == -torch.inf).all()
    assert greedy(tiny_model, inputs.both) == honest
    expected = cross_entropy(outputs.logits[0, :-1, :REAL_VOCABULARY], labels[0, 1:], ignore_index=-100)
    torch.testing.assert_close(outputs.loss, expected)
    tiny_model.config.real_vocab_size = None
    assert greedy(tiny_model, inputs.both) != honest


def test_outputs_can_be_a_tuple_with_the_loss_first(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    inputs = make_inputs()
    loss, logits, *_ = tiny_model(**inputs.both, labels=inputs.input_ids.clamp(max=259), return_dict=False)
    assert loss.ndim == 0
    assert logits.shape == (1, inputs.input_ids.shape[1], 264)


@pytest.mark.parametrize("rows", [0, 1, PATCHES, PATCHES + 2])
def test_a_wrong_count_of_placeholders_is_refused(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs, rows: int
) -> None:
    with pytest.raises(ValueError, match=f"Prompt 0 holds {rows} image placeholders, but .* give 5 rows"):
        tiny_model(**make_inputs(rows=rows).both)


def test_counts_that_only_add_up_over_the_batch_are_refused(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    short, long = make_inputs(rows=4, words=6), make_inputs(rows=6, words=4)
    with pytest.raises(ValueError, match=r"Prompt 0 holds 4 image placeholders, but .* give 5 rows"):
        tiny_model(
            input_ids=torch.cat([short.input_ids, long.input_ids]),
            pixel_values=torch.cat([short.pixel_values, long.pixel_values]),
            prior=torch.cat([short.prior, long.prior]),
        )


def test_an_image_span_that_nothing_fills_is_refused(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    with pytest.raises(ValueError, match="hold 5 image placeholders, but there are 0 rows"):
        tiny_model(input_ids=make_inputs().input_ids)


@pytest.mark.parametrize(
    ("prior", "sentence"),
    [
        (torch.zeros(1, 7), r"shape \(1, 7\), but this model reads 6 numbers"),
        (torch.zeros(6), r"shape \(6,\), but this model reads 6 numbers"),
        (torch.tensor([[0.0, torch.nan, 1, 1, torch.inf, 1]]), "2 numbers that are NaN or infinite"),
        (torch.tensor([[0.0, 0, 1, 1, -torch.inf, 1]]), "1 numbers that are NaN or infinite"),
    ],
)
def test_a_prior_that_cannot_be_read_is_refused(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs, prior: torch.Tensor, sentence: str
) -> None:
    inputs = make_inputs().both
    with pytest.raises(PriorError, match=sentence):
        tiny_model(**{**inputs, "prior": prior})
    with pytest.raises(PriorError, match=sentence):
        tiny_model.generate(**{**inputs, "prior": prior}, max_new_tokens=2)


def test_batches_that_do_not_match_are_refused(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs
) -> None:
    inputs = make_inputs().both
    with pytest.raises(ValueError, match="1 pictures but 2 priors"):
        tiny_model(**{**inputs, "prior": torch.zeros(2, PRIOR_DIM)})
    with pytest.raises(ValueError, match="1 prompts but 2 pictures or priors"):
        tiny_model(input_ids=make_inputs(rows=1).input_ids, prior=torch.zeros(2, PRIOR_DIM))
    embeds = tiny_model.get_input_embeddings()(inputs["input_ids"])
    with pytest.raises(ValueError, match="not inputs_embeds"):
        tiny_model(inputs_embeds=embeds, prior=inputs["prior"])


def test_the_prior_is_cast_to_the_model(tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs) -> None:
    inputs = make_inputs().both
    assert tiny_model.get_image_rows(prior=inputs["prior"].double()).dtype == torch.float32
    half = tiny_model.to(torch.bfloat16)
    pixels = inputs["pixel_values"].to(torch.bfloat16)
    assert half(**{**inputs, "pixel_values": pixels}).logits.dtype == torch.bfloat16


@torch.no_grad()
def test_save_and_load_give_the_same_model(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs, tmp_path: Any
) -> None:
    tiny_model.save_pretrained(tmp_path)
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path, device_map="cpu")
    assert type(loaded) is EmolaForConditionalGeneration
    for name, value in tiny_model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    inputs = make_inputs().both
    assert torch.equal(loaded.eval()(**inputs).logits, tiny_model(**inputs).logits)


def test_a_stock_llava_folder_lacks_the_prior_projector_only(
    stock: LlavaForConditionalGeneration, tiny_config: EmolaConfig, tmp_path: Any
) -> None:
    stock.save_pretrained(tmp_path)
    _, report = EmolaForConditionalGeneration.from_pretrained(tmp_path, config=tiny_config, output_loading_info=True)
    assert sorted(report["missing_keys"]) == [
        f"prior_projector.linear_{layer}.{kind}" for layer in (1, 2) for kind in ("bias", "weight")
    ]
    assert not report["unexpected_keys"]
    assert not report["mismatched_keys"]
