"""starter_code: write a small Python function that passes tests made for it."""

import random
from collections.abc import Mapping, Sequence

from julja.benchmarks.starter.common import CONTAMINATION, LABEL_ERRORS, LICENCE, generate
from julja.scoring.code import code_tests
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample

PROMPT = (
    "Write a Python function `{{ signature }}` that {{ input }}\n"
    "Give only the code of the function.\n"
)

# level -> (signature, what it does, body, arguments of the tests); {k} {m} {c} are drawn
JOBS: Mapping[int, Sequence[tuple[str, str, str, Sequence[str]]]] = {
    1: (
        (
            "f(x)",
            "returns x times {k} plus {m}.",
            "return x * {k} + {m}",
            ("0", "1", "-3", "10"),
        ),
        (
            "f(text)",
            "returns how often the letter {c!r} is in text.",
            "return text.count({c!r})",
            ("''", "'abcde'", "'{c}{c}x{c}'", "'xyz'"),
        ),
        (
            "f(numbers)",
            "returns the sum of a list of numbers, plus {k}.",
            "return sum(numbers) + {k}",
            ("[]", "[1, 2, 3]", "[-{k}]", "[10, 20]"),
        ),
    ),
    2: (
        (
            "f(numbers)",
            "returns the list of those numbers that are greater than {m}, in the same order.",
            "return [n for n in numbers if n > {m}]",
            ("[]", "[{m}, {m} + 1, {m} - 1]", "[50, -2, 40]", "[0]"),
        ),
        (
            "f(words)",
            "returns the list of those words that begin with {c!r}, each in capital letters.",
            "return [w.upper() for w in words if w.startswith({c!r})]",
            ("[]", "['{c}at', 'xx', '{c}']", "['x{c}']", "['', '{c}o']"),
        ),
        (
            "f(n)",
            "returns the sum of all whole numbers from 1 to n (n included) that are divisible by "
            "{k}.",
            "return sum(i for i in range(1, n + 1) if i % {k} == 0)",
            ("0", "{k}", "20", "50"),
        ),
    ),
    3: (
        (
            "f(text, n)",
            "removes every {c!r} from text, reverses what is left, and returns it repeated n "
            "times.",
            "return text.replace({c!r}, '')[::-1] * n",
            ("'', 3", "'a{c}bcd', 2", "'{c}', 5", "'xyz', 0"),
        ),
        (
            "f(numbers)",
            "returns a dictionary from each remainder of division by {k} to the list of the "
            "numbers that have it, in the same order; remainders that no number has are left out.",
            "found = {{}}\n    for n in numbers:\n"
            "        found.setdefault(n % {k}, []).append(n)\n    return found",
            ("[]", "[1, 2, 3, 4, 5, 6, 7]", "[{k}, 0]", "[10]"),
        ),
        (
            "f(n)",
            "returns a list of n numbers: the first is {m}, the second is {k}, and each later one "
            "is the sum of the two before it.",
            "found = [{m}, {k}]\n    while len(found) < n:\n"
            "        found.append(found[-1] + found[-2])\n    return found[:n]",
            ("0", "1", "2", "7"),
        ),
    ),
}
FIRST = ("make", "count", "find", "read", "turn", "pick", "mix", "build")
SECOND = ("sheet", "value", "parts", "ledger", "batch", "trace", "ticket", "code")


@task
def starter_code() -> Task:
    """Python functions of one to four lines, scored by their tests."""
    return Task(
        name="starter_code",
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=PROMPT,
                answer="```python\n{{ target[0] }}\n```",
                decoding=Decoding(max_tokens=160),
                scorer=code_tests(),
            )
        },
        card=Card(
            title="Starter: code",
            summary="Write a Python function of one to four lines that passes its four tests.",
            abilities=("code",),
            licence=LICENCE,
            random_baseline=0.0,
            contamination=CONTAMINATION,
            label_errors=LABEL_ERRORS,
        ),
        by=("level",),
        checks=CHECKS,
    )


def rows(seed: int) -> list[Row]:
    """100 functions."""
    return generate("starter_code", seed, make)


def make(draw: random.Random, level: int) -> Mapping[str, Json]:
    """One function: its words, a solution, and tests that are computed with the solution."""
    signature, words, body, arguments = draw.choice(JOBS[level])
    values = {
        "k": draw.randint(2, 12),
        "m": draw.randint(3, 40),
        "c": draw.choice("abcdeghilmnoprst"),
    }
    name = f"{draw.choice(FIRST)}_{draw.choice(SECOND)}"
    signature = name + signature.removeprefix("f")
    solution = f"def {signature}:\n    {body.format(**values)}"
    space: dict[str, Json] = {}
    exec(solution, space)  # this file's own code
    calls = [f"{name}({argument.format(**values)})" for argument in arguments]
    return {
        "input": words.format(**values),
        "signature": signature,
        "entry_point": name,
        "solution": solution,
        "tests": [f"assert {call} == {eval(call, space)!r}" for call in calls],
    }


def to_sample(row: Row) -> Sample:
    """A row as a sample."""
    names = ("level", "signature", "entry_point", "tests")
    fields = {name: row[name] for name in names}
    return Sample(str(row["id"]), str(row["input"]), target=(str(row["solution"]),), fields=fields)


_ROW: Row = {
    "id": "check",
    "level": 1,
    "input": "returns x times 3 plus 7.",
    "signature": "mix_parts(x)",
    "entry_point": "mix_parts",
    "solution": "def mix_parts(x):\n    return x * 3 + 7",
    "tests": ["assert mix_parts(0) == 7", "assert mix_parts(-3) == -2"],
}
CHECKS = (
    Check(_ROW, "def mix_parts(x):\n    return 7 + 3 * x", 1.0),
    Check(_ROW, "```python\ndef mix_parts(x):\n    return x * 3 + 7\n```", 1.0),
    Check(
        _ROW,
        "Sure:\n\n```\ndef mix_parts(x):\n    y = 3 * x\n    return y + 7\n```\nDone.",
        1.0,
    ),
    Check(_ROW, "```python\ndef mix_parts(x):\n    return x * 7 + 3\n```", 0.0),
    Check(_ROW, "```python\ndef mix_parts(x):\n    return x * 3 +\n```", 0.0),
    Check(_ROW, "I would multiply by three and add seven.", 0.0),
)
