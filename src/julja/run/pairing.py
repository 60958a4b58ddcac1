"""Battles out of runs: judges compare the answers of two runs, or a judged run is written as one.

`julja judge pair` asks; `julja export RUN --to battles` writes what judges said already. Both give
rows that `julja arena rate` reads.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean
from typing import Any

from julja.arena.battles import Battle, Verdict
from julja.arena.style import style_fields
from julja.config import RunConfig
from julja.errors import ConfigError, StoreError
from julja.run.execute import new_run_id
from julja.run.judges import judge_report
from julja.run.judging import Panel, Tally, hear, judgement, open_panel
from julja.run.progress import Progress
from julja.run.stopping import Stop, Stopping, stop_code
from julja.scoring.judge.base import Judged
from julja.scoring.judge.pairwise import judge_pairwise
from julja.stats.estimate import estimate, estimate_json
from julja.store.rows import Judgement, RunRow
from julja.store.sqlite import Store
from julja.tasks.render import sample_hash
from julja.types import Json, Response, Sample


@dataclass(frozen=True, slots=True)
class Pairing:
    """What is compared, and how: runs two by two, on the tasks and samples that both answered."""

    runs: Sequence[RunRow]
    scorer: Judged
    task: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    """One sample that two runs answered."""

    task: str
    sample: Sample
    a: RunRow
    b: RunRow
    answer_a: Response
    answer_b: Response


@dataclass(frozen=True, slots=True)
class Paired:
    """The battles that were fought, the summary object, and why not all was asked."""

    battles: Sequence[Battle]
    summary: dict[str, Json]
    stop: Stop | None
    reason: str

    @property
    def exit_code(self) -> int:
        """0 done; 1 stopped; 130 interrupted."""
        return stop_code(self.stop) or 0


def pair_scorer(config: RunConfig, *, weighted: bool = False) -> Judged:
    """How judges compare, from a run's settings."""
    settings: dict[str, Any] = {"weighted": weighted}
    if config.rubric:
        settings["rubric"] = config.rubric
    if config.judge_repeats:
        settings["repeats"] = config.judge_repeats
    scorer = judge_pairwise(**settings)
    assert isinstance(scorer, Judged)
    return scorer


def pair_runs(
    store: Store,
    pairing: Pairing,
    config: RunConfig,
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> Paired:
    """Let judges compare the answers of runs; what was asked before comes from the cache."""
    matches = list(_matches(store, pairing))
    if not matches:
        names = ", ".join(run.id for run in pairing.runs)
        raise StoreError(
            f"the runs {names} have no written answer to the same sample.",
            hint="Run the same tasks with the same --limit, in their generate form.",
        )
    return asyncio.run(_fight(store, matches, pairing, config, on_progress))


def _matches(store: Store, pairing: Pairing) -> Iterator[_Match]:
    answers = {run.id: _answers(store, run, pairing.task) for run in pairing.runs}
    for a, b in combinations(pairing.runs, 2):
        common = [key for key in answers[a.id] if key in answers[b.id]]
        if pairing.limit is not None:
            common = sorted(common, key=lambda key: sample_hash(key[0], key[1]))[: pairing.limit]
        for task, name in common:
            sample, one = answers[a.id][task, name]
            yield _Match(task, sample, a, b, one, answers[b.id][task, name][1])


def _answers(
    store: Store, run: RunRow, task: str | None
) -> dict[tuple[str, str], tuple[Sample, Response]]:
    """The first answer to each sample of a run; ranked choices are no answers to compare."""
    found: dict[tuple[str, str], tuple[Sample, Response]] = {}
    for outcome in store.outcomes(run.id):
        if outcome.key is None or outcome.epoch or not _fits(outcome.task, task):
            continue
        exchange = store.exchange(outcome.key)
        sample = store.sample(outcome.source, outcome.sample)
        if exchange is not None and sample is not None and exchange[0].kind == "generate":
            found[outcome.task, outcome.sample] = (sample, exchange[1])
    return found


def _fits(leaf: str, wanted: str | None) -> bool:
    return wanted is None or leaf == wanted or leaf.startswith(f"{wanted}/")


async def _fight(
    store: Store,
    matches: Sequence[_Match],
    pairing: Pairing,
    config: RunConfig,
    on_progress: Callable[[Progress], None] | None,
) -> Paired:
    salt = new_run_id() if config.no_cache else ""
    panel = open_panel(config, store, salt=salt)
    fight = _Fight(pairing.scorer, panel, config, Progress(total=len(matches)), on_progress)
    try:
        await fight.work(matches)
    finally:
        store.flush()
        await panel.close()
    rows = [pair for number in sorted(fight.fought) for pair in fight.fought[number]]
    summary = _summary(matches, rows, pairing.scorer)
    stopping = fight.stopping
    return Paired([battle for battle, _ in rows], summary, stopping.stop, stopping.reason)


class _Fight:
    """All matches on their way; `fought` holds, by match, what the judges said of it."""

    def __init__(
        self,
        scorer: Judged,
        panel: Panel,
        config: RunConfig,
        progress: Progress,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.stopping = Stopping(config.max_tokens_total, config.max_cost)
        self.fought: dict[int, list[tuple[Battle, Judgement]]] = {}
        self._scorer, self._panel = scorer, panel
        self._progress, self._on_progress = progress, on_progress
        self._tally = Tally(progress, self.stopping)

    async def work(self, matches: Sequence[_Match]) -> None:
        items = iter(enumerate(matches))
        width = min(len(matches), self._panel.width)
        await self.stopping.work(self._worker(items) for _ in range(width))

    async def _worker(self, items: Iterator[tuple[int, _Match]]) -> None:
        for number, match in items:
            if self.stopping.stop is not None:
                return
            self.fought[number] = await self._one(match)
            self._progress.done += 1
            self.stopping.check_budget(self._progress)
            if self._on_progress is not None:
                self._on_progress(self._progress)

    async def _one(self, match: _Match) -> list[tuple[Battle, Judgement]]:
        fields = {**match.sample.fields, "baseline": match.answer_b.text}
        sample = replace(match.sample, fields=fields)
        place = (match.task, f"{sample.id}\0{match.a.id}\0{match.b.id}", 0)
        found: list[tuple[Battle, Judgement]] = []
        for opinion, answer in await hear(self._panel, self._scorer, sample, match.answer_a):
            self._tally.count(answer)
            item = judgement(place, opinion, answer)
            found.append((_battle(match, item), item))
        return found


def _battle(match: _Match, item: Judgement) -> Battle:
    return Battle(
        prompt=f"{match.task}/{match.sample.id}",
        model_a=match.a.model,
        model_b=match.b.model,
        verdict=as_verdict(item.verdict),
        first="a" if item.first == "answer" else "b",
        judge=item.judge,
        fields=_fields(match.task, match.sample, match.answer_a.text, match.answer_b.text, item),
    )


def as_verdict(label: str | None) -> Verdict | None:
    """A judge's label as the battles table has it; None where nothing could be read."""
    return label  # type: ignore[return-value]  # the labels of `verdicts.SHARES` are all verdicts


def _fields(
    task: str, sample: Sample, answer_a: str, answer_b: str, item: Judgement
) -> dict[str, Json]:
    """What breakdowns and style control need: the category, and both answers' style."""
    category = sample.fields.get("category")
    return {
        "task": task,
        **({"category": category} if category is not None else {}),
        **style_fields(answer_a, answer_b),
        "repeat": item.repeat,
        **({"error": item.error} if item.error else {}),
    }


def _summary(
    matches: Sequence[_Match], rows: Sequence[tuple[Battle, Judgement]], scorer: Judged
) -> dict[str, Json]:
    """The win rate of each pair of runs, and what each judge did."""
    pairs: dict[tuple[str, str], dict[str, list[float]]] = {}
    names = {(match.a.id, match.b.id): (match.a.model, match.b.model) for match in matches}
    for _, item in rows:
        _, a, b = item.sample.split("\0")
        samples = pairs.setdefault((a, b), {})
        if item.value is not None:
            samples.setdefault(f"{item.task}/{item.sample}", []).append(item.value)
    found: list[dict[str, Json]] = []
    for (a, b), samples in pairs.items():
        one, other = names[a, b]
        shares = [fmean(values) for values in samples.values()]
        about = {"run_a": a, "run_b": b, "model_a": one, "model_b": other}
        found.append({**about, "win_rate": estimate_json(estimate("win_rate", shares))})
    judges: dict[str, list[Judgement]] = {}
    for _, item in rows:
        judges.setdefault(item.judge, []).append(item)
    return {
        "pairs": found,
        "battles": len(rows),
        "scorer": scorer.name,
        "judges": [judge_report(name, items) for name, items in judges.items()],
    }


def run_battles(store: Store, run: RunRow) -> Iterator[Battle]:
    """What judges said of a run's answers beside a baseline's, as battles."""
    answers = {
        (outcome.task, outcome.sample, outcome.epoch): outcome for outcome in store.outcomes(run.id)
    }
    empty = True
    for item in store.judgements(run.id, run.scoring):
        outcome = answers.get((item.task, item.sample, item.epoch))
        if item.first is None or outcome is None or outcome.key is None:
            continue
        exchange = store.exchange(outcome.key)
        sample = store.sample(outcome.source, outcome.sample)
        if exchange is None or sample is None:
            continue
        empty = False
        fields: Mapping[str, Json] = sample.fields
        baseline = str(fields.get("baseline_model") or item.part or "baseline")
        texts = fields.get("references") or {}
        other = str(texts.get(item.part) or fields.get("baseline") or "")
        yield Battle(
            prompt=f"{item.task}/{item.sample}",
            model_a=run.model,
            model_b=baseline,
            verdict=as_verdict(item.verdict),
            first="a" if item.first == "answer" else "b",
            judge=item.judge,
            fields=_fields(item.task, sample, exchange[1].text, other, item),
        )
    if empty:
        raise ConfigError(
            f"run {run.id} holds no comparisons.",
            hint="Runs whose scorer compares two answers do (arena_hard, alpaca_eval, wildbench, "
            "judge_pairwise); `julja judge pair A B` compares two runs.",
        )


def battle_json(battle: Battle) -> dict[str, Json]:
    """One battle as a line of a file that `julja arena rate` reads."""
    return {
        "prompt": battle.prompt,
        "model_a": battle.model_a,
        "model_b": battle.model_b,
        "first": battle.first,
        "judge": battle.judge,
        "verdict": battle.verdict,
        "weight": battle.weight,
        "time": battle.time,
        **battle.fields,
    }
