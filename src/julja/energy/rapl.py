"""CPU packages and memory by the energy counters of Linux (RAPL), where they may be read.

`/sys/class/powercap/intel-rapl:*/energy_uj` counts microjoules and starts again at
`max_energy_range_uj`, after some minutes of full load: so it is read now and then. Most systems let
only root read it (CVE-2020-8694). AMD's counters have the same names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from julja.energy.part import Part, measured

FOLDER = Path("/sys/class/powercap")
METHOD = "measured: RAPL"
_JOULES_PER_WH = 3600.0


@dataclass(slots=True)
class _Zone:
    """One counter; `joules` is what it has counted since the start."""

    file: Path
    range_uj: int
    last_uj: int = 0
    joules: float = 0.0

    def read(self) -> None:
        now = int(self.file.read_text())
        # Less than before: it has started again.
        step = now - self.last_uj if now >= self.last_uj else now + self.range_uj - self.last_uj
        self.joules += step / 1e6
        self.last_uj = now


@dataclass(slots=True)
class Rapl:
    """All packages of this machine, with memory where it is counted apart."""

    zones: list[_Zone] = field(default_factory=list)
    part: str = "cpu"
    every_s: float | None = 20.0

    def start(self) -> None:
        """Begin at what the counters show now."""
        for zone in self.zones:
            zone.last_uj, zone.joules = int(zone.file.read_text()), 0.0

    def sample(self) -> None:
        """Read on, before a counter starts again."""
        for zone in self.zones:
            zone.read()

    def stop(self) -> Part:
        """What was used since `start`, by everything on this machine."""
        self.sample()
        wh = sum(zone.joules for zone in self.zones) / _JOULES_PER_WH
        return measured(self.part, METHOD, wh, "Linux powercap")


def open_rapl(folder: Path = FOLDER) -> Rapl | None:
    """The counters of this machine, or None where there are none that may be read."""
    zones = list(_zones(folder))
    return Rapl(zones) if zones else None


def _zones(folder: Path) -> Iterator[_Zone]:
    """Packages, and the memory below them: cores are part of a package, psys holds all again."""
    for zone in sorted(folder.glob("*rapl:*")):
        try:
            name = (zone / "name").read_text().strip()
            if name.startswith("package") or name == "dram":
                ends = int((zone / "max_energy_range_uj").read_text())
                int((zone / "energy_uj").read_text())
                yield _Zone(zone / "energy_uj", ends)
        except (OSError, ValueError):
            continue  # may not be read, or is no counter
