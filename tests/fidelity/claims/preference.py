"""MT-Bench: ratings that FastChat read in recorded judgements of GPT-4."""

import gzip
import json
from pathlib import Path

from julja.scoring.judge.verdicts import MT_BENCH, rating
from tests.fidelity.claim import Claim

FILES = (
    "benchmarks/mt-bench/gpt-4_single.jsonl.gz",
    "routellm/evals/mt_bench/judgements.jsonl.gz",
)


def _read(file: str, mirror: Path) -> tuple[float, int]:
    with gzip.open(mirror / file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    # FastChat writes -1 where it read nothing.
    same = [(rating(row["judgment"], 1, 10, MT_BENCH) or -1) == row["score"] for row in rows]
    return sum(same) / len(same), len(same)


def _claim(file: str) -> Claim:
    place = f"judge/lm-sys__RouteLLM/{file}"
    return Claim(
        "mt_bench",
        place,
        "ratings read alike",
        1.0,
        4,
        "lm-sys/RouteLLM, scores that FastChat read in GPT-4's answers",
        note="the judge's prompts are rebuilt to the character in tests/parity/test_preference.py",
        compute=lambda mirror: _read(place, mirror),
    )


CLAIMS = [_claim(file) for file in FILES]
