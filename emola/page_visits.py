"""What the page remembers of one visitor: the open picture, the answers, the live tracker.

Everything lives in memory under Gradio's session hash and is dropped when the visitor leaves; nothing is written to
disk.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from emola.describe import Reading
    from emola.faces.face import Face
    from emola.faces.geometry import Evidence
    from emola.faces.tracking import FaceTracker
    from emola.settings import GenerationSettings

_NUMBERS = count(1)

MAX_VISITS = 200
"""Most visitors remembered at once; the one idle for longest is forgotten first."""


@dataclass(frozen=True)
class Picture:
    """An opened picture with its faces.

    Attributes:
        name: file name as the visitor knows it, or what it is ("camera").
        image: RGB uint8 (H, W, 3).
        faces: largest first.
        chosen: index of the face asked about.
        faces_ms: how long finding the faces took.
        number: a number that no other opened picture has.
    """

    name: str
    image: NDArray[np.uint8]
    faces: "list[Face]"
    chosen: int = 0
    faces_ms: float = 0.0
    number: int = field(default_factory=lambda: next(_NUMBERS))

    @property
    def face(self) -> "Face":
        """The face asked about; IndexError when there is none."""
        return self.faces[self.chosen]


@dataclass
class Answer:
    """The answer of one model, growing while it streams.

    Attributes:
        model: name on the shelf.
        settings: how it decodes.
        picture: the picture and face asked about.
        origin: what is known of where the model comes from, by name.
        texts: task to text so far.
        finished: tasks whose text is complete.
        timings_ms: milliseconds by step.
        reading: what the texts say, once all are finished or stopped.
        stopped: whether the visitor stopped it.
    """

    model: str
    settings: "GenerationSettings"
    picture: Picture
    origin: Mapping[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    timings_ms: dict[str, float] = field(default_factory=dict)
    reading: "Reading | None" = None
    stopped: bool = False

    def evidence(self) -> "list[Evidence]":
        """Return the evidence of the claims that were read, one per action unit and side."""
        claims = [] if self.reading is None else self.reading.claims
        found = {(c.action_unit, c.evidence.side): c.evidence for c in claims if c.evidence is not None}
        return list(found.values())


@dataclass
class Visit:
    """One visitor."""

    picture: Picture | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    cancel: threading.Event = field(default_factory=threading.Event)
    tracker: "FaceTracker | None" = None
    tracking: Any = field(default_factory=threading.Lock)
    tracked_at: float = 0.0
    asking: bool = False

    def evidence(self) -> "list[Evidence]":
        """Return the evidence of the first answer, when it is about the open picture and the chosen face."""
        answer = self.answers.get("first")
        return [] if answer is None or answer.picture is not self.picture else answer.evidence()

    def begin(self) -> threading.Event:
        """Stop what is being generated and return the event that stops the next answer."""
        self.cancel.set()
        self.cancel = threading.Event()
        self.asking = True
        return self.cancel

    def leave(self) -> None:
        """Stop the generation and free picture, answers and tracker."""
        self.cancel.set()
        self.stop_tracking()
        self.picture = None
        self.answers.clear()

    def stop_tracking(self) -> None:
        """Free the live tracker, waiting for a frame that is being tracked."""
        with self.tracking:
            tracker, self.tracker = self.tracker, None
        if tracker is not None:
            tracker.close()


class Visits:
    """All visitors by session hash; thread-safe, at most ``limit`` of them."""

    def __init__(self, limit: int = MAX_VISITS) -> None:
        self._limit = limit
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: str) -> Visit:
        """Return the visit of ``session``, a new one when it is unknown."""
        with self._lock:
            visit = self._visits.setdefault(session, Visit())
            self._visits.move_to_end(session)
            forgotten = [self._visits.popitem(last=False)[1] for _ in range(len(self._visits) - self._limit)]
        for old in forgotten:
            old.leave()
        return visit

    def leave(self, session: str) -> None:
        """Forget ``session`` and free what it held; an unknown one is fine."""
        with self._lock:
            visit = self._visits.pop(session, None)
        if visit is not None:
            visit.leave()

    def asking_before(self, visit: Visit) -> int:
        """Return how many other visitors have asked and wait for the end of their answer."""
        with self._lock:
            return sum(other.asking for other in self._visits.values() if other is not visit)

    def trackers(self) -> int:
        """Return how many live trackers are open."""
        with self._lock:
            return sum(visit.tracker is not None for visit in self._visits.values())

    def free_idle_trackers(self, idle_s: float) -> None:
        """Free every tracker that got no frame for ``idle_s`` seconds."""
        now = time.monotonic()
        with self._lock:
            idle = [v for v in self._visits.values() if v.tracker is not None and now - v.tracked_at > idle_s]
        for visit in idle:
            if visit.tracking.acquire(blocking=False):
                tracker, visit.tracker = visit.tracker, None
                visit.tracking.release()
                if tracker is not None:
                    tracker.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._visits)
