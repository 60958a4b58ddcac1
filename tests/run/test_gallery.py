"""Pictures in a run's report: worst first, drawn where they are, bounded, nothing leaked or run."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from julja.config import RunConfig
from julja.pictures import keep
from julja.run.gallery import gather
from julja.run.gallery.gather import Watch
from julja.run.gallery.seen import Noted, shares, worst_first
from julja.run.gallery.thumbs import is_there, views
from julja.run.reports import export_lines, render_html
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from julja.types import ChoiceLikelihood, Sample

HOSTILE = "</svg></script><img src=x onerror=alert(1)>"
CATEGORIES = [{"id": 1, "name": "kite"}, {"id": 3, "name": HOSTILE}]
COCO = "coco_detection:annotations=mine/instances.json"


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "julja.db")
    yield made
    made.close()


def picture(path, size=(400, 200), colour=(10, 120, 200)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def score(store, tmp_path, task, answers):
    (tmp_path / "data").mkdir(exist_ok=True)
    path = tmp_path / "answers.json"
    if answers is not None:
        path.write_text(json.dumps(answers))
    config = RunConfig(tasks=(task,), model="m", data=str(tmp_path / "data"))
    return score_responses(config, path, store).run


def cards(text):
    """(place, the card's HTML) in the page's order."""
    found = re.findall(r'<figure class="card">.*?</figure>', text, re.DOTALL)
    return [(re.search(r"<b>(.*?)</b>", card)[1], card) for card in found]


def box(image, kind, box, crowd=0):
    return {
        "image_id": image,
        "category_id": kind,
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": crowd,
    }


def detections(tmp_path, pictures=(1, 2, 3)):
    for number in pictures:
        picture(tmp_path / "data" / "mine" / "images" / f"{number}.jpg")
    annotations = [
        box(1, 1, [100, 50, 80, 60]),
        box(2, 1, [100, 50, 80, 60]),
        box(2, 3, [200, 50, 80, 60]),
        box(3, 1, [10, 10, 50, 50]),
        box(3, 1, [0, 0, 400, 200], crowd=1),
    ]
    content = {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 400, "height": 200} for n in (1, 2, 3)
        ],
        "annotations": [{"id": n, **item} for n, item in enumerate(annotations)],
        "categories": CATEGORIES,
    }
    (tmp_path / "data" / "mine").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "mine" / "instances.json").write_text(json.dumps(content))
    return [
        {"image_id": 1, "category_id": 1, "bbox": [100, 50, 80, 60], "score": 0.9},
        {"image_id": 2, "category_id": 1, "bbox": [100, 50, 80, 60], "score": 0.8},
        {"image_id": 3, "category_id": 3, "bbox": [300, 100, 20, 20], "score": 0.85},
        {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.01},
    ]


def test_objects_are_drawn_and_told_apart_the_worst_picture_first(store, tmp_path):
    run = score(store, tmp_path, COCO, detections(tmp_path))
    text = render_html(store, run)
    found = cards(text)
    assert [place for place, _ in found] == [f"coco_detection/{n}" for n in (3, 2, 1)]
    assert ["F1 0.00" in found[0][1], "F1 0.67" in found[1][1], "F1 1.00" in found[2][1]] == [
        True
    ] * 3
    # 400 pixels are 320 units: a box at 100, 50 begins at 80, 40.
    assert '<rect x="80.0" y="40.0" width="64.0" height="48.0"/>' in found[2][1]
    assert 'class="shape right"' in found[2][1] and 'class="shape missed"' not in found[2][1]
    assert 'class="shape missed"' in found[1][1] and 'class="shape false"' in found[0][1]
    assert 'class="shape ignored"' in found[0][1]
    # The detection of 0.01 lies below the score of the best F1, 0.8.
    assert "score of 0.800 and above" in text and "kite 0.01" not in text
    assert text.count("data:image/jpeg") == 3


def test_a_page_with_pictures_allows_its_own_alone_and_runs_nothing(store, tmp_path):
    text = render_html(store, score(store, tmp_path, COCO, detections(tmp_path)))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.endswith("; img-src data:") and "unsafe" not in policy
    assert "<img" not in text and text.count("<script>") == text.count("</script>") == 1
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert links and all(link.startswith(("data:image/", "#picture-")) for link in links)
    # Where pictures lie stays on this machine; the command alone names the data folder.
    assert "images/1.jpg" not in text


def test_pictures_that_are_missing_changed_or_damaged_are_told(store, tmp_path):
    answers = detections(tmp_path, pictures=(1, 2))
    images = tmp_path / "data" / "mine" / "images"
    run = score(store, tmp_path, COCO, answers)
    picture(images / "2.jpg", colour=(0, 0, 0))
    text = render_html(store, run)
    assert "1 picture is not on this machine" in text and "2 of 3 samples are shown" in text
    assert "the picture is no longer the one of the run: 2.jpg" in text
    (images / "1.jpg").unlink()
    (images / "2.jpg").unlink()
    text = render_html(store, run)
    assert "3 pictures are not on this machine" in text
    # Boxes can be seen without the picture below them.
    assert [place for place, _ in cards(text)] == [f"coco_detection/{n}" for n in (3, 2, 1)]
    assert 'class="ground"' in text and "data:image" not in text
    assert "img-src" not in text


def test_pictures_and_bytes_of_a_report_are_bounded(store, tmp_path, monkeypatch):
    run = score(store, tmp_path, COCO, detections(tmp_path))
    size = len(render_html(store, run))
    monkeypatch.setattr(gather, "PICTURES", 2)
    text = render_html(store, run)
    assert len(cards(text)) == 2 and "2 of 3 samples are shown" in text and len(text) < size
    monkeypatch.setattr(gather, "BYTES", 1)
    assert "None of 3 samples can be shown" in render_html(store, run)


def test_masks_and_their_layers(store, tmp_path):
    answers = detections(tmp_path)
    file = tmp_path / "data" / "mine" / "instances.json"
    content = json.loads(file.read_text())
    for item in content["annotations"]:
        x, y, wide, high = item["bbox"]
        corners = [x, y, x + wide, y, x + wide, y + high, x, y + high]
        item["segmentation"] = [corners]
        if item["iscrowd"]:
            item["segmentation"] = {"size": [200, 400], "counts": [0, 80_000]}
    file.write_text(json.dumps(content))
    for item in answers:
        x, y, wide, high = item.pop("bbox")
        item["segmentation"] = [[x, y, x + wide, y, x + wide, y + high, x, y + high]]
    run = score(store, tmp_path, "coco_segmentation:annotations=mine/instances.json", answers)
    (place, card), *_ = cards(render_html(store, run))[-1:]
    assert place == "coco_segmentation/1"
    layers = [Image.open(io.BytesIO(base64.b64decode(part))) for part in pngs(card)]
    truth, said = (np.asarray(item.convert("RGBA")) for item in layers)
    assert truth.shape == (160, 320, 4)
    assert truth[60, 100].tolist() == [61, 214, 140, 95] == said[60, 100].tolist()
    assert truth[10, 10, 3] == 0


def pngs(text):
    return re.findall(r"data:image/png;base64,([^\"]*)", text)


def test_label_maps_show_truth_prediction_and_what_is_wrong(store, tmp_path):
    home = tmp_path / "data" / "mine"
    picture(home / "images" / "a.jpg", size=(120, 60))
    truth = np.zeros((60, 120), dtype=np.uint8)
    truth[:, 60:], truth[:10] = 1, 255
    (home / "labels").mkdir()
    Image.fromarray(truth).save(home / "labels" / "a.png")
    run = score(
        store,
        tmp_path,
        "label_maps:maps=mine/labels,classes=3",
        [{"id": "a", "response": '{"size": [60, 120], "runs": [[0, 7200]]}'}],
    )
    text = render_html(store, run)
    ((place, card),) = cards(text)
    assert place == "label_maps/a" and "IoU 0.25" in card
    layers = [Image.open(io.BytesIO(base64.b64decode(part))) for part in pngs(card)]
    one, other, wrong = (np.asarray(item.convert("RGBA")) for item in layers)
    assert (one[40, 10] == other[40, 10]).all() and (one[40, 110] != other[40, 110]).any()
    assert wrong[40, 10, 3] == 0 and wrong[40, 110].tolist() == [226, 28, 72, 190]
    # What counts nowhere is hatched in two greys on all three.
    assert len({tuple(pixel) for pixel in one[:10].reshape(-1, 4).tolist()}) == 2
    assert "class 1 taken for class 0: 3,000 pixels, 100.0%" in text
    assert "label_maps: IoU by class" in text


def test_confident_mistakes_come_first(store, tmp_path):
    home = tmp_path / "data" / "cifar10"
    labels = [3, 3, 3, 5]
    for place in range(4):
        picture(home / "test" / f"{place:05d}.png", size=(32, 32))
    (home / "test_labels.json").write_text(json.dumps(labels))
    rows = []
    for place, (named, raised) in enumerate(((3, 9.0), (4, 2.0), (4, 9.0), (5, 2.0))):
        scores = [0.0] * 10
        scores[named] = raised
        rows.append({"id": str(place), "scores": scores})
    run = score(store, tmp_path, "cifar10", rows)
    text = render_html(store, run)
    assert [place for place, _ in cards(text)] == [f"cifar10/{n}" for n in (2, 1, 3, 0)]
    assert "the surest mistake before all" in text and 'class="sharp"' in text
    assert "cat taken for deer: 2 pictures, 66.7%" in text
    # One chart by class, not another one by label.
    assert "cifar10: accuracy by class" in text and "top1 by label" not in text


def test_the_text_report_has_tables_by_class_instead(store, tmp_path):
    run = score(store, tmp_path, COCO, detections(tmp_path))
    (text,) = export_lines(store, run, "md")
    assert "## coco\\_detection: AP by class" in text
    assert "precision by recall, mean over classes" in text
    assert "data:image" not in text and "<img" not in text.replace("\\<img", "")


def test_a_confidential_sample_is_counted_and_not_shown(store, tmp_path):
    picture(tmp_path / "one.png")
    (tmp_path / "task.py").write_text(
        "from pathlib import Path\n"
        "from julja.pictures import keep\n"
        "from julja.scoring.match import exact\n"
        "from julja.tasks.task import Form, Task, task\n"
        "from julja.types import Sample\n"
        "HERE = Path(__file__).parent\n"
        "@task\n"
        "def secret():\n"
        "    return Task(name='secret', rows=[{'n': 0}, {'n': 1}], sample=sample,\n"
        "        forms={'generate': Form(prompt='{{ image }} {{ input }}', scorer=exact())})\n"
        "def sample(row):\n"
        "    return Sample(str(row['n']), f'question {row[\"n\"]}', target=('yes',),\n"
        "        media=(keep(str(HERE / 'one.png')),), confidential=row['n'] == 0)\n"
    )
    rows = [{"id": "0", "response": "no"}, {"id": "1", "response": "no"}]
    text = render_html(store, score(store, tmp_path, str(tmp_path / "task.py"), rows))
    assert [place for place, _ in cards(text)] == ["secret/1"]
    assert "1 confidential sample is not shown" in text
    assert "question 1" in text and "question 0" not in text


def test_a_run_of_texts_has_no_pictures(store, tmp_path):
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"input": "2 + 2?", "expected": "4"}\n')
    run = score(store, tmp_path, str(cases), [{"id": "test-0", "response": "4"}])
    text = render_html(store, run)
    assert "img-src" not in text and 'id="pictures"' not in text and ".views" not in text
    result = {"results": [{"task": "cases", "form": "generate"}]}
    watch = Watch(store, store.find_run(run), result)
    assert len(list(watch.watch(store.records(run)))) == 1
    assert not watch.found().galleries


def test_a_clip_has_a_note(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"not looked into")
    sample = Sample("1", "what?", media=(keep(str(clip)),))
    assert is_there(sample)
    (view,) = views(sample)
    assert (
        view.thumbnail is None and view.note == "a clip (video/mp4), which is not shown: clip.mp4"
    )


def test_order_is_wrong_before_right_low_before_high_and_by_number():
    def noted(name, figure, **more):
        return Noted("t", name, 0, figure, **more)

    graded = [noted("10", 0.5), noted("9", 0.5), noted("b", 0.1), noted("a", None)]
    assert [item.sample for item in worst_first(graded)] == ["b", "9", "10", "a"]
    sure = [
        noted("1", 1.0, share=0.9, wrong=False),
        noted("2", 0.0, share=0.4, wrong=True),
        noted("3", 0.0, share=0.9, wrong=True),
        noted("4", 1.0, share=0.3, wrong=False),
        noted("5", 0.0, wrong=True),
    ]
    assert [item.sample for item in worst_first(sure)] == ["3", "2", "5", "4", "1"]


def test_scores_become_shares():
    def of(*values):
        return shares([ChoiceLikelihood("", value) for value in values])

    assert of(0.25, 0.75) == [0.25, 0.75]
    assert of(0.0, 0.0) == [0.5, 0.5]
    assert of(1000.0, 0.0)[0] == pytest.approx(1.0)
    assert of() == of(float("nan"), 1.0) == of(float("-inf")) == []


@pytest.mark.mirror
def test_a_real_detector_has_curves_of_its_own_numbers(store, mirror, tmp_path):
    config = RunConfig(
        tasks=("coco_detection:annotations=coco_val128/instances_val2017_first128_rebuilt.json",),
        model="m",
        data=str(mirror),
    )
    answers = mirror / "coco_val128" / "pred_yolo11n.json.gz"
    done = score_responses(config, answers, store)
    watch = Watch(store, store.find_run(done.run), done.result)
    assert len(list(watch.watch(store.records(done.run)))) == 128
    found = watch.found()
    metrics = done.result["results"][0]["metrics"]
    (chart,) = found.charts
    level, tight, all_ = chart.curves.whole.precision.mean(axis=1).tolist()
    assert level == pytest.approx(metrics["AP50"]["value"])
    assert tight == pytest.approx(metrics["AP75"]["value"])
    assert all_ == pytest.approx(metrics["AP"]["value"])
    (gallery,) = found.galleries
    shown = sum(
        (mirror / "coco_val128" / "images" / "val2017" / f"{int(card.sample):012d}.jpg").is_file()
        for card in gallery.cards
    )
    figures = [float(card.figure.removeprefix("F1 ")) for card in gallery.cards if card.figure]
    assert shown == len(gallery.cards) > 30 and figures == sorted(figures)
    assert sum(card.size for card in gallery.cards) < 2_000_000
