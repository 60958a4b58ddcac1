"""Real predictions against pycocotools' recorded numbers, class by class; maps; panoptic truth."""

import gzip
import json
from functools import cache

import numpy as np
import pytest

from julja.benchmarks.vision import coco, label_maps
from julja.benchmarks.vision.coco_panoptic import coco_panoptic
from julja.benchmarks.vision.label_names import NAMES as LABELS
from julja.config import RunConfig
from julja.run.responses import score_responses
from julja.scoring.vision.boxes import from_coco
from julja.scoring.vision.coco import DetectionPool, coco_boxes, coco_masks
from julja.scoring.vision.maps import MapPool
from julja.scoring.vision.precision import NAMES
from julja.store.sqlite import Store
from julja.types import Response

HOLDS = ("ade20k", "coco_detection", "coco_segmentation", "label_maps")
pytestmark = [pytest.mark.mirror, pytest.mark.parity]
FAKE = "coco_api/faster_coco_eval/tests/dataset/cocoapi/instances_val2014_100.json.gz"
FIRST = "coco_val128/instances_val2017_first128_rebuilt.json.gz"


def load(path):
    return json.loads(gzip.decompress(path.read_bytes()))


@cache
def numbers(mirror, truth, answers, masks=False):
    key = "segmentation" if masks else "bbox"
    samples = [coco.to_sample(row) for row in coco.rows_of(load(mirror / truth), masks=masks)]
    rows = from_coco(load(mirror / answers), samples, key=key)
    texts = {row["id"]: row["response"] for row in rows}
    scorer = coco_masks() if masks else coco_boxes()
    tables = [scorer(item, Response(texts[item.id])).details["table"] for item in samples]
    return DetectionPool(tables)(np.ones(len(tables)))


def recorded(mirror, kind):
    """The official numbers as cocoapi's file prints them."""
    text = (mirror / "coco_api" / "results" / "val2014_fake_eval_res.txt").read_text()
    part = text.split(f"type={kind}")[1].split("-----")[0]
    lines = [line for line in part.splitlines() if " = " in line]
    return [float(line.rsplit("= ", 1)[1]) for line in lines]


@pytest.mark.parametrize(("kind", "masks"), [("bbox", False), ("segm", True)])
def test_official_fake_results(kind, masks, mirror):
    file = f"coco_api/results/instances_val2014_fake{kind}100_results.json.gz"
    found = numbers(mirror, FAKE, file, masks)
    assert [round(found[name], 3) for name in NAMES] == recorded(mirror, kind)


@pytest.mark.parametrize("model", ["yolo11n", "yolov8n"])
def test_real_detectors_have_pycocotools_numbers(model, mirror):
    place = mirror / "coco_val128" / "pred_expected_bbox_stats_pycocotools.json"
    expected = json.loads(place.read_text())[model]
    found = numbers(mirror, FIRST, f"coco_val128/pred_{model}.json.gz")
    assert [found[name] for name in NAMES] == pytest.approx(expected, abs=1e-12)


def test_classes_average_to_the_whole(mirror):
    found = numbers(mirror, FIRST, "coco_val128/pred_yolo11n.json.gz")
    classes = [value for name, value in found.items() if name.startswith("AP/")]
    assert np.mean(classes) == pytest.approx(found["AP"], abs=1e-12)
    assert len(classes) == len({a["category_id"] for a in load(mirror / FIRST)["annotations"]})


def test_deeplabs_numbers_by_class(mirror):
    folder = mirror / "coco_val128"
    expected = json.loads((folder / "pred_deeplabv3_voc21_expected.json").read_text())
    task = label_maps.label_maps("coco_val128/gt_voc21", "voc")
    tables, each = [], []
    for truth in sorted((folder / "gt_voc21").glob("*.png")):
        given = folder / "pred_deeplabv3_voc21" / truth.name
        sample = task.sample({"file": truth.name, "picture": str(truth)})
        answer = label_maps.predictions(zero_is_other=False)(
            {"x": [{"file": truth.name, "picture": str(given)}]}, [sample]
        )
        score = task.forms["segment"].scorer(sample, Response(answer[0]["response"]))
        tables.append(score.details["table"])
        each.append(score.values["image_iou"])
    found = MapPool(LABELS["voc"], False)(tables)(np.ones(len(tables)))
    assert found["mIoU"] == pytest.approx(expected["mIoU_dataset"], abs=1e-12)
    assert found["mAcc"] == pytest.approx(expected["mAcc"], abs=1e-12)
    assert found["aAcc"] == pytest.approx(expected["aAcc"], abs=1e-12)
    for name, value in expected["iou"].items():
        assert found[f"IoU/{name}"] == pytest.approx(value, abs=1e-12)
    # The everyday fault, on the same files.
    assert np.mean(each) == pytest.approx(expected["mean_of_per_image_mIoU"], abs=1e-9)


def test_ade20ks_classes_are_upstreams(mirror):
    text = (mirror / "ade20k" / "sceneparsing" / "objectInfo150.csv").read_text()
    first = [line.rsplit(",", 1)[1].split(";") for line in text.splitlines()[1:] if line]
    for name, words in zip(LABELS["ade20k"], first, strict=True):
        assert name.split() == words[: len(name.split())]


def test_the_panoptic_truth_is_perfect(mirror, tmp_path):
    place = "coco_val128/panoptic_segmentation/annotations"
    task = f"coco_panoptic:annotations={place}/panoptic_val2017.json"
    store = Store(tmp_path / "julja.db")
    config = RunConfig(tasks=(task,), model="truth", data=str(mirror))
    done = score_responses(config, mirror / place, store)
    store.close()
    (found,) = done.result["results"]
    assert found["counts"]["scored"] == 100
    assert {found["metrics"][name]["value"] for name in ("PQ", "SQ", "RQ", "PQ_st")} == {1.0}
    assert coco_panoptic().mirror == "coco"


def test_kinetics_demo_clip_with_the_real_label_map(mirror, tmp_path):
    source, folder = mirror / "kinetics", tmp_path / "data" / "kinetics"
    (folder / "demo").mkdir(parents=True)
    names = (source / "tools/data/kinetics/label_map_k400.txt").read_text()
    (folder / "label_map_k400.txt").write_text(names)
    (folder / "kinetics400_val_list_videos.txt").write_text("demo.mp4 6\n")
    clip = gzip.decompress((source / "demo" / "demo.mp4.gz").read_bytes())
    (folder / "demo" / "demo.mp4").write_bytes(clip)
    classes = names.splitlines()
    views = np.full((10, 3, 400), 0.0)
    views[..., classes.index("arm wrestling")] = 4.0
    views[0, :, 0] = 9.0
    (tmp_path / "scores.json").write_text(json.dumps({"demo": views.tolist()}))
    store = Store(tmp_path / "julja.db")
    data = str(tmp_path / "data")
    config = RunConfig(tasks=("kinetics:layout=lists",), model="views", data=data)
    done = score_responses(config, tmp_path / "scores.json", store)
    (record,) = store.records(done.run)
    store.close()
    assert record.score.values["top1"] == 1.0
    assert record.score.extracted == "arm wrestling"
    (media,) = record.prompt.media
    assert (media.kind, media.mime) == ("video", "video/mp4")
