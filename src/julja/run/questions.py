"""Many questions of one kind to one model: counted, budgeted, interruptible.

What a stage needs beside samples (scores of raw prompts, names of topics) goes through here; each
answer is in the store's response cache before it is counted, so asking again asks only what is new.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from julja.models.prices import Prices, cost_usd
from julja.run.ask import Asked, Asker
from julja.run.progress import Progress
from julja.run.stopping import Refusals, Stopping
from julja.types import Json, Request


@dataclass(slots=True)
class Spending:
    """What one model was asked for, and what that took.

    `cost_usd` is the price of all answers, cached ones too (what the result cost); `spent_usd`
    that of the answers of this session. None where the price is not known.
    """

    role: str
    model: str
    requests: int = 0
    cached: int = 0
    errors: int = 0
    unparsed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    spent_usd: float | None = None

    def count(self, answer: Asked, prices: Prices) -> None:
        """Add one answer."""
        self.requests += 1
        self.cached += answer.cached
        if answer.response is None:
            self.errors += 1
            return
        usage = answer.response.usage
        self.input_tokens += usage.input_tokens or 0
        self.output_tokens += usage.output_tokens or 0
        cost = cost_usd(self.model, usage, prices)
        if cost is not None:
            self.cost_usd = (self.cost_usd or 0.0) + cost
            if not answer.cached:
                self.spent_usd = (self.spent_usd or 0.0) + cost

    def to_json(self) -> dict[str, Json]:
        """Without what differs from session to session."""
        return {
            "role": self.role,
            "model": self.model,
            "requests": self.requests,
            "errors": self.errors,
            "unparsed": self.unparsed,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd,
        }


@dataclass(slots=True)
class Session:
    """What is shared by all questions of one command: prices, budget, and whether to stop."""

    prices: Prices
    max_cost: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    stopping: Stopping = field(default_factory=Stopping)
    spending: list[Spending] = field(default_factory=list)

    @property
    def spent_usd(self) -> float:
        """Dollars that this session has spent, as far as prices are known."""
        return sum(item.spent_usd or 0.0 for item in self.spending)


class Questions:
    """One model, one kind of question. `ask` may be called again for more of them."""

    def __init__(self, asker: Asker, role: str, session: Session) -> None:
        self.asker, self.session = asker, session
        self.spent = Spending(role, asker.engine.name)
        session.spending.append(self.spent)
        self._refusals = Refusals()

    async def ask(
        self,
        places: Sequence[int],
        request: Callable[[int], Request],
        on_answer: Callable[[int, Asked], bool],
    ) -> None:
        """Ask `request(place)` for every place; `on_answer` says whether the answer could be read.

        Ends early when the session is told to stop; what was answered by then is kept.
        """
        progress = Progress(total=len(places))
        items = iter(places)
        width = min(len(places), self.asker.width)
        try:
            await self.session.stopping.work(
                self._worker(items, request, on_answer, progress) for _ in range(width)
            )
        finally:
            self.asker.store.flush()

    async def _worker(
        self,
        items: Iterator[int],
        request: Callable[[int], Request],
        on_answer: Callable[[int, Asked], bool],
        progress: Progress,
    ) -> None:
        for place in items:
            if self.session.stopping.stop is not None:
                return
            answer = await self.asker.ask(request(place))
            self.spent.count(answer, self.session.prices)
            read = on_answer(place, answer)
            if answer.response is None:
                self._failed(answer)
                progress.states["error"] += 1
            else:
                self._refusals.answered()
                self.spent.unparsed += not read
                progress.states["scored" if read else "unparsed"] += 1
            self._show(progress, answer)

    def _show(self, progress: Progress, answer: Asked) -> None:
        progress.done += 1
        progress.cached += answer.cached
        progress.input_tokens, progress.output_tokens = (
            self.spent.input_tokens,
            self.spent.output_tokens,
        )
        progress.cost_usd = self.spent.spent_usd
        progress.retries = self.asker.limiter.retries
        session = self.session
        if session.max_cost is not None and session.spent_usd >= session.max_cost:
            spent = f"${session.spent_usd:.4f} of --max-cost ${session.max_cost}"
            session.stopping.halt("budget", spent)
        if session.on_progress is not None:
            session.on_progress(progress)

    def _failed(self, answer: Asked) -> None:
        """A model that refuses its first questions for good (a wrong key) is asked no more."""
        if answer.error is not None and not answer.retryable and self._refusals.refused():
            self.session.stopping.halt("failing", answer.error.message)
