"""Programs that attack: each is contained, fails, and the next one on the worker is undisturbed."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from julja.sandbox import Limits, sandbox_status
from julja.sandbox.pool import Pool

pytestmark = pytest.mark.sandbox
QUICK = Limits(timeout_s=1.0, memory_mb=256, disk_mb=8)
PATIENT = Limits(timeout_s=10.0, memory_mb=256, disk_mb=8)
NEXT = """
import os, math
assert os.listdir("/tmp") == [] and os.listdir("/dev/shm") == []
open("/tmp/mine", "w").write("x" * 1000)
assert os.fork() is not None
assert math.sqrt(16) == 4
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    works, text = sandbox_status()
    if not works:
        pytest.skip(text)
    made = Pool(size=1)
    yield made
    made.close()


FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
FILLS_DISK = """
n = 0
while True:
    n += 1
    with open(f"/tmp/{n}", "wb") as file:
        file.write(b"x" * 1_000_000)
"""
FILLS_SHARED_MEMORY = FILLS_DISK.replace("/tmp/", "/dev/shm/")
DEEP_FOLDERS = """
import os
while True:
    os.mkdir("d")
    os.chdir("d")
"""
LOCKED_FOLDER = """
import os
os.makedirs("/tmp/a/b")
os.chmod("/tmp/a", 0)
raise SystemExit
"""
IGNORES_SIGNALS = """
import signal
for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT, signal.SIGXCPU, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
"""
BACKGROUND = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            try:
                open("/tmp/left-behind", "a").write("x")
            except OSError:
                pass
time.sleep(0.1)
raise SystemExit
"""
KILLS_ALL = """
import os, signal
for target in (os.getppid(), 1, -1, 0):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(target, number)
        except OSError:
            pass
"""
STARVES_PARENT = """
import os, resource
resource.prlimit(1, resource.RLIMIT_NPROC, (0, 0))
"""
CLOSES_ALL = """
import os
os.closerange(0, 4096)
os._exit(0)
"""
FLOODS_ALL = """
import os
for fd in range(4096):
    try:
        os.set_blocking(fd, False)
        os.write(fd, b"passed" * 100)
    except OSError:
        pass
os._exit(0)
"""
MONKEY = """
import builtins, os, sys, traceback
class Nothing(BaseException): pass
os._exit = sys.exit = lambda *args: None
os.getpid = lambda: 1
os.write = lambda fd, data: len(data)
builtins.BaseException = builtins.MemoryError = builtins.AssertionError = Nothing
traceback.print_exception = lambda *args, **kwargs: None
sys.stdout = sys.stderr = None
raise ValueError
"""
HOSTILE = {
    "fork bomb": (FORK_BOMB, "timeout"),
    "fills disk": (FILLS_DISK, "failed"),
    "fills shared memory": (FILLS_SHARED_MEMORY, "failed"),
    "one large file": ('open("/tmp/big", "wb").write(b"x" * 20_000_000)', "failed"),
    "deep folders": (DEEP_FOLDERS, None),
    "locked folder": (LOCKED_FOLDER, "exited"),
    "fills memory": ('x = [b"y" * 1_000_000 for _ in range(10_000)]', "memory"),
    "reads passwd": ('print(open("/etc/passwd").read())', "failed"),
    "reads root's home": ('import os; print(os.listdir("/root"))', "failed"),
    "reads proc": ('import os; print(os.listdir("/proc"))', "failed"),
    "writes to the system": ('open("/usr/lib/x", "w")', "failed"),
    "writes to the root": ('open("/x", "w")', "failed"),
    "starts a system program": ('import subprocess; subprocess.run(["/bin/ls"])', "failed"),
    "raw socket": ("import socket; socket.socket(17, 3)", "failed"),
    "virtual machine socket": ("import socket; socket.socket(40, 1)", "failed"),
    "kills everything": (KILLS_ALL, "crashed"),
    "starves its parent": (STARVES_PARENT, "failed"),
    "slows its parent": ("import os; os.setpriority(os.PRIO_PROCESS, 1, 19)", "failed"),
    "traces its parent": (
        "import ctypes; assert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
        "failed",
    ),
    "new namespace": (
        "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
        "failed",
    ),
    "prints without end": ('while True: print("x" * 1000)', "output"),
    "errors without end": ('import os\nwhile True: os.write(2, b"x" * 1000)', "output"),
    "ignores signals": (IGNORES_SIGNALS, "timeout"),
    "never ends": ("while True: pass", "timeout"),
    "sleeps": ("import time; time.sleep(1000)", "timeout"),
    "waits for input": ("input()", "failed"),
    "recursion": ("def f(): f()\nf()", "failed"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "background process": (BACKGROUND, "exited"),
    "leaves": ("import os; os._exit(0)", "exited"),
    "exits": ("import sys; sys.exit(0)", "exited"),
    "quits": ("quit()", "exited"),
    "leaves at exit": ("import atexit, os; atexit.register(os._exit, 0); assert 0", "failed"),
    "leaves in a fork": ("import os\nif os.fork(): raise ValueError", "failed"),
    "says passed": ('print("passed"); raise SystemExit(0)', "exited"),
    "closes all": (CLOSES_ALL, "exited"),
    "writes everywhere": (FLOODS_ALL, "exited"),
    "replaces builtins": (MONKEY, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_fails_and_the_next_one_passes(name: str, pool: Pool) -> None:
    program, reason = HOSTILE[name]
    started = time.monotonic()

    outcome = pool.run(program, limits=QUICK if reason in ("timeout", None) else PATIENT)

    assert not outcome.passed
    assert outcome.reason != "passed"
    assert reason in (None, outcome.reason), outcome
    assert time.monotonic() - started < 9
    following = pool.run(NEXT, limits=PATIENT)
    assert following.passed, following


def test_no_listener_of_the_host_can_be_reached(pool: Pool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]

        outcome = pool.run(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)")

        assert outcome.reason == "failed"
        assert "ConnectionRefusedError" in outcome.stderr or "unreachable" in outcome.stderr
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_checkout_and_the_home_are_not_there(pool: Pool, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    program = "import os\n" + "\n".join(
        f"assert not os.path.exists({str(path)!r})"
        for path in (secret, Path(__file__), Path.home(), Path("/etc/shadow"), Path("/var"))
    )

    assert pool.run(program).passed


def test_a_program_sees_no_environment_and_is_nobody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-1")
    fresh = Pool(size=1)
    program = (
        "import os, socket\n"
        "assert not [name for name in os.environ if 'KEY' in name], os.environ\n"
        "assert os.getuid() >= 65534 and os.geteuid() == os.getuid()\n"
        "assert socket.gethostname() == 'sandbox'\n"
        "assert os.getppid() == 1\n"
    )
    outcome = fresh.run(program)
    fresh.close()

    assert outcome.passed, outcome


def test_processes_are_counted(pool: Pool) -> None:
    program = """
import os, time
started = 0
try:
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(10)
            os._exit(0)
        started += 1
except OSError:
    pass
print(started)
"""
    outcome = pool.run(program, limits=Limits(processes=8))

    assert outcome.passed, outcome
    assert outcome.stdout == "7\n"


def test_threads_and_locks_work(pool: Pool) -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
import multiprocessing
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
with multiprocessing.Lock():
    pass
"""
    assert pool.run(program).passed
