"""Scores answers that somebody else's model gave: `julja score TASK --responses FILE`.

The file holds rows `{"id": …, "response": TEXT or [TEXT, …]}`, or the benchmark's own submission
format. What has no answer is skipped by name; what fits no sample is reported, never dropped in
silence.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from julja.config import RunConfig
from julja.data.files import PICTURES, kind, read_rows
from julja.errors import ConfigError, DataError
from julja.likelihoods import Likelihoods
from julja.models.engine import Ability
from julja.run.execute import Done, new_run_id
from julja.run.judging import Panel, has_judged, judge_missing, open_panel
from julja.run.plan import Leaf, Plan, TaskPlan
from julja.run.planning import check_scorers, make_plan
from julja.run.results import build_result
from julja.run.schedule import score_safely
from julja.scoring.judge.base import is_judged
from julja.signature import digest
from julja.store.rows import Outcome, RunRow
from julja.store.sqlite import Store
from julja.types import ChoiceLikelihood, Json, Response, Row, Sample

ID_NAMES = ("id", "sample", "sample_id", "key", "task_id", "question_id", "unique_id")
TEXT_NAMES = ("response", "completion", "output", "prediction", "generation", "answer", "text")


Identities: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Matched:
    """Responses by (leaf, sample id), and what fits no sample."""

    answers: Mapping[tuple[str, str], Sequence[Response]]
    unknown: Sequence[str]


def score_responses(
    config: RunConfig,
    path: Path,
    store: Store,
    *,
    content: Json = None,
    origin: Mapping[str, Json] | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> Done:
    """Enter a file of answers as a run of its own and score it, by judges where they are named.

    Answers that are at hand already are given as `content`; `origin` is then what the store keeps
    of where they come from, and `path` only names them.
    """
    return asyncio.run(_score_responses(config, path, store, content, origin, warn))


async def _score_responses(
    config: RunConfig,
    path: Path,
    store: Store,
    content: Json,
    origin: Mapping[str, Json] | None,
    warn: Callable[[str], None],
) -> Done:
    panel = open_panel(config, store)
    try:
        given = read_answers(path) if content is None else content
        kept = {"responses": str(path.resolve())} if origin is None else origin
        return await _score_with(panel, config, path, store, given, kept, warn)
    finally:
        await panel.close()


async def _score_with(
    panel: Panel,
    config: RunConfig,
    path: Path,
    store: Store,
    content: Json,
    origin: Mapping[str, Json],
    warn: Callable[[str], None],
) -> Done:
    plan, matched = _plan(config, content, path, panel.identities)
    if "rescored" in origin:
        plan = _only(plan, set(matched.answers))
        kept = {leaf.name: [s.id for s in leaf.samples] for leaf in plan.leaves.values()}
        origin = {**origin, "samples": kept}
    if any(_needs_judge(plan, matched)):
        check_scorers(plan)
    if not matched.answers:
        shown = ", ".join(matched.unknown[:3])
        raise DataError(
            f"{path}: none of its {len(matched.unknown)} answers fits a sample of"
            f" {', '.join(config.tasks)} (its ids begin with {shown}).",
            hint=f"The samples' ids look like {_some_ids(plan)}.",
        )
    if matched.unknown:
        shown = ", ".join(matched.unknown[:3])
        warn(f"{path}: {len(matched.unknown)} answers fit no sample (first: {shown})")
    run = new_run_id()
    stored = {
        "config": config.to_json(),
        **origin,
        "epochs": {leaf.name: leaf.epochs for leaf in plan.leaves.values()},
        "abilities": ["images", *(task.kind for task in plan.tasks)],
        "judges": {name: dict(identity) for name, identity in panel.identities.items()},
    }
    names = [task.name for task in plan.tasks]
    store.add_run(run, config.model, names, plan.signature, stored)
    _score_all(plan, matched, store, run)
    stop, reason = None, ""
    if panel.askers and has_judged(plan):
        found = await judge_missing(plan, store, run, 0, panel)
        stop, reason = found.stop, found.reason
    store.set_status(run, "done" if stop is None else "interrupted")
    result = build_result(store, run, plan, finished=stop is None)
    store.set_result(run, result)
    return Done(run, result, stop, reason, plan)


def _needs_judge(plan: Plan, matched: Matched) -> Iterator[bool]:
    """For each answer whether its scorer needs a judge, or something else that may be missing."""
    for (leaf, _), answers in matched.answers.items():
        scorer = plan.leaves[leaf].form.scorer
        yield from (not is_judged(scorer) or scorer.needs_judge(answer) for answer in answers)


def read_answers(path: Path) -> Json:
    """The content of a file of answers; of a folder, {file: content} of all that can be read."""
    if not path.is_dir():
        # A system's translations are lines of a file with the language at its end.
        return read_rows(path, as_lines=path.is_file() and not _known(path))
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_readable(file)]
    if not files:
        raise DataError(f"{path}: the folder holds no file of answers.")
    return {str(file.relative_to(path)): read_rows(file) for file in files}


def _is_readable(file: Path) -> bool:
    return bool(kind(file.name)) or file.suffix.lower() in PICTURES


def plan_responses(row: RunRow) -> Plan:
    """The plan of a run that was made of a file of answers."""
    config = RunConfig.from_json(row.config["config"])
    abilities: frozenset[Ability] = frozenset(row.config["abilities"])
    plan = _plan_for(config, abilities, row.config.get("judges", {}))
    if "samples" in row.config:
        kept = row.config["samples"]
        plan = _only(plan, {(leaf, sample) for leaf in kept for sample in kept[leaf]})
    return _with_epochs(plan, row.config["epochs"])


def _only(plan: Plan, places: Set[tuple[str, str]]) -> Plan:
    """A plan of the samples that a log has alone; its signature says how many of all they are."""
    tasks = []
    for task in plan.tasks:
        leaves = tuple(
            replace(leaf, samples=[s for s in leaf.samples if (leaf.name, s.id) in places])
            for leaf in task.leaves
        )
        held = tuple(leaf for leaf in leaves if leaf.samples)
        tasks.append(replace(task, leaves=held or leaves[:1], signature=_part(task, held)))
    signature = tasks[0].signature if len(tasks) == 1 else plan.signature
    return replace(plan, tasks=tuple(tasks), signature=signature)


def _part(task: TaskPlan, held: Sequence[Leaf]) -> str:
    whole = sum(len(leaf.samples) for leaf in task.leaves)
    count = sum(len(leaf.samples) for leaf in held)
    head = task.signature.partition("|hash:")[0]
    made = digest([task.signature, [[s.id for s in leaf.samples] for leaf in held]], 6)
    return task.signature if count == whole else f"{head}|samples:{count}/{whole}|hash:{made}"


def _plan(config: RunConfig, content: Json, path: Path, judges: Identities) -> tuple[Plan, Matched]:
    abilities: frozenset[Ability] = frozenset({"generate", "detect", "segment", "images"})
    rows = content if isinstance(content, list) else []
    likely = (
        isinstance(row, dict) and _has_likelihoods(row) and "response" not in row for row in rows
    )
    if rows and all(likely):
        ranked: frozenset[Ability] = frozenset({"rank", "letter", "classify", "images"})
        abilities = frozenset({config.form, "images"}) if config.form else ranked
    elif config.form:
        abilities = frozenset({config.form, "images"})
    plan = _first_plan(config, abilities, judges)
    matched = match_responses(plan, content, path)
    counts: dict[str, int] = defaultdict(lambda: 1)
    for (leaf, _), answers in matched.answers.items():
        counts[leaf] = max(counts[leaf], len(answers))
    return _with_epochs(plan, counts), matched


def _first_plan(config: RunConfig, abilities: frozenset[Ability], judges: Identities) -> Plan:
    """The plan in a form of texts, or of class scores for tasks that know no other."""
    try:
        return _plan_for(config, abilities, judges)
    except ConfigError:
        if config.form:
            raise
        try:
            return _plan_for(config, frozenset({"classify", "images"}), judges)
        except ConfigError:
            pass
        raise


def _plan_for(config: RunConfig, abilities: frozenset[Ability], judges: Identities) -> Plan:
    # How the answers were prompted is not ours to say; no exemplars are loaded for them.
    config = replace(config, shots=0)
    return make_plan(config, abilities, {"name": config.model}, judges=judges)


def _with_epochs(plan: Plan, epochs: Mapping[str, int]) -> Plan:
    tasks = tuple(
        replace(
            task,
            leaves=tuple(replace(leaf, epochs=epochs.get(leaf.name, 1)) for leaf in task.leaves),
        )
        for task in plan.tasks
    )
    return replace(plan, tasks=tasks)


def match_responses(plan: Plan, content: Json, path: Path) -> Matched:
    """Find the sample of every answer in a file."""
    answers: dict[tuple[str, str], list[Response]] = defaultdict(list)
    unknown: list[str] = []
    places = _Places(plan)
    for row in _rows(plan, content, places, path):
        place = places.find(row)
        if place is None:
            unknown.append(str(_first(row, ID_NAMES) or row.get("prompt"))[:60])
        else:
            answers[place] += _responses(row, path)
    return Matched(answers, unknown)


class _Places:
    """Finds the (leaf, sample id) that a row's id, or its prompt, stands for."""

    def __init__(self, plan: Plan) -> None:
        self.by_id: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.by_input: dict[str, tuple[str, str]] = {}
        self.splits: set[str] = set()
        for leaf in plan.leaves.values():
            for sample in leaf.samples:
                self._enter(leaf, sample)

    def _enter(self, leaf: Leaf, sample: Sample) -> None:
        place = (leaf.name, sample.id)
        self.by_id[sample.id].append(place)
        self.by_id[f"{leaf.name}/{sample.id}"].append(place)
        if leaf.subset:
            self.by_id[f"{leaf.subset}/{sample.id}"].append(place)
        self.by_input.setdefault(sample.input.strip(), place)
        split, _, row = sample.id.rpartition("-")
        if row.isdigit():
            self.splits.add(split)

    def find(self, row: Row) -> tuple[str, str] | None:
        """The place of one row, or None."""
        name = _first(row, ID_NAMES)
        if name is not None:
            subset = row.get("subset") or row.get("task")
            tries = [f"{subset}/{name}"] if subset else []
            tries += [str(name)]
            # A bare number is the row of a benchmark whose ids are <split>-<row>.
            tries += [f"{split}-{name}" for split in sorted(self.splits)]
            for text in tries:
                found = self.by_id.get(text, [])
                if len(found) == 1:
                    return found[0]
        prompt = row.get("prompt")
        return self.by_input.get(prompt.strip()) if isinstance(prompt, str) else None


def _rows(plan: Plan, content: Json, places: _Places, path: Path) -> Sequence[Row]:
    """The rows of a file, through the benchmark's own reader where the plain form doesn't fit."""
    if content in ([], {}):
        raise DataError(f"{path} holds no answers.", hint='Write lines {"id": …, "response": "…"}.')
    if isinstance(content, list) and all(isinstance(row, dict) for row in content):
        plain = all("id" in row and ("response" in row or "choices" in row) for row in content)
        if plain and any(places.find(row) for row in content[:50]):
            return content
    hook = plan.tasks[0].task.responses
    if hook is not None:
        samples = [sample for leaf in plan.leaves.values() for sample in leaf.samples]
        return hook(content, samples)
    if path.is_dir():
        return [row for part in content.values() for row in part]
    if isinstance(content, dict):
        return [{"id": key, "response": value} for key, value in content.items()]
    if isinstance(content, list) and all(isinstance(row, dict) for row in content):
        return _by_line(plan, content, path) if set(content[0]) == {"text"} else content
    raise DataError(
        f"{path} holds no rows of answers.", hint='Write lines {"id": …, "response": "…"}.'
    )


def _known(path: Path) -> bool:
    return bool(kind(path.name)) or path.suffix.lower() == ".zip"


def _by_line(plan: Plan, content: Sequence[Row], path: Path) -> Sequence[Row]:
    """One answer a line, in the order of the samples."""
    names = [f"{leaf.name}/{s.id}" for leaf in plan.leaves.values() for s in leaf.samples]
    if len(names) != len(content):
        raise DataError(
            f"{path} has {len(content)} lines for {len(names)} samples.",
            hint="One line is one answer, in the order of the samples; an empty line is one too.",
        )
    return [{"id": name, "response": row["text"]} for name, row in zip(names, content, strict=True)]


def _responses(row: Row, path: Path) -> list[Response]:
    """One row's answers: one for each epoch; of a conversation, the last with the earlier ones."""
    turns = row.get("turns")
    if isinstance(turns, list) and turns and "response" not in row:
        *earlier, last = map(str, turns)
        return [Response(last, finish="unknown", earlier=tuple(earlier))]
    if isinstance(row.get("choices"), Likelihoods):
        return [Response(finish="stop", choices=row["choices"])]
    if _has_likelihoods(row):
        # A text with choices: an answer with a classifier's verdict on it.
        text = str(row.get("response") or "")
        found = tuple(_choice(item) for item in row["choices"])
        return [Response(text, finish="stop", choices=found)]
    value = _first(row, TEXT_NAMES)
    if value is None:
        raise DataError(
            f"{path}: the row of {_first(row, ID_NAMES)!r} has no response (its fields:"
            f" {', '.join(row)}).",
            hint='Each row needs "response": text or a list of texts.',
        )
    texts = value if isinstance(value, list) else [value]
    return [Response(text=_text(text), finish="unknown") for text in texts]


def _text(value: Json) -> str:
    """An answer as text: a label map or a list of boxes is JSON."""
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


def _has_likelihoods(row: Row) -> bool:
    """True for {"choices": [number or {"loglikelihood"}, …]}; LiveBench's "choices" are texts."""
    choices = row.get("choices")
    return isinstance(choices, list) and any(
        "loglikelihood" in item if isinstance(item, dict) else isinstance(item, int | float)
        for item in choices
    )


def _choice(item: Json) -> ChoiceLikelihood:
    if isinstance(item, dict):
        value = item.get("loglikelihood")
        return ChoiceLikelihood(
            str(item.get("text", "")),
            float("-inf") if value is None else float(value),
            item.get("tokens"),
            item.get("greedy"),
            item.get("unconditional"),
        )
    return ChoiceLikelihood("", float(item))


def _first(row: Row, names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _some_ids(plan: Plan) -> str:
    ids = [sample.id for leaf in plan.leaves.values() for sample in leaf.samples[:2]]
    return ", ".join(ids[:4])


def _score_all(plan: Plan, matched: Matched, store: Store, run: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(leaf: Leaf, sample: Sample, epoch: int, response: Response) -> None:
        key = digest([run, leaf.name, sample.id, epoch])
        outcome = Outcome(run, leaf.name, sample.id, epoch, leaf.source, key=key)
        request = leaf.request(sample, epoch, response.earlier)
        exchange = (plan.config.model, request, response)
        scorer = leaf.form.scorer
        if is_judged(scorer) and scorer.needs_judge(response):
            store.add(outcome, sample=sample, exchange=exchange)
            return
        score = score_safely(scorer, sample, response)
        store.add(outcome, sample=sample, exchange=exchange, score=score)

    items = [
        (leaf, sample, epoch, response)
        for leaf in plan.leaves.values()
        for sample in leaf.samples
        for epoch, response in enumerate(matched.answers.get((leaf.name, sample.id), ()))
    ]

    def work_all(some: Sequence[tuple[Leaf, Sample, int, Response]]) -> None:
        for item in some:
            work(*item)

    # A scorer may run programs, so few are handed to a thread at a time; where there are many, to
    # hand each over alone costs more than scoring it.
    size = min(64, 1 + len(items) // 256)
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(work_all, (items[at : at + size] for at in range(0, len(items), size))))
    store.flush()
