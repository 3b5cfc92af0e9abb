"""Processes killed in the middle of what they write: nothing committed is lost, nothing is doubled."""


def test_saving_and_submitting(prove_saving):
    prove_saving(kills=4)


def test_importing(prove_importing):
    prove_importing(kills=3)


def test_releasing(prove_releasing):
    prove_releasing(kills=3)
