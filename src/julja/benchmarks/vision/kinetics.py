"""Kinetics: the human action in a clip of ten seconds, 400, 600 or 700 classes.

    julja score kinetics --responses scores.json            {video: [[score of each class] a view]}
    julja score kinetics:layout=lists --responses …         mmaction2's lists and label maps

Videos vanish from YouTube, so each copy has other ones: what has no scores is skipped, counted, and
the bounds say what it could change. Data: `kinetics/k400/annotations/val.csv` (600 and 700 alike),
or `kinetics/…/label_map_k400.txt` with `kinetics400_val_list_videos.txt` beside it. Paper: Kay et
al., 2017.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from julja.benchmarks.vision.pictures import find_picture
from julja.errors import ConfigError, DataError
from julja.scoring.vision.video import video_classes, view_rows
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Json, Row, Sample, Source

RELEASES = (400, 600, 700)
LAYOUTS = ("csv", "lists")


@task
def kinetics(classes: int = 400, layout: str = "csv") -> Task:
    """The validation set of Kinetics-400, -600 or -700."""
    if classes not in RELEASES:
        raise ConfigError(f"classes={classes}: there are Kinetics-400, -600 and -700.")
    if layout not in LAYOUTS:
        raise ConfigError(f"layout={layout}: it is one of {', '.join(LAYOUTS)}.")
    return Task(
        name="kinetics",
        rows=_source(classes, layout),
        sample=to_sample,
        forms={
            "classify": Form(prompt="{{ input }}", inputs=inputs, scorer=video_classes()),
        },
        responses=view_rows,
        params={"classes": classes, "layout": layout},
        card=CARD,
        checks=CHECKS,
    )


def _source(classes: int, layout: str) -> Source:
    if layout == "csv":
        files = (
            f"k{classes}/annotations/val.csv",
            f"k{classes}/val.csv",
            f"kinetics{classes}_val.csv",
        )
        return Source(split="val", files=files, adapt=from_csv, folder=True)
    lists = (f"*{classes}*.txt", f"tools/data/kinetics/*{classes}*.txt")
    return Source(split="val", files=lists, join=from_lists, folder=True)


def from_csv(content: Json) -> list[Row]:
    """Rows of upstream's table (label, youtube_id, time_start, time_end, split).

    Its classes are numbered in the alphabet's order, which is that of the label maps.
    """
    names = sorted({str(row["label"]) for row in content})
    return [
        {
            "id": str(row["youtube_id"]),
            "file": _file(row),
            "label": names.index(str(row["label"])),
            "classes": names,
        }
        for row in content
    ]


def _file(row: Row) -> str:
    """The name that the common tools give a clip: its video, and its seconds there."""
    start, end = int(row["time_start"]), int(row["time_end"])
    return f"{row['youtube_id']}_{start:06d}_{end:06d}.mp4"


def from_lists(texts: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Rows of mmaction2's list of videos ("path number" a line) with its label map."""
    maps = [lines for name, lines in texts.items() if name.startswith("label_map")]
    lists = [lines for name, lines in texts.items() if "list" in name]
    if len(maps) != 1 or len(lists) != 1:
        raise DataError(
            f"one label map and one list of videos are wanted; there are {', '.join(texts)}.",
            hint="They lie in one folder: label_map_k400.txt, kinetics400_val_list_videos.txt.",
        )
    names = [str(line["text"]).strip() for line in maps[0] if str(line["text"]).strip()]
    rows: list[Row] = []
    for number, line in enumerate(lists[0], start=1):
        path, _, label = str(line["text"]).strip().rpartition(" ")
        if not path and not label:
            continue
        if not path or not label.isdigit() or int(label) >= len(names):
            raise DataError(f"line {number} of the list is no path and class: {line['text']!r}.")
        name = PurePosixPath(path)
        rows.append({"id": name.stem, "file": path, "label": int(label), "classes": names})
    return rows


def to_sample(row: Row) -> Sample:
    """A row {id, file, label, classes}."""
    names, right = row["classes"], int(row["label"])
    file = str(row["file"])
    folders = (".", "val", f"val/{names[right]}", "videos_val", "demo")
    media, reason = find_picture(row, file, folders)
    return Sample(
        str(row["id"]),
        file,
        target=(names[right],),
        choices=tuple(names),
        answer=(right,),
        fields={"label": names[right], "no_picture": reason},
        media=media,
    )


def inputs(sample: Sample) -> Mapping[str, Json]:
    """What a model is told beside the clip: why it is missing, where it is."""
    reason = sample.fields["no_picture"]
    return {"no_picture": reason} if reason else {}


CARD = Card(
    title="Kinetics",
    summary="The human action in ten seconds of a YouTube video, 400 classes (600 or 700 by "
    "classes=), scored by top-1.",
    abilities=("vision", "video"),
    languages=(),
    paper="https://arxiv.org/abs/1705.06950",
    licence="annotations CC BY 4.0; videos under the terms of YouTube",
    official_scorer="open-mmlab/mmaction2: mmaction/evaluation/functional/accuracy.py",
    random_baseline=1 / 400,
    saturation="Near 0.92 top-1 on Kinetics-400; scenes and objects alone give much of it.",
    contamination="Video models are pre-trained on web videos that hold its clips.",
    label_errors="Several actions can be seen in a clip, and classes overlap (eating kinds of "
    "food); top-5 tells of it.",
    notes="Softmax scores are averaged over clips and crops, then the largest is taken; name the "
    "views (10 x 3 and 4 x 3 differ). Copies of the set hold 19,400 to 19,900 of 19,906 videos: "
    "compare runs over the videos that both have. mean_class is the mean of classes' top-1.",
    rows=19906,
)

_NAMES = ["archery", "bowling", "dancing", "juggling", "sailing", "yoga"]
_ROW: Row = {"id": "made1", "file": "made1.mp4", "label": 2, "classes": _NAMES}
CHECKS = (
    Check(_ROW, "", 1.0, "classify", (-3.0, -2.0, -0.5, -4.0, -5.0, -6.0)),
    Check(_ROW, "", 1.0, "classify", (-30.0, -20.0, -0.1, -40.0, -50.0, -60.0)),
    Check(_ROW, "", 0.0, "classify", (-0.5, -2.0, -3.0, -4.0, -5.0, -6.0)),
    Check(_ROW, "", 0.0, "classify", (-1.8, -1.8, -1.8, -1.8, -1.8, -1.8)),
)
