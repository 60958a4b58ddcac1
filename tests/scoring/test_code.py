"""Programs in answers: how they are found, put together, run and counted."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julja.errors import SandboxError, ScoringError
from julja.scoring import code as module
from julja.scoring.code import METRICS, code_tests, pass_at_k, sample_tests
from julja.scoring.code_text import called_names, find_completion, find_program, join_program
from julja.types import Response, Sample

PREFIX = 'def add(a, b):\n    """Add."""\n'
STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
WHOLE = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (1, 1, 1, 1.0),
        (1, 0, 1, 0.0),
        (10, 3, 1, 0.3),
        (5, 2, 2, 1 - 3 / 10),  # 1 - C(3,2)/C(5,2)
        (20, 4, 10, 1 - 8008 / 184756),  # 1 - C(16,10)/C(20,10)
        (10, 8, 5, 1.0),
        (9, 9, 10, None),
        (200, 0, 100, 0.0),
    ],
)
def test_pass_at_k(n: int, c: int, k: int, expected: float | None) -> None:
    found = pass_at_k(n, c, k)

    assert found == (expected if expected is None else pytest.approx(expected, abs=1e-12))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(counts: tuple[int, int]) -> None:
    n, c = counts
    for k in (1, 2, n):
        expected = 1 - comb(n - c, k) / comb(n, k) if k <= n else None
        assert pass_at_k(n, c, k) == (expected and pytest.approx(expected, abs=1e-12))


def test_metrics_reduce_epochs() -> None:
    first, tenth, hundredth = METRICS
    values = [1.0, 0.0, 0.0, 1.0]

    assert [metric.name for metric in METRICS] == ["pass@1", "pass@10", "pass@100"]
    assert {metric.key for metric in METRICS} == {"passed"}
    assert first.reduce is not None and tenth.reduce is not None and hundredth.reduce is not None
    assert first.reduce(values) == 0.5
    assert tenth.reduce(values) is None
    assert tenth.reduce([1.0] + [0.0] * 9) == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A completion model writes the body, and goes on.
        ("    return a + b\n", "    return a + b\n"),
        ("    return a + b\n\nprint(add(1, 2))\n", "    return a + b\n"),
        ("    return a + b\n\ndef next():\n    pass", "    return a + b\n"),
        ("    return a + b\n```\n\nThat adds them.", "    return a + b"),
        ("\n    return a + b\n", "\n    return a + b\n"),
        # The engine took the blanks off.
        ("return a + b", "    return a + b"),
        ("c = a + b\n    return c", "    c = a + b\n    return c"),
        # A chat model writes the function again.
        (f"```python\n{WHOLE}```", WHOLE),
        (f"Sure!\n\n```\n{WHOLE}```\nUse it:\n```python\nprint(add(1, 2))\n```", WHOLE),
        (f"~~~python\n{WHOLE}~~~", WHOLE),
        (f"Draft:\n```\ndef add(a, b): ...\n```\nBetter:\n```\n{WHOLE}```", WHOLE),
        (f"```python\r\n{WHOLE}```\r\n\r\nThe function `add` adds.", WHOLE),
        (f"```python\n{WHOLE}", WHOLE),
        (WHOLE, WHOLE),
        (f"Here is the function:\n\n{WHOLE}\nIt adds two numbers.", f"{WHOLE}\n"),
        ("1. Write it:\n   ```python\n   def add(a, b):\n       return a + b\n   ```", WHOLE),
        # Only the body, in a block.
        ("```python\nreturn a + b\n```", "    return a + b\n"),
        ("```python\n    return a + b\n```", "    return a + b\n"),
        # Nothing.
        ("", None),
        ("\n\n", None),
        ("I can't write that.", None),
    ],
)
def test_completions(text: str, expected: str | None) -> None:
    found = find_completion(text, PREFIX, ("add",), STOP)

    assert (found and found.text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WHOLE, WHOLE),
        (f"{WHOLE}[DONE]\n\nYou are an expert", WHOLE),
        (f"[BEGIN]\n{WHOLE}[DONE]", WHOLE),
        (f"[PYTHON]\n{WHOLE}[/PYTHON]", WHOLE),
        (f"{WHOLE}```\nThat adds them.", WHOLE.rstrip("\n")),
        (
            f"Use this:\n```python\n{WHOLE}```\nand test:\n```python\nassert add(1, 1) == 2\n```",
            WHOLE,
        ),
        ("```python\nadd = lambda a, b: a + b\n```", "add = lambda a, b: a + b\n"),
        ("import operator\nadd = operator.add", "import operator\nadd = operator.add"),
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("", None),
        ("I would add them.", None),
    ],
)
def test_programs(text: str, expected: str | None) -> None:
    found = find_program(text, ("add",), ("[DONE]",))

    assert (found and found.text) == expected


@pytest.mark.parametrize(
    "text",
    [f"Sure!\n```python\n{WHOLE}```\nDone.", f"Here:\n{WHOLE}", "    return a + b\n\nprint(1)"],
)
def test_the_span_is_the_codes_place(text: str) -> None:
    found = find_completion(text, PREFIX, ("add",), STOP)

    assert found is not None
    assert text[slice(*found.span)] == found.text


def test_called_names() -> None:
    assert called_names("assert sorted(f(1)) == [g.h(2)]\nassert f(x(3)) == len('a')") == ("f", "x")
    assert called_names("import math\ndef check(c):\n    assert c(1)\ncheck(solve)") == ("solve",)
    assert called_names("not python (") == ()


def test_future_imports_go_first() -> None:
    program = join_program("import os\n", "from __future__ import annotations\nx: int = 1", "pass")

    assert program.splitlines()[0] == "from __future__ import annotations"
    compile(program, "x", "exec")


def test_tests_of_a_sample() -> None:
    lines = Sample("a", "", fields={"tests": ["assert f(1)", "assert f(2)"]})
    check = "def check(candidate):\n    assert candidate(1)\n"
    official = Sample("b", "", fields={"test": check, "entry_point": "f"})

    assert sample_tests(lines) == "assert f(1)\nassert f(2)"
    assert sample_tests(official) == f"{check}\ncheck(f)"
    with pytest.raises(ScoringError, match=r"'c' has no tests.*a list of assert lines"):
        sample_tests(Sample("c", "", fields={"tests": []}))


SAMPLE = Sample("1", "Add.", fields={"tests": ["assert add(1, 2) == 3"], "setup": "import math"})


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("text", "value", "reason", "explanation"),
    [
        (WHOLE, 1.0, "passed", "all tests passed"),
        ("def add(a, b):\n    return math.fsum([a, b])", 1.0, "passed", "all tests passed"),
        (
            "def add(a, b):\n    return a - b",
            0.0,
            "failed",
            "an exception or a failed test: AssertionError",
        ),
        (
            "def add(a, b):\n    raise SystemExit",
            0.0,
            "exited",
            "left before its tests were done: SystemExit before the end of the program",
        ),
        ("def add(a, b):\n    while True: pass", 0.0, "timeout", "ran out of time"),
        ("def add(a, b):\n    return [0] * 10**12", 0.0, "memory", "ran out of memory"),
    ],
)
def test_scores(text: str, value: float, reason: str, explanation: str) -> None:
    score = code_tests(timeout_s=1.0)(SAMPLE, Response(text=text))

    assert score.values == {"passed": value}
    assert score.state == "scored"
    assert score.extracted == text
    assert score.details["reason"] == reason
    assert score.explanation == explanation


@pytest.mark.sandbox
def test_the_tail_of_the_errors_is_kept_without_addresses() -> None:
    text = "def add(a, b):\n    raise ValueError(object())"

    score = code_tests()(SAMPLE, Response(text=text))

    assert score.details["stderr"].endswith("ValueError: <object object at 0x…>")


@pytest.mark.sandbox
def test_a_program_that_looks_into_the_interpreter_is_pointed_out() -> None:
    text = "import sys\ndef add(a, b):\n    sys._getframe(0)\n    return a + b"

    score = code_tests()(SAMPLE, Response(text=text))

    assert score.values == {"passed": 1.0}
    assert score.details["suspicious"] == ["_getframe"]
    assert score.explanation == "all tests passed, but the program uses _getframe: read it"


def test_no_program_is_unparsed_and_counts_as_wrong() -> None:
    score = code_tests()(SAMPLE, Response(text="I would add them."))

    assert (score.state, score.values) == ("unparsed", {"passed": 0.0})


@pytest.mark.sandbox
def test_a_cut_program_is_truncated() -> None:
    text = "def add(a, b):\n    return (a +"

    assert code_tests()(SAMPLE, Response(text=text, finish="length")).state == "truncated"
    assert code_tests()(SAMPLE, Response(text=text, finish="stop")).state == "scored"


def test_without_a_sandbox_there_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise SandboxError("bubblewrap is not installed")

    monkeypatch.setattr(module, "open_sandbox", missing)

    with pytest.raises(SandboxError):
        code_tests()(SAMPLE, Response(text=WHOLE))


def test_the_scorer_says_how_it_scores() -> None:
    made = code_tests(complete=True, stop=["\ndef"], timeout_s=5.0)

    assert made.name == "code_tests"
    assert made.blocking
    assert made.args == {
        "complete": True,
        "stop": ["\ndef"],
        "timeout_s": 5.0,
        "memory_mb": 1024,
    }
