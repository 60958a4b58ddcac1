"""Logs of inspect as `Log`: both packings, verdicts of every kind, several scorers, failures."""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from julja.errors import DataError
from julja.interop.inspect.read import read_log
from julja.interop.inspect.samples import to_number
from julja.interop.log import Item, Log
from julja.types import Message

TEXT = "a long question"
SAMPLE: dict[str, Any] = {
    "id": "q1",
    "epoch": 1,
    "input": "attachment://h1",
    "target": "B",
    "choices": ["left", "right"],
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "attachment://h1"}]},
        {"role": "assistant", "content": "ANSWER: B"},
    ],
    "output": {
        "model": "m-1",
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"type": "reasoning", "reasoning": "thought"},
                        {"type": "text", "text": "ANSWER: B"},
                    ],
                },
                "stop_reason": "max_tokens",
            }
        ],
        "usage": {"input_tokens": 7, "output_tokens": 3, "reasoning_tokens": 2},
        "time": 1.5,
    },
    "scores": {"choice": {"value": "C", "answer": "B", "explanation": "it says B"}},
    "metadata": {"topic": "sides"},
    "attachments": {"h1": TEXT},
    "events": [{"event": "model"}, {"event": "score"}],
}


def log_of(*samples: dict[str, Any], **more: Any) -> dict[str, Any]:
    scores = [{"name": "choice", "scorer": "choice", "metrics": metrics(accuracy=1.0, stderr=0.0)}]
    made: dict[str, Any] = {
        "version": 2,
        "status": "success",
        "eval": {"task": "pack/sides", "model": "openai/m", "config": {"epochs": 1}},
        "results": {"total_samples": len(samples), "scores": scores},
        "samples": list(samples),
    }
    return {**made, **more}


def metrics(**values: float) -> dict[str, Any]:
    return {name: {"name": name, "value": value} for name, value in values.items()}


def read(folder: Path, content: dict[str, Any]) -> tuple[Log, list[Item]]:
    path = folder / "log.json"
    path.write_text(json.dumps(content))
    log = read_log(path)
    return log, list(log.tasks[0].items)


def pack(path: Path, members: dict[str, Any], method: int) -> Path:
    """A zip as inspect writes it; zipfile writes no zstd (93), so those are put in by hand."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            raw = json.dumps(content).encode()
            if method != 93:
                archive.writestr(name, raw)
                continue
            body = zstandard.compress(raw)
            info = zipfile.ZipInfo(name)
            archive.writestr(info, body, zipfile.ZIP_STORED)
            info.compress_type, info.CRC, info.file_size = 93, zlib.crc32(raw), len(raw)
            assert archive.fp is not None
            end = archive.fp.tell()
            archive.fp.seek(info.header_offset + 8)
            archive.fp.write(struct.pack("<H", 93))
            archive.fp.seek(info.header_offset + 14)
            archive.fp.write(struct.pack("<3L", info.CRC, len(body), len(raw)))
            archive.fp.seek(end)
    return path


def test_a_sample_has_its_texts_its_reasoning_and_its_verdict(tmp_path: Path) -> None:
    log, (item,) = read(tmp_path, log_of(SAMPLE))
    assert (item.sample.id, item.sample.input, item.sample.target) == ("q1", TEXT, ("B",))
    assert (item.sample.choices, item.sample.answer) == (("left", "right"), (1,))
    assert item.sample.fields == {"topic": "sides"}
    assert item.request is not None and item.response is not None and item.score is not None
    assert item.request.prompt.messages == (Message("system", "Be short."), Message("user", TEXT))
    assert (item.response.text, item.response.reasoning) == ("ANSWER: B", "thought")
    assert (item.response.finish, item.response.seconds) == ("length", 1.5)
    assert item.response.usage.reasoning_tokens == 2
    assert item.score.values == {"choice": 1.0}
    assert (item.score.extracted, item.score.explanation) == ("B", "it says B")
    assert log.left_out["events"] == 2
    (task,) = log.tasks
    assert [(m.key, m.value, m.stderr, m.source) for m in task.metrics] == [
        ("accuracy", 1.0, 0.0, "choice")
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 93])
def test_an_archive_is_the_same_log(tmp_path: Path, method: int) -> None:
    content = log_of(SAMPLE)
    header = {key: value for key, value in content.items() if key != "samples"}
    members = {"_journal/start.json": {}, "samples/q1_epoch_1.json": SAMPLE, "header.json": header}
    log = read_log(pack(tmp_path / "log.eval", members, method))
    whole, items = read(tmp_path, content)
    assert list(log.tasks[0].items) == items
    assert log.tasks[0].metrics == whole.tasks[0].metrics


def test_a_log_that_broke_off_is_not_complete(tmp_path: Path) -> None:
    start = {"eval": {"task": "sides", "model": "openai/m"}}
    members = {"_journal/start.json": start, "samples/q1_epoch_1.json": SAMPLE}
    log = read_log(pack(tmp_path / "log.eval", members, 93))
    assert (log.complete, len(log.tasks[0].items)) == (False, 1)
    assert log.warnings == ("the evaluation's status is started",)


def test_a_flipped_byte_in_an_archive_is_damage(tmp_path: Path) -> None:
    path = pack(tmp_path / "log.eval", {"header.json": log_of(), "samples/a.json": SAMPLE}, 93)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"log\.eval: can't be unpacked"):
        log = read_log(path)
        list(log.tasks[0].items)


def test_several_scorers_and_a_scorer_of_several_values(tmp_path: Path) -> None:
    sample = {
        **SAMPLE,
        "scores": {"a": {"value": {"x": 0.5, "y": "I"}}, "b": {"value": 3}, "c": {"value": [1]}},
    }
    scores = [
        {"name": "x", "scorer": "a", "metrics": metrics(mean=0.5)},
        {"name": "b", "scorer": "b", "metrics": metrics(mean=3.0, stderr=0.2, std=1.0)},
    ]
    log, (item,) = read(tmp_path, log_of(sample, results={"total_samples": 1, "scores": scores}))
    assert item.score is not None
    assert item.score.values == {"a/x": 0.5, "a/y": 0.0, "b": 3.0}
    assert item.score.details == {"c": [1]}
    assert [(m.key, m.kind, m.source, m.stderr) for m in log.tasks[0].metrics] == [
        ("x/mean", "mean", "a/x", None),
        ("b/mean", "mean", "b", 0.2),
        ("b/std", "recorded", None, None),
    ]


def test_epochs_are_repeats_of_a_sample(tmp_path: Path) -> None:
    content = log_of(SAMPLE, {**SAMPLE, "epoch": 2})
    content["eval"]["config"]["epochs"] = 2
    log, items = read(tmp_path, content)
    assert (log.tasks[0].total, log.tasks[0].epochs) == (1, 2)
    assert [item.epoch for item in items] == [0, 1]


def test_a_failed_sample_is_an_error_and_one_without_a_number_is_skipped(tmp_path: Path) -> None:
    failed = {**SAMPLE, "id": "q2", "error": {"message": "boom"}, "scores": None, "output": {}}
    unscored = {**SAMPLE, "id": "q3", "scores": {"choice": {"value": float("nan")}}}
    unanswered = {**SAMPLE, "id": "q4", "scores": {"choice": {"value": "N"}}}
    _, (one, two, three) = read(tmp_path, log_of(failed, unscored, unanswered))
    assert one.error is not None
    assert (one.error.message, one.score) == ("boom", None)
    assert two.score is not None and (two.score.state, two.score.values) == ("skipped", {})
    assert three.score is not None
    assert (three.score.state, three.score.values) == ("truncated", {"choice": 0.0})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1.0),
        ("I", 0.0),
        ("P", 0.5),
        ("N", 0.0),
        (True, 1.0),
        ("Yes", 1.0),
        ("false", 0.0),
        ("0.25", 0.25),
        (7, 7.0),
        ("fine", None),
        ("nan", None),
        (float("nan"), None),
        ([1], None),
        (None, None),
    ],
)
def test_verdicts_as_inspect_itself_counts_them(value: Any, number: float | None) -> None:
    assert to_number(value) == number


def test_foreign_and_broken_logs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='its "eval" names no task'):
        read(tmp_path, {"status": "success", "eval": {}})
    with pytest.raises(DataError, match="sample 1: can't be read as a sample of inspect"):
        read(tmp_path, log_of({**SAMPLE, "output": {"choices": [3]}}))
    (tmp_path / "log.eval").write_text("no zip")
    with pytest.raises(DataError, match="can't be unpacked"):
        read_log(tmp_path / "log.eval")
    with pytest.raises(DataError, match="holds neither header"):
        read_log(pack(tmp_path / "other.eval", {"a.json": {}}, 8))
