"""Judges' published figures, and what a judge alone claims, on real human labels.

Krippendorff's example, LLMBar's 499 evaluator runs, AlpacaEval's annotations, LLM FAO's crowd.
"""

import csv
import io

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from julja.audit.judge import Options, calibrate
from julja.audit.judges.agree import Bootstrap
from julja.audit.judges.alpaca import probability_of_m, shown_first
from julja.audit.judges.position import position_bias
from julja.audit.judges.read import read_sheet
from julja.data.files import open_bytes
from julja.stats.agreement import agreement
from julja.stats.krippendorff import krippendorff_alpha
from julja.stats.ppi import ppi_mean

from .judge_data import (
    ALPACA,
    CROWD,
    GPT4,
    alpaca_pairs,
    codings,
    llmbar_counts,
    llmbar_runs,
    table,
)

HOLDS = ()
pytestmark = [pytest.mark.mirror, pytest.mark.parity]
RUN = ("Processed/MT-Bench", "GPT-4/Vanilla_NoRules")
QUICK = Options(how=Bootstrap(resamples=200))


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_krippendorff_s_example(mirror, level, published):
    found = krippendorff_alpha(codings(mirror), level)
    assert found.value == pytest.approx(published, abs=5e-7)
    assert found.n == 11
    # With 11 items a resample may miss every disagreement: the interval reaches 1.
    assert 0.40 < found.ci[0] < 0.47
    assert found.ci[1] == 1


@pytest.fixture(scope="module")
def runs(mirror):
    """All runs of LLMBar's evaluators, as sheets."""
    return dict(llmbar_runs(mirror))


def test_llmbar_s_counts_of_all_499_runs(mirror, runs):
    published = llmbar_counts(mirror)
    differs = []
    for run, sheet in runs.items():
        places = sheet.of(sheet.judges[0])
        people = sheet.counts(sheet.by_people(), np.array([0.0, 0.5, 1.0]))
        counts = {"n": len(sheet)}
        right = []
        for name, side in (("correct_False", 0), ("correct_True", 1)):
            judge = sheet.counts(places[sheet.first[places] == side], np.array([0.0, 0.5, 1.0]))
            found = agreement(judge, people, resamples=2).raw
            counts[name] = round((found.value or 0) * found.n)
            right.append((judge * people).sum(axis=1) > 0)
        counts["correct_both"] = int((right[0] & right[1]).sum())
        bias = position_bias(sheet, places, sheet.mean(sheet.by_people()))
        # LLMBar counts a pair as equal where neither order has a verdict; we leave it out.
        neither = int((~np.isfinite(sheet.mean(places))).sum())
        same = round(bias.consistency.value * bias.pairs) if bias.consistency else 0
        counts["equal"] = same + neither
        if counts != published[run]:
            differs.append((run, counts, published[run]))
    assert len(published) == 499
    assert differs == []


def test_kappa_of_gpt4_is_scikit_learn_s_and_not_the_published_one(runs):
    sheet = runs[RUN]
    places = sheet.of(sheet.judges[0])
    first = places[sheet.first[places] == 0]
    categories = np.array([0.0, 1.0])
    judge, people = (sheet.counts(p, categories) for p in (first, sheet.by_people()))
    found = agreement(judge, people)
    theirs = cohen_kappa_score(judge.argmax(axis=1), people.argmax(axis=1))
    assert found.kappa.value == pytest.approx(theirs, abs=1e-12)
    # statistics.json says .1986 at 79.5 % accuracy.
    assert found.raw.value == 0.795
    assert found.kappa.value == pytest.approx(0.590, abs=5e-4)


def test_llmbar_s_own_file_is_calibrated_to_the_same_counts(mirror):
    found = calibrate(read_sheet([mirror / GPT4]), QUICK)
    (judge,) = found.judges
    assert judge.judge == "GPT-4/Vanilla_NoRules"
    assert (found.items, judge.ratings, judge.unparsed) == (200, 400, 0)
    assert judge.agreement.single.raw.value == pytest.approx((159 + 165) / 400)
    assert judge.agreement.combined.raw.value == pytest.approx(149 / 200)
    assert judge.position.consistency.value == 0.87
    assert judge.length.judge.n == 195


def test_every_log_probability_of_alpacaeval_gives_its_preference(mirror):
    rows = [row for row in table(mirror / ALPACA) if row["logprob_m"] and row["logprob_M"]]
    assert len(rows) == 21_656
    sides = {"a": 0, "b": 0, None: 0}
    for row in rows:
        preference, m, big_m = (float(row[k]) for k in ("preference", "logprob_m", "logprob_M"))
        chance = probability_of_m(m, big_m)
        assert min(abs(preference - 2 + chance), abs(preference - 1 - chance)) < 1e-6
        sides[shown_first(preference, m, big_m)] += 1
    # At P(m) = .5 either order gives the same.
    assert sides == {"a": 10_747, "b": 10_899, None: 10}


def test_alpacaeval_s_judge_prefers_the_second_answer(mirror, tmp_path):
    sheet = read_sheet([alpaca_pairs(mirror, tmp_path)])
    places = sheet.of(sheet.judges[0])
    found = position_bias(sheet, places, np.full(len(sheet), np.nan))
    assert found.design == "random order"
    assert found.one_order == 21_646
    # All 60 models: the second wins .544; these 27 of them: .547.
    assert 1 - found.first_preferred.value == pytest.approx(0.547, abs=5e-4)
    # All models see a prompt in one order, so 805 prompts are drawn and not 21,646 pairs.
    assert found.first_preferred.stderr == pytest.approx(0.015, abs=5e-4)
    assert found.first_preferred.ci[1] < 0.5


@pytest.fixture(scope="module")
def labelled(runs):
    """(people's label, GPT-4's verdicts in both orders) of LLMBar's 466 processed pairs."""
    labels, verdicts = [], []
    for (dataset, evaluator), sheet in runs.items():
        if dataset.startswith("Processed/") and evaluator == "GPT-4/Vanilla_NoRules":
            places = sheet.of(sheet.judges[0])
            sides = [sheet.mean(places[sheet.first[places] == side]) for side in (0, 1)]
            labels.append(sheet.mean(sheet.by_people()))
            verdicts.append(np.array(sides))
    # A verdict that can't be read is none for output 1: any guess keeps PPI valid.
    return np.concatenate(labels), np.nan_to_num(np.concatenate(verdicts, axis=1), nan=0.0)


@pytest.mark.parametrize(("judge", "alone"), [("mean", (0.60, 0.70)), ("lenient", (0.0, 0.0))])
def test_ppi_covers_people_s_verdict_where_the_judge_alone_does_not(labelled, judge, alone):
    people, both = labelled
    f = both.mean(axis=0) if judge == "mean" else both.max(axis=0)
    assert len(people) == 466
    truth = people.mean()
    generator = np.random.default_rng(0)
    hits, turns = np.zeros(3), 2000
    width = np.zeros(2)
    for _ in range(turns):
        known, rest = generator.integers(0, 466, 100), generator.integers(0, 466, 2000)
        tuned = ppi_mean(people[known], f[known], f[rest], low=0, high=1).estimate
        human = ppi_mean(people[known], f[known], [], low=0, high=1).estimate
        mean, half = f[rest].mean(), 1.96 * f[rest].std() / np.sqrt(2000)
        intervals = (tuned.ci, human.ci, (mean - half, mean + half))
        hits += [low <= truth <= high for low, high in intervals]
        width += [tuned.ci[1] - tuned.ci[0], human.ci[1] - human.ci[0]]
    covered = hits / turns
    assert 0.935 <= covered[0] <= 0.965
    assert 0.93 <= covered[1] <= 0.97
    assert alone[0] <= covered[2] <= alone[1]
    # What 100 labels say with the judge beside them, the judge makes a sixth narrower.
    assert width[0] < 0.87 * width[1]


def test_a_crowd_s_votes_are_joined_to_a_judge_s(mirror):
    folder = mirror / CROWD
    sheet = read_sheet([folder / "gpt4-comparisons.csv.gz"], [folder / "crowd-comparisons.csv.gz"])
    found = calibrate(sheet, QUICK)
    with open_bytes(str(folder / "crowd-comparisons.csv.gz")) as stream:
        votes = list(csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8")))
    with open_bytes(str(folder / "gpt4-comparisons.csv.gz")) as stream:
        verdicts = {row["id"]: row["winner"] for row in csv.DictReader(io.TextIOWrapper(stream))}
    assert (found.people.ratings, found.people.items) == (len(votes), len({v["id"] for v in votes}))
    assert found.people.raters == len({vote["worker"] for vote in votes})
    assert found.clusters == 19
    shares: dict[str, list[bool]] = {}
    for vote in votes:
        shares.setdefault(vote["id"], []).append(vote["winner"] == verdicts[vote["id"]])
    (judge,) = found.judges
    wanted = np.mean([np.mean(same) for same in shares.values()])
    assert judge.agreement.single.raw.value == pytest.approx(wanted, abs=1e-12)
    assert judge.agreement.ceiling.difference.kappa.ci[1] < 0
