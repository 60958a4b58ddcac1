"""MMLU-Pro: categories as subsets, the same five exemplars for all, and the real file."""

import json

import pytest

from julja.benchmarks.knowledge.mmlu_pro import mmlu_pro, to_sample
from julja.config import RunConfig
from julja.errors import DataError, MissingDataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

ROW = {
    "question_id": 7,
    "question": "Which is a metal?",
    "options": ["wood", "iron", "glass"],
    "answer": "B",
    "answer_index": 1,
    "category": "computer science",
}


def test_the_prompts():
    forms, sample = mmlu_pro().forms, to_sample(ROW)
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    shown = "Which is a metal?\nA. wood\nB. iron\nC. glass\nAnswer:"
    assert rank.prompt.text == f"{shown} B\n\n{shown}"
    assert rank.choices == (" A", " B", " C")
    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert (letter.prompt.text, letter.choices) == (shown, ("A", "B", "C"))
    assert (sample.id, sample.target) == ("7", ("B",))


def test_every_category_has_the_same_first_five_exemplars(tmp_path):
    folder = tmp_path / "mmlu_pro"
    folder.mkdir()
    made = {
        "test": [{**ROW, "question_id": n, "category": c} for n, c in enumerate(("law", "math"))],
        "validation": [{**ROW, "question_id": 50 + n, "question": f"Q{n}?"} for n in range(9)],
    }
    for split, rows in made.items():
        text = "\n".join(map(json.dumps, rows))
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    config = RunConfig(tasks=("mmlu_pro",), model="m", data=str(tmp_path))
    leaves = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves
    assert list(leaves) == ["mmlu_pro/law", "mmlu_pro/math"]
    for leaf in leaves.values():
        shots = leaf.exemplars(leaf.samples[0])
        assert [shot.id for shot in shots] == ["50", "51", "52", "53", "54"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer_index": 2}, "the answer 'B' of question 7 is not option number 2"),
        ({"answer_index": 3}, "is not option number 3"),
        ({"options": "['a', 'b']"}, "question 7 has the options"),
        ({"options": ["a"]}, "lists of 2 to 10"),
    ],
)
def test_a_damaged_row_is_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(mmlu_pro(), [{**ROW, **change}], split="test", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror, monkeypatch):
    plan = plan_of("leaderboard_mmlu_pro:shots=0", mirror)
    assert plan.total == 12032
    assert len(plan.leaves) == 14
    assert len(plan.leaves["mmlu_pro/computer_science"].samples) == 410
    counts = [len(s.choices) for leaf in plan.leaves.values() for s in leaf.samples]
    assert (min(counts), max(counts)) == (2, 10)
    guessing = sum(1 / count for count in counts) / len(counts)
    assert guessing == pytest.approx(mmlu_pro().card.random_baseline, abs=1e-4)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingDataError, match="split validation, are nowhere"):
        plan_of("mmlu_pro", mirror)  # the mirror has no validation file: shots can't be had


def plan_of(spec, mirror):
    config = RunConfig(tasks=(spec,), model="m", data=str(mirror))
    return make_plan(config, frozenset({"rank"}), {"name": "m"})
