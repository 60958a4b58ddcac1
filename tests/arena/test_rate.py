"""A table of ratings says what the battles allow, and how sure it is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from julja.arena import select
from julja.arena.battles import Battle, Battles
from julja.arena.rate import RateOptions, rate
from julja.arena.style import StyleConstants, count_style, style_fields, with_answers
from julja.errors import ConfigError, DataError

FAST = RateOptions(bootstrap=0)


def many(seed=1, n=300, ties=0.2, prompts=60):
    """Battles of four models of falling strength, on prompts that come back."""
    rng = np.random.default_rng(seed)
    strength = {"x": 1.0, "y": 0.5, "z": 0.0, "w": -1.0}
    rows = []
    for index in range(n):
        a, b = rng.choice(list(strength), 2, replace=False)
        won = rng.random() < 1 / (1 + np.exp(strength[b] - strength[a]))
        verdict = "A=B" if rng.random() < ties else "A>B" if won else "B>A"
        judge = f"j{index % 7}"
        rows.append(Battle(f"p{index % prompts}", str(a), str(b), verdict, judge=judge))
    return rows


def test_the_table_is_sorted_and_complete():
    table = rate(Battles.of(many()), FAST)
    assert [row.model for row in table.ratings] == ["x", "y", "z", "w"]
    assert np.mean([row.rating for row in table.ratings]) == pytest.approx(1000)
    for row in table.ratings:
        assert row.ci[0] < row.rating < row.ci[1]
        assert row.rank_ci[0] <= row.rank <= row.rank_ci[1]
        assert row.win_rate_ci[0] < row.win_rate < row.win_rate_ci[1]
        assert row.wins + row.ties + row.losses == row.battles
    assert sum(row.battles for row in table.ratings) == 600
    assert sum(row.win_rate for row in table.ratings) == pytest.approx(2)
    assert json.loads(json.dumps(table.to_json(), allow_nan=False))["method"] == "bt"


def test_prompts_that_repeat_are_the_clusters_by_default():
    table = rate(Battles.of(many()), FAST)
    how = table.interval
    assert (how.method, how.unit, how.units) == ("cluster sandwich", "prompt", 60)
    own = rate(Battles.of(many(prompts=300)), FAST).interval
    assert (own.method, own.unit, own.units) == ("sandwich", "battle", 300)
    judges = rate(Battles.of(many()), replace(FAST, cluster="judge"))
    assert (judges.interval.unit, judges.interval.units) == ("judge", 7)
    assert any("only 7 clusters" in line for line in judges.remarks)
    with pytest.raises(ConfigError, match="no field 'prompts'") as error:
        rate(Battles.of(many()), replace(FAST, cluster="prompts"))
    assert "prompt" in error.value.hint


def test_a_thousand_bootstraps_give_the_ranks_unless_told_otherwise():
    how = rate(Battles.of(many())).interval
    assert (how.method, how.bootstraps, how.ranks) == (
        "cluster sandwich",
        1000,
        "cluster bootstrap",
    )
    drawn = rate(Battles.of(many()), RateOptions(bootstrap=300, seed=5)).interval
    assert (drawn.method, drawn.bootstraps, drawn.seed) == ("cluster bootstrap", 300, 5)
    none = rate(Battles.of(many()), FAST).interval
    assert (none.bootstraps, none.ranks) == (0, "normal draws")


def test_what_takes_long_is_drawn_anew_only_when_asked_for():
    assert RateOptions().draws(10**6, 150) == 1000
    assert RateOptions().draws(10**6, 2000) == 0
    assert RateOptions(bootstrap=200).draws(10**6, 2000) == 200
    assert RateOptions(style=True).draws(100, 3) == 0
    assert RateOptions(method="elo").draws(10**6, 3) == 100
    assert RateOptions(method="elo").draws(1000, 3) == 1000


def test_bootstrap_and_sandwich_tell_the_same():
    sandwich, drawn = (
        rate(Battles.of(many()), FAST),
        rate(Battles.of(many()), RateOptions(bootstrap=1500)),
    )
    for one, other in zip(sandwich.ratings, drawn.ratings, strict=True):
        assert other.rating == one.rating
        assert other.stderr == pytest.approx(one.stderr, rel=0.15)
        assert other.win_rate_stderr == pytest.approx(one.win_rate_stderr, rel=0.15)


def test_the_same_seed_gives_the_same_table():
    one, two = (rate(Battles.of(many()), RateOptions(bootstrap=50)).to_json() for _ in range(2))
    assert one == two


def test_an_anchor_is_fixed_and_shifts_the_rest():
    free = rate(Battles.of(many()), FAST)
    held = rate(Battles.of(many()), replace(FAST, anchor=("y", 1114.0)))
    anchor = held.of("y")
    assert (anchor.rating, anchor.stderr, anchor.ci) == (1114.0, 0.0, (1114.0, 1114.0))
    assert held.of("x").rating - 1114 == pytest.approx(free.of("x").rating - free.of("y").rating)
    assert held.interval.relative_to == "y"
    way = np.array([1.0, -1.0])
    places = [free.names.index("x"), free.names.index("y")]
    expected = np.sqrt(way @ free.covariance[np.ix_(places, places)] @ way)
    assert held.of("x").stderr == pytest.approx(expected)
    assert held.of("x").win_rate_ci == pytest.approx(free.of("x").win_rate_ci)


def test_win_rates_against_a_baseline():
    table = rate(Battles.of(many()), replace(FAST, baseline="w"))
    gap = (table.of("x").rating - table.of("w").rating) / 400
    assert table.of("x").win_rate == pytest.approx(1 / (1 + 10**-gap))
    assert (table.of("w").win_rate, table.of("w").win_rate_ci) == (0.5, (0.5, 0.5))


@pytest.mark.parametrize("what", ["anchor", "baseline"])
def test_an_unknown_model_is_named(what):
    value = ("X", 1000.0) if what == "anchor" else "X"
    with pytest.raises(ConfigError, match=f"the {what} 'X' is in none of the battles"):
        rate(Battles.of(many()), replace(FAST, **{what: value}))


@pytest.mark.parametrize("method", ["rao-kupper", "davidson", "elo"])
def test_the_other_methods_order_the_models_alike(method):
    table = rate(Battles.of(many(n=900)), RateOptions(method=method, bootstrap=200))
    assert [row.model for row in table.ratings] == ["x", "y", "z", "w"]
    assert all(row.ci[0] < row.rating < row.ci[1] for row in table.ratings)
    assert set(table.parameters) == {
        {"rao-kupper": "tie_threshold", "davidson": "nu", "elo": "k"}[method]
    }


@pytest.mark.parametrize("method", ["rao-kupper", "davidson"])
def test_intervals_of_win_rates_hold_the_tie_parameter_too(method):
    battles = Battles.of(many(n=900))
    sandwich = rate(battles, RateOptions(method=method, bootstrap=0, baseline="w"))
    drawn = rate(battles, RateOptions(method=method, bootstrap=1000, baseline="w"))
    for name in ("x", "y", "z"):
        assert drawn.of(name).win_rate_stderr == pytest.approx(
            sandwich.of(name).win_rate_stderr, rel=0.15
        )


def test_methods_of_ties_without_ties_say_what_to_do():
    with pytest.raises(ConfigError, match="needs both ties") as error:
        rate(Battles.of(many(ties=0.0)), RateOptions(method="davidson"))
    assert "bt" in error.value.hint


def test_elo_goes_by_time_where_it_is_recorded():
    rows = [Battle("", "x", "y", "A>B", time=2.0), Battle("", "x", "y", "B>A", time=1.0)] * 3
    by_time = rate(Battles.of(rows), RateOptions(method="elo", bootstrap=0))
    assert by_time.of("x").rating > by_time.of("y").rating
    assert by_time.of("x").ci is None and by_time.interval.method == "none"
    untimed = [replace(row, time=None) for row in rows]
    as_is = rate(Battles.of(untimed), RateOptions(method="elo", bootstrap=0))
    assert as_is.of("x").rating < as_is.of("y").rating
    assert any("order" in line for line in as_is.remarks)


def test_what_is_not_rated_is_counted_and_named():
    rows = [
        *many(),
        Battle("p", "x", "y", None),
        Battle("p", "x", "x", "A>B"),
        Battle("p", "x", "y", "A>B", weight=0.0),
        Battle("p", "x", "never", None),
    ]
    table = rate(Battles.of(rows), FAST)
    wanted = {"battles": 304, "no_verdict": 2, "same_model": 1, "no_weight": 1, "rated": 300}
    assert wanted.items() <= table.counts.items()
    line = next(line for line in table.remarks if "left out" in line)
    assert "2 no verdict" in line and "never" in line
    assert "never" not in [row.model for row in table.ratings]


def test_nothing_but_missing_verdicts_is_an_error():
    with pytest.raises(DataError, match="none of 1 battles can be rated: 1 have no verdict"):
        rate(Battles.of([Battle("p", "x", "y", None)]))


def test_a_model_that_won_everything_has_one_end_and_no_rating():
    rows = [
        *many(),
        Battle("k1", "king", "x", "A>B"),
        Battle("k2", "y", "king", "B>A"),
        Battle("k3", "x", "dust", "A>B"),
    ]
    table = rate(Battles.of(rows), FAST)
    plain = rate(Battles.of(many()), FAST)
    king, dust = table.of("king"), table.of("dust")
    assert table.ratings[0] is king and table.ratings[-1] is dust
    assert king.rating is None and king.stderr is None and king.win_rate is None
    assert king.ci[1] is None and 900 < king.ci[0] < 1100
    assert dust.ci[0] is None and dust.ci[1] > 1200
    assert (king.rank, king.rank_ci[0]) == (1, 1)
    assert "no upper limit" in king.note and "no lower limit" in dust.note
    assert any(line.startswith("king: never lost") for line in table.remarks)
    for name in "xyzw":
        assert table.of(name).rating == pytest.approx(plain.of(name).rating)
    with pytest.raises(ConfigError, match="no finite rating"):
        rate(Battles.of(rows), replace(FAST, anchor=("king", 1000.0)))


def test_models_that_never_met_the_others_have_no_rating():
    rows = [*many(), Battle("k", "i1", "i2", "A>B"), Battle("k", "i2", "i1", "A>B")]
    table = rate(Battles.of(rows), FAST)
    for name in ("i1", "i2"):
        row = table.of(name)
        assert (row.rating, row.ci, row.rank, row.battles) == (None, None, None, 2)
    assert any("i1, i2: not connected" in line for line in table.remarks)


def test_only_winners_and_losers_is_an_error():
    rows = [Battle("p", "x", "y", "A>B"), Battle("p", "y", "z", "A>B")]
    with pytest.raises(DataError, match="no two models can be compared"):
        rate(Battles.of(rows), FAST)
    found = rate(Battles.of(rows), RateOptions(method="elo", bootstrap=50))
    assert [row.model for row in found.ratings] == ["x", "y", "z"]
    assert any("Elo gives numbers all the same" in line for line in found.remarks)


def test_resamples_without_a_limit_open_an_end():
    rows = [Battle(f"a{i}", "x", "y", "A>B") for i in range(7)] + [Battle("b", "x", "y", "B>A")]
    rows += [Battle(f"c{i}", "y", "z", "A>B" if i % 2 else "B>A") for i in range(20)]
    table = rate(Battles.of(rows), RateOptions(bootstrap=500))
    assert table.of("x").ci[1] is None and table.of("x").stderr is None
    assert table.of("x").rating < 1500
    assert any("leave a rating without limit" in line for line in table.remarks)


def test_a_judge_that_always_takes_the_first_claims_no_certainty():
    rows = []
    for index in range(30):
        rows += [
            Battle(f"p{index}", "x", "y", "A>B", "a"),
            Battle(f"p{index}", "x", "y", "B>A", "b"),
        ]
    for options in (FAST, RateOptions(bootstrap=100)):
        table = rate(Battles.of(rows), options)
        assert table.of("x").rating == pytest.approx(1000)
        # 60 battles at evens: 1 / sqrt(60 / 4) of log-odds between the two.
        width = table.of("x").ci[1] - table.of("x").ci[0]
        assert width == pytest.approx(2 * 1.96 * 400 / np.log(10) / np.sqrt(15) / 2, rel=1e-3)
        assert table.interval.method == "model, no spread"
        assert any("always takes the same side" in line for line in table.remarks)


def test_strong_verdicts_count_as_much_as_is_said():
    rows = [Battle("p1", "x", "y", "A>>B"), Battle("p2", "x", "y", "B>A")]
    assert rate(Battles.of(rows), FAST).of("x").rating == pytest.approx(1000)
    heavy = rate(Battles.of(rows), replace(FAST, strong=3.0, baseline="y"))
    assert heavy.of("x").win_rate == pytest.approx(0.75)


def test_ties_can_be_left_out():
    table = rate(Battles.of(many()), replace(FAST, ties="drop"))
    assert table.counts["ties"] + table.counts["rated"] == 300
    assert all(row.ties == 0 for row in table.ratings)
    assert any("a tie" in line for line in table.remarks)
    with pytest.raises(ConfigError, match="model of ties"):
        rate(Battles.of(many()), RateOptions(method="davidson", ties="drop"))


def placed(seed, bias, n=3000):
    """The better model is shown first more often, and the first place wins by itself."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(n):
        first = "a" if rng.random() < 0.7 else "b"
        x = 0.8 + (bias if first == "a" else -bias)
        won = rng.random() < 1 / (1 + np.exp(-x))
        rows.append(Battle(f"p{index}", "good", "poor", "A>B" if won else "B>A", first))
    return rows


def test_the_place_of_an_answer_is_told_from_the_models():
    fair = rate(Battles.of(placed(1, 0.0)), FAST)
    low, high = fair.position["ci"]
    assert low < 0.5 < high and fair.position["battles"] == 3000
    assert not any("place counts" in line for line in fair.remarks)
    biased = rate(Battles.of(placed(1, 0.5)), FAST)
    expected = 1 / (1 + np.exp(-0.5))
    low, high = biased.position["ci"]
    assert 0.5 < low < expected < high
    assert any("place counts" in line for line in biased.remarks)


def test_a_place_that_goes_with_the_models_tells_nothing():
    always = [replace(row, first="a") for row in placed(2, 0.0, 200)]
    assert rate(Battles.of(always), FAST).position is None
    assert rate(Battles.of(many()), FAST).position is None


def test_both_bad_is_a_tie():
    rows = [
        Battle("p1", "x", "y", "bothbad"),
        Battle("p2", "x", "y", "A>B"),
        Battle("p3", "x", "y", "B>A"),
    ]
    row = rate(Battles.of(rows), FAST).of("x")
    assert (row.wins, row.ties, row.losses, row.rating) == (1, 1, 1, pytest.approx(1000))


def test_graded_battles_and_bare_verdicts():
    rows = [
        Battle(f"p{i}", "x", "y", "A>B" if s > 0.5 else "B>A", score=s)
        for i, s in enumerate((0.9, 0.6, 0.2, 0.7))
    ]
    graded = rate(Battles.of(rows), replace(FAST, baseline="y"))
    bare = rate(Battles.of(rows), replace(FAST, baseline="y", graded=False))
    assert graded.of("x").win_rate == pytest.approx(0.6)
    assert bare.of("x").win_rate == pytest.approx(0.75)


def test_repeats_are_reported_and_equal_votes_without_a_prompt_are_none():
    rows = many()
    table = rate(Battles.of([*rows, rows[0], rows[0]]), FAST)
    assert table.counts["duplicates"] == 2
    assert any("2 of 302 battles repeat" in line for line in table.remarks)
    votes = [Battle("", "x", "y", "A>B"), Battle("", "x", "y", "A>B"), Battle("", "x", "y", "B>A")]
    assert rate(Battles.of(votes), FAST).counts["duplicates"] == 0
    turns = [
        Battle("q", "x", "y", "A>B", fields={"turn": 1}),
        Battle("q", "x", "y", "A>B", fields={"turn": 2}),
        Battle("q", "x", "y", "A>B", fields={"turn": 2}),
    ]
    assert select.duplicates(Battles.of(turns)).tolist() == [False, False, True]


def test_a_scale_of_its_own():
    table = rate(Battles.of(many()), replace(FAST, scale=1.0, base=np.e, initial=0.0))
    plain = rate(Battles.of(many()), FAST)
    assert table.of("x").rating == pytest.approx((plain.of("x").rating - 1000) * np.log(10) / 400)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 1.0}, "between 0 and 1"),
        ({"scale": 0.0}, "--scale"),
        ({"base": 1.0}, "--base"),
        ({"k": -1.0}, "--k"),
        ({"strong": 0.0}, "--strong"),
        ({"bootstrap": -5}, "--bootstrap"),
        ({"method": "glicko"}, "no method"),
        ({"method": "elo", "interval": "sandwich"}, "no sandwich"),
        ({"method": "davidson", "style": True}, "--style works with"),
        ({"interval": "bootstrap", "bootstrap": 0}, "above 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        rate(Battles.of(many()), replace(RateOptions(), **change))


def styled(seed=0, n=800):
    """The better of two models writes longer; length by itself wins, too."""
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(n):
        lengths = rng.lognormal(5.5, 0.5), rng.lognormal(5, 0.5)
        z = (lengths[0] - lengths[1]) / sum(lengths)
        won = rng.random() < 1 / (1 + np.exp(-0.3 - 2 * z))
        fields = {"length_a": lengths[0], "length_b": lengths[1], "lists_a": 0, "lists_b": 0}
        row = Battle(f"p{index}", "long", "short", "A>B" if won else "B>A", fields=fields)
        rows.append(row)
    return rows


def test_style_control_takes_the_length_out_of_the_ratings():
    plain = rate(Battles.of(styled()), FAST)
    fair = rate(Battles.of(styled()), replace(FAST, style=True))
    assert fair.of("long").rating < plain.of("long").rating
    gap = (fair.of("long").rating - fair.of("short").rating) * np.log(10) / 400
    assert gap == pytest.approx(0.3, abs=0.25)
    length = fair.parameters["style"]["length"]
    assert length["ci"][0] < length["coefficient"] < length["ci"][1]
    assert length["coefficient"] / length["spread"] == pytest.approx(2, abs=0.8)
    assert any("lists never differ" in line for line in fair.remarks)


def test_style_that_is_not_recorded_is_left_out_or_refused():
    rows = [*styled(), Battle("q", "long", "third", "A>B")]
    table = rate(Battles.of(rows), replace(FAST, style=True))
    assert table.counts["no_style"] == 1
    assert any("nothing is left of third" in line for line in table.remarks)
    with pytest.raises(DataError, match="don't record the style") as error:
        rate(Battles.of(many()), replace(FAST, style=True))
    assert "--answers" in error.value.hint


def test_frozen_constants_give_the_same_ratings_without_their_own_error():
    free = rate(Battles.of(styled()), replace(FAST, style=True))
    row = free.parameters["style"]["length"]
    frozen = StyleConstants(("length",), (row["spread"],), (row["coefficient"],))
    again = StyleConstants.from_json(frozen.to_json(), "file")
    assert again == frozen
    held = rate(Battles.of(styled()), replace(FAST, style=True, constants=frozen))
    assert held.of("long").rating == pytest.approx(free.of("long").rating)
    assert held.of("long").stderr < free.of("long").stderr
    assert held.parameters["style"]["length"]["ci"] is None


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"features": {}},
        {"features": {"length": {"spread": 0, "coefficient": 1}}},
        {"features": {"length": {"spread": "wide"}}},
    ],
)
def test_wrong_constants_are_refused(data):
    with pytest.raises(DataError, match="place"):
        StyleConstants.from_json(data, "place.json")


def test_style_is_counted_outside_code():
    text = "# Head\n1. one\n- **two** __three__\n```python\n# comment\n- no\n```\n#tag"
    assert count_style(text) == {"length": float(len(text)), "headers": 1, "lists": 2, "bold": 2}
    assert count_style("") == {"length": 0, "headers": 0, "lists": 0, "bold": 0}
    fields = style_fields("# A", "b")
    assert (fields["headers_a"], fields["headers_b"], fields["length_b"]) == (1, 0, 1)


def test_answers_give_battles_their_style():
    battles = Battles.of([Battle("p", "x", "y", "A>B"), Battle("q", "x", "y", "B>A")])
    found = with_answers(battles, {("x", "p"): "# long answer", ("y", "p"): "short"})
    assert found.columns["headers_a"].tolist() == [1.0, None]
    assert found.columns["length_b"].tolist() == [5.0, None]


def test_fields_select_and_split():
    rows = [
        Battle("p", "x", "y", "A>B", fields={"category": "maths", "hard": True}),
        Battle("q", "x", "y", "B>A", judge="j", fields={"category": "art"}),
    ]
    battles = Battles.of(rows)
    assert len(select.where(battles, {"category": "maths", "hard": "true"})) == 1
    assert len(select.where(battles, {"judge": "j"})) == 1
    assert list(select.split(battles, "category")) == ["art", "maths"]
    with pytest.raises(ConfigError, match="no battle has category = 'math'") as error:
        select.where(battles, {"category": "math"})
    assert "maths" in error.value.hint


def test_columns_and_rows_make_the_same_table():
    rows = many(n=50)
    by_rows = Battles.of(rows)
    by_columns = Battles.of_columns(
        [row.model_a for row in rows],
        [row.model_b for row in rows],
        [row.verdict for row in rows],
        prompt=[row.prompt for row in rows],
        judge=[row.judge for row in rows],
    )
    assert list(by_columns.rows()) == list(by_rows.rows())
    assert by_columns.models == by_rows.models
    with pytest.raises(ValueError, match="one entry for each"):
        Battles.of_columns(["x"], [], ["A>B"])
