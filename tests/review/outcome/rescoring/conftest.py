"""Runs with stored answers, scored again as gold changes."""

import pytest

from review.database import Database
from review.predictions import read_answer
from review.schema import Description
from review.store.predictions import NewPrediction, store_predictions
from review.store.scores import run_sums
from training.benchmark.rouge_l import google_rouge_l

SMILE = "1. AU6 - Cheek Raiser: The cheeks are raised.\n2. AU12 - Lip Corner Puller: The corners go up.\n"


def rouge(said: str, meant: str) -> float:
    return google_rouge_l(said, meant).f


@pytest.fixture
def database(database_url):
    """A database that can compute ROUGE-L, as the app's can."""
    database = Database(database_url, rouge)
    yield database
    database.close()


@pytest.fixture
def answer(database, write):
    """Store what a run says of some descriptions; their pictures are looked up."""

    def act(run: str, texts: dict[int, str]) -> None:
        with database.read() as session:
            rows = [session.get_one(Description, number) for number in texts]
            known = [
                NewPrediction(r.image_id, r.task, run.split()[0], run, text, read_answer(text, r.task), "test")
                for r, text in zip(rows, texts.values(), strict=True)
            ]
        write(store_predictions, predictions=known)

    return act


@pytest.fixture
def faces(describe, answer):
    """A sad brow (labelled by its text) and a smile (labelled 6, 12), with answers of two runs."""
    brow, smile = describe(split="eval"), describe(text=SMILE, split="eval", label="6, 12")
    answer("A", {brow: "AU4 and AU12 are visible.", smile: "AU6 and AU12 are visible."})
    answer("B", {brow: "AU4, AU9 and AU15 are visible.", smile: "AU12 is visible."})
    return brow, smile


@pytest.fixture
def sums(read):
    """The sums of a run by its name."""

    def found(run: str, task: str = "au"):
        return next(one.sums for one in read(run_sums) if (one.run, one.task) == (run, task))

    return found
