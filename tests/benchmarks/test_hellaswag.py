"""HellaSwag: WikiHow's marks, both layouts, the prompts of its three forms, and the real file."""

import pytest

from julja.benchmarks.commonsense.hellaswag import clean, hellaswag, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

ROW = {
    "ind": 7,
    "activity_label": "Home and Garden",
    "ctx_a": "[header] How to mend a bag [title] Find the hole. [step] Turn it.",
    "ctx_b": "",
    "endings": ["[title] Sew it.", "Take thread. [title] Sew it.", "Burn it [x] fast.", "Run."],
    "source_id": "wikihow~1",
    "split_type": "zeroshot",
    "label": "1",
}


def test_marks_go_and_title_becomes_a_full_stop() -> None:
    assert clean(" [header] Mend a bag [title] Find it.") == " Mend a bag. Find it."
    assert clean("A  b [step] c") == "A b c"
    assert clean("Stop. [title] Go.") == "Stop.. Go."


def test_the_second_part_of_the_context_begins_with_a_capital() -> None:
    row = {**ROW, "activity_label": "Swimming", "ctx_a": "A man jumps.", "ctx_b": "he LANDS"}
    assert to_sample(row).input == "Swimming: A man jumps. He lands"


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(ROW)
    assert sample == to_sample({**ROW, "label": 1})
    assert (sample.answer, sample.target) == ((1,), ("Take thread.. Sew it.",))
    assert (sample.fields["source"], sample.fields["split_type"]) == ("wikihow", "zeroshot")


def test_the_prompts() -> None:
    forms, sample = hellaswag().forms, to_sample(ROW)
    question = "Home and Garden: How to mend a bag. Find the hole. Turn it."
    rank = make_request("rank", forms["rank"], sample, [sample], Decoding())
    assert rank.prompt.text == f"{question} Take thread.. Sew it.\n\n{question}"
    assert rank.choices == ("  Sew it.", " Take thread.. Sew it.", " Burn it fast.", " Run.")

    letter = make_request("letter", forms["letter"], sample, (), Decoding())
    assert letter.prompt.text == (
        f"{question} \nChoose the best continuation:\n A. Sew it.\n B. Take thread. Sew it.\n"
        " C. Burn it fast.\n D. Run.\nAnswer:"
    )
    assert letter.choices == ("A", "B", "C", "D")
    asked = make_request("generate", forms["generate"], sample, (), Decoding()).prompt.text
    assert asked.endswith(
        f"{question}\nChoose the best continuation:\n\nA) Sew it.\nB) Take thread. Sew it.\n"
        "C) Burn it fast.\nD) Run."
    )


def test_the_published_metric_comes_first() -> None:
    assert hellaswag().forms["rank"].scorer.metrics[0].name == "acc_norm"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": ""}, "x.jsonl, row 0: the answer '' of item 7 is none of 0, 1, 2, 3"),
        ({"label": 4}, "the answer 4 of item 7"),
        ({"label": True}, "the answer True"),
        ({"endings": ["a", "b"]}, "item 7 has 2 endings where HellaSwag has 4"),
        ({"ctx_a": None, "endings": None}, "TypeError"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(hellaswag(), [{**ROW, **change}], split="validation", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    config = RunConfig(tasks=("hellaswag",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert len(leaf.samples) == 10042
    assert [leaf.samples[0].id, leaf.samples[-1].id] == ["validation-0", "validation-10041"]
    counts = [sum(sample.answer == (place,) for sample in leaf.samples) for place in range(4)]
    assert counts == [2515, 2485, 2584, 2458]
    assert not any("[" in sample.input for sample in leaf.samples if "]" in sample.input)
