"""Where a model's labels are read from: files, dictionaries, ImageNet's own lists."""

import ast
from pathlib import Path

import orjson

from julja.errors import ConfigError
from julja.imagenet import WNIDS
from julja.types import Json

Labels = tuple[tuple[str, ...], ...]


def read_labels(name: str) -> Labels:
    """The labels of a file: one a line, a JSON list, or {place: label}; or a,b,c as they stand."""
    path = Path(name).expanduser()
    if not path.is_file():
        if "," in name:
            return tuple((part.strip(),) for part in name.split(","))
        raise ConfigError(
            f"-M labels={name}: there is no such file.",
            hint="Give a file with one label a line in the order of the outputs, or a,b,c.",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"-M labels={name} can't be read: {error}.") from error
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return listed(orjson.loads(text), name)
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"-M labels={name} is no JSON: {error}.") from error
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ConfigError(f"-M labels={name} is empty.")
    return tuple((line,) if line else () for line in lines)


def listed(content: Json, name: str) -> Labels:
    """Labels out of a list, {place: label}, {place: [wnid, label]}, or a config's id2label."""
    if isinstance(content, dict):
        content = content.get("id2label") or content.get("names") or content
    if isinstance(content, dict):
        try:
            places = {int(place): label for place, label in content.items()}
        except ValueError as error:
            raise ConfigError(f"{name}: {error}; labels are {{place: label}} or a list.") from error
        count = max(places, default=-1) + 1
        content = [places.get(place, "") for place in range(count)]
    if not isinstance(content, list) or not content:
        raise ConfigError(f"{name} holds no labels.")
    return tuple(
        tuple(str(part) for part in item) if isinstance(item, list | tuple) else
        ((str(item),) if str(item) else ())
        for item in content
    )  # fmt: skip


def parse_names(text: str) -> Labels:
    """The labels in the metadata of an ONNX file: a Python or JSON mapping, or lines."""
    try:
        return listed(ast.literal_eval(text), "the file's metadata")
    except (ValueError, SyntaxError):
        pass
    try:
        return listed(orjson.loads(text), "the file's metadata")
    except orjson.JSONDecodeError:
        return tuple((line.strip(),) for line in text.splitlines() if line.strip())


def imagenet_labels() -> Labels:
    """The wnids of ImageNet's 1,000 classes, in the order of most models."""
    return tuple((wnid,) for wnid in WNIDS)
