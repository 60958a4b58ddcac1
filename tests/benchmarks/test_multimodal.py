"""Questions about pictures: rows of every layout, runs that look at pixels, missing pictures."""

import base64
import csv
import io
import json
import shutil
from collections import Counter

import pytest
from PIL import Image, ImageDraw, ImageFont

import julja
from julja.benchmarks.multimodal import (
    captions,
    coco_qa,
    docvqa,
    easy_vqa,
    mmbench,
    mmmu,
    mmmu_pro,
    textvqa,
    vizwiz,
    vqa_v2,
)
from julja.benchmarks.multimodal.common import vqa_rows
from julja.errors import ConfigError, DataError
from julja.pictures import open_rgb
from julja.tasks.render import render_prompt
from julja.tasks.task import Answered
from julja.types import Response, Score

LOOKER = '''
"""Answers easy-VQA's questions by counting pixels."""
from collections import Counter

from julja.pictures import open_rgb

COLOURS = {"black": (0, 0, 0), "gray": (128, 128, 128), "red": (255, 0, 0), "blue": (0, 0, 255),
           "green": (0, 255, 0), "brown": (150, 75, 0), "teal": (0, 128, 128),
           "yellow": (255, 255, 0)}


def answer(request):
    (media,) = request.prompt.media
    image = open_rgb(media)
    pixels = [image.getpixel((x, y)) for y in range(image.height) for x in range(image.width)]
    ground = pixels[0]
    inside = [(n % image.width, n // image.width) for n, p in enumerate(pixels) if p != ground]
    value = Counter(p for p in pixels if p != ground).most_common(1)[0][0]
    colour = min(COLOURS, key=lambda c: sum((a - b) ** 2 for a, b in zip(COLOURS[c], value)))
    x, y = (sum(v) / len(inside) for v in zip(*inside))
    turned = {(round(2 * x - u), round(2 * y - v)) for u, v in inside}
    symmetric = len(turned & set(inside)) / len(inside)
    radius = max((u - x) ** 2 + (v - y) ** 2 for u, v in inside)
    round_ = len(inside) / (3.1416 * radius)
    shape = "triangle" if symmetric < 0.85 else "circle" if round_ > 0.8 else "rectangle"
    text = request.prompt.text.lower().split("\\n")[1]
    if not text.startswith(("is", "does", "do")):
        return colour if "colo" in text else shape
    words = text.strip("?").split()
    named = [c for c in (*COLOURS, "rectangle", "circle", "triangle") if c in words]
    right = named[0] in (colour, shape)
    return "no" if right == bool({"no", "not"} & set(words)) else "yes"
'''


def png(colour="red", size=(8, 6)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format="PNG")
    return out.getvalue()


def shapes(folder, count=6):
    """A mirror of easy-VQA with drawn pictures; the last one is not there."""
    home = folder / "easy_vqa" / "test"
    (home / "images").mkdir(parents=True)
    questions = []
    for n in range(count):
        image = Image.new("RGB", (64, 64), (240, 248, 255))
        colour = ("red", "blue", "yellow")[n % 3]
        draw = ImageDraw.Draw(image)
        shape = ("rectangle", "circle")[n % 2]
        getattr(draw, {"circle": "ellipse"}.get(shape, shape))((10, 12, 40, 42), fill=colour)
        if n < count - 1:
            image.save(home / "images" / f"{n}.png")
        questions += [
            ["what color is the shape?", colour, n],
            ["what shape is in the image?", shape, n],
            ["is there a circle?", "yes" if shape == "circle" else "no", n],
            ["is there not a red shape?", "no" if colour == "red" else "yes", n],
        ]
    (home / "questions.json").write_text(json.dumps(questions))
    return folder


def looker(folder):
    file = folder / "looker.py"
    file.write_text(LOOKER)
    return f"python/{file}:answer"


def test_a_function_that_looks_at_the_pixels_answers_right(tmp_path):
    mirror = shapes(tmp_path / "data")
    result = julja.evaluate(
        "easy_vqa", looker(tmp_path), mirror=mirror, store=tmp_path / "j.db", max_errors=1.0
    )["results"][0]
    assert result["counts"] == result["counts"] | {"scored": 20, "error": 4}
    assert result["metrics"]["exact_match"]["value"] == 1.0


@pytest.mark.mirror
def test_easy_vqas_own_pictures_are_seen(tmp_path, mirror):
    result = julja.evaluate(
        "easy_vqa", looker(tmp_path), mirror=mirror, store=tmp_path / "j.db", limit=150
    )["results"][0]
    assert result["counts"]["scored"] == 150
    assert result["metrics"]["exact_match"]["value"] > 0.98


def test_mock_models_are_shown_pictures(tmp_path):
    mirror = shapes(tmp_path / "data", 2)
    result = julja.evaluate(
        "easy_vqa", "mock/echo", mirror=mirror, store=tmp_path / "j.db", max_errors=1.0
    )["results"][0]
    assert result["metrics"]["exact_match"]["value"] == 0.0
    constant = julja.evaluate(
        "easy_vqa", "mock/constant:text=red", mirror=mirror, store=tmp_path / "j.db", max_errors=1.0
    )["results"][0]
    assert constant["metrics"]["exact_match"]["value"] == pytest.approx(1 / 8)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract isn't installed (apt)")
def test_a_page_of_text_is_read_by_tesseract(tmp_path):
    folder = tmp_path / "data" / "docvqa" / "documents"
    folder.mkdir(parents=True)
    page = Image.new("L", (900, 200), 255)
    font = ImageFont.load_default(size=56)
    ImageDraw.Draw(page).text((40, 60), "Invoice total 1250", fill=0, font=font)
    page.save(folder / "page.png")
    row = {
        "questionId": 1,
        "question": "What does the page say?",
        "image": "documents/page.png",
        "answers": ["Invoice total 1250"],
    }
    (folder.parent / "val_v1.0_withQT.json").write_text(json.dumps({"data": [row]}))
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import subprocess\n\n\ndef read(request):\n"
        '    command = ["tesseract", request.prompt.media[0].path, "-", "--psm", "6"]\n'
        "    return subprocess.run(command, capture_output=True, text=True, check=True).stdout\n"
    )
    model, store = f"python/{reader}:read", tmp_path / "j.db"
    result = julja.evaluate("docvqa", model, mirror=tmp_path / "data", store=store)["results"][0]
    assert result["metrics"]["anls"]["value"] > 0.8


def test_vqa_joins_questions_and_annotations_and_scores_a_result_file(tmp_path, capsys):
    folder = tmp_path / "data" / "vqa_v2"
    (folder / "val2014").mkdir(parents=True)
    (folder / "val2014" / "COCO_val2014_000000000007.jpg").write_bytes(png())
    rows = [check.row for check in vqa_v2.CHECKS[:3]]
    notes = [{**{k: v for k, v in row.items() if k != "question"}, "image_id": 7} for row in rows]
    asked = [{"question_id": r["question_id"], "question": r["question"]} for r in rows]
    (folder / "v2_mscoco_val2014_annotations.json").write_text(json.dumps({"annotations": notes}))
    questions = folder / "v2_OpenEnded_mscoco_val2014_questions.json"
    questions.write_text(json.dumps({"questions": asked}))
    answers = tmp_path / "results.json"
    answers.write_text(json.dumps([{"question_id": n, "answer": "yes"} for n in (1, 2, 3)]))
    found = run_score("vqa_v2", answers, folder.parent, tmp_path, capsys)
    assert found["metrics"]["acc"]["value"] == pytest.approx(1 / 3)
    assert {part["value"] for part in found["subsets"] if part["field"] == "answer_type"} == {
        "yes/no",
        "number",
        "other",
    }
    model, store = "mock/constant:text=yes", tmp_path / "k.db"
    ran = julja.evaluate("vqa_v2", model, mirror=folder.parent, store=store)
    assert ran["results"][0]["metrics"]["acc"]["value"] == pytest.approx(1 / 3)
    questions.unlink()
    with pytest.raises(DataError, match="has no text"):
        julja.evaluate("vqa_v2", model, mirror=folder.parent, store=store)


def run_score(task, file, mirror, folder, capsys, code=0):
    from julja.cli.main import main

    places = ["--data", str(mirror), "--store", str(folder / "s.db")]
    with pytest.raises(SystemExit) as stop:
        main(["score", task, "--responses", str(file), *places, "--json"])
    said = capsys.readouterr()
    assert stop.value.code == code, said.err
    return json.loads(said.out)["results"][0]


def test_textvqa_and_vizwiz_are_read_in_every_layout():
    plain = {"question_id": 5, "image_id": "ab", "question": "Q?", "answers": ["x"] * 10}
    (row,) = vqa_rows({"data": [plain]})
    assert textvqa.to_sample(row).target == ("x",) * 10
    hub = textvqa.to_sample({**plain, "image": {"bytes": png(), "path": None}})
    assert (open_rgb(hub.media[0]).size, hub.fields["no_picture"]) == ((8, 6), "")
    upstream = {
        "image": "VizWiz_val_00000003.jpg",
        "question": "What?",
        "answers": [{"answer": "tea", "answer_confidence": "yes"}] * 10,
        "answer_type": "other",
    }
    sample = vizwiz.to_sample(upstream)
    assert (sample.id, sample.cluster) == ("VizWiz_val_00000003.jpg",) * 2
    assert vizwiz.to_sample({**plain, "question_type": "yes/no"}).fields["answer_type"] == "yes/no"
    given = [{"image": "VizWiz_val_00000003.jpg", "answer": "tea"}]
    assert vizwiz.responses(given, [sample])[0]["id"] == sample.id
    answered = [Answered(sample, None, Response(" tea "), Score({}))]
    assert json.loads(vizwiz.submission(answered)["results.json"]) == given


def test_a_picture_that_is_nowhere_is_told_by_its_place():
    sample = vqa_v2.to_sample({**vqa_v2.CHECKS[0].row, "_folder": "/nowhere"})
    assert sample.media[0].path == "/nowhere/val2014/COCO_val2014_000000000001.jpg"
    assert "not in the mirror" in sample.fields["no_picture"]
    with pytest.raises(DataError, match="/nowhere/val2014"):
        open_rgb(sample.media[0])


def test_mmmu_shows_pictures_at_their_marks():
    row = {
        "id": "validation_Art_Theory_7",
        "question": "Compare <image 2> and <image 1>.",
        "options": "['<image 3>', 'none']",
        "answer": "B",
        "question_type": "multiple-choice",
        **{f"image_{n}": {"bytes": png(c)} for n, c in enumerate(("red", "blue", "lime"), 1)},
        "image_4": None,
    }
    sample = mmmu.to_sample(row)
    prompt = render_prompt(mmmu.mmmu().forms["generate"], sample)
    parts = prompt.messages[-1].parts()
    colours = [open_rgb(p).getpixel((0, 0)) for p in parts if not isinstance(p, str)]
    assert colours == [(0, 0, 255), (255, 0, 0), (0, 255, 0)]
    assert [p for p in parts if isinstance(p, str)][:2] == ["Compare ", " and "]
    assert (sample.fields["subject"], sample.fields["domain"]) == ("Art_Theory", "Art and Design")
    unmarked = mmmu.to_sample({**row, "question": "Which?", "options": "['a', 'b']"})
    assert len(unmarked.media) == 3
    first = render_prompt(mmmu.mmmu().forms["generate"], unmarked).messages[-1].parts()
    assert [isinstance(p, str) for p in first] == [False, False, False, True]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"answer": "D"}, "the answer 'D' for 3 options"), ({"options": "[unclosed"}, "are no list")],
)
def test_a_damaged_row_of_mmmu_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        mmmu.to_sample({**mmmu.CHECKS[0].row, **change})


def test_mmmu_reads_a_folder_of_outputs_and_refuses_others():
    outputs = {"Art/output.json": [{"id": "a", "response": "B"}], "Art/result.json": {"acc": 1}}
    assert mmmu.responses(outputs, []) == [{"id": "a", "response": "B"}]
    assert mmmu.responses({"a": "B"}, []) == [{"id": "a", "response": "B"}]
    with pytest.raises(DataError, match=r"no output\.json"):
        mmmu.responses({"Art/result.json": {"acc": 1}}, [])


def test_mmmu_pro_is_a_screenshot_or_a_text():
    row = {**mmmu_pro.CHECKS[0].row}
    del row["question"]
    sample = mmmu_pro.to_sample({**row, "image": {"bytes": png()}})
    parts = render_prompt(mmmu_pro.mmmu_pro().forms["generate"], sample).messages[-1].parts()
    assert [isinstance(p, str) for p in parts] == [False, True]
    assert parts[1].startswith("\nAnswer with the option letter")
    outputs = [{"id": "x", "response": {"error": "timeout"}}, {"id": "y", "response": "Answer: A"}]
    assert [r["response"] for r in mmmu_pro.responses(outputs, [])] == ["", "Answer: A"]
    with pytest.raises(ConfigError, match="setting=audio"):
        mmmu_pro.mmmu_pro(setting="audio")


def test_mmbench_turns_options_or_takes_the_files_rotations():
    row = {**mmbench.CHECKS[0].row, "image": base64.b64encode(png()).decode()}
    turned = mmbench.rotations([row])
    samples = [mmbench.to_sample(r) for r in turned]
    assert [s.id for s in samples] == ["1", "1000001", "2000001", "3000001"]
    assert {s.choices[s.answer[0]] for s in samples} == {"on the table"}
    assert Counter(s.answer[0] for s in samples) == {0: 1, 1: 1, 2: 1, 3: 1}
    assert {s.fields["group_size"] for s in samples} == {4}
    assert {open_rgb(s.media[0]).size for s in samples} == {(8, 6)}
    given = mmbench.rotations([row, {**row, "index": 1000001, "image": "1", "answer": "B"}])
    assert [r["rotations"] for r in given] == [2, 2]
    assert given[1]["image"] == row["image"]
    once = mmbench.rotations([row, {**row, "index": 1000001}], mode="vanilla")
    assert [r["index"] for r in once] == [1]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"answer": "E"}, "'E' of 4"), ({"B": "nan"}, "has the options"), ({"image": "?"}, "base64")],
)
def test_a_damaged_row_of_mmbench_is_refused(change, says):
    with pytest.raises(DataError, match=says):
        mmbench.to_sample({**mmbench.CHECKS[0].row, **change})


def test_a_test_set_without_answers_is_asked_and_not_scored():
    row = {**mmbench.CHECKS[0].row, "answer": ""}
    sample = mmbench.to_sample(mmbench.rotations([row])[0])
    assert (sample.labelled, sample.answer) == (False, ())
    assert not docvqa.to_sample({"questionId": 1, "question": "Q?", "docId": 2}).labelled


def test_easy_vqa_takes_questions_in_order_and_refuses_other_files(tmp_path, capsys):
    mirror = shapes(tmp_path / "data", 2)
    out = tmp_path / "predictions.csv"
    with out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "image_id", "prediction"])
        writer.writerow(["what color is the shape?", 0, "red"])
        writer.writerow(["what color is the shape?", 1, "green"])
    # Lost samples beyond one in a hundred make the exit code 3.
    found = run_score("easy_vqa", out, mirror, tmp_path, capsys, code=3)
    assert found["counts"] == found["counts"] | {"scored": 2, "skipped": 6}
    with pytest.raises(DataError, match="image_id, question and prediction"):
        easy_vqa.responses([{"id": 1}], [])
    with pytest.raises(DataError, match="no list of questions"):
        easy_vqa.rows_of({"data": 1})


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (vqa_rows, {"rows": []}),
        (mmmu.key_rows, {"a": 1}),
        (coco_qa.rows_of, {"a": 1}),
        (captions.coco_rows, {"images": []}),
        (captions.karpathy_rows, []),
        (mmbench.rotations, [{"A": "x"}]),
    ],
)
def test_a_file_of_another_benchmark_is_refused(read, content):
    with pytest.raises(DataError) as said:
        read(content)
    assert said.value.hint or "no images" in said.value.message


def test_captions_of_each_layout():
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "domain": "near-domain"}],
        "annotations": [{"image_id": 1, "caption": "A cat."}, {"image_id": 1, "caption": "Cats."}],
    }
    sample = captions.to_sample(captions.coco_rows(coco)[0])
    assert (sample.id, sample.target, sample.fields["domain"]) == (
        "1",
        ("A cat.", "Cats."),
        "near-domain",
    )
    karpathy = {
        "images": [
            {"imgid": n, "filename": f"{n}.jpg", "split": split, "sentences": [{"raw": "A dog."}]}
            for n, split in enumerate(("train", "test"))
        ]
    }
    assert [row["image_id"] for row in captions.karpathy_rows(karpathy)] == [1]
    with pytest.raises(DataError, match="image_id and caption"):
        captions.responses([{"id": 1}], [])


@pytest.mark.parametrize("content", ["[]", "{}"])
def test_a_file_without_answers_is_told(content, tmp_path, capsys):
    from julja.cli.main import main

    folder = tmp_path / "data" / "coco_qa"
    folder.mkdir(parents=True)
    row = coco_qa.CHECKS[0].row
    (folder / "COCO-QA_QA_test.json").write_text(json.dumps({"1": row}))
    file = tmp_path / "answers.json"
    file.write_text(content)
    places = ["--data", str(folder.parent), "--store", str(tmp_path / "s.db")]
    with pytest.raises(SystemExit) as stop:
        main(["score", "coco_qa", "--responses", str(file), *places])
    assert stop.value.code == 1
    assert "holds no answers" in capsys.readouterr().err
