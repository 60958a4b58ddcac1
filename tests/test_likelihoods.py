"""Likelihoods in an array read like a tuple of `ChoiceLikelihood`s, to the last digit."""

import math
import pickle

import numpy as np
import pytest

from julja.likelihoods import Likelihoods, likeliest, log_likelihoods
from julja.types import ChoiceLikelihood, Response

NAMES = ("cat", "dog", "eel")


def plain(*values):
    return tuple(map(ChoiceLikelihood, NAMES, values))


def test_a_sequence_like_a_tuple():
    made, same = Likelihoods(NAMES, [-1.0, -2.5, -math.inf]), plain(-1.0, -2.5, -math.inf)
    assert made == same
    assert same == made
    assert hash(made) == hash(same)
    assert list(made) == list(same)
    assert len(made) == 3
    assert made[1] == same[1]
    assert made[-1] == same[-1]
    assert made[1:] == same[1:]
    assert made != plain(-1.0, -2.5, -3.0)
    assert made != Likelihoods(("cat", "dog", "fox"), [-1.0, -2.5, -math.inf])
    assert Response(choices=made) == Response(choices=same)
    assert pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(IndexError):
        made[3]


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [
        (np.float32([0.1, 2.0, -math.inf]), "float32"),
        (np.float16([0.1, 2.0, 3.0]), "float32"),
        ([0.5, 2.0, -math.inf], "float32"),
        (np.int64([1, 2, 3]), "float32"),
        ([0.1, 2.0, 3.0], "float64"),
        ([1e300, 2.0, 3.0], "float64"),
        ([1e-300, 2.0, 3.0], "float64"),
        (np.int64([2**53 - 1, 2, 3]), "float64"),
    ],
)
def test_single_precision_only_where_it_loses_nothing(numbers, kept):
    made = Likelihoods(NAMES, numbers)
    assert made.numbers.dtype == kept
    assert made.values.tolist() == [float(number) for number in numbers]
    assert Likelihoods.from_bytes(NAMES, made.to_bytes()) == made


def test_constants_keep_classes_apart_that_rounding_would_join():
    logits = np.float32([1.0, np.nextafter(np.float32(1.0), np.float32(2.0)), 0.0])
    less = (1.0, 40.123456789)
    made = Likelihoods(NAMES, logits, less)
    wanted = [float(logit) - 1.0 - 40.123456789 for logit in logits]
    assert made.values.tolist() == [choice.loglikelihood for choice in made] == wanted
    assert made[0].loglikelihood == wanted[0] < wanted[1] == made[1].loglikelihood
    assert np.float32(wanted[0]) == np.float32(wanted[1])
    assert made.to_bytes() == logits.tobytes()


def test_an_array_is_not_copied():
    rows = np.zeros((2, 3), np.float32)
    assert np.shares_memory(Likelihoods(NAMES, rows[1]).numbers, rows)


@pytest.mark.parametrize(
    ("numbers", "less", "said"),
    [
        ([1.0, 2.0], (), "3 choices, and numbers of shape"),
        ([[1.0, 2.0, 3.0]], (), "shape"),
        ([1.0, 2.0, 3.0], (math.inf,), "finite"),
    ],
)
def test_what_does_not_fit_is_refused(numbers, less, said):
    with pytest.raises(ValueError, match=said):
        Likelihoods(NAMES, numbers, less)


@pytest.mark.parametrize("as_", [tuple, lambda found: Likelihoods(NAMES, log_likelihoods(found))])
def test_the_likeliest(as_):
    found = as_(plain(-3.0, -1.0, -2.0))
    assert log_likelihoods(found) == [-3.0, -1.0, -2.0]
    assert likeliest(found, most=3) == [0, 1, 2]
    assert likeliest(found, most=2) == [1, 2]
    assert likeliest(()) == []
