"""evalscope's output folders as `Log`: subsets, repeats, reviews alone, damage."""

import json
from pathlib import Path
from typing import Any

import pytest

from julja.errors import DataError
from julja.interop.evalscope import find_reports, read_report
from julja.interop.log import Log


def report(**scores: list[tuple[str, float, int]]) -> dict[str, Any]:
    metrics = [
        {
            "name": name,
            "num": sum(n for _, _, n in subsets),
            "score": 0.5,
            "categories": [{"subsets": [{"name": s, "score": v, "num": n} for s, v, n in subsets]}],
        }
        for name, subsets in scores.items()
    ]
    return {"dataset_name": "trivia", "model_name": "tiny", "metrics": metrics}


def review(index: int, group: int, value: float, **more: Any) -> dict[str, Any]:
    score = {"value": {"acc": value}, "prediction": f"it is {index}", "extracted_prediction": "it"}
    return {
        "index": index,
        "target": "it",
        "messages": [
            {"role": "user", "content": f"question {group}?"},
            {"role": "assistant", "content": f"it is {index}"},
        ],
        "sample_score": {"score": score, "sample_id": index, "group_id": group, **more},
    }


def folder(root: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = content if isinstance(content, list) else [content]
        path.write_text("\n".join(map(json.dumps, rows)))
    return root / next(iter(files))


def read(path: Path) -> Log:
    (outputs,) = find_reports([path])
    return read_report(outputs)


def test_each_subset_is_a_task_and_the_data_set_a_group(tmp_path: Path) -> None:
    log = read(
        folder(
            tmp_path,
            {
                "reports/tiny/trivia.json": report(mean_acc=[("art", 0.5, 2), ("law", 1.0, 1)]),
                "reviews/tiny/trivia_art.jsonl": [review(0, 0, 1.0), review(1, 1, 0.0)],
                "reviews/tiny/trivia_law.jsonl": [review(0, 0, 1.0)],
            },
        )
    )
    assert [(t.name, t.total, len(t.items), t.metrics[0].value) for t in log.tasks] == [
        ("trivia/art", 2, 2, 0.5),
        ("trivia/law", 1, 1, 1.0),
    ]
    (group,) = log.groups
    assert (group.name, group.metric.value, group.n) == ("trivia", 0.5, 3)
    assert group.members == ("trivia/art", "trivia/law")


def test_repeats_of_a_question_are_epochs(tmp_path: Path) -> None:
    log = read(
        folder(
            tmp_path,
            {
                "reports/tiny/trivia.json": report(mean_acc=[("default", 0.5, 1)]),
                "reviews/tiny/trivia_default.jsonl": [review(0, 7, 1.0), review(1, 7, 0.0)],
                "predictions/tiny/trivia_default.jsonl": [
                    {
                        "index": 0,
                        "model_output": {
                            "choices": [{"stop_reason": "max_tokens"}],
                            "usage": {"input_tokens": 5, "output_tokens": 2},
                            "time": 0.25,
                        },
                    }
                ],
            },
        )
    )
    (task,) = log.tasks
    one, two = task.items
    assert (task.name, task.epochs) == ("trivia", 2)
    assert [(item.sample.id, item.epoch) for item in (one, two)] == [("7", 0), ("7", 1)]
    assert one.response is not None and two.response is not None
    assert (one.response.finish, one.response.usage.input_tokens) == ("length", 5)
    assert (two.response.finish, two.response.usage.input_tokens) == ("unknown", None)


def test_reviews_without_a_report_give_their_own_means(tmp_path: Path) -> None:
    path = folder(tmp_path, {"reviews/tiny/trivia_art.jsonl": [review(0, 0, 1.0)]})
    log = read(path)
    (task,) = log.tasks
    assert (log.model, task.name, task.total) == ("tiny", "trivia_art", 1)
    assert [(metric.key, metric.value) for metric in task.metrics] == [("acc", None)]


def test_answers_without_a_review_are_told(tmp_path: Path) -> None:
    files = {
        "reports/tiny/trivia.json": report(mean_acc=[("art", 0.5, 2)]),
        "predictions/tiny/trivia_art.jsonl": [{"index": 0, "model_output": {}}],
    }
    log = read(folder(tmp_path, files))
    assert log.warnings == ("trivia_art: its answers have no review and are left out",)


def test_a_damaged_review_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [review(0, 0, 1.0), {"index": 1}]
    path = folder(tmp_path, {"reviews/tiny/trivia_art.jsonl": rows})
    with pytest.raises(DataError, match="line 2: no sample_score"):
        read(path)
    broken = folder(tmp_path / "b", {"reports/tiny/trivia.json": {"dataset_name": "trivia"}})
    with pytest.raises(DataError, match='it has no "metrics"'):
        read(broken)
