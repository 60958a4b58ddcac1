"""NVIDIA GPUs by their own counters, through the driver's library (NVML): nothing to install.

The counter (`nvmlDeviceGetTotalEnergyConsumption`, millijoules, Volta and later) is read twice; an
older GPU's power is sampled. It is the whole device's: another program on it is counted too.
"""

import ctypes
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from julja.energy.part import Part, measured

METHOD = "measured: NVML"
_LIBRARY = "libnvidia-ml.so.1"
_NAME_LENGTH = 96
_JOULES_PER_WH = 3600.0


class NvmlError(Exception):
    """The driver said no; the text says to what."""


@dataclass(slots=True)
class _Device:
    """One GPU. `last` is its counter in J, or the power in W of the last sample (`at`, s)."""

    handle: Any
    name: str
    counts: bool
    last: float = 0.0
    at: float = 0.0
    joules: float = 0.0


class Library:
    """The few functions of NVML that are needed. `library` stands in for the driver in tests."""

    def __init__(self, library: Any = None) -> None:
        self._nvml = ctypes.CDLL(_LIBRARY) if library is None else library
        self._call("nvmlInit_v2")

    def _call(self, name: str, *arguments: Any) -> None:
        code = getattr(self._nvml, name)(*arguments)
        if code != 0:
            raise NvmlError(f"{name} gave {code}")

    def devices(self) -> list[Any]:
        """Handles of the GPUs that this process may use (CUDA_VISIBLE_DEVICES)."""
        count = ctypes.c_uint()
        self._call("nvmlDeviceGetCount_v2", ctypes.byref(count))
        handles = []
        for index in range(count.value):
            handle = ctypes.c_void_p()
            self._call("nvmlDeviceGetHandleByIndex_v2", index, ctypes.byref(handle))
            handles.append(handle)
        return [handles[i] for i in visible([self._text("UUID", item) for item in handles])]

    def _text(self, what: str, handle: Any) -> str:
        text = ctypes.create_string_buffer(_NAME_LENGTH)
        self._call(f"nvmlDeviceGet{what}", handle, text, _NAME_LENGTH)
        return text.value.decode(errors="replace")

    def name(self, handle: Any) -> str:
        """The GPU's name."""
        return self._text("Name", handle)

    def joules(self, handle: Any) -> float:
        """The counter, since the driver was loaded."""
        value = ctypes.c_ulonglong()
        self._call("nvmlDeviceGetTotalEnergyConsumption", handle, ctypes.byref(value))
        return value.value / 1e3

    def watts(self, handle: Any) -> float:
        """The power now."""
        value = ctypes.c_uint()
        self._call("nvmlDeviceGetPowerUsage", handle, ctypes.byref(value))
        return value.value / 1e3

    def close(self) -> None:
        """Let go of the library."""
        self._call("nvmlShutdown")


def visible(uuids: Sequence[str]) -> list[int]:
    """The places of the devices that CUDA_VISIBLE_DEVICES leaves: by number or UUID."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return list(range(len(uuids)))
    found: list[int] = []
    for text in (part.strip() for part in named.split(",")):
        if text.isdigit() and int(text) < len(uuids):
            found.append(int(text))
        elif text and (fits := [i for i, uuid in enumerate(uuids) if uuid.startswith(text)]):
            found += fits[:1]
        else:
            break  # CUDA too ignores all that follows a name that it doesn't know
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class Nvml:
    """All GPUs that this process may use."""

    library: Library
    devices: list[_Device] = field(default_factory=list)
    part: str = "gpu"
    every_s: float | None = None

    def start(self) -> None:
        """Begin at what the counters show now."""
        for device in self.devices:
            device.joules, device.at = 0.0, time.monotonic()
            device.last = self._reading(device)

    def sample(self) -> None:
        """Add what was used since the last reading."""
        for device in self.devices:
            now, at = self._reading(device), time.monotonic()
            between = (now + device.last) / 2 * (at - device.at)
            device.joules += now - device.last if device.counts else between
            device.last, device.at = now, at

    def _reading(self, device: _Device) -> float:
        read = self.library.joules if device.counts else self.library.watts
        return read(device.handle)

    def stop(self) -> Part:
        """What was used since `start`."""
        self.sample()
        self.library.close()
        wh = sum(device.joules for device in self.devices) / _JOULES_PER_WH
        names = [device.name for device in self.devices]
        said = " + ".join(f"{names.count(name)} x {name}" for name in dict.fromkeys(names))
        how = "" if all(device.counts for device in self.devices) else ", power sampled"
        return measured(self.part, f"{METHOD}{how}", wh, said)


def open_nvml(library: Any = None) -> Nvml | None:
    """The GPUs of this machine, or None where there is no NVIDIA driver or no GPU to use."""
    try:
        nvml = Library(library)
    except (OSError, NvmlError):
        return None
    devices: list[_Device] = []
    try:
        for handle in nvml.devices():
            devices.append(_Device(handle, nvml.name(handle), _has_counter(nvml, handle)))
            nvml.watts(handle)
    except NvmlError:
        devices = []
    if not devices:
        nvml.close()
        return None
    sampled = not all(device.counts for device in devices)
    return Nvml(nvml, devices, every_s=1.0 if sampled else None)


def _has_counter(nvml: Library, handle: Any) -> bool:
    try:
        nvml.joules(handle)
    except NvmlError:
        return False
    return True
