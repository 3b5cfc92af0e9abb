"""A local chat-completions server that misbehaves on request, and a folder of small pictures."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

KEY = "sk-secret-0123456789"
USAGE = {"prompt_tokens": 300, "completion_tokens": 40}


@dataclass
class Seen:
    """One request as the server saw it."""

    start: float
    body: dict[str, Any]
    authorization: str
    number: int

    @property
    def task(self) -> str:
        return "au" if "action units (FACS)" in self.body["messages"][0]["content"] else "emotion"

    @property
    def picture(self) -> str:
        return self.body["messages"][1]["content"][1]["image_url"]["url"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: FakeEndpoint = self.server.owner
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
            seen = Seen(time.monotonic(), body, self.headers.get("authorization", ""), len(server.seen) + 1)
            server.seen.append(seen)
            repeats = sum(1 for other in server.seen if (other.picture, other.task) == (seen.picture, seen.task))
        try:
            server.behave(self, seen, repeats)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with server.lock:
                server.under_way -= 1

    def log_message(self, *_: Any) -> None:
        pass

    def status(self, code: int, message: str = "no", headers: dict[str, str] | None = None) -> None:
        content = json.dumps({"error": {"message": message}}).encode()
        self._head(code, "application/json", len(content), headers)
        self.wfile.write(content)

    def whole(self, text: str | None, finish: str = "stop", refusal: str | None = None) -> None:
        message = {"role": "assistant", "content": text, "refusal": refusal}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        content = json.dumps({"model": "fake-1", "choices": [choice], "usage": USAGE}).encode()
        self._head(200, "application/json", len(content))
        self.wfile.write(content)

    def stream(self, text: str, finish: str | None = "stop", error: str | None = None, pause_s: float = 0) -> None:
        """Send words as events; without ``finish`` the stream just ends."""
        self._head(200, "text/event-stream", None, {"connection": "close"})
        for word in text.split(" "):
            self._event({"model": "fake-1", "choices": [{"delta": {"content": word + " "}, "finish_reason": None}]})
            time.sleep(pause_s)
        if error:
            self._event({"error": {"message": error}})
        if finish:
            self._event({"choices": [{"delta": {}, "finish_reason": finish}]})
            self._event({"choices": [], "usage": USAGE})
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def cut_body(self) -> None:
        self._head(200, "application/json", 5000)
        self.wfile.write(b'{"choices": [{"message": {"content": "half an ans')
        self.close_connection = True

    def _event(self, content: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(content)}\n\n".encode())
        self.wfile.flush()

    def _head(self, code: int, kind: str, length: int | None, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        if length is not None:
            self.send_header("content-length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()


class QuietServer(ThreadingHTTPServer):
    """Says nothing on stderr when the client hangs up, as it does once a run ends at its first refusal."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def answer(handler: Handler, seen: Seen, _: int) -> None:
    handler.stream(f"The face number {seen.number} shows happiness with AU12.")


@dataclass
class FakeEndpoint:
    """``behave(handler, seen, repeats)`` decides; ``repeats`` counts requests for the same picture and task from 1."""

    behave: Callable[[Handler, Seen, int], None] = answer
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: int = 0
    most_under_way: int = 0
    url: str = ""


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    owner = FakeEndpoint()
    server = QuietServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.owner = owner
    owner.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield owner
    server.shutdown()
    server.server_close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures of different content in two folders."""
    root = tmp_path / "faces"
    for number in range(6):
        path = root / ("a" if number % 2 else "b") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (24, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return root


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def annotate(endpoint: FakeEndpoint, pictures: Path, tmp_path: Path) -> Callable[..., int]:
    """Run the command on the fake endpoint, with short pauses."""
    from training.annotate.__main__ import main

    def run(*more: object, yes: bool = True) -> int:
        options = ["--images", pictures, "--out", tmp_path / "run", "--url", endpoint.url, "--model", "fake"]
        options += ["--backoff", 0.02, "--timeout", 2, *(["--yes"] if yes else []), *more]
        return main([str(option) for option in options])

    return run
