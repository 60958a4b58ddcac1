"""Scores programs by running their tests in the sandbox, and estimates pass@k.

code_tests()                       # fields: tests, setup, entry_point
code_tests(complete=True)          # the response continues sample.input
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from julja.errors import ScoringError
from julja.sandbox.api import Limits, Outcome, open_sandbox
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.code_text import (
    Code,
    called_names,
    find_completion,
    find_program,
    is_python,
    join_program,
)
from julja.types import Json, Metric, Response, Sample, Score

TAIL_CHARS = 2000
PASSED = "passed"
_REASONS = {
    "failed": "an exception or a failed test",
    "exited": "left before its tests were done",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "output": "printed without end",
    "crashed": "crashed",
}

# Ways into the interpreter itself, where a program could find the sandbox's key or skip its tests.
_TELLTALE = re.compile(
    r"\b(_getframe|_current_frames|currentframe|inspect\.stack|f_back|f_locals|tb_frame|gi_frame"
    r"|cr_frame|get_objects|get_referrers|settrace|setprofile|ctypes)\b"
)


def pass_at_k(n: int, c: int, k: int) -> float | None:
    """The chance that one of k samples is right, of n drawn samples with c right: unbiased.

    1 - C(n-c, k) / C(n, k) as a product, which does not overflow (Chen et al. 2021,
    arXiv:2107.03374, figure 3). None when there are fewer than k samples.

    >>> pass_at_k(5, 2, 1), pass_at_k(3, 0, 10)
    (0.4, None)
    """
    if n < k:
        return None
    if n - c < k:
        return 1.0
    missed = 1.0
    for drawn in range(k):
        missed *= (n - c - drawn) / (n - drawn)
    return 1.0 - missed


def _reduce(k: int, values: Sequence[float]) -> float | None:
    return pass_at_k(len(values), sum(value >= 0.5 for value in values), k)


def pass_metric(k: int) -> Metric:
    """The metric pass@k over the epochs of a sample."""
    reduce: Callable[[Sequence[float]], float | None] = partial(_reduce, k)
    return Metric(f"pass@{k}", source=PASSED, reduce=reduce)


METRICS = (pass_metric(1), pass_metric(10), pass_metric(100))


@scorer(metrics=METRICS, blocking=True, ready=open_sandbox)
def code_tests(
    *,
    complete: bool = False,
    stop: Sequence[str] = (),
    timeout_s: float = 3.0,
    memory_mb: int = 1024,
) -> ScoreFunction:
    """Run the program in a response with the sample's tests; passed means that all of them hold.

    The sample's fields: `tests` (assert lines, or text) or `test` (text; a `check` function that
    it defines is called with `entry_point`), `setup` (code that goes first), `entry_point` (the
    function; else the functions that the tests call). With `complete` the response continues
    `sample.input`, which is code; `stop` words end a bare completion.
    """
    limits = Limits(timeout_s=timeout_s, memory_mb=memory_mb)

    def score(sample: Sample, response: Response) -> Score:
        tests = sample_tests(sample)
        names = _names(sample, tests)
        if complete:
            code = find_completion(response.text, sample.input, names, stop)
        else:
            code = find_program(response.text, names, stop)
        if code is None:
            return unparsed(METRICS, "no program in the response")
        program = assemble(sample, code, tests, complete=complete)
        outcome = open_sandbox().run(program, limits=limits, name="program")
        return _score(code, outcome, response, program)

    return score


def assemble(sample: Sample, code: Code, tests: str, *, complete: bool) -> str:
    """The source that is run: setup, the code to complete, the response's code, the tests."""
    prefix = sample.input if complete else str(sample.fields.get("setup") or "")
    gap = "\n" if prefix and (code.whole or not prefix.endswith("\n")) else ""
    return join_program(prefix + gap, code.text, tests)


def sample_tests(sample: Sample) -> str:
    """The text of a sample's tests."""
    value: Json = sample.fields.get("tests") or sample.fields.get("test")
    if isinstance(value, list | tuple) and value:
        text = "\n".join(map(str, value))
    elif isinstance(value, str) and value.strip():
        text = value
    else:
        raise ScoringError(
            f"sample {sample.id!r} has no tests.",
            hint='Give it a field "tests": a list of assert lines.',
        )
    entry = sample.fields.get("entry_point")
    if entry and re.search(r"^def check\(", text, re.M) and not re.search(r"^check\(", text, re.M):
        return f"{text}\ncheck({entry})"
    return text


def _names(sample: Sample, tests: str) -> tuple[str, ...]:
    entry = sample.fields.get("entry_point")
    return (str(entry),) if entry else called_names(tests)


def _score(code: Code, outcome: Outcome, response: Response, program: str) -> Score:
    cut = not outcome.passed and response.finish == "length" and not is_python(program)
    # Addresses differ from run to run; a record must not.
    said = re.sub(r"\b0x[0-9a-f]{6,}", "0x…", outcome.stderr).strip()
    last = said.rpartition("\n")[2][:200]
    details: dict[str, Json] = {"reason": outcome.reason, "stderr": said[-TAIL_CHARS:]}
    explanation = "all tests passed"
    if not outcome.passed:
        explanation = f"{_REASONS.get(outcome.reason, outcome.reason)}: {last}".rstrip(": ")
    elif suspicious := sorted(set(_TELLTALE.findall(code.text))):
        details["suspicious"] = suspicious
        explanation += f", but the program uses {', '.join(suspicious)}: read it"
    return Score(
        {PASSED: float(outcome.passed)},
        state="truncated" if cut else "scored",
        extracted=code.text,
        span=code.span,
        explanation=explanation,
        details=details,
    )
