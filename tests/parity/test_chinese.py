"""CMMLU's reading of written answers against its official extract_choice (src/mp_utils.py).

The expected digest is of the official function's letters on texts drawn at random, run apart from
julja; where it draws a random letter, there is none.
"""

import hashlib
import random

import pytest

from julja.benchmarks.chinese import cmmlu
from julja.scoring.chain import letter_chain
from julja.types import Response

pytestmark = pytest.mark.parity
HOLDS = ("cmmlu",)
PIECES = (
    *"ABCD",
    *("答案", "是", "为", "选项", "项", "正确", "当选", "：", "，", "不", "故", "选择", "选"),
    *("符合题意", "应该", "因为", "的", "\n", " "),
)


def drawn(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        yield "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12)))


def test_every_letter_is_the_official_one():
    scorer, sample = letter_chain(cmmlu.PATTERNS), cmmlu.to_sample(cmmlu.CHECKS[0].row)
    letters = [scorer(sample, Response(text)).extracted or "?" for text in drawn(11, 20_000)]
    assert letters.count("?") == 8539
    assert hashlib.sha256("".join(letters).encode()).hexdigest()[:16] == "7f0d74c60fff8c28"
