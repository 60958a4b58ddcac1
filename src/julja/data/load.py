"""Rows of one split, from the first place that has them: a mirror, the cache, the hub."""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from julja.data import cache as store
from julja.data import hub, layout, mirror
from julja.errors import DataError, MissingDataError
from julja.places import cache_dir
from julja.types import Json, Row, Source

_log = logging.getLogger("julja.data")


@dataclass(frozen=True, slots=True)
class Rows:
    """The loaded rows of one split, where they came from, and the hash of their content."""

    rows: Sequence[Row]
    origin: str
    sha256: str
    layout: Literal["upstream", "hub"]


def load(
    source: Source,
    *,
    benchmark: str,
    name: str | None = None,
    subset: str | None = None,
    mirror: Path | None = None,
    cache: Path | None = None,
    offline: bool | None = None,
) -> Rows:
    """The rows of one split. `mirror` stands for JULJA_DATA, `offline` for HF_HUB_OFFLINE.

    `benchmark` is the folder in a mirror, `name` what the user calls it where that differs.

    Raises `MissingDataError`, which names every place looked at, when no place has them, and
    `DataError` when the place that has them is damaged.
    """
    source = _of_subset(source, subset)
    looked: list[str] = []
    found = _from_mirror(source, benchmark, subset, mirror, looked)
    if found is not None:
        return found
    hint = "Give a folder of benchmark files with --data DIR."
    if source.hub is not None:
        is_offline = hub.is_offline() if offline is None else offline
        entry = _cached(source, subset, cache, refetch=not is_offline)
        if entry is not None:
            return _from_entry(entry, source, f"cache {entry.folder}: ")
        looked.append(f"the cache {_folder(source, subset, cache)}: nothing there")
        hint = f"Type `julja fetch {name or benchmark}` with a network, or give --data DIR."
        if is_offline:
            looked.append("the hub: not asked, offline (HF_HUB_OFFLINE)")
        else:
            try:
                return _from_entry(_download(source, subset, cache), source, "")
            except MissingDataError as error:
                looked.append(f"the hub ({source.hub}): {error.message.rstrip('.')}")
                hint = error.hint or hint
    what = f"{name or benchmark}{f'/{subset}' if subset else ''}"
    raise MissingDataError(
        f"The rows of {what}, split {source.split}, are nowhere. Looked at "
        + "; ".join(looked or ["no place: neither a mirror nor a hub dataset is named"])
        + ".",
        hint=hint,
    )


def fetch(
    source: Source, *, benchmark: str, subset: str | None = None, cache: Path | None = None
) -> Rows:
    """Fill the cache from the hub and verify it; afterwards `load` needs no network."""
    if source.hub is None:
        raise MissingDataError(
            f"{benchmark} has no dataset on the hub.", hint="Give its files with --data DIR."
        )
    source = _of_subset(source, subset)
    entry = _cached(source, subset, cache, refetch=not hub.is_offline())
    if entry is not None:
        return _from_entry(entry, source, f"cache {entry.folder}: ")
    if hub.is_offline():
        raise MissingDataError(
            f"{source.hub} is not cached, and HF_HUB_OFFLINE forbids the network.",
            hint=f"Unset HF_HUB_OFFLINE and type `julja fetch {benchmark}` again.",
        )
    return _from_entry(_download(source, subset, cache), source, "")


def digest(rows: Sequence[Row]) -> str:
    """SHA-256 of rows in canonical JSON: the same however the file was packed or spaced."""
    total = hashlib.sha256()
    for row in rows:
        total.update(_canonical(row) + b"\n")
    return total.hexdigest()


def _canonical(row: Row) -> bytes:
    import orjson

    try:
        options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(row, default=_plain, option=options)
    except TypeError:  # whole numbers of more than 64 bits
        return json.dumps(row, default=_plain, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> Json:
    if isinstance(value, bytes):
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    return str(value)


def _from_mirror(
    source: Source, benchmark: str, subset: str | None, named: Path | None, looked: list[str]
) -> Rows | None:
    setting = named or os.environ.get("JULJA_DATA")
    if not setting:
        looked.append("no mirror (neither --data nor JULJA_DATA is set)")
        return None
    root = Path(setting).expanduser()
    if not root.is_dir():
        raise DataError(
            f"{root}: there is no such folder of benchmark files.",
            hint="--data and JULJA_DATA name a folder that holds one folder for each benchmark.",
        )
    places = mirror.find(root / benchmark, source, subset)
    if not places:
        files = ", ".join(mirror.named(name, subset) for name in source.files)
        looked.append(f"the mirror {root / benchmark}: no {files or 'file is named'}")
        return None
    content = mirror.read(places, source)
    rows = _adapted(content, source.adapt, places[0])
    rows = _of_field(rows, source, subset, places[0])
    sha256 = digest(rows)
    if source.folder:
        rows = [{**row, "_folder": str(root / benchmark)} for row in rows]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return Rows(rows, f"mirror {places[0]}{more}", sha256, "upstream")


def _of_field(rows: Sequence[Row], source: Source, subset: str | None, place: str) -> Sequence[Row]:
    """The rows of one subset, of a file that holds several."""
    name = source.subset_field
    if not name or subset is None or name not in rows[0]:
        return rows
    found = [row for row in rows if row[name] == subset]
    if not found:
        known = ", ".join(sorted({str(row[name]) for row in rows})[:12])
        raise DataError(
            f"{place}: no row has the {name} {subset!r}.", hint=f"Its rows have {known}."
        )
    return found


def _of_subset(source: Source, subset: str | None) -> Source:
    hub = source.hub and source.hub.replace("{subset}", subset or "")
    return replace(source, split=split_name(source, subset), hub=hub)


def split_name(source: Source, subset: str | None) -> str:
    """The split that holds a subset: some benchmarks have one split for each."""
    return source.split.replace("{subset}", subset or "")


def _config(source: Source, subset: str | None) -> str | None:
    return source.config and source.config.replace("{subset}", subset or "")


def _folder(source: Source, subset: str | None, cache: Path | None) -> Path:
    return store.folder_of(cache or cache_dir(), source, _config(source, subset))


def _cached(
    source: Source, subset: str | None, cache: Path | None, *, refetch: bool
) -> store.Entry | None:
    """The cached entry; a damaged one is an error, or counts as none where it can be replaced."""
    try:
        return store.read(_folder(source, subset, cache))
    except store.DamagedCacheError as error:
        if not refetch:
            raise
        _log.warning("%s It is fetched again.", error.message)
        return None


def _download(source: Source, subset: str | None, cache: Path | None) -> store.Entry:
    dataset = source.hub or ""
    commit = hub.resolve(dataset, source.revision)
    listed = hub.tree(dataset, commit)
    paths = layout.choose(
        dataset,
        [file.path for file in listed],
        hub.card(dataset, commit, listed),
        config=_config(source, subset),
        split=source.split,
    )
    by_path = {file.path: file for file in listed}
    folder = _folder(source, subset, cache)
    kept = [
        store.keep(
            folder,
            path,
            hub.get(dataset, commit, by_path[path]),
            hub.url_of(dataset, commit, path),
            confidential=source.confidential,
        )
        for path in paths
    ]
    return store.finish(folder, dataset, commit, kept)


def _from_entry(entry: store.Entry, source: Source, prefix: str) -> Rows:
    # Upstream's header-less columns and encoding say nothing about the hub's files.
    content = mirror.read(entry.places, replace(source, columns=(), encoding="utf-8"))
    rows = _adapted(content, source.adapt_hub, f"{entry.dataset}@{entry.commit}")
    origin = f"{prefix}hub {entry.dataset}@{entry.commit}"
    return Rows(rows, origin, digest(rows), "hub")


def _adapted(
    content: Json, adapt: Callable[[Json], Sequence[Row]] | None, place: str
) -> Sequence[Row]:
    """The content as rows; what a benchmark's own reader objects to is told with the file."""
    try:
        content = adapt(content) if adapt else content
    except DataError as error:
        if place in error.message:
            raise
        between = ", " if error.message.startswith("row ") else ": "
        raise type(error)(f"{place}{between}{error.message}", hint=error.hint) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DataError(
            f"{place}: it is not laid out as upstream's file ({type(error).__name__}: {error}).",
            hint="The file may be damaged, or it is another one.",
        ) from error
    if not isinstance(content, list | tuple) or not all(
        isinstance(row, Mapping) for row in content
    ):
        raise DataError(f"{place}: the content is no list of rows.")
    if not content:
        raise DataError(f"{place}: there are no rows.")
    return content
