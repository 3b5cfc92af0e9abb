import os
import subprocess
import sys

import pytest

CODE = "import sys; from emola.exit_code import exit_code; sys.exit(exit_code(lambda: print('x' * {length})))"


@pytest.mark.parametrize("length", [1, 1_000_000], ids=["buffered", "while printing"])
def test_a_reader_that_has_gone_is_no_traceback(length):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-c", CODE.format(length=length)], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
