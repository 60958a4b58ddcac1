"""The whole machine by codecarbon, where it is installed (the extra `energy`).

Its offline tracker is used: nothing is sent anywhere, nothing written. It reads NVML and RAPL where
it can and fills the rest with models of its own (a CPU's design power x its load, memory by the
module). Its number comes without a range; it counts as measured where one of the two was read.
"""

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from julja.energy.part import Part
from julja.energy.rapl import open_rapl

_EVERY_S = 5


def is_installed() -> bool:
    """True where `import codecarbon` would work; it isn't imported for that."""
    return find_spec("codecarbon") is not None


class CodeCarbon:
    """One offline tracker of this machine."""

    part = "machine"
    every_s: float | None = None

    def __init__(self, country: str | None = None) -> None:
        # It logs before it has read its own log_level.
        logging.getLogger("codecarbon").disabled = True
        self._tracker: Any = import_module("codecarbon").OfflineEmissionsTracker(
            # Energy doesn't depend on it; the tracker wants one.
            country_iso_code=country or "USA",
            measure_power_secs=_EVERY_S,
            save_to_file=False,
            log_level="error",
            allow_multiple_runs=True,
        )

    def start(self) -> None:
        """Begin."""
        self._tracker.start()

    def sample(self) -> None:
        """Nothing: it has a thread of its own."""

    def stop(self) -> Part:
        """What it counted since `start`."""
        self._tracker.stop()
        data = self._tracker.final_emissions_data
        wh = float(data.energy_consumed) * 1000
        parts = {"CPU": data.cpu_energy, "GPU": data.gpu_energy, "RAM": data.ram_energy}
        said = ", ".join(f"{name} {float(kwh) * 1000:.3g} Wh" for name, kwh in parts.items())
        source = f"codecarbon {data.codecarbon_version}: {said}"
        read = float(data.gpu_energy) > 0 or open_rapl() is not None
        method = f"{'measured' if read else 'estimated'}: codecarbon"
        return Part(self.part, method, wh, wh, wh, source, read)
