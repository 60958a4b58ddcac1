"""MNIST and Fashion-MNIST: a digit, or a piece of clothing, of 28 by 28 grey pixels.

    julja score mnist --responses predictions.json       classes or scores in the set's order
    julja run fashion_mnist -m python/mine.py:classify

Data: the IDX files of either (`t10k-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, packed or not),
or the hub. Predictions can be scored without the pictures. Papers: LeCun et al., 1998; Xiao et al.,
2017.
"""

from collections.abc import Sequence
from functools import partial

from julja.benchmarks.vision.cifar import by_index, checks, forms, from_hub, numbered
from julja.benchmarks.vision.classes import Predictions, class_sample
from julja.tasks.task import Attached, Card, Task, task
from julja.types import Source

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


@task
def mnist() -> Task:
    """The 10,000 digits of the test files."""
    hub = ("ylecun/mnist", "77f3279092a1c1579b2250db8eafed0ad422088c")
    return _task("mnist", hub, DIGITS, MNIST)


@task
def fashion_mnist() -> Task:
    """The 10,000 pictures of the test files."""
    hub = ("zalando-datasets/fashion_mnist", "531be5e2ccc9dba0c201ad3ae567a4f3d16ecdd2")
    return _task("fashion_mnist", hub, CLOTHES, FASHION)


def _task(name: str, hub: tuple[str, str], names: Sequence[str], card: Card) -> Task:
    labels = Source(
        split="test",
        hub=hub[0],
        config=name,
        revision=hub[1],
        files=_files("labels", 1),
        adapt=numbered,
        adapt_hub=partial(from_hub, label="label"),
    )
    pictures = Source(split="test", files=_files("images", 3))
    return Task(
        name=name,
        rows=labels,
        attached={"shown": Attached(source=pictures, key=by_index, optional=True)},
        sample=partial(class_sample, names=tuple(names)),
        forms=forms((1,)),
        responses=Predictions(tuple(names)),
        by=("label",),
        card=card,
        checks=checks(names),
    )


def _files(kind: str, dimensions: int) -> tuple[str, ...]:
    """The names that copies of the files go by."""
    return tuple(
        f"{folder}t10k-{kind}{mark}idx{dimensions}-ubyte"
        for folder in ("", "raw/", "MNIST/raw/", "FashionMNIST/raw/")
        for mark in ("-", ".")
    )


MNIST = Card(
    title="MNIST",
    summary="The digit in 10,000 pictures of handwriting, by accuracy.",
    abilities=("vision", "classification"),
    languages=(),
    paper="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf",
    licence="CC BY-SA 3.0",
    official_scorer="none: the share of right classes",
    random_baseline=0.1,
    human=0.998,
    saturation="Over 0.998 for years: it shows that a program works, not which model is better.",
    contamination="In every collection of data; models of images have seen it.",
    label_errors="15 of 10,000 labels are wrong (Northcutt et al., 2021).",
    notes="Pictures are white on black.",
    rows=10000,
)
FASHION = Card(
    title="Fashion-MNIST",
    summary="The kind of clothing in 10,000 grey pictures, ten classes, by accuracy.",
    abilities=("vision", "classification"),
    languages=("en",),
    paper="https://arxiv.org/abs/1708.07747",
    licence="MIT",
    official_scorer="zalandoresearch/fashion-mnist: benchmark/runner.py",
    random_baseline=0.1,
    human=0.835,
    saturation="Near 0.97; shirts, coats and pullovers are told apart badly by people too.",
    contamination="In every collection of data.",
    label_errors="The test set has no published audit; in the training set Müller and Markert"
    " (2019) found wrong labels.",
    notes="The human accuracy is of three labellers without expertise, as the authors give it.",
    rows=10000,
)
