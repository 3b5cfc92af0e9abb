from typing import Any

import pytest
from transformers import AutoConfig, CLIPVisionConfig

from emola.model import EmolaConfig


def test_defaults_are_those_of_the_released_seven_billion_model() -> None:
    config = EmolaConfig()
    assert (config.model_type, config.prior_recipe, config.prior_dim) == ("emola", "emola-2024", 212)
    assert (config.image_seq_length, config.image_token_index) == (576, 32000)
    assert (config.vision_feature_layer, config.vision_feature_select_strategy) == (-2, "default")
    assert (config.crop_recipe, config.conversation, config.inputs) == ("square-pad", "vicuna_v1", "both")


def test_patch_rows_follow_from_the_vision_tower(tiny_config: EmolaConfig) -> None:
    assert tiny_config.image_seq_length == 4
    assert tiny_config.image_size == 28
    with_class_row = EmolaConfig(vision_config=tiny_config.vision_config, vision_feature_select_strategy="full")
    assert with_class_row.image_seq_length == 5


def test_round_trip_keeps_every_field(tiny_config: EmolaConfig, tmp_path: Any) -> None:
    tiny_config.action_unit_reliability = {"12": "supported", "9": "not reliable"}
    tiny_config.display_name = "Tiny"
    tiny_config.inputs = "prior"
    tiny_config.save_pretrained(tmp_path)
    loaded = AutoConfig.from_pretrained(tmp_path)
    assert type(loaded) is EmolaConfig
    assert loaded.to_diff_dict() == tiny_config.to_diff_dict()
    assert loaded.action_unit_reliability == {"12": "supported", "9": "not reliable"}


@pytest.mark.parametrize(("inputs", "image", "prior"), [("both", 1, 1), ("prior", 0, 1), ("image", 1, 0)])
def test_inputs_say_what_the_checkpoint_reads(inputs: str, image: int, prior: int) -> None:
    config = EmolaConfig(inputs=inputs)
    assert (config.uses_image, config.uses_prior) == (bool(image), bool(prior))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"conversation": "v9"}, "no conversation template called 'v9'"),
        ({"prior_dim": 0}, "prior_dim must be at least 1, not 0"),
        ({"real_vocab_size": 32001}, "between 1 and the 32000 vocabulary rows, not 32001"),
        ({"action_unit_reliability": {"12": "great"}}, "not '12' to 'great'"),
        ({"action_unit_reliability": {"AU12": "supported"}}, "not 'AU12' to 'supported'"),
        ({"inputs": "sound"}, "inputs"),
        ({"vision_config": CLIPVisionConfig(image_size=[28, 30])}, "square pictures"),
    ],
)
def test_fields_that_no_model_could_honour_are_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        EmolaConfig(**fields)
