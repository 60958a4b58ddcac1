"""BIG-bench: the JSON task format, its prompts, grades, written metrics, folders and refusals."""

import json

import numpy as np
import pytest

from julja.benchmarks.reasoning.bigbench import TASKS, bigbench, examples, to_sample
from julja.benchmarks.reasoning.bigbench_metrics import (
    corpus_bleu,
    cut,
    rouge,
    written,
)
from julja.config import RunConfig
from julja.errors import DataError, ScoringError, TaskError
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

BIRD = {"input": "Which flies?", "target_scores": {"a hen": 0.5, "a swift": 1, "a dog": 0}}
SUM = {"input": "2 + 2 =", "target": ["4", "four"], "metrics": ["exact_str_match"]}
BOTH = frozenset({"rank", "generate"})


def prompt(row, form="generate", shots=()):
    task = bigbench()
    return make_request(
        form, task.forms[form], to_sample(row), [to_sample(shot) for shot in shots], Decoding()
    )


def test_the_default_prompt():
    asked = prompt(BIRD, "rank")
    assert asked.prompt.text.startswith("\nQ: Which flies?\n  choice: ")
    assert sorted(asked.prompt.text.split("\n")[2:5]) == [
        "  choice: a dog",
        "  choice: a hen",
        "  choice: a swift",
    ]
    assert asked.prompt.text.endswith("\nA:")
    assert asked.choices == (" a hen", " a swift", " a dog")


def test_a_task_s_own_prefixes():
    row = {
        **BIRD,
        "task_prefix": "Birds.\n",
        "example_input_prefix": "Ask: ",
        "example_output_prefix": "\nSay:",
        "choice_prefix": " / ",
        "append_choices_to_input": False,
        "few_shot_example_separator": "\n--\n",
    }
    asked = prompt(row, "rank", [row])
    assert asked.prompt.text == (
        "Birds.\nAsk: Which flies?\nSay:a swift\n--\nAsk: Which flies?\nSay:"
    )
    assert asked.choices == ("a hen", "a swift", "a dog")


def test_a_prompt_of_the_hub_is_shown_as_it_is():
    row = {
        "inputs": "Q: Which flies?\nA: ",
        "targets": ["a swift"],
        "multiple_choice_targets": ["a swift", "a dog"],
        "multiple_choice_scores": [1, 0],
        "idx": 0,
    }
    asked = prompt(row, "rank")
    assert (asked.prompt.text, asked.choices) == (
        "Q: Which flies?\nA:",
        (" a swift", " a dog"),
    )
    assert (
        to_sample({**row, "multiple_choice_targets": [], "multiple_choice_scores": []}).choices
        == ()
    )
    with pytest.raises(DataError, match="2 choices and 1 scores"):
        to_sample({**row, "multiple_choice_scores": [1]})


@pytest.mark.parametrize(("best", "grade"), [(0, 0.5), (1, 1.0), (2, 0.0)])
def test_the_likeliest_choice_gets_its_own_score(best, grade):
    sample = to_sample(BIRD)
    likely = tuple(
        ChoiceLikelihood(choice, 0.0 if place == best else -1.0)
        for place, choice in enumerate(sample.choices)
    )
    score = bigbench().forms["rank"].scorer(sample, Response(choices=likely))
    assert score.values == {"multiple_choice_grade": grade}


@pytest.mark.parametrize(
    ("text", "grade"),
    [("A swift\nQ:", 1.0), ("I'd say a hen.", 0.5), ("a hen or a swift", 0.0), ("a cat", 0.0)],
)
def test_a_written_choice_is_graded_when_it_is_one(text, grade):
    assert written()(to_sample(BIRD), Response(text)).values == {"multiple_choice_grade": grade}


@pytest.mark.parametrize(
    ("text", "regex", "stop", "answer"),
    [
        (" 4.\nmore", None, None, "4"),
        ("4; 5", None, None, "4"),
        ("a. b\nQ: c", None, "\nQ:", "a. b"),
        ("it is 42!", r"\d+", None, "42"),
        ("nothing", r"\d+", None, ""),
    ],
)
def test_an_answer_is_cut_out_by_the_task_s_rules(text, regex, stop, answer):
    assert cut(text, regex, stop) == answer


def test_any_of_several_targets_is_right():
    sample = to_sample(SUM)
    values = [written()(sample, Response(text)).values for text in ("4", " four.", "five", "")]
    assert values == [{"exact_str_match": value} for value in (1.0, 1.0, 0.0, 0.0)]
    assert written()(sample, Response("")).state == "unparsed"


def test_rouge():
    assert rouge("rouge1", "the cat sat", "the cat lay down") == pytest.approx(4 / 7)
    assert rouge("rouge2", "the cat sat", "the cat lay down") == pytest.approx(2 / 5)
    # Each line of the target takes what it can from all lines of the answer.
    assert rouge("rougeLsum", "a b\nc d", "a c\nb d") == 1.0
    assert rouge("rougeLsum", "d c b a", "a b c d") == 0.25
    assert rouge("rouge1", "", "word") == 0.0


def test_bleu_is_of_all_answers_together():
    from sacrebleu.metrics.bleu import BLEU

    row = {"input": "Translate.", "target": "the cat sat on the mat today", "metrics": ["bleu"]}
    answers = ["the cat sat on the mat today", "the dog sat on a mat today"]
    rows = [written()(to_sample(row), Response(text)).values for text in answers]
    columns = {name: np.array([values[name] for values in rows]) for name in rows[0]}
    wanted = BLEU(tokenize="intl").corpus_score(answers, [[row["target"]] * 2]).score
    assert corpus_bleu(columns) == pytest.approx(wanted / 100)


def test_a_metric_that_cant_be_computed_is_named():
    with pytest.raises(ScoringError, match="none of the metrics bleurt"):
        written()(to_sample({**SUM, "metrics": ["bleurt"]}), Response("4"))


def test_repeated_examples_count_once():
    rows = examples({"metrics": ["exact_str_match"], "examples": [SUM, BIRD, SUM]})
    assert [row["input"] for row in rows] == ["2 + 2 =", "Which flies?"]
    with pytest.raises(DataError, match=r"no task\.json of BIG-bench"):
        examples({"name": "x"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_scores": {"only": 1}}, "has no answer, or only one choice"),
        ({"target_scores": None}, "has no answer"),
        ({"input": None, "target_scores": {"a": "x", "b": 0}}, "could not convert"),
    ],
)
def test_a_damaged_example_is_named(change, message):
    with pytest.raises(DataError, match=f"t.json, row 0: .*{message}"):
        build_samples(bigbench(), [{**BIRD, **change}], split="default", origin="t.json")


def write(folder, name, content):
    (folder / name).mkdir(parents=True)
    (folder / name / "task.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def own_mirror(tmp_path):
    folder = tmp_path / "bigbench"
    birds = {"metrics": ["multiple_choice_grade"], "examples": [BIRD, {**BIRD, "input": "Which?"}]}
    write(folder, "novel_concepts", birds)
    write(folder, "simple_arithmetic_json", {"metrics": ["exact_str_match"], "examples": [SUM]})
    write(folder, "strange_stories/boolean", birds)
    write(folder, "strange_stories/multiple_choice", {"examples": [BIRD]})
    return tmp_path


def leaves(spec, mirror):
    config = RunConfig(tasks=(spec,), model="m", data=str(mirror))
    return make_plan(config, BOTH, {"name": "m"}).leaves


def test_each_task_is_asked_in_the_form_that_it_has(own_mirror):
    (choice,) = leaves("bigbench/novel_concepts", own_mirror).values()
    (free,) = leaves("bigbench/simple_arithmetic_json", own_mirror).values()
    assert (choice.kind, len(choice.samples)) == ("rank", 2)
    assert (free.kind, free.samples[0].id) == ("generate", "default-0")
    (shot,) = leaves("bigbench/novel_concepts:shots=1", own_mirror).values()
    assert shot.request(shot.samples[0], 0).prompt.text.count("Q: ") == 2


def test_subtasks_by_their_folder_or_all_together(own_mirror):
    (part,) = leaves("bigbench/strange_stories/boolean", own_mirror).values()
    assert (part.name, part.kind, len(part.samples)) == (
        "bigbench/strange_stories/boolean",
        "rank",
        2,
    )
    (whole,) = leaves("bigbench/strange_stories", own_mirror).values()
    assert [sample.id for sample in whole.samples] == ["default-0", "default-1", "default-2"]


def test_programs_are_refused():
    with pytest.raises(TaskError, match="bigbench/web_of_lies is a program of BIG-bench's"):
        leaves("bigbench/web_of_lies", ".")


def test_the_names():
    assert len(TASKS) == 167


def test_only_a_task_s_own_metrics_are_reported(own_mirror, tmp_path):
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "default-0", "response": "4"}\n')
    config = RunConfig(tasks=("bigbench/simple_arithmetic_json",), model="m", data=str(own_mirror))
    store = Store(tmp_path / "julja.db")
    result = score_responses(config, answers, store).result["results"][0]
    store.close()
    assert {name: item["value"] for name, item in result["metrics"].items()} == {
        "exact_str_match": 1.0
    }


@pytest.mark.mirror
def test_all_tasks_of_the_mirror_become_samples(mirror):
    files = sorted((mirror / "bigbench").rglob("task.json*"))
    if not files:
        pytest.skip("the mirror has no BIG-bench")
    for file in files:
        name = str(file.parent.relative_to(mirror / "bigbench"))
        for leaf in leaves(f"bigbench/{name}", mirror).values():
            assert leaf.samples
