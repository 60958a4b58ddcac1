"""What the verbs of an audit do with the files that they are given."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from julja.cli.audit.runs import merged
from julja.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    from julja.audit.scores.table import ScoreTable


def read_names(place: str) -> dict[str, Any]:
    """A JSON file that maps names of models to others, or does so for each table."""
    path = Path(place).expanduser()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--names {place}: can't be read ({error.strerror}).") from error
    except ValueError as error:
        raise ConfigError(f"--names {place}: is no JSON ({error}).") from error
    inner = [
        name
        for value in (found.values() if isinstance(found, dict) else [None])
        for name in (value.values() if isinstance(value, dict) else [value])
    ]
    if not all(isinstance(name, str) for name in inner) or not inner:
        raise ConfigError(
            f"--names {place}: maps no names to names.", hint='As {"gpt4_0613": "gpt-4-0613", …}'
        )
    return found  # type: ignore[no-any-return]


def united(tables: Sequence["ScoreTable"]) -> list["ScoreTable"]:
    """Tables of one model each (results of runs) joined by their task; all names made distinct."""
    groups: dict[str, list[ScoreTable]] = {}
    for table in tables:
        name, count = table.name, 1
        while name in groups and not _other_model(groups[name], table):
            count += 1
            name = f"{table.name} ({count})"
        groups.setdefault(name, []).append(table)
    return [
        merged(name, group) if len(group) > 1 else replace(group[0], name=name)
        for name, group in groups.items()
    ]


def _other_model(group: Sequence["ScoreTable"], table: "ScoreTable") -> bool:
    """True where a result belongs to a group of results: it has one model, which they lack."""
    single = all(len(item.models) == 1 for item in (*group, table))
    return single and all(item.models != table.models for item in group)


def turned(tables: Sequence["ScoreTable"], lower: Sequence[str]) -> list["ScoreTable"]:
    """The tables, those that --lower-is-better names turned round."""
    known = [table.name for table in tables]
    for name in lower:
        if name not in known:
            raise ConfigError(
                f"--lower-is-better {name}: there is no such table.",
                hint=did_you_mean(name, known) or f"There are {', '.join(known)}.",
            )
    return [table.turned() if table.name in lower else table for table in tables]


def only(tables: Sequence["ScoreTable"], place: str) -> "ScoreTable":
    """The one table of a file; raises DataError with the choice where it has several."""
    if len(tables) == 1:
        return tables[0]
    names = [table.name.partition("#")[2] for table in tables]
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    raise DataError(
        f"{place}: has {len(tables)} tables of scores.",
        hint=f"Name one: {place}#{names[0]}. It has {shown}.",
    )


def check_level(level: float) -> None:
    """Raise ConfigError for a level that is none."""
    if not 0 < level < 1:
        raise ConfigError(f"--level {level:g}: a level lies between 0 and 1.", hint="--level 0.95")
