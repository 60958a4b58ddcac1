"""The pool: output, input, limits, many threads, broken workers, missing bubblewrap."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from julja.errors import SandboxError
from julja.sandbox import Limits, bubblewrap, open_sandbox, pool, sandbox_status
from julja.sandbox.pool import Pool
from julja.sandbox.usage import descendants

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def two() -> Iterator[Pool]:
    works, text = sandbox_status()
    if not works:
        pytest.skip(text)
    made = Pool(size=2)
    yield made
    made.close()


@pytest.fixture
def no_memory_of_bubblewrap() -> Iterator[None]:
    bubblewrap.bubblewrap.cache_clear()
    yield
    bubblewrap.bubblewrap.cache_clear()


def test_output_and_input(two: Pool) -> None:
    program = "import sys; print(input().upper()); print('né', file=sys.stderr)"

    outcome = two.run(program, stdin="hello\nrest")

    assert (outcome.passed, outcome.reason) == (True, "passed")
    assert (outcome.stdout, outcome.stderr) == ("HELLO\n", "né\n")
    assert outcome.seconds < 1


def test_a_large_input_and_a_large_program(two: Pool) -> None:
    program = f"data = {'x' * 300_000!r}\nimport sys\nassert len(sys.stdin.read()) == 3_000_000"

    assert two.run(program, stdin="y" * 3_000_000).passed


def test_an_exception_shows_its_line(two: Pool) -> None:
    outcome = two.run("def f(x):\n    return x + 1\n\nassert f(1) == 3\n")

    assert outcome.reason == "failed"
    assert outcome.stderr.splitlines()[1:3] == [
        '  File "<program>", line 4, in <module>',
        "    assert f(1) == 3",
    ]
    assert outcome.stderr.endswith("AssertionError\n")


def test_output_is_cut(two: Pool) -> None:
    outcome = two.run('print("x" * 100_000)', limits=Limits(output_kb=1))

    assert outcome.passed
    assert outcome.stdout == "x" * 1024


@pytest.mark.parametrize("program", ["x = 1\0", "x = '\ud800'", "", "\ufeffx = 1"])
def test_odd_texts_are_programs_too(two: Pool, program: str) -> None:
    outcome = two.run(program, stdin="\ud800\0")

    assert outcome.reason in ("passed", "failed")


def test_the_name_decides_whether_the_main_block_runs(two: Pool) -> None:
    program = 'if __name__ == "__main__":\n    raise ValueError\n'

    assert two.run(program).reason == "failed"
    assert two.run(program, name="program").passed


def test_dataclasses_and_pickles_find_their_module(two: Pool) -> None:
    program = (
        "from __future__ import annotations\n"
        "import pickle\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Point:\n    x: int\n"
        "assert pickle.loads(pickle.dumps(Point(1))) == Point(1)\n"
    )
    assert two.run(program, name="program").passed


def test_sets_have_the_same_order_every_time(two: Pool) -> None:
    program = 'print(list({"apple", "pear", "plum", "fig", "date"}))'

    assert len({two.run(program).stdout for _ in range(4)}) == 1


def test_two_workers_run_at_once(two: Pool) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(two.run, ["import time; time.sleep(1)"] * 2))

    assert all(outcome.passed for outcome in outcomes)
    assert time.monotonic() - started < 1.8


def test_a_worker_survives_the_thread_that_started_it() -> None:
    single = Pool(size=1)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(single.run, "pass").result().passed
    worker = single._idle.queue[0]
    assert single.run("pass").passed
    assert single._idle.queue[0] is worker
    single.close()


def test_a_worker_that_dies_fails_its_program_and_is_replaced() -> None:
    single = Pool(size=1)
    assert single.run("pass").passed
    worker = single._idle.queue[0]
    assert worker is not None
    inside = next(descendants(worker.process.pid))
    threading.Timer(0.3, os.kill, (inside, signal.SIGKILL)).start()

    assert single.run("import time; time.sleep(2)").reason == "crashed"
    assert single.run("pass").passed
    single.close()


def test_a_worker_that_died_while_idle_is_replaced_unseen() -> None:
    single = Pool(size=1)
    assert single.run("pass").passed
    worker = single._idle.queue[0]
    assert worker is not None
    os.kill(next(descendants(worker.process.pid)), signal.SIGKILL)
    worker.process.wait()

    assert single.run("pass").passed
    single.close()


def test_many_processes_together_take_too_much_memory() -> None:
    single = Pool(size=1)
    program = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        break
data = bytearray(os.urandom(1) * 100_000_000)
time.sleep(2)
"""
    outcome = single.run(program, limits=Limits(memory_mb=256))

    assert outcome.reason == "memory"
    assert single.run("pass").passed
    single.close()


def test_a_closed_pool_says_so() -> None:
    single = Pool(size=1)
    single.close()

    with pytest.raises(SandboxError, match="closed"):
        single.run("pass")


def test_nothing_is_left_running() -> None:
    single = Pool(size=1)
    single.run("pass")
    worker = single._idle.queue[0]
    assert worker is not None
    pids = [worker.process.pid, *descendants(worker.process.pid)]
    single.close()

    assert len(pids) == 2
    assert not Path(f"/proc/{pids[0]}").exists()
    deadline = time.monotonic() + 2
    while Path(f"/proc/{pids[1]}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{pids[1]}").exists()


def test_the_process_shares_one_pool() -> None:
    assert open_sandbox() is open_sandbox()


@pytest.mark.usefixtures("no_memory_of_bubblewrap")
def test_without_bubblewrap_it_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SandboxError, match=r"not installed.*apt-get install bubblewrap"):
        Pool(size=1)
    monkeypatch.setattr(pool, "_shared", None)
    works, text = sandbox_status()
    assert not works
    assert "--unsafe-local" in text


@pytest.mark.usefixtures("no_memory_of_bubblewrap")
def test_where_bubblewrap_is_not_permitted_it_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(SandboxError, match="No permissions to create new namespace") as caught:
        Pool(size=1).run("pass")
    assert caught.value.hint is not None
    assert "--unsafe-local" in caught.value.hint


def test_the_status_tells_what_it_tried() -> None:
    works, text = sandbox_status()

    assert works
    assert "no network, no host files" in text


AS_ORDINARY_USER = """
import sys
if sys.version_info < (3, 11):
    raise SystemExit("too old")
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from julja.sandbox.pool import Pool

pool = Pool(size=1)
print(pool.run("import os; assert os.getuid() == 65534").reason)
print(pool.run("import os\\nwhile True: os.fork()").reason)
print(pool.run("import os\\nos.chmod('/tmp', 0)").reason)
print(pool.run("open('/tmp/x', 'w').write('x')").reason)
pool.close()
"""


def test_it_works_for_an_ordinary_user() -> None:
    interpreter, source = "/usr/bin/python3", Path(pool.__file__).parents[2]
    if os.getuid() != 0 or not Path(interpreter).exists():
        pytest.skip("needs root, to become somebody else, and a python that all can run")
    ran = subprocess.run(
        [interpreter, "-c", AS_ORDINARY_USER, str(source)],
        user=1000,
        group=1000,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    for reason in ("No module named 'julja'", "PermissionError", "too old"):
        if reason in ran.stderr:
            pytest.skip(f"{interpreter}: {reason}")

    assert ran.stdout.split() == ["passed", "failed", "passed", "passed"], ran.stderr


def test_a_worker_that_fails_to_start_on_a_busy_machine_is_started_again(
    two: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real, tries = Pool(size=1), pool.Worker, []
    assert made.run("pass").passed  # the walls are known from here on
    (worker,) = (made._idle.get(),)
    assert worker is not None
    worker.stop()
    made._idle.put(None)

    def flaky(walls: object) -> pool.Worker:
        tries.append(walls)
        if len(tries) < pool.STARTS:
            raise SandboxError("no memory for a moment")
        return real(walls)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "Worker", flaky)
    assert made.run("print(1)").passed
    assert len(tries) == pool.STARTS
    made.close()
