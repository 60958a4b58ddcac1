"""How many requests are in flight, and what happens when one fails.

The number follows the server, as TCP follows a network: it grows with every success until the
server pushes back (slow start), is then cut to 0.8 and grows by about one per round (additive
increase, multiplicative decrease; Chiu and Jain 1989). All that was in flight when it was cut
belongs to the same burst and cuts no further. Failures that can pass are tried again after a
full-jitter exponential wait (Brooker 2015, "Exponential backoff and jitter"), never sooner than
the server's Retry-After. A request that was told "too many" keeps its place while it waits:
giving it to the next in the queue would only earn the next refusal. Others give it back.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from julja.errors import ProviderError, ProviderTimeoutError, RateLimitError
from julja.types import Response

Call = Callable[[], Awaitable[Response]]

_START = 20
_CUT = 0.8
_COOLDOWN_S = 1.0


@dataclass(frozen=True, slots=True)
class LimiterEvent:
    """What the limiter did, for progress lines: a retry, a cut of the limit, or giving up."""

    kind: Literal["retry", "cut", "gave_up"]
    error: ProviderError
    limit: int
    attempt: int
    wait_s: float = 0.0


class Limiter:
    """Runs calls to one engine with at most `limit` in flight, and repeats what can pass.

    `limit` is the present limit (at most `max_connections`; fixed when `adaptive` is False),
    `in_flight` the requests that a server is working on, `retries` and `rate_limited` count what
    happened. `seed` makes the waits repeatable.
    """

    def __init__(
        self,
        max_connections: int,
        *,
        max_retries: int = 8,
        adaptive: bool = True,
        seed: int = 0,
        base_s: float = 0.5,
        cap_s: float = 60.0,
        max_wait_s: float = 900.0,
        on_event: Callable[[LimiterEvent], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if max_connections < 1:
            raise ValueError(f"max_connections must be at least 1, got {max_connections}")
        self.max_connections = max_connections
        self.max_retries = max_retries
        self.adaptive = adaptive
        self._taken = 0
        self._held = 0
        self.retries = 0
        self.rate_limited = 0
        start = min(max_connections, max(_START, max_connections // 4))
        self._limit = float(start if adaptive else max_connections)
        self._slow_start = adaptive
        self._last_cut = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._random = random.Random(seed)
        self._base_s, self._cap_s, self._max_wait_s = base_s, cap_s, max_wait_s
        self._on_event, self._clock, self._sleep = on_event, clock, sleep

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """How many requests a server is working on now."""
        return self._taken - self._held

    async def run(self, call: Call) -> Response:
        """Await `call()` until it answers; raise its last error when trying again can't help."""
        attempt = 1
        has_place = False
        while True:
            if not has_place:
                if self._taken < int(self._limit) and not self._waiting:
                    self._taken += 1
                else:
                    await self._acquire(first=attempt > 1)
            has_place = False
            started = self._clock() if self.adaptive else 0.0
            try:
                response = await call()
                if self._limit < self.max_connections:
                    self._grow()
                return response if attempt == 1 else replace(response, attempts=attempt)
            except ProviderError as error:
                wait_s = self._after_failure(error, attempt, started)
                if isinstance(error, RateLimitError):
                    await self._hold(wait_s)
                    has_place = self._taken <= int(self._limit)
                    wait_s = 0.0
            finally:
                if not has_place:
                    self._release()
            if wait_s:
                await self._sleep(wait_s)
            attempt += 1

    def _after_failure(self, error: ProviderError, attempt: int, started: float) -> float:
        """The seconds to wait before the next attempt; raises `error` when there is none."""
        if isinstance(error, RateLimitError):
            self.rate_limited += 1
        if isinstance(error, RateLimitError | ProviderTimeoutError):
            self._cut(error, attempt, started)
        too_long = (error.retry_after_s or 0.0) > self._max_wait_s
        if not error.retryable or attempt > self.max_retries or too_long:
            if too_long and error.retryable:
                error.message += f" It asks to wait {error.retry_after_s:.0f} s."
                error.hint = "That is longer than julja waits: resume the run later."
            if attempt > 1:
                error.message += f" (after {attempt} attempts)"
            self._tell("gave_up", error, attempt)
            raise error
        wait_s = self._random.uniform(0.0, min(self._cap_s, self._base_s * 2.0 ** (attempt - 1)))
        if error.retry_after_s is not None:
            # Jitter on top, so that a whole burst doesn't come back at the same instant.
            wait_s = max(
                wait_s, error.retry_after_s + self._random.uniform(0.0, min(1.0, self._base_s))
            )
        self.retries += 1
        self._tell("retry", error, attempt, wait_s)
        return wait_s

    def _cut(self, error: ProviderError, attempt: int, started: float) -> None:
        now = self._clock()
        if not self.adaptive or started <= self._last_cut or now - self._last_cut < _COOLDOWN_S:
            return
        self._slow_start = False
        self._last_cut = now
        # From what was really in flight: an unused limit says nothing about the server.
        self._limit = max(1.0, min(self._limit, float(self.in_flight)) * _CUT)
        self._tell("cut", error, attempt)

    def _grow(self) -> None:
        """One success more. A limit that isn't used up is not raised."""
        if not self.adaptive or self._taken < int(self._limit):
            return
        step = 1.0 if self._slow_start else 1.0 / self._limit
        self._limit = min(float(self.max_connections), self._limit + step)

    async def _hold(self, wait_s: float) -> None:
        self._held += 1
        try:
            await self._sleep(wait_s)
        finally:
            self._held -= 1

    async def _acquire(self, *, first: bool) -> None:
        """Wait for a place; a request that is tried again goes before new ones."""
        place = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(place)
        else:
            self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._release()
            else:
                self._waiting.remove(place)
            raise

    def _release(self) -> None:
        """Give the place back and wake as many as the limit now allows."""
        self._taken -= 1
        while self._waiting and self._taken < int(self._limit):
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)

    def _tell(
        self,
        kind: Literal["retry", "cut", "gave_up"],
        error: ProviderError,
        attempt: int,
        wait_s: float = 0.0,
    ) -> None:
        if self._on_event is not None:
            self._on_event(LimiterEvent(kind, error, self.limit, attempt, wait_s))
