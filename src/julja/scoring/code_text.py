"""Finds the program in a model's answer: fenced, bare, a whole function or only its body."""

import ast
import re
import textwrap
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[^\n`]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[ \t\r]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_TAGS = re.compile(r"\[(PYTHON|BEGIN)\]\n?(?P<code>.*?)(?:\[/PYTHON\]|\[DONE\]|\Z)", re.DOTALL)
_START = re.compile(r"^(?:def |async def |class |import |from \w[\w.]* import |@)", re.MULTILINE)
_MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class Code:
    """A program found in an answer; `span` is its place there, `whole` is false for a body."""

    text: str
    span: tuple[int, int]
    whole: bool = True


def find_program(text: str, names: Collection[str], stop: Sequence[str] = ()) -> Code | None:
    """The program in an answer that should define one of `names` (any, when empty).

    The last fenced block that defines one of them; else, without such a block, the bare text up to
    a stop word, without prose around it; else the last block. None when nothing is Python.
    """
    blocks = _blocks(text)
    for block in reversed(blocks):
        if names and defines(block.text, names):
            return block
    end = _cut(text, [*stop, "\n```"])
    bare = _without_prose(text[:end], names)
    if bare is not None and (not blocks or defines(bare.text, names)):
        return bare
    return blocks[-1] if blocks else None


def find_completion(
    text: str, prefix: str, names: Collection[str], stop: Sequence[str]
) -> Code | None:
    """What an answer adds to `prefix`, which is code that ends inside a function.

    Completion models write the body: cut at the first stop word. Chat models write the function
    again: that is `whole`. An answer whose first line lost its indentation gets it back.
    """
    blocks = _blocks(text)
    for block in reversed(blocks):
        if defines(block.text, names):
            return block
    start = 0 if _starts_indented(text) else _skip_blank(text)
    end = _cut(text, ["\n```"])
    if not _starts_indented(text) and defines(text[:end], names):
        return _without_prose(text[:end], names) or Code(text[:end], (0, end))
    if blocks and not _starts_indented(text):
        block = blocks[-1]
        body = textwrap.indent(textwrap.dedent(block.text), "    ")
        return Code(body, block.span, whole=False)
    end = _cut(text, [*stop, "\n```"])
    body = text[start:end]
    if not body.strip():
        return None
    if _starts_indented(text):
        return Code(body, (start, end), whole=False)
    for candidate in ("    " + body, body):
        if is_python(prefix + candidate):
            return Code(candidate, (start, end), whole=False)
    return None


def defines(code: str, names: Collection[str]) -> bool:
    """Whether the code defines one of the names at its top level."""
    pattern = "|".join(map(re.escape, names))
    return bool(names) and bool(
        re.search(
            rf"^(?:(?:async )?def|class)\s+(?:{pattern})\b|^(?:{pattern})\s*=(?!=)", code, re.M
        )
    )


def called_names(tests: str) -> tuple[str, ...]:
    """The functions that tests call and don't define themselves, without the built-in ones.

    >>> called_names("assert set(similar((1, 2))) == {1}")
    ('similar',)
    """
    import builtins

    tree = _parse(tests)
    if tree is None:
        return ()
    own: set[str] = set(dir(builtins))
    used: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                own.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                own |= {alias.asname or alias.name for alias in aliases}
            case ast.Call(func=ast.Name(id=name), args=arguments):
                used.append(name)
                if name == "check":  # check(candidate) hands the function over
                    used += [item.id for item in arguments if isinstance(item, ast.Name)]
    return tuple(dict.fromkeys(name for name in used if name not in own))


def is_python(code: str) -> bool:
    """Whether the text can be compiled."""
    return _parse(code) is not None


def join_program(prefix: str, code: str, tests: str) -> str:
    """One source text; `from __future__` lines go first, as the language wants it."""
    body = f"{prefix}{code}\n\n{tests}\n"
    if "from __future__" not in code:
        return body
    first = re.findall(r"^from __future__ import [^\n(]+$", body, re.M)
    rest = re.sub(r"^from __future__ import [^\n(]+$", "", body, flags=re.M)
    return "\n".join([*first, rest])


def _parse(code: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in a model's strings
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _blocks(text: str) -> list[Code]:
    fences = [m for m in _FENCE.finditer(text) if m["code"].strip()]
    if fences:
        # A fence inside a list is indented, and its code with it.
        return [
            Code(textwrap.dedent(m["code"]) if m["indent"] else m["code"], m.span("code"))
            for m in fences
        ]
    return [Code(m["code"], m.span("code")) for m in _TAGS.finditer(text) if m["code"].strip()]


def _starts_indented(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first[:1] in (" ", "\t")


def _skip_blank(text: str) -> int:
    return len(text) - len(text.lstrip())


def _cut(text: str, stop: Sequence[str]) -> int:
    places = [text.find(word) for word in stop]
    return min((place for place in places if place >= 0), default=len(text))


def _without_prose(text: str, names: Collection[str]) -> Code | None:
    """The Python in a bare text: sentences before and after it are left out."""
    if is_python(text) and text.strip() and (not names or defines(text, names)):
        return Code(text, (0, len(text)))
    first = _START.search(text)
    if first is None:
        return None
    lines = text[first.start() :].splitlines(keepends=True)[:_MAX_LINES]
    for count in range(len(lines), 0, -1):
        code = "".join(lines[:count])
        if is_python(code):
            if names and not defines(code, names):
                break
            return Code(code, (first.start(), first.start() + len(code)))
    if names and not defines(text, names):
        return None
    return Code(text[first.start() :], (first.start(), len(text)))
