"""Asks for every sample of a plan that has no response yet, and makes each answer durable.

Workers draw from one lazy stream of (leaf, sample, epoch), so neither prompts nor requests of a
large run are ever held together. An answer is written, scored and counted before the worker asks
the next question. The first interrupt stops the stream and lets what is in flight finish; the
second cancels.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal, TypeAlias, TypeVar

from julja.errors import JuljaError, ProviderError, ProviderTimeoutError, ScoringError
from julja.models.engine import BatchEngine, Engine
from julja.models.limiter import Limiter
from julja.models.prices import Prices, cost_usd
from julja.run.ask import DEFAULT_CONNECTIONS, identity_key
from julja.run.interrupts import catch_interrupts
from julja.run.plan import Leaf, Plan
from julja.scoring.judge.base import is_judged
from julja.signature import request_key
from julja.store.sqlite import Outcome, Store
from julja.types import ErrorInfo, Request, Response, Sample, Score, Scorer, State, Usage

Number = TypeVar("Number", int, float)
Stop: TypeAlias = Literal["interrupted", "budget", "failing", "timeout"]
# So many first requests failing alike, with nothing answered, is a wrong key or a wrong name.
FAIL_FAST = 5
BACKLOG = 20_000
# What a batch engine is handed at once: enough to share all that can be shared within a task.
BLOCK_CHARACTERS = 64 << 20
BLOCK_REQUESTS = 50_000


@dataclass(slots=True)
class Progress:
    """How far a run is; the progress bar reads it."""

    total: int = 0
    done: int = 0
    resumed: int = 0
    cached: int = 0
    states: Counter[State] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    retries: int = 0
    in_flight: int = 0
    limit: int = 0
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a schedule ended: `stop` is None when everything was asked."""

    stop: Stop | None
    reason: str
    progress: Progress


@dataclass(slots=True)
class _Question:
    """One sample of one epoch on its way: what is asked, and what becomes of it.

    `earlier`, `usage`, `cost_usd` and `seconds` are of the turns that are over.
    """

    leaf: Leaf
    sample: Sample
    outcome: Outcome
    request: Request = field(init=False)
    done: bool = False
    earlier: tuple[str, ...] = ()
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float | None = None

    @property
    def is_last_turn(self) -> bool:
        """True when nothing follows the answer that is waited for."""
        return len(self.earlier) >= len(self.leaf.follow_ups(self.sample))

    @property
    def size(self) -> int:
        """Characters that a batch engine has to hold for it."""
        return len(self.request.prompt.text) * max(1, len(self.request.choices))

    def take_turn(self, response: Response, cost: float | None) -> None:
        """Add an answer that is not the last one."""
        self.usage, self.cost_usd, self.seconds = self.with_last_turn(response, cost)
        self.earlier = (*self.earlier, response.text)

    def with_last_turn(
        self, response: Response, cost: float | None
    ) -> tuple[Usage, float | None, float | None]:
        """Tokens, dollars and seconds of the conversation with one answer more."""
        one, other = self.usage, response.usage
        usage = Usage(
            _plus(one.input_tokens, other.input_tokens),
            _plus(one.output_tokens, other.output_tokens),
            _plus(one.cached_tokens, other.cached_tokens),
            _plus(one.reasoning_tokens, other.reasoning_tokens),
        )
        return usage, _plus(self.cost_usd, cost), _plus(self.seconds, response.seconds)


def _plus(one: Number | None, other: Number | None) -> Number | None:
    """The sum of what is known."""
    if one is None or other is None:
        return other if one is None else one
    return one + other


class Schedule:
    """One pass over a plan's missing samples."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        store: Store,
        run: str,
        *,
        prices: Prices,
        scoring: int = 0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.plan = plan
        self.config = plan.config
        self.engine = engine
        self.store = store
        self.run_id = run
        self.prices = prices
        self.scoring = scoring
        self.on_progress = on_progress
        self.progress = Progress(total=plan.total)
        self.stop: Stop | None = None
        self.reason = ""
        self._identity = dict(engine.identity)
        self._model = identity_key(engine)
        self._engine_keeps_time = bool(getattr(engine, "keeps_time", False))
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="julja-score")
        self._answered = 0
        self._first_errors: list[str] = []
        self._cache_useful = False
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> Finished:
        """Ask for all that is missing; returns when done, stopped or cancelled twice."""
        done = self.store.done(self.run_id)
        self.progress.done = self.progress.resumed = len(done)
        self._count_spent()
        self._cache_useful = not self.config.no_cache and self.store.has_exchanges(self._model)
        items = self._missing(done)
        connections = (
            self.config.max_connections or self.engine.max_connections or DEFAULT_CONNECTIONS
        )
        self.limiter = Limiter(connections, max_retries=self.config.max_retries)
        missing = self.plan.total - len(done)
        restore = self._catch_interrupts()
        try:
            async with asyncio.timeout(self.config.run_timeout_s):
                if isinstance(self.engine, BatchEngine):
                    await self._work([self._blocks(self.engine, items)])
                else:
                    count = min(connections, missing)
                    await self._work([self._worker(items) for _ in range(count)])
        except TimeoutError:
            self._halt("timeout", f"the run's time-out of {self.config.run_timeout_s} s is over")
        except asyncio.CancelledError:
            self._halt("interrupted", "interrupted twice")
        finally:
            restore()
            self._pool.shutdown(wait=True)
            self.store.flush()
        return Finished(self.stop, self.reason, self.progress)

    def _count_spent(self) -> None:
        """Start the budgets at what an earlier part of this run has used."""
        for spent in self.store.spent(self.run_id):
            self.progress.input_tokens += spent.input_tokens
            self.progress.output_tokens += spent.output_tokens
            if spent.cost_usd is not None:
                self.progress.cost_usd = (self.progress.cost_usd or 0.0) + spent.cost_usd

    async def _work(self, workers: Sequence[Coroutine[None, None, None]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = [group.create_task(worker) for worker in workers]
        except ExceptionGroup as failures:
            # One worker that can't go on (a full disk) ends the run with its own error.
            raise failures.exceptions[0] from failures

    def _missing(self, done: set[tuple[str, str, int]]) -> Iterator[tuple[Leaf, Sample, int]]:
        for leaf, sample, epoch in self.plan.items():
            if (leaf.name, sample.id, epoch) not in done:
                yield leaf, sample, epoch

    async def _worker(self, items: Iterator[tuple[Leaf, Sample, int]]) -> None:
        for leaf, sample, epoch in items:
            if self.stop is not None:
                return
            while self.store.backlog > BACKLOG:
                await asyncio.sleep(0.01)
            await self._one(leaf, sample, epoch)

    async def _one(self, leaf: Leaf, sample: Sample, epoch: int) -> None:
        ask = self.engine.ask if self._engine_keeps_time else self._ask
        question = _Question(leaf, sample, self._outcome(leaf, sample, epoch))
        try:
            while await self._advance(question):
                response = await self.limiter.run(lambda: ask(question.request))
                await self._keep(question, response)
        except Exception as error:
            # Whatever went wrong, the sample is recorded with it and the others go on.
            self._lose(question, error)

    async def _blocks(self, engine: BatchEngine, items: Iterator[tuple[Leaf, Sample, int]]) -> None:
        """Hand a batch engine all that is missing, as much at once as memory is good for."""
        fresh = (
            _Question(leaf, sample, self._outcome(leaf, sample, epoch))
            for leaf, sample, epoch in items
        )
        talking: list[_Question] = []
        while self.stop is None:
            block: list[_Question] = []
            size = 0
            for question in chain(talking, fresh):
                try:
                    if await self._advance(question):
                        block.append(question)
                        size += question.size
                except Exception as error:
                    self._lose(question, error)
                if size > BLOCK_CHARACTERS or len(block) >= BLOCK_REQUESTS:
                    break
            if not block:
                return
            await self._block(engine, block)
            # Conversations that go on.
            talking = [question for question in block if not question.done]

    async def _block(self, engine: BatchEngine, block: Sequence[_Question]) -> None:
        open_ = dict(enumerate(block))
        try:
            async with aclosing(engine.ask_many([item.request for item in block])) as answers:
                async for index, answer in answers:
                    question = open_.pop(index)
                    if isinstance(answer, Exception):
                        self._lose(question, answer)
                    else:
                        await self._keep(question, answer)
                    if self.stop is not None:
                        return
        except JuljaError as error:
            # The engine as a whole can't go on: what it has not answered is lost, by name.
            for question in open_.values():
                if self.stop is None:
                    self._lose(question, error)

    def _outcome(self, leaf: Leaf, sample: Sample, epoch: int) -> Outcome:
        return Outcome(self.run_id, leaf.name, sample.id, epoch, leaf.source)

    async def _advance(self, question: _Question) -> bool:
        """Render what is asked next, as long as the cache has the answers; False at the end."""
        while not question.done:
            leaf, outcome = question.leaf, question.outcome
            question.request = leaf.request(question.sample, outcome.epoch, question.earlier)
            key = request_key(self._identity, question.request)
            if self.config.no_cache:
                key = f"{key}:{self.run_id}"
            elif self._cache_useful and (kept := self.store.exchange(key)) is not None:
                question.outcome = replace(outcome, key=key, cached=True)
                await self._keep(question, kept[1])
                continue
            question.outcome = replace(outcome, key=key, cached=False)
            return True
        return False

    async def _ask(self, request: Request) -> Response:
        """Ask an engine without a clock of its own once, and stop it when its time is over."""
        limit_s = self.config.timeout_s
        try:
            async with asyncio.timeout(limit_s):
                return await self.engine.ask(request)
        except TimeoutError as error:
            raise ProviderTimeoutError(
                f"{self.engine.name} did not answer within {limit_s:g} s.", retryable=True
            ) from error

    async def _keep(self, question: _Question, response: Response) -> None:
        """Write a response down; then score it, unless the conversation goes on."""
        sample, outcome, request = question.sample, question.outcome, question.request
        usage, cost = response.usage, None
        if not outcome.cached:
            cost = cost_usd(self.config.model, usage, self.prices)
        if not question.is_last_turn:
            if not outcome.cached and outcome.key is not None:
                sealed = sample.confidential
                self.store.add_exchange(outcome.key, self._model, request, response, sealed=sealed)
            question.take_turn(response, cost)
            return
        seconds = response.seconds
        if question.earlier:
            usage, cost, seconds = question.with_last_turn(response, cost)
            response = replace(response, earlier=question.earlier)
        question.done = True
        # Not `replace`, which costs more than the rest of this function's own work.
        outcome = Outcome(
            outcome.run,
            outcome.task,
            outcome.sample,
            outcome.epoch,
            outcome.source,
            key=outcome.key,
            cached=outcome.cached,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=cost,
            seconds=seconds,
        )
        new = None if outcome.cached else (self._model, request, response)
        state = await self._score(question, outcome, response, new)
        self._answered += 1
        self._count(state, outcome)

    async def _score(
        self,
        question: _Question,
        outcome: Outcome,
        response: Response,
        new: tuple[str, Request, Response] | None,
    ) -> State:
        """Score a response and write it down; what a judge has to score waits for `judging`."""
        sample, scorer = question.sample, question.leaf.form.scorer
        if is_judged(scorer) and scorer.needs_judge(response):
            self.store.add(outcome, sample=sample, exchange=new)
            return "scored"
        if scorer.blocking:
            self.store.add(outcome, sample=sample, exchange=new)
            loop = asyncio.get_running_loop()
            score = await loop.run_in_executor(self._pool, score_safely, scorer, sample, response)
            sealed = sample.confidential
            self.store.add_score(outcome, score, self.scoring, sealed=sealed)
        else:
            score = score_safely(scorer, sample, response)
            self.store.add(outcome, sample=sample, exchange=new, score=score, scoring=self.scoring)
        return score.state

    def _lose(self, question: _Question, error: Exception) -> None:
        """Record why a sample has no answer; it is asked again on resume."""
        question.done = True
        outcome = replace(question.outcome, key=None, cached=False)
        info = ErrorInfo(type(error).__name__, str(error))
        self.store.add(replace(outcome, error=info), sample=question.sample)
        self._count("error", outcome)
        if self._answered == 0 and isinstance(error, ProviderError) and not error.retryable:
            self._first_errors.append(str(error))
            if len(self._first_errors) >= min(FAIL_FAST, self.plan.total):
                self._halt("failing", self._first_errors[-1])

    def _count(self, state: State, outcome: Outcome) -> None:
        progress = self.progress
        progress.done += 1
        progress.states[state] += 1
        progress.cached += outcome.cached
        progress.input_tokens += outcome.input_tokens or 0
        progress.output_tokens += outcome.output_tokens or 0
        if outcome.cost_usd is not None:
            progress.cost_usd = (progress.cost_usd or 0.0) + outcome.cost_usd
        progress.retries = self.limiter.retries
        progress.in_flight = self.limiter.in_flight
        progress.limit = int(self.limiter.limit)
        self._check_budget()
        if self.on_progress is not None:
            self.on_progress(progress)

    def _check_budget(self) -> None:
        config, progress = self.config, self.progress
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
        """First Ctrl-C: finish what is in flight. Second: cancel it."""

        def first() -> bool:
            fresh = self.stop != "interrupted"
            self._halt("interrupted", "interrupted")
            return fresh

        def second() -> None:
            for task in self._tasks:
                task.cancel()

        return catch_interrupts(first, second)


def score_safely(scorer: Scorer, sample: Sample, response: Response) -> Score:
    """Score a response; a scorer that fails makes the sample an error, never a wrong answer.

    A sample without a label keeps what was read of the answer, and gets no values.
    """
    try:
        score = scorer(sample, response)
        if not sample.labelled:
            score = replace(score, values={})
    except JuljaError as error:
        return Score({}, state="error", explanation=f"{type(error).__name__}: {error}")
    except Exception as error:
        wrapped = ScoringError(f"{scorer.name} failed: {type(error).__name__}: {error}.")
        return Score({}, state="error", explanation=f"ScoringError: {wrapped}")
    return settle_state(score, response)


def settle_state(score: Score, response: Response) -> Score:
    """Name why there is no answer: a response that was cut or refused is not merely unparsed."""
    if score.state == "unparsed" or (score.state == "scored" and not response.text.strip()):
        if response.finish == "length" and not response.choices:
            return replace(score, state="truncated")
        if response.finish == "refusal":
            return replace(score, state="refused")
    return score
