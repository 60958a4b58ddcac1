"""TruthfulQA: both layouts, the primer, MC1's and MC2's choices, and the real files."""

import pytest

from julja.benchmarks.truthfulness.truthfulqa import to_sample, truthfulqa
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding

UPSTREAM = {
    "question": "Is glass a liquid?",
    "mc1_targets": {"No.": 1, "Yes.": 0},
    "mc2_targets": {"It is a solid.": 1, "No.": 1, "Yes.": 0, "Only when old.": 0},
}
HUB = {
    "question": "Is glass a liquid?",
    "mc1_targets": {"choices": ["No.", "Yes."], "labels": [1, 0]},
    "mc2_targets": {
        "choices": ["It is a solid.", "No.", "Yes.", "Only when old."],
        "labels": [1, 1, 0, 0],
    },
}


def test_both_layouts_give_the_same_sample() -> None:
    sample = to_sample(UPSTREAM)
    assert sample == to_sample(HUB)
    assert sample.choices == ("It is a solid.", "No.", "Yes.", "Only when old.")
    assert sample.target == ("It is a solid.", "No.")
    assert (sample.answer, sample.fields["mc1"]) == ((0, 1), [1, 2])


def test_an_answer_of_mc1_that_mc2_lacks_is_scored_too() -> None:
    sample = to_sample({**UPSTREAM, "mc1_targets": {"No.": 1, "It flows.": 0}})
    assert sample.choices[4] == "It flows."
    assert sample.fields["mc1"] == [1, 4]


def test_the_question_stands_behind_six_fixed_pairs() -> None:
    form = truthfulqa().forms["rank"]
    request = make_request("rank", form, to_sample(UPSTREAM), (), Decoding())
    text = request.prompt.text
    assert text.startswith("Q: What is human life expectancy in the United States?\nA: Human life")
    assert text.endswith("were held in Barcelona, Spain.\n\nQ: Is glass a liquid?\nA:")
    assert text.count("\n\nQ: ") == 6
    assert request.choices[:2] == (" It is a solid.", " No.")


def test_only_whole_answers_are_compared() -> None:
    assert list(truthfulqa().forms) == ["rank"]
    config = RunConfig(tasks=("truthfulqa",), model="m")
    with pytest.raises(ConfigError, match="needs a model that can rank"):
        make_plan(config, frozenset({"generate", "letter"}), {"name": "m"})


def test_releases() -> None:
    assert truthfulqa(release=2025).params == {"release": "2025"}
    assert truthfulqa("v0").rows.hub == "truthfulqa/truthful_qa"
    assert truthfulqa("v1").rows.hub is None
    with pytest.raises(ConfigError, match="no release 'v2'"):
        truthfulqa("v2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mc1_targets": {"No.": 0, "Yes.": 0}}, "x.json, row 0: the mc1_targets of 'Is glass"),
        ({"mc2_targets": {"No.": 1}}, "the mc2_targets"),
        ({"mc2_targets": {"No.": 1, "Yes.": 2}}, "the mc2_targets"),
        ({"mc1_targets": {"Yes.": 1, "No.": 0}}, "the mc2_targets|the mc1_targets"),
        ({"mc1_targets": ["No."]}, "the targets are list"),
    ],
)
def test_a_damaged_row_is_named(change, message) -> None:
    with pytest.raises(DataError, match=message):
        build_samples(truthfulqa(), [{**UPSTREAM, **change}], split="validation", origin="x.json")


@pytest.mark.mirror
@pytest.mark.parametrize(("spec", "rows"), [("truthfulqa", 790), ("truthfulqa:release=v1", 817)])
def test_all_real_rows_become_samples(mirror, spec, rows) -> None:
    config = RunConfig(tasks=(spec,), model="m", data=str(mirror))
    plan = make_plan(config, frozenset({"rank"}), {"name": "m"})
    (leaf,) = plan.leaves.values()
    assert plan.total == rows
    for sample in leaf.samples:
        # MC1 has one true answer, and all of its answers are among MC2's.
        assert len(set(sample.fields["mc1"]) & set(sample.answer)) == 1
        assert 0 < len(sample.answer) < len(sample.choices)
    chance = sum(1 / len(sample.fields["mc1"]) for sample in leaf.samples) / rows
    assert round(chance, 3) == {790: 0.223, 817: 0.223}[rows]


def test_the_binary_form_draws_the_order_by_the_question_and_refuses_older_files():
    from julja.benchmarks.truthfulness.binary import _MOON, to_sample

    sample = to_sample(_MOON)
    assert sample == to_sample(dict(_MOON))
    assert sample.choices[sample.answer[0]] == "None"
    with pytest.raises(DataError, match="no column 'Best Incorrect Answer'"):
        to_sample({key: value for key, value in _MOON.items() if "Incorrect" not in key})


@pytest.mark.mirror
def test_the_binary_form_reads_all_790_rows_and_both_orders_occur_alike(mirror):
    from julja.benchmarks.truthfulness.binary import to_sample
    from julja.data.files import read_rows

    samples = [to_sample(row) for row in read_rows(mirror / "truthfulqa" / "TruthfulQA.csv.gz")]
    assert len(samples) == 790
    assert 340 < sum(sample.answer[0] for sample in samples) < 450
