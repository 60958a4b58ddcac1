"""Odd pictures: kept or refused by name, upright in eight bits, and what a run makes of them."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from julja import pictures
from julja.errors import DataError
from julja.models.python import FunctionEngine
from julja.pictures import keep, open_rgb
from julja.run.api import evaluate

COLOURS = np.zeros((4, 6, 3), dtype=np.uint8)
COLOURS[:2, :3] = (250, 10, 10)
COLOURS[2:, 3:] = (10, 10, 250)


def encoded(image, form, **options):
    out = io.BytesIO()
    image.save(out, format=form, **options)
    return out.getvalue()


PNG = encoded(Image.fromarray(COLOURS), "PNG")


def shown(source, folder):
    return np.asarray(open_rgb(keep(source, place="sample 7", folder=folder)))


def claiming(width, height):
    """A PNG of few bytes whose header says that it is huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    end = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    made = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + made + end


def test_every_form_of_a_source_is_the_same_picture(tmp_path):
    path = tmp_path / "한 글 ü.png"
    path.write_bytes(PNG)
    sources = (path, str(path), PNG, {"bytes": PNG, "path": None}, {"path": str(path)})
    kept = [keep(source, folder=tmp_path) for source in sources]
    assert len({media.sha256 for media in kept}) == 1
    assert all((np.asarray(open_rgb(media)) == COLOURS).all() for media in kept)
    assert (shown(Image.fromarray(COLOURS), tmp_path) == COLOURS).all()
    assert keep(kept[0]) is kept[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_photograph_is_upright(tmp_path, orientation):
    stored = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, 1),
        7: np.rot90(COLOURS, 2).transpose(1, 0, 2),
        8: np.rot90(COLOURS, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    assert (shown(data, tmp_path) == COLOURS).all()


def test_sixteen_bits_are_scaled_not_cut(tmp_path):
    deep = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    for form in ("PNG", "TIFF"):
        found = shown(encoded(Image.fromarray(deep), form), tmp_path)
        assert found[0, :, 0].tolist() == [0, 1, 128, 255]
        assert found.shape == (1, 4, 3)


def test_cmyk_is_shown_in_its_colours(tmp_path):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    found = shown(encoded(ink, "JPEG", quality=95), tmp_path)
    assert found[4, 4].tolist() == pytest.approx([255, 0, 0], abs=4)


def test_clear_pixels_are_white(tmp_path):
    clear = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    clear.putpixel((1, 0), (0, 0, 0, 255))
    assert shown(encoded(clear, "PNG"), tmp_path)[0].tolist() == [[255] * 3, [0] * 3]
    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([9, 9, 9, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    data = encoded(palette, "PNG", transparency=0)
    assert shown(data, tmp_path)[0].tolist() == [[255] * 3, [40, 50, 60]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "F"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    image = Image.new(mode, (3, 2))
    found = open_rgb(keep(encoded(image, "TIFF" if mode == "F" else "PNG"), folder=tmp_path))
    assert (found.mode, found.size) == ("RGB", (3, 2))


def test_an_animation_shows_its_first_picture(tmp_path):
    first, second = Image.new("RGB", (4, 4), (200, 0, 0)), Image.new("RGB", (4, 4), (0, 0, 200))
    data = encoded(first, "GIF", save_all=True, append_images=[second])
    assert shown(data, tmp_path)[0, 0].tolist() == pytest.approx([200, 0, 0], abs=8)


ODD = {
    "empty": (b"", "empty"),
    "a web page": (b"<html>404</html>", "no picture"),
    "a cut PNG's header": (PNG[:20], "no picture, or a damaged one"),
    "a flipped bit": (PNG[:45] + bytes([PNG[45] ^ 255]) + PNG[46:], "damaged"),
    "huge": (claiming(50_000, 50_000), "too large|pixels"),
    "nothing in a row": ({"bytes": None, "path": None}, "can't be read|no picture"),
    "no picture at all": (7, "int is no picture"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_are_refused_by_name(tmp_path, name):
    source, said = ODD[name]
    with pytest.raises(DataError, match=said) as caught:
        keep(source, place="sample 7", folder=tmp_path / "kept")
    assert "sample 7" in caught.value.message
    assert not list((tmp_path / "kept").rglob("*.*"))


def test_a_missing_file_is_told_with_its_place(tmp_path):
    with pytest.raises(DataError, match=r"sample 7.*gone\.png.*No such file"):
        keep(tmp_path / "gone.png", place="sample 7")


def test_a_photograph_cut_in_its_middle_is_never_shown_grey(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=95)
    path = tmp_path / "cut.jpg"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"cut\.jpg"):
        open_rgb(keep(path))


def test_a_file_that_was_exchanged_for_a_huge_one_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    media = keep(path)
    path.write_bytes(claiming(50_000, 50_000))
    with pytest.raises(DataError, match=r"a\.png"):
        open_rgb(media)
    monkeypatch.setattr(pictures, "MOST_PIXELS", 10)
    path.write_bytes(PNG)
    with pytest.raises(DataError, match="too large"):
        keep(path)


@pytest.fixture
def set_of_pictures(tmp_path, monkeypatch):
    """CIFAR-10 in small: white, black, missing, a web page, 16 bits, CMYK, turned."""
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "data" / "cifar10" / "png"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        0: encoded(Image.new("RGB", (32, 32), (250, 250, 250)), "PNG"),
        1: encoded(Image.new("RGB", (32, 32), (5, 5, 5)), "PNG"),
        3: b"<html>404</html>",
        4: encoded(Image.fromarray(np.full((32, 32), 60_000, dtype=np.uint16)), "PNG"),
        5: encoded(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), "JPEG"),
        6: encoded(Image.new("L", (20, 32), 255), "PNG", exif=exif),
    }
    for place, data in files.items():
        (folder / f"{place:05d}.png").write_bytes(data)
    labels = [1, 0, 1, 1, 1, 1, 1]
    (folder.parent / "test_labels.json").write_text(json.dumps(labels))
    return tmp_path / "data"


def is_light(request):
    image = np.asarray(open_rgb(request.prompt.media[0]), dtype=float)
    assert image.shape[:2] in ((32, 32), (20, 32))
    scores = [0.0] * len(request.choices)
    scores[int(image.mean() > 128)] = 1.0
    return scores


is_light.abilities = {"classify", "images"}


def test_a_run_loses_the_odd_pictures_alone_and_names_them(set_of_pictures, tmp_path):
    engine = FunctionEngine.of(is_light)
    result = evaluate("cifar10", engine, mirror=set_of_pictures, store=tmp_path / "s.db")
    records = {record.sample: record for record in result.records()}
    lost = {name: r.error.message for name, r in records.items() if r.state == "error"}
    assert set(lost) == {"2", "3"}
    assert "00002.png" in lost["2"]
    assert "00003.png" in lost["3"]
    right = [r.score.values["top1"] for r in records.values() if r.state == "scored"]
    assert right == [1.0] * 5
