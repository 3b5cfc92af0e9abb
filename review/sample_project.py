"""Making the sample project of an empty database while people already look around."""

import threading
from collections.abc import Callable
from pathlib import Path

from emola.errors import EmolaError
from review.database import Database
from review.sample import fill_sample
from review.store.browse import BrowseFilter, search


class SampleProject:
    """Makes the sample project in the background, once.

    Args:
        database: upgraded; one that holds somebody's own descriptions is left alone.
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
        """Begin when ``after`` has ended (somebody may be waiting for what it loads); return the thread that works."""
        with self._database.read() as session:
            used = search(session, wanted=BrowseFilter(), limit=1).total > 0
        worker = threading.Thread(target=self._make, args=(after,), daemon=True)
        if not used or self._folder.is_dir():
            self._busy.set()
            worker.start()
        return worker

    def _make(self, after: threading.Thread) -> None:
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
        except EmolaError as error:
            self._say(f"The sample project could not be made. {error}")
        finally:
            self._busy.clear()
