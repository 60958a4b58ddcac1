"""Rows become samples; none is dropped, and a bad one is named."""

import pytest

from julja.errors import DataError
from julja.scoring.base import scorer
from julja.tasks.build import build_samples, limit_samples
from julja.tasks.task import Form, Task
from julja.types import Sample


@scorer()
def always():
    return lambda sample, response: True


TASK = Task(
    name="t",
    rows=(),
    sample=lambda row: Sample(row.get("id", ""), row["q"]),
    forms={"generate": Form(scorer=always())},
)


def test_ids_are_split_and_row_where_upstream_has_none():
    rows = [{"q": "a"}, {"q": "b", "id": "own"}, {"q": "c"}]
    samples = build_samples(TASK, rows, split="test", origin="x.jsonl")
    assert [s.id for s in samples] == ["test-0", "own", "test-2"]


def test_a_duplicate_id_names_both_rows():
    rows = [{"q": "a", "id": "1"}, {"q": "b"}, {"q": "c", "id": "1"}]
    with pytest.raises(DataError, match=r"x\.jsonl: rows 0 and 2 have the same id '1'"):
        build_samples(TASK, rows, split="test", origin="x.jsonl")


def test_a_row_of_another_layout_names_file_and_row():
    with pytest.raises(DataError, match=r"x\.jsonl, row 1: KeyError 'q'"):
        build_samples(TASK, [{"q": "a"}, {"question": "b"}], split="test", origin="x.jsonl")


def test_no_rows_is_an_error():
    with pytest.raises(DataError, match="has no rows"):
        build_samples(TASK, [], split="test", origin="x.jsonl")


def test_a_larger_limit_contains_every_smaller_one():
    pairs = [("t", Sample(f"test-{n}", "")) for n in range(100)]
    sizes = {n: limit_samples("t", pairs, n) for n in (1, 10, 50)}
    assert [len(sizes[n]) for n in (1, 10, 50)] == [1, 10, 50]
    assert sizes[1] < sizes[10] < sizes[50]
    assert limit_samples("t", reversed(pairs), 10) == sizes[10]
    assert limit_samples("t", pairs, None) is None
