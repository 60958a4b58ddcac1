"""The process that compares mathematics: `python -m julja.scoring.maths_worker`.

math-verify parses with sympy, which can hang, and stops itself with SIGALRM, which works in no
thread. Here it runs alone, and whoever asks kills it when it takes too long. One JSON line in, one
out: `{"answer": …, "target": …}` -> `{"equal": bool}`.
"""

import json
import logging
import sys


def equal(answer: str, target: str) -> bool:
    """True when two pieces of LaTeX (or plain text) are mathematically the same."""
    from math_verify import parse, verify

    # The time-outs of math-verify are off: the parent's clock is the one that counts.
    gold = parse(f"${target}$", parsing_timeout=None) or parse(target, parsing_timeout=None)
    given = parse(f"${answer}$", parsing_timeout=None) or parse(answer, parsing_timeout=None)
    return bool(verify(gold, given, timeout_seconds=None))


def main() -> None:
    """Answer questions until the input ends."""
    logging.disable(logging.CRITICAL)
    out = sys.stdout
    sys.stdout = sys.stderr
    try:
        import math_verify  # noqa: F401
    except ImportError:
        print(json.dumps({"error": "math-verify is not installed"}), file=out, flush=True)
        return
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            found: dict[str, object] = {"equal": equal(question["answer"], question["target"])}
        except RecursionError:
            found = {"equal": False, "why": "nested too deeply"}
        except Exception as error:
            found = {"equal": False, "why": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
