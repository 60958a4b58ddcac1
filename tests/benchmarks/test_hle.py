"""Humanity's Last Exam: reading the three lines, calibration, and texts that stay sealed."""

import base64
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import julja
from julja.benchmarks.knowledge.hle import (
    CHECKS,
    answer_with_confidence,
    calibration_error,
    hle,
    to_sample,
    without_images,
)
from julja.errors import ConfigError, DataError
from julja.pictures import open_rgb
from julja.tasks.render import render_prompt
from julja.types import Response

ROOT, ONE = CHECKS[0].row, CHECKS[2].row
SCORER = answer_with_confidence()


@pytest.mark.parametrize(
    ("text", "right", "confidence"),
    [
        ("Explanation: x\nAnswer: 0.5\nConfidence: 80%", 1.0, 0.8),
        ("Answer: $\\frac12$\nConfidence: 12.5 %", 1.0, 0.125),
        ("Answer: 2\nSo again.\nAnswer: 1/2", 1.0, 1.0),
        ("**Answer**: 3\n**Confidence**: 250%", 0.0, 1.0),
    ],
)
def test_the_last_answer_and_its_confidence_are_read(text, right, confidence):
    found = SCORER(to_sample(ROOT), Response(text))
    assert (found.values["acc"], found.values["confidence"]) == (right, confidence)


def test_a_letter_must_stand_alone():
    sample = to_sample(ONE)
    assert SCORER(sample, Response("Answer: (B)")).values["acc"] == 1
    assert SCORER(sample, Response("Answer: Because")).values["acc"] == 0
    assert SCORER(sample, Response("B")).state == "unparsed"


def test_the_calibration_error_is_over_bins_of_a_hundred():
    # 100 answers at 0.2, half of them right; 50 at 0.9, all wrong.
    confidence = np.array([0.9] * 50 + [0.2] * 100)
    right = np.array([0.0] * 50 + [1.0, 0.0] * 50)
    expected = math.sqrt((100 * 0.3**2 + 50 * 0.9**2) / 150)
    assert calibration_error({"confidence": confidence, "right": right}) == pytest.approx(expected)


def test_questions_with_images_are_left_out():
    assert without_images([ROOT, {**ROOT, "image": "data:image/png;base64,x"}]) == [ROOT]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"answer_type": "open"}, "the type 'open'"), ({"answer": ""}, "has the answer ''")],
)
def test_a_damaged_row_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        to_sample({**ROOT, **change})


def test_nothing_of_a_run_lies_on_disk_in_plain_text(tmp_path):
    folder = tmp_path / "data" / "hle"
    folder.mkdir(parents=True)
    row = {**ROOT, "question": "What is the root of the xylophone?", "answer": "wood"}
    (folder / "test.jsonl").write_text(json.dumps(row) + "\n")
    runs = tmp_path / "runs"
    done = julja.evaluate(
        "hle",
        lambda prompt: f"Answer: wood, says {prompt[-40:]}\nConfidence: 50%",
        mirror=tmp_path / "data",
        store=runs / "julja.db",
    )
    assert done["results"][0]["counts"]["scored"] == 1
    kept = [path for path in Path(runs).rglob("*") if path.is_file()]
    assert kept and not any(b"xylophone" in path.read_bytes() for path in kept)


def picture_url():
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


@pytest.mark.parametrize(
    ("images", "names"), [("none", ["root"]), ("only", ["one"]), ("all", None)]
)
def test_the_questions_with_images_are_asked_for_by_name(images, names):
    rows = [ROOT, {**ONE, "image": picture_url()}]
    task = hle(images=images)
    assert [row["id"] for row in task.rows.adapt(rows)] == (names or ["root", "one"])
    assert task.params == ({} if images == "none" else {"images": images})


def test_a_picture_comes_after_the_text():
    task = hle(images="all")
    sample = task.sample({**ONE, "image": picture_url()})
    prompt = render_prompt(task.forms["generate"], sample)
    assert prompt.messages[-1].parts() == [ONE["question"], sample.media[0]]
    assert open_rgb(sample.media[0]).size == (4, 3)
    bare = render_prompt(task.forms["generate"], task.sample(ONE))
    assert bare.messages[-1].content == ONE["question"]


@pytest.mark.parametrize("image", ["red.png", "data:image/png;base64,!!", "data:text/plain,x"])
def test_an_image_that_is_none_is_refused(image):
    with pytest.raises(DataError, match="one"):
        to_sample({**ONE, "image": image})


def test_an_unknown_part_is_refused():
    with pytest.raises(ConfigError, match="images=some"):
        hle(images="some")
