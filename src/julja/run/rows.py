"""The rows that a run's tasks are made of: from a mirror, the cache, the hub, or generated."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from julja.config import RunConfig
from julja.data.load import Rows, load, split_name
from julja.errors import ConfigError, MissingDataError
from julja.run.catalog import Resolved
from julja.run.forms import can_ask
from julja.signature import digest
from julja.tasks.build import build_samples
from julja.tasks.task import Generated, Task
from julja.types import FormName, Json, Sample, Source


def load_subsets(
    item: Resolved, config: RunConfig, kind: FormName
) -> tuple[list[tuple[str | None, Rows]], list[str]]:
    """The rows of each wanted subset, and the names of subsets whose data are nowhere."""
    task = item.task
    if not task.subsets:
        return [(None, load_rows(task, task.rows, None, config))], []
    able = task.forms[kind].subsets or task.subsets
    if task.unlisted is None and not can_ask(task.forms[kind], item.subset):
        raise ConfigError(
            f"the {kind} form of {task.name} can't ask for {item.subset}.",
            hint=f"It has {', '.join(able)}.",
        )
    wanted = [item.subset] if item.subset else list(able)
    loaded: list[tuple[str | None, Rows]] = []
    missing: list[str] = []
    first: MissingDataError | None = None
    for subset in wanted:
        try:
            loaded.append((subset, load_rows(task, task.rows, subset, config)))
        except MissingDataError as error:
            first = first or error
            missing.append(subset)
    if first is not None and not loaded:
        raise first
    return loaded, missing


def load_rows(task: Task, rows: Json, subset: str | None, config: RunConfig) -> Rows:
    """The rows of a task's source, wherever they are."""
    if isinstance(rows, Source):
        benchmark = task.mirror or task.name
        rows = replace(rows, confidential=task.confidential)
        mirror = config.mirror
        loaded = load(rows, benchmark=benchmark, name=task.name, subset=subset, mirror=mirror)
        if task.attached and rows.split == split_of(task, subset):
            loaded = _with_attached(task, loaded, subset, config)
        if subset is None:
            return loaded
        # The files of a subset seldom say its name in their rows; prompts need it.
        return replace(loaded, rows=[{"subset": subset, **row} for row in loaded.rows])
    if isinstance(rows, Generated):
        name = subset or ""
        folder, source = rows.material.get(name, (None, None))
        found = source and load(source, benchmark=folder or "", mirror=config.mirror).rows
        made = rows.make(config.seed or 0, name, found or ())
        origin = f"{task.name}/{name} generated with seed {config.seed or 0}"
    elif callable(rows):
        made = rows(config.seed or 0)
        origin = f"{task.name} generated with seed {config.seed or 0}"
    else:
        made, origin = rows, f"the rows of {task.name}"
    return Rows(rows=made, origin=origin, sha256=digest(list(made), 32), layout="upstream")


def _with_attached(task: Task, loaded: Rows, subset: str | None, config: RunConfig) -> Rows:
    """The rows with their partners of each attached source; its hash counts too."""
    rows = [dict(row) for row in loaded.rows]
    hashes = [loaded.sha256]
    for name, attached in task.attached.items():
        benchmark = attached.mirror or task.mirror or task.name
        source = replace(attached.source, confidential=task.confidential)
        try:
            found = load(
                source,
                benchmark=benchmark,
                name=f"{task.name}'s {name}",
                subset=subset,
                mirror=config.mirror,
            )
        except MissingDataError:
            if not attached.optional:
                raise
            partners: dict[Json, Mapping[str, Json]] = {}
        else:
            partners = {attached.key(row): row for row in found.rows}
            hashes.append(found.sha256)
        for row in rows:
            row[name] = partners.get(attached.key(row))
    return replace(loaded, rows=rows, sha256=digest(hashes, 32))


def load_pool(task: Task, subset: str | None, config: RunConfig, shots: int) -> Sequence[Sample]:
    """The samples that few-shots are drawn from; nothing is loaded when none are needed."""
    if shots == 0:
        return ()
    source = task.exemplars
    if source is None:
        raise ConfigError(f"{task.name} has no exemplars.", hint="Use --shots 0.")
    if not isinstance(source, Source):
        return source
    rows = load_rows(task, source, subset, config)
    return build_samples(task, rows.rows, split=source.split, origin=rows.origin)


def split_of(task: Task, subset: str | None) -> str:
    """The split that a task's own rows are of."""
    return split_name(task.rows, subset) if isinstance(task.rows, Source) else "test"
