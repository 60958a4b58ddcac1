"""kill -9 at random moments loses no finished response; resuming gives the same run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_records(tmp_path):
    driver = Path(__file__).parent / "crash_driver.py"
    done = subprocess.run(
        [sys.executable, str(driver), str(tmp_path), "20"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["killed_midway"] >= 15
    assert found["asked_again"] == 0
