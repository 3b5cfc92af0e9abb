"""Guideline cards: shown escaped, changed one by one, published only when something changed."""

import pytest

from emola.errors import InputError
from review.guidelines import changed_cards, guideline_from_json, packaged_guideline
from review.page_guideline_cards import (
    card_names,
    card_texts,
    code_card_html,
    guideline_html,
    unit_card_html,
    versions_html,
    with_card,
)
from review.store.guidelines import ensure_guideline, list_guidelines, publish_guideline


def test_every_card_is_on_the_page_and_in_its_index(write, read):
    write(ensure_guideline, actor_id=None)
    page = guideline_html(read(list_guidelines))
    for name in card_names(packaged_guideline()):
        assert name in page
    for name in ("AU4", "AU43", "H0", "S1"):
        assert f'id="card-{name}"' in page and f'href="#card-{name}"' in page


@pytest.mark.parametrize("name", ["AU4", "H2", "Left and right"])
def test_a_changed_card_changes_that_card_only(name):
    guideline = packaged_guideline()
    texts = [f"<b>{text}</b>" for text in card_texts(guideline, name).values()]
    changed = with_card(guideline, name, [*texts, "a field this card does not have"])
    assert changed_cards(guideline, changed) == [name]
    assert list(card_texts(changed, name).values()) == texts


def test_card_texts_are_escaped():
    changed = with_card(packaged_guideline(), "AU4", ["<script>x</script>"] * 6)
    assert "<script>" not in unit_card_html(changed.units[4])
    changed = with_card(packaged_guideline(), "H1", ["<script>x</script>"] * 5)
    assert "<script>" not in code_card_html(changed.codes["H1"])


@pytest.mark.parametrize("name", ["AU3", "AUx", "H11", "", None])
def test_unknown_cards_are_refused(name):
    with pytest.raises(InputError):
        with_card(packaged_guideline(), name, ["x"] * 6)


def test_an_empty_text_is_refused():
    with pytest.raises(InputError, match="not empty"):
        with_card(packaged_guideline(), "AU4", ["x", "", "x", "x", "x", "x"])


def test_versions_name_the_cards_they_changed(write, read):
    write(ensure_guideline, actor_id=None)
    changed = with_card(packaged_guideline(), "H3", ["Place", "a", "b", "c", "d"])
    document = changed.to_json() | {"version": "2", "summary": "Clearer."}
    write(publish_guideline, guideline=guideline_from_json(document), actor_id=None)
    page = versions_html(read(list_guidelines))
    assert page.index("H3") < page.index("first version")
