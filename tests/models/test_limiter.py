"""The limiter in virtual time: retries, Retry-After, slow start, cuts, bursts, fairness."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from julja.errors import ProviderError, ProviderTimeoutError, RateLimitError
from julja.models.limiter import Limiter, LimiterEvent
from julja.types import Response


class _Jump(selectors.DefaultSelector):
    """Never waits: the time that it should have waited is added to the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def run(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def limiter(connections: int = 100, **options: Any) -> Limiter:
    return Limiter(connections, clock=lambda: asyncio.get_running_loop().time(), **options)


def failing(*errors: Exception) -> Callable[[], Awaitable[Response]]:
    """A call that raises these errors one after the other and then answers."""
    left = list(errors)

    async def call() -> Response:
        if left:
            raise left.pop(0)
        return Response("ok")

    return call


def busy(after_s: float | None = None) -> RateLimitError:
    return RateLimitError("busy", status=429, retryable=True, retry_after_s=after_s)


BROKEN = ProviderError("broken", status=500, retryable=True)


def test_an_answer_at_once_is_one_attempt() -> None:
    async def work() -> None:
        gate = limiter()
        response = await gate.run(failing())
        assert (response.attempts, gate.retries, gate.in_flight) == (1, 0, 0)

    run(work())


def test_what_can_pass_is_tried_again() -> None:
    async def work() -> None:
        gate = limiter()
        response = await gate.run(failing(BROKEN, busy()))
        assert response.attempts == 3
        assert (gate.retries, gate.rate_limited, gate.in_flight) == (2, 1, 0)

    run(work())


def test_what_can_not_pass_is_raised_at_once() -> None:
    async def work() -> None:
        gate = limiter()
        with pytest.raises(ProviderError, match=r"^no key$"):
            await gate.run(failing(ProviderError("no key", status=401)))
        assert (gate.retries, gate.in_flight) == (0, 0)

    run(work())


def test_the_last_error_is_raised_when_the_attempts_are_used_up() -> None:
    async def work() -> None:
        with pytest.raises(ProviderError, match=r"broken \(after 3 attempts\)"):
            await limiter(max_retries=2).run(failing(*[BROKEN] * 9))

    run(work())


def test_other_errors_pass_through_and_give_the_place_back() -> None:
    async def work() -> None:
        gate = limiter()
        with pytest.raises(ZeroDivisionError):
            await gate.run(failing(ZeroDivisionError()))
        assert gate.in_flight == 0

    run(work())


def test_waits_are_jittered_and_grow_but_never_beyond_the_cap() -> None:
    async def work() -> list[float]:
        waits: list[float] = []
        gate = limiter(
            max_retries=12, base_s=1.0, cap_s=8.0, on_event=lambda e: waits.append(e.wait_s)
        )
        await gate.run(failing(*[ProviderError("x", retryable=True) for _ in range(12)]))
        return waits

    waits = run(work())
    assert len(set(waits)) == 12
    assert all(wait <= bound for wait, bound in zip(waits, [1, 2, 4] + [8] * 9, strict=True))
    assert max(waits) > 4
    assert run(work()) == waits


def test_retry_after_is_waited_for() -> None:
    async def work() -> float:
        await limiter().run(failing(busy(30.0)))
        return asyncio.get_running_loop().time()

    assert 30.0 <= run(work()) <= 31.0


def test_a_wait_that_is_too_long_is_an_error_that_says_so() -> None:
    async def work() -> None:
        with pytest.raises(RateLimitError, match="asks to wait 7200 s") as caught:
            await limiter().run(failing(busy(7200.0)))
        assert "resume" in (caught.value.hint or "")

    run(work())


def test_a_broken_request_holds_no_place_while_it_waits() -> None:
    async def work() -> None:
        gate = limiter(1)
        broken = ProviderError("x", status=500, retryable=True, retry_after_s=60.0)
        slow = asyncio.create_task(gate.run(failing(broken)))
        await asyncio.sleep(1)
        assert gate.in_flight == 0
        assert (await gate.run(failing())).text == "ok"
        assert asyncio.get_running_loop().time() < 2
        assert (await slow).attempts == 2

    run(work())


def test_a_refused_request_keeps_its_place_and_goes_before_new_ones() -> None:
    done: list[str] = []

    async def ask(gate: Limiter, name: str, *errors: Exception) -> None:
        await gate.run(failing(*errors))
        done.append(name)

    async def work() -> None:
        gate = limiter(1)
        refused = asyncio.create_task(ask(gate, "refused", busy(60.0)))
        await asyncio.sleep(1)
        assert gate.in_flight == 0
        await asyncio.gather(refused, *(ask(gate, f"new {i}") for i in range(3)))

    run(work())
    assert done == ["refused", "new 0", "new 1", "new 2"]


class Api:
    """A pretended server: answers after 1 s, and refuses what is over its capacity."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.now = self.peak = self.refused = 0

    async def __call__(self) -> Response:
        self.now += 1
        self.peak = max(self.peak, self.now)
        try:
            if self.now > self.capacity:
                self.refused += 1
                raise busy()
            await asyncio.sleep(1.0)
        finally:
            self.now -= 1
        return Response("ok")


def test_slow_start_reaches_the_maximum_and_never_passes_it() -> None:
    async def work() -> None:
        api, gate = Api(10_000), limiter(200)
        assert gate.limit == 50
        await asyncio.gather(*(gate.run(api) for _ in range(2000)))
        assert (gate.limit, api.peak) == (200, 200)
        # 50, 100, 200 … : about 12 rounds; a fixed limit of 50 would need 40 s.
        assert asyncio.get_running_loop().time() < 15

    run(work())


def test_without_adaption_the_limit_is_fixed() -> None:
    async def work() -> None:
        api, gate = Api(10_000), limiter(7, adaptive=False)
        await asyncio.gather(*(gate.run(api) for _ in range(50)), gate.run(failing(busy())))
        assert (gate.limit, api.peak) == (7, 7)

    run(work())


def test_the_limit_settles_below_what_the_server_can_take() -> None:
    async def work() -> None:
        api, gate = Api(40), limiter(200, max_retries=50)
        answers = await asyncio.gather(*(gate.run(api) for _ in range(3000)))
        assert len(answers) == 3000
        assert 20 <= gate.limit <= 60
        # Of all attempts, few are refused, and the server stays busy.
        assert api.refused < 300
        assert asyncio.get_running_loop().time() < 3000 / 40 * 1.6

    run(work())


@pytest.mark.parametrize("error", [busy(), ProviderTimeoutError("late", retryable=True)])
def test_one_burst_cuts_once(error: ProviderError) -> None:
    cuts: list[LimiterEvent] = []

    async def burst() -> Response:
        await asyncio.sleep(1.0)
        raise error

    async def work() -> None:
        gate = limiter(
            20, max_retries=0, on_event=lambda e: cuts.append(e) if e.kind == "cut" else None
        )
        await asyncio.gather(*(gate.run(burst) for _ in range(20)), return_exceptions=True)
        assert gate.limit == 16
        await asyncio.sleep(5)
        await asyncio.gather(*(gate.run(burst) for _ in range(16)), return_exceptions=True)
        assert gate.limit == 12

    run(work())
    assert [event.limit for event in cuts] == [16, 12]


def test_a_server_error_does_not_cut() -> None:
    async def work() -> None:
        gate = limiter(20, max_retries=0)
        await asyncio.gather(
            *(gate.run(failing(ProviderError("x", status=500, retryable=True))) for _ in range(20)),
            return_exceptions=True,
        )
        assert gate.limit == 20

    run(work())


def test_the_limit_is_never_below_one() -> None:
    async def work() -> None:
        gate = limiter(2, max_retries=40, base_s=2.0)
        assert (await gate.run(failing(*[busy() for _ in range(30)]))).attempts == 31
        assert gate.limit >= 1

    run(work())


def test_a_cancelled_waiter_leaves_the_queue() -> None:
    async def work() -> None:
        gate = limiter(1)
        first = asyncio.create_task(gate.run(Api(1)))
        await asyncio.sleep(0)
        second = asyncio.create_task(gate.run(failing()))
        third = asyncio.create_task(gate.run(failing()))
        await asyncio.sleep(0.1)
        second.cancel()
        assert (await first).text == (await third).text == "ok"
        assert gate.in_flight == 0

    run(work())


def test_no_connection_is_no_limiter() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limiter(0)


FAULTS = (None, None, None, busy, lambda: busy(3.0), lambda: BROKEN, ZeroDivisionError)


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(st.tuples(st.sampled_from(FAULTS), st.floats(0.0, 5.0)), max_size=60),
    connections=st.integers(1, 30),
    cancelled=st.sets(st.integers(0, 59)),
)
def test_whatever_happens_the_limit_holds_and_every_place_comes_back(
    plan: list[Any], connections: int, cancelled: set[int]
) -> None:
    async def work() -> None:
        gate = limiter(connections, max_retries=3)
        now = 0

        def call(fault: Any, seconds: float) -> Callable[[], Awaitable[Response]]:
            async def once() -> Response:
                nonlocal now
                now += 1
                assert now <= connections
                try:
                    await asyncio.sleep(seconds)
                    if fault:
                        raise fault()
                    return Response("ok")
                finally:
                    now -= 1

            return once

        tasks = [asyncio.create_task(gate.run(call(*item))) for item in plan]
        await asyncio.sleep(1.0)
        for number in cancelled & set(range(len(tasks))):
            tasks[number].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(isinstance(error, AssertionError) for error in found)
        assert gate.in_flight == 0
        assert 1 <= gate.limit <= connections
        # Nothing is lost: all places can be taken again.
        api, free = Api(10_000), gate.limit
        await asyncio.gather(*(gate.run(api) for _ in range(5)))
        assert api.peak >= min(5, free)

    run(work())
