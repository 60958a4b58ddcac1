"""A pool of warm workers: as many sandboxes as cores, each running one program at a time."""

import atexit
import contextlib
import json
import os
import queue
import select
import signal
import struct
import subprocess
import threading
import time
from dataclasses import asdict

from julja.errors import SandboxError
from julja.sandbox.api import DEFAULT_LIMITS, Limits, Outcome, Reason
from julja.sandbox.bubblewrap import Walls, bubblewrap, possible_walls, start
from julja.sandbox.usage import descendants, resident_bytes
from julja.types import Json

START_S = 20.0
STARTS = 3  # tries to start a worker where workers have started before
GRACE_S = 5.0  # for the worker's own clock, sweeping and cleaning
GLANCE_S = 0.1  # between two looks at the memory of a program's processes
# Pages that forked processes share count for each of them.
SHARED_BYTES = 512 << 20


class Worker:
    """One sandbox process.

    `ask` raises `EOFError` when it died, `TimeoutError` when it hangs, `MemoryError` when all its
    processes together hold more than twice what one of them may.
    """

    def __init__(self, walls: Walls) -> None:
        self.process: subprocess.Popen[bytes] = start(walls)
        self._most_bytes: int | None = None
        try:
            self._read(time.monotonic() + START_S)
        except (EOFError, TimeoutError, OSError, ValueError) as error:
            raise SandboxError(_cannot_start(self.process, walls, error)) from error

    def ask(self, request: Json, timeout_s: float) -> Json:
        """Send one request and wait for its answer."""
        body = json.dumps(request).encode()
        deadline = time.monotonic() + timeout_s
        self._most_bytes = (request["limits"]["memory_mb"] << 21) + SHARED_BYTES
        self._write(struct.pack(">I", len(body)) + body, deadline)
        return self._read(deadline)

    def stop(self) -> None:
        """Kill it, and with it all that it started."""
        if self.process.poll() is None:
            # Process 1 itself: bubblewrap may not signal a worker that has another uid.
            for pid in descendants(self.process.pid):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        self.process.wait()

    def _write(self, data: bytes, deadline: float) -> None:
        assert self.process.stdin is not None
        fd = self.process.stdin.fileno()
        os.set_blocking(fd, False)
        view = memoryview(data)
        while view:
            _wait(fd, select.POLLOUT, deadline)
            try:
                view = view[os.write(fd, view) :]
            except BrokenPipeError as error:
                raise EOFError from error

    def _read(self, deadline: float) -> Json:
        (size,) = struct.unpack(">I", self._read_exactly(4, deadline))
        return json.loads(self._read_exactly(size, deadline))

    def _read_exactly(self, size: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            self._await_answer(fd, deadline)
            part = os.read(fd, size - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _await_answer(self, fd: int, deadline: float) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                return _wait(fd, select.POLLIN, min(deadline, time.monotonic() + GLANCE_S))
            if time.monotonic() >= deadline:
                raise TimeoutError
            if self._most_bytes is not None and resident_bytes(self.process.pid) > self._most_bytes:
                raise MemoryError


def _wait(fd: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(int((deadline - time.monotonic()) * 1000), 0)):
        raise TimeoutError


def _cannot_start(process: subprocess.Popen[bytes], walls: Walls, error: Exception) -> str:
    process.kill()
    _, said = process.communicate()
    text = said.decode("utf-8", "replace").strip()[-400:]
    return f"{walls.name}: {text or type(error).__name__}"


class Pool:
    """Runs programs in bubblewrap; safe to call from many threads."""

    def __init__(self, size: int | None = None) -> None:
        bubblewrap()
        self.owner = os.getpid()
        self._walls: Walls | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(size or len(os.sched_getaffinity(0))):
            self._idle.put(None)

    def run(
        self,
        program: str,
        *,
        stdin: str = "",
        limits: Limits = DEFAULT_LIMITS,
        name: str = "__main__",
    ) -> Outcome:
        """Run Python source to its end in a fresh process of an idle worker."""
        if self._closed:
            raise SandboxError("the sandbox is closed.")
        worker = self._idle.get()
        try:
            if worker is not None and worker.process.poll() is not None:
                worker.stop()  # it died while idle, which is no program's fault
                worker = None
            worker = worker or self._start()
            request = {"program": program, "stdin": stdin, "name": name, "limits": asdict(limits)}
            outcome, reusable = _run_on(worker, request, limits.timeout_s)
            if not reusable:
                worker.stop()
                worker = None
            return outcome
        except BaseException:
            if worker is not None:
                worker.stop()
                worker = None
            raise
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Stop the idle workers; a busy one ends with its program."""
        self._closed = True
        while True:
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.stop()

    def _start(self) -> Worker:
        with self._lock:
            if self._walls is None:
                self._walls, worker = _first_worker()
                return worker
        problems: list[str] = []
        for _ in range(STARTS):
            # The walls have held before: what fails now is a machine that is short of something.
            try:
                return Worker(self._walls)
            except SandboxError as error:
                problems.append(error.message)
        raise _refused(problems)


_DEATHS: dict[type[Exception], tuple[Reason, str]] = {
    EOFError: ("crashed", "the program took its sandbox down"),
    TimeoutError: ("timeout", "the sandbox did not answer in time"),
    MemoryError: ("memory", "the program's processes together took too much memory"),
}


def _run_on(worker: Worker, request: Json, timeout_s: float) -> tuple[Outcome, bool]:
    started = time.monotonic()
    try:
        said = worker.ask(request, timeout_s + GRACE_S)
    except (EOFError, TimeoutError, MemoryError) as error:
        reason, text = _DEATHS[type(error)]
        return Outcome(False, reason, "", text, time.monotonic() - started), False
    ended: Reason = said["reason"]
    outcome = Outcome(ended == "passed", ended, said["stdout"], said["stderr"], said["seconds"])
    return outcome, said["reusable"]


def _first_worker() -> tuple[Walls, Worker]:
    """Find out which way of building the sandbox this machine permits."""
    problems: list[str] = []
    for walls in possible_walls():
        try:
            return walls, Worker(walls)
        except SandboxError as error:
            problems.append(error.message)
    raise _refused(problems)


def _refused(problems: list[str]) -> SandboxError:
    return SandboxError(
        f"bubblewrap can't build a sandbox here ({'; '.join(problems)}).",
        hint="Permit user namespaces (in Docker: --security-opt seccomp=unconfined; on Ubuntu:"
        " sysctl kernel.apparmor_restrict_unprivileged_userns=0), or pass --unsafe-local to run"
        " without a sandbox.",
    )


_shared: Pool | None = None
_shared_lock = threading.Lock()


def shared_pool() -> Pool:
    """The pool of this process; a forked process gets one of its own."""
    global _shared
    with _shared_lock:
        if _shared is None or _shared.owner != os.getpid() or _shared._closed:
            _shared = Pool()
            atexit.register(_close_in, _shared, os.getpid())
        return _shared


def _close_in(pool: Pool, owner: int) -> None:
    if os.getpid() == owner:
        pool.close()
