"""Pictures decoded ahead of the model: a few threads, a bounded number of bytes."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

MOST_BYTES = 512 << 20


def workers() -> int:
    """Threads that decode: decoding and resizing let go of the interpreter's lock."""
    return min(8, os.cpu_count() or 1)


def made_ahead(
    make: Callable[[Item], Made],
    items: Sequence[Item],
    *,
    ahead: int,
    size: Callable[[Made], int],
    threads: int | None = None,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Made]:
    """`make` of every item, in order, while the caller works on those before.

    At most `ahead` are in the making or waiting, and no new one is begun while those that wait
    hold `most_bytes` (by `size`): a folder of huge pictures takes longer, not more memory.
    """
    waiting: deque[Future[Made]] = deque()
    coming = iter(items)
    with ThreadPoolExecutor(threads or workers(), "julja-pictures") as pool:
        try:
            while True:
                while len(waiting) < ahead and (not waiting or _held(waiting, size) < most_bytes):
                    item = next(coming, None)
                    if item is None:
                        break
                    waiting.append(pool.submit(make, item))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _held(waiting: "deque[Future[Made]]", size: Callable[[Made], int]) -> int:
    done = [future for future in waiting if future.done() and future.exception() is None]
    return sum(size(future.result()) for future in done)
