"""Pages of training, each served by itself: the rest of the studio is tested with the whole app."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

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


@pytest.fixture
def faces(tmp_path: Path, astronaut: NDArray[np.uint8]) -> Path:
    """Sixteen pictures of a face to learn from and two held out, in the form of a rendered set."""
    root = tmp_path / "sets" / "small faces"
    face = astronaut[0:240, 100:340]
    for split, count in (("train", 16), ("eval", 2)):
        (root / split / "images").mkdir(parents=True)
        for number in range(count):
            image = np.roll(face, number, axis=1)
            Image.fromarray(image).save(root / split / "images" / f"{number}.png")
            np.save(root / split / "images" / f"{number}.npy", np.zeros(212, np.float32))
        for task, label, text in (("au", "12, 25", "AU12 and AU25 are seen."), ("emotion", "0", "It is happiness.")):
            records = [
                {"image": f"{split}/images/{number}.png", "landmark": f"{split}/images/{number}.npy"}
                | {"label": label, "gpt4": text}
                for number in range(count)
            ]
            (root / split / f"{split}_{task}_anno.json").write_text(json.dumps(records))
    (root / "dataset.json").write_text(json.dumps({"source": "training.synthetic"}))
    return root.parent


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
