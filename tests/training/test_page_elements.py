"""What the tabs of training share: how a mistake reaches the page."""

import gradio as gr
import pytest

from emola.errors import InputError
from training.page_elements import mistakes_told


def test_a_mistake_is_told_on_the_page_as_text_and_not_in_the_log():
    with pytest.raises(gr.Error) as told, mistakes_told():
        raise InputError("There is no folder <img src=x>.")
    assert told.value.message == "There is no folder &lt;img src=x&gt;." and not told.value.print_exception


def test_a_defect_of_the_program_is_not_told_as_a_mistake():
    with pytest.raises(ZeroDivisionError), mistakes_told():
        raise ZeroDivisionError
