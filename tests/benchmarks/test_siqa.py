"""Social IQa: labels in a file of their own, the prompts of its forms, and the real file."""

import json

import pytest

from julja.benchmarks.commonsense.siqa import siqa, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

HUB = {
    "context": "Ira fed the neighbour's cat.",
    "question": "Why did Ira do this?",
    "answerA": "to help",
    "answerB": "to sell it",
    "answerC": "to sleep",
    "label": "1",
}
QUESTION = "Ira fed the neighbour's cat. Why did Ira do this?"


def plan_of(folder):
    config = RunConfig(tasks=("siqa",), model="m", data=str(folder))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    return leaf


@pytest.mark.parametrize("folder", [".", "socialiqa-train-dev"])
def test_upstream_s_two_files_are_joined(tmp_path, folder) -> None:
    place = tmp_path / "siqa" / folder
    place.mkdir(parents=True)
    row = {key: value for key, value in HUB.items() if key != "label"}
    (place / "dev.jsonl").write_text(f"{json.dumps(row)}\n" * 2)
    (place / "dev-labels.lst").write_text("3\n1\n")
    samples = plan_of(tmp_path).samples
    assert [sample.answer for sample in samples] == [(2,), (0,)]
    assert samples[0].cluster == samples[1].cluster


def test_the_prompts() -> None:
    forms, sample = siqa().forms, to_sample(HUB)
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    assert rank.prompt.text == f"Q: {QUESTION}\nA: to help\n\nQ: {QUESTION}\nA:"
    assert rank.choices == (" to help", " to sell it", " to sleep")
    olmes = make_request("rank", siqa(protocol="olmes").forms["rank"], sample, (), Decoding())
    assert olmes.prompt.text == f"Question: {QUESTION}\nAnswer:"
    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert letter.prompt.text == (
        f"Question: {QUESTION}\n A. to help\n B. to sell it\n C. to sleep\nAnswer:"
    )


def test_lm_eval_s_metric_comes_first() -> None:
    assert siqa().forms["rank"].scorer.metrics[0].name == "acc"
    assert siqa(protocol="olmes").forms["rank"].scorer.metrics[0].name == "acc_norm"


@pytest.mark.parametrize("name", ["social_iqa", "socialiqa"])
def test_other_harnesses_names(name) -> None:
    assert resolve(name)[0].task.name == "siqa"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "0"}, "x.jsonl, row 0: the answer '0' of the question 'Why did Ira"),
        ({"label": "A"}, "none of 1, 2, 3"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(siqa(), [{**HUB, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    samples = plan_of(mirror).samples
    assert len(samples) == 1954
    assert sum(sample.answer == (2,) for sample in samples) == 657
    assert len({sample.cluster for sample in samples}) == 1930
