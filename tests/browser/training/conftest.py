"""Pages of training, each served by itself: the rest of the studio is tested with the whole app."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def start_page(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run a script that serves a page, with arguments and then a port; return the address. Stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def start(script: str, *arguments: object) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        log = tmp_path / f"page{port}.log"
        environment = os.environ | {"GRADIO_TEMP_DIR": str(tmp_path / "uploads"), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-c", script, *map(str, arguments), str(port)]
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=file, stderr=file)
        running.append(process)
        wait_until_up(process, f"http://127.0.0.1:{port}", log)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=30)


def wait_until_up(process: "subprocess.Popen[bytes]", url: str, log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"no page after {seconds:.0f} s: {log.read_text()}")
