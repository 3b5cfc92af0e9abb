"""Read PyTorch ``.bin`` files as tensors only: a pickle can carry code, and none of it is ever run here."""

import pickle
import zipfile
from pathlib import Path

import torch

from emola.errors import CheckpointError


def read_pickled_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a ``torch.save`` file, on the CPU, mapped from disk when the file allows it.

    Files of the zip format are memory-mapped, so only the pages that are used cost memory. Legacy files cannot be
    mapped and are read whole.

    Raises:
        CheckpointError: if the file is missing, damaged, or holds anything but a dictionary of tensors.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is not a plain file of tensors: it is damaged, or it holds Python objects or code, which are "
            "never loaded; ask for a safetensors copy."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path} cannot be read as a PyTorch file of tensors; it is truncated or of another kind, copy it again."
        ) from error
    strangers = _what_is_no_tensor(content)
    if strangers:
        raise CheckpointError(f"{path} must hold tensors by name and nothing else, but it holds {strangers}.")
    return dict(content)


def _what_is_no_tensor(content: object) -> str:
    """Return words for what in ``content`` is not a named dense tensor; empty when all is well."""
    if not isinstance(content, dict):
        return f"a {type(content).__name__}"
    strangers = [
        f"{key!r} ({type(value).__name__})"
        for key, value in content.items()
        if not (isinstance(key, str) and isinstance(value, torch.Tensor) and value.layout == torch.strided)
    ]
    return ", ".join(strangers)
