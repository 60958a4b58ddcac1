"""TAT-QA and FinQA against their official scripts, tatqa_eval.py and evaluate.py; ConvFinQA.

The expected sums and digests are of the official scripts' verdicts, run apart from julja: on
TAT-QA's sample predictions and Program-of-Thoughts' (each question's exact match, F1 and scale),
and, because FinQA's test file is in no mirror, on programs drawn at random. ConvFinQA's answers are
held to the programs that belong to them.
"""

import ast
import hashlib
import operator
import random

import pytest

from julja.benchmarks.finance import convfinqa, programs, tatqa
from julja.data.files import read_rows
from julja.types import Response

HOLDS = ("convfinqa", "finqa", "tatqa")

SCORER = tatqa.tatqa().forms["generate"].scorer


def digest(verdicts):
    lines = (f"{name} {em:.0f} {f1:.2f} {scale:.0f}\n" for name, (em, f1, scale) in verdicts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


@pytest.mark.mirror
@pytest.mark.parity
@pytest.mark.parametrize(
    ("file", "sums", "official"),
    [
        ("sample_prediction.json.gz", (766, 982.11, 1517), "a76827411d3b310f"),
        ("outputs/PoT_tatqa_s0_e-1_11_08_11_09.jsonl.gz", (1150, 1265.3, 1259), "1f46b5da4444661d"),
    ],
)
def test_every_verdict_on_tatqa_is_the_official_one(file, sums, official, mirror):
    folder = mirror / "tatqa"
    pages = read_rows(folder / "dataset_raw" / "tatqa_dataset_dev.json.gz")
    samples = {row["uid"]: tatqa.to_sample(row) for row in tatqa.questions(pages)}
    rows = tatqa.predictions(read_rows(folder / file), list(samples.values()))
    made = {
        row["id"]: tuple(SCORER(samples[row["id"]], Response(row["response"])).values.values())
        for row in rows
    }
    totals = [round(sum(values[n] for values in made.values()), 2) for n in range(3)]
    assert (len(made), tuple(totals)) == (1668, sums)
    assert digest(sorted(made.items())) == official


TABLE = [["", "2019", "2018"], ["sales", "$ 1,200 ( 3 )", "1000"], ["cost", "30%", "0.2"]]
NUMBERS = ["5", "5.5", "1,200", "12%", "const_100", "const_m1", "0", "-3", "one", "#0", "#1"]


def drawn(seed, count):
    """Programs of up to four steps; some refer to results that aren't there."""
    rng = random.Random(seed)
    for _ in range(count):
        program = []
        for step in range(rng.randint(1, 4)):
            operation = rng.choice(programs.OPERATIONS)
            if operation.startswith("table"):
                pair = [rng.choice(["sales", "cost", "rent"]), "none"]
            else:
                earlier = [f"#{n}" for n in range(step)] * 3
                pair = [rng.choice(earlier + NUMBERS) for _ in range(2)]
            program += [f"{operation}(", *pair, ")"]
        yield [*program, "EOF"]


def result(program):
    try:
        return str(programs.run(program, TABLE))
    except programs.BrokenError:
        return "broken"


@pytest.mark.parity
def test_every_result_of_a_program_is_the_official_one():
    results = [result(program) for program in drawn(7, 5000)]
    assert results.count("broken") == 3169
    assert hashlib.sha256("\n".join(results).encode()).hexdigest()[:16] == "4d9c7e8aa7f3aad6"


@pytest.mark.parity
def test_every_pair_of_programs_is_equal_where_it_is_officially():
    # On other golds the script crashes.
    golds = [program for program in drawn(8, 700) if result(program) != "broken"]
    swapped = [[one[0], one[2], one[1], *one[3:]] for one in golds]
    pairs = [*zip(golds, drawn(9, 700), strict=False), *zip(golds, swapped, strict=True)]
    verdicts = [str(int(programs.equal(one, other))) for one, other in pairs]
    assert hashlib.sha256("".join(verdicts).encode()).hexdigest()[:16] == "4485d1c649517902"


SIGNS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
}


def valued(node, known):
    """A number of "x0 = 60.94 - 25.14; ans = x0 / 25.14", step by step."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        return SIGNS[type(node.op)](valued(node.left, known), valued(node.right, known))
    if isinstance(node, ast.Compare):
        (other,) = node.comparators
        return SIGNS[type(node.ops[0])](valued(node.left, known), valued(other, known))
    if isinstance(node, ast.UnaryOp):
        return -valued(node.operand, known)
    return node.value


@pytest.mark.mirror
@pytest.mark.parity
def test_convfinqas_own_programs_give_its_answers(mirror):
    dialogues = read_rows(next((mirror / "finqa").glob("convfinqa_dev.json*")))
    task = convfinqa.convfinqa()
    scorer, right = task.forms["generate"].scorer, 0
    for dialogue, row in zip(dialogues, convfinqa.by_turn(dialogues, "last"), strict=True):
        known = {}
        for step in dialogue["programs"][-1].split(";"):
            (line,) = ast.parse(step.strip()).body
            known[line.targets[0].id] = valued(line.value, known)
        said = known["ans"]
        said = ("no", "yes")[said] if isinstance(said, bool) else said
        values = scorer(task.sample(row), Response(f"Answer: {said}")).values
        right += values["exe_acc"]
    assert (right, len(dialogues)) == (421, 421)
