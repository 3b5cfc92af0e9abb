"""Read a Llama ``tokenizer.model`` (SentencePiece BPE), as original LLaVA-1.5 folders hold it.

transformers reads such files through sentencepiece's protobuf classes, which need protobuf 5, while mediapipe pins an
older one. SentencePiece's own reader needs no protobuf, and a BPE's merges follow from the order of its pieces: the
earlier a piece, the earlier its merge (Sennrich et al. 2016; the Llama vocabulary is sorted that way).
"""

from pathlib import Path
from typing import Any, Final

from transformers import LlamaTokenizer

from emola.errors import CheckpointError
from emola.model.storage.json_file import read_json_object

_CONTROL: Final = ("unk_token", "bos_token", "eos_token", "pad_token")


def read_llama_tokenizer(folder: Path) -> LlamaTokenizer:
    """Return the tokenizer of ``tokenizer.model`` and ``tokenizer_config.json`` in ``folder``.

    Raises:
        CheckpointError: if a file cannot be read or is no byte-pair vocabulary.
    """
    fields = read_json_object(folder / "tokenizer_config.json")
    pieces, control = _read_pieces(folder / "tokenizer.model")
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    options: dict[str, Any] = {name: _content(fields[name]) for name in _CONTROL if fields.get(name)}
    if "model_max_length" in fields:
        options["model_max_length"] = fields["model_max_length"]
    return LlamaTokenizer(
        vocab=vocabulary, merges=find_merges(vocabulary, control), legacy=bool(fields.get("legacy", True)), **options
    )


def find_merges(vocabulary: dict[str, int], control: set[str]) -> list[tuple[str, str]]:
    """Return the merges of a byte-pair vocabulary, first to be applied first.

    Args:
        vocabulary: piece to its number; lower numbers were learnt earlier.
        control: pieces that are never made by merging.
    """
    merges = []
    for piece in (piece for piece in vocabulary if piece not in control):
        pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        known = [pair for pair in pairs if all(half in vocabulary and half not in control for half in pair)]
        merges += sorted(known, key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
    return merges


def _read_pieces(file: Path) -> tuple[list[str], set[str]]:
    """Return all pieces in order, and those that are control tokens, unknown or bytes."""
    from sentencepiece import SentencePieceProcessor  # a native library, needed for this one kind of file

    try:
        model = SentencePieceProcessor(model_file=str(file))
    except (RuntimeError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read as a SentencePiece model; copy it again.") from error
    numbers = range(model.get_piece_size())
    pieces = [model.id_to_piece(number) for number in numbers]
    if len(set(pieces)) != len(pieces):
        raise CheckpointError(f"{file} holds a piece twice, so it is not the vocabulary of a Llama.")
    special = (model.is_control, model.is_unknown, model.is_byte, model.is_unused)
    return pieces, {pieces[number] for number in numbers if any(test(number) for test in special)}


def _content(token: Any) -> str:
    """Return the text of a token, which a tokenizer_config.json may spell out as an object."""
    return str(token["content"] if isinstance(token, dict) else token)
