"""Example pictures that are on the disk anyway: inside installed packages and beside the shipped model.

Nothing is downloaded and no photograph lies in this repository. Packages are found without importing them.
"""

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path

from emola.imaging import open_image
from emola.page_stage import data_url
from emola.shelf import TINY

PACKAGED = (
    ("skimage", "data/astronaut.png", "Astronaut (NASA, public domain)"),
    ("insightface", "data/images/t1.jpg", "Six faces (insightface sample)"),
)
"""Package, path inside it, and what the picture shows."""

THUMBNAIL_SIDE = 160


@dataclass(frozen=True)
class Example:
    """A picture offered on the empty page: where it lies and what it shows."""

    path: Path
    title: str


def examples() -> dict[str, Example]:
    """Return the examples that exist on this machine, by a key that is safe to send."""
    found = [Example(folder / inside, title) for name, inside, title in PACKAGED if (folder := _package(name))]
    rendered = sorted((TINY / "examples").glob("*.png"))
    found += [Example(path, f"Rendered face: {path.stem.replace('_', ' ')}") for path in rendered]
    return {str(number): example for number, example in enumerate(found) if example.path.is_file()}


@cache
def examples_html() -> str:
    """Return the examples as buttons with small pictures; empty when there are none."""
    buttons = "".join(
        f'<button type="button" class="example" data-example="{key}">'
        f'<img src="{data_url(open_image(example.path), THUMBNAIL_SIDE, 80)}" alt="">'
        f"<span>{escape(example.title)}</span></button>"
        for key, example in examples().items()
    )
    return f'<div class="examples" role="group" aria-label="Example pictures">{buttons}</div>' if buttons else ""


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent
