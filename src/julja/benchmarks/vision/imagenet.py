"""ImageNet's validation set and the sets made to test it: v2, Sketch, A, R, C; ReaL's labels.

    julja score imagenet --responses logits.npy          50,000 in the order of the files' numbers
    julja score imagenet:labels=real --responses …       ReaL: several right classes a picture
    julja score imagenet:shift=1 --responses …           1,001 classes, a background class first
    julja score imagenet:set=v2 …   set=sketch …
    julja score imagenet_a …        imagenet_r …        imagenet_c:corruption=fog,severity=3 …

Classes are numbered in the order of the sorted WordNet ids. Data: `imagenet/val/nXXXXXXXX/*.JPEG`,
or predictions alone with a list of labels (`filename_label.csv` of imagenet-x, Kaggle's
`LOC_val_solution.csv`); the other sets as their archives unpack, in `imagenet_v2/`,
`imagenet_sketch/`, `imagenet_a/`, `imagenet_r/`, `imagenet_c/`. Papers: see the cards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import PurePath, PurePosixPath

from julja.benchmarks.vision.classes import Predictions, checked_shift, class_sample, inputs
from julja.benchmarks.vision.imagenet_cards import IMAGENET, A, C, R
from julja.errors import ConfigError, DataError, did_you_mean
from julja.imagenet import IMAGENET_A, IMAGENET_R, WNIDS
from julja.scoring.vision.classes import image_classes
from julja.scoring.vision.corrupted import ALEXNET, corruption_error
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Scorer, Source

SETS = ("val", "v2", "sketch")
LABELS = ("original", "real")
VALIDATION = 50_000
PICTURES = "*.[jJpP]*[gG]"
# Lists of labels come first: to know a picture's class there is no need to read 50,000 pictures.
_VAL = (
    "filename_label.csv",
    "LOC_val_solution.csv",
    "../imagenet_x/filename_label.csv",
    f"val/n*/{PICTURES}",
    f"n*/{PICTURES}",
)
_REAL = (
    "real.json",
    "timm/data/_info/imagenet_real_labels.json",
    "../imagenet_x/imagenet_real_labels.jsonl",
)


@task
def imagenet(set: str = "val", labels: str = "original", shift: int = 0) -> Task:
    """The 50,000 pictures of the validation set; `set` and `labels`: see the module."""
    if set not in SETS:
        hint = did_you_mean(set, SETS) or "The others are imagenet_a, imagenet_r and imagenet_c."
        raise ConfigError(f"set={set}: it is one of {', '.join(SETS)}.", hint=hint)
    if labels not in LABELS or (labels == "real" and set != "val"):
        raise ConfigError(
            f"labels={labels} of set={set}: they are original, or real for the validation set."
        )
    params: dict[str, Json] = {"set": set, "labels": labels, "shift": shift}
    if set != "val":
        made = _of_folder("imagenet", f"imagenet_{set}", range(len(WNIDS)), IMAGENET, shift)
        return replace(made, params=params)
    rows = Source(split="val", files=_VAL, adapt=validation, folder=True)
    real = Source(split="val", files=_REAL, adapt=real_rows)
    attached = {"real": Attached(source=real, key=by_place)} if labels == "real" else {}
    made = _task("imagenet", "imagenet", rows, WNIDS, IMAGENET, shift)
    return replace(made, attached=attached, params=params)


@task
def imagenet_a(shift: int = 0) -> Task:
    """ImageNet-A: 7,500 photographs that ResNet-50 got wrong, 200 classes."""
    return _of_folder("imagenet_a", "imagenet_a", IMAGENET_A, A, shift)


@task
def imagenet_r(shift: int = 0) -> Task:
    """ImageNet-R: 30,000 renditions (art, toys, sketches), 200 classes."""
    return _of_folder("imagenet_r", "imagenet_r", IMAGENET_R, R, shift)


@task
def imagenet_c(corruption: str = "all", severity: int = 0, shift: int = 0) -> Task:
    """ImageNet-C: 15 corruptions at five severities (0: all of them) of the validation set."""
    if corruption != "all" and corruption not in ALEXNET:
        hint = did_you_mean(corruption, ALEXNET) or f"They are {', '.join(ALEXNET)}."
        raise ConfigError(f"corruption={corruption}: there is none of this name.", hint=hint)
    if severity not in range(6):
        raise ConfigError(f"severity={severity}: 1 to 5, or 0 for all.")
    whole = corruption == "all"
    inner = f"{'*' if whole else corruption}/{severity or '[1-5]'}/n*/{PICTURES}"
    rows = Source(
        split="test", files=(inner, f"*/{inner}"), adapt=partial(corrupted_rows, whole=whole)
    )
    scorer = corruption_error(whole)
    made = _task("imagenet_c", "imagenet_c", rows, WNIDS, C, shift, scorer)
    params: dict[str, Json] = {"corruption": corruption, "severity": severity, "shift": shift}
    return replace(made, params=params, by=("corruption",), checks=_checks(WNIDS, "fog"))


def _of_folder(name: str, mirror: str, places: Sequence[int], card: Card, shift: int) -> Task:
    """A set of folders named by class: a WordNet id, or the class's number (ImageNetV2)."""
    files = (f"[n0-9]*/{PICTURES}", f"*/[n0-9]*/{PICTURES}")
    wanted = tuple(WNIDS[place] for place in places)
    rows = Source(split="test", files=files, adapt=partial(folder_rows, names=wanted))
    return _task(name, mirror, rows, wanted, card, shift)


def _task(
    name: str,
    mirror: str,
    rows: Source,
    names: Sequence[str],
    card: Card,
    shift: int,
    scorer: Scorer | None = None,
) -> Task:
    form = Form(prompt="{{ input }}", inputs=inputs, scorer=scorer or image_classes())
    return Task(
        name=name,
        mirror=mirror,
        rows=rows,
        sample=partial(to_sample, names=tuple(names)),
        forms={"classify": form},
        responses=Predictions(WNIDS, checked_shift(shift)),
        params={"shift": shift},
        card=card,
        checks=_checks(names),
    )


def to_sample(row: Row, *, names: tuple[str, ...]) -> Sample:
    """A row of one of the readers below; ReaL's labels, where attached, are the right ones."""
    if "real" in row:
        row = {**row, "labels": (row["real"] or {}).get("labels", [])}
    made = class_sample(row, names, (f"val/{row.get('wnid', '')}", "val", "."))
    if "corruption" not in row:
        return made
    return replace(made, fields={**made.fields, "corruption": row["corruption"]})


def by_place(row: Row) -> Json:
    """What a picture of the validation set is known by: its file's number, from 0."""
    return row["place"]


def validation(content: Json) -> list[Row]:
    """Rows of the validation set, in the order of the files' numbers, from any of its lists."""
    rows = []
    for item in content:
        file, wnid = _listed(item)
        stem = PurePosixPath(file).stem
        number = stem.rpartition("_")[2]
        if not stem.startswith("ILSVRC2012_val_") or not number.isdigit():
            raise DataError(f"{file} is no picture of the validation set (ILSVRC2012_val_…).")
        row = {
            "id": stem,
            "label": _class_of(wnid, WNIDS, file),
            "place": int(number) - 1,
            "of": VALIDATION,
            "file": f"{stem}.JPEG",
            "wnid": wnid,
        }
        rows.append({**row, **({"picture": item["picture"]} if "picture" in item else {})})
    return sorted(rows, key=by_place)


def _listed(item: Mapping[str, Json]) -> tuple[str, str]:
    """(file, WordNet id) of a line of any list, or of a picture in its class's folder."""
    if "picture" in item:
        return item["file"], _path(item).parent.name
    if "PredictionString" in item:
        return item["ImageId"], item["PredictionString"].split()[0]
    label = int(item["label"])
    if not 0 <= label < len(WNIDS):
        raise DataError(f"{item['file_name']} has the class {label}; there are {len(WNIDS)}.")
    return item["file_name"], WNIDS[label]


def _path(item: Mapping[str, Json]) -> PurePath:
    picture = item["picture"]
    if isinstance(picture, bytes):
        raise DataError(
            f"{item['file']} is in an archive, and its folder says its class.",
            hint="Unpack the archive.",
        )
    return PurePath(picture)


def _class_of(wnid: str, names: Sequence[str], file: str) -> int:
    # ImageNetV2's folders are class numbers; sorted as texts (0, 1, 10) they'd be other classes.
    if wnid.isdigit() and len(names) == len(WNIDS) and int(wnid) < len(WNIDS):
        return int(wnid)
    place = _numbers().get(wnid) if len(names) == len(WNIDS) else None
    if place is not None:
        return place
    if wnid not in names:
        raise DataError(
            f"{file}: its folder {wnid} is none of the {len(names)} classes.",
            hint="Folders are named by WordNet ids, such as n01440764.",
        )
    return names.index(wnid)


@cache
def _numbers() -> Mapping[str, int]:
    """The class of each WordNet id: to look for one among a thousand takes long."""
    return {wnid: place for place, wnid in enumerate(WNIDS)}


def real_rows(content: Json) -> list[Row]:
    """ReaL's list, by the files' numbers, of the right classes of each picture."""
    lists = content[0] if len(content) == 1 else content
    if len(lists) != VALIDATION or not all(isinstance(item, list) for item in lists):
        raise DataError(f"ReaL's file has {VALIDATION} lists of classes; this one {len(lists)}.")
    return [{"place": place, "labels": labels} for place, labels in enumerate(lists)]


def folder_rows(content: Json, *, names: tuple[str, ...]) -> list[Row]:
    """Rows of pictures in their classes' folders; ids are CLASS/FILE."""
    found = sorted(content, key=lambda item: (_path(item).parent.name, item["file"]))
    return [_row(item, place, len(found), names) for place, item in enumerate(found)]


def _row(item: Row, place: int, count: int, names: tuple[str, ...], prefix: str = "") -> Row:
    path = _path(item)
    wnid = path.parent.name
    return {
        "id": f"{prefix}{wnid}/{path.stem}",
        "label": _class_of(wnid, names, item["file"]),
        "place": place,
        "of": count,
        "picture": item["picture"],
    }


def corrupted_rows(content: Json, *, whole: bool) -> list[Row]:
    """Rows of CORRUPTION/SEVERITY/CLASS/FILE."""
    found = sorted(content, key=lambda item: _path(item).parts[-4:])
    rows = []
    for place, item in enumerate(found):
        kind, severity = _path(item).parts[-4:-2]
        if kind in ALEXNET:
            row = _row(item, place, len(found), WNIDS, f"{kind}/{severity}/")
            rows.append({**row, "corruption": kind})
    missing = sorted(set(ALEXNET) - {row["corruption"] for row in rows})
    if whole and missing:
        raise DataError(
            f"the mean corruption error is of 15 corruptions; {', '.join(missing)} are missing.",
            hint="Name one: imagenet_c:corruption=fog",
        )
    return [{**row, "place": place, "of": len(rows)} for place, row in enumerate(rows)]


def _checks(names: Sequence[str], corruption: str = "") -> tuple[Check, ...]:
    row: Row = {"id": "made", "label": 3, "of": 1, "place": 0}
    row = {**row, "corruption": corruption} if corruption else row

    def sure(place: int) -> tuple[float, ...]:
        return tuple(-0.1 if i == place else -9.0 for i in range(len(names)))

    return (
        Check(row, "", 1.0, "classify", sure(3)),
        Check(row, "", 0.0, "classify", sure(4)),
        Check(row, "", 0.0, "classify", (-1.0,) * len(names)),
    )
