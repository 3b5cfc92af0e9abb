"""What a killed process left beside a destination is cleared; what a living one writes to is not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emola.errors import InputError
from emola.model.storage.destination import Destination

WRITER = """
import sys, time
from pathlib import Path
from emola.model.storage.destination import Destination
with Destination(sys.argv[1], overwrite=True, sources=[]).staging() as folder:
    (folder / "config.json").write_text("{}")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path, repository: Path):
    """A process that writes to the destination until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(repository)}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def open_destination(folder: Path) -> Destination:
    return Destination(folder, overwrite=True, sources=[])


def test_only_what_no_living_process_writes_to_is_cleared(tmp_path: Path, writer) -> None:
    staged = Path(writer.stdout.readline().strip())
    open_destination(tmp_path / "out")
    assert (staged / "config.json").is_file()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert staged.is_dir()
    open_destination(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_writer_that_was_looked_at_finishes(tmp_path: Path, writer) -> None:
    writer.stdout.readline()
    open_destination(tmp_path / "out")
    writer.communicate("")
    assert writer.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and (tmp_path / "out" / "config.json").is_file()


def test_names_that_are_not_ours_stay(tmp_path: Path) -> None:
    others = [".out.partial", ".out2.partial-abcd1234", ".out.partial-of mine", "out.partial-abcd1234"]
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".out.partial-abcd1234").write_text("a file")
    open_destination(tmp_path / "out")
    assert len(list(tmp_path.iterdir())) == len(others) + 1


@pytest.mark.parametrize("made", [False, True])
def test_what_was_moved_aside_comes_back_when_nothing_took_its_place(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "out").mkdir()
    old, staged = tmp_path / ".out.partial-abcd1234-old", tmp_path / ".out.partial-abcd1234"
    for folder in (old, staged):
        folder.mkdir()
        (folder / "config.json").write_text(folder.name)
    open_destination(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "config.json").read_text() == old.name


def test_what_was_replaced_already_goes(tmp_path: Path) -> None:
    for name in ("out", ".out.partial-abcd1234-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(name)
    open_destination(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "config.json").read_text() == "out"


def test_a_failed_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError), open_destination(tmp_path / "out").staging():
        raise InputError("no")
    assert not list(tmp_path.iterdir())
