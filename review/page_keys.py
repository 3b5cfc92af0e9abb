"""The keys of the Review page: one registry, each person's own changes to it, and the check that no two clash.

Letters mean the printed character, digits the physical key (so that AZERTY works), as in ``KeyboardEvent.key`` and
``.code``. A key is written ``a``, ``Digit1``, ``Shift+Digit1``, ``Ctrl+z``, ``Enter``, ``[``. No gradio here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from emola.errors import InputError

_KEY = re.compile(
    r"(?:Ctrl\+)?(?:Shift\+)?"
    r"(?:[a-z]|Digit[0-9]|Enter|Escape|Arrow(?:Up|Down|Left|Right)|F[1-9]|[\[\]\\?,.;'/=\-])"
)
_RESERVED = ("Escape", "Ctrl+c", "Ctrl+v", "Ctrl+x", "Ctrl+a", "Ctrl+w", "Ctrl+t", "Ctrl+n", "Ctrl+r")


@dataclass(frozen=True)
class KeyBinding:
    """One thing the keyboard does.

    Attributes:
        action: name that page_assets/review.js knows.
        key: the default key.
        group: heading in the overlay.
        label: what it does, in a few words.
        also: a second key for the same action that cannot be changed, or "".
        fixed: True for keys that keep their place (digits that stand for codes, Enter).
    """

    action: str
    key: str
    group: str
    label: str
    also: str = ""
    fixed: bool = False


_CODE_NAMES = (
    ("H1", "claimed, not there"),
    ("H2", "wrong action unit"),
    ("H3", "wrong side or place"),
    ("H4", "wrong intensity"),
    ("H5", "invented"),
    ("H6", "emotion not supported"),
    ("H7", "not visible"),
    ("H8", "contradicts itself"),
    ("H9", "reads too much into it"),
    ("H0", "hedging, boilerplate: delete"),
)

KEYS: tuple[KeyBinding, ...] = (
    KeyBinding("next", "j", "Claims", "next claim", also="ArrowDown"),
    KeyBinding("previous", "k", "Claims", "previous claim", also="ArrowUp"),
    KeyBinding("correct", "a", "Verdict", "correct, and on"),
    KeyBinding("wrong", "x", "Verdict", "wrong (then its code)"),
    KeyBinding("unsure", "u", "Verdict", "unsure, and on"),
    KeyBinding("cannot_judge", "n", "Verdict", "cannot judge, and on"),
    *(
        KeyBinding(f"code_{code}", f"Digit{code[1]}", "What is wrong", f"{code} {name}", fixed=True)
        for code, name in _CODE_NAMES
    ),
    KeyBinding("severity_1", "Shift+Digit1", "What is wrong", "minor", fixed=True),
    KeyBinding("severity_2", "Shift+Digit2", "What is wrong", "moderate", fixed=True),
    KeyBinding("severity_3", "Shift+Digit3", "What is wrong", "severe", fixed=True),
    KeyBinding("style", "'", "What is wrong", "S1 style only"),
    KeyBinding("edit", "e", "Correction", "edit the sentence (Esc leaves)"),
    KeyBinding("accept", "p", "Correction", "accept the proposed rewrite"),
    KeyBinding("mark", "m", "Correction", "mark words (Shift+arrows, then a code)"),
    KeyBinding("add_unit", "i", "Action units", "add a missing unit, such as 25 or L12C"),
    KeyBinding("intensity_A", "q", "Action units", "A trace"),
    KeyBinding("intensity_B", "w", "Action units", "B slight"),
    KeyBinding("intensity_C", "r", "Action units", "C marked"),
    KeyBinding("intensity_D", "t", "Action units", "D severe"),
    KeyBinding("intensity_E", "y", "Action units", "E maximum"),
    KeyBinding("side_L", "[", "Action units", "subject's left"),
    KeyBinding("side_R", "]", "Action units", "subject's right"),
    KeyBinding("side_B", "\\", "Action units", "both sides"),
    KeyBinding("emotion", "o", "Emotion", "then 1-7; Shift+1-7 for a second one"),
    KeyBinding("visibility", "v", "Picture", "then 0-4: what cannot be seen (70-74)"),
    KeyBinding("landmarks", "l", "Picture", "landmarks on or off"),
    KeyBinding("zoom", "z", "Picture", "brow, eyes, nose and cheeks, mouth and chin"),
    KeyBinding("contrast", "g", "Picture", "grey, contrast"),
    KeyBinding("baseline", "d", "Picture", "resting face unknown: less weight"),
    KeyBinding("hint", "h", "Item", "show the evidence"),
    KeyBinding("comment", "c", "Item", "write a note (Esc leaves)"),
    KeyBinding("thread", "Shift+c", "Item", "comments on this item"),
    KeyBinding("flag", "f", "Item", "flag for the lead"),
    KeyBinding("skip", "s", "Item", "then 1-4: skip with a reason"),
    KeyBinding("back", "b", "Item", "your last ten decisions"),
    KeyBinding("submit", "Enter", "Item", "submit, and the next one", also="Ctrl+Enter", fixed=True),
    KeyBinding("undo", "Ctrl+z", "Item", "undo, also after a submission or skip", fixed=True),
    KeyBinding("redo", "Ctrl+Shift+z", "Item", "redo", fixed=True),
    KeyBinding("help", "?", "Item", "this list"),
)
"""Every key of the Review page, in the order of the overlay."""


def keys_for(keymap: Mapping[str, str]) -> list[KeyBinding]:
    """Return the registry with a person's own keys; changes that no longer fit are left out.

    Args:
        keymap: action to key, as stored with the user.
    """
    from dataclasses import replace

    known = {binding.action for binding in KEYS if not binding.fixed}
    kept = {action: key for action, key in keymap.items() if action in known and _KEY.fullmatch(key)}
    changed = [replace(b, key=kept[b.action]) if b.action in kept else b for b in KEYS]
    return changed if clash(changed) is None else list(KEYS)


def check_keymap(keymap: object) -> dict[str, str]:
    """Return a keymap fit to be stored.

    Raises:
        InputError: it is no map of names to keys, names an action that has none to change, a key the browser
            needs, or gives two actions the same key.
    """
    if not isinstance(keymap, Mapping):
        raise InputError("A key map must be a JSON object of actions and keys.")
    by_action = {binding.action: binding for binding in KEYS}
    for action, key in keymap.items():
        if action not in by_action:
            raise InputError(f"There is no action {action!r} on the Review page.")
        if by_action[action].fixed:
            raise InputError(f"The key of “{by_action[action].label}” cannot be changed.")
        if not isinstance(key, str) or not _KEY.fullmatch(key) or key in _RESERVED:
            raise InputError(f"{key!r} cannot be a key here; use a letter, a punctuation mark or a digit with Shift.")
    from dataclasses import replace

    pair = clash([replace(b, key=keymap[b.action]) if b.action in keymap else b for b in KEYS])
    if pair:
        raise InputError(f"“{pair[0].label}” and “{pair[1].label}” would share a key; give one of them another.")
    return {action: key for action, key in keymap.items() if key != by_action[action].key}


def clash(bindings: list[KeyBinding]) -> tuple[KeyBinding, KeyBinding] | None:
    """Return the first two bindings that share a key, or None."""
    taken: dict[str, KeyBinding] = {}
    for binding in bindings:
        for key in filter(None, (binding.key, binding.also)):
            if key in taken:
                return taken[key], binding
            taken[key] = binding
    return None
