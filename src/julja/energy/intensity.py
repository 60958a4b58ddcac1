"""Grams of CO2 per kWh: of a named place, of the user's own number, or of the whole world."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from julja.errors import ConfigError, did_you_mean
from julja.types import Json

_TABLE = Path(__file__).with_name("intensity.toml")
WORLD = "world"
# Above any grid: brown coal alone has about 1,100.
_MOST = 2000.0


@dataclass(frozen=True, slots=True)
class Intensity:
    """Of electricity, in g CO2 equivalent per kWh; `low` and `high` differ where no grid is known.

    `country` is the ISO code where the place is a country.
    """

    place: str
    value: float
    low: float
    high: float
    date: str
    source: str
    country: str | None = None


def find_intensity(named: str | None) -> Intensity:
    """The intensity that `--grid-intensity` names: a number, a country (FRA, France) or US-VA.

    None is the world average, whose range goes from the cleanest to the dirtiest country of the
    table: where the electricity came from is then not known. Raises ConfigError.
    """
    text = WORLD if named is None else str(named).strip()
    try:
        value = float(text)
    except ValueError:
        return _of_place(text)
    if not 0 <= value <= _MOST:
        raise ConfigError(
            f"--grid-intensity {text}: grams of CO2 per kWh lie between 0 and {_MOST:g}."
        )
    return Intensity("as given", value, value, value, "", "--grid-intensity")


def _of_place(text: str) -> Intensity:
    places = _places()
    key = text.lower()
    if key in places:
        return places[key]
    known = dict.fromkeys(place.country or name for name, place in places.items())
    names = [name.upper() if "-" in name else name for name in known]
    raise ConfigError(
        f"--grid-intensity {text}: neither grams of CO2 per kWh nor a place of julja's table.",
        hint=did_you_mean(text.upper(), names) or f"Give a number, or one of {', '.join(names)}.",
    )


@lru_cache(maxsize=1)
def _places() -> Mapping[str, Intensity]:
    """All places by lower-case code and name."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    countries = table.pop("countries")
    found: dict[str, Intensity] = {}
    values: Mapping[str, tuple[str, float]] = countries["values"]
    for code, (name, value) in values.items():
        place = Intensity(
            name, value, value, value, countries["date"], countries["source"], country=code
        )
        found[code.lower()] = found[name.lower()] = place
    grams = [place.value for place in found.values()]
    for name, row in table.items():
        ends = (min(grams), max(grams)) if name == WORLD else (row["value"], row["value"])
        found[name.lower()] = _row(row, *ends)
    return found


def _row(row: Mapping[str, Json], low: float, high: float) -> Intensity:
    return Intensity(row["name"], float(row["value"]), low, high, row["date"], row["source"])
