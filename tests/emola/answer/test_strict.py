import pytest

from emola.answer import read_action_unit_states, read_action_units, read_emotion
from emola.taxonomy import ACTION_UNITS, Intensity, Side

SPELLINGS = {
    "AU12 is visible": [12],
    "AU 12": [12],
    "AU-12": [12],
    "AU04": [4],
    "au12 and Au6": [6, 12],
    "AUs 1 and 2 are active.": [1, 2],
    "AU1+2 are visible": [1, 2],
    "AU6+12+25": [6, 12, 25],
    "AU1/2/5": [1, 2, 5],
    "AU1, AU2, and AU4": [1, 2, 4],
    "action unit 12": [12],
    "Action units: 1, 2 and 4.": [1, 2, 4],
    "AUs: 1, 2, 25": [1, 2, 25],
    "Facial Action Units 6 and 12": [6, 12],
    "AU12 and 3 other muscles": [12],
    "AU 12. The lips part.": [12, 25],
    "AU45 is active.": [],
    "AU120": [],
    "Brow lowerer (AU4) is visible": [4],
    "**AU12 (Lip Corner Puller)**: The corners are pulled up": [12],
    "Lip corner puller and cheek raiser are active.": [6, 12],
    "A jaw drop with eyes closed.": [26, 43],
    "The lips are parted.": [25],
    "The corners of the mouth are pulled up.": [12],
    "The lips are pressed tightly together.": [24],
    "The mouth is wide open.": [27],
    "Her eyes are wide open and her mouth is open.": [5, 25],
    "Furrowed brows and narrowed eyes.": [4, 7],
    "The eyebrows are raised.": [1, 2],
    "The inner corners of the eyebrows are raised.": [1],
    "The eyes are half closed.": [],
    "The person is smiling.": [12],
    "This is often linked with smiling.": [],
    "AU12 is visible, and the eyes are closed.": [12, 43],
    "AU6 - Cheek Raiser: the cheeks are raised, so that the eyes are narrowed": [6],
}

DENIALS = {
    "AU12 is absent.": ([], [12]),
    "There is no sign of AU12.": ([], [12]),
    "Neither AU1 nor AU2 is active.": ([], [1, 2]),
    "AU1, AU2 and AU4 are absent.": ([], [1, 2, 4]),
    "AU1 (inner brow raiser) and AU2 (outer brow raiser) are absent": ([], [1, 2]),
    "Not visible: AU9, AU10": ([], [9, 10]),
    "AU12: absent": ([], [12]),
    "AU12 yes, AU6 no": ([12], [6]),
    "AU12 is not visible, but AU4 is.": ([4], [12]),
    "AU4 isn't present": ([], [4]),
    "AU4 isn’t present": ([], [4]),
    "AU1 is present and AU2 is not.": ([1], [2]),
    "AU6, AU7 and AU9 aren't active; AU12 is.": ([12], [6, 7, 9]),
    "The face shows AU4 without AU7.": ([4], [7]),
    "AU6 rather than AU12 is active.": ([6], [12]),
    "AU4, not AU1, is visible": ([4], [1]),
    "AU12 (not AU14)": ([12], [14]),
    "The absence of AU6 suggests a posed smile": ([], [6]),
    "The brows are not lowered and the lips are parted.": ([25], [4]),
    "No raised eyebrows or parted lips": ([], [1, 2, 25]),
    "no frown lines around the nose": ([], [4]),
    "Her lips aren't parted.": ([], [25]),
    "AU12 is not only present but strong.": ([12], []),
    "There is no doubt that AU12 is active": ([12], []),
    "AU12 is not very strong.": ([12], []),
    "Not only AU12 but also AU6 is active": ([6, 12], []),
    "AU12 is barely visible": ([12], []),
}

EMOTIONS_STATED = {
    "She looks sad.": "sadness",
    "He is angry.": "anger",
    "afraid and scared": "fear",
    "Happiness": "happiness",
    "The person is not angry but sad.": "sadness",
    "The man seems happy, not sad.": "happiness",
    "He looks worried rather than angry.": "fear",
    "He isn't afraid, he is furious.": "anger",
    "The woman seems unhappy.": "sadness",
    "The person is not only angry but also disgusted.": "anger",
    "This person is not sad or angry, just neutral.": "neutral",
    "The face is expressionless.": "neutral",
    "There is no strong emotion in this face.": "neutral",
    "The nose is wrinkled, which shows disgust.": "disgust",
    "A smiling woman.": "happiness",
    "A sad smile.": "sadness",
    "Without a smile, the person looks angry.": "anger",
    "Some joy and surprise are there, but the main emotion is fear.": "fear",
    "The baby seems content.": "happiness",
    "neither joy nor fear": None,
    "There is no sign of anger, sadness, or fear.": None,
    "He doesn't look happy.": None,
    "She is anything but happy.": None,
    "The content of the image is a face.": None,
    "": None,
}


@pytest.mark.parametrize(("text", "numbers"), SPELLINGS.items())
def test_every_spelling_of_action_units_is_read(text, numbers):
    assert [reading.number for reading in read_action_units(text)] == numbers


@pytest.mark.parametrize(("text", "states"), DENIALS.items())
def test_denied_units_are_absent_and_the_others_present(text, states):
    readings = read_action_unit_states(text)
    assert ([r.number for r in readings if r.present], [r.number for r in readings if not r.present]) == states


@pytest.mark.parametrize(("text", "label"), EMOTIONS_STATED.items())
def test_emotions_are_read_with_their_negation(text, label):
    reading = read_emotion(text)
    assert (reading.label, reading.status) == (label, "read" if label else "unknown")


def test_no_frown_around_the_nose_states_nothing():
    assert read_action_units("no frown around the nose") == []
    assert read_emotion("no frown around the nose").status == "unknown"


@pytest.mark.parametrize("unit", ACTION_UNITS.values(), ids=lambda unit: f"AU{unit.number}")
def test_the_name_and_the_appearance_of_every_unit_are_read(unit):
    assert unit.number in [r.number for r in read_action_units(f"The {unit.name.lower()} is active.")]
    assert unit.number in [r.number for r in read_action_units(f"In this face {unit.appearance}.")]


def test_repeated_units_are_merged_with_their_side_and_intensity():
    readings = read_action_units("AU12 is active. On the left side AU12 is marked. AU12 goes with AU6.")
    assert [(r.number, r.side, r.intensity, r.intensity_word) for r in readings] == [
        (6, Side.BOTH, None, ""),
        (12, Side.LEFT, Intensity.C, "marked"),
    ]
    assert len(readings[1].spans) == 3


def test_a_named_unit_beats_an_everyday_phrase():
    text = "AU12 is absent. The corners of the mouth are turned up by nature."
    assert read_action_units(text) == []


def test_emotion_words_carry_offsets_and_their_negation():
    text = "Not sad. Happy!"
    words = read_emotion(text).words
    assert [(text[w.start : w.end], w.negated) for w in words] == [("sad", True), ("Happy", False)]


def test_an_answer_in_the_manner_of_faba_is_read_whole():
    text = (
        "In this face, the following facial action units (AUs) can be observed:\n\n"
        "1. AU1 - Inner Brow Raiser: The inner portion of the eyebrows is raised, wrinkling the forehead. "
        "This is typically associated with surprise or worry.\n"
        "2. AU5 - Upper Lid Raiser: The upper eyelids are raised, exposing more of the sclera (the white part).\n"
        "3. AU26 - Jaw Drop: The jaw is strongly dropped, the lips are parted.\n"
        "There is no evidence of AU12 (Lip Corner Puller) or AU6. Please note that this is subjective."
    )
    states = read_action_unit_states(text)
    assert [(r.number, r.present) for r in states] == [(1, True), (5, True), (6, False), (12, False), (26, True)]
    assert states[-1].intensity is Intensity.D


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ValueError, match="'paper' or 'strict'"):
        read_emotion("happy", "lenient")
