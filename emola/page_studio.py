"""What the page talks to: the shelf of models, the face analyzer and the visitors; no web framework here.

Building a studio imports nothing heavy. ``warm_up`` then loads MediaPipe and the models in the background, so that the
page is there first and says what it is waiting for.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emola.describe import Describer, refuse
from emola.errors import EmolaError, InputError
from emola.imaging import open_image
from emola.page_visits import Answer, Picture, Visit, Visits
from emola.settings import GenerationSettings
from emola.shelf import ModelShelf
from emola.spaces_gpu import text_streamer

if TYPE_CHECKING:
    from emola.faces.analyze import FaceAnalyzer

WAIT_STEP_S = 0.2
"""How often a waiting visitor's page is told how the loading goes."""


class Studio:
    """Joins models, faces and visitors.

    Args:
        shelf: the models.
        face_models: folder of an InsightFace pack, or None.
        find_models: sources and titles of models that were made since the start, such as new adapters.
        origin_of: what is known of where a source comes from, by name, such as its release; {} for nothing.
    """

    def __init__(
        self,
        shelf: ModelShelf,
        face_models: Path | None = None,
        find_models: Callable[[], Mapping[str, str]] | None = None,
        origin_of: Callable[[str], Mapping[str, str]] | None = None,
    ) -> None:
        self.shelf = shelf
        self._first = shelf.names()
        self._find_models = find_models or dict
        self._origin_of = origin_of or (lambda _: {})
        self._origins: dict[str, Mapping[str, str]] = {}
        self.visits = Visits()
        self._face_models = face_models
        self._analyzer: FaceAnalyzer | None = None
        self._describer: Describer | None = None
        self._face_error: str | None = None
        self._lock = threading.Lock()

    def warm_up(self, report: Callable[[str], None]) -> threading.Thread:
        """Load what is heavy in the background.

        Args:
            report: told one sentence for the face analyzer and for each model, loaded or failed.
        """
        thread = threading.Thread(target=self.load_now, args=(report,), name="warm-up", daemon=True)
        thread.start()
        return thread

    def load_now(self, report: Callable[[str], None]) -> None:
        """Load the face analyzer, then the models of the start; a failure is reported and shown, never raised."""
        try:
            self.analyzer().analyze(np.zeros((64, 64, 3), dtype=np.uint8))  # the first picture loads the networks
            report(f"Faces: {self.face_backend()}.")
        except EmolaError as error:
            self._face_error = str(error)
            report(self._face_error)
        except Exception as error:  # noqa: BLE001 - the thread must not die silently; the page shows the sentence
            self._face_error = f"faces cannot be found: {type(error).__name__}: {error}"
            report(self._face_error)
        for name in self._first:
            with suppress(EmolaError):  # the state says why
                self.shelf.get(name)
            report(self.shelf.state(name).sentence)

    def model_names(self) -> list[str]:
        """Return the names on the shelf, new models included; a new one is loaded when it is first asked."""
        for source, title in self._find_models().items():
            self.shelf.add(source, title)
        return self.shelf.names()

    def beside_base(self, source: str) -> tuple[str, str]:
        """Return the names of an adapter (``BASE+ADAPTER``) and of its base; what is missing comes onto the shelf."""
        self.model_names()  # the adapter among them, by the lineage beside it
        adapter, base = (self.shelf.add(one) for one in (source, source.partition("+")[0]))
        return adapter, base

    def origin(self, name: str) -> Mapping[str, str]:
        """Return what is known of where a model comes from, by name; {} for nothing.

        Raises:
            InputError: no such name.
        """
        source = self.shelf.source(name)
        # an adapter may be there before its lineage; nothing else that is known of a source can change
        if name not in self._origins or ("+" in source and not self._origins[name]):
            self._origins[name] = self._origin_of(source)
        return self._origins[name]

    def analyzer(self) -> "FaceAnalyzer":
        """Return the face analyzer, made on first use.

        Raises:
            FaceModelError: the pack asked for cannot be used.
        """
        with self._lock:
            if self._analyzer is None:
                from emola.describe_command import make_analyzer  # mediapipe, about a second

                self._analyzer, landmark_model = make_analyzer(self._face_models)
                self._describer = Describer(self.shelf, landmark_model, text_streamer(self.shelf))
            return self._analyzer

    @property
    def describer(self) -> Describer:
        """The describer, made together with the analyzer."""
        self.analyzer()
        assert self._describer is not None
        return self._describer

    def face_backend(self) -> str:
        """Return what finds the faces, or what is being waited for, in a few words."""
        if self._analyzer is not None:
            package = self._analyzer.backend.partition(":")[0].split()[0]
            return f"{self._analyzer.backend}, {package} {version(package)}"
        return self._face_error or "loading"

    def open_picture(self, visit: Visit, source: str | Path | NDArray[np.uint8], name: str) -> Picture:
        """Open a picture, find its faces and make it the visitor's.

        Raises:
            ImageError: the file is not a picture that can be opened.
        """
        visit.cancel.set()
        visit.picture = None
        visit.answers.clear()
        try:
            image = source if isinstance(source, np.ndarray) else open_image(source)
        except InputError as error:
            raise type(error)(_named(str(error), source, name)) from error
        start = time.perf_counter()
        faces = self.analyzer().analyze(image)
        visit.picture = Picture(name, image, faces, 0, 1000 * (time.perf_counter() - start))
        return visit.picture

    def choose_face(self, visit: Visit, index: int) -> Picture:
        """Make face ``index`` of the open picture the one asked about.

        Raises:
            InputError: no picture is open or it has no such face.
        """
        picture = visit.picture
        if picture is None or not 0 <= index < len(picture.faces):
            raise InputError("That face is not in the open picture; choose one of the numbered boxes.")
        visit.picture = replace(picture, chosen=index)
        return visit.picture

    def answer(
        self, visit: Visit, slot: str, asked: str, model: str, settings: GenerationSettings, inputs: str | None = None
    ) -> Iterator[str | Answer]:
        """Yield sentences while the model loads, then the growing answer; the last one has its reading.

        Args:
            visit: whose open picture and face are asked about.
            slot: where the answer is kept (``first`` or ``second``).
            asked: ``emotion``, ``au``, ``both`` or a question.
            model: a name on the shelf.
            settings: how to decode.
            inputs: ``both``, ``prior`` or ``image`` instead of what the checkpoint uses.

        Raises:
            EmolaError: nothing to describe, or the model failed; the sentence says what to do.
        """
        picture = visit.picture
        if picture is None or not picture.faces:
            raise InputError("There is no face to describe yet; choose a picture that shows one.")
        refuse(picture.face)
        cancel = visit.cancel
        yield from self._wait_for(model, cancel)
        if cancel.is_set():
            return
        timings = {"faces": picture.faces_ms}
        answer = visit.answers[slot] = Answer(model, settings, picture, self.origin(model), timings_ms=timings)
        options: dict[str, Any] = {} if inputs is None else {"inputs": inputs}
        stream = self.describer.stream(picture.image, picture.face, asked, model, settings, cancel, **options)
        for progress in stream:
            answer.texts[progress.task] = progress.text
            answer.timings_ms |= {f"{progress.task}_{step}": value for step, value in progress.timings_ms.items()}
            if progress.done:
                answer.finished.add(progress.task)
            yield answer
        answer.stopped = cancel.is_set()
        answer.reading = self.describer.read(answer.texts, picture.face, model)
        yield answer

    def _wait_for(self, model: str, cancel: threading.Event) -> Iterator[str]:
        """Yield the shelf's sentence until ``model`` is ready, failed, or the visitor stopped waiting."""
        start = time.monotonic()
        if self.shelf.state(model).status == "waiting":
            self.shelf.start(model)
        while self.shelf.state(model).status in ("waiting", "loading") and not cancel.is_set():
            yield f"{self.shelf.state(model).sentence} ({time.monotonic() - start:.0f} s)"
            cancel.wait(WAIT_STEP_S)


def _named(sentence: str, source: str | Path | NDArray[np.uint8], name: str) -> str:
    """Say the file's own name instead of the name of the uploaded copy."""
    return sentence if isinstance(source, np.ndarray) else sentence.replace(Path(source).name, name)
