"""Making the sample project of an empty database while people already look around, or its pictures once more.

A database that came back from a snapshot on a new machine describes pictures that are not there; the sample's are
rendered, so they can be made again.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from emola.errors import EmolaError
from review.database import Database
from review.pictures import picture_facts
from review.sample import ORIGIN, fill_sample
from review.store.access import ImageFile, files_of_origin
from review.store.browse import BrowseFilter, search


class SampleProject:
    """Makes the sample project in the background, once.

    Args:
        database: upgraded; one that holds only somebody's own descriptions is left alone.
        folder: where the faces are kept; with an unfinished sample in it the work goes on.
        render: makes faces, texts, errors and ``faces.jsonl`` in a folder; raises EmolaError.
        say: told in one sentence how it ended.
    """

    def __init__(
        self, database: Database, folder: Path, render: Callable[[Path], None], say: Callable[[str], None]
    ) -> None:
        self._database = database
        self._folder = folder
        self._render = render
        self._say = say
        self._busy = threading.Event()

    def preparing(self) -> bool:
        """Say whether the sample is being made at this moment."""
        return self._busy.is_set()

    def start(self, after: threading.Thread) -> threading.Thread:
        """Begin when ``after`` has ended (somebody may be waiting for what it loads); return the thread that works.

        It begins for an empty database, an unfinished sample, and a sample whose pictures were lost with the disk.
        """
        with self._database.read() as session:
            used = search(session, wanted=BrowseFilter(), limit=1).total > 0
            pictures = files_of_origin(session, origin_model=ORIGIN)
        lost = [picture for picture in pictures if not picture.path.is_file()]
        elsewhere = [picture for picture in lost if not picture.path.is_relative_to(self._folder.resolve())]
        if elsewhere:
            self._say(
                f"{len(elsewhere)} pictures of the sample project cannot be shown: {elsewhere[0].path} is gone, and "
                f"pictures are made again below {self._folder.parent} only; start with the --files of before."
            )
        worker = threading.Thread(target=self._make, args=(after, pictures), daemon=True)
        if not used or self._folder.is_dir() or len(lost) > len(elsewhere):
            self._busy.set()
            worker.start()
        return worker

    def _make(self, after: threading.Thread, pictures: list[ImageFile]) -> None:
        after.join()
        try:
            self._render(self._folder)
            campaign = fill_sample(
                self._database,
                faba_json=sorted(self._folder.glob("*/*_anno.json")),
                images_dir=self._folder,
                errors=sorted(self._folder.glob("*/errors.jsonl")),
                faces_jsonl=self._folder / "faces.jsonl",
            )
            count = campaign.total // campaign.overlap
            self._say(f"Review: the campaign “{campaign.name}” has {count} descriptions of rendered faces.")
            self._compare(pictures)
        except EmolaError as error:
            self._say(f"The sample project could not be made. {error}")
        finally:
            self._busy.clear()

    def _compare(self, pictures: list[ImageFile]) -> None:
        """Say when pictures that were made again are not those that were described."""
        there = [picture for picture in pictures if picture.path.is_file()]
        other = sum(picture_facts(picture.path).sha256 != picture.sha256 for picture in there)
        if other:
            self._say(
                f"{other} of {len(there)} pictures of the sample project are not the ones that were described: this "
                "version renders them differently. Texts and truth still belong to them, measured evidence may not."
            )
