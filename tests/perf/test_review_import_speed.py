"""36,040 descriptions, the size of FABA-Instruct: storing them against raw executemany of the same rows.

Both write the same images and descriptions to SQLite files of our schema in WAL mode with synchronous=FULL, in turns.
Ours goes in batches of 4,000, each a transaction that looks for what is there already and appends its event. The ratio
is that of processor time, which other programs on the machine do not change; wall time is printed beside it.
"""

import hashlib
import sqlite3
import time
from statistics import median

import pytest

from review.database import Database
from review.faba_records import FabaRecord
from review.importing import BATCH
from review.pictures import PictureFacts
from review.store.imports import NewDescription, add_batch, find_or_add_source

IMAGES, AU, EMOTION = 19_877, 16_163, 19_877
ROUNDS = 3
WORDS = ("the", "corners", "of", "the", "mouth", "are", "pulled", "up", "and", "lines", "beside", "the", "eyes")


def text(number, words):
    return f"{number} " + " ".join(WORDS[(number + i) % len(WORDS)] for i in range(words))


def new_descriptions():
    """The rows as the import hands them to the store; texts as long as FABA-Instruct's are on average."""
    rows = []
    for task, count, words in (("au", AU, 207), ("emotion", EMOTION, 50)):
        for i in range(count):
            name = f"FABAInstruct/train/images/{i}.jpg"
            picture = PictureFacts(hashlib.sha256(name.encode()).hexdigest(), 224, 224)
            record = FabaRecord(str(i), name, task, "train", "What is seen in this face?", text(i, words), "l.npy")
            rows.append(NewDescription.of(record, picture, "gpt-4v"))
    return rows


def ours(path, rows):
    database = Database(path)
    database.upgrade()
    with database.write() as session:
        source = find_or_add_source(session, name="train.json", json_sha256="0", images_dir="images")
    start, used = time.perf_counter(), time.process_time()
    for first in range(0, len(rows), BATCH):
        with database.write() as session:
            add_batch(session, source_id=source, rows=rows[first : first + BATCH])
    took = time.process_time() - used, time.perf_counter() - start
    database.close()
    return took


def raw(path, like):
    """Copy the rows of ``like`` by plain executemany in one transaction."""
    database = Database(path)
    database.upgrade()
    database.close()
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    source = sqlite3.connect(like)
    content = {
        table: source.execute(f"SELECT * FROM {table}").fetchall() for table in ("source", "image", "description")
    }
    source.close()
    connection.executemany("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?)", content["source"])
    connection.commit()
    start, used = time.perf_counter(), time.process_time()
    for table in ("image", "description"):
        marks = ", ".join("?" * len(content[table][0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", content[table])
    connection.commit()
    took = time.process_time() - used, time.perf_counter() - start
    connection.close()
    return took


@pytest.mark.slow
def test_storing_is_at_least_half_as_fast_as_raw_executemany(tmp_path, capsys):
    rows = new_descriptions()
    assert len(rows) == 36_040
    pairs = []
    for number in range(ROUNDS):
        own = ours(tmp_path / f"own{number}.db", rows)
        pairs.append((own, raw(tmp_path / f"raw{number}.db", tmp_path / f"own{number}.db")))
    ratio, wall = (median(plain[i] / own[i] for own, plain in pairs) for i in (0, 1))
    with capsys.disabled():
        print(f"\n36,040 descriptions against raw executemany: {ratio:.2f} of its speed (wall time {wall:.2f})")
    assert ratio >= 0.5
