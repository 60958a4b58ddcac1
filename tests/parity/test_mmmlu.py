"""MMMLU's reading of answers in many languages against openai/simple-evals (common.py).

The expected digest is of simple-evals' letters (its words for "answer", normalize_response and
normalize_extracted_answer) on texts drawn at random, run apart from julja.
"""

import hashlib
import random

import pytest

from julja.benchmarks.multilingual import mmmlu
from julja.types import Response

pytestmark = pytest.mark.parity
HOLDS = ("mmmlu",)
PIECES = (
    *(
        "Answer",
        "answer",
        "উত্তর",
        "উত্তরঃ",
        "Antwort",
        "정답",
        "답",
        "答案",
        "回答",
        "الإجابة",
        "الجواب",
    ),
    *(
        "Respuesta",
        "答え",
        "Jawaban",
        "Réponse",
        "Idahun",
        ":",
        "：",
        " ",
        "\n",
        *"ABCDb",
        "ব",
        "ড",
    ),
    *("أ", "د", "ت", "Ａ", "Ｄ", "**", "$", "\\boxed{", "}", "\\text", "\\mathrm{", "\\mathbf{"),
    *("\\(", "because", "is"),
)


def drawn(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        yield "".join(rng.choice(PIECES) for _ in range(rng.randint(2, 14)))


def test_every_letter_is_simple_evals():
    scorer, sample = mmmlu.said(), mmmlu.to_sample(mmmlu.CHECKS[0].row)
    scores = [scorer(sample, Response(text)) for text in drawn(12, 20_000)]
    letters = [score.extracted or "?" for score in scores]
    assert letters.count("?") == 17667
    assert hashlib.sha256("".join(letters).encode()).hexdigest()[:16] == "53156be464cebb37"
    # The right answer is B, and a small letter is none.
    right = [score.values.get("acc") == 1.0 for score in scores]
    assert right == [letter == "B" for letter in letters]
