"""MBPP: every reference program passes its own tests; ids, splits and the three shots."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from julja.benchmarks.code.mbpp import mbpp
from julja.tasks.render import pick_exemplars, render_prompt
from julja.types import Json, Response, Source

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("mbpp",)
TASK = mbpp()
FORM = TASK.forms["generate"]


@pytest.fixture(scope="module")
def rows(mirror: Path) -> list[Json]:
    with gzip.open(mirror / "mbpp/mbpp.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.sandbox
def test_all_974_reference_programs_pass(rows: list[Json]) -> None:
    samples = [TASK.sample(row) for row in rows]
    with ThreadPoolExecutor(2) as threads:
        scores = list(threads.map(lambda s: FORM.scorer(s, Response(text=s.target[0])), samples))

    failed = [
        (sample.id, score.explanation)
        for sample, score in zip(samples, scores, strict=True)
        if score.values["passed"] != 1.0
    ]
    assert len(scores) == 974
    assert failed == []


def test_the_test_split_is_tasks_11_to_510(rows: list[Json]) -> None:
    assert isinstance(TASK.rows, Source) and TASK.rows.adapt is not None

    chosen = TASK.rows.adapt(rows)

    assert [row["task_id"] for row in chosen] == list(range(11, 511))
    assert TASK.sample(chosen[0]).id == "11"


def test_the_prompt_has_tasks_2_3_4_in_the_protocols_words(rows: list[Json]) -> None:
    assert isinstance(TASK.exemplars, Source) and TASK.exemplars.adapt is not None
    pool = [TASK.sample(row) for row in TASK.exemplars.adapt(rows)]
    sample = TASK.sample(next(row for row in rows if row["task_id"] == 11))

    shots = pick_exemplars(pool, sample, FORM.shots, task="mbpp", seed=0, pick=TASK.pick)
    prompt = render_prompt(FORM, sample, shots).text

    assert [shot.id for shot in shots] == ["2", "3", "4"]
    parts = prompt.split("You are an expert Python programmer, and here is your task: ")
    assert len(parts) == 5
    first = next(row for row in rows if row["task_id"] == 2)
    asserts = "\n".join(first["test_list"])
    assert parts[1] == (
        f"{first['text']} Your code should pass these tests:\n\n{asserts}\n[BEGIN]\n"
        f"{first['code']}\n[DONE]\n\n"
    )
    assert prompt.endswith("\n[BEGIN]\n")
