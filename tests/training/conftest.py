"""What the tests of several parts of training share."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """Undo accelerate's process-wide state afterwards, so that the next test chooses precision and rounds anew."""
    yield
    from accelerate.state import AcceleratorState, GradientState, PartialState  # heavy, and most tests need none of it

    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    PartialState._reset_state()
