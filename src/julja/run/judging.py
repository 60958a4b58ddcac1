"""Lets judges score what a run has answered: the second half of a run whose scorers are judged.

Every answer of a judge is durable before the next question, cached like a model's, and kept in the
store's `judgements` with what was read in it. A judge that fails makes a sample an error, which is
judged again on resume; a verdict that can't be read is counted as unparsed and never scored.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from julja.config import RunConfig
from julja.errors import JuljaError
from julja.models.engine import Engine
from julja.models.prices import load_prices
from julja.models.registry import EngineOptions, open_engine
from julja.run.ask import Asked, Asker, with_repeat
from julja.run.plan import Plan
from julja.run.progress import Progress
from julja.run.schedule import settle_state
from julja.run.stopping import Finished, Refusals, Stopping
from julja.scoring.judge.base import JudgedScorer, Opinion, Question, is_judged
from julja.store.rows import Judgement, Outcome
from julja.store.sqlite import Store
from julja.types import Response, Sample, Score, Usage


@dataclass(frozen=True, slots=True)
class Panel:
    """The judges of a run, open."""

    askers: tuple[Asker, ...]

    @property
    def identities(self) -> dict[str, Mapping[str, str]]:
        """Who judges, by name: part of the run's signature."""
        return {asker.engine.name: asker.engine.identity for asker in self.askers}

    @property
    def width(self) -> int:
        """How many questions are worth having under way at once."""
        return max(asker.width for asker in self.askers)

    async def close(self) -> None:
        """Let go of the judges."""
        for asker in self.askers:
            await asker.close()


def open_judges(config: RunConfig) -> list[Engine]:
    """The engines of the judges that a configuration names."""
    options = EngineOptions(
        base_url=config.judge_base_url,
        timeout_s=config.timeout_s,
        max_connections=config.max_connections,
        extra=config.judge_args,
    )
    return [open_engine(name, options) for name in config.judges]


def open_panel(config: RunConfig, store: Store, *, salt: str = "") -> Panel:
    """Open the judges that a configuration names; none is an empty panel."""
    prices = load_prices(Path(config.prices) if config.prices else None)
    askers = [
        Asker(
            engine,
            store,
            prices=prices,
            max_connections=config.max_connections,
            max_retries=config.max_retries,
            timeout_s=config.timeout_s,
            salt=salt,
        )
        for engine in open_judges(config)
    ]
    return Panel(tuple(askers))


async def judge_missing(
    plan: Plan,
    store: Store,
    run: str,
    scoring: int,
    panel: Panel,
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> Finished:
    """Score, by judges, every answer of a run's judged tasks that has no score yet."""
    return await _Judging(plan, store, run, scoring, panel, on_progress).work()


class _Judging:
    def __init__(
        self,
        plan: Plan,
        store: Store,
        run: str,
        scoring: int,
        panel: Panel,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.plan, self.store, self.run, self.scoring = plan, store, run, scoring
        self.panel, self.on_progress = panel, on_progress
        self.progress = Progress()
        self._stopping = Stopping(plan.config.max_tokens_total, plan.config.max_cost)
        self._tally = Tally(self.progress, self._stopping)

    async def work(self) -> Finished:
        waiting = [
            outcome
            for outcome in self.store.unscored(self.run, self.scoring, again=True)
            if (leaf := self.plan.leaves.get(outcome.task)) and is_judged(leaf.form.scorer)
        ]
        self.progress.total = len(waiting)
        if not waiting:
            return Finished(None, "", self.progress)
        self._count_spent()
        items = iter(waiting)
        width = min(len(waiting), self.panel.width)
        try:
            await self._stopping.work(self._worker(items) for _ in range(width))
        except asyncio.CancelledError:
            self._stopping.halt("interrupted", "interrupted twice")
        finally:
            self.store.flush()
        return Finished(self._stopping.stop, self._stopping.reason, self.progress)

    async def _worker(self, items: Iterator[Outcome]) -> None:
        for outcome in items:
            if self._stopping.stop is not None:
                return
            await self._one(outcome)

    async def _one(self, outcome: Outcome) -> None:
        scorer = self.plan.leaves[outcome.task].form.scorer
        assert is_judged(scorer)
        exchange = self.store.exchange(outcome.key) if outcome.key else None
        sample = self.store.sample(outcome.source, outcome.sample)
        if exchange is None or sample is None:
            return
        response = exchange[1]
        try:
            heard = await hear(self.panel, scorer, sample, response)
            self._keep(outcome, heard)
            opinions = [opinion for opinion, _ in heard]
            score = scorer.conclude(sample, response, opinions)
            if not sample.labelled:
                score = replace(score, values={})
        except JuljaError as error:
            score = Score({}, state="error", explanation=f"{type(error).__name__}: {error}")
        # An answer that was cut off or refused is judged as it is; its state says so.
        score = settle_state(score, response) if score.values else score
        self.store.add_score(outcome, score, self.scoring, sealed=sample.confidential)
        self.progress.done += 1
        self.progress.states[score.state] += 1
        self._stopping.check_budget(self.progress)
        if self.on_progress is not None:
            self.on_progress(self.progress)

    def _keep(self, outcome: Outcome, heard: Sequence[tuple[Opinion, Asked]]) -> None:
        """Write down what the judges said of one answer, and count it."""
        place = (outcome.task, outcome.sample, outcome.epoch)
        kept = [judgement(place, opinion, answer) for opinion, answer in heard]
        for _, answer in heard:
            self._tally.count(answer)
        self.store.add_judgements(self.run, self.scoring, kept)

    def _count_spent(self) -> None:
        """Start the budgets at what the run's answers, and its earlier judging, have used."""
        for spent in self.store.spent(self.run):
            self.progress.spend(spent.input_tokens, spent.output_tokens, spent.cost_usd)
        for item in self.store.judgements(self.run, self.scoring):
            if not item.cached:
                self.progress.spend(item.input_tokens, item.output_tokens, item.cost_usd)


class Tally:
    """Counts what judges answer, and halts where a judge refuses its first questions for good."""

    def __init__(self, progress: Progress, stopping: Stopping) -> None:
        self._progress, self._stopping = progress, stopping
        self._refusals = Refusals()

    def count(self, answer: Asked) -> None:
        """Add one answer."""
        progress = self._progress
        progress.cached += answer.cached
        if answer.response is not None:
            self._refusals.answered()
            if not answer.cached:
                usage = answer.response.usage
                progress.spend(usage.input_tokens, usage.output_tokens, answer.cost_usd)
        elif answer.error is not None and not answer.retryable and self._refusals.refused():
            self._stopping.halt("failing", f"the judge does not answer: {answer.error.message}")


async def hear(
    panel: Panel, scorer: JudgedScorer, sample: Sample, response: Response
) -> list[tuple[Opinion, Asked]]:
    """Every judge's answers to every question, each asked as often as the scorer wants."""
    calls: list[tuple[Asker, int, Question, int]] = []
    for asker in panel.askers:
        questions = scorer.questions(sample, response, asker.engine.abilities)
        for number, question in enumerate(questions):
            calls += [(asker, number, question, repeat) for repeat in range(scorer.repeats)]
    answers = await asyncio.gather(
        *(
            asker.ask(with_repeat(question.request, repeat), sealed=sample.confidential)
            for asker, _, question, repeat in calls
        )
    )
    heard: list[tuple[Opinion, Asked]] = []
    for (asker, number, question, repeat), answer in zip(calls, answers, strict=True):
        opinion = Opinion(
            asker.engine.name, number, repeat, question.part, question.first, error=answer.error
        )
        if answer.response is not None:
            reading = scorer.read(question, sample, answer.response)
            opinion = replace(opinion, reading=reading)
        heard.append((opinion, answer))
    return heard


def judgement(place: tuple[str, str, int], opinion: Opinion, answer: Asked) -> Judgement:
    """What the store keeps of one opinion; `place` is the task, the sample's id, the epoch."""
    response = answer.response
    usage = response.usage if response is not None else Usage()
    return Judgement(
        *place,
        opinion.judge,
        opinion.question,
        opinion.repeat,
        part=opinion.part,
        first=opinion.first,
        key=answer.key if response is not None else None,
        cached=answer.cached,
        verdict=opinion.reading.verdict,
        value=opinion.reading.value,
        spread=opinion.reading.spread,
        error=answer.error.kind if answer.error else None,
        message=answer.error.message if answer.error else None,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=answer.cost_usd,
        seconds=response.seconds if response is not None else None,
    )


def has_judged(plan: Plan) -> bool:
    """Whether any task of a plan is scored by judges."""
    return any(is_judged(task.scorer) for task in plan.tasks)
