"""What a benchmark's quality says, what it rests on, and what it does not claim."""

import json

import numpy as np
import pytest

from julja.audit.quality import PAIRED, measure
from julja.audit.scores.prompts import PromptScores, prompt_table
from julja.audit.scores.table import ScoreTable
from julja.errors import DataError


def spread_table(name, centres, width=1.0, *, seed=0, unit="prompt"):
    """Scores at some centres with 200 bootstrap values around each."""
    generator = np.random.default_rng(seed)
    draws = {model: c + width * generator.normal(size=200) for model, c in centres.items()}
    return ScoreTable.of(name, centres, draws=draws, unit=unit)


ABOVE = {"a": 40.0, "b": 30.0, "c": 20.0, "d": 10.0}


def test_a_benchmark_that_separates_all_in_the_right_order_is_perfect():
    reference = ScoreTable.of(
        "arena",
        {"a": 4.0, "b": 3.0, "c": 2.0, "d": 1.0},
        stderr=dict.fromkeys("abcd", 0.1),
        unit="battle",
    )
    found = measure(spread_table("bench", ABOVE), reference)
    assert (found.separability.value, found.separability.pairs) == (1.0, 6)
    assert found.agreements["reference"].value == 1.0
    assert found.estimates["spearman"].value == pytest.approx(1.0)
    assert found.estimates["brier"].value == pytest.approx(0.0, abs=1e-6)
    assert found.reversed == ()
    assert found.chances_from == "bootstrap values"


def test_a_reversed_pair_is_named_and_costs():
    reference = ScoreTable.of(
        "arena", {"a": 4.0, "b": 3.0, "c": 1.0, "d": 2.0}, stderr=dict.fromkeys("abcd", 0.1)
    )
    found = measure(spread_table("bench", ABOVE), reference)
    assert found.reversed == (("c", "d"),)
    assert found.agreements["reference"].value == pytest.approx(4 / 6)
    assert found.agreements["notebook"].value == pytest.approx(5 / 6)
    assert found.estimates["order"].value == pytest.approx(5 / 6)
    assert found.estimates["brier"].value == pytest.approx(1 / 6, abs=1e-3)


def test_wider_intervals_separate_fewer_and_a_lower_level_more():
    near = {"a": 4.0, "b": 3.0, "c": 2.0, "d": 1.0}
    wide = measure(spread_table("bench", near, 2.0))
    narrow = measure(spread_table("bench", near, 0.1))
    assert wide.separability.value < narrow.separability.value == 1.0
    lower = measure(spread_table("bench", near, 0.5), level=0.5)
    assert lower.separability.value > measure(spread_table("bench", near, 0.5)).separability.value
    assert lower.separability.level == 0.5


def test_what_is_not_known_is_said():
    found = measure(ScoreTable.of("bare", ABOVE), ScoreTable.of("arena", ABOVE))
    assert found.separability.value is None
    assert found.agreements == {}
    assert "brier" not in found.estimates
    assert found.estimates["kendall"].value == pytest.approx(1.0)
    assert "not every model has an interval" in found.remarks[0]
    ends = dict.fromkeys("abcd", 0.0), dict.fromkeys("abcd", 9.0)
    vague = ScoreTable.of("vague", ABOVE, lower=ends[0], upper=ends[1])
    said = " ".join(measure(vague).remarks)
    assert "resampled by is unknown" in said
    assert "level of its intervals isn't stated" in said
    few = ScoreTable.of("few", ABOVE, draws={m: np.arange(20.0) for m in "abcd"}, unit="prompt")
    assert "20 bootstraps only" in " ".join(measure(few).remarks)


def test_an_anchor_without_width_is_said_and_not_apart_from_what_holds_it():
    table = ScoreTable.of(
        "arena",
        {"a": 2.0, "b": 1.0},
        lower={"a": 2.0, "b": 0.0},
        upper={"a": 2.0, "b": 3.0},
        level=0.95,
        unit="battle",
    )
    found = measure(table)
    assert found.separability.value == 0.0
    assert "intervals without width: 1" in found.remarks[0]


def test_models_without_a_partner_are_left_out_by_name():
    bench = spread_table("bench", {**ABOVE, "extra": 5.0})
    found = measure(bench, ScoreTable.of("arena", {**ABOVE, "other": 1.0}))
    assert found.left_out == {"bench": ("extra",), "arena": ("other",)}
    assert (found.separability.pairs, found.whole.pairs) == (6, 10)


def prompts(m=6, n=200, *, turns=1, seed=0):
    """Scores of m models on n prompts that are hard or easy for all, with some rows for each."""
    generator = np.random.default_rng(seed)
    hard = generator.normal(0, 1, n)
    scores = np.arange(m)[:, None] * 0.15 + hard + generator.normal(0, 0.5, (m, n))
    names = tuple("abcdefgh"[:m])
    return PromptScores(
        names, scores * turns, np.full((m, n), float(turns)), turns * (scores**2).sum(axis=1)
    )


def test_paired_differences_separate_more_where_prompts_are_hard_for_all():
    found = measure(prompt_table(prompts(), "long"))
    (paired,) = found.restated
    assert paired.method == PAIRED
    assert paired.value > found.separability.value


def test_rows_of_one_prompt_are_no_evidence_of_their_own():
    once = measure(prompt_table(prompts(), "long"))
    found = measure(prompt_table(prompts(turns=3), "long"))
    rows, _ = found.restated
    assert (rows.unit, found.separability.unit) == ("row", "prompt")
    assert found.separability.value == once.separability.value
    assert rows.value > found.separability.value


def test_errors_that_are_known_jointly_are_used():
    names = {"a": 1.0, "b": 0.0}
    ends = {"lower": {"a": -1.0, "b": -2.0}, "upper": {"a": 3.0, "b": 2.0}}
    table = ScoreTable.of("bt", names, **ends, stderr=dict.fromkeys("ab", 1.0), level=0.95)
    joint = ScoreTable(
        **{name: getattr(table, name) for name in ScoreTable.__slots__ if name != "covariance"},
        covariance=np.array([[1.0, 0.95], [0.95, 1.0]]),
    )
    assert measure(table).separability.value == 0.0
    (restated,) = measure(joint).restated
    assert restated.value == 1.0


def test_the_seed_repeats_and_json_holds_no_infinity():
    reference = ScoreTable.of(
        "arena",
        {"a": 4.0, "b": 3.0, "c": 2.0},
        lower={"a": 3.5, "b": 2.0, "c": 1.0},
        upper={"a": np.inf, "b": 3.4, "c": 1.9},
        level=0.95,
        unit="prompt",
    )
    one = measure(spread_table("bench", ABOVE), reference, seed=3).to_json()
    assert one == measure(spread_table("bench", ABOVE), reference, seed=3).to_json()
    text = json.dumps(one, allow_nan=False)
    assert json.loads(text)["agreement"]["both"]["rule"].startswith("pairs that both separate")
    other = measure(spread_table("bench", ABOVE), reference, seed=4).to_json()
    assert other["separability"]["value"] == one["separability"]["value"]


def test_one_model_cannot_be_told_apart():
    with pytest.raises(DataError, match="of 1 model; two"):
        measure(ScoreTable.of("bench", {"a": 1.0}))
