"""What a review must have before it can be submitted."""

from dataclasses import dataclass

import pytest

from emola.errors import InputError
from review.completeness import require_complete
from review.records import ReviewState, VerdictState


@dataclass(frozen=True)
class Claim:
    id: int
    ord: int
    kind: str


CLAIMS = [Claim(10, 0, "intro"), Claim(11, 1, "au"), Claim(12, 2, "emotion"), Claim(13, 3, "boiler")]
RIGHT = VerdictState("correct")


def test_claims_about_the_face_need_a_verdict_and_others_do_not():
    require_complete(CLAIMS, ReviewState(verdicts={11: RIGHT, 12: RIGHT}), blind=False)
    with pytest.raises(InputError, match="claim 3 first"):
        require_complete(CLAIMS, ReviewState(verdicts={11: RIGHT, 13: RIGHT}), blind=False)


def test_what_is_wrong_needs_a_code():
    bare = {11: VerdictState("wrong"), 12: RIGHT, 13: VerdictState("wrong")}
    with pytest.raises(InputError, match="claim 2, 4: choose an error code"):
        require_complete(CLAIMS, ReviewState(verdicts=bare), blind=False)


def test_blind_coding_comes_first():
    said = {11: RIGHT, 12: RIGHT}
    with pytest.raises(InputError, match="blind"):
        require_complete(CLAIMS, ReviewState(verdicts=said), blind=True)
    require_complete(CLAIMS, ReviewState(verdicts=said, blind_done=True), blind=True)


def test_verdicts_on_other_texts_are_refused():
    with pytest.raises(InputError, match="claim 99"):
        require_complete(CLAIMS, ReviewState(verdicts={11: RIGHT, 12: RIGHT, 99: RIGHT}), blind=False)
