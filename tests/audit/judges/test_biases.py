"""Each bias is found where it is planted, and not where it isn't."""

import numpy as np
import pytest

from julja.audit.judges.favour import own_side, self_preference
from julja.audit.judges.length import length_bias
from julja.audit.judges.position import position_bias


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def judged(sheet):
    """(a sheet's judge's ratings, people's mean)."""
    return sheet.of(sheet.judges[0]), sheet.mean(sheet.by_people())


def of(bias, made):
    """A bias of a sheet's first judge."""
    return bias(made, *judged(made))


def pairs(seed, n, *, bias=0.0, both=False, fixed=False, labelled=0):
    """Rows of pairs whose A is better by a normal amount; the first answer gets `bias` more."""
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n):
        better = generator.normal()
        first = "a" if fixed or generator.random() < 0.5 else "b"
        for side in ("a", "b") if both else (first,):
            push = bias if side == "a" else -bias
            value = float(generator.random() < sigmoid(2 * better + push))
            rows.append({"item": item, "value": value, "first": side})
        if item < labelled:
            value = float(generator.random() < sigmoid(2 * better))
            rows.append({"item": item, "rater": "human", "value": value})
    return rows


def test_both_orders_show_what_the_order_changes(sheet):
    rows = [
        {"item": 1, "value": 1.0, "first": "a"}, {"item": 1, "value": 1.0, "first": "b"},
        {"item": 2, "value": 1.0, "first": "a"}, {"item": 2, "value": 0.0, "first": "b"},
        {"item": 3, "value": 0.0, "first": "a"}, {"item": 3, "value": 1.0, "first": "b"},
        {"item": 4, "value": 1.0, "first": "a"}, {"item": 4, "value": 0.5, "first": "b"},
        {"item": 5, "value": 1.0, "first": "a"}, {"item": 6, "value": float("nan"), "first": "a"},
    ]  # fmt: skip
    found = of(position_bias, sheet(rows))
    assert found.design == "both orders"
    assert (found.pairs, found.one_order) == (4, 1)
    assert found.consistency.value == 0.25
    assert (found.to_first.value, found.to_second.value) == (0.25, 0.25)
    # (1 + 0) / 2, (1 + 1) / 2, 0, (1 + .5) / 2
    assert found.first_preferred.value == pytest.approx((0.5 + 1 + 0 + 0.75) / 4)


@pytest.mark.parametrize(("both", "design"), [(True, "both orders"), (False, "random order")])
def test_a_planted_position_bias_is_found(sheet, both, design):
    found = of(position_bias, sheet(pairs(1, 600, bias=0.8, both=both)))
    assert found.design == design
    assert found.first_preferred.ci[0] > 0.5


def test_without_bias_the_interval_holds_one_half(sheet):
    hits = 0
    for seed in range(200):
        made = sheet(pairs(seed, 150))
        low, high = of(position_bias, made).first_preferred.ci
        hits += low <= 0.5 <= high
    assert 0.91 <= hits / 200 <= 0.985


def test_a_fixed_order_needs_people_to_part_position_from_quality(sheet):
    made = sheet(pairs(2, 500, bias=1.0, fixed=True, labelled=300))
    found = of(position_bias, made)
    assert found.design == "fixed order"
    assert found.excess.n == 300
    assert found.excess.ci[0] > 0
    made = sheet(pairs(3, 500, fixed=True, labelled=300))
    low, high = of(position_bias, made).excess.ci
    assert low < 0 < high


def test_a_fixed_order_of_models_drawn_by_lot_is_a_random_one(sheet):
    generator = np.random.default_rng(4)
    rows = [
        {"item": n, "value": 1.0, "first": "a", "model_a": a, "model_b": b}
        for n in range(400)
        for a, b in [generator.permutation(["x", "y", "z"])[:2].tolist()]
    ]
    assert of(position_bias, sheet(rows)).design == "random order"
    always = [{**row, "model_a": "x", "model_b": "y"} for row in rows]
    assert of(position_bias, sheet(always)).design == "fixed order"


def test_without_an_order_there_is_no_position(sheet):
    made = sheet([{"item": 1, "value": 1.0}])
    assert of(position_bias, made) is None


def sized(seed, n, *, bias, quality=0.0, labelled=None):
    """Pairs of different lengths: the judge likes length by `bias`, it means quality by another."""
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n):
        lengths = np.exp(generator.normal(6, 0.5, 2))
        gap = float((lengths[0] - lengths[1]) / lengths.sum())
        better = generator.normal() + quality * gap
        common = {"item": item, "length_a": lengths[0], "length_b": lengths[1]}
        value = float(generator.random() < sigmoid(2 * better + bias * gap))
        rows.append({**common, "value": value})
        if labelled is None or item < labelled:
            value = float(generator.random() < sigmoid(2 * better))
            rows.append({**common, "rater": "human", "value": value})
    return rows


def test_a_planted_length_bias_is_found_beyond_people_s(sheet):
    made = sheet(sized(1, 1500, bias=4.0, quality=2.0))
    found = of(length_bias, made)
    assert found.people.ci[0] > 0.5
    assert found.excess.ci[0] > 0
    assert found.coefficient.ci[0] > 0
    assert found.adjusted_for == ("people",)


def test_a_judge_that_likes_length_as_people_do_has_no_excess(sheet):
    made = sheet(sized(2, 1500, bias=0.0, quality=3.0))
    found = of(length_bias, made)
    assert found.judge.ci[0] > 0.5
    assert found.excess.ci[0] < 0 < found.excess.ci[1]


def test_pairs_of_one_length_say_nothing_about_length(sheet):
    rows = [{"item": n, "value": 1.0, "length_a": 5.0, "length_b": 5.0} for n in range(9)]
    assert of(length_bias, sheet(rows)) is None
    rows = [{**row, "length_a": float("nan")} for row in rows]
    assert of(length_bias, sheet(rows)) is None


def test_longer_is_longer_whichever_side_it_is_on(sheet):
    rows = [
        {"item": n, "value": float(n % 2), "length_a": 9.0 if n % 2 else 1.0, "length_b": 5.0}
        for n in range(20)
    ]
    assert of(length_bias, sheet(rows)).judge.value == 1


def test_the_slope_of_scores_on_length(sheet):
    generator = np.random.default_rng(50)
    rows = []
    for item in range(400):
        log, truth = generator.normal(), generator.normal()
        common = {"item": item, "length_a": float(np.exp(6 + 0.5 * log))}
        rows.append({**common, "value": 0.5 * truth + 0.3 * log + 0.2 * generator.normal()})
        if item < 200:
            rows.append({**common, "rater": "human", "value": truth})
    made = sheet(rows, kind="score")
    found = of(length_bias, made)
    planted = 0.3 * np.log(made.length_a).std() / 0.5
    assert found.judge.value == pytest.approx(planted, abs=0.06)
    # The judge squeezes people's scale by half; at equal labels the slope is what was planted.
    assert found.coefficient.ci[0] < planted < found.coefficient.ci[1]
    assert found.coefficient.ci[0] > 0.2


def families(seed, n, *, bias):
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n):
        better = generator.normal() + 0.5
        own = "a" if generator.random() < 0.5 else "b"
        push = bias if own == "a" else -bias
        sign = 1 if own == "a" else -1
        common = {"item": item, "family_a": "us" if own == "a" else "them",
                  "family_b": "them" if own == "a" else "us"}  # fmt: skip
        for rater, extra in (("judge", push), ("other", 0.0), ("human", 0.0)):
            value = float(generator.random() < sigmoid(sign * better + extra))
            rows.append({**common, "rater": rater, "value": value})
    return rows


@pytest.mark.parametrize(("bias", "found_it"), [(1.0, True), (0.0, False)])
def test_self_preference_is_what_people_do_not_share(sheet, bias, found_it):
    made = sheet(families(1, 1200, bias=bias))
    others = made.mean(made.of(made.raters.index("other")))
    found = self_preference(made, *judged(made), others, own_side(made, "us"))
    # The family is better: everybody prefers it.
    assert found.people.ci[0] > 0.5
    assert (found.excess.ci[0] > 0) is found_it
    assert (found.over_judges.ci[0] > 0) is found_it
    assert found.own == 1200


def test_self_preference_in_scores_is_the_interaction(sheet):
    generator = np.random.default_rng(2)
    rows = []
    for item in range(300):
        for family, skill, gift in (("us", 1.0, 0.4), ("them", 0.0, 0.0)):
            truth = skill + generator.normal()
            common = {"item": item, "family_a": family, "model_a": family}
            rows.append({**common, "value": truth + 2 + gift + 0.5 * generator.normal()})
            rows.append({**common, "rater": "human", "value": truth})
    made = sheet(rows, kind="score")
    nobody = np.full(len(made), np.nan)
    found = self_preference(made, *judged(made), nobody, own_side(made, "us"))
    assert found.judge.value == pytest.approx(1.4, abs=0.2)
    assert found.excess.ci[0] < 0.4 < found.excess.ci[1]
    assert found.coefficient.ci[0] < 0.4 < found.coefficient.ci[1]
    assert found.over_judges is None


def test_a_pair_within_the_family_tells_nothing(sheet):
    rows = [{"item": 1, "value": 1.0, "family_a": "us", "family_b": "us"}]
    made = sheet(rows)
    assert (
        self_preference(made, *judged(made), made.mean(np.arange(0)), own_side(made, "us")) is None
    )
