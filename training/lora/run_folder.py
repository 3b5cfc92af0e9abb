"""The folder of one run: settings, data, versions, metrics, heartbeat. What makes a run is never changed under it.

config.yaml       settings as resolved          samples.jsonl    what is learned and evaluated
run.json          versions, git revision        metrics.jsonl    one line a step; may be read while it runs
data.json         data reports with hashes      heartbeat.json   state, step, time; rewritten about once a second
checkpoints/      the last few                  loss.png         the curves
adapter/          the result (peft format)      merged/          the whole model, when asked for
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from emola.errors import InputError, ResourceError
from training.config import TrainConfig
from training.data.samples import DataReport

_MAY_CHANGE: Final = frozenset(
    {"run.out", "run.checkpoint_every", "run.keep", "run.merged", "data.workers", "data.root"}
    | {f"data.{split}_{task}" for split in ("train", "eval") for task in ("au", "emotion")}
)
"""Settings that do not change the result; data files may move, their content is compared by hash."""
_CLAIMED: Final = ("run.json", "data.json", "config.yaml")
"""What takes a folder for a run, as it is written; a folder with the last of them is a run folder."""
_BEAT_SECONDS: Final = 1.0
_HEARTBEAT: Final = "heartbeat.json"


class RunFolder:
    """Files of one run, written so that a reader never meets half a file.

    Args:
        folder: made when missing.
        is_main: whether this process writes the heartbeat.
    """

    def __init__(self, folder: Path, *, is_main: bool = True) -> None:
        self.folder = folder
        self._is_main = is_main
        self._step = self._steps = 0
        self._last_beat = 0.0
        self._started = time.time()

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def adapter(self) -> Path:
        """Folder of the trained adapter."""
        return self.folder / "adapter"

    @property
    def merged(self) -> Path:
        """Folder of the whole model with the adapter merged in."""
        return self.folder / "merged"

    @property
    def plot(self) -> Path:
        """Picture of the curves."""
        return self.folder / "loss.png"

    @property
    def metrics(self) -> Path:
        """File of the metrics, one JSON object a line."""
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """File of the samples that were read and may be used."""
        return self.folder / "samples.jsonl"

    @property
    def finished(self) -> bool:
        """Whether the run is over and its adapter complete."""
        return self._read(_HEARTBEAT).get("state") == "finished" and self.adapter.is_dir()

    def claim(self, config: TrainConfig, reports: Sequence[DataReport], provenance: Mapping[str, Any]) -> None:
        """Take the folder for a run, or check that it is the folder of this very run.

        Raises:
            InputError: if it holds something else, or the same run with other settings or data.
            ResourceError: if it cannot be written.
        """
        data = {
            f"{number} {report.task} {report.file.name}": report.to_json()
            for number, report in enumerate(reports, start=1)
        }
        if (self.folder / "config.yaml").is_file():
            self._compare(config, data)
            return
        if self.folder.exists() and (not self.folder.is_dir() or self._is_foreign()):
            raise InputError(f"{self.folder} is not an empty folder and no run folder; choose another run.out.")
        content = (_json(provenance), _json(data), config.to_yaml())
        for name, text in zip(_CLAIMED, content, strict=True):
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a whole file or nothing.

        Raises:
            ResourceError: if it cannot be written.
        """
        path = self.folder / name
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            raise ResourceError(f"{path} could not be written: {error.strerror or error}.") from error

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append one line to the metrics.

        Raises:
            ResourceError: if it cannot be written.
        """
        try:
            with self.metrics.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise ResourceError(f"{self.metrics} could not be written: {error.strerror or error}.") from error

    def rewind(self, step: int) -> None:
        """Drop metrics of steps after ``step``, and a last line cut off by a kill: those steps are taken again."""
        kept = [entry for entry in self.read_metrics() if 0 < entry["step"] <= step or (step and entry["step"] == 0)]
        self.write(self.metrics.name, "".join(json.dumps(entry) + "\n" for entry in kept))

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the metrics so far, without a last line that is still being written."""
        if not self.metrics.is_file():
            return []
        entries = []
        for line in self.metrics.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                entries.append(json.loads(line))
        return entries

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Say in ``heartbeat.json`` that the run is alive, and at the end how it ended."""
        self._beat("preparing")
        try:
            yield
        except KeyboardInterrupt:
            self._beat_at_end("stopped", "stopped by hand; the same command continues it")
            raise
        except BaseException as error:
            self._beat_at_end("failed", str(error) or type(error).__name__)
            raise
        self._beat("finished")

    def beat(self, step: int, steps: int, message: str) -> None:
        """Say how far the run is; written once a second at most.

        Args:
            step: steps taken.
            steps: steps of the run.
            message: one sentence for a person.
        """
        self._step, self._steps = step, steps
        if time.time() - self._last_beat >= _BEAT_SECONDS:
            self._beat("running", message)

    def _beat(self, state: str, message: str = "") -> None:
        """Write the heartbeat: "preparing", "running", "finished", "stopped" or "failed"."""
        if not self._is_main:
            return
        self._last_beat = time.time()
        content = {"state": state, "step": self._step, "steps": self._steps, "message": message, "pid": os.getpid()}
        self.write(_HEARTBEAT, _json({**content, "started": self._started, "updated": self._last_beat}))

    def _beat_at_end(self, state: str, message: str) -> None:
        """Write the last heartbeat; when even that fails, the error before it is what a person must see."""
        with contextlib.suppress(ResourceError):
            self._beat(state, message)

    def _compare(self, config: TrainConfig, data: Mapping[str, Any]) -> None:
        """Raise if settings or data differ from those that the run was started with."""
        before, now = _flat(yaml.safe_load((self.folder / "config.yaml").read_text("utf-8"))), _flat(config.to_dict())
        names = sorted((before.keys() | now.keys()) - _MAY_CHANGE)
        changed = [
            f"{name} was {before.get(name)} and is now {now.get(name)}"
            for name in names
            if before.get(name) != now.get(name)
        ]
        known = self._read("data.json")
        changed += [
            f"the data of {name} are not the same"
            for name in sorted(known.keys() | data.keys())
            if known.get(name, {}).get("fingerprint") != data.get(name, {}).get("fingerprint")
        ]
        if changed:
            raise InputError(
                f"{self.folder} holds a run that was started differently ({'; '.join(changed)}): "
                "choose another run.out, or undo the change to continue it."
            )

    def _is_foreign(self) -> bool:
        """Say whether the folder holds more than what a run that was killed while it took the folder leaves."""
        return any(path.name.removesuffix(".partial").lstrip(".") not in _CLAIMED for path in self.folder.iterdir())

    def _read(self, name: str) -> dict[str, Any]:
        """Return a JSON object of the folder, empty when it is not there."""
        path = self.folder / name
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return content


def _flat(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by ``section.key``."""
    return {f"{section}.{key}": value for section, keys in sections.items() for key, value in keys.items()}


def _json(content: Mapping[str, Any]) -> str:
    """Return indented JSON with a final newline."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
