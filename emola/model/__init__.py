"""The EmoLA model as transformers users expect it; importing this registers it with the Auto classes."""

from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)

from emola.model.configuration import EmolaConfig
from emola.model.modeling import EmolaForConditionalGeneration
from emola.model.processing import EmolaProcessor

__all__ = ["EmolaConfig", "EmolaForConditionalGeneration", "EmolaProcessor"]

AutoConfig.register(EmolaConfig.model_type, EmolaConfig, exist_ok=True)
AutoModelForImageTextToText.register(EmolaConfig, EmolaForConditionalGeneration, exist_ok=True)
AutoProcessor.register(EmolaConfig, EmolaProcessor, exist_ok=True)  # type: ignore[no-untyped-call]
# Tensor names in files are LLaVA's, so that LLaVA bases of every age load and other programs recognise our folders.
register_checkpoint_conversion_mapping(
    EmolaConfig.model_type,
    get_checkpoint_conversion_mapping("llava"),  # type: ignore[no-untyped-call]
    overwrite=True,
)
