"""From a prompt with one ``<image>`` to token ids, the way the released EmoLA was trained.

The rule (LLaVA's ``tokenizer_image_token``): the prompt is split at ``<image>``, each part is tokenised on its own, the
beginning-of-sequence token stands only in front of the first part, and the image span goes in between. A Llama
tokenizer puts a dummy prefix before every part, so the second part begins with 29871 ("▁") and 13 (newline), which
tokenising the whole text at once would not give. Tokenizers without a dummy prefix need no special case.

What a user types is text and nothing else: a special token spelled out in a question ("</s>", "<s>", "<unk>", ...) gets
a space after its first character, so that it reaches the model as plain characters and can neither end the turn nor
add image rows. The published code lets such text through as control tokens.
"""

import re
from typing import Any, Final

from emola.errors import InputError
from emola.prompt import IMAGE_TOKEN

LABEL_IGNORED: Final = -100
"""Label of positions without loss, as torch's cross entropy and transformers have it."""


def special_texts(tokenizer: Any) -> tuple[str, ...]:
    """Return the spellings that a tokenizer would read as control tokens, longest first, and ``<image>``."""
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    spellings = added | set(tokenizer.all_special_tokens) | {IMAGE_TOKEN}
    return tuple(sorted(filter(None, spellings), key=lambda text: (-len(text), text)))


def neutralise(text: str, spellings: tuple[str, ...]) -> str:
    """Return ``text`` with a space after the first character of every control token spelled out in it."""
    pattern = re.compile("|".join(re.escape(spelling) for spelling in spellings))
    return pattern.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)


def encode_text(tokenizer: Any, text: str) -> list[int]:
    """Return the ids of plain text, without any control token.

    Raises:
        InputError: if the tokenizer makes a control token of it all the same.
    """
    spellings = special_texts(tokenizer)
    ids: list[int] = tokenizer.encode(neutralise(text, spellings), add_special_tokens=False)
    control = set(tokenizer.convert_tokens_to_ids(list(spellings))) - {tokenizer.unk_token_id, None}
    found = sorted(control.intersection(ids))
    if found:
        names = ", ".join(tokenizer.convert_ids_to_tokens(found))
        raise InputError(f"The text holds {names}, which the model reads as control tokens; take that out.")
    return ids


def encode_prompt(tokenizer: Any, prompt: str, image_token_index: int, rows: int) -> list[int]:
    """Return the ids of one prompt with its image span.

    Args:
        tokenizer: any transformers tokenizer; its beginning-of-sequence token, if it has one, comes first.
        prompt: text with exactly one ``<image>``.
        image_token_index: id of the placeholder.
        rows: how many rows the image span has.

    Raises:
        ValueError: if the prompt does not hold exactly one ``<image>``.
        InputError: as :func:`encode_text`.
    """
    parts = prompt.split(IMAGE_TOKEN)
    if len(parts) != 2:
        raise ValueError(f"A prompt needs exactly 1 {IMAGE_TOKEN} placeholder, but this one holds {len(parts) - 1}.")
    start = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    before, after = (encode_text(tokenizer, part) for part in parts)
    return [*start, *before, *([image_token_index] * rows), *after]


def encode_example(
    tokenizer: Any, prompt: str, answer: str, image_token_index: int, rows: int
) -> tuple[list[int], list[int]]:
    """Return ids and labels of one training example: the loss is on the answer and the end token only.

    The part after the image is tokenised together with the answer, as in training and as it reads when generated.

    Returns:
        Two lists of the same length; labels are :data:`LABEL_IGNORED` on the prompt and the image span.

    Raises:
        ValueError: as :func:`encode_prompt`; or if the answer is empty, the tokenizer has no end token, or it merges
            the end of the prompt with the start of the answer.
    """
    if tokenizer.eos_token_id is None:
        raise ValueError("The tokenizer has no end-of-sequence token, so no answer could end.")
    answer = answer.strip()
    if not answer:
        raise ValueError("The answer to learn is empty.")
    asked = encode_prompt(tokenizer, prompt, image_token_index, rows)
    full = encode_prompt(tokenizer, f"{prompt} {answer}", image_token_index, rows)
    if full[: len(asked)] != asked:
        raise ValueError("The tokenizer joins the answer with the end of the prompt, so no label can start there.")
    ids = [*full, tokenizer.eos_token_id]
    return ids, [LABEL_IGNORED] * len(asked) + ids[len(asked) :]
