"""IFEval held against the official checker's recorded verdicts on real responses.

`gpt4_eval_results_*` are the official outputs on GPT-4's responses (540 of 541 prompts: the fork
that published them dropped key 2785). The M-IFEval files hold the official checker's verdicts on
Mistral-7B-Instruct-v0.3; their input file is today's but for key 2785, which asks for another
number of placeholders, so 540 prompts with 832 instructions are the same. The evalscope log has
rows in the hub's layout, padded with nulls.
"""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from julja.benchmarks.instructions.ifeval import ifeval, match_responses, to_sample
from julja.types import Response, Sample, Score

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("ifeval",)

TASK = ifeval()
SCORER = TASK.forms["generate"].scorer
MISTRAL = "M-IFEval/en_input_response_data_mistralai__Mistral-7B-Instruct-v0.3/eval_results_"
LETTER = ("1122", "keywords:letter_frequency")
# Key 1122 asks for "#" at least 4 times. The official code of the time drew a random letter in
# place of a character that is no letter; here, and in today's official code, "#" is counted.
RANDOM_LETTER = {("loose", *LETTER): True}
# Key 3112 asks for Gujarati and got a line of Gujarati with English. On the loose reading without
# the last line langdetect, unseeded in the official code, says Finnish 54 times of 60 and Gujarati
# 6 times; with seed 0 it says Finnish.
RANDOM_LANGUAGE = {("loose", "3112", "language:response_language"): False}

Differences = dict[tuple[str, str, str], bool]


def read(path: Path) -> list[dict[str, Any]]:
    packed = path.with_name(path.name + ".gz")
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    return [json.loads(line) for line in text.decode("utf-8").split("\n") if line]


@pytest.fixture(scope="module")
def samples(mirror: Path) -> dict[str, Sample]:
    rows = read(mirror / "ifeval" / "input_data.jsonl")
    return {sample.id: sample for sample in map(to_sample, rows)}


def score(samples: dict[str, Sample], rows: list[dict[str, Any]]) -> dict[str, Score]:
    matched = match_responses(rows, list(samples.values()))
    return {
        row["id"]: SCORER(samples[row["id"]], Response(row["response"]))
        for row in matched
        if row["id"] in samples
    }


def average(samples: dict[str, Sample], scores: dict[str, Score]) -> dict[str, float]:
    """The four numbers as the run averages them: weighted where the metric says so."""
    numbers = {}
    for metric in SCORER.metrics:
        weights = {name: metric.weight(samples[name]) if metric.weight else 1 for name in scores}
        total = sum(scores[name].values[metric.key] * weights[name] for name in scores)
        numbers[metric.name] = round(total / sum(weights.values()), 4)
    return numbers


def verdicts(
    samples: dict[str, Sample], scores: dict[str, Score], official: list[dict[str, Any]], how: str
) -> Iterator[tuple[str, str, bool, bool]]:
    """Key, instruction, our verdict and the official one, for the instructions of known prompts."""
    ids = {sample.input: sample.id for sample in samples.values()}
    for row in official:
        key = ids.get(row["prompt"])
        if key:
            ours = scores[key].details["instructions"]
            for mine, theirs in zip(ours, row["follow_instruction_list"], strict=True):
                yield key, mine["instruction"], mine[how], theirs


def differences(
    samples: dict[str, Sample], scores: dict[str, Score], folder: Path, name: str
) -> tuple[int, Differences]:
    """How many verdicts were compared, strict and loose, and ours where they differ."""
    compared, found = 0, {}
    for how in ("strict", "loose"):
        official = read(folder / f"{name}{how}.jsonl")
        for key, instruction, ours, theirs in verdicts(samples, scores, official, how):
            compared += 1
            if ours is not theirs:
                found[how, key, instruction] = ours
    return compared, found


def test_gpt4_has_its_published_numbers_and_verdicts(
    mirror: Path, samples: dict[str, Sample]
) -> None:
    outputs = mirror / "ifeval" / "outputs"
    scores = score(samples, read(outputs / "input_response_data_gpt4_20231107_145030.jsonl"))
    assert set(samples) - set(scores) == {"2785"}
    assert average(samples, scores) == {
        "prompt_level_strict_acc": 0.7722,
        "inst_level_strict_acc": 0.8377,
        # Officially .7963 and .8558: key 1122 is the one prompt of difference.
        "prompt_level_loose_acc": 0.7981,
        "inst_level_loose_acc": 0.8570,
    }
    without_1122 = {key: found for key, found in scores.items() if key != "1122"}
    assert average(samples, without_1122)["prompt_level_loose_acc"] == round(430 / 539, 4)
    assert differences(samples, scores, outputs, "gpt4_eval_results_") == (1664, RANDOM_LETTER)


def test_mistral_has_the_official_verdicts(mirror: Path, samples: dict[str, Sample]) -> None:
    outputs = mirror / "ifeval" / "outputs"
    scores = score(samples, read(outputs / f"{MISTRAL}strict.jsonl"))
    assert len(scores) == 540
    assert average(samples, scores)["inst_level_strict_acc"] == 0.5901
    assert differences(samples, scores, outputs, MISTRAL) == (
        1664,
        RANDOM_LETTER | RANDOM_LANGUAGE,
    )


def test_the_one_prompt_that_m_ifeval_words_otherwise_has_its_verdict_too(mirror: Path) -> None:
    outputs = mirror / "ifeval" / "outputs"
    rows = [
        {**row, "instruction_id_list": [name[3:] for name in row["instruction_id_list"]]}
        for row in read(outputs / "M-IFEval" / "en_input_data.jsonl")
    ]
    own = {sample.id: sample for sample in map(to_sample, rows)}
    scores = score(own, read(outputs / f"{MISTRAL}strict.jsonl"))
    assert average(own, scores)["inst_level_strict_acc"] == 0.5899
    assert differences(own, scores, outputs, MISTRAL) == (1668, RANDOM_LETTER | RANDOM_LANGUAGE)


def test_rows_in_the_hub_layout_score_as_evalscope_recorded(mirror: Path) -> None:
    folder = mirror / "evalscope_logs" / "qwen3-max" / "reviews" / "qwen3-max"
    rows = read(folder / "ifeval_default.jsonl")
    assert len(rows) == 10
    for row in rows:
        recorded = row["sample_score"]
        sample = to_sample(recorded["sample_metadata"])
        found = SCORER(sample, Response(recorded["score"]["prediction"]))
        assert {name.removesuffix("_acc"): value for name, value in found.values.items()} == (
            recorded["score"]["value"]
        ), sample.id


def test_a_response_is_scored_in_five_milliseconds(
    mirror: Path, samples: dict[str, Sample]
) -> None:
    rows = read(mirror / "ifeval" / "outputs" / "input_response_data_gpt4_20231107_145030.jsonl")
    matched = [
        (samples[row["id"]], Response(row["response"]))
        for row in match_responses(rows, list(samples.values()))
        if not asks_for_a_language(samples[row["id"]])
    ]
    started = time.process_time()
    for sample, response in matched:
        SCORER(sample, response)
    assert (time.process_time() - started) / len(matched) < 0.005


def asks_for_a_language(sample: Sample) -> bool:
    """Whether langdetect, which takes longer than all else, is asked."""
    names = sample.fields["instruction_id_list"]
    return any("english" in name or "language" in name for name in names)
