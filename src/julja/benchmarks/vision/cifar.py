"""CIFAR-10, CIFAR-100 and CIFAR-10.1: the class of a picture of 32 by 32 pixels.

    julja score cifar10 --responses predictions.json      classes or scores in the set's order
    julja score cifar10_1:version=v4 --responses …
    julja run cifar10 -m python/mine.py:classify

Data: the binary version of each (`cifar-10-batches-bin/test_batch.bin`, `cifar-100-binary/test.bin`
; the Python version is a pickle, and not read), a list of labels with PNGs beside it, or the hub.
CIFAR-10.1: `cifar10.1_v6_labels.npy`, and `…_data.npy` where there are the pictures. Papers:
Krizhevsky, 2009; Recht et al., 2018.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from julja.benchmarks.vision.classes import Predictions, class_sample, inputs
from julja.errors import ConfigError, DataError
from julja.scoring.vision.classes import image_classes
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import FormName, Json, Row, Source

NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
FINE = tuple(_FINE.split())
FOLDERS = ("test", "png", "images", "test_png_first1000", ".")
VERSIONS = ("v4", "v6")


@task
def cifar10() -> Task:
    """The 10,000 pictures of the test batch."""
    files = (
        "cifar-10-batches-bin/test_batch.bin",
        "test_batch.bin",
        "test_labels_10000.json",
        "test_labels.json",
    )
    source = Source(
        split="test",
        hub="uoft-cs/cifar10",
        revision="0b2714987fa478483af9968de7c934580d0bb9a2",
        files=files,
        folder=True,
        adapt=with_files,
        adapt_hub=partial(from_hub, label="label"),
    )
    return _task("cifar10", "cifar10", source, NAMES, CIFAR10)


@task
def cifar100() -> Task:
    """The 10,000 pictures of the test file, 100 classes."""
    source = Source(
        split="test",
        hub="uoft-cs/cifar100",
        revision="aadb3af77e9048adbea6b47c21a81e47dd092ae5",
        files=("cifar-100-binary/test.bin", "test.bin"),
        adapt=numbered,
        adapt_hub=partial(from_hub, label="fine_label"),
    )
    return _task("cifar100", "cifar100", source, FINE, CIFAR100)


@task
def cifar10_1(version: str = "v6") -> Task:
    """CIFAR-10.1: 2,000 new pictures (v6), or the 2,021 of v4."""
    if version not in VERSIONS:
        raise ConfigError(f"version={version}: it is one of {', '.join(VERSIONS)}.")
    stem = f"cifar10.1_{version}"
    places = ("cifar10.1/", "datasets/", "")
    labels = Source(
        split="test", files=tuple(f"{at}{stem}_labels.npy" for at in places), adapt=numbered
    )
    pictures = Source(split="test", files=tuple(f"{at}{stem}_data.npy" for at in places))
    shown = Attached(source=pictures, key=by_index, optional=True, mirror="cifar10")
    made = _task("cifar10_1", "cifar10", labels, NAMES, CIFAR10_1)
    return replace(made, attached={"shown": shown}, params={"version": version})


def _task(name: str, mirror: str, source: Source, names: Sequence[str], card: Card) -> Task:
    few = len(names) == len(NAMES)
    return Task(
        name=name,
        mirror=mirror,
        rows=source,
        sample=partial(class_sample, names=tuple(names), folders=FOLDERS),
        forms=forms((1,) if few else (1, 5)),
        responses=Predictions(tuple(names)),
        by=("label",) if few else (),
        card=card,
        checks=checks(names),
    )


QUESTION = (
    "Which of these does the picture show: {{ choices | join(', ') }}? Answer with the name alone."
)


def forms(tops: Sequence[int]) -> dict[FormName, Form]:
    """Scores of all classes, or the name of one of them from a model that writes."""
    made = image_classes(tops)
    return {
        "classify": Form(prompt="{{ input }}", inputs=inputs, scorer=made),
        "generate": Form(prompt=QUESTION, scorer=made),
    }


def by_index(row: Row) -> Json:
    """What labels and pictures of two files are known by: their place."""
    return row["index"]


def numbered(content: Json) -> list[Row]:
    """A list of labels, or the rows of an array, as rows with ids 0, 1, …"""
    if not isinstance(content, list):
        raise DataError("a list of labels is wanted.")
    rows = [
        dict(item) if isinstance(item, dict) else {"index": place, "label": item}
        for place, item in enumerate(content)
    ]
    return [
        {
            **row,
            "id": str(place),
            "place": place,
            "of": len(rows),
        }
        for place, row in enumerate(rows)
    ]


def with_files(content: Json) -> list[Row]:
    """Labels whose pictures lie beside them as 00000.png, 00001.png, …"""
    return [{**row, "file": f"{row['place']:05d}.png"} for row in numbered(content)]


def from_hub(rows: Sequence[Row], *, label: str) -> list[Row]:
    """The hub's rows: {"img" or "image", label}."""
    return numbered(
        [
            {"index": place, "label": row[label], "picture": row.get("img") or row.get("image")}
            for place, row in enumerate(rows)
        ]
    )


def checks(names: Sequence[str]) -> tuple[Check, ...]:
    """Self-checks on a made picture of class 3."""
    row = {"id": "0", "label": 3, "of": 1, "place": 0}
    sure = tuple(-0.1 if place == 3 else -9.0 for place in range(len(names)))
    other = tuple(-0.1 if place == 4 else -9.0 for place in range(len(names)))
    return (
        Check(row, "", 1.0, "classify", sure),
        Check(row, "", 0.0, "classify", other),
        Check(row, "", 0.0, "classify", (-1.0,) * len(names)),
        Check(row, names[3], 1.0),
        Check(row, f"It is a {names[3]}.", 1.0),
        Check(row, names[4], 0.0),
        Check(row, f"{names[3]} or {names[4]}", 0.0),
    )


CIFAR10 = Card(
    title="CIFAR-10",
    summary="The class of 10,000 pictures of 32 by 32 pixels, ten classes, by accuracy.",
    abilities=("vision", "classification"),
    languages=("en",),
    paper="https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
    licence="none given; pictures of the 80 Million Tiny Images",
    official_scorer="none: the share of right classes",
    random_baseline=0.1,
    human=0.94,
    saturation="Over 0.99; 0.5 % of the labels are wrong, so the ends of the table are noise.",
    contamination="3.3 % of the test pictures have near duplicates in the training set (ciFAIR).",
    label_errors="About 54 of 10,000 labels are wrong (Northcutt et al., 2021).",
    notes="Scaling the pixels wrongly loses everything: the network of PyPI's cifar-10-model has"
    " 80.1 % with pixels of 0 to 255 and chance with 0 to 1. `by` class in every result.",
    rows=10000,
)
CIFAR100 = Card(
    title="CIFAR-100",
    summary="The class of 10,000 pictures of 32 by 32 pixels, a hundred classes, by top-1.",
    abilities=("vision", "classification"),
    languages=("en",),
    paper=CIFAR10.paper,
    licence=CIFAR10.licence,
    official_scorer="none: the share of right classes",
    random_baseline=0.01,
    saturation="Near 0.96; many classes overlap (maple, oak and willow trees; man, boy).",
    contamination="10 % of the test pictures have near duplicates in the training set (ciFAIR).",
    label_errors="About 585 of 10,000 labels are wrong (Northcutt et al., 2021).",
    notes="The fine classes in the alphabet's order.",
    rows=10000,
)
CIFAR10_1 = Card(
    title="CIFAR-10.1",
    summary="2,000 new pictures collected as CIFAR-10's were: what accuracy a new test set leaves.",
    abilities=("vision", "classification", "robustness"),
    languages=("en",),
    paper="https://arxiv.org/abs/1806.00451",
    licence="MIT (labels and code); pictures of the 80 Million Tiny Images",
    official_scorer="modestyachts/CIFAR-10.1: model_predictions/ (the share of right classes)",
    random_baseline=0.1,
    saturation="Accuracy is 3 to 15 points below CIFAR-10's, in nearly the same order of models.",
    contamination="The pictures come from Tiny Images, that some sets of pre-training hold.",
    label_errors="No audit of its labels by others than the authors is published.",
    notes="v6 is balanced over classes, 2,000 pictures; v4, the earlier one, has 2,021. Compare a"
    " model's number with its own on cifar10.",
    rows=2000,
)
