"""CIFAR-10, 10.1, MNIST, ImageNet: published accuracies exactly, every file whole."""

import gzip
import json

import numpy as np
import pytest

from julja.benchmarks.vision import cifar, imagenet, mnist
from julja.data.files import read_rows
from julja.data.load import load
from julja.imagenet import IMAGENET_A, IMAGENET_R, WNIDS
from julja.pictures import open_rgb
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("cifar10", "imagenet", "mnist")


def samples_of(task, mirror):
    found = load(task.rows, benchmark=task.mirror or task.name, mirror=mirror)
    return {sample.id: sample for sample in map(task.sample, found.rows)}


def accuracy(task, samples, file):
    rows = task.responses(read_rows(file), list(samples.values()))
    scorer = task.forms["generate"].scorer
    assert len(rows) == len(samples)
    return np.mean([scorer(samples[r["id"]], Response(r["response"])).values["top1"] for r in rows])


@pytest.mark.parametrize(
    ("maker", "folder", "key", "files"),
    [
        (cifar.cifar10, "original_predictions", "cifar10", 15),
        (cifar.cifar10_1, "v6_predictions", "cifar10.1_v6", 30),
    ],
)
def test_every_published_accuracy_exactly(maker, folder, key, files, mirror):
    home = mirror / "cifar10"
    published = json.loads((home / "expected_accuracies.json").read_text())
    task = maker()
    samples = samples_of(task, mirror)
    found = {
        file.name.partition("_predictions")[0]: accuracy(task, samples, file)
        for file in sorted((home / "model_predictions" / folder).iterdir())
    }
    assert len(found) >= files
    wanted = {name: published[name][key] for name in found}
    assert found == pytest.approx(wanted, abs=1e-9)


def test_the_network_of_cifar_10_model(mirror):
    task = cifar.cifar10()
    file = mirror / "cifar10" / "pred_cifar_10_model_7.4.0_test10000.json"
    assert accuracy(task, samples_of(task, mirror), file) == pytest.approx(0.8014, abs=1e-9)


def test_v4_has_its_own_pictures_or_none(mirror):
    samples = samples_of(cifar.cifar10_1(version="v4"), mirror)
    assert len(samples) == 2021
    assert not any(sample.media[0].sha256 for sample in samples.values())


def test_mnist_is_read_whole(mirror):
    home = mirror / "mnist"
    pictures = read_rows(home / "t10k-images-idx3-ubyte.gz")
    labels = read_rows(home / "t10k-labels-idx1-ubyte")
    assert len(pictures) == len(labels) == 10_000
    assert len(read_rows(home / "train-labels-idx1-ubyte.gz")) == 60_000
    # The counts that are printed everywhere.
    counts = np.bincount([row["label"] for row in labels]).tolist()
    assert counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_a_picture_of_mnist_shows_its_own_pixels(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path))
    task = mnist.mnist()
    source = task.attached["shown"].source
    row = load(source, benchmark="mnist", mirror=mirror).rows[4321]
    sample = task.sample({"id": "4321", "label": 7, "shown": row})
    raw = gzip.decompress((mirror / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(raw, np.uint8, 784, 16 + 784 * 4321).reshape(28, 28)
    shown = np.asarray(open_rgb(sample.media[0]))
    assert (shown == pixels[:, :, None]).all()


def test_imagenet_s_label_order_is_timm_s_and_imagenet_x_s(mirror):
    lists = mirror / "imagenet" / "timm" / "data" / "_info"
    assert list(WNIDS) == (lists / "imagenet_synsets.txt").read_text().split()
    names = (mirror / "imagenet_x" / "imagenet_labels.txt").read_text().splitlines()
    assert list(WNIDS) == [line.partition(",")[0] for line in names]
    for kind, places in (("a", IMAGENET_A), ("r", IMAGENET_R)):
        listed = (lists / f"imagenet_{kind}_indices.txt").read_text().split()
        assert list(places) == [int(place) for place in listed]


def test_the_original_labels_are_right_for_90_percent_of_real_s(mirror):
    # Counted apart from julja, in plain Python, over the same two files: 0.900228.
    task = imagenet.imagenet(labels="real")
    rows = load(task.rows, benchmark="imagenet", mirror=mirror).rows
    real = load(task.attached["real"].source, benchmark="imagenet", mirror=mirror).rows
    assert [row["place"] for row in rows] == list(range(50_000))
    pairs = [(row["label"], item["labels"]) for row, item in zip(rows, real, strict=True)]
    judged = [label in labels for label, labels in pairs if labels]
    assert len(judged) == 46_837
    assert np.mean(judged) == pytest.approx(0.9002, abs=5e-5)
