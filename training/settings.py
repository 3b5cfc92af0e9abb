"""Turn a YAML file and ``section.key=value`` changes into frozen dataclasses, naming every mistake at once.

A setting is a dataclass field of type bool, int, float, str, Path, tuple[str, ...], Literal or one of these or None;
limits come from :func:`setting`. Nothing here knows which settings there are.
"""

import difflib
import types
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from emola.errors import InputError

T = TypeVar("T")


def setting(
    default: Any = MISSING, *, at_least: float | None = None, above: float | None = None, at_most: float | None = None
) -> Any:
    """Return a dataclass field whose numbers must lie within limits; without a default it must be given."""
    return field(default=default, metadata={"at_least": at_least, "above": above, "at_most": at_most})


class ConfigFaults:
    """Mistakes of one configuration, in the order found."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[str] = []
        self.wrong: set[str] = set()

    def add(self, fault: str, *settings: str) -> None:
        """Note one mistake, without a full stop, and the settings that have no usable value because of it."""
        self.found.append(fault)
        self.wrong.update(settings)

    def add_contradiction(self, holds: bool, fault: str, *settings: str) -> None:
        """Note a mistake between settings if ``holds``, unless one of them or its section is wrong in itself."""
        spoilt = {*settings, *(name.split(".")[0] for name in settings)} & self.wrong
        if holds and not spoilt:
            self.found.append(fault)

    def raise_if_any(self) -> None:
        """Raise one InputError that lists every mistake noted."""
        if len(self.found) == 1:
            (fault,) = self.found
            raise InputError(f"{self.where} has a mistake: {fault}{'' if fault.endswith('?') else '.'}")
        if self.found:
            lines = "".join(f"\n- {fault}" for fault in self.found)
            raise InputError(f"{self.where} has {len(self.found)} mistakes:{lines}")


def read_settings(path: Path, changes: Sequence[str], faults: ConfigFaults) -> dict[str, Any]:
    """Return the sections of a YAML file after the changes; a change that cannot be understood is noted.

    Raises:
        InputError: if the file is missing, is no YAML, or holds no sections; nothing else can be said then.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the configuration file (.yaml) in it.")
    if not path.is_file():
        raise InputError(f"There is no configuration file {path}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold sections of 'key: value' lines.")
    for change in changes:
        _apply(content, change, faults)
    return content


def build(kind: type[T], content: Any, faults: ConfigFaults, section: str = "") -> T:
    """Return the dataclass ``kind`` filled from ``content``; a value that is wrong is noted and stands as None.

    Args:
        kind: a dataclass; fields that are dataclasses themselves are sections.
        content: mapping of setting to value.
        faults: where mistakes are noted.
        section: name of the section, for the sentences.
    """
    if not isinstance(content, dict):
        faults.add(f"{section or 'the file'} must hold 'key: value' lines, not {content!r}", section)
        content = {}
    hints, known = get_type_hints(kind), {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in content.items():
        full = f"{section}.{key}" if section else str(key)
        if key not in known:
            faults.add(f"there is no setting {full}{_nearest(str(key), known, section)}")
        elif is_dataclass(hints[key]):
            values[key] = build(hints[key], {} if value is None else value, faults, full)
        else:
            values[key] = _convert(value, hints[key], known[key], full, faults)
    _fill(known, hints, values, faults, section)
    return kind(**values)


def _fill(
    known: dict[str, Field[Any]], hints: dict[str, Any], values: dict[str, Any], faults: ConfigFaults, section: str
) -> None:
    """Build sections that were left out from their defaults; note settings that have none."""
    for name, item in known.items():
        full = f"{section}.{name}" if section else name
        if name in values:
            continue
        if is_dataclass(hints[name]):
            values[name] = build(hints[name], {}, faults, full)
        elif item.default is MISSING and item.default_factory is MISSING:
            values[name] = None
            if section not in faults.wrong:
                faults.add(f"{full} is missing", full)


def _apply(content: dict[str, Any], change: str, faults: ConfigFaults) -> None:
    """Put one ``section.key=value`` into the sections."""
    name, equals, text = change.partition("=")
    *sections, key = name.strip().split(".")
    if not equals or not all([*sections, key]):
        faults.add(f"the change {change!r} is not of the form section.key=value")
        return
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        faults.add(f"the value of the change {change!r} cannot be read")
        return
    place: Any = content
    for section in sections:
        if place.get(section) is None:
            place[section] = {}
        place = place[section]
        if not isinstance(place, dict):
            faults.add(f"the change {change!r} goes into {section}, which is no section")
            return
    place[key] = value


def _nearest(key: str, known: Iterable[str], section: str) -> str:
    """Return words that name the setting most like ``key``."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    prefix = f"{section}." if section else ""
    return f"; did you mean {prefix}{near[0]}?" if near else f"; there are {', '.join(prefix + name for name in known)}"


def _convert(value: Any, hint: Any, item: Field[Any], name: str, faults: ConfigFaults) -> Any:
    """Return ``value`` as the type of its field, or note what is wrong and return None."""
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    kind = next(option for option in options if option is not type(None))
    converted = _CONVERTERS[kind](value) if kind in _CONVERTERS else _choose(value, kind)
    if converted is None:
        empty = ", or null" if type(None) in options else ""
        faults.add(f"{name} must be {_words(kind)}{empty}, not {value!r}", name)
    elif limits := _beyond(converted, item.metadata):
        faults.add(f"{name} must be {limits}, not {value!r}", name)
    return converted


def _beyond(value: Any, limits: Any) -> str:
    """Return the limits in words if ``value`` breaks one, else an empty text."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    least, above, most = (limits.get(name) for name in ("at_least", "above", "at_most"))
    fits = (least is None or value >= least) and (above is None or value > above) and (most is None or value <= most)
    words = [
        f"{phrase} {limit}"
        for phrase, limit in (("at least", least), ("above", above), ("at most", most))
        if limit is not None
    ]
    return "" if fits else " and ".join(words)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    """Return a finite number; YAML reads ``1e-4`` (without a dot) as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _path(value: Any) -> Path | None:
    return None if _text(value) is None else Path(value)


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return several texts; one alone counts as a list of one, null as none."""
    values = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(text, str) and text.strip() for text in values):
        return None
    return tuple(values)


def _choose(value: Any, kind: Any) -> Any:
    """Return a value of a Literal."""
    return value if get_origin(kind) is Literal and value in get_args(kind) and not isinstance(value, bool) else None


_CONVERTERS: dict[Any, Any] = {
    int: _whole,
    float: _number,
    bool: _truth,
    str: _text,
    Path: _path,
    tuple[str, ...]: _texts,
}


def _words(kind: Any) -> str:
    """Return what a type asks for, in words."""
    names = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "text",
        Path: "a path",
        tuple[str, ...]: "a list of texts",
    }
    return names.get(kind) or f"one of {', '.join(map(str, get_args(kind)))}"
