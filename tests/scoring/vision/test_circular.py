"""CircularEval: every rotation must be right; VanillaEval looks at the question as written."""

import numpy as np
import pytest

from julja.scoring.vision.circular import circular, read_option
from julja.types import Response, Sample

OPTIONS = ("a red car", "a boat", "two cats", "a tall tree")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("B", 1),
        ("(C) two cats", 2),
        ("**D**", 3),
        ("A or B", None),
        ("It shows a boat.", 1),
        ("a red car beside a boat", None),
        ("a boat " * 20, None),
        ("", None),
        ("E", None),
    ],
)
def test_one_letter_or_one_options_text_is_a_choice(text, place):
    assert read_option(text, OPTIONS) == place


def test_a_question_counts_when_all_its_rotations_are_right():
    scorer = circular()
    answers = {"q1": "AB", "q2": "AA", "q3": "BB"}
    values = []
    for group, given in answers.items():
        for rotation, letter in enumerate(given):
            fields = {"group": group, "group_size": 2, "rotation": rotation}
            right = (0,) if rotation == 0 else (1,)
            sample = Sample(
                f"{group}{rotation}", "?", choices=("x", "y"), answer=right, fields=fields
            )
            values.append((sample, scorer(sample, Response(letter)).values))
    circle, vanilla, mean = scorer.metrics
    columns = {c: np.array([v[c] for _, v in values]) for c in circle.columns}
    assert circle.aggregate(columns) == pytest.approx(1 / 3)
    weights = [vanilla.weight(sample) for sample, _ in values]
    assert np.average([v["acc"] for _, v in values], weights=weights) == pytest.approx(2 / 3)
    assert (circle.name, vanilla.name, mean.name) == ("circular", "vanilla", "acc")
