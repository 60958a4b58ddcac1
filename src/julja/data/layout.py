"""Which files of a hub dataset hold a config's split: from its card, else from file names."""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from julja.data.files import kind
from julja.errors import MissingDataError, did_you_mean
from julja.types import Json

_SHARD = re.compile(r"(?:^|[-_.])\d{4,}(?:-of-\d+)?(?:-[0-9a-f]{8,})?$")
_SPLITS = {"val": "validation", "valid": "validation", "dev": "validation"}
_FORMATS = (".parquet", ".arrow", ".jsonl", ".json", ".csv", ".tsv")
_META = ("dataset_infos.json", "dataset_info.json", "package.json", "croissant.json")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a dataset repository and the config and split that it belongs to."""

    path: str
    config: str
    split: str


def choose(
    dataset: str, paths: Sequence[str], card: Json, *, config: str | None, split: str
) -> list[str]:
    """The paths that hold one split, in order; an error names what there is instead.

    A config that is the path of a file is that file.
    """
    if config is not None and config in paths:
        return [config]
    files = from_card(paths, card) or from_names(paths)
    if not files:
        raise MissingDataError(
            f"{dataset}: there are no Parquet, Arrow, JSON or CSV files at this revision.",
            hint="Datasets that need a loading script are never run: pin another revision.",
        )
    configs = sorted({file.config for file in files})
    wanted = config or "default"
    if wanted not in configs:
        if config not in (None, "default") and configs != ["default"]:
            raise MissingDataError(
                f"{dataset}: there is no config {config!r}.",
                hint=did_you_mean(str(config), configs) or f"It has {', '.join(configs[:12])}.",
            )
        if len(configs) > 1:
            raise MissingDataError(
                f"{dataset}: a config must be named.", hint=f"It has {', '.join(configs[:12])}."
            )
        wanted = configs[0]
    inside = [file for file in files if file.config == wanted]
    found = _of_split(inside, split)
    if not found:
        splits = sorted({file.split for file in inside})
        raise MissingDataError(
            f"{dataset}: config {wanted!r} has no split {split!r}.",
            hint=did_you_mean(split, splits) or f"It has {', '.join(splits[:12])}.",
        )
    return found


def _of_split(files: Sequence[DataFile], split: str) -> list[str]:
    exact = [file.path for file in files if file.split == split]
    same = [f.path for f in files if _SPLITS.get(f.split, f.split) == _SPLITS.get(split, split)]
    found = exact or same
    # A repository may hold the same split in two formats: one of them is enough.
    for suffix in _FORMATS:
        alike = [path for path in found if kind(path) == suffix]
        if alike:
            return sorted(alike)
    return []


def from_card(paths: Sequence[str], card: Json) -> list[DataFile]:
    """The files that the dataset card's `configs:` section names."""
    files: list[DataFile] = []
    configs = card.get("configs") if isinstance(card, dict) else None
    for entry in configs if isinstance(configs, list) else []:
        if not isinstance(entry, dict):
            continue
        name = str(entry.get("config_name", "default"))
        named = entry.get("data_files") or []
        for item in [named] if isinstance(named, str | dict) else named:
            split, patterns = "train", item
            if isinstance(item, dict):
                split, patterns = str(item.get("split", "train")), item.get("path", [])
            for pattern in [patterns] if isinstance(patterns, str) else patterns:
                hits = [path for path in paths if _fits(path, str(pattern))]
                files += [DataFile(path, name, split) for path in hits if kind(path) in _FORMATS]
    return files


def _fits(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern.removeprefix("./"))


def from_names(paths: Sequence[str]) -> list[DataFile]:
    """The files by the hub's naming habits: `data/test-00000-of-00001.parquet`, `main/test-…`,
    `main/test/0000.parquet`, `test.jsonl`. Files none of which names a split are `train`."""
    files: list[DataFile] = []
    for path in paths:
        pure = PurePosixPath(path)
        hidden = any(part.startswith(".") for part in pure.parts)
        if kind(path) not in _FORMATS or pure.name in _META or hidden:
            continue
        stem = pure.name.lower().removesuffix(".gz").removesuffix(kind(path))
        stem, folders = _SHARD.sub("", stem), [part for part in pure.parts[:-1] if part != "data"]
        if not stem and folders:
            stem = folders.pop()
        files.append(DataFile(path, "/".join(folders) or "default", stem or "train"))
    known = {"train", "test", "validation", *_SPLITS}
    if files and not any(file.split in known for file in files):
        return [DataFile(file.path, file.config, "train") for file in files]
    return files
