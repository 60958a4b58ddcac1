"""The CPU by a model, where no counter can be read: its busy time x watts per busy thread.

A busy hardware thread draws 2 W (28 W laptop chip of 12 threads) to 15 W (a desktop's core at its
highest clock); servers lie between (350 W / 96 threads = 3.6 W). Memory, disks and the power supply
are not counted, nor is an accelerator.
"""

import resource

from julja.energy.part import Part, estimated

WATTS = (2.0, 15.0)
METHOD = "estimated: CPU time x 2-15 W a thread"


class CpuTime:
    """Busy seconds of this process and of its children that have ended."""

    part = "cpu"
    every_s: float | None = None

    def __init__(self) -> None:
        self._began = 0.0

    def start(self) -> None:
        """Begin."""
        self._began = _busy_s()

    def sample(self) -> None:
        """Nothing: the kernel counts."""

    def stop(self) -> Part:
        """The range since `start`."""
        hours = max(0.0, _busy_s() - self._began) / 3600
        low, high = (watts * hours for watts in WATTS)
        return estimated(self.part, METHOD, low, high, "thermal design powers (docs/energy.md)")


def _busy_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
