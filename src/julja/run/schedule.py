"""Asks for every sample of a plan that has no response yet, and makes each answer durable.

Workers draw from one lazy stream of (leaf, sample, epoch), so neither prompts nor requests of a
large run are ever held together. An answer is written, scored and counted before the worker asks
the next question. The first interrupt stops the stream and lets what is in flight finish; the
second cancels (julja.run.stopping).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeVar

from julja.errors import DataError, JuljaError, ProviderError, ScoringError
from julja.models.engine import BatchEngine, Engine
from julja.models.limiter import Limiter
from julja.models.prices import Prices, cost_usd
from julja.run.ask import DEFAULT_CONNECTIONS, ask_once, identity_key
from julja.run.plan import Leaf, Plan
from julja.run.progress import Progress
from julja.run.stopping import FAIL_FAST, Finished, Refusals, Stopping
from julja.scoring.judge.base import is_judged
from julja.signature import request_key
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import ErrorInfo, Request, Response, Sample, Score, Scorer, State, Usage

Number = TypeVar("Number", int, float)
BACKLOG = 20_000
# What a batch engine is handed at once: enough to share all that can be shared within a task.
BLOCK_CHARACTERS = 64 << 20
BLOCK_REQUESTS = 50_000


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
        self.stopping = Stopping(self.config.max_tokens_total, self.config.max_cost)
        self._identity = dict(engine.identity)
        self._model = identity_key(engine)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="julja-score")
        self._refusals = Refusals(min(FAIL_FAST, plan.total))
        self._cache_useful = False

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
        stopping = self.stopping
        try:
            async with asyncio.timeout(self.config.run_timeout_s):
                if isinstance(self.engine, BatchEngine):
                    await stopping.work([self._blocks(self.engine, items)])
                else:
                    count = min(connections, missing)
                    await stopping.work(self._worker(items) for _ in range(count))
        except TimeoutError:
            stopping.halt("timeout", f"the run's time-out of {self.config.run_timeout_s} s is over")
        except asyncio.CancelledError:
            stopping.halt("interrupted", "interrupted twice")
        finally:
            self._pool.shutdown(wait=True)
            self.store.flush()
        return Finished(stopping.stop, stopping.reason, self.progress)

    def _count_spent(self) -> None:
        """Start the budgets at what an earlier part of this run has used."""
        for spent in self.store.spent(self.run_id):
            self.progress.spend(spent.input_tokens, spent.output_tokens, spent.cost_usd)

    def _missing(self, done: set[tuple[str, str, int]]) -> Iterator[tuple[Leaf, Sample, int]]:
        for leaf, sample, epoch in self.plan.items():
            if (leaf.name, sample.id, epoch) not in done:
                yield leaf, sample, epoch

    async def _worker(self, items: Iterator[tuple[Leaf, Sample, int]]) -> None:
        for leaf, sample, epoch in items:
            if self.stopping.stop is not None:
                return
            while self.store.backlog > BACKLOG:
                await asyncio.sleep(0.01)
            await self._one(leaf, sample, epoch)

    async def _one(self, leaf: Leaf, sample: Sample, epoch: int) -> None:
        engine, limit_s = self.engine, self.config.timeout_s
        question = _Question(leaf, sample, self._outcome(leaf, sample, epoch))
        try:
            while await self._advance(question):
                response = await self.limiter.run(
                    lambda: ask_once(engine, question.request, limit_s)
                )
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
        while self.stopping.stop is None:
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
                    if self.stopping.stop is not None:
                        return
        except JuljaError as error:
            # The engine as a whole can't go on: what it has not answered is lost, by name.
            for question in open_.values():
                if self.stopping.stop is None:
                    self._lose(question, error)

    def _outcome(self, leaf: Leaf, sample: Sample, epoch: int) -> Outcome:
        return Outcome(self.run_id, leaf.name, sample.id, epoch, leaf.source)

    async def _advance(self, question: _Question) -> bool:
        """Render what is asked next, as long as the cache has the answers; False at the end."""
        while not question.done:
            leaf, outcome = question.leaf, question.outcome
            question.request = leaf.request(question.sample, outcome.epoch, question.earlier)
            _check_picture(question.request)
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
        self._refusals.answered()
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
        hopeless = isinstance(error, ProviderError) and not error.retryable
        if hopeless and self._refusals.refused():
            self.stopping.halt("failing", str(error))

    def _count(self, state: State, outcome: Outcome) -> None:
        progress = self.progress
        progress.done += 1
        progress.states[state] += 1
        progress.cached += outcome.cached
        progress.spend(outcome.input_tokens, outcome.output_tokens, outcome.cost_usd)
        progress.retries = self.limiter.retries
        progress.in_flight = self.limiter.in_flight
        progress.limit = int(self.limiter.limit)
        self.stopping.check_budget(progress)
        if self.on_progress is not None:
            self.on_progress(progress)


def _check_picture(request: Request) -> None:
    """Raise where the picture that a request is about is not on this machine."""
    reason = request.inputs.get("no_picture")
    if reason and not request.prompt.media:
        raise DataError(
            f"Nothing can be shown: {str(reason).rstrip('.')}.",
            hint="Pictures lie below --data (docs/vision.md says where); `julja score TASK"
            " --responses FILE` needs none.",
        )


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
