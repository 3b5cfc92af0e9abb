"""A studio with the review pages on a real database, ways to fill it, and somebody at the browser."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from emola.page_theme import asset, page_head, studio_theme
from review.database import Database
from review.importing import import_faba
from review.page import build_review_pages
from review.page_access import Access
from review.records import JUDGED_KINDS, ReviewState, VerdictState
from review.schema import Description, FaceMeasurement
from review.store.campaigns import CampaignFilter, create_campaign
from review.store.items import load_item
from review.store.people import create_user, find_user
from review.store.reviews import get_review, my_reviews, open_review, submit
from review.store.work import lease_next

PASSWORD = "a long enough password"
FIVE_CLAIMS = (
    "Looking at the face, these action units can be made out:\n"
    "1. AU1 - Inner Brow Raiser: The inner corners of the eyebrows are lifted, which wrinkles the forehead.\n"
    "2. AU4 - Brow Lowerer: The brows are lowered and drawn together, with marked intensity.\n"
    "3. AU6 - Cheek Raiser: The cheeks are raised and narrow the eyes a little at their outer corners.\n"
    "4. AU12 - Lip Corner Puller: The corners of the mouth are pulled up, strongly, on both sides.\n"
    "5. AU25 - Lips Part: The lips are apart and show the teeth.\n"
    "Please note that interpreting action units from one picture is subjective."
)
TWO_CLAIMS = "1. AU4 - Brow Lowerer: The brows are lowered.\n2. AU12 - Lip Corner Puller: The lip corners go up.\n"
EMOTION = "The person looks happy. The corners of the mouth are pulled up."
BOX = [40, 30, 216, 236]
REGIONS = {"brow": [50, 60, 206, 110], "eyes": [50, 90, 206, 140], "nose_cheek": [60, 110, 196, 190]}
REGIONS["mouth_chin"] = [70, 170, 186, 236]
SHOWN = "document.querySelector('#review [data-claim]')?.dataset.claim"


class Site:
    """A running studio with review pages, its database, and ways to fill it."""

    password, five_claims, two_claims, emotion = PASSWORD, FIVE_CLAIMS, TWO_CLAIMS, EMOTION

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder / "review.db")
        self.database.upgrade()
        self.numbers = count(1)
        with self.database.write() as session:
            self.lead = create_user(session, login="lena", password=PASSWORD, role="lead")
        self.page = gr.Blocks(title="EmoLA studio", analytics_enabled=False, fill_width=True)
        with self.page:
            gr.Navbar(main_page_name="Demo")
            gr.Markdown("Demo")
        access = Access.choose(self.database, "127.0.0.1", True, {})
        self.runs: dict[str, Path] = {}
        pages = build_review_pages(self.page, self.database, access, folder / "releases", lambda: self.runs)
        self.page.launch(
            server_name="127.0.0.1",
            auth=access.check_login,
            auth_message=access.message,
            app_kwargs={"routes": pages.routes, "middleware": pages.middleware},
            theme=studio_theme(),
            css=asset("studio.css") + pages.css,
            head=page_head(),
            share=False,
            ssr_mode=False,
            footer_links=[],
            prevent_thread_lock=True,
            quiet=True,
        )
        self.url = str(self.page.local_url).rstrip("/")

    def user(self, role: str = "reviewer") -> str:
        login = f"person{next(self.numbers)}"
        with self.database.write() as session:
            create_user(session, login=login, password=PASSWORD, role=role)
        return login

    def campaign(self, *texts: str, task: str = "au", **rules) -> int:
        """Import the texts, each with a picture of its own, and open a campaign over them."""
        number = next(self.numbers)
        images = self.folder / f"images{number}"
        (images / "train").mkdir(parents=True)
        rows = []
        for index, text in enumerate(texts):
            path = f"train/{number}-{index}.png"
            draw_face(images / path, (number, index))
            turns = [{"from": "human", "value": "Describe the face.\n<image>"}, {"from": "gpt", "value": text}]
            rows.append({"id": f"{number}-{index}", "image": path, "source": "test", "conversations": turns})
        file = images / f"train_{task}_anno.json"
        file.write_text(json.dumps(rows))
        import_faba(self.database, json_path=file, images_dir=images, split="train", task=task)
        with self.database.write() as session:
            wanted = [row["id"] for row in rows]
            found = dict(tuple(row) for row in session.execute(select(Description.row_id, Description.id)))
            ids = tuple(found[name] for name in wanted)
            for description_id in ids:
                image_id = session.get_one(Description, description_id).image_id
                session.add(
                    FaceMeasurement(image_id=image_id, found=True, document=MEASURED, mesh=None, version="test")
                )
            campaign = create_campaign(
                session, name=f"Campaign {number}", filter=CampaignFilter(ids=ids), actor_id=self.lead.id, **rules
            )
        return campaign.id

    def judge(self, login: str, campaign: int, verdict: VerdictState):
        """Submit the next item of ``campaign`` as ``login`` with ``verdict`` on every claim."""
        with self.database.write() as session:
            user = find_user(session, login=login)
            lease = lease_next(session, campaign_id=campaign, reviewer_id=user.id)
            review = open_review(session, assignment_id=lease.assignment_id, reviewer_id=user.id)
            claims = load_item(session, description_id=lease.description_id).claims
            said = {claim.id: verdict for claim in claims if claim.kind in JUDGED_KINDS}
            state = ReviewState(verdicts=said, active_ms=30_000)
            ids = {"review_id": review.id, "reviewer_id": user.id, "version": review.version}
            return submit(session, **ids, state=state, token=f"token {review.id}")

    def reviews(self, login: str) -> list:
        """What somebody has worked on, in the order they began it."""
        with self.database.read() as session:
            user = find_user(session, login=login)
            rows = [get_review(session, review_id=row.id) for row in my_reviews(session, reviewer_id=user.id)]
        return sorted(rows, key=lambda review: review.id)

    def item(self, description_id: int):
        with self.database.read() as session:
            return load_item(session, description_id=description_id)


MEASURED = {
    "box": BOX,
    "points_106": [[60 + 12 * (i % 12), 60 + 18 * (i // 12)] for i in range(106)],
    "points_106_approximate": False,
    "pose_deg": {"yaw": 3.0, "pitch": -2.0, "roll": 0.0},
    "gates": [],
    "regions": REGIONS,
}


def draw_face(path: Path, seed: tuple[int, int]) -> None:
    picture = Image.new("RGB", (256, 256), (40 + 7 * seed[0] % 150, 60 + 31 * seed[1] % 150, 90))
    pen = ImageDraw.Draw(picture)
    pen.ellipse(BOX, fill="#e0b08c")
    pen.line([70, 96, 110, 88], fill="#402a18", width=6)
    pen.line([146, 88, 186, 96], fill="#402a18", width=6)
    for x in (80, 150):
        pen.ellipse([x, 104, x + 28, 122], fill="white")
        pen.ellipse([x + 9, 105, x + 20, 121], fill="#234")
    pen.arc([90, 160, 166, 208], 15, 165, fill="#933", width=5)
    picture.save(path)


class Hands:
    """Somebody at the browser: signs in, opens items, presses keys and waits for what follows."""

    def __init__(self, page, site: Site) -> None:
        self.page, self.site = page, site

    def sign_in(self, login: str) -> None:
        form = {"username": login, "password": PASSWORD}
        answer = self.page.request.post(f"{self.site.url}/login", form=form)
        assert answer.ok, answer.text()

    def open_review(self, login: str, campaign: int) -> None:
        self.sign_in(login)
        self.page.goto(f"{self.site.url}/review?campaign={campaign}")
        self.page.wait_for_selector("#review .review-bottom button", timeout=90_000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_saved(self) -> None:
        self.page.wait_for_selector(".review-saved[data-state=saved]", timeout=30_000)

    def item(self) -> str:
        """Return which item is shown: the id of its first claim."""
        return self.page.get_attribute("#review [data-claim] >> nth=0", "data-claim")

    def next_item(self, before: str) -> str:
        """Wait until another item is shown than ``before``; return which."""
        self.page.wait_for_function(f"(old) => ![undefined, old].includes({SHOWN})", arg=before)
        return self.item()

    def item_again(self, wanted: str) -> None:
        """Wait until the item ``wanted`` is shown."""
        self.page.wait_for_function(f"(wanted) => {SHOWN} === wanted", arg=wanted)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    """One studio for all tests of this folder; every test has people and campaigns of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradio.networking.url_ok", lambda url: True)  # its three seconds are too few on a busy machine
        built = Site(tmp_path_factory.mktemp("site"))
    yield built
    built.page.close(verbose=False)
    built.database.close()


@pytest.fixture
def hands(page, site) -> Hands:
    """The visitor of this test."""
    return Hands(page, site)
