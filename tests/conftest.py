"""Pictures and places that several tests share; nothing here reads the network."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A real photograph, RGB uint8 (512, 512, 3): one smiling frontal face."""
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="session")
def insightface_pictures() -> Path:
    """Folder of the real pictures inside the insightface package (t1.jpg holds six faces)."""
    import insightface

    return Path(insightface.__file__).parent / "data" / "images"


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of labelled real photographs kept outside the repository; the test is skipped without it."""
    folder = REPOSITORY.parent / "shared" / "photos"
    if not (folder / "labels.json").is_file():
        pytest.skip("the real photographs are not on this machine")
    return folder
