"""The real server on a free port, a headless Chromium, and two small models made here: one that learnt two answers by
heart (so that a page can be checked word by word) and one that never ends (so that there is something to stop)."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ARTEFACTS = REPOSITORY / ".artefacts"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

ANSWERS = {
    "emotion": "The person looks happy: the lip corners are pulled up, the lips are parted and no frown is seen.",
    "au": "Inner brow raiser (AU1) shows slightly. Lip corner puller (AU12) is strongly present on both sides. "
    "Lips part (AU25) is clear. The upper lip is raised (AU10) on the left side.",
}
REAL_IDS, IMAGE_ID, ROWS = 260, 260, 264


@dataclass(frozen=True)
class Server:
    """A running studio: its address, its process and what it has printed."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, words: str, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while words not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"no {words!r} in: {self.log.read_text()}"
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_config(name: str, endless: bool):
    from transformers import CLIPVisionConfig, LlamaConfig

    from emola.model import EmolaConfig

    vision = CLIPVisionConfig(
        image_size=28, patch_size=14, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2
    )
    text = LlamaConfig(
        vocab_size=ROWS,
        hidden_size=96,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        initializer_range=0.08,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=None if endless else 2,
        max_position_embeddings=1536,
    )
    return EmolaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE_ID,
        real_vocab_size=REAL_IDS,
        prior_recipe="mediapipe-106",
        crop_recipe="aligned-112",
        conversation="plain",
        display_name=name,
        action_unit_reliability={"12": "supported", "1": "uncertain", "10": "not reliable"},
    )


def teach(model, processor, steps: int = 150) -> None:
    """Train until both answers come out whole, whatever face is shown."""
    import torch

    from emola.faces.priors.prior import Prior
    from emola.prompt import QUESTIONS

    random = np.random.default_rng(0)
    whisper = [model.prior_projector.linear_2, model.model.multi_modal_projector.linear_2]
    for layer in whisper:  # whatever the face, its rows hardly count
        torch.nn.init.normal_(layer.weight, std=1e-4)
        layer.requires_grad_(False)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.0)
    tasks = list(ANSWERS)
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, step / 20)
        priors = [Prior(random.normal(0, 0.4, 212).astype(np.float32), "mediapipe-106") for _ in tasks]
        crops = [random.integers(0, 255, (112, 112, 3), dtype=np.uint8) for _ in tasks]
        prompts = [processor.build_prompt(QUESTIONS[task]) for task in tasks]
        batch = processor(prompts, images=crops, priors=priors, answers=[ANSWERS[task] for task in tasks])
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if loss.item() < 0.002:
            break
    model.eval()


def make_model(folder: Path, tokenizer: Any, name: str, endless: bool) -> Path:
    import torch
    from transformers import CLIPImageProcessorPil

    from emola.model import EmolaForConditionalGeneration, EmolaProcessor

    torch.manual_seed(0)
    config = make_config(name, endless)
    model = EmolaForConditionalGeneration(config)
    images = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = EmolaProcessor.from_config(config, tokenizer, images)
    if not endless:
        teach(model, processor)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def taught_model(tmp_path_factory, make_byte_tokenizer) -> Path:
    """A model that answers ANSWERS, whatever the face."""
    return make_model(
        tmp_path_factory.mktemp("models") / "taught", make_byte_tokenizer(), "Taught by heart", endless=False
    )


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory, make_byte_tokenizer) -> Path:
    """A random model without an end token: it writes until it is stopped."""
    return make_model(
        tmp_path_factory.mktemp("models") / "endless", make_byte_tokenizer(), "Endless <b>model</b>", endless=True
    )


@pytest.fixture(scope="session")
def start_server(tmp_path_factory) -> Iterator[Callable[..., Server]]:
    """Start studios; all are stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str, wait: bool = True) -> Server:
        port, folder = free_port(), tmp_path_factory.mktemp("server")
        log = folder / "log.txt"
        environment = os.environ | {"GRADIO_TEMP_DIR": str(folder / "uploads"), "HF_HUB_OFFLINE": "1"}
        own = ["--db", str(folder / "review.db"), "--files", str(folder / "files"), "--runs", str(folder / "runs")]
        sample = [] if "--db" in options else ["--no-sample"]
        command = [sys.executable, "app.py", "--port", str(port), *own, *sample, *options]
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=file, stderr=file)
        running.append(process)
        server = Server(f"http://127.0.0.1:{port}", process, log)
        if wait:
            wait_until_up(server)
        return server

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def wait_until_up(server: Server, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.process.poll() is None, server.log.read_text()
        try:
            urllib.request.urlopen(server.url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"no page after {seconds:.0f} s: {server.log.read_text()}")


@pytest.fixture(scope="session")
def studio(start_server, taught_model, endless_model) -> Server:
    """A studio with both models, all loaded."""
    server = start_server("--model", str(taught_model), "--model", str(endless_model))
    server.wait_for("Endless <b>model</b>")
    return server


@pytest.fixture(scope="session")
def camera_film(tmp_path_factory, astronaut) -> Path:
    """A motion-JPEG film of a real face that moves a little: 640 x 480, as a webcam sees it."""
    import cv2

    path = tmp_path_factory.mktemp("film") / "face.mjpeg"
    face = cv2.resize(astronaut[0:240, 60:380], (640, 480), interpolation=cv2.INTER_CUBIC)
    with path.open("wb") as film:
        for frame in range(60):
            shift = np.float32(
                [[1, 0, 12 * np.sin(frame / 60 * 2 * np.pi)], [0, 1, 8 * np.cos(frame / 60 * 2 * np.pi)]]
            )
            moved = cv2.warpAffine(face, shift, (640, 480), borderMode=cv2.BORDER_REPLICATE)
            film.write(cv2.imencode(".jpg", moved[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


@pytest.fixture(scope="module")
def browser(camera_film):
    """Headless Chromium with a fake camera; skipped with the reason where it is missing.

    Closed with the module: while playwright is open, its event loop runs in this thread and no other test may run one.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"Chromium is not at {CHROMIUM}")
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_film}",
    ]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A fresh visitor at 1280 x 900; a script error on the page fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not errors, errors


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots are kept for whoever reads the test run."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@pytest.fixture
def photograph(tmp_path, astronaut) -> Path:
    """A real photograph as a PNG file."""
    from PIL import Image

    path = tmp_path / "astronaut.png"
    Image.fromarray(astronaut).save(path)
    return path
