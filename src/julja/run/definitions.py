"""What the tasks of a finished run are, made again from its words.

They are the catalogue's, or those of the user's files; a task of a script, or of a file that has
gone, is not to be had.
"""

from functools import cache
from pathlib import Path
from typing import Any

from julja.config import RunConfig
from julja.errors import JuljaError
from julja.run.catalog import Resolved, resolve
from julja.run.forms import judged_task
from julja.store.rows import RunRow
from julja.tasks.task import Form


def run_definitions(row: RunRow) -> tuple[Resolved, ...]:
    """All tasks that a run's words name; none of an imported run."""
    config: dict[str, Any] = row.config.get("config", {})
    if "imported" in row.config:
        return ()
    return _resolved(tuple(config.get("tasks", ())), bool(config.get("trust")), str(Path.cwd()))


def definition(row: RunRow, task: str) -> Resolved | None:
    """The task that a run calls by this name; that of a subset is its task's."""
    found = run_definitions(row)
    for item in found:
        if task in (item.task.name, f"{item.task.name}/{item.subset}"):
            return item
    return next((item for item in found if task.startswith(f"{item.task.name}/")), None)


def defined_form(row: RunRow, task: str, form: str) -> Form | None:
    """The form in which a run asked a task, with the scorer that its judges had."""
    found = definition(row, task)
    if found is None:
        return None
    config = RunConfig.from_json(row.config["config"])
    made = judged_task(found.task, config, run_definitions(row)) if config.judges else found.task
    return made.forms.get(form)  # type: ignore[call-overload,no-any-return]


@cache
def _resolved(texts: tuple[str, ...], trust: bool, folder: str) -> tuple[Resolved, ...]:
    """`folder`, the working directory, is part of the key: names of files are relative to it."""
    found: list[Resolved] = []
    for text in texts:
        try:
            found += resolve(text, trust=trust)
        except (JuljaError, OSError):
            continue
    return tuple(found)
