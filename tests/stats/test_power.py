"""Sample sizes are Miller's and Connor's; power is what simulated runs show."""

import numpy as np
import pytest

from julja.stats.paired import mcnemar, minimum_detectable_effect
from julja.stats.power import (
    Design,
    detectable,
    detectable_binary,
    discordance_design,
    mcnemar_power,
    mcnemar_samples,
    paired_design,
    power_of,
    repeats_by_cost,
    repeats_worth,
    samples_needed,
)

MILLER = Design(between=1 / 9)


def test_the_example_of_miller():
    # arXiv 2411.00640, section 5: omega^2 = 1/9, delta = .03, 80 % power.
    assert samples_needed(MILLER, 0.03) == 969
    assert samples_needed(MILLER, -0.03) == 969


def test_the_smallest_difference_of_a_given_set():
    assert detectable(MILLER, 969) == pytest.approx(0.03, abs=1e-5)
    assert detectable(MILLER, 198) == pytest.approx(0.066, abs=5e-4)
    assert detectable(MILLER, 1000) == pytest.approx(minimum_detectable_effect(MILLER.stderr(1000)))


def test_size_difference_and_power_are_one_equation():
    design = Design(0.08, 0.1, 0.2, 4, 2, effect=1.3)
    n = samples_needed(design, 0.02, power=0.9)
    assert power_of(design, n, 0.02) == pytest.approx(0.9, abs=1e-3)
    assert power_of(design, n - 1, 0.02) < 0.9 <= power_of(design, n, 0.02)
    assert power_of(design, n, 0.0) == pytest.approx(0.05)


def test_repeats_divide_only_the_noise_and_clusters_multiply_all():
    assert Design(0.1, 0.2, 0.4, 2, 4).variance == pytest.approx(0.1 + 0.1 + 0.1)
    assert Design(0.1, 0.2, effect=2.0).variance == pytest.approx(0.6)
    assert samples_needed(Design(1 / 9, effect=2.0), 0.03) == 1938


def test_the_power_is_what_simulated_runs_show():
    generator = np.random.default_rng(0)
    design = Design(between=0.04, within_a=0.1, within_b=0.1, repeats_a=2, repeats_b=2)
    n, runs, delta = 150, 4000, 0.06
    true = generator.normal(delta, 0.2, (runs, n))
    noise = generator.normal(0, np.sqrt(0.1 / 2 + 0.1 / 2), (runs, n))
    seen = true + noise
    t = seen.mean(axis=1) / (seen.std(axis=1, ddof=1) / np.sqrt(n))
    assert np.mean(np.abs(t) > 1.976) == pytest.approx(power_of(design, n, delta), abs=0.02)


def test_what_a_run_showed_says_what_the_next_one_needs():
    design = paired_design(0.01, 400)
    assert design.stderr(400) == pytest.approx(0.01)
    assert detectable(design, 1600) == pytest.approx(minimum_detectable_effect(0.005))


def test_binary_runs():
    assert discordance_design(0.2, 0.1).variance == pytest.approx(0.19)
    # Units are accuracy: NeMo Evaluator 0.4 compares 2.8 / sqrt(40) = .44 with it.
    assert detectable_binary(40, 1000) == pytest.approx(0.0177, abs=5e-5)


def test_mcnemars_sample_size_is_connors():
    # (1.959964 sqrt(.2) + .841621 sqrt(.19))^2 / .01, by hand.
    assert mcnemar_samples(0.2, 0.1) == 155
    assert mcnemar_samples(0.2, -0.1) == 155


@pytest.mark.parametrize("mid", [False, True])
def test_mcnemars_power_is_what_simulated_runs_show(mid):
    generator = np.random.default_rng(1)
    n, runs = 80, 4000
    differing = generator.binomial(n, 0.3, runs)
    wins = generator.binomial(differing, 0.25 / 0.3)
    pairs, count = np.unique(np.column_stack([wins, differing - wins]), axis=0, return_counts=True)
    hits = [mcnemar(*pair, mid=mid) <= 0.05 for pair in pairs.tolist()]
    expected = mcnemar_power(n, 0.3, 0.2, mid=mid)
    assert np.average(hits, weights=count) == pytest.approx(expected, abs=0.02)
    assert mcnemar_power(n, 0.0, 0.0) == 0.0


def test_the_exact_test_never_errs_too_often_and_mid_p_hardly():
    levels = [mcnemar_power(n, share, 0.0) for n in (10, 50, 200) for share in (0.05, 0.3)]
    assert max(levels) <= 0.05
    mids = [mcnemar_power(n, share, 0.0, mid=True) for n in (10, 50, 200) for share in (0.05, 0.3)]
    assert max(mids) <= 0.055
    assert all(mid >= exact for mid, exact in zip(mids, levels, strict=True))


@pytest.mark.parametrize(
    ("between", "within", "loss", "expected"),
    [(0.1, 0.1, 0.1, 5), (0.1, 0.0, 0.1, 1), (0.1, 0.01, 0.1, 1), (0.05, 0.2, 0.05, 40)],
)
def test_repeats_are_worth_it_as_far_as_noise_outweighs_items(between, within, loss, expected):
    found = repeats_worth(between, within, loss=loss)
    assert found == expected
    floor = np.sqrt(between)
    assert np.sqrt(between + within / found) <= (1 + loss) * floor + 1e-12
    if found > 1:
        assert np.sqrt(between + within / (found - 1)) > (1 + loss) * floor


def test_repeats_by_cost_make_the_smallest_error_for_the_money():
    found = repeats_by_cost(0.05, 0.2, 30.0, 1.0)
    budget = 10_000.0
    errors = {k: (0.05 + 0.2 / k) / (budget / (30.0 + k)) for k in range(1, 60)}
    assert found == min(errors, key=errors.get)
    assert repeats_by_cost(0.05, 0.2, 0.0, 1.0) == 1


def test_what_has_no_answer_is_said():
    with pytest.raises(ValueError, match="difference of 0"):
        samples_needed(MILLER, 0.0)
    with pytest.raises(ValueError, match="difference of 0"):
        mcnemar_samples(0.2, 0.0)
    with pytest.raises(ValueError, match="at least the difference"):
        discordance_design(0.1, 0.2)
    with pytest.raises(ValueError, match="every repeat"):
        repeats_worth(0.0, 0.1)
    with pytest.raises(ValueError, match="above 0"):
        repeats_by_cost(0.1, 0.1, 1.0, 0.0)
