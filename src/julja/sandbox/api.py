"""What the rest of julja sees of the sandbox: limits, outcomes, and how to open one."""

import os
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from julja.errors import SandboxError

Reason: TypeAlias = Literal["passed", "failed", "exited", "timeout", "memory", "output", "crashed"]
UNSAFE_VARIABLE = "JULJA_UNSAFE_LOCAL"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use.

    `timeout_s` is wall-clock time, `memory_mb` address space for each process, `processes` counts
    processes and threads together, `output_kb` is kept of each of stdout and stderr (a program
    that writes 256 times as much is stopped), `disk_mb` is the largest file; the scratch disk
    as a whole holds 64 MB.
    """

    timeout_s: float = 3.0
    memory_mb: int = 1024
    processes: int = 32
    output_kb: int = 64
    disk_mb: int = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    `passed` is true only when its last statement was reached without an exception. `failed`: an
    exception; `exited`: it left before its end; `output`: it wrote without end; `crashed`: a
    signal, or it took its sandbox down. `stdout` and `stderr` are cut at the limit.
    """

    passed: bool
    reason: Reason
    stdout: str
    stderr: str
    seconds: float


DEFAULT_LIMITS = Limits()


class Sandbox(Protocol):
    """Runs one program at a time for each calling thread."""

    def run(
        self,
        program: str,
        *,
        stdin: str = "",
        limits: Limits = DEFAULT_LIMITS,
        name: str = "__main__",
    ) -> Outcome:
        """Run Python source to its end. `name` is its `__name__`."""
        ...

    def close(self) -> None:
        """Let go of the processes."""
        ...


def open_sandbox(*, unsafe_local: bool = False) -> Sandbox:
    """The sandbox that the whole process shares: bubblewrap, or nothing.

    Where bubblewrap is missing or not permitted this is a `SandboxError` that names the fix.
    `unsafe_local`, or JULJA_UNSAFE_LOCAL=1, runs programs without one, as this user.
    """
    if unsafe_local or os.environ.get(UNSAFE_VARIABLE, "") not in ("", "0"):
        from julja.sandbox.local import LocalSandbox

        return LocalSandbox()
    from julja.sandbox.pool import shared_pool

    return shared_pool()


def sandbox_status() -> tuple[bool, str]:
    """Whether programs can be run safely here, and what says so: for `julja doctor`.

    Really runs a program that tells what it can see.
    """
    try:
        sandbox = open_sandbox()
        outcome = sandbox.run(_PROBE, limits=Limits(timeout_s=10.0))
    except SandboxError as error:
        return False, str(error)
    if not outcome.passed:
        return False, f"a test program {outcome.reason}: {outcome.stderr.strip()[-300:]}"
    from julja.sandbox.local import LocalSandbox

    if isinstance(sandbox, LocalSandbox):
        return False, f"{UNSAFE_VARIABLE} is set: programs run as you, without a sandbox"
    return True, f"bubblewrap works ({outcome.stdout.strip()}; {outcome.seconds * 1000:.0f} ms)"


_PROBE = """
import os, platform, socket
seen = [path for path in ("/etc/passwd", "/home", "/proc/self") if os.path.exists(path)]
assert not seen, f"host files can be seen: {seen}"
assert os.getuid() != 0, "runs as root"
with socket.socket() as probe:
    probe.settimeout(1)
    try:
        probe.connect(("192.0.2.1", 80))
    except OSError:
        pass
    else:
        raise AssertionError("the network can be reached")
print(f"Python {platform.python_version()}, no network, no host files, uid {os.getuid()}")
"""
