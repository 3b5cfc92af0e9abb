import pytest

from training.benchmark.labels import LabelUnreadable, read_label


@pytest.mark.parametrize(
    ("raw", "task", "paper", "strict"),
    [
        (0, "emotion", "happiness", "happiness"),
        ("6", "emotion", "fear", "fear"),
        (" 3 ", "emotion", "anger", "anger"),
        ("Neutral", "emotion", "neutral", "neutral"),
        ("neutral", "emotion", None, "neutral"),
        ("contempt", "emotion", None, None),
        (7, "emotion", "class 7", None),
        (-1, "emotion", "class -1", None),
        (None, "emotion", None, None),
        ([1], "emotion", None, None),
        ("1, 2, 4", "au", (1, 2, 4), (1, 2, 4)),
        ("1,2,4", "au", (), (1, 2, 4)),
        ("1, 2, 4 ", "au", (1, 2), (1, 2, 4)),
        ("", "au", (), ()),
        ("AU1, AU12", "au", (), (1, 12)),
        ([4, "12"], "au", (4, 12), (4, 12)),
        ("11, 12", "au", (12,), (12,)),
        ("01", "au", (), (1,)),
        ("one", "au", (), None),
        ("0", "au", (), None),
        ("1, 120", "au", (1,), None),
        ("AU12, " + "1" * 5000, "au", (), None),
        ("1" * 5000, "emotion", None, None),
        (float("nan"), "emotion", None, None),
        (float("inf"), "emotion", None, None),
        (12, "au", None, None),
    ],
)
def test_labels_are_read_as_each_protocol_does(raw, task, paper, strict):
    for protocol, expected in (("paper", paper), ("strict", strict)):
        if expected is None:
            with pytest.raises(LabelUnreadable):
                read_label(raw, task, protocol)
        else:
            assert read_label(raw, task, protocol) == expected
