"""Two runs about the same faces, a blind check of them, and people who judge it."""

import json

import pytest
from PIL import Image as Pixels

from review.blind_checks import create_blind_check
from review.records import MarkState, ReviewState, VerdictState
from review.store.coded_rows import claims_of
from review.store.reviews import open_review, submit
from review.store.work import lease_next

OLD, NEW = "EmoLA-before", "EmoLA-after"
FACES = range(8)


def what_it_says(model: str, face: int, task: str) -> str:
    """Two claims a text; those of the old model are about AU4 and AU9, those of the new one about AU12 and AU25."""
    if task == "emotion":
        return f"The face {face} shows {'anger' if model == OLD else 'happiness'}."
    units = (("AU4 - Brow Lowerer", "AU9 - Nose Wrinkler"), ("AU12 - Lip Corner Puller", "AU25 - Lips Part"))
    first, second = units[model == NEW]
    return f"1. {first}: It is seen on face {face}.\n2. {second}: It is seen as well."


@pytest.fixture
def answer():
    """What a model says of a face."""
    return what_it_says


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for face in range(8):
        Pixels.new("RGB", (16, 16), (30 * face, 10, 90)).save(folder / f"{face}.png")
    return folder


@pytest.fixture
def make_run(tmp_path, pictures):
    """Make the folder of a finished run."""

    def make(model, faces=FACES, tasks=("au",), text=what_it_says, finished=True):
        folder = tmp_path / f"run-{model}-{len(list(tmp_path.iterdir()))}"
        (folder / "parts").mkdir(parents=True)
        described = {"format": 1, "identity": {"model": model}, "model": model, "root": str(pictures)}
        (folder / "run.json").write_text(json.dumps(described))
        for task in tasks:
            rows = [
                {"id": f"{face}", "task": task, "image": f"{face}.png", "status": "answered"}
                | {"prediction": text(model, face, task)}
                for face in faces
            ]
            name = f"predictions_{task}.jsonl" if finished else f"parts/journal-{task}.jsonl"
            (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    return make


@pytest.fixture
def lead(make_user):
    return make_user("lea", role="lead")


@pytest.fixture
def check(database, make_run, lead):
    """Make a blind check of two runs that differ in every text."""

    def make(*, old=None, new=None, **options):
        options = {"probe_faces": 8, "name": "Round 1"} | options
        old, new = old or make_run(OLD), new or make_run(NEW)
        return create_blind_check(database, old=old, new=new, actor_id=lead.id, **options)

    return make


@pytest.fixture
def judge(database, read, write):
    """Lease and submit the next text of a campaign: claims about ``wrong`` units get their code, the others are right.

    ``marks`` are codes of one mark each at the end of the text.
    """

    def act(campaign, person, wrong=None, marks=()):
        lease = write(lease_next, campaign_id=campaign, reviewer_id=person.id)
        if lease is None:
            return None
        review = write(open_review, assignment_id=lease.assignment_id, reviewer_id=person.id)
        claims = read(claims_of, description_id=lease.description_id)
        verdicts = {
            claim.id: VerdictState("wrong", wrong[claim.action_unit], 2)
            if claim.action_unit in (wrong or {})
            else VerdictState("correct")
            for claim in claims
            if claim.kind in ("au", "emotion")
        }
        end = max(claim.end for claim in claims)
        state = ReviewState(verdicts=verdicts, marks=tuple(MarkState(end, end, code) for code in marks))
        mine = {"review_id": review.id, "reviewer_id": person.id, "version": review.version}
        write(submit, state=state, token=f"token-{review.id}", **mine)
        return lease.description_id

    return act
