"""What a model of a given configuration must hold: names and shapes, without allocating any weight."""

import copy

import torch
from transformers.core_model_loading import revert_weight_conversion

from emola.errors import CheckpointError
from emola.model.configuration import EmolaConfig
from emola.model.modeling import EmolaForConditionalGeneration
from emola.model.storage.key_mapping import canonical_from_hf


class Skeleton:
    """Names and shapes of every tensor of an EmoLA, by canonical name.

    Attributes:
        shapes: canonical name to shape.
        live: canonical name to the parameter's name in the model.
        saved: canonical name to the name that ``save_pretrained`` writes.

    Raises:
        CheckpointError: if no model can be built from the configuration.
    """

    def __init__(self, config: EmolaConfig) -> None:
        try:
            with torch.device("meta"):
                model = EmolaForConditionalGeneration(copy.deepcopy(config))
        except (ValueError, TypeError, KeyError, RuntimeError, ZeroDivisionError) as error:
            raise CheckpointError(f"No model can be built from this configuration: {error}") from error
        tensors = model.state_dict()
        if config.tie_word_embeddings:
            del tensors["lm_head.weight"]
        canonical = {name: _canonical(name) for name in tensors}
        self.shapes = {canonical[name]: tuple(tensor.shape) for name, tensor in tensors.items()}
        self.live = {canonical[name]: name for name in tensors}
        names = {id(tensor): name for name, tensor in tensors.items()}
        self.saved = {
            canonical[names[id(tensor)]]: saved for saved, tensor in revert_weight_conversion(model, tensors).items()
        }


def _canonical(name: str) -> str:
    """Return the canonical name of a live parameter."""
    canonical = canonical_from_hf(name)
    if canonical is None:
        raise ValueError(f"{name} is a parameter of the model but is mapped to nothing.")
    return canonical
