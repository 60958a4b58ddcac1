"""The Open LLM Leaderboard's suites: shots, columns that their tasks can fill, and the sums."""

from types import SimpleNamespace

import pytest

from julja.benchmarks.suites.leaderboards import OPEN_LLM_V1, OPEN_LLM_V2
from julja.config import RunConfig
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.run.suites import suite_scores

ABILITIES = frozenset({"rank", "generate"})


@pytest.mark.parametrize("suite", [OPEN_LLM_V1, OPEN_LLM_V2], ids=lambda suite: suite.name)
def test_every_column_is_a_metric_of_its_task(suite):
    tasks = {item.task.name: item for item in resolve(suite.name)}
    assert [column.task for column in suite.columns] == list(tasks)
    for column in suite.columns:
        item = tasks[column.task]
        form = item.task.forms[item.spec.options.get("form", next(iter(item.task.forms)))]
        assert set(column.metrics) <= {metric.name for metric in form.scorer.metrics}
        if column.floors:
            assert set(column.floors) == set(form.subsets or item.task.subsets)


def test_the_published_numbers_of_shots():
    shots = {
        item.task.name: item.spec.options.get("shots")
        for suite in (OPEN_LLM_V1, OPEN_LLM_V2)
        for item in resolve(suite.name)
    }
    assert shots == {
        "arc_challenge": 25,
        "hellaswag": 10,
        "mmlu": 5,
        "truthfulqa": None,
        "winogrande": 5,
        "gsm8k": 5,
        "ifeval": None,
        "bbh": 3,
        "math_hard": 4,
        "gpqa": 0,
        "musr": 0,
        "mmlu_pro": 5,
    }


def test_one_task_of_a_suite_can_be_named():
    (item,) = resolve("open-llm-v1/mmlu")
    assert (item.task.name, item.spec.options["prompt"]) == ("mmlu", "lm_eval")


def metric(value):
    return {"value": value, "stderr": 0.01, "ci": [value, value], "n": 100, "bounds": None}


def result(name, metrics, subsets=()):
    return {
        "task": name,
        "metrics": {key: metric(value) for key, value in metrics.items()},
        "subsets": [result(f"{name}/{subset}", {key: value}) for subset, key, value in subsets],
    }


class FakePlan:
    """What `suite_scores` reads of a plan."""

    def __init__(self, suite):
        self.tasks = [SimpleNamespace(suite=suite, name=item.task.name) for item in resolve(suite)]
        self.absent = ()


def test_the_sum_of_v1():
    results = [
        result("arc_challenge", {"acc_norm": 0.6, "acc": 0.1}),
        result("hellaswag", {"acc": 0.1, "acc_norm": 0.8}),
        # macro: the mean of the subjects, not the pooled value.
        result("mmlu", {"acc": 0.9}, [("anatomy", "acc", 0.4), ("virology", "acc", 0.6)]),
        result("truthfulqa", {"mc1": 0.1, "mc2": 0.45}),
        result("winogrande", {"acc": 0.75}),
        result("gsm8k", {"exact_match": 0.9, "exact_match_strict": 0.35}),
    ]
    (found,) = suite_scores(FakePlan("open-llm-v1"), results)
    assert found["columns"] == pytest.approx(
        {
            "ARC": 0.6,
            "HellaSwag": 0.8,
            "MMLU": 0.5,
            "TruthfulQA": 0.45,
            "Winogrande": 0.75,
            "GSM8K": 0.35,
        }
    )
    assert found["score"]["value"] == pytest.approx(3.45 / 6)


def test_the_sum_of_v2():
    results = [
        result("ifeval", {"prompt_level_strict_acc": 0.5, "inst_level_strict_acc": 0.6}),
        result(
            "bbh",
            {"acc_norm": 0.99},
            [
                ("boolean_expressions", "acc_norm", 0.75),
                ("object_counting", "acc_norm", 10 / 19),
                ("snarks", "acc_norm", 0.4),
            ],
        ),
        result("math_hard", {"acc": 0.2}),
        result("gpqa", {"acc_norm": 0.4, "acc": 0.9}),
        result(
            "musr",
            {"acc_norm": 0.99},
            [
                ("murder_mysteries", "acc_norm", 0.6),
                ("object_placements", "acc_norm", 0.2),
                ("team_allocation", "acc_norm", 0.5),
            ],
        ),
        result("mmlu_pro", {"acc": 0.46}),
    ]
    (found,) = suite_scores(FakePlan("open-llm-v2"), results)
    columns = {
        "IFEval": 0.55,
        "BBH": (0.5 + 0.5 + 0.0) / 3,  # (10/19 - 1/19) / (18/19) = 1/2; 0.4 is below guessing
        "MATH Lvl 5": 0.2,
        "GPQA": 0.2,
        "MuSR": (0.2 + 0.0 + 0.25) / 3,
        "MMLU-PRO": 0.4,
    }
    assert found["columns"] == pytest.approx(columns)
    assert found["score"]["value"] == pytest.approx(sum(columns.values()) / 6)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("spec", "rows"),
    [
        ("open-llm-v1/arc_challenge", 1172),
        ("open-llm-v1/mmlu", 14042),
        ("open-llm-v2/ifeval", 541),
        ("open-llm-v2/bbh", 5761),
        ("open-llm-v2/math_hard", 1324),
    ],
)
def test_tasks_whose_data_the_mirror_has_can_be_planned(mirror, spec, rows):
    config = RunConfig(tasks=(spec,), model="m", data=str(mirror))
    plan = make_plan(config, ABILITIES, {"name": "m"})
    assert plan.total == rows
    for leaf in plan.leaves.values():
        leaf.request(leaf.samples[0], 0)
