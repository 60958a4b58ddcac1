"""COCO, label maps, panoptic maps and videos as a user scores them: files in, results out."""

import asyncio
import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from julja.benchmarks.vision.coco import rows_of
from julja.benchmarks.vision.coco_detection import coco_detection
from julja.benchmarks.vision.label_maps import class_names, label_maps
from julja.benchmarks.vision.label_names import NAMES
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.predictions import write_map
from julja.run.compare import compare_runs
from julja.run.execute import start
from julja.run.responses import score_responses
from julja.run.submissions import write_submission
from julja.store.sqlite import Store
from julja.tasks.render import make_request

INSTANCES = {
    "images": [
        {"id": number, "file_name": f"{number}.jpg", "width": 100, "height": 80}
        for number in range(1, 9)
    ],
    "annotations": [
        {"id": n, "image_id": n, "category_id": 1 + n % 2, "bbox": [5, 5, 40, 40], "area": 1600}
        for n in range(1, 9)
    ],
    "categories": [{"id": 1, "name": "kite"}, {"id": 2, "name": "boat"}],
}


def result_of(image, **changes):
    made = {"image_id": image, "category_id": 1 + image % 2, "bbox": [5, 5, 40, 40], "score": 0.9}
    return {**made, **changes}


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "julja.db")
    yield made
    made.close()


@pytest.fixture
def data(tmp_path):
    put(tmp_path / "data" / "mine" / "instances.json", INSTANCES)
    return tmp_path / "data"


COCO = "coco_detection:annotations=mine/instances.json"


def score(store, data, task, answers, model="m"):
    said = []
    config = RunConfig(tasks=(task,), model=model, data=str(data))
    done = score_responses(config, answers, store, warn=said.append)
    return done, done.result["results"][0], said


def test_results_with_everything_odd_are_counted_and_told(store, data, tmp_path):
    results = [
        *(result_of(image) for image in (1, 2, 3, 4, 5)),
        result_of(6, bbox=[5, 5, 40, 400]),
        result_of(7, category_id=77),
        result_of(7, score=float("nan")),
        result_of(999),
    ]
    done, found, said = score(store, data, COCO, put(tmp_path / "results.json", results))
    lost = dict.fromkeys(("unparsed", "refused", "truncated", "error", "skipped"), 0)
    assert found["counts"] == {"total": 8, "scored": 8, **lost}
    assert said == [f"{tmp_path}/results.json: 1 answers fit no sample (first: 999)"]
    assert found["remarks"] == [
        "1 detections of an unknown category, of 1 pictures, are left out",
        "1 detections reaching beyond their picture, of 1 pictures, count as they are",
        "1 detections whose score is no number, of 1 pictures, are left out",
        "2 of 8 pictures have no detection",
    ]
    ap = found["metrics"]["AP"]
    assert ap["n"] == 8
    assert ap["ci"][0] < ap["value"] < ap["ci"][1]
    assert ap["bounds"] == [ap["value"], ap["value"]]
    assert found["metrics"]["APs"]["value"] is None
    assert set(found["classes"]) == {"AP", "AP50", "AR100"}
    assert set(found["classes"]["AP"]) == {"kite", "boat"}
    json.dumps(done.result, allow_nan=False)


def test_what_a_run_came_to_is_written_shortly(store, data, tmp_path):
    # asyncio writes what its task returned into an error of its own, whatever its size.
    done, _, _ = score(store, data, COCO, put(tmp_path / "results.json", [result_of(1)]))
    assert done.run in repr(done)
    assert len(repr(done)) < 200


def test_a_file_without_a_result_is_refused_and_a_picture_without_one_counts(store, data, tmp_path):
    with pytest.raises(DataError, match="holds no answers"):
        score(store, data, COCO, put(tmp_path / "none.json", "[]"))
    far = result_of(1, bbox=[90, 70, 5, 5])
    _, found, _ = score(store, data, COCO, put(tmp_path / "one.json", [far]))
    assert found["metrics"]["AP"]["value"] == 0.0
    assert found["remarks"] == ["7 of 8 pictures have no detection"]


def test_two_runs_are_compared_picture_by_picture(store, data, tmp_path):
    good = [result_of(image) for image in range(1, 9)]
    worse = [result_of(i, bbox=[5, 5, 40, 40 - 6 * (i % 3)]) for i in range(1, 9)]
    one, _, _ = score(store, data, COCO, put(tmp_path / "worse.json", worse))
    two, _, _ = score(store, data, COCO, put(tmp_path / "good.json", good))
    found = compare_runs(store, store.find_run(one.run), store.find_run(two.run))
    entry = found["comparisons"][0]
    assert (entry["metric"], entry["n"], entry["b"]) == ("AP", 8, pytest.approx(1.0))
    assert entry["a"] == pytest.approx(one.result["results"][0]["metrics"]["AP"]["value"])
    assert entry["ci"][0] <= entry["difference"] <= entry["ci"][1]
    assert entry["difference"] == pytest.approx(entry["b"] - entry["a"])


def test_what_comes_in_goes_out_as_a_results_file(store, data, tmp_path):
    results = [result_of(image) for image in range(1, 9)]
    done, _, _ = score(store, data, COCO, put(tmp_path / "results.json", results))
    (path,) = write_submission(store, done.run, tmp_path / "out")
    assert json.loads(path.read_text()) == results


def test_a_broken_answer_is_unparsed_and_the_others_count(store, data, tmp_path):
    lines = [{"id": "1", "response": "I see a kite."}] + [
        {"id": str(n), "response": '{"boxes":[]}'} for n in range(2, 9)
    ]
    answers = put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    _, found, _ = score(store, data, COCO, answers)
    assert (found["counts"]["unparsed"], found["metrics"]["AP"]["n"]) == (1, 8)


def test_pictures_are_shown_where_they_are_and_named_where_not(data):
    png = io.BytesIO()
    Image.new("RGB", (100, 80)).save(png, format="PNG")
    put(data / "mine" / "images" / "1.jpg", png.getvalue())
    put(data / "mine" / "images" / "2.jpg", b"broken")
    task = coco_detection("mine/instances.json")
    rows = [{**row, "_folder": str(data / "mine")} for row in rows_of(INSTANCES, masks=False)]
    shown, broken, missing = (task.sample(row) for row in rows[:3])
    request = make_request("detect", task.forms["detect"], shown, (), task.forms["detect"].decoding)
    assert (len(shown.media), len(request.prompt.media)) == (1, 1)
    assert request.choices == ("kite", "boat")
    assert request.inputs == {"file_name": "1.jpg"}
    assert broken.media == missing.media == ()
    assert "damaged" in broken.fields["no_picture"]
    assert "not in the mirror" in missing.fields["no_picture"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": None}, "no images, annotations and categories"),
        ({"categories": [{"id": 9, "name": "x"}]}, "annotation 0 has the unknown category 2"),
    ],
)
def test_another_instances_file_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        rows_of({**INSTANCES, **change}, masks=False)


@pytest.mark.parametrize("shape", [None, []])
def test_masks_are_not_compared_with_a_file_without_any(shape):
    drawn = [{**item, "segmentation": [[0, 0, 4, 0, 4, 4]]} for item in INSTANCES["annotations"]]
    assert rows_of({**INSTANCES, "annotations": drawn}, masks=True)
    drawn[1] = {**drawn[1], "segmentation": shape}
    with pytest.raises(DataError, match=r"annotation 1, of picture \d+, has no seg") as told:
        rows_of({**INSTANCES, "annotations": drawn}, masks=True)
    assert "coco_detection" in str(told.value.hint)


@pytest.mark.parametrize("place", ["instances.json", "/x.json", "coco/"])
def test_annotations_name_a_folder_and_a_file(place):
    with pytest.raises(ConfigError, match="a folder of the data and a file"):
        coco_detection(place)


def png(labels):
    out = io.BytesIO()
    Image.fromarray(np.array(labels, dtype=np.uint8)).save(out, format="PNG")
    return out.getvalue()


def test_a_folder_of_label_maps_is_scored(store, data, tmp_path):
    for name, truth, given in (("a", [[0, 1]], [[0, 1]]), ("b", [[1, 255]], [[0, 0]])):
        put(data / "mine" / "labels" / f"{name}.png", png(truth))
        put(tmp_path / "said" / f"{name}.png", png(given))
    put(data / "mine" / "labels" / "c.png", png([[0, 0]]))
    task = "label_maps:maps=mine/labels,classes=2"
    _, found, _ = score(store, data, task, tmp_path / "said")
    assert found["metrics"]["mIoU"]["value"] == pytest.approx(0.5)
    assert found["metrics"]["aAcc"]["value"] == pytest.approx(2 / 3)
    assert (found["counts"]["skipped"], found["metrics"]["mIoU"]["bounds"]) == (1, [0.0, 1.0])
    assert set(found["classes"]["IoU"]) == {"class 0", "class 1"}


def test_a_picture_that_is_not_here_is_told_and_never_asked_for(store, data, tmp_path):
    for name in ("a", "b", "c"):
        put(data / "mine" / "labels" / f"{name}.png", png([[0, 1]]))
    shown = put(data / "mine" / "photos" / "a.jpg", b"")
    Image.new("RGB", (2, 1)).save(shown)
    put(data / "mine" / "photos" / "b.png", b"no picture")
    asked = put(
        tmp_path / "see.py",
        "from pathlib import Path\n\n"
        "def segment(request):\n"
        f"    with Path({str(tmp_path / 'asked')!r}).open('a') as file:\n"
        "        print(request.prompt.media[0].path, file=file)\n"
        "    return [[0, 1]]\n\n"
        "segment.abilities = {'segment', 'images'}\n",
    )
    config = RunConfig(
        tasks=("label_maps:maps=mine/labels,classes=2,images=photos",),
        model=f"python/{asked}:segment",
        data=str(data),
    )
    done = asyncio.run(start(config, store))
    assert (tmp_path / "asked").read_text().split() == [str(shown)]
    assert done.result["results"][0]["counts"]["error"] == 2
    errors = {o.sample: o.error.message for o in store.outcomes(done.run) if o.error}
    assert "the picture is not in the mirror" in errors["c"] and "photos/c.jpg" in errors["c"]
    assert "b.png" in errors["b"] and "julja score" in errors["b"]


def test_ade20ks_pngs_begin_at_one_and_engines_at_zero(store, data, tmp_path):
    put(data / "mine" / "annotations" / "v.png", png([[1, 150, 0]]))
    put(tmp_path / "said" / "v.png", png([[1, 150, 7]]))
    task = "ade20k:maps=mine/annotations"
    _, found, _ = score(store, data, task, tmp_path / "said")
    assert found["metrics"]["mIoU"]["value"] == 1.0
    assert found["metrics"]["mIoU_mit"]["value"] == pytest.approx(2 / 150)
    text = write_map(np.array([[0, 149, 3]]))
    for response in (text, json.loads(text)):
        answers = put(tmp_path / "a.jsonl", json.dumps({"id": "v", "response": response}))
        _, again, _ = score(store, data, task, answers)
        assert again["metrics"]["aAcc"]["value"] == 1.0


def test_a_folder_without_pngs_is_no_answer(store, data, tmp_path):
    put(data / "mine" / "labels" / "a.png", png([[0, 1]]))
    put(tmp_path / "said" / "notes.json", {})
    with pytest.raises(DataError, match="no label maps are found"):
        score(store, data, "label_maps:maps=mine/labels,classes=2", tmp_path / "said")


def test_classes_are_a_number_or_a_known_list():
    assert class_names(2) == ("class 0", "class 1")
    assert (len(NAMES["voc"]), len(NAMES["ade20k"]), len(set(NAMES["ade20k"]))) == (21, 150, 150)
    for wrong in ("vocc", 0, -3):
        with pytest.raises(ConfigError):
            label_maps(classes=wrong)


def ids(values):
    array = np.array(values)
    colours = np.stack([array % 256, array // 256 % 256, array // 65536], axis=2)
    return png(colours)


PANOPTIC = {
    "annotations": [
        {
            "image_id": 7,
            "file_name": "7.png",
            "segments_info": [
                {"id": 70000, "category_id": 1, "iscrowd": 0},
                {"id": 300, "category_id": 9, "iscrowd": 0},
            ],
        }
    ],
    "categories": [
        {"id": 1, "name": "kite", "isthing": 1},
        {"id": 9, "name": "sky", "isthing": 0},
    ],
}


def test_a_panoptic_folder_is_scored(store, data, tmp_path):
    put(data / "mine" / "panoptic.json", PANOPTIC)
    put(data / "mine" / "panoptic" / "7.png", ids([[70000, 300, 300, 300]]))
    said = json.loads(json.dumps(PANOPTIC).replace("70000", "5").replace("300", "6"))
    put(tmp_path / "said" / "panoptic.json", said)
    put(tmp_path / "said" / "7.png", ids([[5, 6, 6, 0]]))
    task = "coco_panoptic:annotations=mine/panoptic.json"
    _, found, _ = score(store, data, task, tmp_path / "said")
    values = {name: item["value"] for name, item in found["metrics"].items()}
    assert values["PQ"] == pytest.approx((1 + 2 / 3) / 2)
    assert (values["PQ_th"], values["RQ"], values["SQ_st"]) == (1.0, 1.0, pytest.approx(2 / 3))


def test_a_panoptic_folder_must_be_whole(store, data, tmp_path):
    put(data / "mine" / "panoptic.json", PANOPTIC)
    task = "coco_panoptic:annotations=mine/panoptic.json"
    answers = put(tmp_path / "a.jsonl", '{"id": "7", "response": "x"}')
    with pytest.raises(DataError, match=r"panoptic/7\.png: the segments .* are not there"):
        score(store, data, task, answers)
    put(data / "mine" / "panoptic" / "7.png", ids([[300, 300]]))
    put(tmp_path / "said" / "panoptic.json", PANOPTIC)
    with pytest.raises(DataError, match="one panoptic JSON and its PNGs"):
        score(store, data, task, tmp_path / "said")
    put(tmp_path / "said" / "8.png", ids([[300, 300]]))
    with pytest.raises(DataError, match=r"the results name 7\.png"):
        score(store, data, task, tmp_path / "said")


def test_missing_videos_are_counted_and_bound_the_number(store, data, tmp_path):
    table = "label,youtube_id,time_start,time_end,split\n" + "".join(
        f"{label},video{n},{n},{n + 10},val\n"
        for n, label in enumerate(["yoga", "archery", "bowling", "yoga"])
    )
    put(data / "kinetics" / "k400" / "annotations" / "val.csv", table)
    views = {
        "video0": [[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]],
        "video1": [[9.0, 1.0, 2.0]],
        "video3": [[0.6, 0.4, 0.0], [0.4, 0.6, 0.0]],
        "gone": [[1.0, 0.0, 0.0]],
    }
    done, found, said = score(store, data, "kinetics", put(tmp_path / "scores.json", views))
    top = found["metrics"]["top1"]
    assert (top["value"], top["n"]) == (pytest.approx(2 / 3), 3)
    assert top["bounds"] == [0.5, 0.75]
    assert found["metrics"]["mean_class"]["value"] == pytest.approx(0.75)
    assert found["counts"]["skipped"] == 1
    assert said[0].endswith("1 answers fit no sample (first: gone)")
    assert done.exit_code == 3


def test_mmactions_lists_are_read_with_their_label_map(store, data, tmp_path):
    folder = data / "kinetics"
    put(folder / "label_map_k400.txt", "archery\nbowling\nyoga\n")
    put(folder / "kinetics400_val_list_videos.txt", "yoga/clip one.mp4 2\nb.mp4 0\n")
    answers = put(tmp_path / "s.json", {"clip one": [[0, 0, 5.0]], "b": [[0, 3.0, 1.0]]})
    _, found, _ = score(store, data, "kinetics:layout=lists", answers)
    assert found["metrics"]["top1"]["value"] == 0.5
    put(folder / "kinetics400_val_list_videos.txt", "b.mp4 9\n")
    with pytest.raises(DataError, match="line 1 of the list is no path and class"):
        score(store, data, "kinetics:layout=lists", answers)


def test_label_maps_are_kept_with_their_samples(data):
    put(data / "mine" / "labels" / "a.png", png([[0, 1]]))
    task = label_maps("mine/labels", 2)
    row = {"file": "a.png", "picture": str(data / "mine" / "labels" / "a.png")}
    sample = task.sample(row)
    assert base64.b64decode(sample.fields["map"]) == png([[0, 1]])
    assert (sample.id, sample.fields["width"], sample.choices) == ("a", 2, ("class 0", "class 1"))
