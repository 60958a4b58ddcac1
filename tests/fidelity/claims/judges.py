"""Judges held against people: LLMBar, AlpacaEval's log-probabilities, Krippendorff's example."""

from functools import partial
from pathlib import Path

import numpy as np

from julja.audit.judges.alpaca import probability_of_m
from julja.audit.judges.position import position_bias
from julja.stats.krippendorff import Level, krippendorff_alpha
from tests.fidelity.claim import Claim
from tests.parity.judge_data import (
    ALPACA,
    CODINGS,
    LLMBAR,
    codings,
    llmbar_counts,
    llmbar_runs,
    table,
)

RUNS = f"{LLMBAR}/derived/llmbar_winners_slim_499runs.csv.gz"


def alpha(level: Level, mirror: Path) -> tuple[float, int]:
    """Alpha of the example that every implementation is tried on."""
    found = krippendorff_alpha(codings(mirror), level)
    assert found.value is not None
    return found.value, found.n


def llmbar_position(dataset: str, evaluator: str, mirror: Path) -> tuple[float, int]:
    """The share of pairs on which an evaluator gives one verdict in both orders."""
    for run, sheet in llmbar_runs(mirror):
        if run == (dataset, evaluator):
            places = sheet.of(sheet.judges[0])
            found = position_bias(sheet, places, np.full(len(sheet), np.nan))
            assert found is not None
            assert found.consistency is not None
            assert found.consistency.value is not None
            return found.consistency.value, found.pairs
    raise AssertionError(dataset)


def llmbar_accuracy(order: str, mirror: Path) -> tuple[float, int]:
    """How many of the 499 runs have as many right verdicts in one order as LLMBar counts."""
    published = llmbar_counts(mirror)
    side = 1 if order == "correct_True" else 0
    same = 0
    for run, sheet in llmbar_runs(mirror):
        places = sheet.of(sheet.judges[0])
        judge = sheet.mean(places[sheet.first[places] == side])
        same += int((judge == sheet.mean(sheet.by_people())).sum()) == published[run][order]
    return float(same), len(published)


def alpaca_parsed(mirror: Path) -> tuple[float, int]:
    """The share of rows whose log-probabilities give the preference, in one of both orders."""
    same = n = 0
    for row in table(mirror / ALPACA):
        if row["logprob_m"] and row["logprob_M"]:
            chance = probability_of_m(float(row["logprob_m"]), float(row["logprob_M"]))
            preference = float(row["preference"])
            n += 1
            same += min(abs(preference - 2 + chance), abs(preference - 1 - chance)) < 1e-6
    return same / n, n


EVALICA = "evalica, krippendorff 0.9: Krippendorff's example"
POSITION = "LLMBar: statistics.json, equal in both orders"
CLAIMS = (
    *(
        Claim("krippendorff", CODINGS, level, value, 6, EVALICA, compute=partial(alpha, level))
        for level, value in (
            ("nominal", 0.743421),
            ("ordinal", 0.815388),
            ("interval", 0.849107),
            ("ratio", 0.797403),
        )
    ),
    *(
        Claim(
            "llmbar",
            RUNS,
            f"{evaluator.split('/')[0]}, {dataset.split('/')[1]}",
            value,
            4,
            POSITION,
            compute=partial(llmbar_position, dataset, evaluator),
        )
        for dataset, evaluator, value in (
            ("Processed/MT-Bench", "GPT-4/Vanilla_NoRules", 0.87),
            ("Processed/MT-Bench", "ChatGPT/Vanilla_NoRules", 0.575),
            ("Processed/FairEval", "ChatGPT/Vanilla_NoRules", 0.1818),
        )
    ),
    *(
        Claim(
            "llmbar",
            RUNS,
            f"runs with the published {order}",
            499,
            0,
            "LLMBar: statistics.json of 499 runs",
            compute=partial(llmbar_accuracy, order),
        )
        for order in ("correct_False", "correct_True")
    ),
    Claim(
        "alpaca_eval",
        ALPACA,
        "preference from log-probabilities",
        1.0,
        4,
        "AlpacaEval 2: annotations of weighted_alpaca_eval_gpt4_turbo",
        "every row fits one of both orders to 1e-6",
        compute=alpaca_parsed,
    ),
)
