"""Tables, JSON, lists and status lines as models write them, labelled by hand: (present, denied) action units."""

import time

import pytest

from emola.answer import read_action_unit_states, split_claims, states_no_action_unit

STRUCTURED = {
    (
        "In the provided image, the following action units can be observed:\n\n1. **AU1 "
        "(Inner Brow Raiser)** – The inner portion of the eyebrows is raised.\n2. **AU4 "
        "(Brow Lowerer)** – Not evident.\n3. **AU25 (Lips Part)** – The lips are slightly apart."
    ): ([1, 25], [4]),
    (
        "| AU | Name | Present |\n|----|------|---------|\n| 1 | Inner Brow Raiser | Yes "
        "|\n| 4 | Brow Lowerer | No |\n| 12 | Lip Corner Puller | Yes |"
    ): ([1, 12], [4]),
    (
        "| Action Unit | Description | Intensity (0-5) |\n|---|---|---|\n| AU1 | Inner "
        "brow raiser | 0 |\n| AU12 | Lip corner puller | 4 |"
    ): ([12], [1]),
    "| AU | Intensity |\n|---|---|\n| AU1 | - |\n| AU12 | C |": ([12], [1]),
    "AU1\tInner Brow Raiser\tNo\nAU12\tLip Corner Puller\tYes": ([12], [1]),
    "AU1,0\nAU2,0\nAU12,1": ([12], [1, 2]),
    '{"AU1": 0, "AU2": 1, "AU4": 0}': ([2], [1, 4]),
    '{"AU1": false, "AU12": true}': ([12], [1]),
    '{"action_units": ["AU1", "AU2"], "absent": ["AU4"]}': ([1, 2], [4]),
    '{"action_units": [1, 2, 5, 26]}': ([1, 2, 5, 26], []),
    '["AU6", "AU12"]': ([6, 12], []),
    '```json\n{"AUs": [6, 12, 25]}\n```': ([6, 12, 25], []),
    "AU1, AU2, AU4, AU5: inactive\nAU6, AU12: active": ([6, 12], [1, 2, 4, 5]),
    "AU1 (Inner Brow Raiser): 0/5\nAU2 (Outer Brow Raiser): 2/5": ([2], [1]),
    "AU1 – 0\nAU12 – 3.5": ([12], [1]),
    "AU12: 85%\nAU4: 5%\nAU1: 0%": ([4, 12], [1]),
    "AU01: 1\nAU02: 0": ([1], [2]),
    "Q: AU12\nA: No": ([], [12]),
    "AU4 (brow lowerer): ❌\nAU12 (lip corner puller): ✅": ([12], [4]),
    "AU12: ✔ | AU4: ✘": ([12], [4]),
    "AU12 (Y)\nAU4 (N)": ([12], [4]),
    "AU12 [x]\nAU4 [ ]": ([12], [4]),
    "AU12: True\nAU4: False": ([12], [4]),
    "AU12 → Active\nAU4 → Inactive": ([12], [4]),
    "AU12 = present\nAU4 = not present": ([12], [4]),
    "AU12: Likely\nAU4: Unlikely": ([12], [4]),
    "AU12: High\nAU4: Low": ([4, 12], []),
    "AU12: visible\nAU4: invisible": ([12], [4]),
    "Absent: AU1, AU2, AU4\nPresent: AU6, AU12": ([6, 12], [1, 2, 4]),
    "**Absent AUs:**\n- AU1\n- AU2\n\n**Present AUs:**\n- AU6": ([6], [1, 2]),
    "### Not observed\nAU1, AU2\n### Observed\nAU6": ([6], [1, 2]),
    "AUs observed:\n1. Cheek Raiser\n2. Lip Corner Puller": ([6, 12], []),
    "The AUs are:\n- 6\n- 12\n- 25": ([6, 12, 25], []),
    "AUs:\n6\n12": ([6, 12], []),
    (
        "1. **AU1 (Inner Brow Raiser)**:\n   - **Status**: Not Active\n   - The inner "
        "brows are flat.\n2. **AU12 (Lip Corner Puller)**:\n   - **Status**: Active\n"
    ): ([12], [1]),
    "### AU1 - Inner Brow Raiser\nNot present\n\n### AU12 - Lip Corner Puller\nPresent": ([12], [1]),
    "**AU1**\n- Presence: No\n**AU12**\n- Presence: Yes": ([12], [1]),
    "- **AU4**: *Not detected*\n- **AU12**: *Detected*": ([12], [4]),
    "**AU6:** ✅ Present\n**AU4:** ❌ Not present": ([6], [4]),
    "AU6 (Cheek Raiser): *slightly present*\nAU9 (Nose Wrinkler): *absent*": ([6], [9]),
    "* AU1: Inner Brow Raiser – No\n* AU2: Outer Brow Raiser – No\n* AU6: Cheek Raiser – Yes": ([6], [1, 2]),
    "- AU1: Inner Brow Raiser: Absent\n- AU6: Cheek Raiser: Present": ([6], [1]),
    "- Inner Brow Raiser (AU1): Absent\n- Cheek Raiser (AU6): Present": ([6], [1]),
    "| AU1 | Inner Brow Raiser | ❌ |\n| AU12 | Lip Corner Puller | ✅ |": ([12], [1]),
    (
        "|AU|Name|Active?|Explanation|\n|-|-|-|-|\n|AU1|Inner Brow Raiser|No|The brows are "
        "flat|\n|AU12|Lip Corner Puller|Yes|A smile, not a smirk|"
    ): ([12], [1]),
    "| AU number | Present |\n|:-:|:-:|\n| 1 | Y |\n| 2 | N |": ([1], [2]),
    "| AU | 1 | 2 | 4 | 12 |\n|---|---|---|---|---|\n| Present | 0 | 0 | 1 | 1 |": ([4, 12], [1, 2]),
    "| AU1 | AU2 | AU4 | AU12 |\n|---|---|---|---|\n| 0 | 0 | 1 | 1 |": ([4, 12], [1, 2]),
    "| AU1 | AU2 | AU4 | AU12 |\n|---|---|---|---|\n| No | No | Yes | Yes |": ([4, 12], [1, 2]),
    "AU1: 0\nAU2: 0\nAU4: 1": ([4], [1, 2]),
    "{'AU1': 0.0, 'AU12': 0.9}": ([12], [1]),
    '[{"au": 1, "present": false}, {"au": 12, "present": true}]': ([12], [1]),
    '[{"AU": "AU1", "present": false}, {"AU": "AU12", "present": true}]': ([12], [1]),
    '{"AU": 12, "intensity": 0}': ([], [12]),
    '{"action_unit": "AU4", "name": "Brow Lowerer", "active": false}': ([], [4]),
    "AU12, AU25\n\nExplanation: the smile is broad, no AU4.": ([12, 25], [4]),
    "**Eyebrows**: Raised\n**Eyes**: Wide open\n**Mouth**: Open": ([1, 2, 5, 25], []),
    "- AU6: 2\n- AU12: 3": ([6, 12], []),
    "AU12 - Lip Corner Puller\nAU25 - Lips Part": ([12, 25], []),
    "AU12 -\nThe lip corners are raised.": ([12], []),
    "**AU12**\nThe lip corners are raised.\n**AU4**\nThe brows are lowered.": ([4, 12], []),
    "AU12\nNo other AU is visible.": ([12], []),
    "Active AUs:\n- AU12\n- AU25\nNone else.": ([12, 25], []),
    "1. AU12\n2. AU25\nNot present: AU4": ([12, 25], [4]),
    "AUs present:\n1. AU4\n2. AU7": ([4, 7], []),
    "Action units: 3\n1. AU4\n2. AU7\n3. AU9": ([4, 7, 9], []),
    '{"AU": "AU4", "status": "inactive"}': ([], [4]),
    (
        '{\n  "action_units": [\n    {\n      "au": 4,\n      "name": "Brow Lowerer",\n      '
        '"present": false\n    },\n    {\n      "au": 12,\n      "name": "Lip Corner '
        'Puller",\n      "present": true\n    }\n  ]\n}'
    ): ([12], [4]),
    '[{"present": false, "au": 4}, {"present": true, "au": 12}]': ([12], [4]),
    '{"AU4": {"present": false}, "AU12": {"present": true, "intensity": 3}}': ([12], [4]),
    '{"AU4": "inactive", "AU12": "active"}': ([12], [4]),
    ("- **AU4 (Brow Lowerer)**\n  - Activation: None\n- **AU12 (Lip Corner Puller)**\n  - Activation: High"): (
        [12],
        [4],
    ),
    "**AU4 – Brow Lowerer**\nStatus: Inactive\n\n**AU12 – Lip Corner Puller**\nStatus: Active": ([12], [4]),
    "1. AU4\n   Present: No\n2. AU12\n   Present: Yes": ([12], [4]),
    "| Frame | AU1 | AU12 |\n|---|---|---|\n| 1 | 0 | 1 |": ([12], [1]),
    "| AU | Status |\n|---|---|\n| 1 | Absent |\n| 12 | Present |": ([12], [1]),
    "| # | AU | Active |\n|---|---|---|\n| 1 | 4 | no |\n| 2 | 12 | yes |": ([12], [4]),
    "AU1,AU2,AU12\n0,0,1": ([12], [1, 2]),
    "AU,present\n1,0\n12,1": ([12], [1]),
    "AUs detected:\n• 6\n• 12": ([6, 12], []),
    "Action Units:\n- 1 (Inner Brow Raiser)\n- 2 (Outer Brow Raiser)": ([1, 2], []),
    "Absent AUs:\n- 4\n- 9\nPresent AUs:\n- 12": ([12], [4, 9]),
    "Active: 6, 12\nInactive: 1, 2, 4": ([6, 12], [1, 2, 4]),
}


def read(text):
    readings = read_action_unit_states(text)
    present = [reading.number for reading in readings if reading.present]
    return present, [reading.number for reading in readings if not reading.present]


@pytest.mark.parametrize(("text", "states"), STRUCTURED.items())
def test_action_units_of_structured_answers(text, states):
    assert read(text) == states


NO_UNITS = {
    "All action units are inactive.": True,
    "AUs: []": True,
    '{"action_units": []}': True,
    "[]": True,
    "AU: 0": True,
    "No facial muscle movement is visible.": True,
    "The face is at rest; no facial muscles are active.": True,
    "The face shows no movement.": True,
    # "identified" says that none is seen; "determined", "unable" and "sorry" say that nobody could tell.
    "No action units can be identified.": True,
    "No action units can be determined from this image.": False,
    "I'm unable to identify action units in this image.": False,
    "I am sorry, but no action units can be identified.": False,
    "No action unit can be seen. The mouth cannot be judged in this picture.": True,
    "I can't identify any AUs.": False,
    "The face is neutral.": False,
}


@pytest.mark.parametrize(("text", "says"), NO_UNITS.items())
def test_a_stated_absence_is_an_answer_and_a_refusal_is_none(text, says):
    assert states_no_action_unit(text) is says


def test_a_unit_and_the_status_below_it_are_one_claim():
    claims = split_claims("**AU4**\n- Present: no\n**AU12**\n- Present: yes")
    assert [(claim.text, claim.negated) for claim in claims if claim.action_unit] == [
        ("**AU4**\n- Present: no\n", True),
        ("**AU12**\n", False),
    ]


def test_layouts_without_end_are_read_in_linear_time():
    for unit in (
        "|AU1",
        "|AU1|\n",
        "AU1,0\n",
        "AU1\nNo\n",
        "AUs:\n6\n",
        '"au": 4,\n',
        "AU4. It is ",
        "AU4, the ",
        "AU4: not ",
    ):
        started = time.process_time()
        read_action_unit_states((unit * 20_000)[:20_000])
        assert time.process_time() - started < 5, unit
