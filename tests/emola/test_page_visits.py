"""What the page remembers of a visitor, and that it lets go."""

from emola.page_visits import Answer, Picture, Visits
from emola.settings import GenerationSettings


class Tracker:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


def test_leaving_stops_the_answer_and_frees_everything():
    visits = Visits()
    visit = visits.get("a")
    visit.tracker = tracker = Tracker()
    visit.picture = Picture("x", image=None, faces=[])
    visit.answers["first"] = Answer("m", GenerationSettings(), visit.picture)
    cancel = visit.begin()
    visits.leave("a")
    assert cancel.is_set() and tracker.closed == 1 and visits.trackers() == 0
    assert visit.picture is None and not visit.answers and len(visits) == 0


def test_leaving_twice_or_unknown_is_fine():
    visits = Visits()
    visits.leave("never came")
    assert len(visits) == 0


def test_longest_idle_visitor_is_forgotten_first():
    visits = Visits(limit=2)
    first, second = visits.get("a"), visits.get("b")
    visits.get("a")
    visits.get("c")
    assert second.cancel.is_set() and not first.cancel.is_set()
    assert len(visits) == 2


def test_new_question_stops_the_old_one():
    visit = Visits().get("a")
    old = visit.begin()
    new = visit.begin()
    assert old.is_set() and not new.is_set()


def test_only_idle_trackers_are_freed():
    visits = Visits()
    for name in ("idle", "busy"):
        visits.get(name).tracker = Tracker()
    visits.get("busy").tracked_at = float("inf")
    visits.get("idle").tracked_at = float("-inf")
    visits.free_idle_trackers(30)
    assert visits.get("idle").tracker is None and visits.get("busy").tracker is not None


def test_evidence_belongs_to_the_picture_and_face_that_is_open():
    visit = Visits().get("a")
    visit.picture = Picture("x", image=None, faces=[])
    visit.answers["first"] = Answer("m", GenerationSettings(), Picture("older", image=None, faces=[]))
    assert visit.evidence() == []


def test_queue_counts_the_others_who_still_wait():
    visits = Visits()
    first, second = visits.get("a"), visits.get("b")
    first.begin()
    second.begin()
    assert visits.asking_before(second) == 1
    visits.leave("a")
    assert visits.asking_before(second) == 0
