"""The mean people would give: what a judge alone claims, what labels add, what is refused."""

import math

import numpy as np
import pytest
from scipy import stats

from julja.audit.judges.means import Answers, _welch, differences, means
from julja.audit.judges.recalibration import recalibration
from julja.audit.judges.scales import Scales, on_people_scale


def lenient(seed, n, labelled):
    """(judge's pass or fail, people's for the first `labelled`): 60 % pass, the judge says 73 %."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(n) < 0.6).astype(float)
    wrong = generator.random(n) < np.where(truth == 1, 0.05, 0.4)
    people = truth.copy()
    people[labelled:] = np.nan
    return np.where(wrong, 1 - truth, truth), people


def test_the_judge_s_own_interval_misses_what_ppi_covers():
    hits = np.zeros(3)
    for seed in range(300):
        judged, people = lenient(seed, 1000, 100)
        found = means("pass", judged, people, range(1000), low=0, high=1, resamples=300)
        for place, item in enumerate((found.judge_only, found.ppi_plus, found.rogan_gladen)):
            hits[place] += item.ci[0] <= 0.6 <= item.ci[1]
    assert hits[0] == 0
    assert 0.93 <= hits[1] / 300 <= 0.975
    assert 0.93 <= hits[2] / 300 <= 0.985
    assert "no human label" in found.judge_only_remark


def test_without_labels_there_is_only_the_judge():
    judged, people = lenient(1, 50, 0)
    found = means("pass", judged, people, range(50))
    assert (found.human_only, found.ppi_plus, found.labelled) == (None, None, 0)


def test_a_few_labels_are_too_few_for_ppi():
    judged, people = lenient(1, 50, 9)
    found = means("pass", judged, people, range(50))
    assert found.human_only.n == 9
    assert found.ppi_plus is None
    assert found.remarks == ("PPI++ needs 10 labelled items, and there are 9",)


def test_what_could_not_be_read_bounds_the_judge_and_keeps_ppi_valid():
    generator = np.random.default_rng(3)
    hits = 0
    for seed in range(300):
        judged, people = lenient(seed, 1000, 150)
        # The judge fails to answer on a third of what people pass.
        lost = (generator.random(1000) < 0.33) & (np.nan_to_num(people, nan=judged) == 1)
        found = means("pass", np.where(lost, np.nan, judged), people, range(1000), low=0, high=1)
        hits += found.ppi_plus.ci[0] <= 0.6 <= found.ppi_plus.ci[1]
    assert found.imputed == lost.sum()
    low, high = found.judge_only.bounds
    assert high - low == pytest.approx(lost.mean())
    assert 0.93 <= hits / 300 <= 0.975


def test_labels_that_were_picked_are_noticed():
    judged, _ = lenient(4, 400, 0)
    people = np.where(judged == 1, 1.0, np.nan)
    people[np.flatnonzero(judged == 1)[100:]] = np.nan
    people[np.flatnonzero(judged == 0)[:5]] = 0.0
    (remark,) = means("pass", judged, people, range(400), low=0, high=1).remarks
    assert "not drawn at random" in remark
    judged, people = lenient(5, 400, 100)
    assert means("pass", judged, people, range(400), low=0, high=1).remarks == ()


def test_the_warning_goes_by_welch_s_test():
    generator = np.random.default_rng(10)
    one, other = generator.normal(size=30), 2 * generator.normal(size=90) + 1
    theirs = stats.ttest_ind(one, other, equal_var=False).pvalue
    assert _welch(one, other) == pytest.approx(theirs, rel=1e-9)
    assert _welch(np.ones(9), np.ones(9)) == 1


def test_with_every_item_labelled_the_judge_adds_nothing():
    judged, people = lenient(6, 60, 60)
    found = means("pass", judged, people, range(60), low=0, high=1)
    assert found.remarks == ("every item is labelled: the judge adds nothing to the mean",)
    assert found.ppi_plus.value == found.human_only.value


def test_models_are_compared_on_their_common_items():
    generator = np.random.default_rng(7)
    hard = generator.normal(size=500)

    def answers(skill, items):
        truth = {i: hard[i] + skill + 0.3 * generator.normal() for i in items}
        judged = {i: 0.8 * value + 1 + 0.2 * generator.normal() for i, value in truth.items()}
        return Answers(judged, {i: truth[i] for i in items if i < 120})

    models = {
        "x": answers(0.0, range(500)),
        "y": answers(0.3, range(500)),
        "z": answers(0, range(80)),
    }
    clusters = {i: i for i in range(500)}
    xy, xz, yz = differences(models, clusters)
    assert (xy.a, xy.b, xy.labelled, xy.unlabelled) == ("x", "y", 120, 380)
    assert xy.ppi_plus.ci[0] < 0.3 < xy.ppi_plus.ci[1]
    assert xy.p_holm == pytest.approx(min(1, 3 * xy.p))
    assert xz.labelled + xz.unlabelled == 80
    assert yz.ppi_plus.value < 0


def test_recalibration_is_used_only_where_it_helps():
    generator = np.random.default_rng(8)
    labels = generator.integers(1, 6, 200).astype(float)
    squeezed = np.round(6 + 0.5 * labels + 0.2 * generator.normal(size=200))
    people = labels.copy()
    people[150:] = np.nan
    found = recalibration(squeezed, people, range(200))
    assert found.best in ("isotonic", "affine")
    assert found.n == 150
    assert {item.method for item in found.methods} == {"isotonic", "affine"}
    assert min(item.rmse for item in found.methods) < 0.5 * found.rmse
    assert all(item.gain.ci[0] > 0 for item in found.methods)
    assert np.abs(found.scores[150:] - labels[150:]).mean() < 0.6
    # A judge that is right already is left alone.
    right = recalibration(labels, people, range(200))
    assert right.best is None
    assert (right.scores == labels).all()


def test_recalibration_needs_labels_that_differ():
    assert recalibration(np.arange(50.0), np.full(50, 1.0), range(50)) is None
    few = np.full(50, math.nan)
    few[:19] = np.arange(19)
    assert recalibration(np.arange(50.0), few, range(50)) is None


def test_unparsed_scores_stay_without_a_value():
    generator = np.random.default_rng(9)
    labels = (generator.random(100) < 0.5).astype(float)
    judged = np.where(generator.random(100) < 0.2, np.nan, labels * 0.4 + 0.3)
    found = recalibration(judged, labels, range(100))
    assert np.isnan(found.scores[np.isnan(judged)]).all()
    assert found.ece == pytest.approx(0.3, abs=0.05)
    assert {item.method for item in found.methods} == {"isotonic", "platt"}


def test_scores_are_stretched_where_the_scales_differ(sheet):
    rows = [{"item": n, "value": float(n)} for n in range(1, 11)]
    rows += [{"item": n, "rater": "human", "value": float(n > 5)} for n in range(1, 11)]
    made = sheet(rows, kind="score")
    places = made.of(made.judges[0])
    scaled, note, same = on_people_scale(made, places, Scales())
    assert not same
    assert scaled.value[places].tolist() == pytest.approx([n / 9 for n in range(10)])
    assert "from 1–10 to people's 0–1" in note
    given, _, _ = on_people_scale(made, places, Scales(judge=(0, 20)))
    assert given.value[places][-1] == 0.5
    alike, note, same = on_people_scale(made, places, Scales((1, 10), (1, 10)))
    assert (alike is made, note, same) == (True, "", True)
