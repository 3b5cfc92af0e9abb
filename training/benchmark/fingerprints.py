"""Hashes that say whether a run that is started again is still the same run."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from training.benchmark.questions import Question

_MODEL_FILES: Final = ("*.safetensors", "*.bin", "*.json", "*.model", "*.txt", "*.jinja")
_MISSING: Final = b"missing"


def hash_model(folders: Iterable[Path]) -> str:
    """Return the sha256 over names and bytes of every weight, configuration and tokenizer file of the folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted({path for pattern in _MODEL_FILES for path in folder.glob(pattern)}):
            digest.update(path.name.encode() + b"\0" + _hash_file(path))
        digest.update(b"\1")
    return digest.hexdigest()


def hash_questions(questions: Sequence[Question]) -> str:
    """Return the sha256 over everything that is asked: texts, labels, and the bytes of pictures and priors."""
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(_hash_question, questions)
        bar = tqdm(parts, total=len(questions), desc="reading the data", unit="item", disable=None, leave=False)
        digest = hashlib.sha256()
        for part in bar:
            digest.update(part)
    return digest.hexdigest()


def hash_json(value: Any) -> str:
    """Return the sha256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _hash_question(question: Question) -> bytes:
    texts = (question.id, question.task, question.text, question.image_name, question.reference)
    digest = hashlib.sha256(hash_json([*texts, question.label, question.group, question.fault]).encode())
    for path in (question.image, question.prior):
        digest.update(_MISSING if path is None or not path.is_file() else _hash_file(path))
    return digest.digest()


def _hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
