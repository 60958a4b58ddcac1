"""How a stage that asks many questions ends early, and why: Ctrl-C, a budget, a hopeless model.

The first interrupt asks for an orderly end: workers look at `Stopping.stop` before each question.
The second cancels them.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from julja.run.progress import Progress

Stop: TypeAlias = Literal["interrupted", "budget", "failing", "timeout"]
# So many first requests failing alike, with nothing answered, is a wrong key or a wrong name.
FAIL_FAST = 5


def stop_code(stop: Stop | None) -> int | None:
    """A command's exit code for a stage that ended early; None for one that did not."""
    if stop is None:
        return None
    return 130 if stop == "interrupted" else 1


@dataclass(frozen=True, slots=True)
class Finished:
    """How a stage ended: `stop` is None when everything was asked."""

    stop: Stop | None
    reason: str
    progress: Progress


class Stopping:
    """Whether a stage's workers are to stop, and why; the first reason counts.

    `max_tokens` (in and out) and `max_cost` (dollars) are the budgets that the user allows.
    """

    def __init__(self, max_tokens: int | None = None, max_cost: float | None = None) -> None:
        self._max_tokens, self._max_cost = max_tokens, max_cost
        self.stop: Stop | None = None
        self.reason = ""
        self._interrupted = False
        self._tasks: list[asyncio.Task[None]] = []

    def halt(self, stop: Stop, reason: str) -> None:
        """Ask for an orderly end."""
        if self.stop is None:
            self.stop, self.reason = stop, reason

    def check_budget(self, progress: Progress) -> None:
        """Halt when more tokens or dollars are spent than the user allows."""
        tokens = progress.input_tokens + progress.output_tokens
        if self._max_tokens is not None and tokens >= self._max_tokens:
            self.halt("budget", f"{tokens} tokens used of --max-tokens-total")
        cost = progress.cost_usd or 0.0
        if self._max_cost is not None and cost >= self._max_cost:
            self.halt("budget", f"${cost:.4f} spent of --max-cost ${self._max_cost}")

    async def work(self, workers: Iterable[Coroutine[None, None, None]]) -> None:
        """Run workers side by side until all have ended; Ctrl-C as the module says.

        One worker that can't go on (a full disk) ends the stage with its own error.
        """
        restore = self._catch_interrupts()
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = [group.create_task(worker) for worker in workers]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        finally:
            restore()

    def _catch_interrupts(self) -> Callable[[], None]:
        """Returns what puts the old handlers back; outside the main thread nothing is caught."""
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        loop = asyncio.get_running_loop()
        caught = [signal.SIGINT, signal.SIGTERM]
        try:
            for number in caught:
                loop.add_signal_handler(number, self._interrupt)
        except (NotImplementedError, RuntimeError):
            return lambda: None

        def restore() -> None:
            for number in caught:
                loop.remove_signal_handler(number)

        return restore

    def _interrupt(self) -> None:
        if self._interrupted:
            for task in self._tasks:
                task.cancel()
        self._interrupted = True
        self.halt("interrupted", "interrupted")


class Refusals:
    """Tells a model that refuses its first questions for good from one that fails now and then."""

    def __init__(self, limit: int = FAIL_FAST) -> None:
        self._limit = limit
        self._answered = False
        self._count = 0

    def answered(self) -> None:
        """The model has given an answer: it is not hopeless."""
        self._answered = True

    def refused(self) -> bool:
        """Count a refusal; True when there is no hope that any question is answered."""
        self._count += not self._answered
        return not self._answered and self._count >= self._limit
