"""The inside of a sandbox: the process that runs programs, one after another.

Standard library only, and self-contained: its text is handed to a bare interpreter (`python -c`).
As process 1 of a worker's namespaces it forks a child for every program, watches the child's time
and output, then kills whatever is left, empties the scratch disks and reports. `once` runs a
single program in a plain process, for `--unsafe-local`.

A frame on the wire is a 4-byte big-endian length and a JSON object.

A program has passed when its child wrote the key to the verdict pipe after the program's last
statement ran. Leaving early (`sys.exit`, `os._exit`, a signal), printing, closing or filling
descriptors and replaced builtins are no pass. It is no defence against a program that searches the
interpreter's own frames or memory for the key, or that fools the tests themselves (an object
that equals everything): tests that share a process with the tested code can't be. The scorer
points out passing programs that touch frames, traces or memory.
"""

# Descriptors and bare paths are what this file is about.
# ruff: noqa: PTH101, PTH108, PTH116, SIM115

import contextlib
import fcntl
import json
import os
import resource
import select
import shutil
import signal
import struct
import sys
import time
import traceback
from typing import Any

SCRATCH = ("/tmp", "/dev/shm")
# Imported once, so that the fork of a program finds them loaded.
PRELOAD = (
    "bisect,collections,copy,dataclasses,datetime,enum,fractions,functools,hashlib,heapq,io,"
    "itertools,linecache,math,operator,random,re,statistics,string,threading,types,typing"
)
FLOOD_FACTOR = 256


def read_exactly(fd: int, size: int) -> bytes:
    """Exactly `size` bytes, or `EOFError`."""
    parts: list[bytes] = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> Any:
    """One frame: the JSON value in it."""
    (size,) = struct.unpack(">I", read_exactly(fd, 4))
    return json.loads(read_exactly(fd, size))


def write_frame(fd: int, value: Any) -> None:
    """Send a JSON value as one frame."""
    body = json.dumps(value).encode()
    view = memoryview(struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def drop_rights(uid: int) -> None:
    """Stop being root where the namespace has real ids; close this process's memory to others."""
    if os.getuid() == 0:
        os.setgroups([])
        for wanted in (uid, 65534):
            try:
                os.setresgid(wanted, wanted, wanted)
                os.setresuid(wanted, wanted, wanted)
                break
            except OSError:
                continue
    if os.getuid() == 0:
        raise SystemExit("the sandbox could not give up root")
    # Where ctypes is missing: there is no /proc, and the system-call filter refuses ptrace too.
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
        prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: a change of uid has cleared it


def set_limits(limits: dict[str, Any], *, all_needed: bool = True) -> None:
    """Put the limits on this process and all that it starts; they can't be raised again.

    Without `all_needed` a limit that this system doesn't know is left out.
    """
    megabyte = 1 << 20
    seconds = int(limits["timeout_s"]) + 2
    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: limits["memory_mb"] * megabyte,
        resource.RLIMIT_FSIZE: limits["disk_mb"] * megabyte,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
    }
    if limits["processes"]:
        wanted[resource.RLIMIT_NPROC] = limits["processes"] + 1
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            if all_needed:
                raise


def add_site_names() -> None:
    """`exit`, `quit` and `help`, which a bare interpreter lacks."""
    import _sitebuiltins
    import builtins

    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D")
    builtins.help = _sitebuiltins._Helper()


def execute(source: str, name: str, verdict: int, key: bytes) -> None:
    """Run a program to its end and say on the verdict pipe how it went. Never returns."""
    import linecache
    import types

    # Bound now: the program may replace any of them.
    write, leave, getpid, me = os.write, os._exit, os.getpid, os.getpid()
    show, streams = traceback.print_exception, (sys.stdout, sys.stderr)
    module = types.ModuleType(name)
    sys.modules["__main__"] = sys.modules[name] = module
    linecache.cache["<program>"] = (len(source), None, source.splitlines(True), "<program>")
    outcome = b"failed"
    try:
        exec(compile(source, "<program>", "exec", dont_inherit=True), module.__dict__)
        outcome = key
    except MemoryError:
        outcome = b"memory"
    except SystemExit:
        outcome = b"exited"
        streams[1].write("SystemExit before the end of the program\n")
    except BaseException as error:
        trace = error.__traceback__
        show(type(error), error, trace.tb_next if trace else None, file=streams[1])
    finally:
        for stream in streams:
            try:  # noqa: SIM105 - the program may have replaced contextlib
                stream.flush()
            except BaseException:
                pass
        if getpid() == me:
            write(verdict, outcome)
        leave(0 if outcome is key else 1)


def become_program(request: Any, pipes: tuple[int, ...], key: bytes) -> None:
    """The forked child: own session, own descriptors, limits, then the program."""
    try:
        os.setsid()
        stdin, out, err, verdict = pipes
        high = fcntl.fcntl(verdict, fcntl.F_DUPFD, 64 + key[0] % 128)
        for fd, place in ((stdin, 0), (out, 1), (err, 2)):
            os.dup2(fd, place)
        os.closerange(3, high)
        os.closerange(high + 1, 1024)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
        sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)
        sys.argv = ["program.py"]
        set_limits(request["limits"])
        execute(request["program"], request["name"], high, key)
    except BaseException as error:
        os.write(2, f"the program could not be started: {error!r}\n".encode())
    finally:
        os._exit(1)


def memory_file(data: bytes) -> int:
    """A descriptor to read `data` from, so that nobody has to feed a pipe."""
    fd = os.memfd_create("data")
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def run_program(request: Any) -> dict[str, Any]:
    """Fork, watch and sum up one program."""
    key = os.urandom(24).hex().encode()
    stdin = memory_file(request["stdin"].encode("utf-8", "surrogatepass"))
    ends = [os.pipe() for _ in range(3)]
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        become_program(request, (stdin, *(write for _, write in ends)), key)
    for fd in (stdin, *(write for _, write in ends)):
        os.close(fd)
    readers = [read for read, _ in ends]
    try:
        ended, status, texts = watch(pid, readers, request["limits"], started)
    finally:
        for fd in readers:
            os.close(fd)
    out, err, verdict = texts
    return {
        "reason": ended or judge(status, bytes(verdict), key),
        "status": status,
        "stdout": out.decode("utf-8", "replace"),
        "stderr": err.decode("utf-8", "replace"),
        "seconds": time.monotonic() - started,
    }


def judge(status: int, verdict: bytes, key: bytes) -> str:
    """The reason, from the exit status and what was written to the verdict pipe."""
    if verdict == key and status == 0:
        return "passed"
    if status < 0:
        return "timeout" if -status == signal.SIGXCPU else "crashed"
    if verdict in (b"failed", b"memory", b"exited"):
        return verdict.decode()
    return "exited"


def watch(
    pid: int, readers: list[int], limits: dict[str, Any], started: float
) -> tuple[str, int, list[bytearray]]:
    """Collect output until the child ends, its time is up or it floods; then kill all."""
    cap = limits["output_kb"] * 1024
    texts = [bytearray() for _ in readers]
    seen = 0
    poll = select.poll()
    poll.register(0, 0)  # only POLLHUP: the host is gone
    for fd in readers:
        os.set_blocking(fd, False)
        poll.register(fd, select.POLLIN)
    try:
        ending = os.pidfd_open(pid)
        poll.register(ending, select.POLLIN)
    except OSError:
        ending = -1
    ended = None
    while ended is None:
        left = started + limits["timeout_s"] - time.monotonic()
        if left <= 0:
            ended = "timeout"
            break
        pause = left if ending >= 0 else min(left, 0.005)
        events = dict(poll.poll(int(pause * 1000) + 1))
        if 0 in events:
            os._exit(0)
        seen += sum(drain(fd, texts[i], cap) for i, fd in enumerate(readers) if fd in events)
        for fd in readers:
            if events.get(fd) == select.POLLHUP:
                poll.unregister(fd)
        if seen > cap * FLOOD_FACTOR:
            ended = "output"
        elif os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            ended = ""
    if ending >= 0:
        os.close(ending)
    status = kill_all(pid)
    for i, fd in enumerate(readers):
        drain(fd, texts[i], cap)
    return ended, status, texts


def drain(fd: int, text: bytearray, cap: int) -> int:
    """Read what is there (a bounded amount); keep the first `cap` bytes."""
    total = 0
    while total < 1 << 20:
        try:
            part = os.read(fd, 1 << 16)
        except BlockingIOError:
            break
        if not part:
            break
        total += len(part)
        text += part[: max(cap - len(text), 0)]
    return total


def kill_all(pid: int) -> int:
    """Kill every other process of the namespace; the exit status of `pid` (-N: signal N)."""
    if os.getpid() != 1:  # -1 would mean every process of the user
        raise RuntimeError("not process 1 of a namespace")
    result = 0
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            found, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return result
        if found == pid:
            result = os.waitstatus_to_exitcode(status)


def state() -> Any:
    """What a program could have changed of this process from outside."""
    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    limits = [resource.getrlimit(kind) for kind in kinds]
    return limits, os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0)


def clean() -> None:
    """Empty the scratch disks. An exception means: throw the whole sandbox away."""
    for folder in SCRATCH:
        if os.stat(folder).st_uid == os.getuid():
            os.chmod(folder, 0o1777)
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)


def serve(uid: int) -> None:
    """Process 1: answer requests until the host closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by process 1, unlike Python's handler
    drop_rights(uid)
    for name in PRELOAD.split(","):
        __import__(name)
    add_site_names()
    untouched = state()
    write_frame(1, {"ready": os.getpid(), "uid": os.getuid()})
    while True:
        try:
            request = read_frame(0)
        except EOFError:
            return
        answer = run_program(request)
        try:
            clean()
            answer["reusable"] = state() == untouched
        except Exception:
            answer["reusable"] = False
        write_frame(1, answer)


def once(request_fd: int, verdict_fd: int) -> None:
    """A single program in this very process; the host watches it."""
    add_site_names()
    request = read_frame(request_fd)
    os.close(request_fd)  # it holds the key
    set_limits(request["limits"], all_needed=False)
    execute(request["program"], request["name"], verdict_fd, request["key"].encode())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        once(int(sys.argv[2]), int(sys.argv[3]))
