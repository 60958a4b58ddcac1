"""The gate: policies, decisions with their error rates, budgets, and what CI reads."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.run.compare_case import Shelf, scores

from julja.errors import ConfigError
from julja.report.gate import annotations, gate_lines, junit
from julja.run.gate import gate
from julja.run.gating.decide import Check, decide, needs, weigh
from julja.run.gating.measure import Measured
from julja.run.gating.policy import make_policy, read_policy
from julja.stats.one_sided import PairedShares, paired_evidence
from julja.types import Metric, Sample


@pytest.fixture
def shelf(tmp_path):
    made = Shelf(tmp_path)
    yield made
    made.store.close()


def policy(*rules, **settings):
    return make_policy({"rules": list(rules), **settings}, "policy")


def statuses(found):
    return [check["status"] for check in found["checks"]]


# The policy's file


def test_toml_and_yaml_say_the_same(tmp_path):
    toml = tmp_path / "a.toml"
    toml.write_text(
        'alpha = 0.01\nadjust = "holm"\ninconclusive = "warn"\nrequired = ["quiz"]\n'
        'max_cost_usd = 2\n[[rules]]\ntask = "quiz"\nsubset = "a"\nmax_drop = 0.02\n'
    )
    yaml = tmp_path / "a.yaml"
    yaml.write_text(
        "alpha: 0.01\nadjust: holm\ninconclusive: warn\nrequired: [quiz]\nmax_cost_usd: 2\n"
        "rules:\n  - task: quiz\n    subset: a\n    max_drop: 0.02\n"
    )
    one, two = read_policy(toml), read_policy(yaml)
    assert one.rules == two.rules and one.limits == two.limits == {"max_cost_usd": 2.0}
    assert (one.alpha, one.adjust, one.blocks, one.required) == (0.01, "holm", False, ("quiz",))
    assert (one.alpha, one.adjust, one.blocks, one.required) == (
        two.alpha,
        two.adjust,
        two.blocks,
        two.required,
    )


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("max_error = 1\n", "p.toml:1: max_error", "max_errors"),
        ('[[rules]]\ntask = "a"\nmax_drop = 0.1\n[[rules]]\nmax_dropp = 0.1\n', ":5: rules[2]", ""),
        ('[[rules]]\nmax_drop = 0.1\n[[rules]]\nmax_drop = "x"\n', ":4: rules[2].max_drop", ""),
        ("[[rules]]\nmax_drop = 0\n", "p.toml:2: rules[1].max_drop = 0", ""),
        ("[[rules]]\nmin_gain = -0.1\n", "rules[1].min_gain = -0.1", ""),
        ("[[rules]]\nmin_value = true\n", "rules[1].min_value = True: a number", ""),
        ("[[rules]]\nmin_value = nan\n", "rules[1].min_value = nan: a finite number", ""),
        ("[[rules]]\nmax_errors = 3\n", "rules[1].max_errors = 3", ""),
        ("[[rules]]\ntask = 3\nmax_drop = 0.1\n", "p.toml:2: rules[1].task = 3: a name", ""),
        ('[[rules]]\ntask = "a"\n', "rule 1 limits nothing", "max_drop"),
        ("alpha = 0.6\nmax_errors = 0.1\n", "p.toml:1: alpha = 0.6", ""),
        ('inconclusive = "blocks"\n[[rules]]\nmin_gain = 0\n', "inconclusive = 'blocks'", "block?"),
        ('required = "quiz"\n', "required = 'quiz': a list of task names", ""),
        ("rules = 3\n", "rules = 3: a list of rules", ""),
        ("", "no rule", "max_drop"),
        ("max_drop = = 3\n", "can't be parsed", ""),
    ],
)
def test_a_wrong_policy_says_where(tmp_path, text, place, hint):
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_policy(path)
    assert place in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_policy_that_can_t_be_read(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        read_policy(tmp_path / "none.toml")
    other = tmp_path / "p.txt"
    other.write_text("alpha: 1")
    with pytest.raises(ConfigError, match=r"toml, \.yaml or \.json"):
        read_policy(other)
    broken = tmp_path / "p.yaml"
    broken.write_text("rules: [")
    with pytest.raises(ConfigError, match="can't be parsed"):
        read_policy(broken)
    listed = tmp_path / "p.json"
    listed.write_text("[1]")
    with pytest.raises(ConfigError, match="a policy is a table"):
        read_policy(listed)


# Decisions


def test_each_rule_passes_fails_or_is_not_decided(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 60 + "0" * 60)})
    b = shelf.run("r2", {"quiz": scores("1" * 90 + "0" * 30)})
    rules = [{"max_drop": 0.02}, {"min_gain": 0.1}, {"min_value": 0.55}, {"min_value": 0.73}]
    found = gate(policy(*rules), b, a)
    assert statuses(found) == ["PASS", "PASS", "PASS", "INCONCLUSIVE"]
    assert (found["decision"], found["blocks"]) == ("INCONCLUSIVE", True)
    back = gate(policy(*rules), a, b)
    assert statuses(back) == ["FAIL", "FAIL", "INCONCLUSIVE", "FAIL"]
    assert (back["decision"], back["blocks"]) == ("NO-GO", True)
    assert back["checks"][0]["value"] == pytest.approx(-0.25)
    assert back["checks"][2]["needs_samples"] is None, "0.5 was seen: more samples won't show 0.55"
    json.dumps(found, allow_nan=False)


def test_what_is_not_decided_may_only_warn(shelf):
    b = shelf.run("r2", {"quiz": scores("10" * 20)})
    found = gate(policy({"min_value": 0.45}, inconclusive="warn"), b)
    assert (found["decision"], found["blocks"], statuses(found)) == ("GO", False, ["INCONCLUSIVE"])
    assert found["checks"][0]["needs_samples"] > 40
    assert "only warns" in gate_lines(found, 120)


def test_less_is_better_is_held_by_max_value(shelf, monkeypatch):
    side = shelf.run("r1", {"quiz": scores("0" * 95 + "1" * 5)})
    toxicity = Metric("acc", higher_is_better=False)
    monkeypatch.setattr("julja.run.gating.measure.task_metrics", lambda *_: [toxicity])
    assert statuses(gate(policy({"max_value": 0.2}), side)) == ["PASS"]
    assert statuses(gate(policy({"max_value": 0.01}), side)) == ["FAIL"]
    (check,) = gate(policy({"max_value": 0.08}), side)["checks"]
    assert check["status"] == "INCONCLUSIVE"
    assert check["bounds"][0] < 0.05 < check["bounds"][1] and check["value"] == 0.05
    with pytest.raises(ConfigError, match="less is better"):
        gate(policy({"min_value": 0.2}), side)


def test_lost_samples_are_held_against_the_candidate(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 80 + "0" * 20)})
    whole = shelf.run("r2", {"quiz": scores("1" * 80 + "0" * 20)})
    # The same, but ten of the right ones can't be vouched for.
    lossy = shelf.run("r3", {"quiz": scores("x" * 10 + "1" * 70 + "0" * 20)})
    rule = {"max_drop": 0.05, "min_value": 0.69}
    assert statuses(gate(policy(rule), whole, a)) == ["PASS", "PASS"]
    found = gate(policy(rule), lossy, a)
    assert statuses(found) == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert "10 lost samples" in found["checks"][0]["message"]


def test_a_subset_and_a_field_have_rules_of_their_own(shelf):
    leaves = {"quiz/a": scores("1" * 40), "quiz/b": scores("0" * 40)}
    side = shelf.run("r1", leaves, task="quiz")
    found = gate(
        policy(
            {"task": "quiz", "subset": "a", "min_value": 0.9},
            {"task": "quiz", "subset": "b", "min_value": 0.9},
        ),
        side,
    )
    assert statuses(found) == ["PASS", "FAIL"]
    with pytest.raises(ConfigError, match="no subset 'c'"):
        gate(policy({"task": "quiz", "subset": "c", "min_value": 0.9}), side)
    with pytest.raises(ConfigError, match="whole task"):
        gate(policy({"task": "quiz", "subset": "a", "max_seconds": 9}), side)
    samples = {f"s{n}": Sample(f"s{n}", "?", ("y",), fields={"hard": n % 2}) for n in range(80)}
    by = [{"task": f"quiz/hard={n}", "field": "hard", "value": str(n)} for n in (0, 1)]
    by = [{**part, "metrics": {"acc": {"value": 1.0}}, "counts": {}} for part in by]
    side = shelf.run("r2", {"quiz": scores("10" * 40)}, samples=samples, subsets=by)
    rules = [{"task": "quiz", "subset": f"hard={n}", "min_value": 0.9} for n in (0, 1)]
    assert statuses(gate(policy(*rules), side)) == ["PASS", "FAIL"]


def test_a_metric_that_is_not_there_is_a_mistake(shelf):
    side = shelf.run("r1", {"quiz": scores("10")})
    with pytest.raises(ConfigError, match="no metric 'ac'") as caught:
        gate(policy({"metric": "ac", "min_value": 0.5}), side)
    assert caught.value.hint == "Did you mean acc?"


def test_tasks_that_are_missing_are_no_pass(shelf):
    a, b = shelf.run("r1", {"one": scores("1")}), shelf.run("r2", {"two": scores("1")})
    rules = policy({"task": "one", "max_drop": 0.1}, required=["one", "two"])
    found = gate(rules, b, a)
    assert statuses(found) == ["FAIL", "PASS", "INCONCLUSIVE"]
    assert "no such task" in found["checks"][0]["message"]
    only_b = gate(policy({"task": "two", "max_drop": 0.1}), b, a)
    assert "baseline has no such task" in only_b["checks"][0]["message"]
    with pytest.raises(ConfigError, match="need a baseline"):
        gate(rules, b)
    with pytest.raises(ConfigError, match="one run"):
        gate(rules, b, b)


def test_runs_that_were_not_asked_alike_are_no_ground_for_a_gate(shelf):
    a = shelf.run("r1", {"quiz": scores("10" * 50)})
    b = shelf.run("r2", {"quiz": scores("10" * 50)}, shots=5)
    rules = policy({"max_drop": 0.1})
    with pytest.raises(ConfigError, match="shots differs: 0 in the baseline, 5 in the candidate"):
        gate(rules, b, a)
    found = gate(rules, b, a, force=True)
    assert found["differences"] and "shots differs" in found["warnings"][0]
    assert statuses(gate(policy({"min_value": 0.1}), b, a)) == ["PASS"], "floors compare nothing"


def test_budgets_are_looked_at_and_unknown_ones_are_no_pass(shelf):
    side = shelf.run("r1", {"one": scores("1x"), "two": scores("11")})
    limits = {"max_cost_usd": 0.5, "max_seconds": 12, "max_tokens": 299, "max_errors": 0.25}
    found = gate(policy(**limits), side)
    assert {c["kind"]: (c["status"], c["value"]) for c in found["checks"]} == {
        "max_cost_usd": ("PASS", 0.5),
        "max_seconds": ("PASS", 12.0),
        "max_tokens": ("FAIL", 300.0),
        "max_errors": ("PASS", 0.25),
    }
    rules = policy({"task": "one", "max_errors": 0.25, "max_tokens": 150, "max_seconds": 5})
    assert [(c["kind"], c["status"]) for c in gate(rules, side)["checks"]] == [
        ("max_errors", "FAIL"),
        ("max_seconds", "FAIL"),
        ("max_tokens", "PASS"),
    ]
    usage = {"requests": 2, "cached_requests": 0, "cost_usd": None}
    usage |= {"input_tokens": 0, "output_tokens": 0}
    unpriced = shelf.run("r2", {"one": scores("11")}, usage=usage)
    found = gate(policy(max_cost_usd=1, max_tokens=10), unpriced)
    assert statuses(found) == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert "--prices" in found["checks"][0]["message"]
    cached = {**usage, "cached_requests": 2, "requests": 0, "cost_usd": 0.0}
    free = gate(policy(max_cost_usd=1), shelf.run("r3", {"one": scores("11")}, usage=cached))
    assert "2 answers came from the cache" in free["checks"][0]["message"]


# Error rates: the decision itself, over many runs of the same model


def decided(a, b, *limits, **settings):
    """The decision on runs given as arrays of 0/1 scores."""
    checks = []
    for kind, limit in limits:
        seen = paired_evidence(a, b)
        measured = Measured("acc", float(b.mean() - a.mean()), len(a), 0, seen, seen, 1)
        threshold = -limit if kind == "max_drop" else limit
        check = Check("quiz", kind, limit, "rule", measured=measured, threshold=threshold)
        weigh(check)
        checks.append(check)
    rules = [dict(limits)]
    return decide(checks, policy(*rules, **settings))


def reruns(seed, trials, n, drop=0.0, luck=0.3):
    """Pairs of runs over the same samples. A share `luck` of them is answered by chance.

    B knows fewer of the others, so that its true accuracy is lower by `drop`.
    """
    generator = np.random.default_rng(seed)
    known = generator.random((trials, n)) < 0.7
    chance = generator.random((trials, n)) < luck
    draws = generator.random((2, trials, n)) < 0.5
    a = np.where(chance, draws[0], known).astype(float)
    forgotten = generator.random((trials, n)) < drop / 0.7 / (1 - luck)
    b = np.where(chance, draws[1], known & ~forgotten)
    return zip(a, b.astype(float), strict=True)


def rate(pairs, decision, *limits, **settings):
    found = [decided(a, b, *limits, **settings) == decision for a, b in pairs]
    return sum(found) / len(found)


SLACK = 3 * (0.05 * 0.95 / 1000) ** 0.5


@pytest.mark.parametrize("n", [60, 400])
@pytest.mark.parametrize("luck", [0.05, 0.6])
def test_a_against_a_is_better_in_at_most_five_percent(n, luck):
    pairs = list(reruns(1, 1000, n, luck=luck))
    assert rate(pairs, "GO", ("min_gain", 0.0)) <= 0.05
    assert rate(pairs, "NO-GO", ("min_gain", 0.0)) <= 0.05


@pytest.mark.parametrize("n", [100, 400])
def test_a_candidate_that_is_worse_by_the_margin_passes_in_at_most_five_percent(n):
    pairs = list(reruns(2, 1000, n, drop=0.05))
    passed = rate(pairs, "GO", ("max_drop", 0.05))
    failed = rate(pairs, "NO-GO", ("max_drop", 0.05))
    assert passed <= 0.05 + SLACK and failed <= 0.05 + SLACK
    assert passed > 0.01, "a test that never passes anything holds no error rate"


def test_an_equal_candidate_passes_non_inferiority_where_there_are_samples_for_it():
    assert rate(list(reruns(3, 200, 1500)), "GO", ("max_drop", 0.05)) > 0.95


def test_many_rules_make_no_false_alarm():
    """Ten tasks of equal models, each rule at the limit of failing: Holm keeps NO-GO rare."""
    generator = np.random.default_rng(4)
    alarms = 0
    for _ in range(300):
        checks = []
        for task in range(10):
            a, b = (generator.random((2, 150)) < 0.5).astype(float)
            seen = paired_evidence(a, b)
            measured = Measured("acc", 0.0, 150, 0, seen, seen, 1)
            check = Check(f"t{task}", "min_gain", 0.0, "rule", measured=measured, threshold=0.0)
            weigh(check)
            checks.append(check)
        alarms += decide(checks, policy({"min_gain": 0.0})) == "NO-GO"
    assert alarms / 300 <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5


def test_holm_makes_each_pass_good_for_itself():
    generator = np.random.default_rng(5)
    better = 0
    for _ in range(300):
        checks = []
        for task in range(10):
            a, b = (generator.random((2, 150)) < 0.5).astype(float)
            seen = paired_evidence(a, b)
            measured = Measured("acc", 0.0, 150, 0, seen, seen, 1)
            check = Check(f"t{task}", "min_gain", 0.0, "rule", measured=measured, threshold=0.0)
            weigh(check)
            checks.append(check)
        decide(checks, policy({"min_gain": 0.0}, adjust="holm"))
        better += any(check.status == "PASS" for check in checks)
    assert better / 300 <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5


def test_the_samples_it_would_take_show_it_with_the_power_that_is_said():
    generator = np.random.default_rng(6)
    base = (generator.random(300) < 0.6).astype(float)
    flipped = np.where(generator.random(300) < 0.2, 1 - base, base)
    seen = paired_evidence(base, flipped)
    check = Check("q", "max_drop", 0.04, "rule", measured=Measured("acc", 0, 300, 0, seen, seen, 1))
    check.threshold = -0.04
    wanted = needs(check, 0.05)
    assert wanted is not None and wanted > 301
    share = [(flipped > base).mean(), (flipped < base).mean()]
    tables = generator.multinomial(wanted, [*share, 1 - sum(share)], size=1000)
    shown = [PairedShares(wanted, int(w), int(x)).above(-0.04) <= 0.05 for w, x, _ in tables]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.1)


# What CI reads


@pytest.fixture
def hostile(shelf):
    a = shelf.run("r1", {"quiz": scores("1" * 60 + "0" * 60)})
    b = shelf.run("r2", {"quiz": scores("1" * 20 + "0" * 100)})
    found = gate(policy({"max_drop": 0.02}, {"min_value": 0.17}, required=["quiz"]), b, a)
    found["candidate"]["model"] = "evil\x1b[31m\n::error::<&>\x00"
    found["checks"][1]["task"] = "a%b\r\n::stop::,c"
    return found


def test_junit_has_a_case_for_each_rule(hostile):
    root = ElementTree.fromstring(junit(hostile))
    (suite,) = root
    assert suite.attrib["tests"] == "3" and suite.attrib["failures"] == "2"
    cases = suite.findall("testcase")
    assert [case.find("failure") is not None for case in cases] == [False, True, True]
    assert cases[1].find("failure").attrib["type"] == "FAIL"
    assert "\x1b" not in junit(hostile)
    warned = {**hostile, "inconclusive": "warn"}
    again = ElementTree.fromstring(junit(warned))[0]
    assert (again.attrib["failures"], again.attrib["skipped"]) == ("1", "1")


def test_annotations_are_single_lines_that_nobody_else_wrote(hostile):
    lines = list(annotations(hostile))
    assert all(line.startswith("::error title=julja gate") for line in lines) and len(lines) == 3
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert "a%25b" in lines[0]
    assert lines[-1].startswith("::error title=julja gate::NO-GO 1 PASS, 1 FAIL, 1 INCONCLUSIVE")
    warned = list(annotations({**hostile, "inconclusive": "warn"}))
    assert warned[1].startswith("::warning")


def test_the_table_shows_numbers_and_obeys_no_escapes(hostile):
    text = gate_lines(hostile, 160)
    assert "\x1b" not in text and "\\x1b[31m" in text
    assert "-0.3333" in text and "is broken" in text and "NO-GO" in text
