"""FABA-Instruct JSON into the database."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image as Picture
from sqlalchemy import func, select

from emola.errors import InputError
from review.database import Database
from review.faba_records import TEXT_LIMIT
from review.importing import import_faba
from review.schema import Claim, Description, Event, Image, Source
from review.store.events import Verification, verify_events

QUESTION = "In this face, what are the discernible action units?\n<image>"
ANSWER = "1. AU12 - Lip corner puller: The lip corners are pulled up ({}).\n2. AU25 - Lips part: The lips are parted."


def picture(folder: Path, name: str, shade: int) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Picture.new("RGB", (8, 6), (shade % 256, shade // 256, 7)).save(path)
    return name


def train_record(name: str, answer: str, identifier: object = None, **other) -> dict:
    turns = [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": answer}]
    record = {"source": "AffectNet", "id": name, "image": name, "conversations": turns, "landmark": "l.npy"}
    return record | ({} if identifier is None else {"id": identifier}) | other


@pytest.fixture
def faba(tmp_path):
    """Write a JSON beside an image folder with three pictures and return both."""
    images = tmp_path / "images"
    names = [picture(images, f"a/{i}.png", i) for i in range(3)]

    def write(records, name="train_au_anno.json"):
        path = tmp_path / name
        path.write_text(json.dumps(records))
        return {"json_path": path, "images_dir": images}

    write.names = names
    write.images = images
    return write


def rows(database, *columns):
    with database.read() as session:
        return session.execute(select(*columns).order_by(columns[0])).all()


def test_the_training_form_as_published(database, faba):
    given = faba([train_record(name, ANSWER.format(i)) for i, name in enumerate(faba.names)])
    seen = []
    report = import_faba(database, **given, progress=lambda done, total: seen.append((done, total)))
    assert (report.inserted, report.already_there, report.skipped) == (3, 0, ())
    assert seen[0] == (3, 3)
    found = rows(database, Description.row_id, Description.task, Description.prompt, Description.landmark)
    assert found[0] == ("a/0.png", "au", QUESTION.removesuffix("\n<image>"), "l.npy")
    assert rows(database, Image.rel_path, Image.split, Image.width, Image.height)[0] == ("a/0.png", "train", 8, 6)
    with database.read() as session:
        assert session.scalar(select(func.count(Claim.id))) == 6
        assert verify_events(session).first_bad is None


def test_the_evaluation_form_keeps_its_label(database, faba):
    record = {"image": faba.names[0], "label": "12, 25", "gpt4": ANSWER, "landmark": "l.npy"}
    import_faba(database, **faba([record], "eval_au_anno.json"))
    emotion = {"image": faba.names[1], "label": 3, "gpt4": "The person is angry.", "landmark": "l.npy"}
    import_faba(database, **faba([emotion], "eval_emotion_anno.json"))
    found = rows(database, Description.id, Description.row_id, Description.task, Description.published_label)
    assert [row[1:] for row in found] == [("a/0.png", "au", "12, 25"), ("a/1.png", "emotion", "anger")]
    assert {split for _, split in rows(database, Image.id, Image.split)} == {"eval"}


def test_importing_again_changes_nothing(database, faba):
    given = faba([train_record(name, ANSWER.format(i)) for i, name in enumerate(faba.names)])
    import_faba(database, **given)
    before = rows(database, Claim.id, Claim.description_id)
    report = import_faba(database, **given)
    assert (report.inserted, report.already_there) == (0, 3)
    assert rows(database, Claim.id, Claim.description_id) == before
    assert len(rows(database, Source.id)) == 1


def test_one_picture_under_two_names_is_stored_once(database, faba):
    copy = picture(faba.images, "b/copy.png", 0)
    import_faba(database, **faba([train_record(faba.names[0], "AU12."), train_record(copy, "AU25.")]))
    assert len(rows(database, Image.id)) == 1
    assert len(rows(database, Description.id)) == 2


def test_a_picture_of_the_evaluation_never_counts_as_training(database, faba):
    import_faba(database, **faba([train_record(faba.names[0], "AU12.")]))
    record = {"image": faba.names[0], "label": "12", "gpt4": "AU25.", "landmark": "l.npy"}
    import_faba(database, **faba([record], "eval_au_anno.json"))
    import_faba(database, **faba([train_record(faba.names[0], "AU4.")]))
    assert rows(database, Image.id, Image.split) == [(1, "eval")]


def test_texts_are_stored_in_nfc(database, faba):
    import_faba(database, **faba([train_record(faba.names[0], "AU12: cafe\u0301.")]))
    assert rows(database, Description.text) == [("AU12: caf\u00e9.",)]


HUGE = "x" * 10_000_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "/etc/passwd"}, "absolute"),
        ({"image": "C:\\pictures\\a.png"}, "absolute"),
        ({"image": "a/../../secret.png"}, "climbs"),
        ({"image": "link.png"}, "link that leaves"),
        ({"image": "a/none.png"}, "missing"),
        ({"image": "a/text.png"}, "no picture"),
        ({"image": 7}, "'image' must be text, not int"),
        ({"image": " "}, "names no file"),
        ({"image": "a/0.png\0"}, "NUL"),
        ({"image": HUGE}, "10,000,000 characters"),
        ({"id": HUGE}, "'id' has 10,000,000 characters"),
        ({"id": ["a"]}, "'id' must be text"),
        ({"conversations": "hello"}, "not str"),
        ({"conversations": []}, "0 turns"),
        ({"conversations": [{"from": "gpt", "value": "x"}, {"from": "human", "value": "x"}]}, "one human and one gpt"),
        ({"landmark": 3}, "'landmark' must be text"),
    ],
)
def test_a_bad_record_is_refused_by_name_and_the_others_come_in(database, faba, tmp_path, change, reason):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (faba.images / "link.png").symlink_to(tmp_path / "secret.png")
    (faba.images / "a" / "text.png").write_text("no picture")
    bad = train_record(faba.names[1], "AU4.") | change
    report = import_faba(database, **faba([train_record(faba.names[0], "AU12."), bad]))
    assert report.inserted == 1
    (skipped,) = report.skipped
    assert reason in skipped.reason
    assert len(skipped.reason) < 400 and len(skipped.row_id) < 200


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HUGE, "'answer' has 10,000,000 characters"),
        ("", "no words"),
        ("a\0b", "NUL"),
        ("\ud800", "surrogate"),
        (None, "not NoneType"),
    ],
)
def test_a_bad_answer_is_refused_by_name(database, faba, answer, reason):
    report = import_faba(database, **faba([train_record(faba.names[0], answer)]))
    assert report.inserted == 0
    assert reason in report.skipped[0].reason


def test_the_longest_answer_fits(database, faba):
    report = import_faba(database, **faba([train_record(faba.names[0], "a" * TEXT_LIMIT)]))
    assert report.inserted == 1


def test_an_id_that_occurs_twice_is_refused_by_name(database, faba):
    records = [train_record(faba.names[0], "AU12.", "7"), train_record(faba.names[1], "AU4.", 7)]
    report = import_faba(database, **faba(records))
    assert report.inserted == 1
    assert [(s.row_id, s.reason) for s in report.skipped] == [("7", "the id occurs twice, first in record 1")]


@pytest.mark.parametrize("content", ["{}", "[", "\xff", "[" * 100_000])
def test_what_is_no_list_is_refused(database, tmp_path, content):
    path = tmp_path / "train_au_anno.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="JSON"):
        import_faba(database, json_path=path, images_dir=tmp_path)


def test_a_missing_folder_or_file_is_refused(database, faba, tmp_path):
    given = faba([])
    with pytest.raises(InputError, match="no folder"):
        import_faba(database, json_path=given["json_path"], images_dir=tmp_path / "none")
    with pytest.raises(InputError, match="cannot be read"):
        import_faba(database, json_path=tmp_path / "none.json", images_dir=tmp_path)


def test_a_task_that_nothing_tells_is_refused(database, faba):
    turns = [{"from": "human", "value": "Describe this.\n<image>"}, {"from": "gpt", "value": "AU12."}]
    report = import_faba(database, **faba([train_record(faba.names[0], "", conversations=turns)], "all.json"))
    assert "tells the task" in report.skipped[0].reason
    named = faba([train_record(faba.names[0], "", conversations=turns)], "all.json")
    assert import_faba(database, **named, task="au").inserted == 1


def test_the_report_is_kept_and_told(database, faba):
    report = import_faba(database, **faba([train_record("a/none.png", "AU12."), train_record(faba.names[0], "AU4.")]))
    assert "1 descriptions imported" in report.summary()
    assert "a/none.png: the picture is missing" in report.summary()
    ((_, stored),) = rows(database, Source.id, Source.report)
    assert stored["skipped"] == 1 and stored["inserted"] == 1


def test_a_text_repeated_in_one_file_is_not_called_known(database, faba):
    copy = picture(faba.images, "b/copy.png", 0)
    again = [train_record(faba.names[0], "AU12."), train_record(copy, "AU12."), train_record(faba.names[1], "AU12.")]
    report = import_faba(database, **faba(again), batch=1)
    assert (report.inserted, report.already_there, report.repeated) == (2, 0, 1)
    assert "1 repeated in this file" in report.summary()
    report = import_faba(database, **faba(again))
    assert (report.inserted, report.already_there, report.repeated) == (0, 2, 1)


def test_a_file_of_which_nothing_is_usable_leaves_nothing(database, faba):
    report = import_faba(database, **faba([train_record(f"a/none{number}.png", "AU12.") for number in range(28)]))
    assert (report.source_id, len(report.skipped), report.is_usable) == (None, 28, False)
    assert "and 18 more; --report FILE writes them all" in report.summary()
    assert rows(database, Source.id) == []


IMPORT = (
    "import sys\nfrom pathlib import Path\n"
    "from review.database import Database\nfrom review.importing import import_faba\n"
    "import_faba(Database(sys.argv[1]), json_path=Path(sys.argv[2]), images_dir=Path(sys.argv[3]), batch=4)"
)


def test_a_killed_import_goes_on_and_loses_and_doubles_nothing(database, database_url, faba, repository):
    names = [picture(faba.images, f"many/{i}.png", i + 500) for i in range(160)]
    given = faba([train_record(name, ANSWER.format(i)) for i, name in enumerate(names)])
    command = [sys.executable, "-c", IMPORT, database_url, str(given["json_path"]), str(given["images_dir"])]
    process = subprocess.Popen(command, cwd=repository, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and len(rows(database, Description.id)) < 8:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = len(rows(database, Description.id))
    report = import_faba(database, **given)
    assert report.already_there == left >= 8
    assert report.inserted == 160 - left
    assert sorted(name for (name,) in rows(database, Description.row_id)) == sorted(names)
    assert len(rows(database, Claim.id)) == 320
    with database.read() as session:
        assert verify_events(session) == Verification(len(rows(database, Event.id)), None)


def test_two_databases_hold_the_same(tmp_path, faba):
    given = faba([train_record(name, ANSWER.format(i)) for i, name in enumerate(faba.names)])
    found = []
    for batch in (1, 1000):
        database = Database(tmp_path / f"{batch}.db")
        database.upgrade()
        import_faba(database, **given, batch=batch)
        found.append(rows(database, Description.row_id, Description.text_sha256, Description.text))
        database.close()
    assert found[0] == found[1]
