"""Files that a visitor's browser sent: only those, only once, deleted as soon as they are read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradio.utils import get_upload_folder

from emola.errors import ImageError


@contextmanager
def uploaded_path(named: str) -> Iterator[Path]:
    """Give the path of an uploaded file for the length of the block, then delete the file.

    Args:
        named: the path that the browser says it was given; it is checked, a browser can say anything.

    Raises:
        ImageError: the path is not a file inside the server's upload folder.
    """
    folder = Path(get_upload_folder()).resolve()
    path = Path(os.path.abspath(named))
    if not path.resolve().is_relative_to(folder) or not path.is_file():
        raise ImageError("The picture did not arrive on the server; please choose it again.")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
