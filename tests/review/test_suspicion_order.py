"""The order of the queue on rendered faces with planted errors, of which the ranking has seen none."""

import pytest
from sqlalchemy import select

from review.database import Database
from review.sample import fill_sample
from review.schema import Description, PlantedError, Suspicion
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan

FACES, SEED, WRONG = 150, 20261123, 0.2
"""With a wrong share near FIRST, only an order without a single mistake could pass."""
FIRST, FOUND = 0.3, 0.8
"""Of the wrong descriptions 80 % must stand in the first 30 % of the queue."""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    make_dataset(DatasetPlan(folder, FACES, SEED, WrongPlan(WRONG)), progress=lambda *_: None)
    return folder


def test_the_first_third_of_the_queue_holds_most_wrong_descriptions(rendered, tmp_path):
    database = Database(tmp_path / "review.db")
    database.upgrade()
    errors = sorted(rendered.glob("*/errors.jsonl"))
    fill_sample(database, faba_json=sorted(rendered.glob("*/*_anno.json")), images_dir=rendered, errors=errors)
    with database.read() as session:
        query = select(Description.id).join(Suspicion).order_by(Suspicion.score.desc(), Description.id)
        ranked = list(session.scalars(query))
        wrong = set(session.scalars(select(PlantedError.description_id)))
    database.close()
    planted = sum(len(file.read_text().splitlines()) for file in errors)
    assert len(wrong) == planted >= 40
    first = ranked[: round(FIRST * len(ranked))]
    share = len(wrong & set(first)) / len(wrong)
    assert share >= FOUND, f"{share:.3f} of {len(wrong)} wrong descriptions in the first {len(first)} of {len(ranked)}"
