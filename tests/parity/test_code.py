"""EvalPlus' hub layout on the rows of HumanEval and MBPP, which have nearly the same fields."""

import gzip
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from julja.benchmarks.code.humaneval_plus import humaneval_plus, match_responses
from julja.benchmarks.code.mbpp_plus import mbpp_plus
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.sandbox]
HOLDS = ("humaneval_plus", "mbpp_plus")


def test_every_recorded_verdict_of_wizardcoder_by_evalplus_rules(mirror):
    task = humaneval_plus()
    with gzip.open(mirror / "humaneval/data/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        samples = [task.sample(json.loads(line)) for line in file]
    path = mirror / "humaneval/outputs/wizardcoder15b_humaneval.59.8.gen.zip"
    with zipfile.ZipFile(path) as archive:
        recorded = [json.loads(line) for line in archive.read(archive.namelist()[0]).splitlines()]
    rows = match_responses(recorded, samples)
    answers = {row["id"]: row["response"][0] for row in rows}
    scorer = task.forms["generate"].scorer
    with ThreadPoolExecutor(2) as threads:
        scores = list(threads.map(lambda s: scorer(s, Response(answers[s.id])), samples))
    passed = {s.id for s, score in zip(samples, scores, strict=True) if score.values["passed"]}
    assert len(passed) == 98
    assert round(98 / 164, 4) == 0.5976


def test_reference_programs_of_mbpp_pass_in_the_hub_s_layout(mirror):
    task = mbpp_plus()
    with gzip.open(mirror / "mbpp/mbpp.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    # Task 126 defines `sum`; 77 writes a space before its brackets.
    chosen = [row for row in rows if row["task_id"] % 9 == 0 or row["task_id"] in (77, 126)]
    samples = [
        task.sample({**row, "prompt": row["text"], "test": "\n".join(row["test_list"])})
        for row in chosen
        if not row["test_setup_code"]
    ]
    scorer = task.forms["generate"].scorer
    with ThreadPoolExecutor(2) as threads:
        scores = list(threads.map(lambda s: scorer(s, Response(s.target[0])), samples))
    assert len(scores) > 100
    assert [score.explanation for score in scores if score.values["passed"] != 1.0] == []
