"""The EmoLA model: stock LLaVA with one more row in the image span, projected from the facial prior.

Letters used for shapes: B batch, T tokens of the prompt, D numbers of the prior, H width of the language model,
P patch rows of one picture, R rows of the image span (P with a picture, plus 1 with a prior, patches first).

Everything a transformers user expects works as it does on LLaVA: ``from_pretrained``, ``save_pretrained``,
``generate``, peft, Trainer, accelerate. The rows are spliced into the token embeddings here, so that one code path
serves every supported transformers version and the forward of stock LLaVA stays untouched.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlavaForConditionalGeneration
from transformers.models.llava.modeling_llava import LlavaCausalLMOutputWithPast

from emola.errors import PriorError
from emola.model.configuration import EmolaConfig


class PriorProjector(nn.Module):
    """Linear, exact GELU, Linear: LLaVA's ``mlp2x_gelu``, from the prior to one row of the language model."""

    def __init__(self, prior_dim: int, hidden_size: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(prior_dim, hidden_size)
        self.act = nn.GELU()
        self.linear_2 = nn.Linear(hidden_size, hidden_size)

    def forward(self, prior: Tensor) -> Tensor:
        """Return the prior row (B, 1, H) of ``prior`` (B, D)."""
        hidden: Tensor = self.linear_2(self.act(self.linear_1(prior)))
        return hidden.unsqueeze(1)  # (B, 1, H)


class EmolaForConditionalGeneration(LlavaForConditionalGeneration):  # type: ignore[no-untyped-call]
    """LLaVA that also reads a facial prior.

    Give ``pixel_values`` (B, 3, H, W), ``prior`` (B, D), or both. The image span of every prompt must hold exactly
    one placeholder (``config.image_token_index``) per row: P for the picture, and 1 more for the prior.
    """

    config_class = EmolaConfig
    config: EmolaConfig

    def __init__(self, config: EmolaConfig) -> None:
        super().__init__(config)
        self.prior_projector = PriorProjector(config.prior_dim, config.get_text_config().hidden_size)
        self.post_init()  # type: ignore[no-untyped-call]

    @property
    def is_gradient_checkpointing(self) -> bool:
        """Whether activations are recomputed; peft asks by this name, which transformers warns of."""
        return bool(self.is_activation_checkpointing)

    def get_image_rows(self, pixel_values: Tensor | None = None, prior: Tensor | None = None) -> Tensor:
        """Return the image span's rows, patches first, the prior's row last.

        Args:
            pixel_values: float (B, 3, H, W), as the processor normalises them, or None.
            prior: float (B, D), finite, in any floating dtype; it is cast to the projector's. Or None.

        Returns:
            (B, R, H) in the language model's dtype and on its embedding's device.

        Raises:
            PriorError: if the prior has the wrong shape or holds NaN or infinity.
            ValueError: if neither is given, or the picture and the prior differ in batch size.
        """
        embedding: nn.Parameter = self.get_input_embeddings().weight  # type: ignore[assignment]
        parts = []
        if pixel_values is not None:
            features = self.get_image_features(pixel_values=pixel_values, return_dict=True).pooler_output
            parts.append(torch.stack(list(features)).to(embedding.device, embedding.dtype))  # (B, P, H)
        if prior is not None:
            _check_prior(prior, self.config.prior_dim)
            parts.append(self._project_prior(prior).to(embedding.device, embedding.dtype))  # (B, 1, H)
        if not parts:
            raise ValueError("An image span needs a picture or a prior; neither was given.")
        if parts[0].shape[0] != parts[-1].shape[0]:
            raise ValueError(f"There are {parts[0].shape[0]} pictures but {parts[-1].shape[0]} priors; give one each.")
        return torch.cat(parts, dim=1)  # (B, R, H)

    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        prior: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> LlavaCausalLMOutputWithPast | tuple[Any, ...]:
        """Return logits, cache and, with ``labels``, the loss; arguments as in LLaVA, plus ``prior``.

        Args:
            input_ids: int64 (B, T), one placeholder per row of the image span.
            pixel_values: float (B, 3, H, W), only in the prefill.
            attention_mask: int64 (B, T), 0 on padding.
            position_ids: int64 (B, T).
            past_key_values: key-value cache of the tokens before.
            inputs_embeds: (B, T, H) instead of ``input_ids``, when no picture and no prior is given.
            labels: int64 (B, T), -100 where no loss is wanted.
            prior: float (B, D), only in the prefill.
            logits_to_keep: as in LLaVA.
            **kwargs: passed on to LLaVA.

        Raises:
            PriorError: if the prior has the wrong shape or holds NaN or infinity.
            ValueError: if placeholders and rows do not match in number.
        """
        return_dict = kwargs.pop("return_dict", None) is not False and self.config.return_dict is not False
        if pixel_values is not None or prior is not None:
            inputs_embeds = self._embed_with_rows(input_ids, inputs_embeds, self.get_image_rows(pixel_values, prior))
            input_ids = None
        elif kwargs.get("mm_encoder_outputs") is None:
            self._check_no_placeholders(input_ids, past_key_values)
        outputs: Any = super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            logits_to_keep=logits_to_keep,
            return_dict=True,
            **kwargs,
        )
        logits = self._mask_padded_rows(outputs.logits)
        if labels is not None:
            loss = self.loss_function(
                logits=logits, labels=labels, vocab_size=self.config.get_text_config().vocab_size, **kwargs
            )
            outputs = LlavaCausalLMOutputWithPast(**{**outputs, "loss": loss})
        result: LlavaCausalLMOutputWithPast | tuple[Any, ...] = outputs if return_dict else outputs.to_tuple()
        return result

    def prepare_inputs_for_generation(  # type: ignore[override]
        self,
        input_ids: torch.LongTensor,
        *,
        prior: Tensor | None = None,
        is_first_iteration: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the inputs of one decoding step: the picture and the prior go into the prefill only."""
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(  # type: ignore[misc]
            input_ids, is_first_iteration=is_first_iteration, **kwargs
        )
        if is_first_iteration or not kwargs.get("use_cache", True):
            inputs["prior"] = prior
        return inputs

    def _project_prior(self, prior: Tensor) -> Tensor:
        """Project the prior on the projector's own device and in its dtype; a quantised one takes the model's."""
        weight = self.prior_projector.linear_1.weight
        dtype = weight.dtype if weight.is_floating_point() else self.dtype
        rows: Tensor = self.prior_projector(prior.to(weight.device, dtype))
        return rows

    def _embed_with_rows(self, input_ids: Tensor | None, inputs_embeds: Tensor | None, rows: Tensor) -> Tensor:
        """Embed the tokens and put the rows where the placeholders stand."""
        if input_ids is None or inputs_embeds is not None:
            raise ValueError("With a picture or a prior, give input_ids with placeholders, not inputs_embeds.")
        placeholders = input_ids == self.config.image_token_index
        _check_placeholders(placeholders, rows)
        # The placeholder's id may lie beyond the embedding (original LLaVA has 32000 rows and no image token).
        embeds: Tensor = self.get_input_embeddings()(input_ids.masked_fill(placeholders, 0))
        return embeds.masked_scatter(placeholders.unsqueeze(-1).to(embeds.device), rows)

    def _check_no_placeholders(self, input_ids: Tensor | None, past_key_values: Any) -> None:
        """Raise if a fresh prompt has an image span that nothing fills; decoding steps are not looked at."""
        if input_ids is None or input_ids.shape[1] == 1 or torch.compiler.is_compiling():
            return
        if past_key_values is not None and past_key_values.get_seq_length() > 0:
            return
        count = int((input_ids == self.config.image_token_index).sum())
        if count:
            raise ValueError(
                f"The prompts hold {count} image placeholders, but there are 0 rows to fill them: "
                "give pixel_values, a prior or both."
            )

    def _mask_padded_rows(self, logits: Tensor) -> Tensor:
        """Set the logits of vocabulary rows that are no real token to minus infinity."""
        real = self.config.real_vocab_size
        if real is not None and real < logits.shape[-1]:
            logits[..., real:] = -torch.inf
        return logits


def _check_prior(prior: Tensor, prior_dim: int) -> None:
    """Raise unless ``prior`` is a finite float tensor of shape (B, ``prior_dim``)."""
    if prior.ndim != 2 or prior.shape[1] != prior_dim:
        raise PriorError(
            f"The prior has shape {tuple(prior.shape)}, but this model reads {prior_dim} numbers per face: "
            f"expected (batch, {prior_dim})."
        )
    if not torch.compiler.is_compiling() and not bool(torch.isfinite(prior).all()):
        bad = int((~torch.isfinite(prior)).sum())
        raise PriorError(f"The prior holds {bad} numbers that are NaN or infinite; compute it again from the picture.")


def _check_placeholders(placeholders: Tensor, rows: Tensor) -> None:
    """Raise unless every prompt has exactly one placeholder per row of its image span."""
    batch, expected = rows.shape[:2]
    if placeholders.shape[0] != batch:
        raise ValueError(f"There are {placeholders.shape[0]} prompts but {batch} pictures or priors; give one each.")
    if torch.compiler.is_compiling():
        return
    for index, count in enumerate(placeholders.sum(dim=1).tolist()):
        if count != expected:
            raise ValueError(
                f"Prompt {index} holds {count} image placeholders, but the picture and the prior give {expected} rows: "
                f"put exactly {expected} in."
            )
