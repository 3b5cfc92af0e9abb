"""Find the folder behind what a user named: a folder on disk, or a model on the Hugging Face hub."""

import re
from pathlib import Path
from typing import Final

from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from emola.errors import CheckpointError, InputError, ResourceError

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SMALL_FILES: Final = ["*.json", "*.model", "*.txt", "*.jinja"]
_LOOKUP_SECONDS: Final = 10.0


def resolve_folder(source: str | Path) -> Path:
    """Return the folder of ``source``, downloading a hub model into the hub's cache when it is not there yet.

    Only configuration, tokenizer and weights are fetched, never code; PyTorch files only where there is no safetensors.

    Args:
        source: a folder, or a hub id like ``owner/name``.

    Raises:
        InputError: if it is neither.
        CheckpointError: if the hub has no such model, or asks for a login or an accepted licence.
        ResourceError: if the hub cannot be reached and the model is not in the cache.
    """
    found = local_folder(source)
    if found is not None:
        return found
    folder = _download(str(source), [*_SMALL_FILES, "*.safetensors"])
    if not any(folder.glob("*.safetensors")):
        folder = _download(str(source), [*_SMALL_FILES, "*.bin"])
    return folder


def local_folder(source: str | Path) -> Path | None:
    """Return the folder that ``source`` names, or None for a hub id; the hub is not asked.

    Raises:
        InputError: if it is neither.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if folder.is_file():
        raise InputError(f"{source} is a file; give the folder that holds it.")
    if isinstance(source, Path) or not _HUB_ID.fullmatch(source):
        raise InputError(f"{source} is neither a folder nor a hub id like owner/name.")
    return None


def _download(hub_id: str, patterns: list[str]) -> Path:
    """Fetch the files of a hub model that match ``patterns``; return their folder in the cache."""
    try:
        return Path(snapshot_download(hub_id, allow_patterns=patterns, etag_timeout=_LOOKUP_SECONDS))
    except GatedRepoError as error:
        raise CheckpointError(
            f"The hub model {hub_id} needs an accepted licence; accept it on its page and log in with `hf auth login`."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise CheckpointError(
            f"There is no folder {hub_id} and no hub model of that name (or it is private)."
        ) from error
    except LocalEntryNotFoundError as error:
        raise ResourceError(
            f"{hub_id} is no folder here, not in the hub's cache, and the hub cannot be reached (offline, or "
            "HF_HUB_OFFLINE is set); give a folder, or connect once to download it."
        ) from error
    except OSError as error:  # connection lost, disk full, server error: all are OSErrors in huggingface_hub
        raise ResourceError(f"Downloading {hub_id} from the hub failed ({error}); try again.") from error
