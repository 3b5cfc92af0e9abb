"""Files that hold password hashes and the key of face addresses: for the account that runs the program, nobody else.

All of it is about POSIX modes; elsewhere the folder's own rights decide.
"""

import os
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700
_OTHERS: Final = 0o007


def create_private(path: str | Path, flags: int = 0) -> int:
    """Open a file, made with mode 0600 where there is none, and return its descriptor; an ``opener`` of ``open``."""
    return os.open(path, flags | os.O_CREAT, FILE)


def create_private_folder(folder: Path) -> None:
    """Make a folder with mode 0700 and what is missing above it; one that is there stays as it is."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def close_to_others(path: Path) -> None:
    """Give mode 0600 to a file of ours that everybody on the machine could open.

    Versions before made databases with the mode of the umask, mostly 0644. A file that is closed to everybody but a
    group was made so on purpose, for a team on one machine, and stays; so does a file of another account.
    """
    if os.name != "posix" or not path.is_file():
        return
    found = path.stat()
    if found.st_uid == os.getuid() and found.st_mode & _OTHERS:
        path.chmod(FILE)
