import numpy as np
import pytest

from emola.faces.tracking import SEARCH_EVERY, FaceTracker


@pytest.fixture
def frames(astronaut):
    """Frames of 320 x 240 in which a real face moves by two pixels a frame."""
    return [np.ascontiguousarray(astronaut[20:260, 70 + 2 * step : 390 + 2 * step]) for step in range(12)]


def test_a_moving_face_is_followed(frames):
    with FaceTracker() as tracker:
        tracked = [tracker.track(frame) for frame in frames]
    assert [len(faces) for faces in tracked] == [1] * len(frames)
    noses = np.array([faces[0].landmarks[4] for faces in tracked])
    np.testing.assert_allclose(np.diff(noses[:, 0]), -2, atol=1.2)


def test_tracking_searches_once_while_the_face_stays(frames, monkeypatch):
    with FaceTracker() as tracker:
        searches = []
        find = tracker._search.find_quickly
        monkeypatch.setattr(tracker._search, "find_quickly", lambda picture: searches.append(1) or find(picture))
        for frame in frames:
            tracker.track(frame)
    assert len(searches) == 1 < SEARCH_EVERY


def test_a_cut_resets(frames):
    with FaceTracker() as tracker:
        assert len(tracker.track(frames[0])) == 1
        assert tracker.track(np.full_like(frames[0], 255)) == []
        assert len(tracker.track(frames[0])) == 1


def test_a_face_that_comes_in_is_found_soon(frames):
    with FaceTracker() as tracker:
        empty = np.full_like(frames[0], 120)
        for _ in range(3):
            assert tracker.track(empty) == []
        assert any(tracker.track(frame) for frame in frames[:4])


def test_frames_of_another_size_are_a_cut(frames):
    with FaceTracker() as tracker:
        tracker.track(frames[0])
        (face,) = tracker.track(np.ascontiguousarray(frames[0][:, 10:]))
        assert 0 < face.landmarks[:, 0].mean() < 310


def test_a_closed_tracker_follows_nothing(frames):
    tracker = FaceTracker()
    tracker.close()
    tracker.close()
    with pytest.raises(ValueError, match="closed"):
        tracker.track(frames[0])


def test_two_visitors_do_not_share_faces(frames):
    with FaceTracker() as one, FaceTracker() as other:
        assert len(one.track(frames[0])) == 1
        assert other.track(np.full_like(frames[0], 90)) == []
        assert len(one.track(frames[1])) == 1


def test_only_the_largest_faces_are_followed(insightface_pictures):
    from emola.imaging import open_image

    with FaceTracker(max_faces=2) as tracker:
        assert len(tracker.track(open_image(insightface_pictures / "t1.jpg"))) == 2
    with pytest.raises(ValueError, match="max_faces"):
        FaceTracker(max_faces=0)


def test_what_the_mesh_slid_onto_is_dropped_at_the_next_search(frames):
    """A tracked mesh whose place shows no face any more must not live on the landmark network's word alone."""
    with FaceTracker() as tracker:
        tracker.track(frames[0])
        hidden = frames[0].copy()
        x0, y0, x1, y1 = (round(value) for value in tracker.track(frames[0])[0].box)
        hidden[y0 - 30 : y1 + 30, x0 - 10 : x1 + 10] = 128
        tracker._since_search = SEARCH_EVERY
        assert tracker.track(hidden) == []


def test_a_face_that_jumps_is_searched_again(frames, monkeypatch):
    with FaceTracker() as tracker:
        tracker.track(frames[0])
        searches = []
        find = tracker._search.find_quickly
        monkeypatch.setattr(tracker._search, "find_quickly", lambda picture: searches.append(1) or find(picture))
        (face,) = tracker.track(np.roll(frames[0], 70, axis=1))
        assert searches == [1] and 190 < (face.box[0] + face.box[2]) / 2 < 260
