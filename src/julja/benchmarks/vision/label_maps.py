"""Semantic segmentation of any folder of label maps: ade20k and voc2012_segmentation build on it.

    julja score label_maps:maps=mine/labels,classes=19 --responses FOLDER      PNGs of label maps
    julja score label_maps:maps=mine/labels,classes=voc --responses maps.jsonl

`maps` is a folder of grey or palette PNGs below the data folder, `classes` a number or the name of
a known list (voc, ade20k). A prediction's labels are those of the truth.
"""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from julja.benchmarks.vision.label_names import NAMES
from julja.benchmarks.vision.pictures import NONE, find_picture
from julja.errors import ConfigError, DataError, did_you_mean
from julja.predictions import read_label_picture, write_map, write_png
from julja.scoring.vision.maps import label_maps as scorer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Source

IMAGES = (".jpg", ".jpeg", ".png")


@task
def label_maps(
    maps: str = "label_maps/labels",
    classes: int | str = "voc",
    ignore: int = 255,
    zero_is_other: bool = False,
    images: str = "images",
) -> Task:
    """Any folder of label maps, its pictures in `images` beside it."""
    folder, path = split_folder(maps)
    made = segmentation(
        "label_maps",
        folder,
        (f"{path}/*.png",),
        class_names(classes),
        (images,),
        CARD,
        ignore=ignore,
        zero_is_other=zero_is_other,
    )
    options = {"maps": maps, "classes": classes, "ignore": ignore, "zero_is_other": zero_is_other}
    return replace(made, params=options)


def split_folder(maps: str) -> tuple[str, str]:
    """(folder of the mirror, folder below it) of "coco_val128/gt_voc21"."""
    folder, slash, path = str(maps).strip("/").partition("/")
    if not slash or not path:
        raise ConfigError(
            f"maps={maps}: it names a folder of the data and a folder in it.",
            hint="For example maps=mine/labels.",
        )
    return folder, path


def class_names(classes: int | str) -> tuple[str, ...]:
    """The names of so many classes, or those of a known list."""
    if isinstance(classes, int) and not isinstance(classes, bool):
        if classes < 1:
            raise ConfigError(f"classes={classes}: there must be one at least.")
        return tuple(f"class {number}" for number in range(classes))
    if str(classes) not in NAMES:
        raise ConfigError(
            f"classes={classes}: there is no such list.",
            hint=did_you_mean(str(classes), NAMES) or f"A number, or {', '.join(NAMES)}.",
        )
    return NAMES[str(classes)]


def segmentation(
    name: str,
    folder: str,
    files: Sequence[str],
    names: Sequence[str],
    images: Sequence[str],
    card: Card,
    *,
    ignore: int = 255,
    zero_is_other: bool = False,
    mit: bool = False,
    split: str = "validation",
) -> Task:
    """A task of label maps; see `label_maps`."""
    made = scorer(names, ignore=ignore, zero_is_other=zero_is_other, mit=mit)
    return Task(
        name=name,
        mirror=folder,
        rows=Source(split=split, files=tuple(files), folder=True),
        sample=partial(to_sample, names=tuple(names), images=tuple(images)),
        forms={"segment": Form(prompt="{{ input }}", inputs=inputs, scorer=made)},
        responses=predictions(zero_is_other=zero_is_other),
        params={},
        card=card,
        checks=checks(names, zero_is_other=zero_is_other),
    )


def to_sample(row: Row, *, names: tuple[str, ...], images: tuple[str, ...]) -> Sample:
    """A row {"file", "picture"}: a label map, whose picture has the same name."""
    stem = PurePosixPath(str(row["file"])).stem
    tried = [find_picture(row, f"{stem}{suffix}", images) for suffix in IMAGES]
    # Best a picture, then one that is there and damaged, then the place where one could be.
    media, reason = min(tried, key=lambda item: (not item[0], item[1].startswith(NONE)))
    data = content_of(row["picture"])
    try:
        height, width = read_label_picture(data).shape
    except ValueError as error:
        raise DataError(f"the label map {row['file']}: {error}.") from error
    return Sample(
        stem,
        stem,
        choices=names,
        fields={
            "map": base64.b64encode(data).decode("ascii"),
            "height": height,
            "width": width,
            "no_picture": reason,
        },
        media=media,
    )


def content_of(picture: Json) -> bytes:
    """The bytes of a picture that is a path, or bytes."""
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | os.PathLike):
        return Path(picture).read_bytes()
    raise DataError(f"{type(picture).__name__} is no picture of labels.")


def inputs(sample: Sample) -> Mapping[str, Json]:
    """What a segmenter is told beside the picture."""
    reason = sample.fields["no_picture"]
    size = {"height": sample.fields["height"], "width": sample.fields["width"]}
    return {**size, "no_picture": reason} if reason else size


def predictions(*, zero_is_other: bool) -> Callable[[Json, Sequence[Sample]], Sequence[Row]]:
    """Reads a folder of PNGs, one for each picture, with the truth's own numbers."""

    def read(content: Json, samples: Sequence[Sample]) -> list[Row]:
        pictures = [
            row
            for part in (content.values() if isinstance(content, dict) else ())
            for row in (part if isinstance(part, list) else ())
            if isinstance(row, dict) and "picture" in row
        ]
        if not pictures:
            raise DataError(
                "no label maps are found.",
                hint="Give a folder of PNGs named as the pictures are, or rows"
                ' {"id", "response": {"size": [height, width], "runs": [[label, length], …]}}.',
            )
        return [
            {"id": PurePosixPath(row["file"]).stem, "response": _response(row, zero_is_other)}
            for row in pictures
        ]

    return read


def _response(row: Row, zero_is_other: bool) -> str:
    data = content_of(row["picture"])
    try:
        labels = read_label_picture(data)
    except ValueError as error:
        raise DataError(
            f"{row['file']}: {error}.", hint="A grey PNG of labels is wanted."
        ) from error
    if zero_is_other:
        # 0 becomes the last byte, which is no class.
        labels = labels - 1
    return write_png(labels)


def checks(names: Sequence[str], *, zero_is_other: bool) -> tuple[Check, ...]:
    """Self-checks on a made map of two by three pixels."""
    import numpy as np

    first = 1 if zero_is_other else 0
    classes = np.array([[0, 0, 1], [1, 1, 1]], dtype=np.uint8)
    row = {"file": "made.png", "picture": _png(classes + first)}
    other = np.array([[1, 1, 0], [0, 0, 0]], dtype=np.uint8)
    none = np.full((2, 3), len(names), dtype=np.int32)
    return (
        Check(row, write_map(classes), 1.0, "segment"),
        Check(row, write_png(classes), 1.0, "segment"),
        Check(row, write_map(np.repeat(np.repeat(classes, 2, 0), 2, 1)), 1.0, "segment"),
        Check(row, write_map(other), 0.0, "segment"),
        Check(row, write_map(none), 0.0, "segment"),
        Check(row, "a wall on the left", 0.0, "segment"),
    )


def _png(labels: Json) -> bytes:
    packed = write_png(labels)
    return base64.b64decode(packed.removeprefix('{"png":"').removesuffix('"}'))


CARD = Card(
    title="Label maps",
    summary="Semantic segmentation of your own pictures: mIoU over the data set's one confusion "
    "matrix.",
    abilities=("vision", "segmentation"),
    languages=(),
    paper="https://arxiv.org/abs/1411.4038",
    licence="that of your data",
    official_scorer="open-mmlab/mmsegmentation: mmseg/evaluation/metrics/iou_metric.py",
    saturation="As your data are.",
    contamination="As your data are.",
    label_errors="As your data are.",
    notes="A class that never occurs is left out of the mean. Predictions that are missing are "
    "skipped by name, not counted as wrong.",
)
