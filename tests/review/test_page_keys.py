"""The key registry: no two actions share a key, and nobody's own keys can make them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.errors import InputError
from review.page_keys import KEYS, check_keymap, clash, keys_for

FREE = sorted({binding.action for binding in KEYS if not binding.fixed})
LETTERS = st.sampled_from([*"abcdefghijklmnopqrstuvwxyz", "[", "]", "\\", "?", "'", ";", "F2", "Shift+a"])


def keys_of(bindings):
    return [key for binding in bindings for key in (binding.key, binding.also) if key]


def test_no_two_default_actions_share_a_key():
    assert clash(list(KEYS)) is None
    keys = keys_of(KEYS)
    assert len(keys) == len(set(keys))
    assert len({binding.action for binding in KEYS}) == len(KEYS)


def test_every_key_of_the_wireframe_is_there():
    by_action = {binding.action: binding for binding in KEYS}
    told = {
        "next": "j", "previous": "k", "correct": "a", "wrong": "x", "unsure": "u", "cannot_judge": "n",
        "code_H1": "Digit1", "code_H9": "Digit9", "code_H0": "Digit0", "severity_3": "Shift+Digit3",
        "edit": "e", "accept": "p", "intensity_A": "q", "intensity_E": "y", "side_L": "[", "side_R": "]",
        "side_B": "\\", "add_unit": "i", "visibility": "v", "mark": "m", "landmarks": "l", "zoom": "z",
        "contrast": "g", "submit": "Enter", "undo": "Ctrl+z", "redo": "Ctrl+Shift+z", "skip": "s", "flag": "f",
        "comment": "c", "hint": "h", "help": "?",
    }  # fmt: skip
    assert {action: by_action[action].key for action in told} == told


def test_own_keys_take_their_place():
    keymap = check_keymap({"correct": ";", "zoom": "F2"})
    by_action = {binding.action: binding.key for binding in keys_for(keymap)}
    assert (by_action["correct"], by_action["zoom"], by_action["wrong"]) == (";", "F2", "x")


def test_two_actions_may_swap_their_keys():
    assert check_keymap({"correct": "x", "wrong": "a"}) == {"correct": "x", "wrong": "a"}


def test_a_key_that_is_taken_is_refused_by_both_names():
    with pytest.raises(InputError, match="“correct, and on” and “wrong \\(then its code\\)” would share a key"):
        check_keymap({"correct": "x"})


@pytest.mark.parametrize(
    ("keymap", "sentence"),
    [
        ({"nonsense": "a"}, "no action 'nonsense'"),
        ({"submit": "b"}, "cannot be changed"),
        ({"correct": "Escape"}, "cannot be a key"),
        ({"correct": "Ctrl+w"}, "cannot be a key"),
        ({"correct": "ab"}, "cannot be a key"),
        ({"correct": 3}, "cannot be a key"),
        (["a"], "JSON object"),
    ],
)
def test_what_is_no_keymap_is_refused(keymap, sentence):
    with pytest.raises(InputError, match=sentence):
        check_keymap(keymap)


@given(st.dictionaries(st.sampled_from(FREE), LETTERS, max_size=6))
def test_whatever_was_stored_the_page_never_gets_a_clash(keymap):
    bindings = keys_for(keymap)
    assert clash(bindings) is None
    assert [binding.action for binding in bindings] == [binding.action for binding in KEYS]


@given(st.dictionaries(st.sampled_from(FREE), LETTERS, max_size=6))
def test_a_keymap_is_refused_or_used_as_it_is(keymap):
    try:
        kept = check_keymap(keymap)
    except InputError:
        return
    by_action = {binding.action: binding.key for binding in keys_for(kept)}
    assert {action: by_action[action] for action in keymap} == keymap
