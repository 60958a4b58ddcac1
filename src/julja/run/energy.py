"""The energy of a run in its result: Wh and CO2 of each task, with method, range and source.

What was measured was kept by `julja.run.metering`; what is estimated from tokens is computed from
the records whenever a result is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from julja.config import RunConfig
from julja.energy.estimate import (
    OPEN_LLM_G_PER_KWH,
    OPEN_LLM_SOURCE,
    PUE,
    Tokens,
    by_tokens,
    open_llm_wh,
)
from julja.energy.intensity import Intensity, find_intensity
from julja.energy.part import Part
from julja.energy.sizes import size_of
from julja.run.metering import IN_PROCESS, SERVED, shares_of
from julja.run.plan import Plan, TaskPlan
from julja.store.rows import Asked, RunRow
from julja.store.sqlite import Store
from julja.types import Json

_CACHED = "nothing was asked"


@dataclass(slots=True)
class _Sum:
    """Parts of the same method added up: of several sessions, of several leaves.

    `answers` are those whose energy it is.
    """

    answers: int = 0
    parts: dict[tuple[str, str], Part] = field(default_factory=dict)

    def add(self, part: Part, share: float = 1.0) -> None:
        key = (part.part, part.method)
        old = self.parts.get(key)
        wh, low, high = (share * value for value in (part.wh, part.low, part.high))
        if old is not None:
            wh, low, high = wh + old.wh, low + old.low, high + old.high
        self.parts[key] = replace(part, wh=wh, low=low, high=high)

    def of(self, name: str) -> float:
        return sum(float(getattr(part, name)) for part in self.parts.values())


def add_energy(result: dict[str, Any], row: RunRow, plan: Plan, store: Store) -> None:
    """Put `energy` into each task of a result, and their sum into the result itself.

    It is None where nothing is known of it. PUE counts for what runs in somebody's data centre, and
    for this machine where --pue says so.
    """
    asked = {item.task: item for item in store.asked(row.id)}
    sessions = row.config.get("energy", {}).get("sessions", [])
    made = _Maker(plan.config, sessions, asked, row.seconds)
    for part, task in zip(result["results"], plan.tasks, strict=True):
        part["energy"] = made.of_task(task, part)
    result["energy"] = _total([part["energy"] for part in result["results"]])


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the energy object of a task."""

    config: RunConfig
    sessions: Sequence[Mapping[str, Json]]
    asked: Mapping[str, Asked]
    seconds: float

    def of_task(self, task: TaskPlan, result: Mapping[str, Any]) -> dict[str, Json] | None:
        leaves = [leaf.name for leaf in task.leaves]
        mine = [self.asked[name] for name in leaves if name in self.asked]
        remarks: list[str] = []
        count, cached = sum(item.requests for item in mine), result["usage"]["cached_requests"]
        found = self._nothing() if cached and not count else self._sum(leaves, mine, remarks)
        if found is None:
            return None
        if cached:
            remarks.append(f"{cached} answers came from the cache and cost nothing")
        said = _as_json(found, self._intensity(), remarks)
        # As if all answers were in it: what a cached one cost once is not known here.
        whole = found.of("wh") * (count + cached) / found.answers if found.answers else None
        return said | _each(whole, task, result)

    def _sum(self, leaves: Sequence[str], mine: Sequence[Asked], remarks: list[str]) -> _Sum | None:
        if self.config.energy == "none":
            return None
        if self.config.energy == "open-llm":
            return self._open_llm(mine)
        if self.sessions:
            return self._measured(leaves, mine, remarks)
        return self._estimated(mine, remarks)

    def _nothing(self) -> _Sum | None:
        """Of a task whose answers all came from the cache: 0 Wh, where it would be known else."""
        provider, _, model = self.config.model.partition("/")
        known = provider in IN_PROCESS or (provider in SERVED and size_of(model).is_known)
        if self.config.energy == "none" or not (known or self.config.energy):
            return None
        found = _Sum()
        found.add(Part("servers", _CACHED, 0.0, 0.0, 0.0, "julja's cache", False))
        return found

    def _open_llm(self, mine: Sequence[Asked]) -> _Sum:
        found = _Sum(sum(item.requests for item in mine))
        shares = shares_of(list(self.asked.values()))
        seconds = self.seconds * sum(shares[item.task] for item in mine)
        wh = open_llm_wh(seconds)
        method = f"estimated: Open LLM Leaderboard's formula, {seconds:.0f} s of 8 H100"
        found.add(Part("servers", method, wh, wh, wh, OPEN_LLM_SOURCE, False))
        return found

    def _measured(
        self, leaves: Sequence[str], mine: Sequence[Asked], remarks: list[str]
    ) -> _Sum | None:
        found = _Sum()
        counted = 0
        pue = self.config.pue or 1.0
        for session in self.sessions:
            share = sum(session["shares"].get(name, 0.0) for name in leaves)
            counted += sum(session["asked"].get(name, 0) for name in leaves)
            for part in session["parts"]:
                found.add(Part(**part), pue * share)
        count = sum(item.requests for item in mine)
        found.answers = counted
        if counted < count:
            remarks.append(f"{count - counted} of {count} answers were not measured")
        return found if found.parts else None

    def _estimated(self, mine: Sequence[Asked], remarks: list[str]) -> _Sum | None:
        provider, _, model = self.config.model.partition("/")
        size = size_of(model)
        if provider not in SERVED or not (size.is_known or self.config.energy is not None):
            return None
        unknown = sum(item.unknown for item in mine)
        if mine and unknown == sum(item.requests for item in mine):
            return None
        if unknown:
            remarks.append(f"{unknown} answers came without token counts and are not in it")
        tokens = Tokens(
            sum(item.input_tokens for item in mine), sum(item.output_tokens for item in mine)
        )
        found = _Sum(sum(item.requests for item in mine) - unknown)
        found.add(by_tokens(tokens, size, (self.config.pue,) * 2 if self.config.pue else PUE))
        return found

    def _intensity(self) -> Intensity:
        if self.config.energy == "open-llm":
            return replace(find_intensity("US-VA"), value=OPEN_LLM_G_PER_KWH)
        return find_intensity(self.config.grid_intensity)


def _as_json(found: _Sum, grid: Intensity, remarks: Sequence[str]) -> dict[str, Json]:
    parts = list(found.parts.values())
    low, high = found.of("low"), found.of("high")
    return {
        "method": "; ".join(dict.fromkeys(part.method for part in parts)),
        "measured": all(part.measured for part in parts),
        "wh": found.of("wh"),
        "wh_range": [low, high],
        "co2_g": found.of("wh") * grid.value / 1000,
        "co2_range": [low * grid.low / 1000, high * grid.high / 1000],
        "intensity_g_per_kwh": grid.value,
        "intensity": {"place": grid.place, "date": grid.date, "source": grid.source},
        "source": "; ".join(dict.fromkeys(part.source for part in parts)),
        "parts": [asdict(part) for part in parts],
        "remarks": list(remarks),
    }


def _each(
    whole: float | None, task: TaskPlan, result: Mapping[str, Any]
) -> dict[str, float | None]:
    """Wh for each sample, and for each that is right: the sum of a primary metric that is a share.

    None where nothing was asked, or the primary metric is no mean of values from 0 to 1.
    """
    counts, metrics = result["counts"], result["metrics"]
    answered = counts["total"] - counts["error"] - counts["skipped"]
    epochs = task.leaves[0].epochs if task.leaves else 1
    found: dict[str, float | None] = {"wh_per_sample": None, "wh_per_correct": None}
    if whole is None or not answered:
        return found
    found["wh_per_sample"] = whole * epochs / answered
    primary = next((item for item in task.scorer.metrics if item.name in metrics), None)
    if primary is None or primary.aggregate or primary.weight or primary.transform:
        return found
    right = metrics[primary.name]
    if (primary.low, primary.high, primary.higher_is_better) == (0.0, 1.0, True) and right["value"]:
        found["wh_per_correct"] = whole / (right["value"] * right["n"])
    return found


def _total(energies: Sequence[Mapping[str, Any] | None]) -> dict[str, Json] | None:
    """The sum over tasks; None where one's energy isn't known."""
    known = [energy for energy in energies if energy is not None]
    if not known or len(known) < len(energies):
        return None
    found = _Sum()
    for energy in known:
        for part in energy["parts"]:
            found.add(Part(**part))
    first = known[0]
    pairs = {
        name: [sum(energy[name][end] for energy in known) for end in (0, 1)]
        for name in ("wh_range", "co2_range")
    }
    used = [part for part in found.parts.values() if part.method != _CACHED]
    parts = used or list(found.parts.values())
    return {
        "method": "; ".join(dict.fromkeys(part.method for part in parts)),
        "measured": all(part.measured for part in parts),
        "wh": sum(energy["wh"] for energy in known),
        "co2_g": sum(energy["co2_g"] for energy in known),
        **pairs,
        "intensity_g_per_kwh": first["intensity_g_per_kwh"],
        "intensity": first["intensity"],
        "source": "; ".join(dict.fromkeys(part.source for part in parts)),
    }
