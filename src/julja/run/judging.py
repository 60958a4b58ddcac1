"""Lets judges score what a run has answered: the second half of a run whose scorers are judged.

Every answer of a judge is durable before the next question, cached like a model's, and kept in the
store's `judgements` with what was read in it. A judge that fails makes a sample an error, which is
judged again on resume; a verdict that can't be read is counted as unparsed and never scored.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from julja.config import RunConfig
from julja.errors import JuljaError
from julja.models.prices import load_prices
from julja.models.registry import EngineOptions, open_engine
from julja.run.ask import Asked, Asker, with_repeat
from julja.run.interrupts import catch_interrupts
from julja.run.plan import Plan
from julja.run.schedule import FAIL_FAST, Finished, Progress, Stop, settle_state
from julja.scoring.judge.base import JudgedScorer, Opinion, Question, is_judged
from julja.store.sqlite import Judgement, Outcome, Store
from julja.types import Response, Sample, Score


@dataclass(frozen=True, slots=True)
class Panel:
    """The judges of a run, open."""

    askers: tuple[Asker, ...]

    @property
    def identities(self) -> dict[str, Mapping[str, str]]:
        """Who judges, by name: part of the run's signature."""
        return {asker.engine.name: asker.engine.identity for asker in self.askers}

    async def close(self) -> None:
        """Let go of the judges."""
        for asker in self.askers:
            await asker.close()


def open_panel(config: RunConfig, store: Store, *, salt: str = "") -> Panel:
    """Open the judges that a configuration names; none is an empty panel."""
    prices = load_prices(Path(config.prices) if config.prices else None)
    askers: list[Asker] = []
    for name in config.judges:
        options = EngineOptions(
            base_url=config.judge_base_url,
            timeout_s=config.timeout_s,
            max_connections=config.max_connections,
            extra=config.judge_args,
        )
        askers.append(
            Asker(
                open_engine(name, options),
                store,
                prices=prices,
                max_connections=config.max_connections,
                max_retries=config.max_retries,
                timeout_s=config.timeout_s,
                salt=salt,
            )
        )
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
        self.stop: Stop | None = None
        self.reason = ""
        self.progress = Progress()
        self._answered = 0
        self._hopeless: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

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
        width = min(len(waiting), max(asker.width for asker in self.panel.askers))
        async with AsyncExitStack() as stack:
            stack.callback(self._catch_interrupts())
            stack.callback(self.store.flush)
            try:
                async with asyncio.TaskGroup() as group:
                    self._tasks = [group.create_task(self._worker(items)) for _ in range(width)]
            except ExceptionGroup as failures:
                # One worker that can't go on (a full disk) ends the run with its own error.
                raise failures.exceptions[0] from failures
            except asyncio.CancelledError:
                self._halt("interrupted", "interrupted twice")
        return Finished(self.stop, self.reason, self.progress)

    async def _worker(self, items: Iterator[Outcome]) -> None:
        for outcome in items:
            if self.stop is not None:
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
            opinions = await self._hear(outcome, scorer, sample, response)
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
        self._check_budget()
        if self.on_progress is not None:
            self.on_progress(self.progress)

    async def _hear(
        self, outcome: Outcome, scorer: JudgedScorer, sample: Sample, response: Response
    ) -> list[Opinion]:
        """Every judge's answers to every question, each asked as often as the scorer wants."""
        calls: list[tuple[Asker, int, Question, int]] = []
        for asker in self.panel.askers:
            questions = scorer.questions(sample, response, asker.engine.abilities)
            for number, question in enumerate(questions):
                calls += [(asker, number, question, repeat) for repeat in range(scorer.repeats)]
        sealed = sample.confidential
        answers = await asyncio.gather(
            *(
                asker.ask(with_repeat(question.request, repeat), sealed=sealed)
                for asker, _, question, repeat in calls
            )
        )
        opinions: list[Opinion] = []
        kept: list[Judgement] = []
        for (asker, number, question, repeat), answer in zip(calls, answers, strict=True):
            opinion = Opinion(
                asker.engine.name, number, repeat, question.part, question.first, error=answer.error
            )
            if answer.response is not None:
                reading = scorer.read(question, sample, answer.response)
                opinion = replace(opinion, reading=reading)
            opinions.append(opinion)
            kept.append(_judgement(outcome, opinion, answer))
            self._count(answer)
        self.store.add_judgements(self.run, self.scoring, kept)
        return opinions

    def _count(self, answer: Asked) -> None:
        progress = self.progress
        progress.cached += answer.cached
        if answer.response is None:
            if self._answered == 0 and not answer.retryable and answer.error is not None:
                self._hopeless.append(answer.error.message)
                if len(self._hopeless) >= FAIL_FAST:
                    self._halt("failing", f"the judge does not answer: {self._hopeless[-1]}")
            return
        self._answered += 1
        if not answer.cached:
            progress.input_tokens += answer.response.usage.input_tokens or 0
            progress.output_tokens += answer.response.usage.output_tokens or 0
            if answer.cost_usd is not None:
                progress.cost_usd = (progress.cost_usd or 0.0) + answer.cost_usd

    def _count_spent(self) -> None:
        """Start the budgets at what the run's answers, and its earlier judging, have used."""
        for spent in self.store.spent(self.run):
            self._add(spent.input_tokens, spent.output_tokens, spent.cost_usd)
        for item in self.store.judgements(self.run, self.scoring):
            if not item.cached:
                self._add(item.input_tokens or 0, item.output_tokens or 0, item.cost_usd)

    def _add(self, tokens_in: int, tokens_out: int, cost: float | None) -> None:
        self.progress.input_tokens += tokens_in
        self.progress.output_tokens += tokens_out
        if cost is not None:
            self.progress.cost_usd = (self.progress.cost_usd or 0.0) + cost

    def _check_budget(self) -> None:
        config, progress = self.plan.config, self.progress
        tokens = progress.input_tokens + progress.output_tokens
        if config.max_tokens_total is not None and tokens >= config.max_tokens_total:
            self._halt("budget", f"{tokens} tokens used of --max-tokens-total")
        cost = progress.cost_usd or 0.0
        if config.max_cost is not None and cost >= config.max_cost:
            self._halt("budget", f"${cost:.4f} spent of --max-cost ${config.max_cost}")

    def _halt(self, stop: Stop, reason: str) -> None:
        if self.stop is None:
            self.stop, self.reason = stop, reason

    def _catch_interrupts(self) -> Callable[[], None]:
        def first() -> bool:
            fresh = self.stop != "interrupted"
            self._halt("interrupted", "interrupted")
            return fresh

        def second() -> None:
            for task in self._tasks:
                task.cancel()

        return catch_interrupts(first, second)


def _judgement(outcome: Outcome, opinion: Opinion, answer: Asked) -> Judgement:
    usage = answer.response.usage if answer.response is not None else None
    return Judgement(
        outcome.task,
        outcome.sample,
        outcome.epoch,
        opinion.judge,
        opinion.question,
        opinion.repeat,
        part=opinion.part,
        first=opinion.first,
        key=answer.key if answer.response is not None else None,
        cached=answer.cached,
        verdict=opinion.reading.verdict,
        value=opinion.reading.value,
        spread=opinion.reading.spread,
        error=answer.error.kind if answer.error else None,
        message=answer.error.message if answer.error else None,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=answer.cost_usd,
        seconds=answer.response.seconds if answer.response is not None else None,
    )


def has_judged(plan: Plan) -> bool:
    """Whether any task of a plan is scored by judges."""
    return any(is_judged(task.scorer) for task in plan.tasks)
