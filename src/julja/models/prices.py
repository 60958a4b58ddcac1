"""What requests cost: a dated table that the user can override. Unknown is None, never 0."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from julja.errors import ConfigError
from julja.types import Json, Usage

_BUILT_IN = Path(__file__).with_name("prices.toml")
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of one model in USD per million tokens, with when and where they were read.

    `cached` is the price of input read from the provider's cache; None: as other input.
    """

    input: float
    output: float
    cached: float | None = None
    date: str = ""
    source: str = ""


Prices: TypeAlias = Mapping[str, Price]


def load_prices(path: Path | None = None) -> Prices:
    """Prices by `provider/model`: the package's table, overridden by `path` or JULJA_PRICES.

    The file is TOML (or JSON) with a table for each provider, as `prices.toml` of the package:

        [openai]
        date = "2026-11-01"
        "my-model" = { input = 0.5, output = 1.5, cached = 0.1 }
    """
    named = os.environ.get("JULJA_PRICES")
    own = path or (Path(named) if named else None)
    prices = dict(_built_in())
    if own is not None:
        prices.update(_read(own))
    return prices


@lru_cache(maxsize=1)
def _built_in() -> Prices:
    return _read(_BUILT_IN)


def find_price(model: str, prices: Prices) -> Price | None:
    """The price of `provider/model`, or of the model that it is a dated snapshot of."""
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model))


def cost_usd(model: str, usage: Usage, prices: Prices) -> float | None:
    """What one request cost. None where the model's price or its token counts are unknown.

    Cached tokens are part of the input tokens and reasoning tokens part of the output tokens, as
    every engine of julja reports them.
    """
    price = find_price(model, prices)
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    cached_price = price.input if price.cached is None else price.cached
    paid = (usage.input_tokens - cached) * price.input + cached * cached_price
    return (paid + usage.output_tokens * price.output) / 1e6


def _read(path: Path) -> dict[str, Price]:
    try:
        data = path.read_bytes()
        if path.suffix == ".json":
            import orjson

            tables = orjson.loads(data)
        else:
            import tomllib

            tables = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigError(
            f"The price file {path} can't be read: {error.strerror}.",
            hint="JULJA_PRICES must name a TOML or JSON file.",
        ) from error
    except ValueError as error:
        raise ConfigError(f"The price file {path} is neither TOML nor JSON: {error}.") from error
    prices: dict[str, Price] = {}
    for provider, table in tables.items():
        if not isinstance(table, dict):
            raise _wrong(path, provider, table)
        date, source = str(table.get("date", "")), str(table.get("source", ""))
        for model, row in table.items():
            if model not in ("date", "source"):
                prices[f"{provider}/{model}"] = _price(path, model, row, (date, source))
    return prices


def _price(path: Path, model: str, row: Json, origin: tuple[str, str]) -> Price:
    try:
        values = {key: float(row[key]) for key in ("input", "output", "cached") if key in row}
        price = Price(values["input"], values["output"], values.get("cached"), *origin)
    except (TypeError, KeyError, ValueError) as error:
        raise _wrong(path, model, row) from error
    if min(values.values()) < 0:
        raise _wrong(path, model, row)
    return price


def _wrong(path: Path, name: str, row: Json) -> ConfigError:
    return ConfigError(
        f"{path}: the price of {name!r} is {row!r}.",
        hint='Write "model" = { input = 2.5, output = 10.0 } (USD per million tokens).',
    )
