"""Runs, resumes and re-scores: the flow of the whole product on one screen."""

import contextlib
import fcntl
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from julja.config import RunConfig
from julja.errors import ConfigError
from julja.models.engine import Ability, Engine
from julja.models.prices import load_prices
from julja.models.registry import EngineOptions, open_engine
from julja.run.catalog import Resolved
from julja.run.judging import Panel, has_judged, judge_missing, open_panel
from julja.run.metering import check_energy, kept_energy, metered
from julja.run.plan import Plan
from julja.run.planning import check_scorers, make_plan
from julja.run.progress import Progress
from julja.run.results import build_result
from julja.run.schedule import Schedule, score_safely
from julja.run.stopping import Finished, Stop, stop_code
from julja.scoring.judge.base import is_judged
from julja.store.rows import Outcome, RunRow, RunStatus
from julja.store.sqlite import Store
from julja.types import Json


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a run: its result object, and why it stopped early if it did."""

    # asyncio writes a finished task, with what it returned, into an error that nobody sees: for
    # 50,000 samples that took longer than their scores.
    run: str
    result: dict[str, Any] = field(repr=False)
    stop: Stop | None
    reason: str
    plan: Plan = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done; 1 failed; 3 finished with errors over the limit; 130 interrupted."""
        if (code := stop_code(self.stop)) is not None:
            return code
        return 0 if self.result["complete"] else 3


def open_model(config: RunConfig) -> Engine:
    """The engine that a configuration names."""
    options = EngineOptions(
        base_url=config.base_url,
        api=config.api,  # type: ignore[arg-type]
        timeout_s=config.timeout_s,
        max_connections=config.max_connections,
        extra=config.model_args,
    )
    return open_engine(config.model, options)


def new_run_id() -> str:
    """An id that sorts by time and never repeats: 20261123-101502-k3f9."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    tail = "".join(secrets.choice(alphabet) for _ in range(4))
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{tail}"


async def start(
    config: RunConfig,
    store: Store,
    *,
    resolved: Sequence[Resolved] | None = None,
    engine: Engine | None = None,
    on_plan: Callable[[str, Plan, Engine], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Done:
    """Plan a run, enter it into the store, and work it off."""
    check_energy(config)
    engine = engine or open_model(config)
    run = new_run_id()
    panel = open_panel(config, store, salt=run if config.no_cache else "")
    try:
        plan = make_plan(
            config,
            engine.abilities,
            engine.identity,
            resolved=resolved,
            judges=panel.identities,
        )
        check_scorers(plan)
        names = [task.name for task in plan.tasks]
        stored = _stored(config, engine, panel)
        with _only_one(store, run):
            store.add_run(run, config.model, names, plan.signature, stored)
            if on_plan is not None:
                on_plan(run, plan, engine)
            return await _work(plan, engine, panel, store, run, 0, on_progress)
    finally:
        await panel.close()
        await engine.close()


async def resume(
    row: RunRow,
    store: Store,
    *,
    changes: Mapping[str, Json] | None = None,
    on_plan: Callable[[str, Plan, Engine], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Done:
    """Ask for what a stopped run still lacks; `changes` are settings that can't alter a prompt."""
    config = replace(run_config(row), **(changes or {}))
    check_energy(config)
    engine = open_model(config)
    panel = open_panel(config, store, salt=row.id if config.no_cache else "")
    try:
        plan = make_plan(config, engine.abilities, engine.identity, judges=panel.identities)
        if plan.signature != row.signature:
            raise ConfigError(
                f"run {row.id} can't be resumed: the data, the benchmark, the model or julja itself"
                f" changed since it began.\n  then: {row.signature}\n  now:  {plan.signature}",
                hint="Start a new run; answers to unchanged prompts come from the cache.",
            )
        check_scorers(plan)
        with _only_one(store, row.id):
            store.set_config(row.id, _stored(config, engine, panel) | kept_energy(row))
            store.set_status(row.id, "running")
            if on_plan is not None:
                on_plan(row.id, plan, engine)
            return await _work(plan, engine, panel, store, row.id, row.scoring, on_progress)
    finally:
        await panel.close()
        await engine.close()


async def _work(
    plan: Plan,
    engine: Engine,
    panel: Panel,
    store: Store,
    run: str,
    scoring: int,
    on_progress: Callable[[Progress], None] | None,
) -> Done:
    began = time.monotonic()
    prices = load_prices(Path(plan.config.prices) if plan.config.prices else None)
    schedule = Schedule(
        plan, engine, store, run, prices=prices, scoring=scoring, on_progress=on_progress
    )
    try:
        with metered(plan.config, store, run) as energy:
            finished = await schedule.run()
        _score_outcomes(plan, store, store.unscored(run, scoring), scoring)
        if finished.stop is None and has_judged(plan):
            finished = await judge_missing(
                plan, store, run, scoring, panel, on_progress=on_progress
            )
    except BaseException:
        store.set_status(run, "failed", time.monotonic() - began)
        raise
    store.set_status(run, _status(finished), time.monotonic() - began)
    result = build_result(store, run, plan, finished=finished.stop is None)
    store.set_result(run, result)
    # An engine notes what it had to change to be answered at all (a refused temperature).
    notes = tuple(dict.fromkeys((*getattr(engine, "notes", ()), *energy.notes)))
    return Done(run, result, finished.stop, finished.reason, plan, notes)


def _status(finished: Finished) -> RunStatus:
    if finished.stop is None:
        return "done"
    return "failed" if finished.stop == "failing" else "interrupted"


def _stored(config: RunConfig, engine: Engine, panel: Panel) -> dict[str, Json]:
    """What the store keeps of a run's making: enough to plan it again without any model."""
    return {
        "config": config.to_json(),
        "abilities": sorted(engine.abilities),
        "identity": dict(engine.identity),
        "judges": {name: dict(identity) for name, identity in panel.identities.items()},
    }


def run_config(row: RunRow) -> RunConfig:
    """The configuration that a run was started with."""
    return RunConfig.from_json(row.config["config"])


def plan_of(row: RunRow) -> Plan:
    """A run's plan, made again without its model."""
    if "imported" in row.config:
        raise ConfigError(
            f"run {row.id} was imported from {row.config['imported']['from']}: its answers were"
            " scored there, and julja has no definition of its tasks to do it again.",
            hint=f"`julja score {row.id} --as TASK` scores its answers as a task of julja's own.",
        )
    if "responses" in row.config:
        from julja.run.responses import plan_responses

        return plan_responses(row)
    abilities: frozenset[Ability] = frozenset(row.config["abilities"])
    judges = row.config.get("judges", {})
    return make_plan(run_config(row), abilities, row.config["identity"], judges=judges)


def rescore(
    row: RunRow,
    store: Store,
    *,
    changes: Mapping[str, Json] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """Score every stored response of a run again; the earlier scores are kept beside.

    `changes` are settings of the scoring: other judges, another rubric.
    """
    import asyncio

    config = {**row.config, "config": {**row.config["config"], **(changes or {})}}
    return asyncio.run(_rescore(replace(row, config=config), store, on_progress))


async def _rescore(
    row: RunRow, store: Store, on_progress: Callable[[Progress], None] | None
) -> dict[str, Any]:
    if "imported" in row.config:
        plan_of(row)  # says why not
    panel = open_panel(RunConfig.from_json(row.config["config"]), store)
    try:
        judges = {name: dict(identity) for name, identity in panel.identities.items()}
        row = replace(row, config={**row.config, "judges": judges})
        plan = plan_of(row)
        check_scorers(plan)
        scoring = row.scoring + 1
        outcomes = [outcome for outcome in store.outcomes(row.id) if outcome.key is not None]
        _score_outcomes(plan, store, outcomes, scoring)
        store.set_config(row.id, row.config)
        store.set_signature(row.id, plan.signature)
        store.use_scoring(row.id, scoring)
        stop = None
        if has_judged(plan):
            found = await judge_missing(
                plan, store, row.id, scoring, panel, on_progress=on_progress
            )
            stop = found.stop
        result = build_result(store, row.id, plan, finished=row.status == "done" and not stop)
        store.set_result(row.id, result)
        return result
    finally:
        await panel.close()


def _score_outcomes(plan: Plan, store: Store, outcomes: Sequence[Outcome], scoring: int) -> None:
    def score(outcome: Outcome) -> None:
        leaf = plan.leaves.get(outcome.task)
        exchange = store.exchange(outcome.key) if outcome.key else None
        sample = store.sample(outcome.source, outcome.sample)
        if leaf is None or exchange is None or sample is None:
            return
        if is_judged(leaf.form.scorer) and leaf.form.scorer.needs_judge(exchange[1]):
            return
        result = score_safely(leaf.form.scorer, sample, exchange[1])
        store.add_score(outcome, result, scoring, sealed=sample.confidential)

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(score, outcomes))
    store.flush()


def show_result(row: RunRow, store: Store) -> dict[str, Any]:
    """A run's result: the kept one, or made from the records of a run that was killed."""
    kept = store.result(row.id)
    if kept is not None:
        return dict(kept)
    return build_result(store, row.id, plan_of(row), finished=row.status == "done")


@contextlib.contextmanager
def _only_one(store: Store, run: str) -> Iterator[None]:
    """Refuse to work on one run from two processes; a killed process frees its lock."""
    path = Path(tempfile.gettempdir()) / f"julja-{run}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another process is working on run {run}.", hint="Wait for it, or stop it."
            ) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
