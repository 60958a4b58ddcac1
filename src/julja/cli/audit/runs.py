"""The runs of a store as tables of scores: one for each task, of each model's last complete run."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from julja.cli.common import open_store
from julja.errors import JuljaError, StoreError, did_you_mean

if TYPE_CHECKING:
    from julja.audit.scores.table import ScoreTable
    from julja.store.rows import RunRow
    from julja.store.sqlite import Store

# (leaf, sample) -> (its value, what it shares with others)
Samples = Mapping[tuple[str, str], tuple[float, str]]


@dataclass(frozen=True, slots=True)
class _Result:
    """One model's result on a task, and its samples where they add up to it."""

    table: "ScoreTable"
    samples: Samples | None


def run_tables(store: str | None, tasks: Sequence[str], seed: int = 0) -> list["ScoreTable"]:
    """The tables of a store's runs; of several `tasks` only those.

    A task in another form, with other shots or of another version is another table. Raises
    StoreError for a task that no run has, and where no run is complete.
    """
    from julja.audit.scores.read import run_tables as tables_of
    from julja.run.execute import show_result

    parts: dict[str, dict[str, _Result]] = {}
    left_out: list[str] = []
    known: dict[str, None] = {}
    opened = open_store(store, must_exist=True)
    try:
        for row in sorted(opened.runs(), key=lambda row: row.created):
            try:
                result = show_result(row, opened)
            except JuljaError:
                # Its task's definition has gone, and its result was never made.
                left_out.append(row.id)
                continue
            known.update(dict.fromkeys(task["task"] for task in result["results"]))
            wanted = [task for task in result["results"] if not tasks or task["task"] in tasks]
            if wanted and not result["complete"]:
                left_out.append(row.id)
                continue
            for task in wanted:
                for table in tables_of({**result, "results": [task]}):
                    found = _Result(table, _samples(opened, row, task))
                    parts.setdefault(table.name, {})[table.models[0]] = found
    finally:
        opened.close()
    missing = [task for task in tasks if task not in known]
    if missing:
        raise StoreError(
            f"no run of the store has the task {missing[0]!r}.",
            hint=did_you_mean(missing[0], known) or f"There are {', '.join(known)}.",
        )
    if not parts:
        raise StoreError("the store has no complete run.", hint="julja list runs")
    remarks = [f"runs without a complete result are left out: {', '.join(left_out)}"]
    return [
        _table(name, list(models.values()), remarks if left_out else [], seed)
        for name, models in parts.items()
    ]


def _samples(store: "Store", row: "RunRow", task: Mapping[str, Any]) -> Samples | None:
    """Each sample's value of the primary metric; None where their mean is not the task's result.

    It is not for a corpus metric, a weighted one, or a mean over subsets.
    """
    name, metric = next(iter(task["metrics"].items()))
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    leaf = task["task"]
    for score in store.score_rows(row.id, row.scoring):
        if (score.task == leaf or score.task.startswith(f"{leaf}/")) and name in score.values:
            values[score.task, score.sample].append(score.values[name])
    means = {key: fmean(found) for key, found in values.items()}
    if not means or abs(fmean(means.values()) - metric["value"]) > 1e-9:
        return None
    sources = {outcome.task: outcome.source for outcome in store.outcomes(row.id)}
    found = {}
    for (part, sample), value in means.items():
        kept = store.sample(sources[part], sample) if part in sources else None
        found[part, sample] = (value, f"{part}/{kept.cluster if kept and kept.cluster else sample}")
    return found


def _table(
    name: str, results: Sequence[_Result], remarks: Sequence[str], seed: int
) -> "ScoreTable":
    """The models' results in one table; `others` has draws over samples where all have those."""
    import numpy as np

    from julja.audit.scores.prompts import PromptScores, prompt_table

    plain = merged(name, [result.table for result in results], remarks)
    samples = [result.samples for result in results]
    if any(found is None for found in samples):
        return plain
    clusters: dict[str, int] = {}
    for found in samples:
        for _, cluster in (found or {}).values():
            clusters.setdefault(cluster, len(clusters))
    sums, counts = np.zeros((2, len(results), len(clusters)))
    for place, found in enumerate(samples):
        for value, cluster in (found or {}).values():
            sums[place, clusters[cluster]] += value
            counts[place, clusters[cluster]] += 1
    squares = [sum(value**2 for value, _ in (found or {}).values()) for found in samples]
    if min((counts > 0).sum(axis=1)) < 2:
        return plain
    scores = PromptScores(plain.models, sums, counts, np.array(squares))
    drawn = prompt_table(scores, name, seed=seed)
    unit = "cluster of samples" if (counts > 1).any() else "sample"
    # The results' own intervals first: they mind models that are right, or wrong, on every sample.
    return replace(plain, others=(replace(drawn, unit=unit),))


def merged(name: str, tables: Sequence["ScoreTable"], remarks: Sequence[str] = ()) -> "ScoreTable":
    """Tables of one model each as one."""
    from julja.audit.scores.table import ScoreTable

    def column(values: str) -> dict[str, float]:
        return {table.models[0]: float(getattr(table, values)[0]) for table in tables}

    return ScoreTable.of(
        name,
        column("score"),
        lower=column("lower"),
        upper=column("upper"),
        stderr=column("stderr"),
        level=tables[0].level,
        unit=" or ".join(sorted({table.unit for table in tables})),
        remarks=remarks,
        how="as in the results",
    )
