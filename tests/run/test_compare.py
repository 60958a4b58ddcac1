"""Comparison of runs: pairs, verdicts, what makes results incomparable, and what was lost."""

import json
import math

import numpy as np
import pytest
from tests.run.compare_case import Shelf, scores

from julja.errors import ConfigError, StoreError
from julja.run.compare import compare_runs, compare_sides, label
from julja.run.comparison.metrics import metric_named
from julja.run.comparison.options import Options
from julja.run.comparison.pairs import bounds, pair
from julja.types import Metric, Sample

FREE = Options(adjust="none")


@pytest.fixture
def shelf(tmp_path):
    made = Shelf(tmp_path)
    yield made
    made.store.close()


def only(found):
    (entry,) = found["comparisons"]
    return entry


def test_the_object_keeps_its_keys_and_is_json(shelf):
    a = shelf.run("r1", {"quiz": scores("0" * 12 + "1" * 8)})
    b = shelf.run("r2", {"quiz": scores("1" * 20)})
    found = compare_runs(shelf.store, a.row, b.row)
    assert found["a"] == {"label": "A", "run": "r1", "model": "test/r1"}
    entry = only(found)
    kept = "task metric form n a b difference stderr ci p test wins losses ties mde verdict flips"
    assert set(kept.split()) <= set(entry)
    assert (entry["n"], entry["a"], entry["b"], entry["verdict"]) == (20, 0.4, 1.0, "BETTER")
    assert (entry["wins"], entry["losses"], entry["ties"]) == (12, 0, 8)
    assert entry["p_holm"] == entry["p"] == 2 * 0.5**12
    json.dumps(found, allow_nan=False)


def test_less_is_better_turns_the_verdict(shelf, monkeypatch):
    a = shelf.run("r1", {"quiz": scores("0" * 12 + "1" * 8)})
    b = shelf.run("r2", {"quiz": scores("1" * 20)})
    errors = Metric("acc", higher_is_better=False)
    monkeypatch.setattr("julja.run.compare.metric_named", lambda *_: errors)
    entry = only(compare_sides([a, b], FREE))
    assert (entry["verdict"], entry["higher_is_better"]) == ("WORSE", False)


def test_flips_come_worst_and_best_in_turns_with_both_answers(shelf):
    a = shelf.run("r1", {"quiz": scores("1100000000")})
    b = shelf.run("r2", {"quiz": scores("0011110000")})
    entry = only(compare_sides([a, b], Options(flips=3)))
    assert [flip["sample"] for flip in entry["flips"]] == ["s0", "s2", "s1", "s3", "s4", "s5"]
    assert entry["flips"][0]["answer_a"]["text"] == "r1 says {'acc': 1.0}"
    assert entry["flips"][0]["answer_b"]["state"] == "scored"
    assert entry["flips"][0]["target"] == ["yes"]
    assert "answer_a" in entry["flips"][2] and "answer_a" not in entry["flips"][3]


def test_a_confidential_sample_s_answers_are_not_told(shelf):
    secret = {"s0": Sample("s0", "a secret", ("key",), confidential=True)}
    a = shelf.run("r1", {"quiz": {"s0": 0.0, "s1": 0.0}}, samples=secret)
    b = shelf.run("r2", {"quiz": {"s0": 1.0, "s1": 0.0}}, samples=secret)
    flip = only(compare_sides([a, b], FREE))["flips"][0]
    assert "confidential" in flip["answer_a"]["text"] and flip["answer_a"]["extracted"] is None
    assert "key" not in str(flip)


def test_clusters_widen_the_error(shelf):
    rows = {f"s{n}": float(n % 8 < 4) for n in range(40)}
    zero = dict.fromkeys(rows, 0.0)
    clusters = {f"s{n}": f"passage {n // 4}" for n in range(40)}
    a = shelf.run("r1", {"quiz": zero}, clusters=clusters)
    b = shelf.run("r2", {"quiz": rows}, clusters=clusters)
    entry = only(compare_sides([a, b], FREE))
    assert (entry["n"], entry["clusters"], entry["test"]) == (40, 10, "clustered paired t")
    # Ten clusters, half of them 1 and half 0: sqrt(.25 / 9).
    assert entry["stderr"] == pytest.approx(math.sqrt(0.25 / 9))


# Multiplicity


def test_holm_over_tasks_takes_a_verdict_back(shelf):
    tasks = [f"t{n}" for n in range(8)]
    base = {name: scores("0" * 20) for name in tasks}
    # Seven of seven differ in one task, p = .0156; elsewhere one sample each way.
    near = {**{name: scores("0" * 20) for name in tasks}, "t0": scores("1" * 7 + "0" * 13)}
    found = compare_sides([shelf.run("r1", base), shelf.run("r2", near)], Options())
    first = found["comparisons"][0]
    assert (first["p"], first["p_holm"]) == (0.015625, 0.125)
    assert first["verdict"] == "INCONCLUSIVE" and "after holm" in first["reason"]
    assert found["adjust"]["method"] == "holm" and found["adjust"]["comparisons"] == 8
    alone = compare_sides(
        [shelf.run("r3", base), shelf.run("r4", near)], Options(adjust="none", tasks=("t0",))
    )
    assert only(alone)["verdict"] == "BETTER"


def test_many_comparisons_are_adjusted_by_their_rate(shelf):
    tasks = {f"t{n}": scores("0" * 12) for n in range(21)}
    right = {name: scores("1" * 12) for name in tasks}
    found = compare_sides([shelf.run("r1", tasks), shelf.run("r2", right)], Options())
    assert found["adjust"]["method"] == "bh" and "more than 20" in found["adjust"]["chosen"]
    assert {entry["verdict"] for entry in found["comparisons"]} == {"BETTER"}
    assert "p_holm" not in found["comparisons"][0]


@pytest.mark.parametrize("adjust", ["holm", "bh", "max-t", "none"])
def test_three_runs_are_compared_with_the_first_or_all(shelf, adjust):
    runs = [
        shelf.run("r1", {"quiz": scores("1" * 30 + "0" * 30)}),
        shelf.run("r2", {"quiz": scores("1" * 31 + "0" * 29)}),
        shelf.run("r3", {"quiz": scores("1" * 55 + "0" * 5)}),
    ]
    found = compare_sides(runs, Options(adjust=adjust))
    assert [(e["run_a"], e["run_b"]) for e in found["comparisons"]] == [("r1", "r2"), ("r1", "r3")]
    assert [e["verdict"] for e in found["comparisons"]] == ["INCONCLUSIVE", "BETTER"]
    assert "a" not in found and [run["label"] for run in found["runs"]] == ["A", "B", "C"]
    (standing,) = found["standings"]
    assert [row["run"] for row in standing["runs"]] == ["r3", "r2", "r1"]
    assert [row["group"] for row in standing["runs"]] == ["a", "b", "b"]
    assert [row["ranks"] for row in standing["runs"]] == [[1, 1], [2, 3], [2, 3]]
    every = compare_sides(runs, Options(adjust=adjust, all_pairs=True))
    assert len(every["comparisons"]) == 3


def test_labels_go_on_after_z():
    assert [label(place) for place in (0, 25, 26, 53)] == ["A", "Z", "A1", "B2"]


# Equivalence, and what it would take


def test_equivalent_needs_a_margin_and_enough_samples(shelf):
    a = shelf.run("r1", {"quiz": scores("10" * 200)})
    b = shelf.run("r2", {"quiz": scores("10" * 198 + "0110")})
    assert only(compare_sides([a, b], FREE))["verdict"] == "INCONCLUSIVE"
    entry = only(compare_sides([a, b], Options(margin=0.05)))
    assert entry["verdict"] == "EQUIVALENT" and "0.05" in entry["reason"]
    narrow = only(compare_sides([a, b], Options(margin=0.001)))
    assert narrow["verdict"] == "INCONCLUSIVE"
    smallest = entry["equivalence"]["smallest_margin"]
    assert only(compare_sides([a, b], Options(margin=smallest + 1e-6)))["verdict"] == "EQUIVALENT"
    assert only(compare_sides([a, b], Options(margin=smallest * 0.9)))["verdict"] != "EQUIVALENT"


def test_an_undecided_comparison_says_what_it_takes(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 45 + "0" * 55)})
    b = shelf.run("r2", {"quiz": scores("1" * 42 + "0" * 3 + "1" * 8 + "0" * 47)})
    entry = only(compare_sides([a, b], FREE))
    assert entry["verdict"] == "INCONCLUSIVE" and entry["difference"] == pytest.approx(0.05)
    needs = entry["needs"]
    # Connor: (z(.975) sqrt(.11) + z(.8) sqrt(.11 - .05^2))^2 / .05^2
    wanted = (1.95996 * 0.11**0.5 + 0.84162 * (0.11 - 0.05**2) ** 0.5) ** 2 / 0.05**2
    assert needs["samples"] == math.ceil(wanted)
    assert needs["more_samples"] == needs["samples"] - 100
    assert needs["detectable"] == pytest.approx(entry["mde"], rel=1e-6)
    assert needs["epochs"] is None


def test_more_epochs_are_advised_where_noise_is_what_hides_the_difference(shelf):
    noisy = {f"s{n}": [1.0, 0.0] for n in range(60)}
    steadier = {**noisy, "s0": [1.0, 1.0], "s1": [1.0, 1.0], "s2": [1.0, 1.0]}
    runs = [shelf.run("r1", {"q": noisy}), shelf.run("r2", {"q": steadier})]
    entry = only(compare_sides(runs, FREE))
    assert entry["verdict"] == "INCONCLUSIVE"
    # One epoch's variance is .5 in A, .5 * 57 / 60 in B; nothing differs between the samples.
    room = (0.025 / 2.8016) ** 2 * 60
    assert entry["needs"]["epochs"] == math.ceil((0.5 + 0.475) / room)


def test_no_epochs_are_advised_where_samples_are_what_is_missing(shelf):
    one = {f"s{n}": [float(n % 2)] * 2 for n in range(40)}
    two = {f"s{n}": [float(n % 2 or n < 3)] * 2 for n in range(40)}
    entry = only(compare_sides([shelf.run("r1", {"q": one}), shelf.run("r2", {"q": two})], FREE))
    assert entry["verdict"] == "INCONCLUSIVE"
    assert (entry["needs"]["epochs"], entry["needs"]["more_samples"] > 0) == (None, True)


# What was lost


def test_dropping_the_samples_that_fail_is_no_improvement(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 50 + "0" * 50)})
    # B wins some by luck, and loses more than that of what it would have got wrong.
    b = shelf.run("r2", {"quiz": scores("x" * 25 + "1" * 33 + "0" * 42)})
    found = compare_sides([a, b], FREE)
    entry = only(found)
    assert entry["p"] < 0.05 and entry["difference"] > 0
    assert entry["verdict"] == "INCONCLUSIVE" and "gone against it" in entry["reason"]
    assert entry["lost"] == {"a": 0, "b": 25, "both": 0}
    assert entry["bounds"] == pytest.approx([-0.17, 0.08])
    assert any("25 in B only" in text for text in found["warnings"])


def test_a_few_lost_samples_take_no_clear_verdict_back(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 30 + "0" * 70)})
    b = shelf.run("r2", {"quiz": scores("1" * 70 + "0" * 28 + "xx")})
    entry = only(compare_sides([a, b], FREE))
    assert entry["verdict"] == "BETTER" and entry["p_if_lost_were_worst"] >= entry["p"]


def test_bounds_hold_every_way_the_lost_samples_may_have_gone(shelf):
    a = shelf.run("r1", {"quiz": scores("10x1x0")})
    b = shelf.run("r2", {"quiz": scores("1x01x1")})
    low, high = bounds(pair("quiz", Metric("acc"), a, b), Metric("acc"))
    ways = []
    for fill_a in ("00", "01", "10", "11"):
        for fill_b in ("00", "01", "10", "11"):
            one = f"10{fill_a[0]}1{fill_a[1]}0"
            two = f"1{fill_b[0]}01{fill_b[1]}1"
            ways.append((sum(map(int, two)) - sum(map(int, one))) / 6)
    assert (low, high) == (pytest.approx(min(ways)), pytest.approx(max(ways)))


def test_lost_epochs_count_as_a_part_of_a_sample(shelf):
    half = {f"s{n}": [1.0, None] for n in range(20)}
    whole = {f"s{n}": [1.0, 0.0] for n in range(20)}
    a, b = shelf.run("r1", {"q": whole}), shelf.run("r2", {"q": half})
    entry = only(compare_sides([a, b], FREE))
    assert entry["difference"] == 0.5 and entry["bounds"] == pytest.approx([0.0, 0.5])
    assert entry["verdict"] == "INCONCLUSIVE"


# What differs


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"version": 2}, "quiz: version differs: 1 in A, 2 in B"),
        ({"form": "rank"}, "quiz: form differs: generate in A, rank in B"),
        ({"shots": 5}, "quiz: shots differs: 0 in A, 5 in B"),
        ({"source": "other"}, "the data of quiz (hash) differs: data quiz in A, other quiz in B"),
        ({"judges": [{"judge": "m"}]}, "the judge differs: not known in A, m in B"),
    ],
)
def test_what_was_not_asked_alike_is_refused_and_said(shelf, given, says):
    a = shelf.run("r1", {"quiz": scores("0" * 12)})
    b = shelf.run("r2", {"quiz": scores("1" * 12)}, **given)
    with pytest.raises(ConfigError) as caught:
        compare_sides([a, b], Options())
    assert says in caught.value.message and "--force" in caught.value.hint
    found = compare_sides([a, b], Options(force=True))
    assert any(says in text for text in found["warnings"])
    assert found["differences"][0]["task"] == "quiz"
    assert only(found)["verdict"] == "BETTER"


def test_other_samples_are_refused_and_with_force_only_shared_ones_count(shelf):
    a = shelf.run("r1", {"quiz": scores("0" * 12 + "1" * 30)})
    b = shelf.run("r2", {"quiz": scores("1" * 12)})
    with pytest.raises(
        ConfigError, match=r"42 \(30 that the other has not: s12, s13, s14, …\) in A"
    ):
        compare_sides([a, b], Options())
    entry = only(compare_sides([a, b], Options(force=True)))
    assert (entry["n"], entry["lost"]["b"], entry["verdict"]) == (12, 0, "BETTER")


def test_a_stopped_run_lacks_samples_and_is_no_other_set(shelf):
    a = shelf.run("r1", {"quiz": scores("0" * 40)})
    counts = {
        "total": 40,
        "scored": 30,
        "unparsed": 0,
        "refused": 0,
        "truncated": 0,
        "error": 0,
        "skipped": 10,
    }
    b = shelf.run("r2", {"quiz": scores("1" * 30)}, counts=counts)
    entry = only(compare_sides([a, b], Options()))
    assert (entry["n"], entry["lost"]["b"]) == (30, 10)


def test_settings_that_differ_are_told_and_stop_nothing(shelf):
    a = shelf.run("r1", {"quiz": scores("01")}, config={"temperature": 0.0})
    b = shelf.run("r2", {"quiz": scores("01")}, config={"temperature": 0.7})
    found = compare_sides([a, b], Options())
    assert "temperature: 0.0 in A, 0.7 in B" in found["warnings"]


def test_other_prompts_are_told(shelf):
    other = {"s0": Sample("s0", "another question", ("yes",))}
    a = shelf.run("r1", {"quiz": scores("01")})
    b = shelf.run("r2", {"quiz": scores("01")}, samples=other, source="data")
    assert any("prompts of A and B differ" in t for t in compare_sides([a, b], FREE)["warnings"])


def test_runs_without_a_common_task_say_what_they_ran(shelf):
    a, b = shelf.run("r1", {"one": scores("1")}), shelf.run("r2", {"two": scores("1")})
    with pytest.raises(StoreError, match="no task in common") as caught:
        compare_sides([a, b], Options())
    assert caught.value.hint == "A ran one; B ran two."
    with pytest.raises(ConfigError, match="two different runs"):
        compare_sides([a, a], Options())


# Parts of a task


def test_subsets_have_their_own_differences(shelf):
    leaves = {"quiz/a": scores("0" * 10), "quiz/b": scores("0" * 10)}
    right = {"quiz/a": scores("1" * 10), "quiz/b": scores("0" * 10)}
    a, b = shelf.run("r1", leaves, task="quiz"), shelf.run("r2", right, task="quiz")
    entry = only(compare_sides([a, b], FREE))
    parts = {part["subset"]: part["difference"] for part in entry["subsets"]}
    assert parts == {"a": 1.0, "b": 0.0} and entry["difference"] == 0.5
    assert entry["subsets"][0]["p_holm"] == pytest.approx(2 * 2 * 0.5**10)


def test_a_run_of_a_subset_is_compared_with_that_part_of_a_whole_task(shelf):
    leaves = {"quiz/a": scores("0" * 12), "quiz/b": scores("1" * 12)}
    a = shelf.run("r1", leaves, task="quiz")
    b = shelf.run("r2", {"quiz/a": scores("1" * 12)})
    entry = only(compare_sides([a, b], FREE))
    assert (entry["task"], entry["n"], entry["verdict"]) == ("quiz/a", 12, "BETTER")


def test_fields_break_a_task_down(shelf):
    samples = {f"s{n}": Sample(f"s{n}", "?", ("yes",), fields={"level": n % 2}) for n in range(20)}
    by = [{"task": f"quiz/level={n}", "field": "level", "value": str(n)} for n in (0, 1)]
    given = {"samples": samples, "subsets": by}
    a = shelf.run("r1", {"quiz": scores("0" * 20)}, **given)
    b = shelf.run("r2", {"quiz": scores("01" * 10)}, **given)
    entry = only(compare_sides([a, b], FREE))
    assert {p["subset"]: p["difference"] for p in entry["subsets"]} == {"level=0": 0, "level=1": 1}


# Metrics


def test_a_perplexity_is_compared_on_the_scale_of_its_samples(shelf, monkeypatch):
    perplexity = Metric("perplexity", source="nats", transform=math.exp, higher_is_better=False)
    side = shelf.run("r1", {"lambada": scores("1")})
    monkeypatch.setattr("julja.run.comparison.metrics.task_metrics", lambda *_: [perplexity])
    found = metric_named(side, "lambada")
    assert (found.name, found.key, found.transform) == ("nats", "nats", None)
    assert not found.higher_is_better
    with pytest.raises(ConfigError, match="no metric 'nat'"):
        metric_named(side, "lambada", "nat")


def test_a_task_of_the_catalogue_is_compared_by_its_own_metric(shelf):
    generator = np.random.default_rng(2)
    gold = generator.integers(0, 2, 150)
    sides = []
    for name, skill in (("r1", 0.6), ("r2", 0.9)):
        said = np.where(generator.random(150) < skill, gold, 1 - gold)
        rows = {
            f"s{n:03}": {"predicted": float(x), "gold": float(y), "acc": float(x == y)}
            for n, (x, y) in enumerate(zip(said, gold, strict=True))
        }
        sides.append(shelf.run(name, {"cola": rows}, metric="mcc", form="rank"))
    entry = only(compare_sides(sides, FREE))
    assert (entry["metric"], entry["verdict"]) == ("mcc", "BETTER")
    assert "paired bootstrap" in entry["test"] and entry["ci"][0] > 0
    assert entry["wins"] > entry["losses"] and entry["flips"]
    plain = only(compare_sides(sides, Options(adjust="none", metric="acc")))
    assert (plain["metric"], plain["test"]) == ("acc", "exact McNemar")


def test_a_corpus_metric_claims_nothing_past_a_lost_sample(shelf):
    rows = {
        f"s{n}": {"predicted": float(n % 2), "gold": float(n % 2), "acc": 1.0} for n in range(40)
    }
    bad = {
        f"s{n}": {"predicted": float(n % 3 == 0), "gold": float(n % 2), "acc": 0.0}
        for n in range(40)
    }
    a = shelf.run("r1", {"cola": bad}, metric="mcc", form="rank")
    b = shelf.run("r2", {"cola": {**rows, "s0": None}}, metric="mcc", form="rank")
    entry = only(compare_sides([a, b], FREE))
    assert (entry["verdict"], entry["lost"]["b"]) == ("INCONCLUSIVE", 1)
    assert "what they are worth is not known" in entry["reason"]


def test_recorded_numbers_without_samples_are_compared_unpaired(shelf):
    metrics = {"acc": {"value": 0.5, "stderr": 0.02, "ci": None, "n": 600}}
    higher = {"acc": {"value": 0.6, "stderr": 0.02, "ci": None, "n": 600}}
    imported = {"acc": Metric("acc")}
    a = shelf.run("r1", {"quiz": {}}, metrics=metrics)
    b = shelf.run("r2", {"quiz": {}}, metrics=higher)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("julja.run.compare.metric_named", lambda *_: imported["acc"])
        entry = only(compare_sides([a, b], FREE))
    # z = .1 / sqrt(2 * .02^2)
    assert entry["p"] == pytest.approx(math.erfc(0.1 / math.hypot(0.02, 0.02) / math.sqrt(2)))
    assert entry["verdict"] == "BETTER" and "unpaired" in entry["test"]


def test_the_unpaired_p_stands_beside_on_request(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 60 + "0" * 60)})
    b = shelf.run("r2", {"quiz": scores("1" * 70 + "0" * 50)})
    assert "p_unpaired" not in only(compare_sides([a, b], FREE))
    entry = only(compare_sides([a, b], Options(unpaired=True)))
    assert entry["p"] < 0.01 < 0.1 < entry["p_unpaired"]


# Suites


def test_suites_are_compared_by_their_columns_errors(shelf):
    tasks = {"one": scores("0" * 20 + "1" * 20), "two": scores("01" * 20)}
    better = {"one": scores("0" * 4 + "1" * 36), "two": scores("01" * 20)}

    def suite(one, two):
        score = {"value": (one + two) / 2, "stderr": 0.05, "ci": None, "n": 80}
        return [{"suite": "own", "score": score, "columns": {"one": one, "two": two}}]

    a = shelf.run("r1", tasks, suites=suite(0.5, 0.5))
    b = shelf.run("r2", better, suites=suite(0.9, 0.5))
    found = compare_sides([a, b], FREE)
    (entry,) = found["suites"]
    assert entry["difference"] == pytest.approx(0.2) and entry["verdict"] == "BETTER"
    first = found["comparisons"][0]["stderr"]
    assert entry["stderr"] == pytest.approx(first / 2, rel=0.15)
    assert entry["columns"][0] == {"column": "one", "a": 0.5, "b": 0.9}


def test_a_suite_with_another_column_has_no_verdict(shelf):
    score = {"value": 0.5, "stderr": 0.1, "ci": None, "n": 2}
    one = [{"suite": "own", "score": score, "columns": {"one": 0.5}}]
    two = [{"suite": "own", "score": score, "columns": {"one": 0.5, "two": 0.5}}]
    a = shelf.run("r1", {"one": scores("01")}, suites=one)
    b = shelf.run("r2", {"one": scores("01")}, suites=two)
    (entry,) = compare_sides([a, b], FREE)["suites"]
    assert entry["verdict"] == "INCONCLUSIVE" and "other columns" in entry["reason"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"margin": 0.0}, "margin"),
        ({"alpha": 0.7}, "alpha"),
        ({"flips": -1}, "flips"),
        ({"adjust": "holms"}, "not a method"),
    ],
)
def test_options_without_a_meaning_are_refused(given, says):
    with pytest.raises(ConfigError, match=says):
        Options(**given)
