"""HELM's scenarios: prompts as its logs have them, its F1 over sets of words, its suite."""

import json
from pathlib import Path

import pytest

from julja.benchmarks.knowledge.legalbench import SUBSETS, legalbench, settings
from julja.benchmarks.reading.narrativeqa import narrativeqa, to_sample
from julja.errors import DataError
from julja.run.suites import _above
from julja.scoring.helm import helm_answer, word_set_f1
from julja.tasks.render import render_prompt
from julja.types import Estimate, Response, Sample

HOLDS = ("narrativeqa",)


def test_words_count_once():
    assert word_set_f1("the cat cat sat", ["A cat sat."]) == 1.0
    assert word_set_f1("cat", ["cat dog", "bird"]) == pytest.approx(2 / 3)
    assert word_set_f1("the", ["an"]) == 0.0


@pytest.mark.mirror
def test_helms_own_log(mirror: Path):
    folder = mirror / "helm_logs" / "narrative_qa-model=openai_gpt2"
    states = json.loads((folder / "scenario_state.json").read_text())["request_states"]
    stats = {
        item["instance_id"]: {s["name"]["name"]: s.get("mean") for s in item["stats"]}
        for item in json.loads((folder / "per_instance_stats.json").read_text())
    }
    form = narrativeqa().forms["generate"]
    for state in states:
        instance = state["instance"]
        passage, question = instance["input"]["text"].rsplit("\nQuestion: ", 1)
        references = [item["output"]["text"] for item in instance["references"]]
        row = {
            "document": {"id": "1", "summary": {"text": passage}},
            "question": {"text": question},
            "answers": [{"text": text} for text in references],
        }
        sample = to_sample(row)
        if "Passage: " in state["request"]["prompt"]:
            asked = render_prompt(form, sample, ()).text
            # HELM cuts what is longer than GPT-2's window from the start of the passage.
            assert asked.endswith(state["request"]["prompt"].removeprefix("Passage: ")[-300:])
        answer = state["result"]["completions"][0]["text"]
        found = helm_answer()(sample, Response(answer)).values
        wanted = stats[instance["id"]]
        assert found["f1"] == pytest.approx(wanted["f1_score"], abs=1e-12)
        assert found["quasi_exact_match"] == wanted["quasi_exact_match"]
    assert len(states) == 5


def test_legalbench_prompts_have_instructions_and_their_own_answer_name():
    assert tuple(settings()) == SUBSETS
    task = legalbench()
    row = {"subset": "corporate_lobbying", "bill_title": "T", "bill_summary": "S"}
    row |= {"company_name": "C", "company_description": "D", "answer": "No"}
    text = render_prompt(task.forms["generate"], task.sample(row), ()).text
    assert text.startswith("You are a lobbyist analyzing")
    assert text.endswith(
        "(by saying Yes or No).\n\nOfficial title of bill: T\nOfficial summary of bill: S\n"
        "Company name: C\nCompany business description: D\nLabel:"
    )


def test_legalbench_names_what_it_cannot_read():
    with pytest.raises(DataError, match="none of abercrombie"):
        legalbench().sample({"subset": "cuad", "text": "", "answer": "Yes"})
    with pytest.raises(DataError, match="no answer"):
        legalbench().sample({"subset": "proa", "text": "x", "answer": " "})


def test_a_column_of_another_scale():
    bleu = Estimate("bleu", 32.0, 1.0, (30.0, 34.0), 10, None, "bootstrap")
    column = _above(bleu, 0.0, 100.0)
    assert (column.value, column.stderr, column.ci) == (0.32, 0.01, (0.30, 0.34))
    assert helm_answer()(Sample("1", ""), Response(" ")).state == "unparsed"
