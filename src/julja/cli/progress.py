"""How far a run is, on stderr: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from julja.run.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PLAIN_EVERY_S = 10.0
BAR_EVERY_S = 0.1


def describe(progress: Progress) -> str:
    """Rate, retries, tokens, cost and states in one line."""
    elapsed = max(time.monotonic() - progress.started, 1e-9)
    fresh = progress.done - progress.resumed
    parts = [f"{fresh / elapsed:.1f}/s"]
    left = progress.total - progress.done
    if fresh and left:
        parts.append(f"ETA {duration(left * elapsed / fresh)}")
    if progress.resumed:
        parts.append(f"{progress.resumed} resumed")
    if progress.cached:
        parts.append(f"{progress.cached} cached")
    if progress.retries:
        parts.append(f"{progress.retries} retries")
    if progress.cost_usd:
        parts.append(f"${progress.cost_usd:.4f}")
    parts += [
        f"{count} {state}"
        for state, count in sorted(progress.states.items())
        if state != "scored" and count
    ]
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(75)
    '1:15'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class ProgressLine:
    """A context manager that gives a callback for `Schedule`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._last = 0.0

    def __enter__(self) -> Callable[[Progress], None]:
        """Start showing."""
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}"))
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("", text="", total=None)
            self._bar.start()
        self._last = time.monotonic()
        return self.update

    def update(self, progress: Progress) -> None:
        """Show the newest state, not more often than a reader can follow."""
        if self._quiet:
            return
        now = time.monotonic()
        every = PLAIN_EVERY_S if self._bar is None else BAR_EVERY_S
        if now - self._last < every and progress.done < progress.total:
            return
        self._last = now
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task,
                completed=progress.done,
                total=progress.total,
                text=describe(progress),
            )
        else:
            print(f"{progress.done}/{progress.total} · {describe(progress)}", file=sys.stderr)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._bar is not None:
            self._bar.stop()
