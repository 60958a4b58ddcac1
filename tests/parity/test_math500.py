"""MATH's gold solutions are right, and recorded verdicts on real outputs are reproduced."""

import gzip
import json
import random

import pytest

from julja.benchmarks.mathematics.math500 import to_sample
from julja.scoring.maths import maths, same
from julja.scoring.maths_text import final_answer
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("math500",)


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_every_gold_solution_scores_one(mirror):
    scorer = maths()
    problems = rows(mirror / "math" / "math500_test.jsonl.gz")
    assert len(problems) == 500
    wrong = [
        row["unique_id"]
        for row in problems
        if scorer(to_sample(row), Response(row["solution"])).values["acc"] != 1
    ]
    assert wrong == []


def test_other_problems_answers_score_zero(mirror):
    problems = rows(mirror / "math" / "math500_test.jsonl.gz")
    drawn = random.Random(2)
    pairs = [drawn.sample(problems, 2) for _ in range(100)]
    equal = [(a["answer"], b["answer"]) for a, b in pairs if same(a["answer"], b["answer"])[0]]
    assert all(a == b for a, b in equal)


def test_recorded_verdicts_on_qwen_s_outputs(mirror):
    differ, total = [], 0
    for row in rows(mirror / "math" / "qwen_math_cot_100_outputs.jsonl.gz"):
        for number, (text, verdict) in enumerate(zip(row["code"], row["score"], strict=True)):
            found = final_answer(text)
            total += 1
            if (found is not None and same(found.text, row["gt"])[0]) != verdict:
                differ.append((row["idx"], number, found and found.text, row["gt"]))
    assert total == 800
    # The recorded scorer did not know {,} for a comma: the answer is right.
    assert differ == [(72, 7, "10000", "10{,}000")]
