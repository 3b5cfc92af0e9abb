"""What is sent for one picture: instructions and refusal openings from ``prompts.json``, a question, the picture.

A picture is opened upright without its metadata, scaled down to ``max_side`` and sent as JPEG, so that neither camera
data nor the file's name leaves the machine.
"""

import base64
import functools
import io
import json
from pathlib import Path
from typing import Any, Final

from PIL import Image

from emola.imaging import open_image
from training.data.records import Task

PROMPTS_FILE: Final = Path(__file__).parent / "prompts.json"
_JPEG_QUALITY: Final = 92


@functools.cache
def load_prompts() -> dict[str, Any]:
    """Return the instructions with their version."""
    content: dict[str, Any] = json.loads(PROMPTS_FILE.read_text(encoding="utf-8"))
    return content


def encode_picture(path: Path, max_side: int) -> str:
    """Return a picture as a ``data:`` URL holding a JPEG of at most ``max_side`` pixels.

    Raises:
        ImageError: it is missing or broken.
    """
    picture = Image.fromarray(open_image(path))
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def build_messages(task: Task, question: str, picture_url: str) -> list[dict[str, Any]]:
    """Return the chat messages that ask ``question`` about a picture."""
    content = [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": picture_url}}]
    return [{"role": "system", "content": load_prompts()["system"][task]}, {"role": "user", "content": content}]


def looks_refused(text: str) -> bool:
    """Say whether an answer opens like a refusal instead of a description."""
    start = text.strip().lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return start.startswith(tuple(load_prompts()["refusal_openings"]))
