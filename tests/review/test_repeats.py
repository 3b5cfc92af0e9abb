"""Sentences that only sum up follow the verdicts on what they repeat."""

from review.claims import parse_claims
from review.records import EmotionState, ReviewState, VerdictState
from review.repeats import find_repeats, follow, group_repeats
from review.rewriting_emotions import propose_emotion, second_emotion
from review.rewriting_repeats import offer_summaries, propose_summary
from review.store.items import ClaimView

TEXT = (
    "AU9 - Nose Wrinkler: The skin of the nose is wrinkled. "
    "AU10 - Upper Lip Raiser: The upper lip is raised, slightly. "
    "AU9 and AU10 act together. "
    "All in all, AU9 and AU10 can be seen."
)


def claims_of(text, task="au"):
    return [
        ClaimView(
            id=100 + claim.ord,
            ord=claim.ord,
            kind=claim.kind,
            start=claim.start,
            end=claim.end,
            text=text[claim.start : claim.end],
            action_unit=claim.action_unit,
            more_units=claim.more_units,
            emotion=claim.emotion,
            side=claim.side,
            intensity=claim.intensity,
            negated=claim.negated,
            lint=(),
            evidence=(),
            model_votes=(),
        )
        for claim in parse_claims(text, task)
    ]


def judged(text, *said, task="au"):
    """Return the claims, and the state after the first ones got a verdict each."""
    claims = claims_of(text, task)
    verdicts = {claim.id: verdict for claim, verdict in zip(claims, said, strict=False)}
    return claims, follow(text, claims, ReviewState(verdicts=verdicts))


CORRECT, ABSENT = VerdictState("correct"), VerdictState("wrong", "H1", replacement="")


def test_a_sum_repeats_the_claims_that_say_most_and_is_one_stretch():
    claims = claims_of(TEXT)
    assert find_repeats(claims) == {102: (100,), 103: (101,), 104: (100,), 105: (101,)}
    groups = group_repeats(TEXT, claims, find_repeats(claims))
    assert [[claim.id for claim in group] for group in groups] == [[102, 103], [104, 105]]


def test_an_announcement_repeats_the_list_after_it():
    text = "The face shows AU4 and AU12. AU4 - Brow Lowerer: The brows are low. AU12 - The lip corners are pulled up."
    claims = claims_of(text)
    announced = [claim.id for claim in claims if claim.start < text.index("AU4 - ")]
    assert sorted(find_repeats(claims)) == announced


def test_what_adds_a_side_an_intensity_or_a_denial_is_judged_by_itself():
    for more in ("In short, there is a strong AU9.", "In short, AU9 is seen on the left side.", "There is no AU9."):
        claims = claims_of(f"AU9 - Nose Wrinkler: The skin of the nose is wrinkled. {more}")
        assert find_repeats(claims) == {}, more


def test_verdicts_follow():
    _, state = judged(TEXT, CORRECT, CORRECT)
    assert [state.verdicts[number].verdict for number in (102, 103, 104, 105)] == ["correct"] * 4
    assert all(state.verdicts[number].follows for number in (102, 103, 104, 105))
    _, state = judged(TEXT, CORRECT, VerdictState("unsure"))
    assert [state.verdicts[number].verdict for number in (102, 103)] == ["correct", "unsure"]
    _, state = judged(TEXT, ABSENT, CORRECT)
    assert (state.verdicts[102].verdict, state.verdicts[102].code) == ("wrong", "H1")
    assert state.verdicts[103].verdict == "correct"


def test_a_side_or_intensity_that_the_sum_leaves_out_does_not_make_it_wrong():
    _, state = judged(TEXT, CORRECT, VerdictState("wrong", "H4"))
    assert state.verdicts[103].verdict == "correct"


def test_nothing_follows_while_something_is_open():
    assert set(judged(TEXT, CORRECT)[1].verdicts) == {100}
    assert set(judged(TEXT, CORRECT, VerdictState("wrong"))[1].verdicts) == {100, 101}
    _, state = judged(TEXT, CORRECT, VerdictState("wrong", "H9"))
    assert set(state.verdicts) == {100, 101}, "an overreading says nothing about the unit"


def test_a_verdict_of_ones_own_stays_and_an_accepted_rewrite_stays_while_its_reason_holds():
    claims, state = judged(TEXT, ABSENT, CORRECT)
    own = ReviewState(verdicts=dict(state.verdicts) | {102: CORRECT, 103: CORRECT})
    assert follow(TEXT, claims, own).verdicts[102] == CORRECT
    gone = {
        102: VerdictState("wrong", "H1", replacement="", follows=True),
        103: VerdictState("wrong", "S1", replacement="", follows=True),
    }
    taken = ReviewState(verdicts=dict(state.verdicts) | gone)
    assert follow(TEXT, claims, taken).verdicts[103].replacement == ""
    turned = ReviewState(verdicts=dict(taken.verdicts) | {100: CORRECT})
    again = follow(TEXT, claims, turned).verdicts
    assert (again[102].verdict, again[102].replacement, again[103].replacement) == ("correct", None, None)


def test_what_to_offer_for_a_sum():
    claims, state = judged(TEXT, ABSENT, CORRECT)
    assert offer_summaries(TEXT, claims, state) == {103: "", 105: ""}
    swapped = judged(TEXT, VerdictState("wrong", "H2", action_unit=4), CORRECT)
    assert offer_summaries(TEXT, *swapped)[103] == "AU4 and AU10 act together."


def test_units_leave_lists_and_a_sentence_that_no_longer_reads_is_left_out():
    whole = "All in all, AU4, AU9 and AU10 can be read from this face."
    assert propose_summary(whole, {9: None}) == "All in all, AU4 and AU10 can be read from this face."
    assert propose_summary("In short, the face is shaped by AU6 and AU12.", {6: None}).endswith("by AU12.")
    assert propose_summary("AU9 and AU10 act together.", {9: None}) == ""
    assert propose_summary("The lips part because of AU25.", {25: 26}) == "", "the words still say AU25"
    assert propose_summary("AU9 (nose wrinkler) and AU10 act together.", {9: 4}) == ""


def test_emotions_follow_the_first_and_are_exchanged():
    text = "The person looks happy. The lips are parted. Overall, this is happiness."
    sad = VerdictState("wrong", "H6", replacement="The person looks sad.")
    claims, state = judged(text, sad, CORRECT, task="emotion")
    assert (state.verdicts[102].verdict, state.verdicts[102].code) == ("wrong", "H6")
    seen = ReviewState(verdicts=state.verdicts, emotion=EmotionState("sadness"))
    assert offer_summaries(text, claims, seen) == {102: "Overall, this is sadness."}


def test_a_claim_is_rewritten_for_another_emotion():
    cases = {
        "The person looks happy. ": "The person looks sad.",
        "Overall, the happiness is moderate.": "Overall, the sadness is moderate.",
        "Joyful and happy, the person smiles.": "The face shows sadness.",
        "He is not happy.": "The face shows sadness.",
        "This is happiness, with some sadness.": "The face shows sadness.",
    }
    for text, wanted in cases.items():
        assert propose_emotion(text, "happiness", "sadness") == wanted, text
    assert propose_emotion("He looks happy.", "happiness", "fear", "surprise") == (
        "The face shows fear together with surprise."
    )


def test_a_mixed_claim_names_its_second_emotion():
    assert second_emotion("She shows sadness first of all, but also anger.", "sadness") == "anger"
    assert second_emotion("She shows sadness, close to grief.", "sadness") is None
