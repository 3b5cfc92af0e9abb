"""The folder of a release: written beside its place, brought to disk, and moved there whole; checked file by file.

    NAME/manifest.json                what it is, with the sha256 and rows of every file
    NAME/sft/train_au_anno.json       corrected answers in FABA-Instruct's training form, one for each task
    NAME/preference/pairs.jsonl       corrected answers preferred to the originals
    NAME/benchmark/au.jsonl           labels and references of evaluated pictures, new and old, one for each task
    NAME/lineage.jsonl                for every row the gold, reviews and adjudications it was made from

While it is being written it is called ``.NAME.part``, and the writer holds a lock on ``.NAME.lock``.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emola.errors import EmolaError, InputError, ResourceError

FORMAT: Final = "emola-review-release"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class ReleaseCheck:
    """What a check of a release folder found; ``problems`` are sentences, none for a sound release."""

    name: str
    files: int
    rows: int
    problems: tuple[str, ...]


@contextmanager
def lock(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock of the release ``name`` in ``folder``; the lock ends with the process that holds it.

    Raises:
        EmolaError: another process holds it.
        ResourceError: the folder cannot be written.
    """
    path = lock_file(folder, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise ResourceError(f"The folder {folder} cannot be written: {error.strerror or error}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmolaError(f"Another process is writing the release {name}; wait for it to end.") from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def lock_file(folder: Path, name: str) -> Path:
    """Return where the lock of a release is."""
    return folder / f".{name}.lock"


def is_abandoned(folder: Path, name: str) -> bool:
    """Say whether a writer of the release died here: its lock is left and nobody holds it."""
    try:
        with lock_file(folder, name).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by a living writer, or never on this machine
        return False
    return True


def discard(folder: Path, name: str) -> None:
    """Remove what an interrupted writer left; the release itself is not touched."""
    shutil.rmtree(folder / f".{name}.part", ignore_errors=True)


def write_folder(folder: Path, name: str, files: Mapping[str, Sequence[Mapping[str, Any]]], about: Any) -> str:
    """Write a release; it is there whole afterwards, or not at all.

    Args:
        folder: the releases' folder.
        name: of this one.
        files: path inside the release to its rows; ``.json`` becomes a list, ``.jsonl`` one object a line.
        about: the manifest without its ``files``.

    Returns:
        The sha256 of the manifest.

    Raises:
        InputError: the name is taken.
        ResourceError: the disk is full or cannot be written.
    """
    place, part = folder / name, folder / f".{name}.part"
    if place.exists():
        raise InputError(f"{place} exists already; releases are never overwritten, so choose another name.")
    discard(folder, name)
    try:
        listed = {path: _write(part / path, _encode(path, rows), len(rows)) for path, rows in files.items()}
        manifest = _json({**about, "files": listed}, indent=1).encode() + b"\n"
        _write(part / MANIFEST, manifest, 0)
        for directory in (part, *(path for path in part.rglob("*") if path.is_dir())):
            _sync(directory)
        os.rename(part, place)
        _sync(folder)
    except OSError as error:
        raise ResourceError(f"The release {place} could not be written: {error.strerror or error}.") from error
    return hashlib.sha256(manifest).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release.

    Raises:
        InputError: the folder holds none that can be read, or one of a newer form.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder} is no release: it holds no {MANIFEST}.")
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}).") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("files"), dict):
        raise InputError(f"{path} is not the manifest of a release.")
    if content.get("format_version") != FORMAT_VERSION:
        found = content.get("format_version")
        raise InputError(f"{path} has format version {found!r}; this program reads {FORMAT_VERSION}.")
    return content


def check_folder(folder: Path) -> ReleaseCheck:
    """Compare every file of a release with its manifest.

    Raises:
        InputError: there is no readable manifest.
    """
    manifest = read_manifest(folder)
    listed: Mapping[str, Any] = manifest["files"]
    problems, rows = [], 0
    for path, expected in sorted(listed.items()):
        file = folder / path
        if not file.is_file():
            problems.append(f"{path} is missing.")
            continue
        digest, lines = _digest(file)
        rows += lines if path.endswith(".jsonl") else int(expected["rows"])
        if digest != expected["sha256"]:
            problems.append(f"{path} was changed after the release: its sha256 is not the one in the manifest.")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    problems += [f"{path} is not part of the release." for path in sorted(found - set(listed) - {MANIFEST})]
    return ReleaseCheck(str(manifest.get("name")), len(listed), rows, tuple(problems))


def manifest_digest(folder: Path) -> str:
    """Return the sha256 of the manifest, which the database keeps."""
    return _digest(folder / MANIFEST)[0]


def row_digest(row: Mapping[str, Any]) -> str:
    """Return the sha256 of one row as it is written."""
    return hashlib.sha256(_json(row).encode()).hexdigest()


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)


def _encode(path: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as JSON lines, or as a list with one record a line."""
    lines = [_json(row) for row in rows]
    if path.endswith(".jsonl"):
        return "".join(line + "\n" for line in lines).encode()
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode() if lines else b"[]\n"


def _write(path: Path, content: bytes, rows: int) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": hashlib.sha256(content).hexdigest(), "rows": rows}


def _sync(folder: Path) -> None:
    """Bring the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> tuple[str, int]:
    """Return sha256 and number of lines of a file."""
    digest, lines = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
    return digest.hexdigest(), lines
