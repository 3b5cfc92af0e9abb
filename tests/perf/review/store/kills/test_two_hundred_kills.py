"""Two hundred processes killed in the middle of what they write, with every commit on disk."""

import pytest

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="session")
def postgres_options() -> str:
    """As a server is run in earnest: what is committed is on disk."""
    return "-c fsync=on"


def test_a_hundred_kills_while_saving_and_submitting(prove_saving):
    prove_saving(kills=100)


def test_fifty_kills_while_importing(prove_importing):
    prove_importing(kills=50)


def test_fifty_kills_while_releasing(prove_releasing):
    prove_releasing(kills=50)
