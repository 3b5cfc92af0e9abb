"""Where runs and jobs lie unless a command names another folder."""

import os
from pathlib import Path


def default_runs() -> Path:
    """Return the folder of training and benchmark runs: ``EMOLA_RUNS``, else ``runs``."""
    return Path(os.environ.get("EMOLA_RUNS") or "runs")


def jobs_folder(runs: Path) -> Path:
    """Return the folder of the jobs among the runs."""
    return runs / "jobs"
