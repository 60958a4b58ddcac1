r"""Mathematical equivalence: the last \boxed{…} of a response against the target.

Equal after a normalisation of LaTeX's spelling is equal at once; all else is decided by math-verify
in a process that can be killed (`maths_worker.py`). The rules of the normaliser follow what MATH's
own checker ignores (Hendrycks et al. 2021, modeling/math_equivalence.py): \left and \right, \dfrac,
units in \text{}, degrees, dollars and percent signs, spaces, "x = ", leading zeros.
"""

import atexit
import contextlib
import importlib.util
import json
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

from julja.errors import ScoringError
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.extract import Found, boxed, final_line, regex_group
from julja.types import Json, Metric, Response, Sample, Score

START_S = 60.0
INSTALL = "Install it: pip install 'julja[metrics]'."
METRICS = (Metric("acc"),)
_ANSWER = re.compile(
    r"(?:final answer|answer)\s*(?:is|:|=)\s*:?\s*(?P<answer>[^\n]+)", re.IGNORECASE
)


def _ready() -> None:
    """Say at once that math-verify is missing, not after thousands of answers."""
    if importlib.util.find_spec("math_verify") is None:
        raise ScoringError("math-verify is not installed.", hint=INSTALL)


@scorer(metrics=METRICS, blocking=True, ready=_ready)
def maths(*, timeout_s: float = 5.0) -> ScoreFunction:
    r"""The answer is mathematically equal to the target (\boxed, "the answer is", or last line)."""

    def score(sample: Sample, response: Response) -> Score:
        if not sample.target:
            raise ScoringError(f"the sample {sample.id} has no target to compare with.")
        found = final_answer(response.text)
        if found is None:
            return unparsed(METRICS, "No answer was found.")
        verdicts = [same(found.text, target, timeout_s) for target in sample.target]
        right = any(equal for equal, _ in verdicts)
        why = "; ".join(text for _, text in verdicts if text) or None
        return Score({"acc": float(right)}, extracted=found.text, span=found.span, explanation=why)

    return score


def final_answer(text: str) -> Found | None:
    r"""What a solution says at its end: \boxed{…}, else "the answer is …", else the last line.

    >>> final_answer(r"so \boxed{\frac{1}{2}}.").text
    '\\frac{1}{2}'
    """
    box = boxed(text)
    if box is not None:
        return box
    found = regex_group(text, _ANSWER, "answer", "last") or final_line(text)
    if found is None:
        return None
    core = found.text.strip().strip("$").rstrip(".").strip("$* ")
    start = text.find(core, found.span[0])
    return Found(core, (start, start + len(core))) if core and start >= 0 else None


def same(answer: str, target: str, timeout_s: float = 5.0) -> tuple[bool, str | None]:
    """(equal, why not where there is more to say than that)."""
    if normalise(answer) == normalise(target):
        return True, None
    # Nothing that fits on a line of mathematics is longer; sympy would only run into its limit.
    if len(answer) > 500:
        return False, "the answer is too long to be compared"
    return _worker.ask({"answer": answer, "target": target}, timeout_s)


_DROPPED = (
    r"\left", r"\right", r"\!", r"\,", r"\;", r"\:", r"\ ", r"\$", "$", r"\%", "%",
    r"^\circ", r"^{\circ}", r"\displaystyle", "°",
)  # fmt: skip
_UNIT = re.compile(r"\\(?:text|mbox|mathrm)\{\s*[^{}]*\}\s*$")
_WORDS = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\{([^{}]*)\}")
_FRACTION = re.compile(r"\\frac\s*(\d)\s*(\d)")
_HALF_FRACTION = re.compile(r"\\frac\s*(\d)\s*\{")
_SLASH = re.compile(r"^(-?\d+)/(\d+)$")
_ROOT = re.compile(r"\\sqrt\s*(\d)")
_NAMED = re.compile(r"^[a-zA-Z]\s*=\s*(?=.)")
_THOUSANDS = re.compile(r"(?<=\d),(?:\\!)?(?=\d{3}(?:\D|$))")
_ZEROS = re.compile(r"(?<![\d.])(\d+)\.0+(?!\d)")
_POINT = re.compile(r"(?<!\d)\.(?=\d)")


def normalise(text: str) -> str:
    r"""One spelling for answers that differ only in how LaTeX writes them.

    >>> normalise(r"$x = \dfrac12$") == normalise(r"\frac{1}{2}")
    True
    >>> normalise(r"10,\!000 \text{ m}") == normalise("10000")
    True
    """
    text = text.strip().rstrip(".").replace("\n", "")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    shorter = _UNIT.sub("", text).strip()
    text = shorter or text
    text = _WORDS.sub(r"\1", text)
    text = _THOUSANDS.sub("", text)
    for piece in _DROPPED:
        text = text.replace(piece, "")
    text = _NAMED.sub("", text.strip())
    text = _FRACTION.sub(r"\\frac{\1}{\2}", text)
    text = _HALF_FRACTION.sub(r"\\frac{\1}{", text)
    text = _ROOT.sub(r"\\sqrt{\1}", text)
    text = _POINT.sub("0.", text)
    text = _ZEROS.sub(r"\1", text)
    text = text.replace(" ", "")
    return _SLASH.sub(lambda m: rf"\frac{{{m[1]}}}{{{m[2]}}}", text)


class _Worker:
    """One comparing process, started when first needed, killed when it hangs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: Mapping[str, Json], timeout_s: float) -> tuple[bool, str | None]:
        """Compare; too slow is not equal, a process that dies twice is a `ScoringError`."""
        with self._lock:
            for _ in range(2):
                process = self._process or self._start()
                try:
                    answer = self._exchange(process, json.dumps(question), timeout_s)
                except TimeoutError:
                    self.stop()
                    return False, f"no equivalence was found within {timeout_s:g} s"
                except (EOFError, BrokenPipeError):
                    self.stop()
                    continue
                return bool(answer.get("equal")), answer.get("why")
        raise ScoringError(
            f"comparing {question['answer']!r} with {question['target']!r} ends its process.",
            hint="Please report it with both texts.",
        )

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "julja.scoring.maths_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._process = process
        try:
            said = self._read(process, START_S)
        except (EOFError, TimeoutError) as error:
            self.stop()
            raise ScoringError("the process that compares mathematics does not start.") from error
        if "error" in said:
            self.stop()
            raise ScoringError(f"{said['error']}.", hint=INSTALL)
        return process

    def _exchange(
        self, process: "subprocess.Popen[str]", line: str, timeout_s: float
    ) -> dict[str, Json]:
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return self._read(process, timeout_s)

    @staticmethod
    def _read(process: "subprocess.Popen[str]", timeout_s: float) -> dict[str, Json]:
        assert process.stdout is not None
        deadline = time.monotonic() + timeout_s
        # One line answers one question, so nothing waits in Python's buffer behind `select`.
        ready, _, _ = select.select([process.stdout], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        line = process.stdout.readline()
        if not line:
            raise EOFError
        found: dict[str, Json] = json.loads(line)
        return found

    def stop(self) -> None:
        """Kill the process; the next question starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            # What was not sent any more needs no sending.
            with contextlib.suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        process.wait()


_worker = _Worker()
atexit.register(_worker.stop)
