"""Measures this machine while a run asks, where it is to be measured, and keeps what it used.

One session is kept with the run's settings in the store for each time that it was worked on;
`julja.run.energy` makes Wh and CO2 of them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlsplit

from julja.config import RunConfig
from julja.energy.intensity import find_intensity
from julja.energy.meters import How, Watch, Where, open_watch
from julja.energy.part import Part
from julja.errors import ConfigError
from julja.store.rows import Asked, RunRow
from julja.store.sqlite import Store
from julja.types import Json

IN_PROCESS = frozenset({"llamacpp", "hf", "hf-classify", "hf-qa", "hf-tokens", "vllm"})
SERVED = frozenset({"openai", "anthropic", "google", "sglang"})
_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})


@dataclass(slots=True)
class Metered:
    """What `metered` leaves for the reader: meters that failed."""

    notes: tuple[str, ...] = ()


def check_energy(config: RunConfig) -> None:
    """Raise ConfigError for energy settings that can't be followed, before anything is asked."""
    find_intensity(config.grid_intensity)
    if config.energy == "open-llm" and (config.grid_intensity or config.pue):
        raise ConfigError(
            "--energy open-llm is a fixed formula: 8 H100 and Virginia's electricity.",
            hint="Leave out --grid-intensity and --pue, or use --energy estimated.",
        )


def kept_energy(row: RunRow) -> dict[str, Json]:
    """What a run's settings hold of energy, to be kept where they are written anew."""
    return {"energy": row.config["energy"]} if "energy" in row.config else {}


def _where(config: RunConfig) -> Where | None:
    """Where the model runs: in this process, on this machine, or (None) elsewhere or nowhere."""
    provider = config.model.partition("/")[0]
    if provider in IN_PROCESS:
        return "process"
    if provider in SERVED and urlsplit(config.base_url or "").hostname in _HERE:
        return "machine"
    # A function of the user's own may do anything: only who asks for a measurement means it.
    asked = config.energy == "measured" and provider not in SERVED
    return "process" if asked else None


@contextmanager
def metered(config: RunConfig, store: Store, run: str) -> Iterator[Metered]:
    """Measure this machine while a run asks, where it is to be measured, and keep what it used."""
    told = Metered()
    where = _where(config)
    if where is None or config.energy in ("none", "open-llm"):
        if config.energy == "measured":
            told.notes = ("energy: the model isn't on this machine, so it is estimated",)
        yield told
        return
    hows: Mapping[str | None, How] = {"measured": "codecarbon", "estimated": "model"}
    country = find_intensity(config.grid_intensity).country
    watch = open_watch(hows.get(config.energy, "counters"), where, country)
    before = {item.task: item for item in store.asked(run)}
    began = time.time()
    watch.start()
    try:
        yield told
    finally:
        parts = watch.stop()
        store.flush()
        _keep(store, run, began, parts, _since(store.asked(run), before))
        told.notes = tuple(watch.notes) + _missed(config, watch, parts)


def _missed(config: RunConfig, watch: Watch, parts: Sequence[Part]) -> tuple[str, ...]:
    if config.energy != "measured" or any(part.measured for part in parts):
        return ()
    return ("energy: nothing here can be read (NVML, RAPL), so it is an estimate",)


def _since(now: Sequence[Asked], before: Mapping[str, Asked]) -> list[Asked]:
    """What was asked in one session, by leaf."""
    found: list[Asked] = []
    for item in now:
        old = before.get(item.task)
        if old is None:
            found.append(item)
        elif item.requests > old.requests:
            found.append(
                replace(
                    item,
                    requests=item.requests - old.requests,
                    input_tokens=item.input_tokens - old.input_tokens,
                    output_tokens=item.output_tokens - old.output_tokens,
                    seconds=item.seconds - old.seconds,
                )
            )
    return found


def _keep(store: Store, run: str, began: float, parts: Sequence[Part], asked: list[Asked]) -> None:
    """Add a session to the run's settings; one in which nothing was answered says nothing."""
    if not parts or not asked:
        return
    session = {
        "began": began,
        "seconds": time.time() - began,
        "parts": [asdict(part) for part in parts],
        "shares": shares_of(asked),
        "asked": {item.task: item.requests for item in asked},
    }
    row = store.find_run(run)
    sessions = [*row.config.get("energy", {}).get("sessions", ()), session]
    store.set_config(run, {**row.config, "energy": {"sessions": sessions}})
    store.flush()


def shares_of(asked: Sequence[Asked]) -> dict[str, float]:
    """Each leaf's share of a session: of the model's seconds; of tokens, or requests, without."""
    weights = [item.seconds for item in asked]
    if not all(weights):
        weights = [float(item.input_tokens + item.output_tokens) for item in asked]
    if not all(weights):
        weights = [float(item.requests) for item in asked]
    total = sum(weights)
    return {item.task: weight / total for item, weight in zip(asked, weights, strict=True)}
