"""The models of examples/ on real pictures, through `julja run`.

A network's weights are no part of this repository: `make .models` fetches them (tests/weights.py).
Tesseract is Debian's: `apt-get install tesseract-ocr`.
"""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.weights import weights

from julja.cli.main import main
from julja.store.sqlite import Store

pytestmark = pytest.mark.parity
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGE = (
    "The keeper wrote the height of the tide in a ledger every morning at six.",
    "Bread was four pence a loaf, and coal two shillings a sack, in the winter of 1871.",
    "Of the nine boats that sailed on Tuesday, seven came home before the storm.",
)


def run(task, predictor, data, tmp_path, capsys, *more):
    """(the result, the records) of a run with a predictor of examples/."""
    store = tmp_path / "julja.db"
    model = f"python/{EXAMPLES}/{predictor}"
    places = ["--data", str(data), "--store", str(store), *more]
    with pytest.raises(SystemExit) as stop:
        main(["run", task, "-m", model, *places, "--json"])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    found = json.loads(said.out)
    kept = Store(store)
    records = list(kept.records(found["run"]))
    kept.close()
    return found["results"][0], records


@pytest.mark.mirror
@pytest.mark.slow
def test_cifar10s_network_says_what_keras_said(mirror, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CIFAR10_WEIGHTS", str(weights("cnn_model.h5")))
    pictures = mirror / "cifar10" / "test_png_first1000"
    data = tmp_path / "data" / "cifar10"
    data.mkdir(parents=True)
    (data / "png").symlink_to(pictures)
    labels = json.loads((mirror / "cifar10" / "test_labels_10000.json").read_text())
    (data / "test_labels.json").write_text(json.dumps(labels[:1000]))
    result, records = run("cifar10", "cifar10_cnn.py:classify", tmp_path / "data", tmp_path, capsys)
    assert result["metrics"]["top1"]["value"] == 0.824
    recorded = mirror / "cifar10" / "pred_cifar_10_model_7.4.0_test10000.json"
    predicted = {record.sample: record.score.values["predicted"] for record in records}
    keras = json.loads(recorded.read_text())
    assert predicted == {str(place): keras[place] for place in range(1000)}


@pytest.mark.mirror
def test_every_picture_of_easy_vqa_arrives(mirror, tmp_path, capsys):
    some = ("--limit", "1500")
    result, records = run("easy_vqa", "easy_vqa.py:answer", mirror, tmp_path, capsys, *some)
    assert len({record.prompt.media[0].sha256 for record in records}) > 700
    assert result["metrics"]["exact_match"]["value"] == 1.0


def test_tesseract_reads_a_page(tmp_path, capsys):
    if shutil.which("tesseract") is None:
        pytest.skip("no tesseract: apt-get install tesseract-ocr")
    page = Image.new("RGB", (1000, 220), "white")
    ImageDraw.Draw(page).multiline_text(
        (30, 30), "\n".join(PAGE), fill="black", font=ImageFont.load_default(24), spacing=24
    )
    # As a scanner's: turned, and upright by its EXIF orientation alone.
    turned = page.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "page.jpg", exif=exif, quality=95)
    case = {"page": "page.jpg", "expected": " ".join(PAGE)}
    (tmp_path / "pages.jsonl").write_text(json.dumps(case))
    (tmp_path / "pages.toml").write_text(
        'image = "page"\nprompt = "Write down the text of this page."\nscorer = "f1"\n'
    )
    result, (record,) = run(
        str(tmp_path / "pages.toml"), "tesseract.py:read", tmp_path, tmp_path, capsys
    )
    assert result["metrics"]["f1"]["value"] == 1.0
    assert record.response.text == " ".join(PAGE)
