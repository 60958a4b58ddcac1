"""ConvFinQA: three layouts, the history, what is refused."""

import pytest

from julja.benchmarks.finance import convfinqa
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.render import render_prompt

ENTRY = {
    "id": "Single_ORR/2021/page_1.pdf-1",
    "pre_text": ["a page ."],
    "post_text": ["its end ."],
    "table": [["", "2021"], ["tickets", "150"]],
    "annotation": {
        "dialogue_break": ["what were tickets?", "and in 2020?", "were they higher?"],
        "exe_ans_list": [150.0, 120.0, "yes"],
    },
}
LAST = {
    "id": "Double_ORR/2021/page_2.pdf",
    "questions": ["what were tickets?", "and twice that?"],
    "answer": 300.0,
    "text": "a page .",
    "table": " | 2021\ntickets | 150\n",
}


def samples(entry, turns="all"):
    return [convfinqa.to_sample(row) for row in convfinqa.by_turn([entry], turns)]


def test_a_conversation_becomes_turns_with_gold_history():
    made = samples(ENTRY)
    assert [s.id for s in made] == [f"{ENTRY['id']}_{n}" for n in range(3)]
    assert [s.target[0] for s in made] == ["150", "120", "yes"]
    assert {s.cluster for s in made} == {ENTRY["id"]}
    assert made[2].fields["history"] == [["what were tickets?", "150"], ["and in 2020?", "120"]]


def test_a_turn_entry_is_the_same_turn():
    notes = {**ENTRY["annotation"], "turn_ind": 1}
    turn = {**ENTRY, "id": f"{ENTRY['id']}_1", "annotation": notes}
    assert samples(turn) == samples(ENTRY)[1:2]


def test_only_the_last_turn_is_kept_where_it_is_asked():
    assert samples(ENTRY, "last") == samples(ENTRY)[2:]


def test_program_of_thoughts_entry_is_the_last_turn_without_earlier_answers():
    (sample,) = samples(LAST)
    assert (sample.input, sample.target) == ("and twice that?", ("300",))
    form = convfinqa.convfinqa().forms["generate"]
    text = render_prompt(form, sample).text
    assert text.endswith("Question: what were tickets?\nQuestion: and twice that?\n")
    text = render_prompt(form, samples(ENTRY)[1]).text
    assert text.endswith("Question: what were tickets?\nAnswer: 150\nQuestion: and in 2020?\n")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"id": "x", "qa": {}}, "entry 0 is no conversation"),
        ({**ENTRY, "annotation": {"dialogue_break": ["?"], "exe_ans_list": []}}, "1 questions and"),
        ({**LAST, "answer": "n/a"}, "no number, yes or no"),
        ({**LAST, "text": " ", "table": ""}, "has no page or no question"),
    ],
)
def test_a_damaged_entry_is_refused(entry, says):
    with pytest.raises(DataError, match=says):
        samples(entry)


def test_recorded_results_are_numbers_truth_values_or_nothing():
    rows = [{"id": n, "executed": v} for n, v in enumerate((0.25, True, None, "no"))]
    made = convfinqa.predictions(rows, [])
    assert [row["response"] for row in made] == ["0.25", "yes", "", "no"]


@pytest.mark.mirror
@pytest.mark.parametrize("task", ["convfinqa", "convfinqa:turns=last"])
def test_every_conversation_of_the_mirror_is_read(task, mirror):
    config = RunConfig(tasks=(task,), model="x", data=str(mirror))
    plan = make_plan(config, frozenset({"generate"}), {"name": "x"})
    targets = [s.target[0] for leaf in plan.leaves.values() for s in leaf.samples]
    assert (len(targets), targets.count("yes"), targets.count("no")) == (421, 1, 2)
