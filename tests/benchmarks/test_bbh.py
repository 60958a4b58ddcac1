"""BBH: two protocols in one task: written answers of 27 files, ranked answers of 24."""

import gzip
import json

import pytest

from julja.benchmarks.reasoning.bbh import (
    CHOICES,
    SUBSETS,
    bbh,
    of_the_same_family,
    shots,
    to_sample,
)
from julja.benchmarks.reasoning.bbh_answers import recorded
from julja.config import RunConfig
from julja.errors import ConfigError, DataError, TaskError
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

ROW = {"subset": "boolean_expressions", "input": "not True is", "target": "False"}


def test_the_choices_of_the_leaderboard():
    # The number of answers of each task: the floors of the leaderboard's v2 score rest on them.
    assert {name: len(choices) for name, choices in CHOICES.items()} == {
        "boolean_expressions": 2,
        "causal_judgement": 2,
        "date_understanding": 6,
        "disambiguation_qa": 3,
        "formal_fallacies": 2,
        "geometric_shapes": 11,
        "hyperbaton": 2,
        "logical_deduction_five_objects": 5,
        "logical_deduction_seven_objects": 7,
        "logical_deduction_three_objects": 3,
        "movie_recommendation": 6,
        "navigate": 2,
        "object_counting": 19,
        "penguins_in_a_table": 5,
        "reasoning_about_colored_objects": 18,
        "ruin_names": 6,
        "salient_translation_error_detection": 6,
        "snarks": 2,
        "sports_understanding": 2,
        "temporal_sequences": 4,
        "tracking_shuffled_objects_five_objects": 5,
        "tracking_shuffled_objects_seven_objects": 7,
        "tracking_shuffled_objects_three_objects": 3,
        "web_of_lies": 2,
    }


def test_the_three_sizes_of_a_task_share_their_exemplars():
    pool = shots()
    assert len(pool) == 69
    picked = [
        of_the_same_family(pool, to_sample({**ROW, "subset": name, "target": "(A)"}), 3, 0)
        for name in ("logical_deduction_three_objects", "logical_deduction_seven_objects")
    ]
    assert picked[0] == picked[1]
    assert [shot.target[0] for shot in picked[0]] == ["(B)", "(A)", "(C)"]


def test_more_exemplars_than_there_are_is_an_error():
    with pytest.raises(TaskError, match="3 exemplars for each task, too few for 4"):
        of_the_same_family(shots(), to_sample(ROW), 4, 0)


def test_an_item_without_a_key_is_always_wrong():
    sample = to_sample({**ROW, "subset": "movie_recommendation", "target": "Monsters, Inc"})
    scorer = bbh().forms["rank"].scorer
    for best in range(6):
        likely = tuple(
            ChoiceLikelihood(f" {c}", 0.0 if n == best else -1.0)
            for n, c in enumerate(sample.choices)
        )
        score = scorer(sample, Response(choices=likely))
        assert (score.state, score.values["acc_norm"]) == ("scored", 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "(A)"}, r"the answer '\(A\)' is none of boolean_expressions's: False, True"),
        ({"subset": "word_sort"}, "'word_sort' is none of the 27 tasks"),
        ({"subset": "word_sorting", "target": " "}, "' ' is none of word_sorting's: any text"),
    ],
)
def test_a_damaged_row_is_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(bbh(), [{**ROW, **change}], split="test", origin="x.json")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror):
    config = RunConfig(tasks=("leaderboard_bbh",), model="m", data=str(mirror))
    plan = make_plan(config, frozenset({"rank"}), {"name": "m"})
    assert {leaf.form.subsets for leaf in plan.leaves.values()} == {tuple(CHOICES)}
    assert (len(plan.leaves), plan.total) == (24, 5761)
    keyless = [s for leaf in plan.leaves.values() for s in leaf.samples if s.answer == (-1,)]
    assert len(keyless) == 3
    leaf = plan.leaves["bbh/boolean_expressions"]
    text = leaf.request(leaf.samples[0], 0).prompt.text
    assert text.startswith("Evaluate the result of a random Boolean expression.Q: not (")
    assert text.count("Q: ") == 4
    assert leaf.request(leaf.samples[0], 0).choices == (" False", " True")


def written(prompt: str, text: str, **row):
    sample = to_sample({**ROW, **row})
    return bbh(prompt).forms["generate"].scorer(sample, Response(text))


@pytest.mark.parametrize(
    ("prompt", "text", "value", "extracted"),
    [
        ("cot", "not True is False. So the answer is False.", 1.0, "False"),
        ("cot", "So the answer is True. No. So the answer is False\nQ: more", 1.0, "False"),
        ("cot", "So the answer is **False**.", 0.0, "**False**"),
        ("direct", " False\n", 1.0, "False"),
        ("direct", "False.", 1.0, "False"),
        ("direct", "It is False", 0.0, "It is False"),
    ],
)
def test_written_answers_are_matched_exactly(prompt, text, value, extracted):
    score = written(prompt, text)
    assert (score.values["exact_match"], score.extracted) == (value, extracted)
    assert text[score.span[0] : score.span[1]] == extracted


def test_an_answer_that_is_not_announced_is_unparsed():
    assert written("cot", "It is False.").state == "unparsed"
    assert written("direct", "  ").state == "unparsed"


def test_the_prompts():
    sample = to_sample(ROW)
    picked = of_the_same_family(shots(), sample, 3, 0)
    cot = make_request("generate", bbh().forms["generate"], sample, picked, Decoding())
    text = cot.prompt.text
    assert text.startswith("Evaluate the result of a random Boolean expression.\n\nQ: not ( (")
    assert "\nA: Let's think step by step.\nRemember that" in text
    assert text.endswith("So the answer is True.\n\nQ: not True is\nA: Let's think step by step.")
    direct = make_request("generate", bbh("direct").forms["generate"], sample, picked, Decoding())
    assert direct.prompt.text.endswith("( False ) ) is\nA: True\n\nQ: not True is\nA:")


def test_an_unknown_prompt_is_an_error():
    with pytest.raises(TaskError, match=r"no prompt 'dirct'\. Did you mean direct"):
        bbh("dirct")


def test_what_has_no_list_of_answers_cant_be_ranked(tmp_path):
    config = RunConfig(tasks=("bbh/word_sorting:form=rank",), model="m", data=str(tmp_path))
    with pytest.raises(ConfigError, match="the rank form of bbh can't ask for word_sorting"):
        make_plan(config, frozenset({"rank"}), {"name": "m"})


def test_recorded_outputs_are_matched_by_order_or_by_question():
    rows = [{**ROW, "input": text} for text in ("not True is", "True is", "not True is")]
    rows[1]["target"] = "True"
    samples = build_samples(bbh(), rows, split="test", origin="x.json")
    outputs = [
        {"input": f"Evaluate.\n\nQ: {row['input']}\nA:", "prediction": "p", "target": row["target"]}
        for row in rows
    ]
    ids = [row["id"] for row in recorded({"outputs": outputs}, samples)]
    assert ids == [f"boolean_expressions/test-{n}" for n in range(3)]
    (one,) = recorded({"a.json": {"outputs": outputs[1:2]}}, samples)
    assert one == {"id": "boolean_expressions/test-1", "response": "p"}
    with pytest.raises(DataError, match="no recorded outputs of BBH"):
        recorded({"answers": []}, samples)
    with pytest.raises(DataError, match="output 0: it has input, and not input and prediction"):
        recorded({"outputs": [{"input": "Q"}]}, samples)


@pytest.mark.mirror
def test_codex_without_reasoning_has_its_published_mean_of_23_tasks(mirror, tmp_path):
    folder = mirror / "bbh" / "code-davinci-002-outputs" / "code-davinci-002-direct"
    config = RunConfig(tasks=("bbh:prompt=direct",), model="codex", data=str(mirror))
    store = Store(tmp_path / "julja.db")
    result = score_responses(config, folder, store).result
    store.close()
    metrics = result["results"][0]["metrics"]
    assert round(metrics["task_mean"]["value"], 4) == 0.5661  # Suzgun et al. 2022: 56.6
    assert round(metrics["exact_match_macro"]["value"], 4) == 0.5276  # the 27 files
    assert result["suites"][0]["suite"] == "bbh"
    assert result["suites"][0]["score"]["value"] == metrics["task_mean"]["value"]
    assert len([part for part in result["results"][0]["subsets"]]) == len(SUBSETS)


@pytest.mark.mirror
def test_codex_with_reasoning_has_its_published_mean_of_23_tasks(mirror, tmp_path):
    folder = mirror / "bbh" / "code-davinci-002-outputs" / "code-davinci-002-cot"
    if not folder.is_dir():
        pytest.skip("the mirror has only the direct outputs")
    config = RunConfig(tasks=("bbh",), model="codex", data=str(mirror))
    store = Store(tmp_path / "julja.db")
    result = score_responses(config, folder, store).result
    store.close()
    assert round(result["results"][0]["metrics"]["task_mean"]["value"], 3) == 0.739


@pytest.mark.mirror
def test_the_exemplars_are_those_of_the_authors_prompts(mirror):
    for shot in shots():
        family = shot.fields["family"]
        name = next(subset for subset in SUBSETS if subset.startswith(family))
        raw = (mirror / "bbh" / "cot-prompts" / f"{name}.txt.gz").read_bytes()
        assert f"Q: {shot.input}\n" in gzip.decompress(raw).decode()
        tests = (mirror / "bbh" / "bbh" / f"{name}.json.gz").read_bytes()
        examples = json.loads(gzip.decompress(tests))["examples"]
        assert shot.input not in {example["input"] for example in examples}
