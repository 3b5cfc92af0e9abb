"""A command for jobs that is small enough to run and kill many times."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from training.jobs.board import Jobs
from training.jobs.job import Job, Stage

COUNT = '''
"""Count into a file, a line a step; continue where it was; 'fail' ends with a sentence, 'deaf' ignores Ctrl+C."""
import signal, sys, time
from pathlib import Path
path, steps, seconds, manner = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
if manner == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
done = len(path.read_text().split()) if path.exists() else 0
for step in range(done, steps):
    time.sleep(seconds)
    with path.open("a") as file:
        file.write(f"{step}\\n")
if manner == "fail":
    sys.exit("The number 7 is missing; give it.")
print("counted")
'''


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """Return a stage that counts into ``count.txt`` of its job."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "count_steps.py").write_text(COUNT)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))

    def stage(steps: int = 3, seconds: float = 0.01, manner: str = "", file: str = "count.txt") -> Stage:
        return Stage("Counting", "count_steps", (f"{{job}}/{file}", str(steps), str(seconds), manner))

    return stage


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """Jobs in an empty folder."""
    return Jobs(tmp_path / "jobs")


@pytest.fixture
def wait_for() -> Callable[..., Job]:
    """Wait until a job is in one of some states, or does something; fail with its log after a minute."""

    def wait(jobs: Jobs, name: str, *states: str, until: Callable[[Job], bool] | None = None) -> Job:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            job = jobs.get(name)
            if job.state in states or (until is not None and until(job)):
                return job
            assert not (job.is_over and states), f"{job.state}: {job.reason}\n{jobs.log_tail(name)}"
            time.sleep(0.05)
        pytest.fail(f"{job}\n{jobs.log_tail(name)}")

    return wait
