"""The number of rows on each card is that of the benchmark's own files."""

from pathlib import Path

import pytest

from julja.data.load import load
from julja.errors import MissingDataError
from julja.run.catalog import index, resolve
from julja.types import Source

# What the mirror holds less of than the benchmark: rows, and why.
PARTIAL = {
    "bbq": (11956, "six of eleven categories"),
    "coco_qa": (25, "a few of its questions"),
    "convfinqa": (421, "the last turns of the conversations"),
    "klue_mrc": (1350, "the first rows"),
    "kmmlu": (200, "one of 45 subjects"),
    "qqp": (9, "rows of its documentation"),
    "squad": (1190, "xquad's part"),
    "squad_v2": (1407, "the first five articles"),
}


def counted(name: str, mirror: Path) -> int:
    task = resolve(name)[0].task
    assert isinstance(task.rows, Source)
    total = 0
    for subset in task.subsets or (None,):
        try:
            folder = task.mirror or task.name
            rows = load(task.rows, benchmark=folder, subset=subset, mirror=mirror, offline=True)
            total += len(rows.rows)
        except MissingDataError:
            continue
    return total


@pytest.mark.mirror
def test_cards_rows(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path))
    checked = 0
    for name in index():
        task = resolve(name)[0].task
        if task.card.rows is None or not isinstance(task.rows, Source):
            continue
        found = counted(name, mirror)
        if found:
            checked += 1
            assert found == PARTIAL.get(name, (task.card.rows, ""))[0], name
    assert checked > 50
