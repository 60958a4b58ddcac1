"""Ratings from battles: Arena-Hard's scores, the Chatbot Arena's ranks, evalica's golden scores."""

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from julja.arena.adapters import read_battles
from julja.arena.rate import RateOptions, rate
from julja.arena.table import Rating
from julja.data.files import open_bytes
from julja.stats.ratings.bradley_terry import fit_bradley_terry
from julja.stats.ratings.elo import online_elo
from julja.stats.ratings.ranks import interval_ranks
from tests.fidelity.claim import Claim

BATTLES = "judge/danielwetzel__arena-hard-auto/data/arena_hard_battles.official_2models.jsonl.gz"
NOTEBOOK = "judge/lmarena__arena-hard-auto/notebook"
EVALICA = "judge/dustalov__evalica"


def arena_hard(
    model: str, cluster: str, value: Callable[[Rating], float], mirror: Path
) -> tuple[float, int]:
    """A number of one model of Arena-Hard v0.1, in points of win rate."""
    battles = read_battles([str(mirror / BATTLES)]).table
    options = RateOptions(baseline="gpt-4-0314", cluster=cluster, bootstrap=0)
    row = rate(battles, options).of(model)
    return 100 * value(row), row.battles


def arena_ranks(mirror: Path) -> tuple[float, int]:
    """How many of the Arena's published ranks follow from its bootstraps."""
    folder = mirror / NOTEBOOK
    table = json.loads((folder / "elo_20240329_leaderboard_table.json").read_text())
    published = {row["index"]: row["final_ranking"] for row in table}
    with open_bytes(str(folder / "elo_20240329_bootstrap_df.csv.gz")) as stream:
        rows = list(csv.reader(io.TextIOWrapper(stream, encoding="utf-8")))
    ends = np.quantile(np.array(rows[1:], float), [0.025, 0.975], axis=0)
    ranks = interval_ranks(*ends)
    same = sum(published[name] == rank for name, rank in zip(rows[0], ranks, strict=True))
    return float(same), len(ranks)


def evalica(algorithm: str, mirror: Path) -> tuple[float, int]:
    """The score of GPT 4 among LLM FAO's 59 models."""
    table = read_battles([str(mirror / EVALICA / "llmfao.csv.gz")]).table
    data = (table.a, table.b, table.outcome)
    if algorithm == "elo":
        found = online_elo(*data, models=len(table.models))
    else:
        found = np.exp(fit_bradley_terry(*data, models=len(table.models)).ratings)
        found /= found.sum()
    return float(found[table.models.index("GPT 4")]), len(table)


def golden(algorithm: str) -> Claim:
    """evalica's golden score of GPT 4; tests/parity/test_ratings.py compares all models."""
    published = {"bradley_terry": 0.04121787368330589, "elo": 1095.5935481722963}
    return Claim(
        "llmfao",
        f"{EVALICA}/llmfao.csv.gz",
        f"{algorithm} of GPT 4",
        published[algorithm],
        {"bradley_terry": 8, "elo": 4}[algorithm],
        "dustalov/evalica: llmfao-golden.csv",
        "all 59 models to 1e-6 of their value",
        compute=partial(evalica, algorithm),
    )


def scored(model: str, published: float) -> Claim:
    """A row of the official leaderboard."""
    return Claim(
        "arena_hard",
        BATTLES,
        f"win rate of {model}",
        published,
        2,
        "lmarena/arena-hard-auto: leaderboard of 2024-07-31, judge gpt-4-1106-preview",
        compute=partial(arena_hard, model, "none", lambda row: row.win_rate),
    )


CLAIMS = (
    scored("gpt-4-0613", 37.90),
    scored("gpt-3.5-turbo-0125", 23.34),
    Claim(
        "arena_hard",
        BATTLES,
        "standard error of gpt-3.5-turbo-0125, rows independent",
        1.04,
        2,
        "computed apart from julja with the leaderboard's own resampling",
        compute=partial(arena_hard, "gpt-3.5-turbo-0125", "none", lambda r: r.win_rate_stderr),
    ),
    Claim(
        "arena_hard",
        BATTLES,
        "standard error of gpt-3.5-turbo-0125, by prompt",
        1.70,
        2,
        "computed apart from julja; 1.6 times what the leaderboard prints",
        compute=partial(arena_hard, "gpt-3.5-turbo-0125", "prompt", lambda r: r.win_rate_stderr),
    ),
    Claim(
        "chatbot_arena",
        f"{NOTEBOOK}/elo_20240329_bootstrap_df.csv.gz",
        "ranks equal to the published ones",
        76,
        0,
        "lmarena/arena-hard-auto: notebook, the Arena of 2024-03-29",
        "of 76 models",
        compute=arena_ranks,
    ),
    golden("bradley_terry"),
    golden("elo"),
)
