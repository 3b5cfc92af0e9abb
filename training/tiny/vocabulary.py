"""The tokenizer of EmoLA-tiny: byte-level BPE learnt on the grammar's own questions and answers."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from emola.prompt import CONVERSATIONS, IMAGE_TOKEN, QUESTIONS
from training.synthetic.text import ask, describe_action_units, describe_emotion
from training.synthetic.truth import sample_truth
from training.tiny.config import TinyConfig

SPECIAL = ("<unk>", "<s>", "</s>", IMAGE_TOKEN)
"""Control tokens, in the order of their numbers."""


def _corpus(seed: int, count: int) -> list[str]:
    """Return questions with answers to both tasks."""
    rng = np.random.default_rng((seed, 31))
    render = CONVERSATIONS["plain"].render
    texts = [render(question).replace(IMAGE_TOKEN, "") for question in QUESTIONS.values()]
    for _ in range(count):
        truth = sample_truth(rng)
        for task, describe in (("emotion", describe_emotion), ("au", describe_action_units)):
            question = render(ask(task, rng)).split(IMAGE_TOKEN)[1]  # type: ignore[arg-type]
            texts.append(f"{question} {describe(truth, rng)}")
    return texts


def make_tokenizer(config: TinyConfig, folder: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer, learnt at the first call with these settings and read from ``folder`` afterwards."""
    path = folder / f"tokenizer-{config.seed}-{config.vocabulary}-{config.vocabulary_texts}.json"
    if not path.is_file():
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=config.vocabulary,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(_corpus(config.seed, config.vocabulary_texts), trainer)
        temporary = path.with_suffix(".tmp")
        tokenizer.save(str(temporary))
        temporary.replace(path)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(path),
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<unk>",
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def special_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return the numbers of the control tokens."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return {token: vocabulary[token] for token in SPECIAL}
