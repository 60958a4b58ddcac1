"""A whole calibration: what is said, what is missing and why."""

import json

import numpy as np
import pytest

from julja.audit.judge import Options, calibrate, calibration_json
from julja.audit.judges.agree import Bootstrap
from julja.audit.judges.read import read_sheet

QUICK = Options(how=Bootstrap(resamples=200))


def table(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_sheet([path])


def scored(n=120, labelled=60, seed=1):
    """Two models' answers, scored twice by a judge, labelled by two people at first."""
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n):
        for model, skill in (("x", 0.0), ("y", 1.0)):
            truth = float(np.clip(round(5 + skill + generator.normal()), 1, 10))
            row = {"item": item, "model": model, "length": int(generator.integers(50, 500))}
            for person in ("human_1", "human_2"):
                noise = generator.integers(-1, 2)
                row[person] = None if item >= labelled else float(np.clip(truth + noise, 1, 10))
            for _ in range(2):
                judge = float(np.clip(round(truth + 1.5 + 0.5 * generator.normal()), 1, 10))
                rows.append({**row, "judge": judge})
    return rows


def test_everything_that_the_columns_allow_is_there(tmp_path):
    found = calibrate(table(tmp_path, scored()), QUICK)
    assert (found.kind, found.items, found.clusters, found.models) == ("score", 240, 120, 2)
    assert (found.level, found.weights) == ("ordinal", "quadratic")
    assert (found.people.raters, found.people.items, found.people.several) == (2, 120, 120)
    (judge,) = found.judges
    assert (judge.ratings, judge.unparsed, judge.items, judge.labelled) == (480, 0, 240, 120)
    assert judge.agreement.bias.ci[0] < 1.5 < judge.agreement.bias.ci[1]
    people = found.people.agreement.kappa.value
    assert judge.agreement.ceiling.people.kappa.value == pytest.approx(people)
    assert judge.noise.within == pytest.approx(0.33, abs=0.08)
    assert [item.what for item in judge.means] == ["mean", "x", "y"]
    assert judge.means[0].judge_only.ci[0] > judge.means[0].ppi_plus.ci[1]
    (gap,) = judge.differences
    assert gap.ppi_plus.ci[0] > 0
    assert judge.recalibration.best is not None
    assert list(judge.missing) == ["self_preference"]


def test_the_json_is_json_and_carries_no_arrays(tmp_path):
    found = calibration_json(calibrate(table(tmp_path, scored()), QUICK))
    text = json.dumps(found, allow_nan=False)
    judge = json.loads(text)["judges"][0]
    assert "scores" not in judge["recalibration"]
    assert judge["means"][0]["judge_only_remark"].startswith("no human label is in it")
    assert set(judge["means"][0]["ppi_plus"]) == {"value", "stderr", "ci", "n", "bounds", "method"}


def test_without_labels_everything_about_people_is_missing(tmp_path):
    rows = [{"item": n, "judge": n % 5} for n in range(30)]
    found = calibrate(table(tmp_path, rows), QUICK)
    assert found.people is None
    (judge,) = found.judges
    assert judge.agreement is None
    assert judge.means[0].ppi_plus is None
    assert "no item that this judge rated has a human label" in judge.missing["agreement"]
    assert set(judge.missing) == {
        "agreement",
        "length",
        "noise",
        "recalibration",
        "self_preference",
    }


def pairs(judge, n=60):
    """Pairs in both orders whose A is better half of the time; `judge` gets (truth, first)."""
    rows = []
    for item in range(n):
        truth = item % 2
        for first in ("a", "b"):
            row = {"item": item, "model_a": "x", "model_b": "y", "first": first}
            rows.append({**row, "judge": judge(truth, first), "human": "AB"[1 - truth]})
    return rows


def test_a_judge_that_always_prefers_the_first_answer_is_named_for_it(tmp_path):
    always = pairs(lambda truth, first: "A" if first == "a" else "B")
    (judge,) = calibrate(table(tmp_path, always), QUICK).judges
    assert judge.position.first_preferred.value == 1
    assert judge.position.consistency.value == 0
    assert judge.remarks[0] == "always prefers the answer shown first"
    # Both orders contradict each other: all pairs are ties.
    assert judge.means[0].judge_only.value == 0.5


def test_a_judge_that_never_parses_has_no_numbers_and_no_crash(tmp_path):
    never = pairs(lambda truth, first: "As an AI, I find both lovely.")
    (judge,) = calibrate(table(tmp_path, never), QUICK).judges
    assert (judge.ratings, judge.unparsed) == (120, 120)
    assert judge.examples == ("As an AI, I find both lovely.",)
    assert judge.agreement is None
    assert judge.means[0].judge_only.value is None
    assert judge.means[0].human_only.value == 0.5
    assert judge.remarks[0].startswith("no value could be read in 120 of 120, such as 'As an AI")


def test_a_judge_that_says_one_thing_is_named_for_it(tmp_path):
    same = pairs(lambda truth, first: "tie")
    (judge,) = calibrate(table(tmp_path, same), QUICK).judges
    assert "gives 0.5 every time" in judge.remarks
    assert judge.agreement.single.raw.value == 0


def test_a_perfect_judge_is_not_certain(tmp_path):
    right = pairs(lambda truth, first: "AB"[1 - truth])
    (judge,) = calibrate(table(tmp_path, right), QUICK).judges
    assert judge.agreement.single.kappa.value == 1
    assert judge.agreement.single.kappa.ci[0] < 0.95
    assert judge.position.consistency.value == 1
    assert judge.position.consistency.ci[0] < 0.96


def test_labels_in_words_have_agreement_and_no_mean(tmp_path):
    words = ("spam", "ham", "eggs")
    rows = [
        {"item": n, "judge": words[n % 3], "human": words[(n % 3) * (n % 7 > 0)]} for n in range(70)
    ]
    found = calibrate(table(tmp_path, rows), QUICK)
    assert (found.kind, found.labels) == ("label", ("eggs", "ham", "spam"))
    (judge,) = found.judges
    assert judge.agreement.single.raw.value == pytest.approx(1 - 7 / 70, abs=0.05)
    assert judge.agreement.pearson is None
    assert judge.missing["means"] == "labels have no mean; --positive LABEL counts one of them as 1"


def test_the_judge_s_own_family_may_be_named_by_pattern(tmp_path):
    rows = pairs(lambda truth, first: "A")
    options = Options(how=Bootstrap(resamples=200), own={"judge": ("x*",)})
    (judge,) = calibrate(table(tmp_path, rows), options).judges
    assert judge.self_preference.judge.value == 1
    assert judge.self_preference.excess.ci[0] > 0
    assert "favours its own family more than people do" in judge.remarks
    other = Options(how=Bootstrap(resamples=200), own={"someone-else": ("x*",)})
    assert calibrate(table(tmp_path, rows), other).judges[0].self_preference is None


def test_several_judges_are_compared_with_each_other(tmp_path):
    rows = [{"item": n, "judge_a": n % 4, "judge_b": n % 4, "judge_c": n % 3} for n in range(60)]
    found = calibrate(table(tmp_path, rows), QUICK)
    assert [judge.judge for judge in found.judges] == ["judge_a", "judge_b", "judge_c"]
    assert 0 < found.judges_alpha.value < 1


def test_a_judge_on_another_scale_is_stretched_and_told(tmp_path):
    rows = [{"item": n, "judge": n % 10 + 1, "human": float(n % 10 > 4)} for n in range(60)]
    (judge,) = calibrate(table(tmp_path, rows), QUICK).judges
    assert judge.remarks[0].startswith("scores are stretched from 1–10 to people's 0–1")
    assert judge.missing["kappa"] == "the judge's scale is not the people's"
    assert judge.means[0].judge_only.value == pytest.approx(0.5)
    assert judge.recalibration.ece == pytest.approx(0.24, abs=0.05)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    rows = scored(40, 20)
    made = [json.dumps(calibration_json(calibrate(table(tmp_path, rows), QUICK))) for _ in range(2)]
    assert made[0] == made[1]
