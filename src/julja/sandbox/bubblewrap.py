"""The walls of a sandbox: one bubblewrap command line for each way of building them.

Inside there is the interpreter, the system's libraries, two small scratch disks and five
device files; no network, no /proc, no /etc, no /usr/bin, no home, no environment.
"""

import itertools
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from julja.errors import SandboxError
from julja.sandbox.seccomp import build_filter

SCRATCH_MB = 64
DEVICES = ("null", "zero", "full", "random", "urandom")
LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64")
ZONES = "/usr/share/zoneinfo"
INSTALL = (
    "Install it (apt-get install bubblewrap), or pass --unsafe-local to run without a sandbox."
)
# uids that nobody has on a usual system (systemd's table of uid ranges); one for each worker,
# because the kernel counts processes by uid.
FIRST_UID = 1879048192
_workers = itertools.count()


@dataclass(frozen=True, slots=True)
class Walls:
    """One way of building the sandbox, `real_ids`: root, without a user namespace."""

    name: str
    real_ids: bool


USER_NAMESPACE = Walls("user namespace", real_ids=False)
ROOT = Walls("root", real_ids=True)


def possible_walls() -> tuple[Walls, ...]:
    """The ways to try, best first.

    Root without a user namespace can give each worker a uid of its own, which the kernel's
    process limit needs: it does not bind root. Containers often permit only the other one.
    """
    return (ROOT, USER_NAMESPACE) if os.geteuid() == 0 else (USER_NAMESPACE,)


@cache
def bubblewrap() -> tuple[str, str]:
    """The program and what its help says it can do."""
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap (bwrap) is not installed: code can't be run.", hint=INSTALL)
    try:
        said = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"{path} can't be run: {error}.", hint=INSTALL) from error
    return path, said.stdout + said.stderr


@cache
def guest_source() -> str:
    """The text of the program that runs inside."""
    return Path(__file__).with_name("guest.py").read_text(encoding="utf-8")


def start(walls: Walls) -> subprocess.Popen[bytes]:
    """Start a worker: `guest.serve` as process 1 of new namespaces, frames on stdin and stdout."""
    return _starter(os.getpid()).submit(_start, walls).result()


@cache
def _starter(process: int) -> ThreadPoolExecutor:
    """The thread that starts all workers of this process.

    bubblewrap dies with the thread that started it: this one lives as long as the interpreter.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"julja-sandbox-{process}")


def _start(walls: Walls) -> subprocess.Popen[bytes]:
    fd = _filter_fd()
    try:
        # The kernel should take a sandbox before anything else when memory runs out.
        first = 'echo 1000 2>/dev/null >/proc/self/oom_score_adj; exec "$0" "$@"'
        return subprocess.Popen(
            ["/bin/sh", "-c", first, *command(walls, fd)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=() if fd is None else (fd,),
            bufsize=0,
            cwd="/",
        )
    except OSError as error:
        raise SandboxError(f"the sandbox can't be started: {error}.") from error
    finally:
        if fd is not None:
            os.close(fd)


def _filter_fd() -> int | None:
    program = build_filter(os.uname().machine)
    if program is None:
        return None
    fd = os.memfd_create("filter")
    os.write(fd, program)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def command(walls: Walls, filter_fd: int | None) -> list[str]:
    """The command line of one worker."""
    path, can = bubblewrap()
    uid = FIRST_UID + (os.getpid() * 256 + next(_workers) % 256) % (1 << 27)
    interpreter, binds = _interpreter()
    words = [path, *_namespaces(walls, can), "--new-session", "--die-with-parent", "--as-pid-1"]
    words += ["--clearenv", "--setenv", "HOME", "/tmp"]
    words += ["--setenv", "LANG", "C.UTF-8", "--setenv", "LD_LIBRARY_PATH", "/runtime/lib"]
    # A fixed hash seed: the order of sets must not change a verdict.
    words += ["--setenv", "PYTHONHASHSEED", "0", "--hostname", "sandbox"]
    # Named, because folders that bubblewrap makes on its way are closed to other uids.
    for folder in ("/usr", "/usr/bin", "/usr/share", "/dev"):
        words += ["--dir", folder]
    words += [*_libraries(), *binds, "--ro-bind-try", ZONES, ZONES]
    for device in DEVICES:
        words += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for folder in ("/tmp", "/dev/shm"):
        words += ["--perms", "1777", "--size", str(SCRATCH_MB << 20), "--tmpfs", folder]
    words += ["--remount-ro", "/", "--chdir", "/tmp"]
    if filter_fd is not None:
        words += ["--seccomp", str(filter_fd)]
    return [*words, interpreter, "-S", "-P", "-s", "-B", "-c", guest_source(), "serve", str(uid)]


def _namespaces(walls: Walls, can: str) -> list[str]:
    if walls.real_ids:
        kept = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        spaces = ["ipc", "pid", "net", "uts", "cgroup-try"]
        return [*(f"--unshare-{space}" for space in spaces), "--cap-drop", "ALL", *kept]
    words = ["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    if "--disable-userns" in can:
        words.append("--disable-userns")
    return [*words, "--cap-drop", "ALL"]


def _interpreter() -> tuple[str, list[str]]:
    """This interpreter's path inside, and the bind that brings it there."""
    real, prefix = Path(sys.executable).resolve(), Path(sys.base_prefix).resolve()
    if real.is_relative_to(prefix) and prefix != Path("/usr"):
        return f"/runtime/{real.relative_to(prefix)}", ["--ro-bind", str(prefix), "/runtime"]
    if not real.is_relative_to("/usr"):
        real = Path("/usr/bin/python3").resolve()
    return str(real), ["--ro-bind", str(real), str(real)]


def _libraries() -> list[str]:
    """/lib and its like: links into /usr on merged systems, folders of their own on others."""
    words: list[str] = []
    for folder in LIBRARIES:
        path = Path(folder)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), folder]
        elif path.is_dir():
            words += ["--ro-bind", folder, folder]
    return words
