"""Ctrl-C in two steps: the first asks for an orderly end, the second for an end at once."""

import asyncio
import signal
import threading
from collections.abc import Callable


def catch_interrupts(first: Callable[[], bool], second: Callable[[], None]) -> Callable[[], None]:
    """Call `first` at an interrupt, and `second` too when `first` says it was not the first.

    Returns what puts the old handlers back. Outside the main thread nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if not first():
            second()

    caught = [signal.SIGINT, signal.SIGTERM]
    try:
        for number in caught:
            loop.add_signal_handler(number, interrupt)
    except (NotImplementedError, RuntimeError):
        return lambda: None

    def restore() -> None:
        for number in caught:
            loop.remove_signal_handler(number)

    return restore
