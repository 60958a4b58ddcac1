"""What benchmarks of one class a picture share: rows, samples, predictions in the usual files.

Predictions are read from what repositories and tools write:

    [3, 8, 8, …]  a list, or lines of a text file: the class of each picture, in the set's order
    .npy          (n,) classes or (n, classes) scores, in the set's order
    {"ID": 3}     the class by picture's id; a name, or a list of scores, does as well
    rows          {"id" or "filename", "label" or "index" or "prediction" …, or "scores": […]}

Classes are numbers from 0 in the set's order, or names. `shift=1` says that a background class
comes first (TensorFlow's 1,001 classes of ImageNet).
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.benchmarks.vision.pictures import NONE, find_picture, place_of
from julja.errors import ConfigError, DataError
from julja.likelihoods import Likelihoods
from julja.pictures import keep
from julja.types import Json, Media, Row, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.number[Any]]
    Listed: TypeAlias = list[Json] | Numbers

_IDS = ("id", "filename", "file_name", "file", "image", "image_id", "name", "index")
_CLASSES = ("prediction", "pred", "predicted", "class", "label", "response", "top1", "text")
_SCORES = ("scores", "logits", "probabilities", "probs", "choices")
# Accuracies between which a list is not wrong by chance but counts from another class.
_FAR, _NEAR = 0.1, 0.5
_FEW = 20


def class_sample(row: Row, names: Sequence[str], folders: Sequence[str] = ()) -> Sample:
    """A row {"id", "label" or "labels", "of", "picture" or "file"}; `shown` may hold the picture.

    `of` is the number of pictures of the whole set, `place` the picture's own among them.
    """
    right = tuple(int(label) for label in row.get("labels", [row.get("label")]))
    if any(not 0 <= label < len(names) for label in right):
        raise DataError(f"the picture {row['id']} has the class {right}; there are {len(names)}.")
    media, reason = _picture(row, folders)
    shown = names[right[0]] if right else ""
    kept = {key: row[key] for key in ("of", "place", "group") if key in row}
    return Sample(
        str(row["id"]),
        str(row["id"]),
        target=tuple(names[label] for label in right),
        choices=tuple(names),
        answer=right,
        fields={"label": shown, **kept, **({"no_picture": reason} if reason else {})},
        labelled=bool(right),
        media=media,
    )


def _picture(row: Row, folders: Sequence[str]) -> tuple[tuple[Media, ...], str]:
    """(media, why it can't be shown). What is missing or damaged is a `Media` without a hash.

    Predictions are scored without it; an engine that has to show it fails on this sample, and the
    error names the file.
    """
    inside = row.get("picture") or (row.get("shown") or {}).get("picture")
    name = str(row.get("file") or f"picture {row['id']}")
    if inside is None:
        found, reason = find_picture(row, name, folders) if row.get("file") else ((), NONE)
        home = row.get("_folder")
        at = place_of(str(home), folders[0], name) if home and folders else name
        return found or (Media(at, ""),), reason
    try:
        return (keep(inside, place=str(row["id"])),), ""
    except DataError as error:
        return (Media(name, ""),), error.message


def inputs(sample: Sample) -> Mapping[str, Json]:
    """What a classifier is told beside the picture: why there is none."""
    reason = sample.fields.get("no_picture")
    return {"no_picture": reason} if reason else {}


@dataclass(frozen=True, slots=True)
class Predictions:
    """Reads a file of predictions; see the module.

    `names` are the model's classes where these are more than the benchmark's (`Sample.choices`):
    scores are then taken of the benchmark's classes alone, and a class outside them is wrong.
    """

    names: tuple[str, ...]
    shift: int = 0

    def __call__(self, content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
        """Rows {"id", "response"}, or {"id", "choices"} with `Likelihoods`."""
        if not samples:
            return []
        given = self._by_id(content, samples)
        rows = [self._row(name, value, samples[0].choices) for name, value in given]
        _check_order(rows, samples, self.names)
        return rows

    def _by_id(self, content: Json, samples: Sequence[Sample]) -> list[tuple[str, Json]]:
        ids = {sample.id for sample in samples}
        if isinstance(content, dict):
            return [(_known(str(name), ids), value) for name, value in content.items()]
        if not isinstance(content, list) or not content:
            raise DataError(
                "the file holds no classes.",
                hint='Write a list of classes in the set\'s order, or rows {"id", "prediction"}.',
            )
        if all(isinstance(row, dict) and set(row) == {"text"} for row in content):
            content = [row["text"] for row in content if row["text"].strip()]
        if _numbered(content) and not ids & {str(place) for place in range(len(content))}:
            # An array of classes or scores; the set's ids are names.
            values = [row["scores"] if "scores" in row else row["label"] for row in content]
            return self._in_order(values, samples)
        if all(isinstance(row, dict) for row in content):
            return [_of_row(row, place, ids) for place, row in enumerate(content)]
        return self._in_order(content, samples)

    @staticmethod
    def _in_order(content: Sequence[Json], samples: Sequence[Sample]) -> list[tuple[str, Json]]:
        whole = samples[0].fields.get("of")
        if whole != len(content):
            raise DataError(
                f"{len(content)} predictions for {whole or 'an unknown number of'} pictures.",
                hint="A list has one for each, in the set's order; of a part, write rows with ids.",
            )
        return [(sample.id, content[sample.fields["place"]]) for sample in samples]

    def _row(self, name: str, value: Json, choices: tuple[str, ...]) -> dict[str, Json]:
        if isinstance(value, list) or getattr(value, "ndim", 0) == 1:
            return {"id": name, "choices": self._scores(name, value, choices)}
        text = str(value).strip()
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        if text.isdigit():
            place = int(text) - self.shift
            if not 0 <= place < len(self.names):
                raise DataError(
                    f"{name}: the class {text}, and there are {len(self.names)} classes from"
                    f" {self.shift}.",
                    hint="shift=1 says that a background class comes first.",
                )
            text = self.names[place]
        return {"id": name, "response": text}

    def _scores(self, name: str, value: "Listed", choices: tuple[str, ...]) -> Likelihoods:
        values = _numbers(name, value[self.shift :])
        if len(values) == len(choices):
            return Likelihoods(choices, values)
        if len(values) != len(self.names):
            raise DataError(
                f"{name}: {len(value)} scores for {len(self.names)} classes.",
                hint="shift=1 says that a background class comes first."
                if len(value) == len(self.names) + 1
                else "The scores are of another set of classes.",
            )
        places = _places(self.names)
        return Likelihoods(choices, values[[places[choice] for choice in choices]])


def _numbers(name: str, value: "Listed") -> "Numbers":
    """A picture's scores as an array (classes,)."""
    import numpy as np

    if not isinstance(value, list):
        return value
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise DataError(f"{name}: a score is no number.")
    return np.array(value, dtype=np.float64)


def checked_shift(shift: int) -> int:
    """The option `shift`: 0, or 1 for a background class in front."""
    if shift not in (0, 1):
        raise ConfigError(f"shift={shift}: it is 0, or 1 for a background class in front.")
    return shift


@cache
def _places(names: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(names)}


def _numbered(content: Sequence[Json]) -> bool:
    """Whether rows are those of an array: {"index": 0, "scores"} or {"index": 0, "label"}, 1, …"""
    return all(
        isinstance(row, dict)
        and set(row) in ({"index", "scores"}, {"index", "label"})
        and row["index"] == place
        for place, row in enumerate(content)
    )


def _known(name: str, ids: Set[str]) -> str:
    """The sample's id that a file's name stands for, with its folders and ending or without."""
    path = PurePosixPath(name)
    bare = path.with_suffix("") if path.name else path
    tries = (name, str(bare), "/".join(bare.parts[-2:]), bare.name)
    return next((text for text in tries if text in ids), name)


def _of_row(row: Row, place: int, ids: Set[str]) -> tuple[str, Json]:
    keys = [key for key in _IDS if row.get(key) is not None]
    scores = next((row[key] for key in _SCORES if isinstance(row.get(key), list)), None)
    if not keys:
        raise DataError(f"row {place} has no id (its fields: {', '.join(row)}).")
    name = _known(str(row[keys[0]]), ids)
    value = scores
    if value is None:
        # timm's tables call the class `index`, beside `filename`.
        fields = (*_CLASSES, "index") if keys[0] != "index" else _CLASSES
        value = next((row[key] for key in fields if row.get(key) is not None), None)
    if value is None:
        raise DataError(f"row {place} has no class and no scores (its fields: {', '.join(row)}).")
    return name, value


def _check_order(rows: Sequence[Row], samples: Sequence[Sample], names: tuple[str, ...]) -> None:
    """Raises where the classes fit when they are counted from one more, or one less."""
    right = {sample.id: set(sample.target) for sample in samples if sample.answer}
    places = _places(names)
    found = [
        (places[row["response"]], right[row["id"]])
        for row in rows
        if row["id"] in right and row.get("response") in places
    ]
    if len(found) < _FEW:
        return

    def share(by: int) -> float:
        return sum(names[(place - by) % len(names)] in wanted for place, wanted in found) / len(
            found
        )

    if share(0) > _FAR:
        return
    for by in (1, -1):
        if share(by) > _NEAR:
            raise DataError(
                f"{share(0):.1%} of the classes are right, and {share(by):.1%} are when they are"
                f" counted from {by:+d}: they are numbered differently.",
                hint="shift=1 says that a background class comes first.",
            )
