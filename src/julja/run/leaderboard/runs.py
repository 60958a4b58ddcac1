"""A store's runs as a sheet: the newest complete result of each model in each task's protocol."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from julja.errors import ConfigError, StoreError, did_you_mean
from julja.run.leaderboard.sheet import FIELDS, Cell, Column, Protocol, Sheet, Spent
from julja.run.results import is_complete
from julja.store.rows import RunRow
from julja.store.sqlite import Store

_MAX_ERRORS = 0.01
# Of the signature: in the protocol already, or the model's own.
_NO_SETTING = ("task", "form", "shots", "limit", "data", "judge", "model", "julja", "hash")


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a store is wanted; empty means all. `mixed` puts all protocols of a task together."""

    tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One task of one run."""

    row: RunRow
    result: Mapping[str, Any]
    protocol: Protocol
    complete: bool

    @property
    def task(self) -> str:
        """The task's name."""
        return str(self.result["task"])


def store_parts(store: Store, choice: Choice) -> tuple[list[Part], dict[str, list[str]]]:
    """Every task of every run that is wanted, newest first, and what was left out, by reason."""
    rows = [store.find_run(name) for name in choice.runs] if choice.runs else store.runs()
    left: dict[str, list[str]] = defaultdict(list)
    parts: list[Part] = []
    for row in sorted(rows, key=lambda row: -row.created):
        if choice.models and not any(fnmatchcase(row.model, name) for name in choice.models):
            continue
        result = store.result(row.id)
        if result is None:
            left["runs without a result (`julja resume` finishes them)"].append(row.id)
            continue
        found = [p for p in result_parts(row, result) if not choice.tasks or _wanted(p, choice)]
        parts += found
    if not parts:
        raise _nothing(store, choice, left)
    return parts, left


def result_parts(row: RunRow, result: Mapping[str, Any]) -> Iterator[Part]:
    """The tasks of one result object."""
    config = row.config.get("config", {})
    limit = config.get("max_errors", _MAX_ERRORS)
    for task in result["results"]:
        counts = task["counts"]
        done = is_complete(task, limit) and bool(task["metrics"]) and counts["total"] > 0
        yield Part(row, task, protocol_of(task), done)


def protocol_of(task: Mapping[str, Any]) -> Protocol:
    """How a task's result was taken, by its own words and its signature."""
    said = settings_of(task.get("signature") or "")
    epochs = int(said.get("epochs", 1))
    version = task.get("version")
    return Protocol(
        version=None if version is None else str(version),
        form=task.get("form"),
        shots=task.get("shots"),
        samples=task["counts"]["total"] // epochs,
        limit=said.get("limit"),
        judge=said.get("judge"),
        data=said.get("data"),
    )


def settings_of(signature: str) -> dict[str, str]:
    """The readable parts of a signature.

    >>> settings_of("gsm8k.1|form:generate|model:vllm/a:b|hash:00")["model"]
    'vllm/a:b'
    """
    pairs = (part.partition(":") for part in signature.split("|"))
    return {name: value for name, mark, value in pairs if mark}


def _wanted(part: Part, choice: Choice) -> bool:
    return any(fnmatchcase(part.task, name) for name in choice.tasks)


def _nothing(store: Store, choice: Choice, left: Mapping[str, Sequence[str]]) -> StoreError:
    everything = store.runs()
    tasks = sorted({task for row in everything for task in row.tasks})
    models = sorted({row.model for row in everything})
    for names, known, what in ((choice.tasks, tasks, "task"), (choice.models, models, "model")):
        strange = [n for n in names if not any(fnmatchcase(one, n) for one in known)]
        if strange and known:
            near = did_you_mean(strange[0], known) or f"There is {', '.join(known[:12])}."
            return StoreError(f"no run in {store.path} has a {what} {strange[0]!r}.", hint=near)
    if left:
        reason, runs = next(iter(left.items()))
        return StoreError(f"{store.path} has only {reason}: {', '.join(runs[:5])}.")
    return StoreError(
        f"no run in {store.path} can be shown.",
        hint="Run something first: julja run starter -m llamacpp/smollm2 --limit 10",
    )


def store_sheet(store: Store, choice: Choice) -> tuple[Sheet, dict[str, dict[str, Part]]]:
    """The sheet of all tasks (by primary metric), and the part that each cell is, by column."""
    parts, left = store_parts(store, choice)
    return parts_sheet(parts, f"store {store.path}", left, mixed=choice.mixed)


def parts_sheet(
    parts: Iterable[Part], source: str, left: dict[str, list[str]], *, mixed: bool
) -> tuple[Sheet, dict[str, dict[str, Part]]]:
    """The sheet of some parts, and the part that each cell is, by column."""
    columns: list[Column] = []
    where: dict[str, dict[str, Part]] = {}
    for variants in by_task(parts, mixed=mixed).values():
        names = _names(list(variants))
        for protocol, members in variants.items():
            chosen, older = newest(members)
            if older:
                left.setdefault("results that a newer run replaces", []).extend(older)
            column = _column(names[protocol], protocol, chosen)
            columns.append(column)
            where[column.name] = chosen
    _refuse_twins(columns)
    return Sheet(tuple(columns), source, left_out=left), where


def _refuse_twins(columns: Iterable[Column]) -> None:
    twins = [name for name, n in Counter(c.name for c in columns).items() if n > 1]
    if twins:
        raise ConfigError(f"two columns would be called {twins[0]!r}.", hint="Choose with --task.")


def by_task(
    parts: Iterable[Part], *, mixed: bool
) -> dict[str, dict[Protocol, dict[str, list[Part]]]]:
    """{task: {protocol: {model: parts, newest first}}}; with `mixed` under the commonest one."""
    found: dict[str, dict[Protocol, dict[str, list[Part]]]] = {}
    for part in parts:
        variants = found.setdefault(part.task, {})
        variants.setdefault(part.protocol, {}).setdefault(part.row.model, []).append(part)
    if not mixed:
        return found
    for task, variants in found.items():
        joined: dict[str, list[Part]] = {}
        for members in variants.values():
            for model, several in members.items():
                joined.setdefault(model, []).extend(several)
        for several in joined.values():
            several.sort(key=lambda part: -part.row.created)
        found[task] = {most_common(variants): joined}
    return found


def most_common(variants: Mapping[Protocol, Mapping[str, Sequence[Part]]]) -> Protocol:
    """The protocol that most models have a complete result in; the newest of equals."""

    def weight(protocol: Protocol) -> tuple[int, float]:
        members = variants[protocol]
        complete = sum(any(part.complete for part in several) for several in members.values())
        return complete, max(p.row.created for several in members.values() for p in several)

    return max(variants, key=weight)


def newest(members: Mapping[str, Sequence[Part]]) -> tuple[dict[str, Part], list[str]]:
    """Each model's newest complete part (its newest if none is), and the runs of the others."""
    chosen: dict[str, Part] = {}
    older: list[str] = []
    for model, several in members.items():
        best = next((part for part in several if part.complete), several[0])
        chosen[model] = best
        older += [part.row.id for part in several if part is not best]
    return chosen, older


def _names(protocols: Sequence[Protocol]) -> dict[Protocol, str]:
    """What tells protocols of one task apart; nothing where there is one."""
    if len(protocols) == 1:
        return {protocols[0]: ""}
    apart = [f for f in FIELDS if len({getattr(p, f) for p in protocols}) > 1]
    # The data's hash says nothing to a reader: only where nothing else differs.
    shown = [name for name in apart if name != "data"] or apart
    names = {p: f" ({p.words(shown) or 'as recorded'})" for p in protocols}
    if len(set(names.values())) < len(protocols):
        names = {p: f" ({p.words(apart) or 'as recorded'})" for p in protocols}
    return names


def _column(suffix: str, protocol: Protocol, chosen: Mapping[str, Part]) -> Column:
    """A task by its primary metric."""
    first = next((part for part in chosen.values() if part.result["metrics"]), None)
    task = next(iter(chosen.values())).task
    metric = next(iter(first.result["metrics"])) if first else ""
    cells = {model: cell_of(part, metric, protocol) for model, part in chosen.items()}
    return with_odd_settings(Column(task + suffix, task, metric, cells, protocol), chosen)


def cell_of(part: Part, metric: str, protocol: Protocol) -> Cell:
    """One cell out of a result; what differs from the column's protocol is marked."""
    found = part.result["metrics"].get(metric)
    marks = []
    if differing := part.protocol.differs(protocol):
        marks.append(f"not as the column: {part.protocol.words(differing) or 'unknown'}")
    value = found["value"] if found else None
    state = "scored"
    if found is None:
        state = f"no {metric}"
    elif not part.complete:
        value, state = None, "INCOMPLETE"
        lost = part.result["counts"]["error"] + part.result["counts"]["skipped"]
        marks.append(
            f"INCOMPLETE: {lost} of {part.result['counts']['total']} samples have no score"
        )
    elif value is None:
        state = "no score"
    known = found is not None and value is not None
    return Cell(
        value=value,
        stderr=found["stderr"] if known else None,
        ci=tuple(found["ci"]) if known and found["ci"] else None,
        n=found["n"] if found else None,
        state=state,
        run=part.row.id,
        created=part.row.created,
        protocol=part.protocol,
        spent=spent_of(part.result),
        marks=tuple(marks),
    )


def with_odd_settings(column: Column, chosen: Mapping[str, Part]) -> Column:
    """Mark cells whose decoding, epochs or seed are not those of most others of the column."""
    said = {
        model: tuple(
            (name, value)
            for name, value in settings_of(part.result.get("signature") or "").items()
            if name not in _NO_SETTING
        )
        for model, part in chosen.items()
    }
    counted = Counter(said.values())
    if len(counted) < 2:
        return column
    usual = dict(counted.most_common(1)[0][0])
    cells = dict(column.cells)
    for model, settings in said.items():
        odd = [f"{name} {value}" for name, value in settings if usual.get(name) != value]
        odd += [f"no {name}" for name in usual if name not in dict(settings)]
        if odd and said[model] != counted.most_common(1)[0][0]:
            mark = f"other settings than most: {', '.join(odd)}"
            cells[model] = replace(cells[model], marks=(*cells[model].marks, mark))
    return replace(column, cells=cells)


def spent_of(result: Mapping[str, Any]) -> Spent:
    """What a result says of its cost. Answers from the cache cost nothing: dollars are scaled."""
    usage = result.get("usage") or {}
    asked, cached = usage.get("requests") or 0, usage.get("cached_requests") or 0
    cost = usage.get("cost_usd")
    scaled = bool(cached) and cost is not None and asked > 0
    if cached and cost is not None:
        cost = cost * (asked + cached) / asked if asked else None
    energy = result.get("energy") or usage.get("energy") or {}
    return Spent(
        cost_usd=cost,
        input_tokens=usage.get("input_tokens") or None,
        output_tokens=usage.get("output_tokens") or None,
        seconds=result.get("seconds") or None,
        wh=energy.get("wh"),
        co2_g=energy.get("co2_g"),
        scaled=scaled,
        energy=energy.get("method"),
    )
