"""What a run will do, settled before the first request: samples, forms, shots, signatures.

A plan is a pure consequence of the configuration, the data and the engine's abilities: resuming
makes the same plan again and asks only for what is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from julja import __version__
from julja.config import RunConfig
from julja.data.load import Rows, load, split_name
from julja.errors import (
    ConfigError,
    JuljaError,
    MissingDataError,
    SandboxError,
    ScoringError,
    TaskError,
)
from julja.models.engine import Ability
from julja.run.catalog import Resolved, resolve, suite_named
from julja.run.corrupt import check_pictures, corrupted_samples
from julja.scoring.judge.base import Judged, is_judged
from julja.scoring.judge.single import REPEATS, judge
from julja.signature import digest, sign
from julja.tasks.build import build_samples, limit_samples
from julja.tasks.render import ENCODED, make_request, pick_exemplars
from julja.tasks.task import Form, Generated, Task
from julja.types import FormName, Json, Message, Prompt, Request, Sample, Scorer, Source


@dataclass(frozen=True, slots=True)
class Leaf:
    """The unit of records: one task, or one subset of it, with its samples in order.

    Exemplars and the samples of a limit are drawn by the name `drawn`, where it isn't the leaf's:
    corrupted pictures are drawn as clean ones are.
    """

    name: str
    subset: str | None
    task: Task
    kind: FormName
    form: Form
    samples: Sequence[Sample]
    pool: Sequence[Sample]
    shots: int
    epochs: int
    seed: int
    source: str
    decode_seed: int | None = None
    drawn: str = ""

    def exemplars(self, sample: Sample) -> tuple[Sample, ...]:
        """The few-shot exemplars of one sample: the same under any limit, order or sharding."""
        if self.task.recipes:
            sample = replace(sample, id=sample.fields["clean_id"])
        return pick_exemplars(
            self.pool,
            sample,
            self.shots,
            task=self.drawn or self.name,
            seed=self.seed,
            pick=self.form.pick or self.task.pick,
        )

    def follow_ups(self, sample: Sample) -> Sequence[str]:
        """What the user says after each answer but the last; nothing where there is one turn."""
        return self.form.turns(sample) if self.form.turns is not None else ()

    def request(self, sample: Sample, epoch: int, earlier: Sequence[str] = ()) -> Request:
        """What is asked for one sample in one epoch, after some earlier answers to it."""
        decoding = self.form.decoding
        if self.form.longest is not None:
            decoding = replace(decoding, max_tokens=self.form.longest(sample))
        if self.form.temperature is not None:
            decoding = replace(decoding, temperature=self.form.temperature(sample))
        if self.decode_seed is not None:
            decoding = replace(decoding, seed=self.decode_seed + epoch)
        request = make_request(
            self.kind, self.form, sample, self.exemplars(sample), decoding, epoch
        )
        if not earlier:
            return request
        messages = list(request.prompt.messages)
        for answer, said in zip(earlier, self.follow_ups(sample), strict=False):
            messages += [Message("assistant", answer), Message("user", said)]
        return replace(request, prompt=Prompt(tuple(messages)))


@dataclass(frozen=True)
class TaskPlan:
    """One task of a run: its leaves, and what could not be had."""

    name: str
    spec: str
    task: Task
    kind: FormName
    form: Form
    leaves: tuple[Leaf, ...]
    missing: tuple[str, ...]
    origins: tuple[str, ...]
    signature: str
    suite: str | None = None
    lacks_exemplars: bool = False

    @property
    def scorer(self) -> Scorer:
        """The scorer of the chosen form."""
        return self.form.scorer


@dataclass(frozen=True, slots=True)
class Absent:
    """A task of a suite whose data are nowhere: the rest of the suite is run without it."""

    suite: str
    task: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """A run, complete."""

    config: RunConfig
    tasks: tuple[TaskPlan, ...]
    signature: str
    absent: tuple[Absent, ...] = ()

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """All leaves by name."""
        return {leaf.name: leaf for task in self.tasks for leaf in task.leaves}

    @property
    def total(self) -> int:
        """The number of records that a whole run has."""
        return sum(len(leaf.samples) * leaf.epochs for leaf in self.leaves.values())

    def items(self) -> Iterator[tuple[Leaf, Sample, int]]:
        """Every (leaf, sample, epoch), samples before epochs so that all are seen once early."""
        for leaf in self.leaves.values():
            for epoch in range(leaf.epochs):
                for sample in leaf.samples:
                    yield leaf, sample, epoch


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
        identity = {**identity, **_judge_identity(judges)}
    plans, absent = _plan_all(found, config, abilities, identity)
    seen: set[str] = set()
    for plan in plans:
        for leaf in plan.leaves:
            if leaf.name in seen:
                raise ConfigError(f"the task {leaf.name} was named twice.")
            seen.add(leaf.name)
    return Plan(config, tuple(plans), _run_signature(plans, config), tuple(absent))


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


def _plan_task(
    item: Resolved,
    config: RunConfig,
    abilities: frozenset[Ability],
    identity: Mapping[str, str],
) -> TaskPlan:
    config = _with_options(config, item.spec.options)
    task = item.task
    kind = choose_form(task, config.form, abilities, item.subset)
    form = _with_decoding(task.forms[kind], config)
    shots = form.shots if config.shots is None else config.shots
    epochs = config.epochs or task.epochs
    seed = config.seed or 0
    loaded, missing = _load_subsets(item, config, kind)
    leaves: list[Leaf] = []
    for subset, rows in loaded:
        samples = build_samples(task, rows.rows, split=_split(task, subset), origin=rows.origin)
        if "images" not in abilities and any(sample.media for sample in samples):
            raise ConfigError(
                f"{task.name} shows pictures, and this model takes text alone.",
                hint="`julja doctor -m MODEL` shows what a model can do.",
            )
        if task.recipes:
            check_pictures(task, samples)
        pool = _pool(task, subset, config, shots)
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
        signature=_task_signature(task, kind, form, shots, epochs, config, hashes, identity),
        suite=item.suite,
    )


def _judge_identity(judges: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"judge {name}: {key}": value
        for name, identity in judges.items()
        for key, value in sorted(identity.items())
    }


def judged_task(task: Task, config: RunConfig, all_tasks: Sequence[Resolved]) -> Task:
    """A task as the run's judges score it.

    Judged scorers are asked as often as the user says. Other tasks keep their own scorers, unless a
    rubric was named or no task of the run is judged: judges then grade the written answers.
    """
    forms = dict(task.forms)
    for kind, form in forms.items():
        if isinstance(form.scorer, Judged) and config.judge_repeats:
            args = {**form.scorer.args, "repeats": config.judge_repeats}
            again = replace(form.scorer, repeats=config.judge_repeats, args=args)
            forms[kind] = replace(form, scorer=again)
    if _has_judge(task) or (config.rubric is None and any(_has_judge(i.task) for i in all_tasks)):
        return replace(task, forms=forms)
    written = forms.get("generate")
    if written is None:
        raise ConfigError(
            f"{task.name} has no written answers that a judge could grade.",
            hint=f"Its forms are {', '.join(forms)}.",
        )
    scorer = judge(rubric=config.rubric or "auto", repeats=config.judge_repeats or REPEATS)
    return replace(task, forms={"generate": replace(written, scorer=scorer)}, submission=None)


def _has_judge(task: Task) -> bool:
    return any(is_judged(form.scorer) for form in task.forms.values())


def _with_options(config: RunConfig, options: Mapping[str, Json]) -> RunConfig:
    from julja.run.catalog import RUN_OPTIONS

    own = {key: value for key, value in options.items() if key in RUN_OPTIONS}
    return replace(config, **own) if own else config


def choose_form(
    task: Task, wanted: FormName | None, abilities: frozenset[Ability], subset: str | None = None
) -> FormName:
    """The form to use: the wanted one, else the task's first that the engine can answer.

    A form that can't ask for the wanted subset is passed over.
    """
    can = [
        name
        for name, form in task.forms.items()
        if name in abilities and (name == wanted or _can_ask(form, subset))
    ]
    if wanted is not None:
        if wanted not in task.forms:
            raise ConfigError(
                f"{task.name} has no {wanted} form.", hint=f"It has {', '.join(task.forms)}."
            )
        if wanted not in can:
            raise ConfigError(
                f"the model can't answer the {wanted} form (it can {_list(abilities)}).",
                hint=f"Leave --form out, or use {_list(can)}." if can else None,
            )
        return wanted
    if can:
        return can[0]
    needs = " or ".join(task.forms)
    why = " It needs log-likelihoods of whole answers." if "rank" in task.forms else ""
    raise ConfigError(
        f"{task.name} needs a model that can {needs}; this one can {_list(abilities)}.{why}",
        hint="`julja doctor -m MODEL` shows what a model can do.",
    )


def _can_ask(form: Form, subset: str | None) -> bool:
    """Whether a form has a subset; a part of one (`name/part`) counts as it."""
    if subset is None or not form.subsets:
        return True
    return subset in form.subsets or subset.partition("/")[0] in form.subsets


def _list(abilities: Sequence[str] | frozenset[Ability]) -> str:
    return ", ".join(sorted(set(abilities) - {"chat", "images"})) or "nothing"


def _with_decoding(form: Form, config: RunConfig) -> Form:
    decoding = form.decoding
    if config.max_tokens is not None:
        decoding = replace(decoding, max_tokens=config.max_tokens)
        form = replace(form, longest=None)
    if config.temperature is not None:
        decoding = replace(decoding, temperature=config.temperature)
        form = replace(form, temperature=None)
    if config.top_p is not None:
        decoding = replace(decoding, top_p=config.top_p)
    return replace(form, decoding=decoding)


def _split(task: Task, subset: str | None) -> str:
    return split_name(task.rows, subset) if isinstance(task.rows, Source) else "test"


def load_rows(task: Task, rows: Json, subset: str | None, config: RunConfig) -> Rows:
    """The rows of a task's source, wherever they are."""
    if isinstance(rows, Source):
        benchmark = task.mirror or task.name
        rows = replace(rows, confidential=task.confidential)
        mirror = config.mirror
        loaded = load(rows, benchmark=benchmark, name=task.name, subset=subset, mirror=mirror)
        if task.attached and rows.split == _split(task, subset):
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


def _load_subsets(
    item: Resolved, config: RunConfig, kind: FormName
) -> tuple[list[tuple[str | None, Rows]], list[str]]:
    """The rows of each wanted subset, and the names of subsets whose data are nowhere."""
    task = item.task
    if not task.subsets:
        return [(None, load_rows(task, task.rows, None, config))], []
    able = task.forms[kind].subsets or task.subsets
    if task.unlisted is None and not _can_ask(task.forms[kind], item.subset):
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


def _pool(task: Task, subset: str | None, config: RunConfig, shots: int) -> Sequence[Sample]:
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


def _task_signature(
    task: Task,
    kind: FormName,
    form: Form,
    shots: int,
    epochs: int,
    config: RunConfig,
    hashes: Mapping[str, str],
    identity: Mapping[str, str],
) -> str:
    decoding = form.decoding
    parts = {
        "task": f"{task.name}.{task.version}",
        "form": kind,
        "shots": shots,
        "epochs": epochs if epochs > 1 else None,
        "limit": config.limit,
        "seed": config.seed,
        "temperature": _temperature(form) if kind == "generate" else None,
        "max_tokens": decoding.max_tokens if kind == "generate" else None,
        "data": digest(dict(hashes), 4),
        "model": identity.get("name") or config.model,
        "judge": "+".join(config.judges) if is_judged(form.scorer) else None,
    }
    hidden = [
        dict(identity),
        hashes,
        [form.prompt, form.answer, form.header, form.separator, form.system],
        *([[form.contexts, form.unconditional, form.rolling]] if kind == "rank" else []),
        *([form.inputs] if kind in ENCODED else []),
        *([form.longest] if form.longest else []),
        *([form.turns] if form.turns else []),
        *([form.temperature] if form.temperature else []),
        *([form.cut] if form.cut != "left" else []),
        [decoding.top_p, decoding.stop],
        [form.scorer.name, form.scorer.args],
        task.params,
        form.pick or task.pick,
    ]
    return sign(parts, hidden, __version__)


def _temperature(form: Form) -> float | str | None:
    return form.decoding.temperature if form.temperature is None else "by sample"


def _run_signature(plans: Sequence[TaskPlan], config: RunConfig) -> str:
    if len(plans) == 1:
        return plans[0].signature
    names = "+".join(f"{plan.name}.{plan.task.version}" for plan in plans[:6])
    more = f"+{len(plans) - 6} more" if len(plans) > 6 else ""
    parts = {"tasks": names + more, "limit": config.limit, "model": config.model}
    return sign(parts, [plan.signature for plan in plans], __version__)
