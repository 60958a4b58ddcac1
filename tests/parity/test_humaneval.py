"""HumanEval against the recorded verdicts of the official script, and its own solutions."""

import gzip
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from julja.benchmarks.code.humaneval import humaneval, match_responses
from julja.tasks.render import render_prompt
from julja.types import Json, Response, Sample, Score

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.sandbox]
HOLDS = ("humaneval",)
TASK = humaneval()
SCORER = TASK.forms["generate"].scorer


@pytest.fixture(scope="module")
def samples(mirror: Path) -> list[Sample]:
    with gzip.open(mirror / "humaneval/data/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        return [TASK.sample(json.loads(line)) for line in file]


@pytest.fixture(scope="module")
def recorded(mirror: Path) -> list[Json]:
    path = mirror / "humaneval/outputs/wizardcoder15b_humaneval.59.8.gen.zip"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return [json.loads(line) for line in archive.read(name).splitlines()]


def score_all(samples: list[Sample], answers: dict[str, str]) -> dict[str, Score]:
    with ThreadPoolExecutor(2) as threads:
        scores = threads.map(lambda s: SCORER(s, Response(text=answers[s.id])), samples)
        return {sample.id: score for sample, score in zip(samples, scores, strict=True)}


def passed(scores: dict[str, Score]) -> set[str]:
    return {name for name, score in scores.items() if score.values["passed"] == 1.0}


def test_the_canonical_solutions_pass_in_seconds(samples: list[Sample]) -> None:
    started = time.monotonic()

    scores = score_all(samples, {sample.id: sample.target[0] for sample in samples})

    assert len(passed(scores)) == 164
    assert time.monotonic() - started < 15


def test_wizardcoder_has_its_published_score_and_every_recorded_verdict(
    samples: list[Sample], recorded: list[Json]
) -> None:
    rows = match_responses(recorded, samples)
    answers = {row["id"]: row["response"][0] for row in rows}

    found = passed(score_all(samples, answers))

    assert found == {row["task_id"] for row in recorded if row["passed"]}
    assert round(len(found) / len(samples), 4) == 0.5976


def test_the_models_own_words_give_the_same_verdicts(
    samples: list[Sample], recorded: list[Json]
) -> None:
    answers = {row["task_id"]: row["all_code"].split("### Response:", 1)[1] for row in recorded}

    found = passed(score_all(samples, answers))

    assert found == {row["task_id"] for row in recorded if row["passed"]}


def test_prompts_are_the_rows_prompts(samples: list[Sample]) -> None:
    prompt = render_prompt(TASK.forms["generate"], samples[0])

    assert [sample.id for sample in samples[:2]] == ["HumanEval/0", "HumanEval/1"]
    assert prompt.text == samples[0].input
