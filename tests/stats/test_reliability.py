"""Calibration of confidences, held to scikit-learn's definitions where it has them."""

import numpy as np
import pytest

from julja.run.calibration import confidence
from julja.stats.reliability import reliability
from julja.types import ChoiceLikelihood


def simulated(n=4000, shift=0.0, seed=1):
    generator = np.random.default_rng(seed)
    sure = generator.uniform(0.3, 0.95, n)
    return sure, (generator.random(n) < sure - shift).astype(float)


def test_honest_confidence_has_the_error_of_chance():
    found = reliability(*simulated())
    assert found.ece == pytest.approx(found.ece_chance, abs=0.012)
    assert abs(found.bias) < 0.02
    assert sum(part.n for part in found.bins) == found.n == 4000


def test_too_sure_is_seen():
    found = reliability(*simulated(shift=0.2))
    assert found.bias == pytest.approx(0.2, abs=0.03)
    assert found.ece == pytest.approx(0.2, abs=0.03)
    assert all(part.accuracy < part.confidence for part in found.bins)


def test_auroc_is_the_share_of_pairs_with_ties_as_half():
    sure, right = simulated(300)
    sure = sure.round(1)
    good, bad = sure[right == 1][:, None], sure[right == 0]
    expected = ((good > bad) + 0.5 * (good == bad)).mean()
    assert reliability(sure, right).auroc == pytest.approx(expected)
    assert reliability(sure, np.ones(300)).auroc is None


def test_equal_mass_bins_by_hand():
    sure = np.repeat([0.9, 0.5], 10)
    right = np.repeat([1.0, 0.0], 10)
    found = reliability(sure, right)
    assert [(part.n, part.confidence, part.accuracy) for part in found.bins] == [
        (10, 0.5, 0.0),
        (10, pytest.approx(0.9), 1.0),
    ]
    assert found.ece == pytest.approx((0.5 + 0.1) / 2)
    assert found.brier == pytest.approx((0.25 + 0.01) / 2)
    # The surest ten are right: 1, then falling to a half.
    expected = np.mean([1.0] * 10 + [10 / n for n in range(11, 21)])
    assert found.selective_area == pytest.approx(expected)


def test_few_answers_say_nothing():
    assert reliability(np.full(19, 0.5), np.ones(19)) is None


def test_confidence_is_the_share_of_the_likeliest_choice():
    logs = [np.log(0.6), np.log(0.3), -np.inf]
    choices = [ChoiceLikelihood(str(n), value) for n, value in enumerate(logs)]
    assert confidence(choices) == pytest.approx(2 / 3)
    assert confidence(choices[:1]) is None
    assert confidence([ChoiceLikelihood("a", -np.inf)] * 2) is None
