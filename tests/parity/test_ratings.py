"""Published ratings from the battles behind them: Arena-Hard, Chatbot Arena, evalica, AlpacaEval.

`judge/MANIFEST` R1, R4, R5, R13. Arena-Hard v0.1 counts a strong verdict three times; its battle
files have that written out as rows.
"""

import csv
import io
import json

import numpy as np
import pytest

from julja.arena.adapters import read_battles
from julja.arena.rate import RateOptions, rate
from julja.data.files import open_bytes, read_rows
from julja.stats.ratings.bradley_terry import fit, fit_bradley_terry
from julja.stats.ratings.elo import online_elo
from julja.stats.ratings.pairs import count_cells
from julja.stats.ratings.ranks import interval_ranks

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ()

ARENA_HARD = "danielwetzel__arena-hard-auto/data/arena_hard_battles.official_2models.jsonl.gz"
NOTEBOOK = "lmarena__arena-hard-auto/notebook"
BASELINE = RateOptions(baseline="gpt-4-0314", anchor=("gpt-4-0314", 1000.0), bootstrap=0)


@pytest.fixture(scope="module")
def judge(mirror):
    return mirror / "judge"


@pytest.fixture(scope="module")
def arena_hard(judge):
    return read_battles([str(judge / ARENA_HARD)]).table


def test_arena_hard_scores_are_the_published_ones(arena_hard, judge):
    found = rate(arena_hard, BASELINE)
    rows = read_rows(
        judge / "lmarena__arena-hard-auto/leaderboard/arena_hard_leaderboard_20240731.csv"
    )
    published = {row["model"]: float(row["score"]) for row in rows}
    for model, score in (("gpt-4-0613", 37.90), ("gpt-3.5-turbo-0125", 23.34)):
        assert published[model] == score
        assert round(100 * found.of(model).win_rate, 2) == score


def test_prompts_make_arena_hards_errors_wider(arena_hard):
    """Its own bootstrap draws rows, three for a strong verdict, two games and more of a prompt."""
    rows = rate(arena_hard, RateOptions(baseline="gpt-4-0314", cluster="none", bootstrap=0))
    prompts = rate(arena_hard, RateOptions(baseline="gpt-4-0314", bootstrap=0))
    assert prompts.interval.method == "cluster sandwich"
    assert (prompts.interval.unit, prompts.interval.units) == ("prompt", 500)
    by_row, by_prompt = (
        100 * table.of("gpt-3.5-turbo-0125").win_rate_stderr for table in (rows, prompts)
    )
    assert (round(by_row, 2), round(by_prompt, 2)) == (1.04, 1.70)
    drawn = rate(arena_hard, RateOptions(baseline="gpt-4-0314", cluster="none", bootstrap=1000))
    assert 100 * drawn.of("gpt-3.5-turbo-0125").win_rate_stderr == pytest.approx(1.04, abs=0.08)
    drawn = rate(arena_hard, RateOptions(baseline="gpt-4-0314", bootstrap=1000))
    assert 100 * drawn.of("gpt-3.5-turbo-0125").win_rate_stderr == pytest.approx(1.70, abs=0.12)


def test_the_arenas_ranks_follow_from_its_bootstraps(judge):
    """76 of 76 models of 2024-03-29; the quantiles and the variance are equal, too."""
    table = json.loads((judge / NOTEBOOK / "elo_20240329_leaderboard_table.json").read_text())
    with open_bytes(str(judge / NOTEBOOK / "elo_20240329_bootstrap_df.csv.gz")) as stream:
        rows = list(csv.reader(io.TextIOWrapper(stream, encoding="utf-8")))
    names, draws = rows[0], np.array(rows[1:], float)
    published = {row["index"]: row for row in table}
    assert set(names) == set(published) and draws.shape == (100, 76)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    ranks = interval_ranks(low, high)
    for index, name in enumerate(names):
        row = published[name]
        assert low[index] == pytest.approx(row["rating_q025"], abs=1e-6)
        assert high[index] == pytest.approx(row["rating_q975"], abs=1e-6)
        assert ranks[index] == row["final_ranking"]
    by_rating = np.argsort(np.argsort(-draws.mean(axis=0))) + 1
    assert (by_rating != ranks).sum() > 50


def golden(judge, name, algorithm):
    rows = read_rows(judge / "dustalov__evalica" / f"{name}-golden.csv")
    return {row["item"]: float(row["score"]) for row in rows if row["algorithm"] == algorithm}


def voted(judge, name):
    file = next((judge / "dustalov__evalica").glob(f"{name}.csv*"))
    battles = read_battles([str(file)]).table
    return battles, (battles.a, battles.b, battles.outcome)


@pytest.mark.parametrize("name", ["llmfao", "simple", "food"])
def test_bradley_terry_equals_evalicas_golden_scores(judge, name):
    battles, data = voted(judge, name)
    expected = golden(judge, name, "bradley_terry")
    strength = np.exp(fit_bradley_terry(*data, models=len(battles.models)).ratings)
    # The golden scores sum to 1.
    strength /= strength.sum() / sum(expected.values())
    assert set(battles.models) == set(expected)
    for model, score in zip(battles.models, strength, strict=True):
        assert score == pytest.approx(expected[model], rel=1e-6)


@pytest.mark.parametrize("name", ["llmfao", "simple", "food"])
def test_davidson_equals_evalicas_newman(judge, name):
    """Newman's fixed point (2023) is another way to the maximum of Davidson's likelihood."""
    battles, data = voted(judge, name)
    expected = golden(judge, name, "newman")
    found = fit(count_cells(*data, models=len(battles.models)), "davidson")
    wanted = np.log([expected[model] for model in battles.models])
    assert found.ratings == pytest.approx(wanted - wanted.mean(), abs=1e-9)


@pytest.mark.parametrize("name", ["llmfao", "simple", "food"])
def test_elo_equals_evalicas_golden_scores(judge, name):
    battles, data = voted(judge, name)
    expected = golden(judge, name, "elo")
    found = online_elo(*data, models=len(battles.models))
    for model, score in zip(battles.models, found, strict=True):
        assert score == pytest.approx(expected[model], rel=1e-9)


def test_alpaca_evals_win_rates_are_ratings_against_one_baseline(judge):
    """Graded preferences: the mean is Bradley-Terry's win rate, 28 models to 1e-9."""
    folder = judge / "tatsu-lab__alpaca_eval"
    board = read_rows(
        folder / "src/alpaca_eval/leaderboards/data_AlpacaEval_2"
        "/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
    )
    published = {row[""]: row for row in board}
    by_model: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(folder / "derived/annotations_slim_half.csv.gz"):
        by_model.setdefault(row["model"], []).append(row)
    from julja.arena.adapters import alpaca_eval
    from julja.arena.adapters.common import Settings, Source
    from julja.arena.battles import Battles

    compared = 0
    for model, rows in by_model.items():
        if model not in published or int(published[model]["n_total"]) != len(rows):
            continue
        renamed = [
            {
                "generator_1": "gpt4_1106_preview",
                "generator_2": model,
                "preference": row["preference"],
                "index": row["index"],
            }
            for row in rows
        ]
        reading = alpaca_eval.read([Source("slim", renamed)], Settings())
        assert not reading.refused
        options = RateOptions(baseline="gpt4_1106_preview", bootstrap=0)
        found = rate(Battles.of(reading.battles), options).of(model)
        row = published[model]
        assert 100 * found.win_rate == pytest.approx(float(row["win_rate"]), abs=1e-8)
        # theirs divides by n - 1
        n = len(rows)
        own = 100 * found.win_rate_stderr * np.sqrt(n / (n - 1))
        assert own == pytest.approx(float(row["standard_error"]), abs=1e-8)
        assert (found.wins, found.ties) == (int(row["n_wins"]), int(row["n_draws"]))
        bare = rate(
            Battles.of(reading.battles),
            RateOptions(baseline="gpt4_1106_preview", bootstrap=0, graded=False),
        ).of(model)
        assert 100 * bare.win_rate == pytest.approx(float(row["discrete_win_rate"]), abs=1e-8)
        compared += 1
    assert compared >= 25


def test_mt_benchs_single_scores_make_pairs(judge):
    """Four routers on 80 questions x 2 turns, from two files; one score of 640 was not read."""
    files = [
        judge / "lm-sys__RouteLLM/benchmarks/mt-bench/gpt-4_single.jsonl.gz",
        judge / "lm-sys__RouteLLM/routellm/evals/mt_bench/judgements.jsonl.gz",
    ]
    found = read_battles([str(file) for file in files])
    assert set(found.formats.values()) == {"mt-bench-scores"}
    assert found.left_out == {"no_score": 1}
    assert len(found.table) == 6 * 160 - 3
    table = rate(found.table, RateOptions(bootstrap=0))
    assert table.ratings[0].model == "gpt-4-1106-preview"
    scores: dict[str, list[float]] = {}
    for file in files:
        for row in read_rows(file):
            if row["score"] >= 0:
                scores.setdefault(row["model"], []).append(row["score"])
    means = {model: np.mean(found) for model, found in scores.items()}
    assert [row.model for row in table.ratings] == sorted(means, key=means.get, reverse=True)


def test_llmbars_verdicts_are_battles(judge):
    file = (
        judge / "princeton-nlp__LLMBar/Dataset/Processed/MT-Bench/evaluators/GPT-4"
        "/Vanilla_NoRules/result.json.gz"
    )
    found = read_battles([str(file)])
    judges = [found.table.judges[code] for code in found.table.judge]
    assert judges.count("human") == 200 and judges.count("GPT-4/Vanilla_NoRules") == 400
    # statistics_all.csv, counted apart: right without and with the swap.
    stats = read_rows(judge / "princeton-nlp__LLMBar/derived/statistics_all.csv.gz")
    row = next(
        row for row in stats if "Processed/MT-Bench/evaluators/GPT-4/Vanilla_NoRules" in row["path"]
    )
    human = {b.prompt: b.verdict for b in found.table.rows() if b.judge == "human"}
    right = {"a": 0, "b": 0}
    for battle in found.table.rows():
        if battle.judge != "human":
            right[battle.first] += battle.verdict == human[battle.prompt]
    assert row["correct_False"].startswith(f"{right['a']} / 200 ")
    assert row["correct_True"].startswith(f"{right['b']} / 200 ")
