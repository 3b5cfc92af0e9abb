"""What a result was made with: versions of the libraries and the git revision of the code."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emola import __version__

if TYPE_CHECKING:
    import torch

_LIBRARIES: Final = ("torch", "transformers", "peft", "accelerate", "safetensors", "numpy", "bitsandbytes", "deepspeed")
_CODE: Final = Path(__file__).resolve().parent


def describe_software() -> dict[str, Any]:
    """Return versions by library and the git revision, without libraries or a repository that are not there."""
    versions = {"emola": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    return {"versions": versions, "git": git_revision()}


def device_name(device: "torch.device") -> str:
    """Return the name of a GPU, or the kind of another device, as ``run.json`` notes it."""
    if device.type != "cuda":
        return device.type
    import torch  # whoever has such a device has it loaded; the benchmark's notes do without

    return torch.cuda.get_device_name(device)


def git_revision(folder: Path = _CODE) -> str | None:
    """Return the commit of the code, with ``+changes`` when files differ from it; None outside a repository."""
    revision = _git(folder, "rev-parse", "HEAD")
    if not revision:
        return None
    return f"{revision}+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else revision


def _git(folder: Path, *arguments: str) -> str:
    """Return what git prints, or nothing when there is no git or no repository."""
    try:
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
