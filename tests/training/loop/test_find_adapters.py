"""The adapters that the demo offers: those whose lineage can be read; a damaged one must not take the page down."""

import json
import logging
import os

import pytest

from training.loop.turn import find_adapters


@pytest.fixture
def note(tmp_path):
    """Write the lineage of an adapter, as it is given."""

    def write(run, text):
        path = tmp_path / run / "corrected-seed1" / "adapter" / "lineage.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


GOOD = json.dumps({"base": "b", "seed": 1, "arm": "corrected", "release": "spring"})


@pytest.mark.parametrize("text", ["{bad", "", "[]", "null", '{"seed": 1}', '{"base": "b"}', '"text"'])
def test_a_damaged_lineage_is_left_out_with_one_warning(tmp_path, note, caplog, text):
    good, damaged = note("good", GOOD), note("damaged", text)
    for _ in range(3):  # the page asks again and again
        found = find_adapters(tmp_path)
    assert found == {f"b+{good.parent}": "corrected, release spring, seed 1 (good)"}
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and str(damaged) in warnings[0].getMessage()


def test_a_lineage_that_is_written_again_is_read_again_and_the_newest_comes_first(tmp_path, note):
    older, newer = note("older", "{bad"), note("newer", GOOD)
    assert list(find_adapters(tmp_path)) == [f"b+{newer.parent}"]
    older.write_text(GOOD)
    os.utime(older, ns=(0, newer.stat().st_mtime_ns - 10**9))
    assert list(find_adapters(tmp_path)) == [f"b+{newer.parent}", f"b+{older.parent}"]
