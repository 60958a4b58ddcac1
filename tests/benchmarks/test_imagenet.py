"""ImageNet and its relatives: folders, lists, label order, background class, ReaL, mCE."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from julja.benchmarks.vision import imagenet as module
from julja.benchmarks.vision.classes import Predictions
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.imagenet import IMAGENET_A, IMAGENET_R, WNIDS
from julja.run.planning import make_plan
from julja.scoring.vision.corrupted import ALEXNET, mean_corruption_error
from julja.types import Sample

OUT = io.BytesIO()
Image.new("RGB", (8, 6), (200, 30, 30)).save(OUT, format="JPEG")
JPEG = OUT.getvalue()


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG)


def samples_of(folder, spec):
    config = RunConfig(tasks=(spec,), model="m", data=str(folder))
    plan = make_plan(config, frozenset({"classify", "images"}), {"name": "m"})
    return [sample for leaf in plan.leaves.values() for sample in leaf.samples]


def test_classes_are_in_the_order_of_the_sorted_wnids():
    assert len(set(WNIDS)) == 1000
    assert list(WNIDS) == sorted(WNIDS)
    assert (WNIDS[0], WNIDS[-1]) == ("n01440764", "n15075141")
    assert len(set(IMAGENET_A)) == len(set(IMAGENET_R)) == 200


def test_the_validation_set_from_folders_and_from_lists(tmp_path):
    put(tmp_path / "imagenet/val", f"{WNIDS[7]}/ILSVRC2012_val_00000002.JPEG")
    put(tmp_path / "imagenet/val", f"{WNIDS[0]}/ILSVRC2012_val_00000009.JPEG")
    found = samples_of(tmp_path, "imagenet")
    assert [(s.id, s.answer, s.fields["place"], bool(s.media[0].sha256)) for s in found] == [
        ("ILSVRC2012_val_00000002", (7,), 1, True),
        ("ILSVRC2012_val_00000009", (0,), 8, True),
    ]
    kaggle = f"ImageId,PredictionString\nILSVRC2012_val_00000002,{WNIDS[7]} 1 2 3 4\n"
    (tmp_path / "imagenet/LOC_val_solution.csv").write_text(kaggle)
    (listed,) = samples_of(tmp_path, "imagenet")
    assert (listed.answer, bool(listed.media[0].sha256)) == ((7,), True)


def test_imagenetv2_s_folders_are_numbers_not_texts(tmp_path):
    put(tmp_path / "imagenet_v2", "10/a.jpeg", "2/b.jpeg", "999/c.jpeg")
    found = samples_of(tmp_path, "imagenet:set=v2")
    assert {s.id: s.answer[0] for s in found} == {"10/a": 10, "2/b": 2, "999/c": 999}


def test_imagenet_a_compares_its_200_classes_alone(tmp_path):
    place = IMAGENET_A[5]
    put(tmp_path / "imagenet_a/imagenet-a", f"{WNIDS[place]}/0.1_fox_ 0.9.jpg")
    (sample,) = samples_of(tmp_path, "imagenet_a")
    assert sample.choices == tuple(WNIDS[i] for i in IMAGENET_A)
    scores = [0.0] * 1000
    scores[place], scores[3] = 1.0, 9.0
    assert 3 not in IMAGENET_A
    (row,) = Predictions(WNIDS)([{"filename": f"x/{sample.id}.jpg", "scores": scores}], [sample])
    assert row["id"] == sample.id
    assert np.argmax(row["choices"].values) == 5
    assert row["choices"][5].text == WNIDS[place]
    (background,) = Predictions(WNIDS, 1)([{"id": sample.id, "scores": [7.0, *scores]}], [sample])
    assert background["choices"] == row["choices"]


@pytest.mark.parametrize("key", ["label", "scores"])
def test_an_array_is_in_the_order_of_the_pictures_numbers(key):
    # What a `.npy` file is read as; the pictures' ids are names, not numbers.
    samples = [
        Sample(f"ILSVRC2012_val_{n:08}", "", choices=WNIDS, fields={"of": 2, "place": n - 1})
        for n in (2, 1)
    ]
    one_hot = np.eye(1000)[[30, 40]]
    values = {"label": [30, 40], "scores": one_hot}[key]
    rows = Predictions(WNIDS)([{"index": i, key: v} for i, v in enumerate(values)], samples)
    assert [row["id"][-1] for row in rows] == ["2", "1"]
    if key == "label":
        assert [row["response"] for row in rows] == [WNIDS[40], WNIDS[30]]
    else:
        assert [row["choices"].values.tolist().index(1.0) for row in rows] == [40, 30]


def test_an_unknown_folder_is_told(tmp_path):
    put(tmp_path / "imagenet_r", "n99999999/a.jpg")
    with pytest.raises(DataError, match="none of the 200 classes"):
        samples_of(tmp_path, "imagenet_r")


def made(count=30):
    return [
        Sample(str(i), str(i), (WNIDS[i],), WNIDS, (i,), fields={"of": count, "place": i})
        for i in range(count)
    ]


def test_classes_that_count_the_background_are_told():
    with pytest.raises(DataError, match="numbered differently") as caught:
        Predictions(WNIDS)([i + 1 for i in range(30)], made())
    assert "shift=1" in caught.value.hint
    rows = Predictions(WNIDS, 1)([i + 1 for i in range(30)], made())
    assert [row["response"] for row in rows] == list(WNIDS[:30])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1] * 29, "29 predictions for 30"),
        ([1000] * 30, "1000 classes from 0"),
        ([[0.0] * 1001] * 30, "1001 scores for 1000"),
        ([["x"] * 1000] * 30, "no number"),
        ([], "no classes"),
        (7, "no classes"),
        ([{"label": 3}], "no id"),
        ([{"id": "1"}], "no class"),
    ],
)
def test_odd_predictions_are_refused(content, said):
    with pytest.raises(DataError, match=said):
        Predictions(WNIDS)(content, made())


def test_real_s_empty_pictures_have_no_score(tmp_path):
    home = tmp_path / "imagenet"
    home.mkdir()
    real = [[] for _ in range(50_000)]
    real[1] = [4, 9]
    (home / "real.json").write_text(json.dumps(real))
    rows = "file_name,label\nILSVRC2012_val_00000002.JPEG,3\nILSVRC2012_val_00000003.JPEG,3\n"
    (home / "filename_label.csv").write_text(rows)
    two, none = samples_of(tmp_path, "imagenet:labels=real")
    assert (two.answer, two.labelled) == ((4, 9), True)
    assert (none.answer, none.labelled) == ((), False)


def test_the_mean_corruption_error_of_alexnet_is_one():
    top1, codes = [], []
    for code, error in enumerate(ALEXNET.values()):
        wrong = round(error * 1_000_000)
        top1 += [0.0] * (wrong // 1000) + [1.0] * (1000 - wrong // 1000)
        codes += [code] * 1000
    columns = {"top1": np.array(top1), "corruption": np.array(codes, dtype=float)}
    assert mean_corruption_error(columns) == pytest.approx(1.0, abs=0.002)
    columns["top1"][:] = 0
    worst = np.mean([1 / error for error in ALEXNET.values()])
    assert mean_corruption_error(columns) == pytest.approx(worst)


def test_imagenet_c_needs_its_fifteen_corruptions(tmp_path):
    put(tmp_path / "imagenet_c", f"weather/fog/3/{WNIDS[1]}/ILSVRC2012_val_00000001.JPEG")
    (sample,) = samples_of(tmp_path, "imagenet_c:corruption=fog,severity=3")
    assert (sample.answer, sample.fields["corruption"]) == ((1,), "fog")
    with pytest.raises(DataError, match="brightness, contrast"):
        samples_of(tmp_path, "imagenet_c")


@pytest.mark.parametrize(
    "made",
    [
        lambda: module.imagenet(set="a"),
        lambda: module.imagenet(set="v2", labels="real"),
        lambda: module.imagenet(shift=2),
        lambda: module.imagenet_c(corruption="fogg"),
        lambda: module.imagenet_c(severity=6),
    ],
)
def test_wrong_options(made):
    with pytest.raises(ConfigError):
        made()
