"""Reasoning benchmarks against what their authors recorded: prompts and verdicts."""

import gzip
import json

import pytest

from julja.benchmarks.reasoning.bbh import SUBSETS, bbh
from julja.config import RunConfig
from julja.run.planning import make_plan
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("bbh",)

# Where the run of 2022 had slips of the pen, or a shorter description, and the repository none.
CORRECTED = {"date_understanding", "snarks", "tracking_shuffled_objects_three_objects"}


def unzipped(path):
    return gzip.decompress(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def leaves(mirror):
    config = RunConfig(tasks=("bbh:prompt=direct",), model="m", data=str(mirror))
    return make_plan(config, frozenset({"generate"}), {"name": "m"}).leaves


def outputs_of(mirror, subset):
    folder = mirror / "bbh" / "code-davinci-002-outputs" / "code-davinci-002-direct"
    (file,) = folder.glob(f"{subset}_few_shot*")
    return json.loads(unzipped(file))["outputs"]


def test_bbh_direct_prompts_are_those_that_codex_was_shown(mirror, leaves):
    equal = 0
    for subset in SUBSETS:
        if subset in CORRECTED:
            continue
        leaf = leaves[f"bbh/{subset}"]
        for sample, row in zip(leaf.samples, outputs_of(mirror, subset), strict=True):
            assert leaf.request(sample, 0).prompt.text == row["input"]
            equal += 1
    assert equal == 5833


def test_bbh_reasoned_prompts_are_the_repository_s(mirror):
    config = RunConfig(tasks=("bbh",), model="m", data=str(mirror), limit=200)
    plan = make_plan(config, frozenset({"generate"}), {"name": "m"})
    for leaf in plan.leaves.values():
        raw = unzipped(mirror / "bbh" / "cot-prompts" / f"{leaf.subset}.txt.gz")
        shown = raw.partition("-----\n")[2]
        for sample in leaf.samples:
            asked = f"{shown}\n\nQ: {sample.input}\nA: Let's think step by step."
            assert leaf.request(sample, 0).prompt.text == asked


def test_bbh_verdicts_are_plain_equality_on_every_recorded_answer(mirror, leaves):
    scorer = bbh("direct").forms["generate"].scorer
    differ = []
    for subset in SUBSETS:
        for sample, row in zip(
            leaves[f"bbh/{subset}"].samples, outputs_of(mirror, subset), strict=True
        ):
            score = scorer(sample, Response(row["prediction"]))
            if score.values["exact_match"] != float(row["prediction"].strip() == row["target"]):
                differ.append((subset, sample.id, row["prediction"], row["target"]))
    assert differ == []
