"""Finds the upstream files of a benchmark below a mirror folder: `DIR/<benchmark>/<file>`."""

import glob
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from julja.data.files import members, read_rows
from julja.errors import DataError
from julja.types import Json, Source

_PACKED = ("", ".gz", ".zip")


def find(folder: Path, source: Source, subset: str | None) -> list[str]:
    """The places of a source's rows in a benchmark's folder; the first of its files that is there.

    Each file is looked for as it is, as its `.gz` or `.zip` twin, and inside the zips of the
    folder. A glob gives all that match, in the order of their names. `{subset-}` is the subset
    with hyphens, where upstream's files spell it so and the hub does not.
    """
    if not folder.is_dir():
        return []
    for pattern in source.files:
        name, bang, member = _fill(pattern, subset).partition("!")
        found = _matches(folder, name)
        if not found and not bang:
            found = _inside_zips(folder, name)
        if found:
            return [f"{place}!{member}" if bang else place for place in found]
    return []


def read(places: list[str], source: Source) -> Json:
    """The content of all places, rows in order."""
    if source.subset_field:
        # One file holds all subsets, and each of them asks for it.
        stamps = tuple(Path(place.partition("!")[0]).stat().st_mtime_ns for place in places)
        return _read_once(tuple(places), source, stamps)
    return _read(places, source)


@lru_cache(maxsize=2)
def _read_once(places: tuple[str, ...], source: Source, stamps: tuple[int, ...]) -> Json:
    return _read(places, source)


def _read(places: Sequence[str], source: Source) -> Json:
    if source.join is not None:
        named = {Path(place).name.removesuffix(".gz"): place for place in places}
        texts = {name: read_rows(place, as_lines=True) for name, place in named.items()}
        return source.join(texts)
    parts = [
        read_rows(
            place,
            columns=source.columns,
            encoding=source.encoding,
            password=source.password,
            quotes=source.quotes,
        )
        for place in places
    ]
    if len(parts) == 1:
        return parts[0]
    if source.adapt is not None and not any(isinstance(part, list) for part in parts):
        return [row for part in parts for row in source.adapt(part)]
    for place, part in zip(places, parts, strict=True):
        if not isinstance(part, list):
            raise DataError(
                f"{place}: {len(places)} files match, and this one holds no list of rows.",
                hint="Keep one of them: " + ", ".join(places),
            )
    return [row for part in parts for row in part]


def named(pattern: str, subset: str | None) -> str:
    """A file's name with the subset in it."""
    name = subset or ""
    return pattern.replace("{subset}", name).replace("{subset-}", name.replace("_", "-"))


def _fill(pattern: str, subset: str | None) -> str:
    return named(pattern, glob.escape(subset or ""))


def _matches(folder: Path, name: str) -> list[str]:
    for ending in _PACKED:
        found = sorted(folder.glob(name + ending))
        places = [str(match) for match in found if match.is_file()]
        if places:
            return places
    return []


def _inside_zips(folder: Path, name: str) -> list[str]:
    if glob.has_magic(name):
        return []
    for archive in sorted(folder.glob("*.zip")):
        for member in members(archive):
            if member == name or member.endswith(f"/{name}"):
                return [f"{archive}!{member}"]
    return []
