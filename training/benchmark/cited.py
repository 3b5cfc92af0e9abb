"""Results that others published, read from a versioned file with the source of each row."""

import functools
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

_FILE = Path(__file__).with_name("cited_results.json")


@functools.cache
def cited_results() -> MappingProxyType[str, Any]:
    """Return ``version``, ``note``, ``sources``, ``faba_bench``, ``released_action_units`` and ``classic``."""
    return MappingProxyType(json.loads(_FILE.read_text(encoding="utf-8")))
