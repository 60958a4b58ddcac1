"""`julja score RUN --as TASK`: the answers of an imported run, scored as a task of the catalogue.

    done = score_as(store.find_run("last"), "gsm8k", store, config)

What comes out is a run of its own, under the task's own ids, so that it is compared with any other
run of that task. The imported run stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.models.engine import Ability
from julja.run.execute import Done
from julja.run.exports import records_with_samples
from julja.run.match_log import Match, likelihood_rows, match_records
from julja.run.plan import Leaf
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Json, Record, Row, Sample

_RANKED: tuple[Ability, ...] = ("rank", "letter", "classify")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of answers as `julja score TASK --responses` takes them; `lost` have no use there."""

    rows: Sequence[Row]
    lost: int


def score_as(
    row: RunRow,
    store: Store,
    config: RunConfig,
    *,
    warn: Callable[[str], None] = lambda text: None,
) -> Done:
    """Score a run's recorded answers as the task of `config`; what fits no sample is told."""
    ranked = _is_ranked(store, row)
    if ranked is None:
        raise DataError(
            f"run {row.id} holds no answers that could be scored: its files had numbers alone.",
            hint=f"`julja show {row.id}` shows them.",
        )
    abilities: frozenset[Ability] = frozenset(_RANKED if ranked else ("generate",))
    if config.form is not None:
        abilities = frozenset({config.form})
    plan = make_plan(replace(config, shots=0), abilities, {"name": config.model})
    leaves = list(plan.leaves.values())
    made = match_records(_records(store, row, config.tasks[0]), leaves)
    content = _ranked_rows(made, leaves) if ranked else _written_rows(made)
    if content.lost:
        made.lost["have other choices"] += content.lost
    _tell(made, row, config, warn)
    if not content.rows:
        raise DataError(
            f"run {row.id}: none of its {sum(made.lost.values())} answers fits a sample of"
            f" {', '.join(config.tasks)}: {_reasons(made)}.",
            hint="Is it the same benchmark, of the same version? Its data: --data DIR",
        )
    told: dict[str, Json] = {
        "run": row.id,
        "matched": sum(made.how.values()) - content.lost,
        "by": dict(made.how),
        "lost": dict(made.lost),
        "other_targets": made.other_targets,
        "of": sum(len(leaf.samples) for leaf in leaves),
    }
    form = plan.tasks[0].kind if ranked else config.form
    done = score_responses(
        replace(config, form=form),
        Path(f"run {row.id}"),
        store,
        content=list(content.rows),
        origin={"responses": f"run {row.id}", "rescored": told},
        warn=warn,
    )
    _tell_unread(done, row, warn)
    done.result["rescored"] = told
    store.set_result(done.run, done.result)
    return done


def _records(store: Store, row: RunRow, task: str) -> Iterator[tuple[Record, Sample | None]]:
    """The run's records; of the task alone, where it has one of that name among others."""
    name = task.partition(":")[0]
    own = {one for one in row.tasks if one == name or one.startswith(f"{name}/")}
    for record, sample in records_with_samples(store, row, shareable=False):
        if not own or record.task in own:
            yield record, sample


def check_imported(row: RunRow, task: str) -> None:
    """Refuse a run that julja made itself: its own definition scores it again."""
    if "imported" not in row.config:
        raise ConfigError(
            f"run {row.id} was not imported: it is scored again as what it is.",
            hint=f"julja score {row.id}",
        )
    if not task:
        raise ConfigError("--as names no task.", hint="julja score RUN --as gsm8k")


def _is_ranked(store: Store, row: RunRow) -> bool | None:
    """True for likelihoods, False for texts, None where there are no answers at all."""
    for outcome in store.outcomes(row.id):
        exchange = store.exchange(outcome.key) if outcome.key else None
        if exchange is not None:
            return bool(exchange[1].choices)
    return None


def _written_rows(made: Match) -> _Rows:
    rows = [
        {"id": f"{leaf}/{sample}", "response": [_text(record) for record in _in_order(records)]}
        for (leaf, sample), records in made.found.items()
    ]
    return _Rows(rows, 0)


def _in_order(records: Sequence[Record]) -> list[Record]:
    return sorted(records, key=lambda record: record.epoch)


def _text(record: Record) -> str:
    return record.response.text if record.response else ""


def _ranked_rows(made: Match, leaves: Sequence[Leaf]) -> _Rows:
    samples = {(leaf.name, sample.id): sample for leaf in leaves for sample in leaf.samples}
    rows: list[Row] = []
    lost = 0
    for place, records in made.found.items():
        found = likelihood_rows(samples[place], records[0])
        if found is None:
            lost += len(records)
            continue
        lost += len(records) - 1
        rows.append({"id": "/".join(place), "choices": list(found)})
    return _Rows(rows, lost)


def _tell(made: Match, row: RunRow, config: RunConfig, warn: Callable[[str], None]) -> None:
    found = sum(made.how.values())
    ways = ", ".join(f"{count} by {how}" for how, count in made.how.items())
    if found:
        warn(f"run {row.id}: {found} answers fit samples of {', '.join(config.tasks)} ({ways})")
    if made.lost:
        warn(f"run {row.id}: {sum(made.lost.values())} answers are left out: {_reasons(made)}")
    if made.other_targets:
        warn(
            f"run {row.id}: {made.other_targets} of the matched samples have another right answer"
            " in the log; the benchmark's own counts"
        )


def _tell_unread(done: Done, row: RunRow, warn: Callable[[str], None]) -> None:
    """A log whose prompt asked for another form of answer gives a number that means nothing."""
    for part in done.result["results"]:
        counts = part["counts"]
        if counts["unparsed"] * 2 > counts["total"]:
            warn(
                f"run {row.id}: {counts['unparsed']} of {counts['total']} answers can't be read as"
                f" {part['task']} asks for them: the log's prompt asked for another form, and the"
                " number says nothing of the model"
            )


def _reasons(made: Match) -> str:
    return "; ".join(
        f"{count} {why}" + (f" (first: {made.examples[why]})" if why in made.examples else "")
        for why, count in made.lost.items()
    )
