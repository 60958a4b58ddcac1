"""Makes a run's plan: what is wrong with the user's words is found here, before any cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from julja.config import RunConfig
from julja.errors import (
    ConfigError,
    JuljaError,
    MissingDataError,
    SandboxError,
    ScoringError,
    TaskError,
)
from julja.models.engine import Ability
from julja.run.catalog import RUN_OPTIONS, Resolved, resolve, suite_named
from julja.run.corrupt import check_pictures, corrupted_samples
from julja.run.forms import choose_form, judged_task, with_decoding
from julja.run.plan import Absent, Leaf, Plan, TaskPlan
from julja.run.rows import load_pool, load_subsets, split_of
from julja.run.signing import judge_identity, run_signature, task_signature
from julja.scoring.judge.base import is_judged
from julja.signature import digest
from julja.tasks.build import build_samples, limit_samples
from julja.tasks.task import Task
from julja.types import Json, Sample


def make_plan(
    config: RunConfig,
    abilities: frozenset[Ability],
    identity: Mapping[str, str],
    *,
    resolved: Sequence[Resolved] | None = None,
    judges: Mapping[str, Mapping[str, str]] | None = None,
) -> Plan:
    """Settle a run. All that can be wrong with the user's words is found here, before any cost.

    `judges` are the identities of the judges by name: who judges can change a score.
    """
    _ = config.mirror  # a folder that isn't there is told at once, whatever the task
    found = list(resolved) if resolved is not None else []
    if resolved is None:
        for text in config.tasks:
            found += resolve(text, trust=config.trust)
    if not found:
        raise ConfigError("no task was named.", hint="Try `julja run starter -m …`.")
    if judges:
        found = [replace(item, task=judged_task(item.task, config, found)) for item in found]
        identity = {**identity, **judge_identity(judges)}
    plans, absent = _plan_all(found, config, abilities, identity)
    seen: set[str] = set()
    for plan in plans:
        for leaf in plan.leaves:
            if leaf.name in seen:
                raise ConfigError(f"the task {leaf.name} was named twice.")
            seen.add(leaf.name)
    return Plan(config, tuple(plans), run_signature(plans, config), tuple(absent))


def _plan_all(
    found: Sequence[Resolved],
    config: RunConfig,
    abilities: frozenset[Ability],
    identity: Mapping[str, str],
) -> tuple[list[TaskPlan], list[Absent]]:
    """A plan of each task; a suite goes on without a member whose data can't be had.

    One without a score goes on without whatever can't be run: a task that the model has no ability
    for, or whose scorer lacks a library.
    """
    plans: list[TaskPlan] = []
    absent: list[Absent] = []
    first: JuljaError | None = None
    for item in found:
        lenient = item.suite is not None and not suite_named(item.suite).score
        try:
            plan = _plan_leniently if lenient else _plan_task
            plans.append(plan(item, config, abilities, identity))
        except (MissingDataError, ConfigError, SandboxError, ScoringError) as error:
            if item.suite is None or not (lenient or isinstance(error, MissingDataError)):
                raise
            first = first or error
            absent.append(Absent(item.suite, item.task.name, str(error)))
    if first is not None and not plans:
        raise first
    return plans, absent


def _plan_leniently(
    item: Resolved,
    config: RunConfig,
    abilities: frozenset[Ability],
    identity: Mapping[str, str],
) -> TaskPlan:
    """A plan that asks without exemplars where these can't be had, and whose scorer is ready."""
    try:
        plan = _plan_task(item, config, abilities, identity)
    except MissingDataError:
        if config.shots is not None:
            raise
        unshot = _plan_task(item, replace(config, shots=0), abilities, identity)
        plan = replace(unshot, lacks_exemplars=True)
    _check_scorer(plan, config)
    return plan


def _plan_task(
    item: Resolved,
    config: RunConfig,
    abilities: frozenset[Ability],
    identity: Mapping[str, str],
) -> TaskPlan:
    config = _with_options(config, item.spec.options)
    task = item.task
    kind = choose_form(task, config.form, abilities, item.subset)
    form = with_decoding(task.forms[kind], config)
    shots = form.shots if config.shots is None else config.shots
    epochs = config.epochs or task.epochs
    seed = config.seed or 0
    loaded, missing = load_subsets(item, config, kind)
    leaves: list[Leaf] = []
    for subset, rows in loaded:
        samples = build_samples(task, rows.rows, split=split_of(task, subset), origin=rows.origin)
        if "images" not in abilities and any(sample.media for sample in samples):
            raise ConfigError(
                f"{task.name} shows pictures, and this model takes text alone.",
                hint="`julja doctor -m MODEL` shows what a model can do.",
            )
        if task.recipes:
            check_pictures(task, samples)
        pool = load_pool(task, subset, config, shots)
        for part, members in _parts(task, subset, samples, item.subset):
            leaves.append(
                Leaf(
                    name=f"{task.name}/{part}" if part else task.name,
                    subset=part,
                    task=task,
                    kind=kind,
                    form=form,
                    samples=members,
                    pool=pool,
                    shots=shots,
                    epochs=epochs,
                    seed=seed,
                    source=digest([task.name, task.version, part, rows.sha256, task.params], 8),
                    decode_seed=config.seed,
                    drawn=_drawn(task, part),
                )
            )
    if item.subset and not leaves:
        raise TaskError(f"{task.name} has no subset {item.subset!r}.")
    leaves = _limited(task.clean or task.name, leaves, config.limit)
    if task.recipes:
        leaves = [replace(leaf, samples=corrupted_samples(task, leaf.samples)) for leaf in leaves]
    hashes = {str(subset): rows.sha256 for subset, rows in loaded}
    return TaskPlan(
        name=f"{task.name}/{item.subset}" if item.subset else task.name,
        spec=item.spec.text,
        task=task,
        kind=kind,
        form=form,
        leaves=tuple(leaves),
        missing=tuple(missing),
        origins=tuple(dict.fromkeys(rows.origin for _, rows in loaded)),
        signature=task_signature(task, kind, form, shots, epochs, config, hashes, identity),
        suite=item.suite,
    )


def _with_options(config: RunConfig, options: Mapping[str, Json]) -> RunConfig:
    own = {key: value for key, value in options.items() if key in RUN_OPTIONS}
    return replace(config, **own) if own else config


def _parts(
    task: Task, subset: str | None, samples: list[Sample], wanted: str | None
) -> list[tuple[str | None, list[Sample]]]:
    """Sort the samples of one file into subsets where the task says so."""
    if task.subset_of is None:
        return [(subset, samples)]
    parts: dict[str | None, list[Sample]] = {}
    for sample in samples:
        parts.setdefault(task.subset_of(sample), []).append(sample)
    return [(name, part) for name, part in parts.items() if wanted in (None, name)]


def _drawn(task: Task, part: str | None) -> str:
    if not task.clean:
        return ""
    return f"{task.clean}/{part}" if part else task.clean


def _limited(task: str, leaves: list[Leaf], limit: int | None) -> list[Leaf]:
    pairs = [(leaf.drawn or leaf.name, sample) for leaf in leaves for sample in leaf.samples]
    kept = limit_samples(task, pairs, limit)
    if kept is None:
        return leaves
    cut = [
        replace(leaf, samples=[s for s in leaf.samples if (leaf.drawn or leaf.name, s.id) in kept])
        for leaf in leaves
    ]
    return [leaf for leaf in cut if leaf.samples]


def check_scorers(plan: Plan) -> None:
    """Raise, before anything is asked, when a scorer lacks what it needs."""
    for task in plan.tasks:
        _check_scorer(task, plan.config)


def _check_scorer(task: TaskPlan, config: RunConfig) -> None:
    ready = getattr(task.scorer, "ready", None)
    if ready is not None:
        ready()
    if is_judged(task.scorer) and not config.judges:
        raise ConfigError(
            f"{task.name} is scored by a judge, and none was named.",
            hint="Name one with --judge MODEL (several make a jury).",
        )
