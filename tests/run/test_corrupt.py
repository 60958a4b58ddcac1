"""`TASK:corrupt=…`: what is asked, what comes out of it, and what is refused."""

import asyncio
import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")

from PIL import Image

from julja.cli.main import main
from julja.config import RunConfig
from julja.corruptions import Recipe, corrupt
from julja.errors import ConfigError, DataError
from julja.models.python import FunctionEngine
from julja.pictures import changed, encoded, is_here, is_same, keep, open_rgb, size_of
from julja.run.api import evaluate
from julja.run.catalog import resolve
from julja.run.corrupt import check_pictures
from julja.run.execute import rescore, resume, start
from julja.run.gallery.thumbs import views
from julja.run.planning import make_plan
from julja.run.reports import render_html
from julja.scoring.match import exact
from julja.store.codec import pack_sample, unpack_sample
from julja.store.sqlite import Store
from julja.tasks.task import Form, Task
from julja.types import Media, Sample

LABELS = [0, 1, 1, 0, 1, 0]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """CIFAR-10 with six grey pictures, and a COCO of four."""
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "data" / "cifar10"
    (folder / "png").mkdir(parents=True)
    for place, label in enumerate(LABELS):
        colour = (90 + 12 * place + 60 * label,) * 3
        Image.new("RGB", (32, 32), colour).save(folder / "png" / f"{place:05d}.png")
    (folder / "test_labels.json").write_text(json.dumps(LABELS))
    coco = tmp_path / "data" / "coco"
    (coco / "val2017").mkdir(parents=True)
    (coco / "annotations").mkdir()
    images, annotations = [], []
    for number in range(1, 5):
        image = Image.new("RGB", (100, 80), (40, 40, 40))
        image.paste((200, 180, 160), (10 * number, 20, 10 * number + 30, 50))
        image.save(coco / "val2017" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 100, "height": 80})
        box = {"bbox": [10 * number, 20, 30, 30], "area": 900, "category_id": 1, "iscrowd": 0}
        annotations.append({"id": number, "image_id": number, **box})
    content = {"images": images, "annotations": annotations}
    content["categories"] = [{"id": 1, "name": "box"}, {"id": 2, "name": "none"}]
    (coco / "annotations" / "instances_val2017.json").write_text(json.dumps(content))
    return tmp_path / "data"


def is_light(request):
    level = float(np.asarray(open_rgb(request.prompt.media[0]), dtype=float).mean())
    return [1.0 if place == int(level > 150) else 0.0 for place in range(len(request.choices))]


is_light.abilities = {"classify", "images"}


def brightest(request):
    """A detector of what is light: one box around it."""
    light = np.asarray(open_rgb(request.prompt.media[0]).convert("L"), dtype=float)
    rows, columns = np.nonzero(light > 0.7 * light.max() + 0.3 * light.min())
    top, left = rows.min(), columns.min()
    box = [int(left), int(top), int(columns.max() - left + 1), int(rows.max() - top + 1)]
    return [{"label": "box", "box": box, "score": float(light.max() / 255)}]


brightest.abilities = {"detect", "images"}


def ask(tasks, model, data, tmp_path, **settings):
    engine = FunctionEngine.of(model)
    return evaluate(tasks, engine, mirror=data, store=tmp_path / "s.db", **settings)


def plan_of(text, data, **settings):
    config = RunConfig(tasks=(text,), model="m", data=str(data), **settings)
    abilities = frozenset({"classify", "detect", "images", "generate"})
    (task,) = make_plan(config, abilities, {"name": "m"}).tasks
    return task


def test_a_single_recipe_keeps_ids_and_has_a_name_of_its_own(data):
    task = plan_of("cifar10:corrupt=fog,severity=3", data)
    clean = plan_of("cifar10", data)
    assert (task.name, task.task.by, task.task.grid) == ("cifar10-fog-3", clean.task.by, None)
    assert task.signature.startswith("task:cifar10-fog-3.1|")
    (leaf,), (plain,) = task.leaves, clean.leaves
    assert [s.id for s in leaf.samples] == [s.id for s in plain.samples]
    assert leaf.source != plain.source
    for made, sample in zip(leaf.samples, plain.samples, strict=True):
        # Labels and all else are the clean sample's.
        told = {"corruption": "fog", "severity": 3, "clean_id": sample.id}
        assert made == replace(sample, fields={**sample.fields, **told}, media=made.media)
        assert made.media != sample.media
        assert leaf.request(made, 0).prompt.text == plain.request(sample, 0).prompt.text


def test_the_picture_is_corrupted_when_it_is_opened_and_never_read_as_it_was(data, tmp_path):
    (leaf,) = plan_of("cifar10:corrupt=gaussian_noise,severity=5", data).leaves
    media = leaf.samples[0].media[0]
    source = keep(media.file)
    recipe = Recipe("gaussian_noise", 5)
    assert media.sha256 == recipe.sha256_of(source.sha256)
    assert open_rgb(media).tobytes() == corrupt(open_rgb(source), recipe, media.sha256).tobytes()
    assert open_rgb(media).tobytes() != open_rgb(source).tobytes()
    with pytest.raises(FileNotFoundError):
        Path(media.path).read_bytes()
    assert Path(media.path).name == "00000.png#gaussian_noise-5"
    assert (is_here(media), is_same(media), size_of(media)) == (True, True, (32, 32))
    # What is sent to a server is the corrupted picture, without loss.
    mime, text = encoded(media)
    sent = keep(base64.b64decode(text), folder=tmp_path)
    assert mime == "image/png"
    assert open_rgb(sent).tobytes() == open_rgb(media).tobytes()
    assert unpack_sample(pack_sample(leaf.samples[0])).media == (media,)


def test_another_file_in_its_place_is_told(data):
    (leaf,) = plan_of("cifar10:corrupt=fog,severity=1", data).leaves
    (view,) = views(leaf.samples[0])
    assert view.note == ""
    Image.new("RGB", (9, 9)).save(leaf.samples[0].media[0].file)
    (view,) = views(leaf.samples[0])
    assert "no longer the one of the run" in view.note


def test_several_recipes_are_asked_of_each_picture(data, tmp_path):
    result = ask(
        ["cifar10", "cifar10:corrupt=fog+brightness,severity=1+5"], is_light, data, tmp_path
    )
    clean, under = result["results"]
    assert under["task"] == "cifar10-fog+brightness-1+5"
    assert under["counts"]["total"] == under["counts"]["scored"] == 24
    parts = {p["task"].split("/", 1)[1]: p["metrics"]["top1"] for p in under["subsets"]}
    names = ("corruption=fog", "corruption=brightness", "severity=1", "severity=5")
    assert [parts[name]["n"] for name in names] == [12] * 4
    cells = np.array(under["grid"]["values"])
    assert under["grid"]["rows"] == {"field": "corruption", "values": ["brightness", "fog"]}
    assert under["grid"]["columns"] == {"field": "severity", "values": [1, 5]}
    assert [parts[n]["value"] for n in names[1::-1]] == pytest.approx(cells.mean(axis=1).tolist())
    assert [parts[n]["value"] for n in names[2:]] == pytest.approx(cells.mean(axis=0).tolist())
    top1 = under["metrics"]["top1"]
    assert top1["value"] == pytest.approx(cells.mean())
    assert top1["method"] == "clustered"
    assert under["metrics"]["mPC"] == top1
    assert clean["metrics"]["top1"]["value"] == 1.0
    relative = under["metrics"]["rPC"]
    assert relative["value"] == pytest.approx(cells.mean())
    assert relative["ci"][0] < relative["value"] < relative["ci"][1]
    sample = {r.sample for r in result.records() if r.task == under["task"]}
    assert "fog/5/3" in sample
    assert len(sample) == 24


def test_a_limit_counts_pictures_and_takes_those_of_the_clean_task(data):
    (plain,) = plan_of("cifar10", data, limit=2).leaves
    (one,) = plan_of("cifar10:corrupt=snow,severity=2", data, limit=2).leaves
    (all_of,) = plan_of("cifar10:corrupt=all", data, limit=2).leaves
    ids = [sample.id for sample in plain.samples]
    assert [sample.id for sample in one.samples] == ids
    assert len(all_of.samples) == 2 * 15 * 5
    assert {sample.fields["clean_id"] for sample in all_of.samples} == set(ids)
    assert {sample.cluster for sample in all_of.samples} == set(ids)
    assert len({sample.id for sample in all_of.samples}) == 150


def test_exemplars_are_those_of_the_clean_task_and_stay_clean(data, monkeypatch):
    pictures = [keep(data / "cifar10" / "png" / f"{n:05d}.png") for n in range(6)]
    pool = [Sample(f"e{n}", str(n), ("x",), media=(pictures[n],)) for n in range(6)]
    form = Form(prompt="{{ image }}{{ input }}", shots=2, scorer=exact())

    def sample(row):
        return Sample(row["id"], row["id"], ("x",), media=(pictures[int(row["id"])],))

    task = Task(
        name="mine",
        rows=[{"id": str(n)} for n in range(4)],
        sample=sample,
        forms={"generate": form},
        exemplars=pool,
    )
    from julja.run.catalog import Resolved
    from julja.run.corrupt import corrupted_task
    from julja.tasks.spec import TaskSpec

    def leaf_of(task):
        config = RunConfig(tasks=("mine",), model="m")
        items = [Resolved(TaskSpec("mine", "mine"), task, None)]
        plan = make_plan(config, frozenset({"generate", "images"}), {}, resolved=items)
        return plan.tasks[0].leaves[0]

    plain = leaf_of(task)
    under = leaf_of(corrupted_task(task, (Recipe("fog", 1), Recipe("fog", 2))))
    shots = {s.id: [e.id for e in plain.exemplars(s)] for s in plain.samples}
    assert len({tuple(found) for found in shots.values()}) > 1
    for sample in under.samples:
        assert [e.id for e in under.exemplars(sample)] == shots[sample.fields["clean_id"]]
        *examples, own = under.request(sample, 0).prompt.media
        assert [media.change for media in examples] == ["", ""]
        assert own.change == f"fog-{sample.fields['severity']}"


def test_precision_is_the_mean_over_recipes_and_boxes_stay(data, tmp_path):
    single = [
        ask(f"coco_detection:corrupt={name},severity=4", brightest, data, tmp_path)["results"][0]
        for name in ("contrast", "elastic_transform")
    ]
    result = ask(
        "coco_detection:corrupt=contrast+elastic_transform,severity=4", brightest, data, tmp_path
    )
    (both,) = result["results"]
    alone = [part["metrics"]["AP"]["value"] for part in single]
    assert 0 < alone[1] < alone[0]
    assert both["metrics"]["AP"]["value"] == pytest.approx(sum(alone) / 2)
    assert both["metrics"]["mPC"]["value"] == both["metrics"]["AP"]["value"]
    parts = {part["value"]: part["metrics"]["AP"]["value"] for part in both["subsets"]}
    assert parts == pytest.approx({"contrast": alone[0], "elastic_transform": alone[1]})
    assert "grid" not in both
    by_class = both["classes"]["AP"]["box"]["value"]
    assert by_class == pytest.approx(both["metrics"]["AP"]["value"])
    (leaf,) = plan_of("coco_detection:corrupt=all", data).leaves
    boxes = {s.fields["clean_id"]: s.fields["bbox"] for s in leaf.samples}
    assert boxes == {str(n): [[10 * n, 20, 30, 30]] for n in range(1, 5)}


def test_a_grid_of_precisions(data, tmp_path):
    result = ask("coco_detection:corrupt=blur,severity=1+5", brightest, data, tmp_path)
    (found,) = result["results"]
    store = Store(tmp_path / "s.db")
    assert "AP is not the mean over them" in render_html(store, result["run"])
    store.close()
    cells = np.array(found["grid"]["values"])
    assert cells.shape == (4, 2)
    assert found["metrics"]["AP"]["value"] == pytest.approx(cells.mean())


MODEL = """
import numpy as np
from pathlib import Path
from julja.pictures import open_rgb

def classify(request):
    if request.prompt.media[0].change == "fog-2" and not Path({mended!r}).exists():
        raise ValueError("not now")
    level = float(np.asarray(open_rgb(request.prompt.media[0]), dtype=float).mean())
    return [float(place == int(level > 150)) for place in range(len(request.choices))]

classify.abilities = {{"classify", "images"}}
"""


def test_resumed_scored_again_shown_and_reported(data, tmp_path, capsys):
    model = tmp_path / "model.py"
    model.write_text(MODEL.format(mended=str(tmp_path / "mended")))
    config = RunConfig(
        tasks=("cifar10:corrupt=fog,severity=1+2",),
        model=f"python/{model}:classify",
        data=str(data),
        max_retries=0,
    )
    with_store = Store(tmp_path / "s.db")
    first = asyncio.run(start(config, with_store))
    assert first.result["results"][0]["counts"]["error"] == 6
    (tmp_path / "mended").touch()
    again = asyncio.run(resume(with_store.find_run("last"), with_store))
    (found,) = again.result["results"]
    assert (again.run, found["counts"]["scored"]) == (first.run, 12)
    assert found["usage"]["requests"] == 12
    scored = rescore(with_store.find_run("last"), with_store)
    assert scored["results"] == again.result["results"]
    assert scored["signature"] == again.result["signature"]
    with_store.close()
    places = ["--store", str(tmp_path / "s.db")]
    for arguments, expected in (
        (["show", "last"], "cifar10-fog-1+2"),
        (["show", "last/fog/2/3"], "00003.png#fog-2"),
        (["export", "last", "--to", "jsonl"], '"name":"00003.png#fog-2"'),
    ):
        with pytest.raises(SystemExit) as stop:
            main([*arguments, *places])
        said = capsys.readouterr()
        assert stop.value.code == 0, said.err
        assert expected in said.out
    page = tmp_path / "run.html"
    with pytest.raises(SystemExit):
        main(["export", "last", "--to", "html", "-o", str(page), *places])
    assert "cifar10-fog-1+2" in page.read_text()


def test_files_of_answers_are_scored_under_one_recipe(data, tmp_path, capsys):
    answers = tmp_path / "predictions.json"
    answers.write_text(json.dumps(LABELS))
    places = ["--data", str(data), "--store", str(tmp_path / "s.db"), "--json"]
    with pytest.raises(SystemExit) as stop:
        main(["score", "cifar10:corrupt=fog,severity=3", "--responses", str(answers), *places])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    (found,) = json.loads(said.out)["results"]
    assert (found["task"], found["metrics"]["top1"]["value"]) == ("cifar10-fog-3", 1.0)

    rows = [{"id": f"fog/{level}/{n}", "response": "cat"} for level in (1, 2) for n in range(6)]
    answers.write_text(json.dumps(rows))
    with pytest.raises(SystemExit) as stop:
        main(["score", "cifar10:corrupt=fog,severity=1+2", "--responses", str(answers), *places])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    (found,) = json.loads(said.out)["results"]
    assert (found["counts"]["scored"], found["metrics"]["mPC"]["value"]) == (12, 0.0)


def test_every_picture_task_can_be_corrupted_and_says_so(data):
    for text in ("mnist", "imagenet", "ade20k", "textvqa", "mmmu", "coco_captions", "docvqa"):
        (item,) = resolve(f"{text}:corrupt=all")
        (plain,) = resolve(text)
        assert item.task.name == f"{text}-corrupted"
        assert item.task.clean == text
        assert item.task.mirror == (plain.task.mirror or text)
        assert "robustness" in item.task.card.abilities
        assert item.task.by[:2] == item.task.grid == ("corruption", "severity")


@pytest.mark.parametrize(
    "text, error",
    [
        ("gsm8k:corrupt=fgo", "there is no corruption 'fgo'"),
        ("cifar10:corrupt=fog,severity=6", "severities are 1 to 5"),
        ("cifar10:severity=3", "no option 'severity'"),
        ("cifar10:corrupted=fog", "no option 'corrupted'"),
    ],
)
def test_wrong_words_are_told(text, error):
    with pytest.raises(ConfigError, match=error) as caught:
        resolve(text)
    assert caught.value.hint


def test_texts_clips_and_corrupted_pictures_are_refused(data, tmp_path):
    with pytest.raises(ConfigError, match="starter_arithmetic shows no pictures"):
        plan_of("starter_arithmetic:corrupt=fog", data)
    (item,) = resolve("cifar10:corrupt=fog")
    picture = Media(str(data / "cifar10" / "png" / "00000.png"), "ab")
    with pytest.raises(ConfigError, match="shows clips"):
        check_pictures(item.task, [Sample("a", "", media=(replace(picture, kind="video"),))])
    with pytest.raises(ConfigError, match="1 samples without any"):
        check_pictures(item.task, [Sample("a", "", media=(picture,)), Sample("b", "")])
    # Predictions are scored without the pictures, which then can't be shown.
    check_pictures(item.task, [Sample("a", "", fields={"no_picture": "not here"})])
    with pytest.raises(ConfigError, match="have corruption of their own"):
        check_pictures(item.task, [Sample("a", "", media=(picture,), fields={"corruption": "fog"})])
    with pytest.raises(DataError, match="changed already"):
        changed(changed(picture, Recipe("fog", 1)), Recipe("fog", 1))
    missing = Media("nowhere.png", "")
    assert changed(missing, Recipe("fog", 1)) is missing


def test_cases_of_ones_own_are_corrupted(data, tmp_path):
    pictures = data / "cifar10" / "png"
    cases = [{"id": f"c{n}", "shown": f"{pictures}/{n:05d}.png", "expected": "x"} for n in (1, 2)]
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, cases)))
    (tmp_path / "mine.toml").write_text('image = "shown"\nprompt = "What is it?"\n')
    task = plan_of(f"{tmp_path}/mine.toml:corrupt=noise,severity=5", data)
    assert task.name == "mine-noise-5"
    (leaf,) = task.leaves
    assert len(leaf.samples) == 6
    assert {m.change for s in leaf.samples for m in s.media} == {
        *("gaussian_noise-5", "shot_noise-5", "impulse_noise-5"),
    }


def test_the_list_and_the_card(capsys):
    for arguments, expected in (
        (["list", "corruptions"], "gaussian_noise"),
        (["show", "cifar10:corrupt=weather,severity=2"], "cifar10-weather-2"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert expected in capsys.readouterr().out
