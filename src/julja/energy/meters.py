"""Watches this machine while a run asks: starts what meters there are, and adds up what they say.

A meter that fails is told once and left out; it never stops a run.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from julja.energy import carbon
from julja.energy.cpu import CpuTime
from julja.energy.nvml import open_nvml
from julja.energy.part import Part
from julja.energy.rapl import open_rapl

# Whose energy: a model in this process, or a server on this machine.
Where: TypeAlias = Literal["process", "machine"]
How: TypeAlias = Literal["counters", "codecarbon", "model"]


class Meter(Protocol):
    """One way to measure one part of this machine.

    `every_s` says how often `sample` has to be called, None where start and end are enough.
    """

    part: str
    every_s: float | None

    def start(self) -> None:
        """Begin to count."""
        ...

    def sample(self) -> None:
        """Take a reading in between."""
        ...

    def stop(self) -> Part:
        """What was used since `start`."""
        ...


@dataclass(slots=True)
class Watch:
    """Some meters from `start` to `stop`; `notes` say what went wrong."""

    meters: list[Meter]
    notes: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start all meters, and a thread for those that have to be read in between."""
        for meter in list(self.meters):
            self._try(meter, meter.start)
        for meter in self.meters:
            if meter.every_s is not None:
                thread = threading.Thread(target=self._sample, args=(meter,), daemon=True)
                thread.start()
                self._threads.append(thread)

    def stop(self) -> tuple[Part, ...]:
        """What each meter says that has held out."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        found: list[Part] = []
        for meter in list(self.meters):
            self._try(meter, lambda meter=meter: found.append(meter.stop()))  # type: ignore[misc]
        return tuple(found)

    def _sample(self, meter: Meter) -> None:
        while not self._ended.wait(meter.every_s):
            if not self._try(meter, meter.sample):
                return

    def _try(self, meter: Meter, step: Callable[[], object]) -> bool:
        """Take one step of a meter; one that can't is left out from then on."""
        try:
            step()
        except Exception as error:
            # A library of others reads hardware here: whatever it raises, the run goes on.
            with self._lock:
                self.meters.remove(meter)
                self.notes.append(_failed(meter.part, error))
            return False
        return True


def open_watch(how: How, where: Where, country: str | None = None) -> Watch:
    """The meters that this machine has.

    `counters` reads NVML and RAPL, with the CPU's model where RAPL can't be read; `codecarbon`
    prefers that library where it is installed; `model` is the CPU's model alone. The CPU's model
    sees this process only, so it says nothing of a server's.
    """
    notes: list[str] = []
    meters: list[Meter] = []
    if how == "codecarbon" and carbon.is_installed():
        try:
            return Watch([carbon.CodeCarbon(country)])
        except Exception as error:
            # As above: codecarbon may fail in many ways where it looks for hardware.
            notes.append(_failed("codecarbon", error))
    if how != "model":
        meters += [meter for meter in (open_nvml(), open_rapl()) if meter is not None]
    if where == "process" and not _has(meters, "cpu"):
        meters.append(CpuTime())
    return Watch(meters, notes)


def _has(meters: Sequence[Meter], part: str) -> bool:
    return any(meter.part == part for meter in meters)


def _failed(what: str, error: Exception) -> str:
    return f"energy: the {what} meter failed and is left out ({type(error).__name__}: {error})"
