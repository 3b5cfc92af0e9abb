"""Bring a base's tokenizer and image processor along, and say by name which of their files are not there."""

from pathlib import Path
from typing import Any, Final

from transformers import AutoTokenizer, CLIPImageProcessorPil

from emola.errors import CheckpointError
from emola.model.configuration import EmolaConfig
from emola.model.processing import EmolaProcessor
from emola.model.storage.json_file import read_json_object
from emola.model.storage.llama_tokenizer import read_llama_tokenizer
from emola.prompt import IMAGE_TOKEN

PROCESSOR_CONFIG: Final = "processor_config.json"
TOKENIZER_CONFIG: Final = "tokenizer_config.json"
TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer.model")
IMAGE_PROCESSOR_CONFIG: Final = "preprocessor_config.json"


def missing_files(folder: Path, vision: Path | None = None) -> tuple[str, ...]:
    """Return what ``folder`` lacks for a processor, as file names with their alternatives; empty when all is there.

    Args:
        folder: a model folder.
        vision: another folder that may hold the image processor's file.
    """
    missing = []
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        missing.append(" or ".join(TOKENIZER_FILES))
    if not (folder / TOKENIZER_CONFIG).is_file():
        missing.append(TOKENIZER_CONFIG)
    if _image_processor_folder(folder, vision) is None:
        missing.append(IMAGE_PROCESSOR_CONFIG)
    return tuple(missing)


def build_processor(folder: Path, config: EmolaConfig, vision: Path | None = None) -> EmolaProcessor:
    """Return the processor of a model, from the tokenizer and image-processor files in ``folder``.

    Args:
        folder: a model folder.
        config: the model's configuration, which the processor must fit.
        vision: another folder that may hold the image processor's file.

    Raises:
        CheckpointError: if files are missing or broken, or do not fit the configuration.
    """
    missing = missing_files(folder, vision)
    images = _image_processor_folder(folder, vision)
    if missing or images is None:
        raise CheckpointError(f"{folder} cannot read prompts and pictures without {', '.join(missing)}; add them.")
    tokenizer = load_tokenizer(folder, config)
    try:
        return EmolaProcessor.from_config(config, tokenizer, CLIPImageProcessorPil.from_pretrained(images))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"The image processor of {images} does not fit the model: {error}") from error


def load_tokenizer(folder: Path, config: EmolaConfig) -> Any:
    """Return the tokenizer in ``folder``.

    Raises:
        CheckpointError: if it cannot be read, or has more tokens than the model has vocabulary rows.
    """
    try:
        if (folder / TOKENIZER_FILES[0]).is_file():
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        else:
            tokenizer = read_llama_tokenizer(folder)
    except (OSError, ValueError, TypeError, KeyError, ImportError) as error:
        raise CheckpointError(f"The tokenizer of {folder} cannot be read: {error}") from error
    vocabulary = tokenizer.get_vocab()
    highest = max((number for token, number in vocabulary.items() if token != IMAGE_TOKEN), default=0)
    rows = config.get_text_config().vocab_size
    if highest >= rows:
        raise CheckpointError(f"The tokenizer of {folder} knows {highest + 1} tokens, but the model has {rows} rows.")
    return tokenizer


def _image_processor_folder(folder: Path, vision: Path | None) -> Path | None:
    """Return the first folder that holds an image processor's file."""
    for place in (folder, vision):
        if place is None:
            continue
        if (place / IMAGE_PROCESSOR_CONFIG).is_file():
            return place
        # Newer folders keep it inside the processor's own file; older ones have that file without it.
        inside = place / PROCESSOR_CONFIG
        if inside.is_file() and "image_processor" in read_json_object(inside):
            return place
    return None
