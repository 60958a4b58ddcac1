"""The energy of a run in one line."""

from collections.abc import Iterator, Mapping
from typing import Any


def energy_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What a run used, how that is known, and what a right answer cost; nothing where unknown."""
    tasks = [task for task in result["results"] if task.get("energy")]
    whole = result.get("energy") or (tasks[0]["energy"] if len(tasks) == 1 else None)
    if whole is None:
        return
    said = [f"energy  {_range(whole, 'wh', 'wh_range', 'Wh')}, {whole['method']}"]
    place = whole["intensity"]["place"]
    grid = f"at {whole['intensity_g_per_kwh']:g} g/kWh ({place})"
    said.append(f"{_range(whole, 'co2_g', 'co2_range', 'g')} CO2 {grid}")
    if len(result["results"]) == 1:
        each = tasks[0]["energy"]
        for name, what in (("wh_per_sample", "sample"), ("wh_per_correct", "right answer")):
            if each[name] is not None:
                said.append(f"{_number(1000 * each[name])} mWh a {what}")
    yield " · ".join(said)
    for task in tasks:
        for remark in task["energy"]["remarks"]:
            yield f"  {task['task']}: {remark}"


def _range(energy: Mapping[str, Any], value: str, ends: str, unit: str) -> str:
    low, high = energy[ends]
    if low == high:
        return f"{_number(energy[value])} {unit}"
    return f"{_number(energy[value])} [{_number(low)}, {_number(high)}] {unit}"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
