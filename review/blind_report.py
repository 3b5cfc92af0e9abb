"""The result of a blind check in numbers and plain sentences.

Until every face is judged and decided, or a lead closes the check, the models are called A and B, by chance: whoever
knows whose texts are better so far may judge the next ones by that, or stop when the numbers look right.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from review.blind_statistics import ALL, FEWEST_DIFFERENT, ClassComparison, Comparison, Difference, compare
from review.database import Database
from review.store.blind_checks import BlindCheckRecord, find_check
from review.store.blind_verdicts import judged_faces

KINDS: Final[Mapping[str, str]] = {
    ALL: "errors of fact",
    "H1": "invented action units",
    "H2": "wrong action units",
    "H3": "wrong sides or places",
    "H4": "wrong intensities",
    "H5": "invented objects, persons or scenes",
    "H6": "unsupported emotions",
    "H7": "claims about what cannot be seen",
    "H8": "contradictions",
    "H9": "over-interpretations",
    "M1": "missing action units",
}
"""Each class of errors in words that fit behind "fewer"; the guideline says what belongs to it."""
MINUS: Final = "\u2212"


@dataclass(frozen=True)
class BlindReport:
    """What is known of a blind check.

    Attributes:
        check: with its campaign; its models are not to be shown while it is sealed.
        first: what the first model of the comparison is called: the old one, or A.
        second: the new one, or B.
        faces_judged: faces of which every text was judged.
        different_people: how many of them have texts that different people judged.
        comparison: None before the first face is judged.
    """

    check: BlindCheckRecord
    first: str
    second: str
    faces_judged: int
    different_people: int
    comparison: Comparison | None

    def sentences(self) -> list[str]:
        """Return what was found, a sentence for each class of errors that occurs."""
        if self.comparison is None:
            return ["No face is judged yet."]
        found = [kind for kind in self.comparison.classes if kind.finding != "none"]
        return [self.sentence(kind) for kind in found] or ["Nobody has found an error in any text."]

    def sentence(self, kind: ClassComparison) -> str:
        """Return what was found about one class of errors."""
        words, difference = KINDS[kind.code], interval_words(kind.difference)
        if self.check.sealed:
            rates = f"A {kind.first:.2f}, B {kind.second:.2f} per text"
        else:
            rates = f"{kind.first:.2f} → {kind.second:.2f} per text"
        if kind.finding == "none":
            return f"{_capital(words)}: none in either model's texts."
        if kind.finding == "too few":
            faces = "1 face" if kind.faces_differing == 1 else f"{kind.faces_differing} faces"
            return (
                f"{_capital(words)}: too little to tell ({rates}; the models differ on {faces}, at least "
                f"{FEWEST_DIFFERENT} are needed)."
            )
        if kind.finding == "no difference":
            return f"{_capital(words)}: no difference beyond chance ({rates}, difference {difference})."
        whose = " from B" if self.check.sealed else ""
        return f"{_capital(kind.finding)} {words}{whose}: {rates}, difference {difference}."

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON; models, runs and the seed, which tells them, once not sealed."""
        check, found = self.check, self.comparison
        return {
            "name": check.campaign.name,
            "state": check.campaign.state,
            "sealed": check.sealed,
            "models": None if check.sealed else asdict(check.models),
            "first": self.first,
            "second": self.second,
            "faces": {"judged": self.faces_judged, "drawn": check.faces, "by_different_people": self.different_people},
            "texts": 2 * len(check.pairs),
            "seed": None if check.sealed else check.seed,
            "claims_per_text": None if found is None else [found.first_claims, found.second_claims],
            "classes": [] if found is None else [asdict(kind) | {"words": KINDS[kind.code]} for kind in found.classes],
            "sentences": self.sentences(),
        }

    def to_csv(self) -> str:
        """Return a line for each class of errors."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        of_both = [f"{name} {what}" for what in ("per text", "per claim") for name in (self.first, self.second)]
        writer.writerow(["code", "errors", *of_both, *_COLUMNS, "faces differing", "finding"])
        for kind in self.comparison.classes if self.comparison else ():
            rates = (kind.first, kind.second, kind.first_per_claim, kind.second_per_claim)
            both = (*_numbers(kind.difference), *_numbers(kind.claim_difference))
            writer.writerow([kind.code, KINDS[kind.code], *rates, *both, kind.faces_differing, kind.finding])
        return stream.getvalue()


_COLUMNS: Final = tuple(
    f"difference {what}{end}" for what in ("per text", "per claim") for end in ("", " low", " high")
)


def blind_report(database: Database, *, name: str) -> BlindReport:
    """Return the result of a blind check as far as it is.

    Raises:
        InputError: there is no such check.
    """
    with database.read() as session:
        check = find_check(session, name=name)
        faces = judged_faces(session, check=check)
    if check.sealed and check.new_is_first:
        faces = [replace(face, first=face.second, second=face.first) for face in faces]
    old, new = (_name(model, run, check) for model, run in _named(check))
    first, second = ("A", "B") if check.sealed else (old, new)
    apart = sum(not face.same_people for face in faces)
    return BlindReport(check, first, second, len(faces), apart, compare(faces, seed=check.seed))


def interval_words(difference: Difference) -> str:
    """Return a difference with its interval, as in −0.13 [−0.21, −0.05]."""
    return f"{signed(difference.value)} [{signed(difference.low)}, {signed(difference.high)}]"


def signed(value: float) -> str:
    """Return a number with two decimals and a true minus sign, never minus zero."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)


def _named(check: BlindCheckRecord) -> tuple[tuple[str, str], tuple[str, str]]:
    models = check.models
    return (models.old_model, models.old_run), (models.new_model, models.new_run)


def _name(model: str, run: str, check: BlindCheckRecord) -> str:
    """Return the model's name, with its run where both models have one name."""
    same = check.models.old_model == check.models.new_model
    return f"{model} ({run})" if same else model


def _numbers(difference: Difference | None) -> tuple[float | None, ...]:
    return (None, None, None) if difference is None else (difference.value, difference.low, difference.high)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
