"""The command ``python app.py``: its options, its refusals, and that the page comes before anything heavy."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

HEAVY = ("torch", "transformers", "mediapipe", "insightface", "cv2", "peft")


def run_app(repository, *options, **environment):
    return subprocess.run(
        [sys.executable, "app.py", *options],
        cwd=repository,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def started(repository, tmp_path):
    """A studio that is asked for a model that does not exist."""
    port, log = free_port(), tmp_path / "log.txt"
    with log.open("wb") as file:
        command = [sys.executable, "app.py", "--port", str(port), "--model", str(tmp_path / "no-such-model")]
        command += ["--db", str(tmp_path / "review.db"), "--files", str(tmp_path / "files"), "--no-sample"]
        command += ["--runs", str(tmp_path / "runs")]
        own = {name: value for name, value in os.environ.items() if not name.startswith(("EMOLA_", "GRADIO_"))}
        process = subprocess.Popen(command, cwd=repository, env=own, stdout=file, stderr=file)
    yield f"http://127.0.0.1:{port}", process, log
    process.terminate()
    assert process.wait(timeout=20) is not None


def wait_until(happened, process, log, seconds=90):
    end = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_help_names_every_option(repository):
    done = run_app(repository, "--help")
    assert done.returncode == 0
    for option in ("--model", "--host", "--port", "--face-models", "--db", "--files", "--runs", "--auth", "--no-auth"):
        assert option in done.stdout


def test_help_shows_the_command_and_a_mistyped_one_is_answered_with_it(repository):
    shown = run_app(repository, "--help", EMOLA_DB="postgresql://ann:secret@server/review").stdout
    assert "python app.py loop --sample" in shown and "secret" not in shown
    done = run_app(repository, "lop")
    assert done.returncode == 2
    assert done.stderr == "There is no command 'lop'; did you mean python app.py loop?\n"
    assert "--help shows" in run_app(repository, "train").stderr


def test_port_in_use_is_one_sentence(repository):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_app(repository, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp, which prints how long a thread waits awake")
@pytest.mark.parametrize(("given", "awake"), [({}, "0"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "30000000000")])
def test_threads_of_torch_sleep_while_they_wait_unless_told_otherwise(repository, given, awake):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code = f"import app; app.main(['--port', '{taken.getsockname()[1]}', '--model', 'none']); import torch"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=repository,
            env=environment | {"OMP_DISPLAY_ENV": "VERBOSE"} | given,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert "--port" in done.stderr, "the studio was to stop at the port"
    assert set(re.findall(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)) == {awake}


def test_missing_face_pack_is_one_sentence(repository, tmp_path):
    done = run_app(repository, "--port", str(free_port()), "--face-models", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr and "Traceback" not in done.stderr


def test_a_login_that_nobody_could_pass_is_refused(repository, tmp_path):
    done = run_app(repository, "--auth", "--port", str(free_port()), "--db", str(tmp_path / "review.db"))
    assert done.returncode == 2
    assert "python -m review user add" in done.stderr and done.stderr.count("\n") == 1


def test_a_database_that_is_none_is_one_sentence(repository, tmp_path):
    path = tmp_path / "review.db"
    path.write_bytes(b"this is no database, it is a text " * 100)
    done = run_app(repository, "--port", str(free_port()), "--db", str(path))
    assert done.returncode in (1, 2)
    assert str(path) in done.stderr and "Traceback" not in done.stderr


def test_space_listens_to_everyone(monkeypatch):
    import app

    monkeypatch.setenv("SPACE_ID", "someone/studio")
    assert app.parse([]).host == "0.0.0.0"
    monkeypatch.delenv("SPACE_ID")
    assert app.parse([]).host == "127.0.0.1"


def test_page_is_built_before_anything_heavy_is_imported(repository):
    code = (
        "import sys; from emola.page import build_page; from emola.page_studio import Studio; "
        "from emola.shelf import ModelShelf; build_page(Studio(ModelShelf(['somewhere']))); "
        f"print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", f"building the page imports {done.stdout.strip()}"


def test_a_stop_while_the_pages_are_built_still_takes_a_snapshot(repository, tmp_path):
    script = (
        "import os, signal, sys, app\n"
        "app.open_pages = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(app.main(sys.argv[1:]))"
    )
    places = ["--db", tmp_path / "review.db", "--snapshots", tmp_path / "bucket", "--port", str(free_port())]
    run = subprocess.run(
        [sys.executable, "-c", script, *places],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "bucket").glob("snapshot-*.db"))) == 1


def test_missing_model_is_said_by_page_and_command(started):
    url, process, log = started
    wait_until(lambda: answers(url), process, log)
    wait_until(lambda: "no-such-model" in log.read_text(), process, log)
    said = next(line for line in log.read_text().splitlines() if "no-such-model" in line)
    assert "Traceback" not in log.read_text() and said.endswith(".")


def test_no_outside_address_is_named_by_the_page(started):
    url, process, log = started
    wait_until(lambda: answers(url), process, log)
    with urllib.request.urlopen(url, timeout=10) as page:
        text = page.read().decode()
    for stranger in ("fonts.googleapis", "fonts.gstatic", "cdnjs.cloudflare"):
        assert f'href="https://{stranger}' not in text and f'src="https://{stranger}' not in text
