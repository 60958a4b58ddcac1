"""One key of the voter: from a terminal without Enter, else the first letter of a line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from julja.arena.battles import Verdict

VERDICTS: dict[str, Verdict] = {"a": "A>B", "b": "B>A", "t": "A=B", "x": "bothbad"}
STRONG: dict[str, Verdict] = {"A": "A>>B", "B": "B>>A"}
HELP = "[a] A is better  [b] B is better  [t] tie  [x] both bad  [s] skip  [q] stop"
STRONG_HELP = "[A] A is much better  [B] B is much better  " + HELP
# The same keys where the keyboard is set to Korean, and the arrows.
_SAME = {
    **dict(zip("ㅁㅠㅅㅌㄴㅂ", "abtxsq", strict=True)),
    "\x1b[D": "a",
    "\x1b[C": "b",
    "\x1bOD": "a",
    "\x1bOC": "b",
    "=": "t",
    "\x04": "q",
}


def key_of(typed: str, *, strong: bool) -> str | None:
    """The key that was meant: one of a b t x s q (A B with `strong`), or None."""
    typed = _SAME.get(typed, typed)
    if strong and typed in STRONG:
        return typed
    typed = typed.lower()
    return typed if typed in VERDICTS or typed in ("s", "q") else None


def read_key() -> str:
    """What was typed; "q" at the end of the input. Raises KeyboardInterrupt on Ctrl-C."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip()[:1] or ("q" if not line else "")
    import click

    try:
        return click.getchar()
    except EOFError:
        return "q"


@contextmanager
def waiting(prompt: str) -> Iterator[None]:
    """Shows what may be typed, on stderr, and ends that line afterwards."""
    sys.stderr.write(prompt + " ")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\n")
