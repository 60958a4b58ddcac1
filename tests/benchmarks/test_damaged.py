"""Damaged files are refused by every benchmark, with file, row and reason: none is scored."""

import json
from pathlib import Path

import pytest
from tests.benchmarks.test_catalogue import NAMES, task_of

from julja.config import RunConfig
from julja.data.files import open_bytes
from julja.errors import DataError, JuljaError, MissingDataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.run.rows import load_rows
from julja.tasks.build import build_samples
from julja.types import Source

pytestmark = pytest.mark.mirror
ENGINE = {"name": "test"}


def rows_of(task, mirror):
    """The rows of a task's first subset that the mirror has; a skip where it has none."""
    if not isinstance(task.rows, Source):
        pytest.skip(f"{task.name} is generated")
    config = RunConfig(tasks=(task.name,), model="test", data=str(mirror))
    for subset in task.subsets or (None,):
        try:
            return list(load_rows(task, task.rows, subset, config).rows)
        except MissingDataError:
            continue
    pytest.skip(f"the mirror has no rows of {task.name}")


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_row_is_refused_by_number(name, mirror):
    task = task_of(name)
    rows = rows_of(task, mirror)[:3]
    with pytest.raises(DataError, match=rf"^some file, row {len(rows)}: "):
        build_samples(task, [*rows, {}], split="test", origin="some file")


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_occurs_twice_is_refused_where_rows_have_ids(name, mirror):
    task = task_of(name)
    rows = rows_of(task, mirror)[:3]
    samples = build_samples(task, rows, split="made", origin="some file")
    if samples[0].id.startswith("made-"):
        pytest.skip(f"{name} has no ids of its own")
    with pytest.raises(DataError, match=f"rows 0 and {len(rows)} have the same id"):
        build_samples(task, [*rows, rows[0]], split="made", origin="some file")


@pytest.mark.parametrize("name", NAMES)
def test_a_right_answer_that_is_none_of_the_options_is_refused(name, mirror):
    """Every field that holds the label of a row with options, set far out of range."""
    task = task_of(name)
    row = dict(rows_of(task, mirror)[0])
    sample = task.sample(row)
    labels = [key for key in LABELS if key in row and not isinstance(row[key], dict | list)]
    if not sample.choices or not sample.labelled or not labels:
        pytest.skip(f"{name} has no options, or no plain label")
    key = labels[0]
    for wrong in (1_000_000, "Ω"):
        with pytest.raises((JuljaError, ValueError, KeyError, IndexError, TypeError)):
            bad = task.sample({**row, key: wrong})
            # Some rows name the right answer by its text: it must then be one of the choices.
            assert bad.answer and all(0 <= place < len(bad.choices) for place in bad.answer)
            raise AssertionError(f"{name} took {key}={wrong!r} as {bad.answer}")


LABELS = ("label", "answer", "answerKey", "gold", "answer_idx", "cop", "correct", "gold_label")


def damaged(mirror, tmp_path, change):
    """A mirror with one file of MMLU, changed."""
    folder = tmp_path / "data" / "mmlu" / "data" / "test"
    folder.mkdir(parents=True)
    name = "anatomy_test.csv"
    with open_bytes(str(next((mirror / "mmlu").rglob(f"{name}*")))) as file:
        (folder / name).write_bytes(change(file.read()))
    config = RunConfig(tasks=("mmlu/anatomy",), model="x", data=str(tmp_path / "data"), shots=0)
    return make_plan(config, frozenset({"letter"}), ENGINE, resolved=resolve("mmlu/anatomy"))


def test_the_whole_file_is_taken(mirror, tmp_path):
    assert damaged(mirror, tmp_path, lambda content: content).total == 135


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content[: len(content) // 2], r"anatomy_test\.csv.*(row|line) \d+"),
        (lambda content: content.replace(b",B\n", b",Q\n", 1), r"anatomy_test\.csv, row \d+: .*Q"),
        (lambda content: content + b"\xff\xfe half a character", r"anatomy_test\.csv.*utf-8"),
        (lambda content: content.replace(b",", b";"), r"anatomy_test\.csv"),
        (lambda content: b"", r"anatomy_test\.csv"),
    ],
    ids=["cut", "label", "encoding", "shifted", "empty"],
)
def test_a_damaged_csv_of_mmlu_is_named_with_its_row(mirror, tmp_path, change, says):
    with pytest.raises(DataError, match=f"(?s){says}"):
        damaged(mirror, tmp_path, change)


def rows_with(change):
    """A change of one row of a file of JSON lines, or of a JSON list."""

    def apply(content):
        text = content.decode()
        listed = text.lstrip().startswith("[")
        rows = json.loads(text) if listed else [json.loads(line) for line in text.splitlines()]
        change(rows)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        return (json.dumps(rows) if listed else "\n".join(lines)).encode()

    return apply


def label(number, key, value):
    return rows_with(lambda rows: rows[number].__setitem__(key, value))


def twice(first, second):
    return rows_with(lambda rows: rows.__setitem__(second, rows[first]))


@pytest.mark.parametrize(
    ("task", "file", "change", "says"),
    [
        ("gsm8k", "gsm8k/test.jsonl", lambda b: b[: len(b) // 3], r", line 443: not JSON"),
        ("gsm8k", "gsm8k/test.jsonl", label(5, "answer", "It is 5."), r", row 5: .*no '#### <nu"),
        (
            "gsm8k",
            "gsm8k/test.jsonl",
            lambda b: b.decode().encode("utf-16"),
            r", line 1: byte 0 .* is not utf-8",
        ),
        (
            "humaneval",
            "humaneval/data/HumanEval.jsonl",
            twice(0, 7),
            r": rows 0 and 7 have the same id 'HumanEval/0'",
        ),
        ("bbq/Age", "bbq/data/Age.jsonl", label(4, "label", 3), r", row 4: .*is 3, not 0, 1 or 2"),
        ("klue_tc", "klue/ynat-v1.1_dev.json", label(2, "label", "날씨"), ", row 2: .*'날씨'"),
        (
            "klue_tc",
            "klue/ynat-v1.1_dev.json",
            twice(1, 5),
            "rows 1 and 5 have the same id 'ynat-v1_dev_00001'",
        ),
        (
            "kobest_copa",
            "kobest/COPA/test.tsv",
            lambda b: b.replace(b"\t2\r\n", b"\t7\r\n", 1).replace(b"\t2\n", b"\t7\n", 1),
            r", row \d+: the label '7' is none of 1 to 2",
        ),
        (
            "kobest_copa",
            "kobest/COPA/test.tsv",
            lambda b: b.decode("utf-8-sig").encode("cp949", "replace"),
            r": byte \d+ .* is not utf-8",
        ),
        ("medmcqa", "medmcqa/data/dev.json", label(2, "cop", 0), r", row 2: the answer .cop. is 0"),
        (
            "fpb",
            "fpb/Sentences_50Agree.txt",
            lambda b: b.replace(b"@positive", b"@good", 1),
            "good",
        ),
        ("ifeval", "ifeval/input_data.jsonl", twice(3, 9), r"rows 3 and 9 have the same id '\d+'"),
        (
            "truthfulqa",
            "truthfulqa/data/mc_task.json",
            rows_with(lambda rows: rows[4]["mc1_targets"].clear()),
            r", row 4: the mc1_targets of",
        ),
    ],
)
def test_a_damaged_copy_of_a_real_file_is_refused(task, file, change, says, mirror, tmp_path):
    real = next(iter((mirror / file).parent.glob(f"{Path(file).name}*")))
    copy = tmp_path / file
    copy.parent.mkdir(parents=True)
    with open_bytes(str(real)) as content:
        copy.write_bytes(change(content.read()))
    config = RunConfig(tasks=(task,), model="x", data=str(tmp_path), shots=0)
    with pytest.raises(DataError, match=rf"(?s){copy.name}.*{says}"):
        make_plan(config, frozenset({"generate", "rank"}), ENGINE, resolved=resolve(task))
