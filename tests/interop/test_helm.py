"""HELM's run folders as `Log`: splits, perturbations, trials, ranked references, failures."""

import json
from pathlib import Path
from typing import Any

import pytest

from julja.errors import DataError
from julja.interop.helm.read import find_runs, read_run
from julja.interop.log import Item, Log

SPEC = {
    "name": "fruit:subject=pears,model=org_tiny",
    "adapter_spec": {"method": "multiple_choice_joint", "max_train_instances": 2, "model": "o/t"},
    "metric_specs": [{"args": {"names": ["exact_match", "f1_score"]}}],
    "groups": ["fruit"],
}


def stat(name: str, mean: float | None, split: str = "test", **more: Any) -> dict[str, Any]:
    count = 0 if mean is None else 1
    return {"name": {"name": name, "split": split, **more}, "count": count, "mean": mean}


def state(number: int, text: str = " A", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "instance": {
            "id": f"id{number}",
            "split": "test",
            "input": {"text": f"fruit {number}?"},
            "references": [
                {"output": {"text": "pear"}, "tags": ["correct"]},
                {"output": {"text": "stone"}, "tags": []},
            ],
        },
        "train_trial_index": 0,
        "output_mapping": {"A": "pear", "B": "stone"},
        "request": {"prompt": f"Q: fruit {number}?"},
        "result": {"success": True, "completions": [{"text": text}], "request_time": 0.5},
    }
    return {**made, **more}


def per_instance(number: int, value: float, trial: int = 0, **more: Any) -> dict[str, Any]:
    stats = [stat("exact_match", value), stat("num_prompt_tokens", 9.0)]
    made = {"instance_id": f"id{number}", "train_trial_index": trial, "stats": stats}
    return {**made, **more}


def read(folder: Path, **files: Any) -> tuple[Log, list[list[Item]]]:
    files = {"run_spec": SPEC, **files}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (run,) = find_runs([folder / f"{next(iter(files))}.json"])
    log = read_run(run)
    return log, [list(task.items) for task in log.tasks]


def test_an_instance_is_a_record(tmp_path: Path) -> None:
    log, ((one, two),) = read(
        tmp_path,
        stats=[stat("exact_match", 0.5), stat("num_instances", 2.0), stat("num_bytes", 4.0)],
        per_instance_stats=[per_instance(1, 1.0), per_instance(2, 0.0)],
        scenario_state={"request_states": [state(1), state(2, " B")]},
    )
    assert (log.model, log.tool, log.tasks[0].name) == ("o/t", "HELM", "fruit:subject=pears")
    assert (log.tasks[0].shots, log.tasks[0].total, log.tasks[0].form) == (2, 2, "generate")
    assert [(m.key, m.kind, m.value) for m in log.tasks[0].metrics] == [
        ("exact_match", "mean", 0.5)
    ]
    assert log.about["statistics"] == {"num_instances (test)": 2.0, "num_bytes (test)": 4.0}
    assert (one.sample.target, one.sample.choices, one.sample.answer) == (
        ("pear",),
        ("pear", "stone"),
        (0,),
    )
    assert one.response is not None and two.score is not None and one.request is not None
    assert (one.response.text, one.response.seconds) == (" A", 0.5)
    assert one.response.usage.input_tokens == 9
    assert one.request.prompt.text == "Q: fruit 1?"
    assert two.score.values == {"exact_match": 0.0}


def test_trials_are_epochs_and_a_failed_request_is_an_error(tmp_path: Path) -> None:
    failed = {"success": False, "error": "too long", "completions": []}
    _, ((one, two),) = read(
        tmp_path,
        per_instance_stats=[per_instance(1, 1.0), per_instance(1, 0.0, 1)],
        scenario_state={"request_states": [state(1), state(1, train_trial_index=1, result=failed)]},
    )
    assert (one.epoch, two.epoch) == (0, 1)
    assert two.error is not None and two.error.message == "too long"


def test_a_perturbation_is_a_task_beside_the_original(tmp_path: Path) -> None:
    typos = {"name": "typos"}
    changed = state(1)
    changed["instance"]["perturbation"] = typos
    log, (plain, perturbed) = read(
        tmp_path,
        stats=[
            stat("exact_match", 1.0),
            stat("exact_match", 0.0, perturbation={**typos, "computed_on": "perturbed"}),
            stat("exact_match", 0.0, perturbation={**typos, "computed_on": "worst"}),
        ],
        per_instance_stats=[per_instance(1, 1.0), per_instance(1, 0.0, perturbation=typos)],
        scenario_state={"request_states": [state(1), changed]},
    )
    assert [task.name for task in log.tasks] == [
        "fruit:subject=pears/test",
        "fruit:subject=pears/test+typos",
    ]
    assert [task.metrics[0].value for task in log.tasks] == [1.0, 0.0]
    assert [item.score.values["exact_match"] for item in (*plain, *perturbed) if item.score] == [
        1.0,
        0.0,
    ]
    assert log.about["statistics"] == {"exact_match (test, typos worst)": 0.0}


def test_references_that_were_asked_apart_are_ranked_choices(tmp_path: Path) -> None:
    states = [
        state(
            1,
            output_mapping=None,
            reference_index=place,
            result={"success": True, "completions": [{"text": "", "logprob": -2.0 - place}]},
        )
        for place in (0, 1)
    ]
    log, ((item,),) = read(
        tmp_path,
        run_spec={**SPEC, "adapter_spec": {"method": "multiple_choice_separate_original"}},
        per_instance_stats=[per_instance(1, 1.0)],
        scenario_state={"request_states": states},
    )
    assert log.tasks[0].form == "rank" and item.response is not None
    assert [(c.text, c.loglikelihood) for c in item.response.choices] == [
        ("pear", -2.0),
        ("stone", -3.0),
    ]


def test_the_main_metric_of_a_known_group_is_first(tmp_path: Path) -> None:
    log, _ = read(
        tmp_path,
        run_spec={**SPEC, "name": "narrative_qa:model=x", "groups": ["narrative_qa"]},
        stats=[stat("exact_match", 0.0), stat("f1_score", 0.4), stat("num_instances", 3.0)],
    )
    assert [metric.key for metric in log.tasks[0].metrics] == ["f1_score", "exact_match"]
    assert (log.tasks[0].total, len(log.tasks[0].items)) == (3, 0)


def test_numbers_without_requests_are_records_without_answers(tmp_path: Path) -> None:
    _, ((item,),) = read(
        tmp_path, stats=[stat("exact_match", 1.0)], per_instance_stats=[per_instance(1, 1.0)]
    )
    assert (item.request, item.response, item.sample.id) == (None, None, "id1")
    assert item.score is not None and item.score.values["exact_match"] == 1.0


def test_what_is_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no statistics and no answers"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"stats\.json: a statistic has no name"):
        read(tmp_path, stats=[{"mean": 1}])
    with pytest.raises(DataError, match="a request can't be read"):
        read(tmp_path, stats=[], scenario_state={"request_states": [{"instance": {}}]})
