"""The shelf of models: each is loaded in the background when somebody wants it, while the page is already there.

Nothing heavy is imported before a model is asked for.
"""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emola.errors import EmolaError, InputError

if TYPE_CHECKING:
    from emola.model.loading import LoadedModel

TINY = Path(__file__).parent / "weights" / "tiny"
"""The small model that ships with the project."""

Quantization = Literal["4bit", "8bit"]

Status = Literal["waiting", "loading", "ready", "failed"]


@dataclass(frozen=True)
class ShelfState:
    """Where one model stands.

    Attributes:
        name: short name shown to users; unique on the shelf.
        status: waiting, loading, ready or failed.
        sentence: what a user should know: what is being waited for, the model's summary, or why it failed.
    """

    name: str
    status: Status
    sentence: str


class ModelShelf:
    """Loads models in a background thread and hands them out by name.

    Args:
        sources: folders or hub ids; ``BASE+ADAPTER`` puts an adapter on a base.
        load: how one source is loaded; the default is :func:`emola.model.loading.load_model`.
    """

    def __init__(self, sources: Iterable[str], load: "Callable[[str], LoadedModel] | None" = None) -> None:
        self._load = load or load_source
        self._sources: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._states: dict[str, ShelfState] = {}
        self._models: dict[str, LoadedModel] = {}
        self._changed = threading.Condition()
        for source in sources:
            self.add(source)

    def add(self, source: str, title: str | None = None) -> str:
        """Put a model on the shelf without loading it, unless it is there already; return its name.

        Args:
            source: folder or hub id; ``BASE+ADAPTER`` puts an adapter on a base.
            title: what to call it; None for the last parts of the source.
        """
        with self._changed:
            known = self._names.get(_spelled(source))
            if known is not None:
                return known
            name = _unused_name(title or _title(source), self._states)
            self._sources[name] = source
            self._names[_spelled(source)] = name
            self._states[name] = ShelfState(name, "waiting", f"{name} has not been loaded yet.")
            return name

    def name_of(self, source: str) -> str | None:
        """Return the name under which ``source`` is on the shelf, however its folders are spelled; None otherwise."""
        return self._names.get(_spelled(source))

    def source(self, name: str) -> str:
        """Return what ``name`` is loaded from.

        Raises:
            InputError: no such name.
        """
        self.state(name)
        return self._sources[name]

    def name_of_loaded(self, model: "LoadedModel") -> str:
        """Return the name of a model that :meth:`get` handed out; nothing is loaded to find it.

        Raises:
            InputError: it did not come from this shelf.
        """
        with self._changed:
            name = next((name for name, loaded in self._models.items() if loaded is model), None)
        if name is None:
            raise InputError("This model did not come from the shelf; ask the shelf for it by its name.")
        return name

    def names(self) -> list[str]:
        """Return the names of all models, in the order they were added."""
        return list(self._states)

    def state(self, name: str) -> ShelfState:
        """Return where ``name`` stands.

        Raises:
            InputError: no such name; the sentence lists those there are.
        """
        if name not in self._states:
            raise InputError(f"There is no model called {name!r} here; choose one of {', '.join(self._states)}.")
        return self._states[name]

    def start(self, name: str) -> None:
        """Load one model in a background thread unless that has begun.

        Raises:
            InputError: no such name.
        """
        self.state(name)
        threading.Thread(target=self._load_one, args=(name,), name="model-shelf", daemon=True).start()

    def get(self, name: str) -> "LoadedModel":
        """Return the model, waiting until it is loaded.

        Raises:
            InputError: no such name.
            EmolaError: it could not be loaded; the sentence says why.
        """
        state = self.state(name)
        if state.status == "waiting":
            self._load_one(name)
        with self._changed:
            self._changed.wait_for(lambda: self._states[name].status in ("ready", "failed"))
        state = self._states[name]
        if state.status == "failed":
            raise EmolaError(state.sentence)
        return self._models[name]

    def _load_one(self, name: str) -> None:
        with self._changed:
            if self._states[name].status != "waiting":
                return
            self._states[name] = ShelfState(name, "loading", f"Loading {name} ...")
        try:
            model = self._load(self._sources[name])
            state = ShelfState(name, "ready", model.summary)
        except EmolaError as error:
            state = ShelfState(name, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - the thread must not die silently; the page shows the sentence
            state = ShelfState(name, "failed", f"{name} could not be loaded: {type(error).__name__}: {error}")
        with self._changed:
            if state.status == "ready":
                self._models[name] = model
            self._states[name] = state
            self._changed.notify_all()


def load_source(source: str, quantization: Quantization | None = None) -> "LoadedModel":
    """Load ``MODEL`` or ``BASE+ADAPTER``, each a folder or a hub id, in full precision or in 4 or 8 bits."""
    from emola.model.loading import load_model  # torch and transformers, several seconds

    if Path(source).exists():  # a folder may have a plus sign in its name
        return load_model(source, quantization=quantization)
    base, _, adapter = source.partition("+")
    return load_model(base, adapter=adapter or None, quantization=quantization)


def _spelled(source: str) -> str:
    """Spell a source in one way, so that a folder is the same by its relative and by its whole path."""
    return "+".join(os.path.realpath(part) for part in source.split("+"))


def _title(source: str) -> str:
    """Name a source by its last parts: ``EmoLA-tiny`` for the shipped one, else folder names."""
    parts = [Path(part).name or part for part in source.split("+")]
    return "EmoLA-tiny" if source == str(TINY) else " + ".join(parts)


def _unused_name(name: str, taken: Iterable[str]) -> str:
    number, unique = 2, name
    while unique in taken:
        number, unique = number + 1, f"{name} ({number})"
    return unique
