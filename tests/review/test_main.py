"""The command line of review: what it prints, how it ends, and that mistakes get one sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from review.__main__ import build_parser, main

TEXT = "1. AU4 - Brow Lowerer: The brows are lowered.\n2. AU12 - Lip Corner Puller: The lip corners are up.\n"


def commands():
    """Every command as its words."""
    found = []

    def walk(parser, words):
        groups = [
            action for action in parser._actions if hasattr(action, "choices") and isinstance(action.choices, dict)
        ]
        if not groups:
            found.append(words)
        for name, child in groups[0].choices.items() if groups else ():
            walk(child, [*words, name])

    walk(build_parser(), [])
    return found


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder to work in with a small data set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    rows = []
    for number in range(4):
        Image.new("RGB", (32, 32), (60 * number, 20, 40)).save(tmp_path / "images" / f"{number}.png")
        turns = [{"from": "human", "value": "What is shown?\n<image>"}, {"from": "gpt", "value": TEXT}]
        rows.append({"source": "test", "id": f"row{number}", "image": f"images/{number}.png", "conversations": turns})
    (tmp_path / "train_au_anno.json").write_text(json.dumps(rows))
    return tmp_path


@pytest.fixture
def run(capsys):
    def act(*words):
        code = main([str(word) for word in words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return act


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "example:\n  python -m review" in printed
    assert f"python -m review {' '.join(words)}" in printed


def test_the_examples_are_commands(capsys):
    """What the help shows can be typed: the parser takes it."""
    for words in commands():
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        example = capsys.readouterr().out.split("example:\n  python -m review ")[1].strip()
        import shlex

        build_parser().parse_args(shlex.split(example))


def test_status_of_nothing_says_how_to_begin(there, run):
    code, out, _ = run("status")
    assert code == 0
    assert "There is no review database review.db yet" in out
    assert "python -m review import FILE.json --images FOLDER" in out
    assert not (there / "review.db").exists()


def test_from_import_to_verify(there, run):
    code, out, _ = run("import", "train_au_anno.json", "--images", ".")
    assert (code, out.splitlines()[0]) == (0, "4 descriptions imported, 0 were there already.")
    assert "0 descriptions imported, 4 were there" in run("import", "train_au_anno.json", "--images", ".")[1]
    assert "Make a campaign" in run("status")[1]
    assert run("lint")[0] == run("duplicates")[0] == run("suspicion")[0] == 0
    code, out, _ = run("campaign", "create", "Pilot", "--overlap", 2)
    assert (code, out) == (0, "Campaign Pilot is open with 8 places.\n")
    assert "Pilot" in run("campaign", "list")[1]
    assert "8 places are free" in run("status")[1]
    assert "Campaign Pilot is paused" in run("campaign", "pause", "Pilot")[1]
    assert "12 places, 3 for each" in run("campaign", "overlap", "Pilot", 3)[1]
    assert "No description was judged by two people yet" in run("agreement")[1]
    code, out, err = run("release", "make", "r1", "--out", "releases")
    assert (code, out) == (2, "")
    assert err.startswith("There is nothing to release yet")
    code, out, _ = run("verify")
    assert code == 0
    assert "events hold together" in out
    assert run("backup", "kept.db")[0] == 0
    code, out, _ = run("backup", "--into", "nights")
    assert code == 0 and "a restore of it worked" in out and len(list(there.glob("nights/review-*.db"))) == 1
    assert run("restore", "kept.db", "--db", "again.db")[0] == 0
    assert run("restore", "kept.db", "--db", "sqlite:///third.db")[0] == 0 and (there / "third.db").is_file()
    assert "8" not in run("status", "--db", "again.db")[2]
    code, out, _ = run("migrate-db", "sqlite:///moved.db")
    assert code == 0
    assert "equal to those in review.db" in out


def test_an_import_of_nothing_fails_and_its_report_holds_everything(there, run):
    rows = json.loads(Path("train_au_anno.json").read_text()) * 9
    broken = [row | {"id": str(place), "image": f"images/none{place}.png"} for place, row in enumerate(rows)]
    Path("train_broken.json").write_text(json.dumps(broken))
    words = ["import", "train_broken.json", "--images", ".", "--task", "au", "--report"]
    code, out, _ = run(*words, "skipped.json")
    assert (code, out.splitlines()[0]) == (1, "0 descriptions imported, 0 were there already.")
    report = json.loads(Path("skipped.json").read_text())
    assert len(report["skipped"]) == 36
    assert report["skipped"][35]["id"] == "35"
    assert "missing" in report["skipped"][35]["reason"]
    code, _, err = run(*words, "no/such/folder.json")
    assert (code, "cannot be written" in err, err.count("\n")) == (1, True, 1)


def test_a_release_is_made_checked_and_withdrawn(there, run, reviewed):
    code, out, _ = run("export", "r1", "--out", "releases", "--as", "lead")
    assert code == 0
    assert "sft/train_au_anno.json" in out
    assert "Release r1 is written to" in out
    assert "r1" in run("release", "list")[1]
    assert run("release", "preview")[0] == 0
    code, out, _ = run("release", "verify", "releases/r1")
    assert (code, out.startswith("Release r1 is sound: 6 files")) == (0, True)
    path = Path("releases/r1/sft/train_au_anno.json")
    path.write_bytes(path.read_bytes() + b" ")
    code, out, _ = run("release", "verify", "releases/r1")
    assert (code, "sft/train_au_anno.json was changed after the release" in out) == (1, True)
    assert "there is no database" in run("release", "verify", "releases/r1", "--db", "none.db")[1].lower()
    assert run("verify")[0] == 1
    assert run("release", "withdraw", "r1", "--reason", "a test")[0] == 0
    assert "withdrawn" in run("release", "list")[1]


@pytest.fixture
def reviewed(there, run):
    """One description reviewed by a reviewer, and a lead."""
    from sqlalchemy import select

    from review.database import Database
    from review.records import ReviewState, VerdictState
    from review.schema import Claim
    from review.store.people import create_user
    from review.store.reviews import open_review, submit
    from review.store.work import lease_next

    run("import", "train_au_anno.json", "--images", ".")
    run("campaign", "create", "Pilot")
    database = Database("review.db")
    with database.write() as session:
        anna = create_user(session, login="anna", password=None, role="reviewer").id
        create_user(session, login="lead", password=None, role="lead")
        lease = lease_next(session, campaign_id=1, reviewer_id=anna)
        begun = open_review(session, assignment_id=lease.assignment_id, reviewer_id=anna)
        claims = session.scalars(select(Claim).where(Claim.description_id == lease.description_id)).all()
        verdicts = {claim.id: VerdictState("correct") for claim in claims}
        state = ReviewState(verdicts=verdicts)
        submit(session, review_id=begun.id, reviewer_id=anna, version=begun.version, state=state, token="t")
    database.close()


def test_users(there, run, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    assert run("user", "add", "anna", "--role", "lead", "--password-stdin")[:2] == (0, "Added anna as lead.\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    code, _, err = run("user", "add", "berta", "--password-stdin")
    assert (code, "at least" in err) == (2, True)
    code, _, err = run("user", "add", "berta")
    assert (code, "no terminal" in err) == (2, True)
    assert run("user", "role", "anna", "reviewer")[1] == "anna is reviewer now.\n"
    assert run("user", "disable", "anna")[1] == "anna is disabled.\n"
    out = run("user", "list")[1]
    assert "anna" in out
    assert "console" in out
    assert "argon2" not in out
    code, _, err = run("campaign", "create", "Pilot", "--as", "nobody")
    assert (code, err) == (2, "There is no user 'nobody'; see: python -m review user list.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lint"], "There is no review database review.db; make one with"),
        (["import", "none.json", "--images", "."], "none.json"),
        (["import", "train_au_anno.json", "--images", "nowhere"], "nowhere"),
        (["status", "--db", "mysql://x/y"], "not supported"),
        (["status", "--db", "postgresql://u:secret@h:port/x"], "'postgresql://***@h:port/x' is no database URL"),
        (["status", "--db", "images"], "is a folder"),
        (["status", "--db", "train_au_anno.json"], "is not a readable SQLite database"),
        (["restore", "none.db"], "There is no backup none.db"),
        (["restore", "none.db", "--db", "postgresql://x@y/z"], "A backup is a SQLite file"),
        (["backup", "x.db", "--keep", "7/4/12"], "name it with --into DIR"),
        (["backup", "--into", "nights", "--keep", "7"], "DAYS/WEEKS/MONTHS"),
        (["release", "verify", "images"], "is no release"),
        (["import", "train_au_anno.json", "--images", ".", "--db", "no/such/folder.db"], "does not exist"),
    ],
)
def test_mistakes_get_one_sentence(there, run, words, sentence):
    code, _, err = run(*words)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("words", ["lint --workers -2", "evidence --workers 0", "agreement --repeats 0"])
def test_how_many_of_nothing_is_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    assert "must be a whole number of 1 or more; got" in capsys.readouterr().err


def test_unknown_names_get_one_sentence(there, run):
    run("import", "train_au_anno.json", "--images", ".")
    for words, sentence in (
        (["campaign", "close", "Pilot"], "There is no campaign 'Pilot'; there are: none yet."),
        (["agreement", "--campaign", "Pilot"], "There is no campaign"),
        (["release", "withdraw", "r1", "--reason", "x"], "There is no release 'r1'"),
        (["user", "role", "anna", "lead"], "There is no user 'anna'"),
        (["import-predictions", "images"], "is no benchmark run"),
        (["backup", "train_au_anno.json"], "exists already"),
    ):
        code, _, err = run(*words)
        assert (code, sentence in err) == (2, True), err


def test_it_starts_as_a_module_without_heavy_imports(tmp_path):
    code = "import sys, review.__main__; print(*sorted(set(sys.modules) & {'torch', 'gradio', 'mediapipe', 'cv2'}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
    ended = subprocess.run([sys.executable, "-m", "review", "nonsense"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
