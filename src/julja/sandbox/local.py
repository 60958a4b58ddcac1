"""`--unsafe-local`: programs without a sandbox, as this user, where there is no bubblewrap.

Time, memory, file size and output are limited; nothing else is. A program can read and delete the
user's files, reach the network and leave processes behind.
"""

import contextlib
import json
import logging
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from functools import cache
from pathlib import Path

from julja.errors import SandboxError
from julja.sandbox.api import DEFAULT_LIMITS, Limits, Outcome, Reason
from julja.sandbox.bubblewrap import guest_source

WARNING = (
    "--unsafe-local: model-written code runs as you, without a sandbox. It can read your files and"
    " use the network."
)


@cache
def _warn() -> None:
    logging.getLogger("julja.sandbox").warning(WARNING)


class LocalSandbox:
    """A fresh interpreter for each program, in a scratch folder of its own."""

    def __init__(self) -> None:
        _warn()

    def run(
        self,
        program: str,
        *,
        stdin: str = "",
        limits: Limits = DEFAULT_LIMITS,
        name: str = "__main__",
    ) -> Outcome:
        """Run Python source to its end."""
        key = os.urandom(24).hex()
        given = {**asdict(limits), "processes": 0}  # would count all processes of this user
        request: dict[str, object] = {"program": program, "name": name, "limits": given, "key": key}
        with tempfile.TemporaryDirectory(
            prefix="julja-unsafe-", ignore_cleanup_errors=True
        ) as folder:
            return _run_in(Path(folder), request, stdin, limits, key)

    def close(self) -> None:
        """Nothing is kept."""


def _run_in(
    folder: Path, request: dict[str, object], stdin: str, limits: Limits, key: str
) -> Outcome:
    paths = [folder / name for name in ("request", "stdin", "stdout", "stderr")]
    body = json.dumps(request).encode()
    paths[0].write_bytes(struct.pack(">I", len(body)) + body)
    paths[1].write_text(stdin, encoding="utf-8", errors="surrogatepass")
    work = folder / "work"
    work.mkdir()
    started = time.monotonic()
    verdict, verdict_end = os.pipe()
    try:
        with paths[0].open("rb") as asked, paths[1].open("rb") as given:
            paths[0].unlink()  # it holds the key
            with paths[2].open("wb") as out, paths[3].open("wb") as err:
                process = _start(work, asked.fileno(), verdict_end, given, out, err)
        os.close(verdict_end)
        verdict_end = -1
        reason, status = _watch(process, paths[2:], limits)
        said = os.read(verdict, 4096) if select.select([verdict], [], [], 0)[0] else b""
    finally:
        os.close(verdict)
        if verdict_end >= 0:
            os.close(verdict_end)
    reason = reason or _judge(status, said, key)
    out_text, err_text = (_head(path, limits.output_kb) for path in paths[2:])
    seconds = time.monotonic() - started
    return Outcome(reason == "passed", reason, out_text, err_text, seconds)


def _start(
    work: Path, asked: int, verdict: int, stdin: object, out: object, err: object
) -> subprocess.Popen[bytes]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(work), "PYTHONHASHSEED": "0"}
    flags = ["-S", "-P", "-s", "-B", "-c", guest_source()]
    try:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [sys.executable, *flags, "once", str(asked), str(verdict)],
            stdin=stdin,
            stdout=out,
            stderr=err,
            pass_fds=(asked, verdict),
            cwd=work,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"a program can't be started: {error}.") from error


def _watch(
    process: subprocess.Popen[bytes], outputs: list[Path], limits: Limits
) -> tuple[Reason | None, int]:
    deadline = time.monotonic() + limits.timeout_s
    reason: Reason | None = None
    while process.poll() is None and reason is None:
        if time.monotonic() > deadline:
            reason = "timeout"
        elif sum(path.stat().st_size for path in outputs) > limits.output_kb << 18:
            reason = "output"
        else:
            time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return reason, process.wait()


def _judge(status: int, said: bytes, key: str) -> Reason:
    if status == 0 and said == key.encode():
        return "passed"
    if status < 0:
        return "timeout" if -status == signal.SIGXCPU else "crashed"
    known: dict[bytes, Reason] = {b"failed": "failed", b"memory": "memory"}
    return known.get(said, "exited")


def _head(path: Path, kilobytes: int) -> str:
    with path.open("rb") as file:
        return file.read(kilobytes * 1024).decode("utf-8", "replace")
