"""Compares runs over many tasks, the same samples paired: is one better, and can that be believed?

found = compare_sides([load_side(store, row) for row in rows], Options(margin=0.02))
found["comparisons"][0]["verdict"]      # BETTER, WORSE, EQUIVALENT or INCONCLUSIVE
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from julja.errors import ConfigError, StoreError, did_you_mean
from julja.run.comparison.answers import add_answers
from julja.run.comparison.differences import (
    SAMPLE_SET,
    Difference,
    differences,
    refuse,
    remarks,
)
from julja.run.comparison.entries import Entry, compare_task
from julja.run.comparison.metrics import metric_named
from julja.run.comparison.models import Standing, standing, standing_json
from julja.run.comparison.options import Adjust, Options
from julja.run.comparison.sides import Side, load_side
from julja.run.comparison.suites import compare_suites
from julja.run.comparison.verdicts import chosen, family, settle
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Json, Metric

_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two runs by their places, and the tasks that both ran."""

    a: int
    b: int
    tasks: tuple[str, ...]


def compare_runs(
    store: Store, first: RunRow, second: RunRow, *, margin: float | None = None, force: bool = False
) -> dict[str, Any]:
    """The comparison object of two runs of a store: B (the second) against A."""
    sides = [load_side(store, row) for row in (first, second)]
    return compare_sides(sides, Options(margin=margin, force=force))


def compare_sides(sides: Sequence[Side], options: Options) -> dict[str, Any]:
    """The comparison object: each run against the first, or all pairs.

    One entry under `comparisons` for each task that a pair has in common. Raises StoreError where
    two runs have no task in common, ConfigError where what they measured is not the same and
    `options.force` is off.
    """
    if len({side.row.id for side in sides}) < len(sides) or len(sides) < 2:
        raise ConfigError(
            "two different runs at least are compared.", hint="julja compare RUN_A RUN_B"
        )
    pairs = _pairs(sides, options)
    metrics = {
        task: metric_named(_first_with(sides, task), task, options.metric)
        for task in dict.fromkeys(task for pair in pairs for task in pair.tasks)
    }
    different = _check(sides, pairs, options)
    entries = [
        compare_task(
            task,
            metrics[task],
            sides[pair.a],
            sides[pair.b],
            options,
            shared=[d.task for p, d in different if p is pair and d.what == SAMPLE_SET],
        )
        for pair in pairs
        for task in pair.tasks
    ]
    method = chosen(options, sum(entry.p is not None for entry in entries))
    standings = _standings(sides, metrics, method, options)
    settle(entries, method, options, _max_t(pairs, standings, method))
    for entry in entries:
        add_answers(entry.json["flips"][: options.flips], entry.a, entry.b)
    suites = _suites(sides, pairs, options)
    told = _told(sides, pairs, entries, different, metrics)
    return {
        **({"a": _run_json(sides[0], 0), "b": _run_json(sides[1], 1)} if len(sides) == 2 else {}),
        "runs": [_run_json(side, place) for place, side in enumerate(sides)],
        "adjust": family(method, options, len(entries)),
        "margin": options.margin,
        "comparisons": [entry.json for entry in entries],
        "suites": suites,
        "standings": [standing_json(made, sides, method) for made in standings if len(sides) > 2],
        "differences": [item.to_json() for _, item in different],
        "warnings": told,
    }


def _run_json(side: Side, place: int) -> dict[str, Json]:
    return {"label": label(place), "run": side.row.id, "model": side.row.model}


def label(place: int) -> str:
    """A, B, …, Z, A1, B1, …: what a run is called beside its id."""
    lap, at = divmod(place, len(_LABELS))
    return _LABELS[at] + (str(lap) if lap else "")


def _first_with(sides: Sequence[Side], task: str) -> Side:
    """The run whose definition of a task counts: one that was run here, where there is one."""
    having = [side for side in sides if task in side.results]
    return next((side for side in having if "imported" not in side.row.config), having[0])


def _pairs(sides: Sequence[Side], options: Options) -> list[_Pair]:
    places = combinations(range(len(sides)), 2)
    wanted = [pair for pair in places if options.all_pairs or pair[0] == 0]
    known = dict.fromkeys(task for side in sides for task in side.results)
    for task in options.tasks:
        if task not in known:
            hint = did_you_mean(task, known) or f"They ran {', '.join(known)}."
            raise ConfigError(f"none of the runs has the task {task!r}.", hint=hint)
    found = []
    for a, b in wanted:
        common = tuple(_common(sides[a], sides[b], options.tasks))
        if not common:
            one, two = sides[a], sides[b]
            raise StoreError(
                f"the runs {one.row.id} and {two.row.id} have no task in common.",
                hint=f"{label(a)} ran {', '.join(one.tasks)};"
                f" {label(b)} ran {', '.join(two.tasks)}.",
            )
        found.append(_Pair(a, b, common))
    return found


def _common(a: Side, b: Side, wanted: Sequence[str]) -> list[str]:
    """The tasks of two runs; where none is in both, the subsets that are."""
    if wanted:
        return [name for name in wanted if name in a.results and name in b.results]
    tasks = [name for name in a.tasks if name in b.tasks]
    return tasks or [name for name in a.results if name in b.results]


def _check(
    sides: Sequence[Side], pairs: Sequence[_Pair], options: Options
) -> list[tuple[_Pair, Difference]]:
    """What makes results incomparable, of each pair; refused unless that is forced."""
    found = [
        (pair, item)
        for pair in pairs
        for task in pair.tasks
        for item in differences(task, sides[pair.a], sides[pair.b])
    ]
    if not options.force:
        refuse([item for _, item in found], [_name(pair) for pair, _ in found])
    return found


def _name(pair: _Pair) -> tuple[str, str]:
    return label(pair.a), label(pair.b)


def _standings(
    sides: Sequence[Side], metrics: Mapping[str, Metric], method: Adjust, options: Options
) -> list[Standing]:
    """Several runs on each task; of two only where max-T is asked for."""
    if len(sides) < 3 and method != "max-t":
        return []
    found = [standing(task, metric, sides, options) for task, metric in metrics.items()]
    return [made for made in found if made is not None]


def _max_t(
    pairs: Sequence[_Pair], standings: Sequence[Standing], method: Adjust
) -> list[float | None]:
    """Each entry's p by max-T over its task's pairs, times the number of tasks (Bonferroni)."""
    if method != "max-t":
        return []
    by_task = {made.task: made for made in standings}
    found: list[float | None] = []
    for pair in pairs:
        for task in pair.tasks:
            p = by_task[task].p_max_t(pair.a, pair.b) if task in by_task else None
            found.append(None if p is None else min(1.0, p * len(by_task)))
    return found


def _suites(
    sides: Sequence[Side], pairs: Sequence[_Pair], options: Options
) -> list[dict[str, Any]]:
    """The suites of each pair, adjusted among themselves: they sum up what the entries say."""
    from julja.run.comparison.verdicts import settle_suites

    found = [
        suite for pair in pairs for suite in compare_suites(sides[pair.a], sides[pair.b], options)
    ]
    settle_suites(found, options)
    return found


def _told(
    sides: Sequence[Side],
    pairs: Sequence[_Pair],
    entries: Sequence[Entry],
    different: Sequence[tuple[_Pair, Difference]],
    metrics: Mapping[str, Metric],
) -> list[str]:
    """What a reader of the numbers has to know."""
    told = [item.said(*_name(pair)) for pair, item in different]
    for pair in pairs:
        told += remarks(pair.tasks, sides[pair.a], sides[pair.b], *_name(pair))
    for entry in entries:
        if not entry.json["n"]:
            told.append(f"{entry.task}: {entry.json['test']}")
        lost = entry.json["lost"]
        if lost["a"] or lost["b"] or lost["both"]:
            what = f"{lost['a']} in A only, {lost['b']} in B only, {lost['both']:g} in both"
            told.append(
                f"{entry.task}: samples without a score: {what}; they are left out, and no verdict"
                " stands that they could turn"
            )
    for side in sides:
        if not side.result["complete"]:
            told.append(f"run {side.row.id} is not complete: `julja resume {side.row.id}`")
    return list(dict.fromkeys(told))
