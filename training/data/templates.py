"""Which question is asked about a sample: one of the fifty templates of its task at random, as the paper describes.

The templates are our own (``training.synthetic.text.questions``); the hundred of the paper are not published. The
choice depends on the seed, the task and the sample's id alone: it is the same whatever the order or the process.
"""

import hashlib

from training.data.records import Task
from training.synthetic.text import questions


def sample_question(task: Task, sample_id: str, seed: int = 0) -> str:
    """Return the question of a sample, each of the task's fifty as likely over many ids."""
    known = questions(task)
    digest = hashlib.sha256(f"{seed}/{task}/{sample_id}".encode()).digest()
    return known[int.from_bytes(digest[:8], "big") % len(known)]
