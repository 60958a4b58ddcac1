"""`--unsafe-local`: no walls, but the same verdicts, limits and output."""

import pytest

from julja.sandbox import Limits, open_sandbox, sandbox_status
from julja.sandbox.local import WARNING, LocalSandbox, _warn

QUICK = Limits(timeout_s=1.0, memory_mb=256)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("assert 1 + 1 == 2", "passed"),
        ("assert 1 + 1 == 3", "failed"),
        ("def f(:", "failed"),
        ("import os; os._exit(0)", "exited"),
        ("import sys; sys.exit(0)", "exited"),
        ("while True: pass", "timeout"),
        ("x = [0] * 10**9", "memory"),
        ("while True: print('x' * 1000)", "output"),
        ("import os; os.kill(os.getpid(), 9)", "crashed"),
        ("import os; print(os.read(3, 99)); os._exit(0)", None),
        ("open('../request').read()", "failed"),
    ],
)
def test_verdicts(program: str, reason: str | None) -> None:
    outcome = LocalSandbox().run(program, limits=QUICK)

    assert outcome.reason == reason or (reason is None and not outcome.passed)
    assert outcome.passed == (reason == "passed")


def test_input_and_output() -> None:
    outcome = LocalSandbox().run("print(input()[::-1])", stdin="abc")

    assert outcome.stdout == "cba\n"


def test_the_environment_variable_opens_it_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JULJA_UNSAFE_LOCAL", "1")
    _warn.cache_clear()

    sandbox = open_sandbox()

    assert isinstance(sandbox, LocalSandbox)
    assert caplog.messages == [WARNING]


def test_doctor_is_not_content_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JULJA_UNSAFE_LOCAL", "1")

    works, text = sandbox_status()

    assert not works
    assert text
