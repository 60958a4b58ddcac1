"""Class scores as log-probabilities: a model's own numbers, and what is subtracted from them."""

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime", reason="needs the vision extra: onnxruntime")

import numpy as np

from julja.errors import ProviderError
from julja.likelihoods import Likelihoods
from julja.models.vision.outputs import log_scores

from .conftest import about, answers, open_
from .proto import node, write_onnx

LOGITS = np.random.default_rng(0).normal(0, 5, 1000).astype(np.float32)


def test_logits_stay_as_they_are() -> None:
    numbers, less = log_scores(LOGITS)
    assert numbers.dtype == np.float32
    assert np.array_equal(numbers, LOGITS)
    top, total = less
    assert top == LOGITS.max()
    made = Likelihoods(tuple(map(str, range(1000))), numbers, less)
    double = LOGITS.astype(np.float64)
    assert np.array_equal(made.values, double - top - total)
    assert math.fsum(np.exp(made.values)) == pytest.approx(1, abs=1e-12)


def test_probabilities_become_their_logarithms() -> None:
    shares = np.array([0.25, 0.75, 0.0])
    numbers, less = log_scores(shares)
    assert less == ()
    assert numbers.tolist() == [math.log(0.25), math.log(0.75), -math.inf]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_an_error(value: float, tmp_path: Path, paint: Any) -> None:
    file = write_onnx(
        tmp_path / "broken.onnx",
        [
            node("ReduceMean", ["x"], "m", axes=[2, 3], keepdims=0),
            node("Add", ["m", "odd"], "y"),
        ],
        takes=("b", 3, 8, 8),
        gives={"y": ("b", 3)},
        constants={"odd": np.array([0.0, value, -np.inf], np.float32)},
    )
    request = about(paint("red"), "classify", ("red", "green", "blue"))
    (found,) = answers(open_(f"onnx/{file}", labels="red,green,blue"), request)
    assert isinstance(found, ProviderError)
    assert "NaN or infinite" in str(found)
