"""Which program made a record: its version, and the commit it was started from."""

import subprocess
from functools import cache
from pathlib import Path

from emola import __version__

APP_VERSION = __version__


@cache
def git_revision() -> str | None:
    """Return the commit of the checkout this program runs from, or None when it runs from none.

    A "+" behind it says that files differ from that commit.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        revision = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{revision}+" if changed else revision


def _git(root: Path, *arguments: str) -> str:
    run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=30)
    return run.stdout.strip()
