"""Which benchmarks to run for a purpose, from `benchmarks/purposes.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from julja.errors import ConfigError, did_you_mean
from julja.run.catalog import INDEX, is_known
from julja.types import Json

_PURPOSES = INDEX.with_name("purposes.toml")


@dataclass(frozen=True, slots=True)
class Advised:
    """One benchmark of an advice. `known` is False where julja doesn't have it yet."""

    task: str
    why: str
    known: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What to run for a purpose, what is saturated, and what to hold it against."""

    name: str
    title: str
    run: Sequence[Advised]
    saturated: Sequence[Advised]
    advice: str
    cross_check: Mapping[str, str]


def purposes() -> dict[str, str]:
    """The purposes and what they are."""
    return {item["name"]: item["title"] for item in _content()["purpose"]}


def suggest(purpose: str) -> Advice:
    """The advice for a purpose, which may be named in the user's own word (수학, coding)."""
    wanted = _plain(purpose)
    for item in _content()["purpose"]:
        if wanted in map(_plain, (item["name"], item["title"], *item["also"])):
            return Advice(
                name=item["name"],
                title=item["title"],
                run=_advised(item["run"]),
                saturated=_advised(item["saturated"]),
                advice=item["advice"],
                cross_check=_content()["cross_check"],
            )
    words = [word for item in _content()["purpose"] for word in (item["name"], *item["also"])]
    near = did_you_mean(wanted, words)
    raise ConfigError(
        f"there is no purpose {purpose!r}.", hint=f"{near or 'Purposes:'} {', '.join(purposes())}."
    )


def _plain(words: str) -> str:
    """A purpose without case, hyphens and doubled spaces: own-product is "Own product"."""
    return " ".join(words.casefold().replace("-", " ").replace("_", " ").split())


def _advised(items: Sequence[Mapping[str, str]]) -> list[Advised]:
    return [Advised(item["task"], item["why"], is_known(item["task"])) for item in items]


@cache
def _content() -> Mapping[str, Json]:
    return tomllib.loads(Path(_PURPOSES).read_text(encoding="utf-8"))
