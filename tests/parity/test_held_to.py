"""docs/benchmarks.md names for each task the tests that hold it, and no others."""

import re
from pathlib import Path

from tests.fidelity.catalogue import holders

from julja.run.catalog import index

HOLDS = ()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def test_only_tasks_of_the_catalogue_are_held():
    assert len(holders()) > 20
    assert {name for names in holders().values() for name in names} <= set(index())


def test_the_page_names_for_each_task_the_tests_that_hold_it():
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 150
    for name, cell in rows:
        said = set(re.findall(r"`(\w+)`", cell))
        assert said == {test for test, tasks in holders().items() if name in tasks}, name
