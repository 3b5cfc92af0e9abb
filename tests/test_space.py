"""The studio as a Hugging Face Space starts it: ``python app.py``, everything else said by the environment."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import itsdangerous
import pytest

from app import SAMPLE_FACES, SAMPLE_WRONG
from review.database import Database
from review.page_faces import make_signer
from review.sample import ORIGIN, fill_sample
from review.snapshots import SnapshotKeeper, restore_newest
from review.store.access import files_of_origin
from review.store.people import hub_user, list_users
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan

CLIENT, SECRET = "a-client-id", "a-secret"
SPACE_HOST = "team-studio.hf.space"

NO_SPACES = re.compile(r"Exception in thread (?:(?!\nException).)*?`spaces` package is required[^\n]*\n", re.DOTALL)
"""What Gradio's reloader says where the package ``spaces`` is not; it is part of the image of every Gradio Space."""


def python_of(version):
    """Return an interpreter of a version that has what the app needs; skip with the reason where there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None:
        pytest.skip(f"Python {version} is not installed here")
    if subprocess.run([found, "-c", "pass"], capture_output=True).returncode:
        pytest.skip(f"Python {version} is not runnable here: {found} only stands in for an interpreter")
    needed = "import gradio, torch, transformers, mediapipe, sqlalchemy, alembic"
    if subprocess.run([found, "-c", needed], capture_output=True).returncode:
        pytest.skip(f"Python {version} is here, but without the libraries of requirements.txt")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def provider():
    """Stands in for huggingface.co: says where one logs in."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            host = f"http://127.0.0.1:{self.server.server_port}"
            places = {name: f"{host}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            content = json.dumps({"issuer": host, **places}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@dataclass(frozen=True)
class Described:
    """A face of the sample project before the restart: its address for ann, and the SHA-256 of its file."""

    address: str
    sha256: str


@pytest.fixture
def described(tmp_path):
    """A database with one account of the Hub and the sample project, whose pictures went with the disk of the Space."""
    sample = tmp_path / "disk" / "files" / "sample"
    make_dataset(DatasetPlan(sample, SAMPLE_FACES, 11, WrongPlan(SAMPLE_WRONG)), progress=lambda *_: None)
    database = Database(tmp_path / "before.db")
    database.upgrade()
    files, errors = sorted(sample.glob("*/*_anno.json")), sorted(sample.glob("*/errors.jsonl"))
    fill_sample(database, faba_json=files, images_dir=sample, errors=errors)
    with database.write() as session:
        ann = hub_user(session, name="ann", role="lead")
        face = files_of_origin(session, origin_model=ORIGIN)[0]
    address = make_signer(database).address(ann, face.image_id).removeprefix("./")
    shutil.rmtree(sample.parent)
    yield database, Described(address, face.sha256)
    database.close()


@pytest.fixture
def bucket(tmp_path, described):
    """A mounted bucket with a good snapshot and a newer one that was cut off."""
    folder = tmp_path / "bucket"
    good = SnapshotKeeper(described[0], folder).take()
    damaged = folder / "snapshot-99990101-000000.db"
    damaged.write_bytes(good.read_bytes()[:-100])
    shutil.copyfile(f"{good}.json", f"{damaged}.json")
    return folder, good, damaged


@pytest.fixture
def space(repository, tmp_path, provider, bucket):
    """Start the studio under a Python version; gives its address, its process and what it has said so far."""
    running = []

    def start(version):
        port, log = free_port(), tmp_path / "space.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("EMOLA_", "GRADIO_"))}
        environment |= {
            "SYSTEM": "spaces",
            "SPACE_ID": "team/studio",
            "SPACE_HOST": SPACE_HOST,
            "SPACE_AUTHOR_NAME": "team",
            "SPACE_REPO_NAME": "studio",
            "SPACE_TITLE": "EmoLA studio",
            "OAUTH_CLIENT_ID": CLIENT,
            "OAUTH_CLIENT_SECRET": SECRET,
            "OAUTH_SCOPES": "openid profile",
            "OPENID_PROVIDER_URL": provider,
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_NUM_PORTS": "1",
            "GRADIO_TEMP_DIR": str(tmp_path / "uploads"),
            "HF_HUB_OFFLINE": "1",
            "EMOLA_ROLES": "ann:lead,*:reviewer",
            "EMOLA_DB": str(tmp_path / "disk" / "review.db"),
            "EMOLA_FILES": str(tmp_path / "disk" / "files"),
            "EMOLA_RUNS": str(tmp_path / "disk" / "runs"),
            "EMOLA_SNAPSHOTS": str(bucket[0]),
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                [python_of(version), "app.py"], cwd=repository, env=environment, stdout=file, stderr=file
            )
        running.append(process)
        return port, process, log

    yield start
    for process in running:
        process.kill()
        process.wait(timeout=30)


def wait_for(words, process, log, seconds=240):
    end = time.monotonic() + seconds
    while words not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f"no {words!r} in: {log.read_text()}"
        time.sleep(0.2)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def get(url, **headers):
    """Return status, headers and content without following redirects."""
    try:
        with urllib.request.build_opener(Stay).open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def session_of(login):
    """Return the cookie that Gradio gives to whom OAuth named: it is signed with the client's secret."""
    person = {"expires_at": time.time() + 600, "userinfo": {"preferred_username": login}}
    content = base64.b64encode(json.dumps({"oauth_info": person}).encode())
    key = hashlib.sha256(f"{SECRET}-v4".encode()).hexdigest()
    return f"session={itsdangerous.TimestampSigner(key).sign(content).decode()}"


def seconds_of_work(process):
    """Return the processor time of a process; it may have ended as long as nobody waited for it."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.timeout(900)  # loads the model and makes the sample project, as the Space does
@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_a_space_starts_as_it_is(version, space, bucket, described, tmp_path):
    _, good, damaged = bucket
    port, process, log = space(version)
    wait_for("EmoLA studio is on", process, log)
    said = log.read_text()
    assert "A snapshot was passed over" in said and damaged.name in said
    assert f"restored from {good.name}" in said

    for page in ("/", "/review"):
        status, _, text = get(f"http://127.0.0.1:{port}{page}")
        assert status == 200 and b"EmoLA" in text, page
    status, headers, _ = get(f"http://127.0.0.1:{port}/login/huggingface")
    target = urllib.parse.urlparse(headers["location"])
    asked = urllib.parse.parse_qs(target.query)
    assert status in (302, 307) and target.path == "/authorization_endpoint"
    assert asked["client_id"] == [CLIENT]
    assert asked["redirect_uri"][0].startswith(f"https://{SPACE_HOST}/login/callback")

    face = f"http://127.0.0.1:{port}/{described[1].address}"
    assert get(face)[0] == 403, "nobody is logged in"
    wait_for("Review: the campaign", process, log)  # the sample's pictures, rendered again after the model is there
    status, _, content = get(face, Cookie=session_of("ann"))
    assert status == 200, content
    assert hashlib.sha256(content).hexdigest() == described[1].sha256
    assert "not the ones that were described" not in log.read_text()
    assert "Faces: " in log.read_text() and re.search(r"(?i)emola-?tiny|weights/tiny", log.read_text())
    said = NO_SPACES.sub("", log.read_text())
    unwanted = re.findall(r"(?im)^.*(?:warning|traceback|error|cannot|missing|not served).*$", said)
    assert unwanted == [], unwanted

    before = seconds_of_work(process)
    process.send_signal(signal.SIGTERM)  # how a Space stops: a last snapshot is taken
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert seconds_of_work(process) - before < 1.5, "the end is not for tidying up what ends anyway"
    assert process.wait() == 0
    damaged.unlink()
    restore_newest(good.parent, tmp_path / "next.db")
    with contextlib.closing(Database(tmp_path / "next.db")) as database, database.read() as session:
        assert "hf:ann" in {user.login for user in list_users(session)}
    assert max(path.name for path in good.parent.glob("snapshot-*.db")) > good.name


def test_the_front_matter_names_a_version_that_is_tested():
    front = (Path(__file__).parents[1] / "README.md").read_text().split("---")[1]
    (parameters,) = (mark.args[1] for mark in test_a_space_starts_as_it_is.pytestmark if mark.name == "parametrize")
    assert re.search(r'python_version: "([\d.]+)"', front)[1] in parameters
