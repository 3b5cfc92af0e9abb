"""A random model of the shipped one's kind, one layer deep, and a few rendered faces."""

from pathlib import Path

import pytest
import torch

from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from training.synthetic.dataset import DatasetPlan, make_dataset


@pytest.fixture(autouse=True)
def leave_accelerate_fresh(fresh_accelerate: None) -> None:
    """Every test here trains in this process."""


@pytest.fixture(scope="session")
def shallow_model(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shipped = repository / "emola" / "weights" / "tiny"
    if not (shipped / "config.json").is_file():
        pytest.skip("EmoLA-tiny is not in this checkout")
    config = EmolaConfig.from_pretrained(shipped)
    config.text_config.num_hidden_layers = config.vision_config.num_hidden_layers = 1
    config.text_config.layer_types = None
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("shallow") / "model"
    EmolaForConditionalGeneration(config).save_pretrained(folder)
    EmolaProcessor.from_pretrained(shipped).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered") / "faces"
    make_dataset(DatasetPlan(folder, 30, 3))
    return folder
