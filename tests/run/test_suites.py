"""A suite's columns: averaged metrics, scores above guessing, means over subsets."""

import json
from pathlib import Path

import pytest

from julja.config import RunConfig
from julja.errors import MissingDataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.run.suites import _suite
from julja.tasks.suite import Column, Suite


def metric(value: float, stderr: float = 0.01) -> dict:
    return {
        "value": value,
        "stderr": stderr,
        "ci": [value - 0.02, value + 0.02],
        "n": 100,
        "bounds": [value, value],
    }


def result(task: str, subsets: dict[str, float] | None = None, **metrics: float) -> dict:
    parts = [
        {"task": f"{task}/{name}", "metrics": {"acc": metric(value)}, "subsets": []}
        for name, value in (subsets or {}).items()
    ]
    made = {name: metric(value) for name, value in metrics.items()}
    return {"task": task, "metrics": made, "subsets": parts}


SUITE = Suite(
    "board",
    ("quiz", "orders", "bare"),
    columns=(
        Column("quiz", "Quiz", floor=0.25),
        Column("orders", "Orders", metrics=("strict", "loose")),
        Column("bbh", "BBH", floors={"two": 0.5, "four": 0.25}),
    ),
)


def test_columns_are_rescaled_averaged_and_meaned() -> None:
    members = {
        "quiz": result("quiz", acc=0.4),
        "orders": result("orders", strict=0.6, loose=0.8),
        "bare": result("bare", acc=0.5),
        "bbh": result("bbh", {"two": 0.75, "four": 0.25}, acc=0.5),
    }
    found = _suite(SUITE, members)
    assert found["columns"] == {
        "Quiz": pytest.approx(0.2),  # (0.4 - 0.25) / 0.75
        "Orders": pytest.approx(0.7),
        "BBH": pytest.approx(0.25),  # the mean of (0.75 - 0.5) / 0.5 and 0
        "bare": 0.5,
    }
    assert found["score"]["value"] == pytest.approx((0.2 + 0.7 + 0.25 + 0.5) / 4)
    assert found["missing"] == []


def test_a_mean_of_correlations_may_be_negative() -> None:
    found = _suite(SUITE, {"orders": result("orders", strict=-0.2, loose=-0.1)})
    low, high = found["score"]["ci"]
    assert low < -0.15 < high


def test_one_member_by_its_suite_s_name_is_no_suite() -> None:
    (found,) = resolve("klue/nli")
    assert (found.task.name, found.suite) == ("klue_nli", None)
    assert {item.suite for item in resolve("klue")} == {"klue"}


def test_without_a_member_there_is_no_score() -> None:
    found = _suite(SUITE, {"quiz": result("quiz", acc=0.1)}, ["bbh"])
    assert found["columns"] == {"Quiz": 0.0}, "below guessing is 0"
    assert found["score"]["value"] is None and found["missing"] == ["bbh"]


@pytest.mark.mirror
def test_a_suite_goes_on_without_what_is_gated(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    config = RunConfig(tasks=("open-llm-v2",), model="m", data=str(mirror), limit=2)
    found = [item for item in resolve("open-llm-v2") if item.task.name in ("ifeval", "gpqa")]
    plan = make_plan(config, frozenset({"rank", "generate"}), {"name": "m"}, resolved=found)
    assert [task.name for task in plan.tasks] == ["ifeval"]
    assert [(item.suite, item.task) for item in plan.absent] == [("open-llm-v2", "gpqa")]
    with pytest.raises(MissingDataError, match="gpqa"):
        make_plan(config, frozenset({"rank"}), {"name": "m"}, resolved=found[1:])


@pytest.mark.mirror
def test_all_runs_what_can_be_had_and_names_the_rest(mirror, tmp_path, capsys):
    from julja.cli.main import main

    words = ["run", "all", "-m", "mock/constant:text=A", "--limit", "1", "--data", str(mirror)]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--store", str(tmp_path / "julja.db"), "--json"])
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert stopped.value.code == 0 and result["complete"]
    # A mean over everything would mean nothing.
    assert result["suites"] == []
    ran = {item["task"]: item for item in result["results"]}
    assert {"mmlu", "gsm8k", "squad", "starter_code"} <= set(ran)
    assert all(item["counts"]["error"] == 0 for item in ran.values())
    # Its exemplars are not in the mirror.
    assert ran["mmlu_pro"]["shots"] == 0
    assert "mmlu_pro: its exemplars can't be had here" in err
    assert "left out: gpqa: " in err
