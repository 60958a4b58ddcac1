"""PIQA: labels in a file of their own, the prompts of its forms, and the real file."""

import json

import pytest

from julja.benchmarks.commonsense.piqa import piqa, to_sample
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

HUB = {"goal": "Cool a drink.", "sol1": "Add ice.", "sol2": "Add a sock.", "label": 0}


def plan_of(folder):
    config = RunConfig(tasks=("piqa",), model="m", data=str(folder))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    return leaf


def write_upstream(folder, labels):
    rows = [{**HUB, "goal": f"Cool drink {number}."} for number in range(2)]
    for row in rows:
        del row["label"]
    folder.mkdir()
    (folder / "valid.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "valid-labels.lst").write_text(labels)


def test_upstream_s_two_files_are_joined(tmp_path) -> None:
    write_upstream(tmp_path / "piqa", "1\n0\n")
    samples = plan_of(tmp_path).samples
    assert [(sample.id, sample.answer) for sample in samples] == [
        ("validation-0", (1,)),
        ("validation-1", (0,)),
    ]


def test_a_short_label_file_is_an_error(tmp_path) -> None:
    write_upstream(tmp_path / "piqa", "1\n")
    with pytest.raises(DataError, match="1 labels for 2 questions"):
        plan_of(tmp_path)


def test_questions_without_the_label_file_are_an_error(tmp_path) -> None:
    write_upstream(tmp_path / "piqa", "1\n0\n")
    (tmp_path / "piqa" / "valid-labels.lst").unlink()
    with pytest.raises(DataError, match=r"valid.jsonl, row 0: the goal 'Cool drink 0.' has no lab"):
        plan_of(tmp_path)


def test_the_prompts() -> None:
    forms, sample = piqa().forms, to_sample(HUB)
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    once = "Question: Cool a drink.\nAnswer:"
    assert (rank.prompt.text, rank.choices) == (
        f"{once} Add ice.\n\n{once}",
        (" Add ice.", " Add a sock."),
    )
    olmes = make_request("rank", piqa(protocol="olmes").forms["rank"], sample, (), Decoding())
    assert olmes.prompt.text == "Goal: Cool a drink.\nAnswer:"
    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert letter.prompt.text == "Goal: Cool a drink.\n A. Add ice.\n B. Add a sock.\nAnswer:"


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ConfigError, match="piqa has no protocol 'olms'") as caught:
        piqa(protocol="olms")  # type: ignore[arg-type]
    assert "olmes" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": -1}, "the answer -1 of the goal 'Cool a drink.' is none of 0, 1"),
        ({"label": 2}, "2"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(piqa(), [{**HUB, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    samples = plan_of(mirror).samples
    assert len(samples) == 1838
    assert sum(sample.answer == (1,) for sample in samples) == 928
