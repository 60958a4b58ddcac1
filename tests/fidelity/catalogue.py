"""docs/benchmarks.md: every benchmark with its rows, forms, metric, and what it is held to."""

import ast
import importlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from julja.run.catalog import ALIASES, index, suites
from julja.tasks.spec import parse_spec
from julja.tasks.task import Task
from tests.fidelity.claim import Claim

HEAD = """\
# Benchmarks

Every task of the catalogue. Written by `make fidelity`. "Held to" names what its verdicts, prompts
or numbers are compared with: published numbers recomputed from recorded outputs (with their largest
difference; all of them are in [fidelity](fidelity.md)), and the tests that hold it to its official
scorer, to verdicts that others recorded, or to lm-evaluation-harness (their constant HOLDS). A task
with neither is tested on rows of our own and by its self-checks. `julja show TASK` prints the card,
with what the number is not comparable with.
"""
TABLE = """
| benchmark | rows | subsets | forms | metric | random | official scorer | held to |
|---|---|---|---|---|---|---|---|
"""
TESTS = Path(__file__).parent.parent


def page(found: Iterable[tuple[Claim, Mapping[str, Any]]]) -> str:
    """The page; `found` are the claims with what julja computes."""
    claims: dict[str, list[float]] = defaultdict(list)
    for claim, metric in found:
        name = parse_spec(claim.task).name
        claims[ALIASES.get(name, name)].append(abs(metric["value"] - claim.published))
    sections: dict[str, list[str]] = defaultdict(list)
    for name, entry in index().items():
        family = entry.target.split(".")[2]
        sections[family].append(line(task_of(name), claims.get(name, [])))
    text = HEAD
    for family in sorted(sections):
        text += (
            f"\n## {family.replace('_', ' ').capitalize()}\n" + TABLE + "".join(sections[family])
        )
    names = ", ".join(f"`{name}`" for name in suites())
    return text + f"\n## Suites\n\n{names}: `julja list suites`.\n"


def task_of(name: str) -> Task:
    """A task of the catalogue as it is by default."""
    module, _, function = index()[name].target.partition(":")
    made: Task = getattr(importlib.import_module(module), function)()
    return made


def line(task: Task, differences: Sequence[float]) -> str:
    """One row of the page."""
    card = task.card
    metrics = [form.scorer.metrics[0].name for form in task.forms.values()]
    rows = "" if card.rows is None else f"{card.rows:,}"
    random = "" if card.random_baseline is None else f"{card.random_baseline:.4g}"
    cells = (
        f"`{task.name}`",
        rows,
        str(len(task.subsets)) if task.subsets else "",
        ", ".join(task.forms),
        ", ".join(dict.fromkeys(metrics)),
        random,
        card.official_scorer.replace("|", "\\|"),
        held_to(task.name, differences),
    )
    return f"| {' | '.join(cells)} |\n"


def held_to(name: str, differences: Sequence[float]) -> str:
    """The published numbers that are met, and the tests that say they hold the task."""
    parts = []
    if differences:
        count = len(differences)
        numbers = "number" if count == 1 else "numbers"
        parts.append(f"{count} published {numbers}, off by at most {max(differences):.2g}")
    parts += [f"`{test}`" for test, tasks in holders().items() if name in tasks]
    return "; ".join(parts)


@cache
def holders() -> Mapping[str, tuple[str, ...]]:
    """The tasks that each test module holds to another implementation or to recorded verdicts.

    A module says so itself, in its constant HOLDS: a task that a test only mentions isn't held.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(TESTS.rglob("test_*.py"), key=lambda path: path.stem):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HOLDS":
                found[path.stem] = ast.literal_eval(node.value)
    return found
