"""One model asked whatever a stage needs (verdicts, labels): cached, durable, limited, retried.

A run's own samples go through `schedule.py`; this is for questions that are no samples. Engines
that share work among requests (`BatchEngine`) get all that wait at once.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from julja.errors import JuljaError, ProviderError, ProviderTimeoutError
from julja.models.engine import BatchEngine, Engine
from julja.models.limiter import Limiter
from julja.models.prices import Prices, cost_usd
from julja.signature import request_key
from julja.store.sqlite import Store
from julja.types import ErrorInfo, Request, Response

DEFAULT_CONNECTIONS = 16
# What waits for a batch engine at once; more would only hold memory.
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one question: a response, or why there is none."""

    key: str
    response: Response | None
    error: ErrorInfo | None = None
    cached: bool = False
    cost_usd: float | None = None
    retryable: bool = True


def identity_key(engine: Engine) -> str:
    """A model's identity as one text, as the response cache names it."""
    return "|".join(f"{key}={value}" for key, value in sorted(engine.identity.items()))


async def ask_once(engine: Engine, request: Request, limit_s: float) -> Response:
    """Ask an engine once; one without a clock of its own is stopped after `limit_s` seconds."""
    if getattr(engine, "keeps_time", False):
        return await engine.ask(request)
    try:
        async with asyncio.timeout(limit_s):
            return await engine.ask(request)
    except TimeoutError as error:
        raise ProviderTimeoutError(
            f"{engine.name} did not answer within {limit_s:g} s.", retryable=True
        ) from error


class Asker:
    """Asks one engine. An answer is written down before it is given back."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        *,
        prices: Prices,
        max_connections: int | None = None,
        max_retries: int = 8,
        timeout_s: float = 600.0,
        salt: str = "",
    ) -> None:
        """`salt`, where given, keeps answers of other runs from being taken (`--no-cache`)."""
        self.engine = engine
        self.store = store
        connections = max_connections or engine.max_connections or DEFAULT_CONNECTIONS
        self.limiter = Limiter(connections, max_retries=max_retries)
        self.is_batch = isinstance(engine, BatchEngine)
        # A batch engine wants to see many questions; the others are asked so many at a time.
        self.width = BLOCK if self.is_batch else connections
        self._prices = prices
        self._timeout_s = timeout_s
        self._salt = f":{salt}" if salt else ""
        self._identity = dict(engine.identity)
        self._model = identity_key(engine)
        self._waiting: list[tuple[Request, asyncio.Future[Response]]] = []
        self._batcher: asyncio.Task[None] | None = None

    async def ask(self, request: Request, *, sealed: bool = False) -> Asked:
        """The answer to one question, from the cache where it is there. Never raises for it."""
        key = request_key(self._identity, request) + self._salt
        kept = self.store.exchange(key)
        if kept is not None:
            return Asked(key, kept[1], cached=True)
        try:
            if self.is_batch:
                response = await self._in_batch(request)
            else:
                response = await self.limiter.run(
                    lambda: ask_once(self.engine, request, self._timeout_s)
                )
        except Exception as error:
            info = ErrorInfo(type(error).__name__, str(error))
            retryable = not isinstance(error, ProviderError) or error.retryable
            return Asked(key, None, info, retryable=retryable)
        self.store.add_exchange(key, self._model, request, response, sealed=sealed)
        cost = cost_usd(self.engine.name, response.usage, self._prices)
        return Asked(key, response, cost_usd=cost)

    async def close(self) -> None:
        """Stop what is under way and let go of the engine."""
        if self._batcher is not None:
            self._batcher.cancel()
        await self.engine.close()

    async def _in_batch(self, request: Request) -> Response:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._batcher is None or self._batcher.done():
            self._batcher = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        """Hand the engine all that waits, again and again until nothing does."""
        # One turn of the loop, so that questions asked together are seen together.
        await asyncio.sleep(0)
        while self._waiting:
            block, self._waiting = self._waiting, []
            await self._block(block)

    async def _block(self, block: list[tuple[Request, asyncio.Future[Response]]]) -> None:
        assert isinstance(self.engine, BatchEngine)
        open_ = dict(enumerate(future for _, future in block))
        failure: JuljaError = ProviderError(f"{self.engine.name} gave no answer.")
        try:
            async with aclosing(self.engine.ask_many([item for item, _ in block])) as answers:
                async for index, answer in answers:
                    future = open_.pop(index)
                    if future.done():
                        continue
                    if isinstance(answer, Exception):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        except JuljaError as error:
            failure = error
        finally:
            for future in open_.values():
                if not future.done():
                    future.set_exception(failure)


def with_repeat(request: Request, repeat: int) -> Request:
    """The same question asked once more: another sample, never the same cached text."""
    return request if request.repeat == repeat else replace(request, repeat=repeat)
