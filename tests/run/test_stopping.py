"""How a stage of many questions ends early: Ctrl-C once and twice, budgets, refusals, a disk."""

import asyncio
import os
import signal

import pytest

from julja.run.progress import Progress
from julja.run.stopping import Refusals, Stopping


def test_the_first_interrupt_ends_in_order_and_the_second_cancels():
    stopping, log = Stopping(), []

    async def patient(number):
        while stopping.stop is None:
            await asyncio.sleep(0.005)
        log.append(number)
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(30)
            log.append("not cancelled")

    async def interrupt():
        os.kill(os.getpid(), signal.SIGINT)

    asyncio.run(stopping.work([patient(0), patient(1), interrupt()]))
    assert (stopping.stop, stopping.reason) == ("interrupted", "interrupted")
    assert sorted(log) == [0, 1]


def test_handlers_are_put_back_and_one_worker_s_error_is_the_stage_s_own():
    before = signal.getsignal(signal.SIGTERM)

    async def full_disk():
        raise OSError(28, "No space left on device")

    async def other():
        await asyncio.sleep(30)

    with pytest.raises(OSError, match="No space left"):
        asyncio.run(Stopping().work([full_disk(), other()]))
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("tokens", "cost", "reason"),
    [
        (10, None, "10 tokens used of --max-tokens-total"),
        (None, 0.5, "$0.5000 spent of --max-cost $0.5"),
        (11, 0.6, ""),
    ],
)
def test_budgets_stop_where_they_are_reached(tokens, cost, reason):
    progress, stopping = Progress(), Stopping(tokens, cost)
    progress.spend(7, 3, 0.5)
    progress.spend(None, None, None)
    stopping.check_budget(progress)
    assert stopping.reason == reason and (stopping.stop == "budget") == bool(reason)
    stopping.halt("failing", "a later reason")
    assert stopping.reason == (reason or "a later reason")


def test_a_model_that_answered_once_is_never_hopeless():
    dead, alive = Refusals(3), Refusals(3)
    assert [dead.refused() for _ in range(3)] == [False, False, True]
    alive.refused()
    alive.answered()
    assert not any(alive.refused() for _ in range(10))
