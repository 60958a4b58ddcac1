"""Records of Every Eval Ever as `Log`: with and without samples, and what they contradict."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from julja.errors import DataError
from julja.interop.eee.read import find_records, read_record
from julja.interop.log import Log

NAME = "0f2b5c1e-7d3a-4a54-9d6b-1f0c2e3a4b5d"


def aggregate(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "x",
        "model_info": {"name": "Tiny", "id": "org/tiny"},
        "eval_library": {"name": "other", "version": "1.2"},
        "evaluation_results": list(results),
        **more,
    }


def result(name: str, metric: str, score: float, **more: Any) -> dict[str, Any]:
    return {
        "evaluation_result_id": f"{name}-{metric}",
        "evaluation_name": name,
        "metric_config": {"metric_name": metric, "lower_is_better": metric == "loss", **more},
        "score_details": {"score": score},
    }


def row(sample: str, identity: str | None, score: float, **more: Any) -> dict[str, Any]:
    return {
        "evaluation_name": "trivia",
        "evaluation_result_id": identity,
        "sample_id": sample,
        "interaction_type": "single_turn",
        "input": {"raw": "fruit?", "reference": ["pear"]},
        "output": {"raw": ["pear"]},
        "answer_attribution": [],
        "evaluation": {"score": score, "is_correct": score == 1},
        **more,
    }


def read(
    folder: Path, record: dict[str, Any] | None, rows: list[dict[str, Any]] | None = None
) -> Log:
    files = []
    if record is not None:
        files.append(folder / f"{NAME}.json")
        files[-1].write_text(json.dumps(record))
    if rows is not None:
        files.append(folder / f"{NAME}_samples.jsonl")
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows))
    (one,) = find_records(files[-1:])
    return read_record(one)


def test_results_alone(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        aggregate(
            result("trivia", "acc", 0.5, min_score=0, max_score=1),
            result("trivia", "loss", 2.5, min_score=0, max_score="Infinity"),
            result("sums", "acc", 0.25),
        ),
    )
    assert (log.tool, log.model) == ("other 1.2", "org/tiny")
    trivia, sums = log.tasks
    assert [(m.key, m.value, m.higher_is_better, m.high) for m in trivia.metrics] == [
        ("acc", 0.5, True, 1.0),
        ("loss", 2.5, False, float("inf")),
    ]
    assert (sums.name, len(sums.items)) == ("sums", 0)


def test_rows_of_one_sample_under_two_metrics_are_one_record(tmp_path: Path) -> None:
    rows = [
        row("a", "trivia-acc", 1.0),
        row("b", "trivia-acc", 0.0),
        row("a", "trivia-loss", 0.5),
        row("a", "trivia-acc", 0.0),
    ]
    log = read(
        tmp_path, aggregate(result("trivia", "acc", 0.5), result("trivia", "loss", 0.5)), rows
    )
    (task,) = log.tasks
    items = {(item.sample.id, item.epoch): item.score for item in task.items}
    assert {key: score.values for key, score in items.items() if score} == {
        ("a", 0): {"acc": 1.0, "loss": 0.5},
        ("b", 0): {"acc": 0.0},
        ("a", 1): {"acc": 0.0},
    }
    assert (task.total, task.epochs) == (2, 2)


def test_a_row_with_an_error_and_no_result_is_an_error_and_never_zero(tmp_path: Path) -> None:
    rows = [row("a", "trivia-acc", 1.0), row("b", None, 0.0, error="Timeout: too slow")]
    log = read(tmp_path, aggregate(result("trivia", "acc", 1.0)), rows)
    one, two = log.tasks[0].items
    assert one.score is not None and one.score.values == {"acc": 1.0}
    assert (two.score, two.error and (two.error.kind, two.error.message)) == (
        None,
        ("Timeout", "too slow"),
    )


def test_samples_without_an_aggregate_are_their_own_means(tmp_path: Path) -> None:
    log = read(tmp_path, None, [row("a", None, 1.0, model_id="org/tiny")])
    (task,) = log.tasks
    assert (log.model, task.name, [m.key for m in task.metrics]) == (
        "org/tiny",
        "trivia",
        ["score"],
    )


def test_what_the_aggregate_says_of_its_samples_is_checked(tmp_path: Path) -> None:
    rows = [row("a", "trivia-acc", 1.0)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    said = {
        "format": "jsonl",
        "file_path": f"data/c/d/m/{NAME}_samples.jsonl",
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
        "total_rows": 1,
    }
    record = aggregate(result("trivia", "acc", 1.0), detailed_evaluation_results=said)
    assert read(tmp_path, record, rows).warnings == ()
    record["detailed_evaluation_results"] = {**said, "total_rows": 3, "checksum": "0"}
    warnings = read(tmp_path, record, rows).warnings
    assert "has 1 rows, its aggregate says 3" in warnings[0]
    assert "was changed: its checksum is another" in warnings[1]
    (tmp_path / f"{NAME}_samples.jsonl").unlink()
    assert "are not beside it" in read(tmp_path, record).warnings[0]


def test_damage_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it has no evaluation_results"):
        read(tmp_path, aggregate())
    with pytest.raises(DataError, match="line 2: no row of Every Eval Ever: it has no input"):
        broken = {"evaluation_name": "trivia", "sample_id": "b"}
        read(tmp_path, aggregate(result("trivia", "acc", 1.0)), [row("a", None, 1.0), broken])
