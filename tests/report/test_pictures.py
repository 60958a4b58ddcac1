"""Thumbnails, tiles and charts of pictures: bounded, at the right places, hostile text as text."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from julja.pictures import keep
from julja.report.vision.classes import END, ClassBars, bars_context
from julja.report.vision.confusion import MOST, Confusion, confusion_context
from julja.report.vision.curves import CLASSES, Curve, Curves, curves_context
from julja.report.vision.gallery import Card, Gallery, Guess, View, gallery_context
from julja.report.vision.section import ClassCharts, Pictured, section_rows
from julja.report.vision.thumbnails import (
    SIDE,
    blank,
    class_colour,
    edges,
    layer,
    shrunk,
    stripes,
    thumbnail,
)
from julja.report.vision.tiles import Shape, Tile, tile_svg

HOSTILE = "</svg></script><img src=x onerror=alert(1)>\u202ex"


def media(tmp_path, size, name="one.png"):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / name)
    return keep(str(tmp_path / name))


def decoded(uri):
    head, _, body = uri.partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(body)))
    image.load()
    return head, image


def test_a_large_picture_becomes_a_small_jpeg(tmp_path):
    made = thumbnail(media(tmp_path, (2000, 1000)))
    head, image = decoded(made.uri)
    assert head == "data:image/jpeg;base64" and image.size == (SIDE, SIDE // 2)
    assert (made.width, made.height, made.scale, made.sharp) == (SIDE, SIDE / 2, 0.16, False)
    assert len(made.uri) < 100_000, "noise is the worst that a JPEG can meet"


def test_a_tiny_picture_keeps_its_pixels_and_is_enlarged_by_the_browser(tmp_path):
    source = media(tmp_path, (32, 16))
    made = thumbnail(source)
    head, image = decoded(made.uri)
    assert head == "data:image/png;base64" and made.sharp and made.width == SIDE
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(source.path)))


def test_a_layer_has_the_colours_of_its_codes():
    codes = np.array([[0, 1], [2, 1]], dtype=np.uint8)
    _, image = decoded(layer(codes, [(0, 0, 0, 0), (10, 20, 30, 40), (250, 0, 5, 255)]))
    pixels = np.asarray(image.convert("RGBA"))
    assert pixels[0, 0, 3] == 0
    assert pixels[0, 1].tolist() == [10, 20, 30, 40] and pixels[1, 0].tolist() == [250, 0, 5, 255]


def test_a_map_is_made_small_without_new_labels():
    labels = np.repeat(np.array([[3, 200]]), 1000, axis=0).repeat(500, axis=1)
    small = shrunk(labels)
    assert small.shape == (SIDE, SIDE) and set(np.unique(small)) == {3, 200}
    assert (small[:, : SIDE // 2] == 3).all() and (small[:, SIDE // 2 :] == 200).all()
    assert shrunk(labels[:5, :7]).shape == (5, 7)


def test_edges_lie_between_labels_and_stripes_cover_half():
    assert edges(np.array([[1, 1, 2]])).tolist() == [[False, True, False]]
    assert 0.4 < stripes((60, 60)).mean() < 0.6


def test_classes_have_colours_of_their_own():
    assert len({class_colour(place) for place in range(200)}) == 200


def test_shapes_are_drawn_where_they_are():
    shape = Shape((100.0, 50.0, 40.0, 20.0), "missed", "cat", "cat: missed")
    text = str(tile_svg(Tile("truth", (shape,)), blank((640, 320)), "p", first=True))
    assert f'viewBox="0 0 {SIDE}.0 {SIDE // 2}.0"' in text
    assert '<rect x="50.0" y="25.0" width="20.0" height="10.0"/>' in text
    assert '<g class="shape missed"><title>cat: missed</title>' in text
    assert 'aria-label="truth: cat: missed"' in text


def test_a_picture_is_written_once_and_used_again(tmp_path):
    made = thumbnail(media(tmp_path, (32, 32)))
    first, other = (str(tile_svg(Tile("t"), made, "p7", first=flag)) for flag in (True, False))
    assert made.uri in first and 'id="p7"' in first
    assert made.uri not in other and '<use href="#p7"/>' in other


def test_labels_do_not_lie_over_each_other_or_outside():
    boxes = [(300.0 + n, 2.0 + n, 30.0, 10.0) for n in range(6)]
    shapes = tuple(Shape(box, "false", "a long class 0.50", "") for box in boxes)
    text = str(tile_svg(Tile("t", shapes), blank((640, 480)), "p", first=True))
    places = [float(y) for y in re.findall(r'<text [^>]* y="([0-9.]+)"', text)]
    assert len(places) >= 4
    assert all(b - a >= 11.9 for a, b in zip(sorted(places), sorted(places)[1:], strict=False))
    assert min(places) >= 10 and max(places) <= 240


def test_hostile_names_and_answers_are_text():
    shape = Shape((1.0, 1.0, 5.0, 5.0), "false", HOSTILE, HOSTILE)
    tile = Tile(HOSTILE, (shape,), note=HOSTILE)
    text = str(tile_svg(tile, blank((64, 64)), "p", first=True))
    assert "<img" not in text and "</script" not in text and text.count("</svg>") == 1
    assert "\u202e" not in text


def chart_texts(name):
    counts = np.array([[5.0, 2.0, 1.0], [0.0, 3.0, 0.0]])
    matrix = confusion_context(Confusion(name, "pictures", (name, "b"), counts))
    curve = Curve(name, 3, np.ones((3, 101)))
    drawn = curves_context(Curves(name, curve, [curve], name))
    rows = [(name, {"value": 0.5, "ci": [0.4, 0.6], "n": 3})]
    bars = bars_context(ClassBars(name, "AP", rows))
    return [
        str(matrix["picture"]),
        str(drawn["picture"]),
        str(drawn["classes"][0]["picture"]),
        str(bars["parts"][0][0]["track"]),
    ]


def test_hostile_names_are_text_in_charts():
    for text in chart_texts(HOSTILE):
        assert "<img" not in text and "</script" not in text and "\u202e" not in text


def test_the_most_frequent_confusions_come_first():
    counts = np.zeros((3, 4))
    counts[0], counts[1], counts[2] = [5, 3, 0, 2], [7, 3, 0, 0], [0, 0, 9, 0]
    found = confusion_context(Confusion("t", "pictures", ("a", "b", "c"), counts))
    pairs = [(p["truth"], p["given"], p["count"], p["share"]) for p in found["pairs"]]
    assert pairs == [
        ("b", "a", "7", "70.0%"),
        ("a", "b", "3", "30.0%"),
        ("a", "no class", "2", "20.0%"),
    ]
    assert found["table"]["head"] == ["a", "b", "c", "no class"]
    assert "a taken for b: 3 pictures, 30.0%" in str(found["picture"])


def test_of_many_classes_those_of_the_most_frequent_confusions_are_drawn():
    size = 60
    names = tuple(f"class{n}" for n in range(size))
    counts = np.hstack([np.eye(size) * 10, np.zeros((size, 1))])
    perfect = confusion_context(Confusion("t", "pixels", names, counts))
    assert len(perfect["table"]["rows"]) == MOST and not perfect["pairs"]
    counts[50, 51], counts[3, size] = 6, 2
    found = confusion_context(Confusion("t", "pixels", names, counts))
    assert f"the 3 most confused of {size}" in found["title"]
    assert [name for name, _ in found["table"]["rows"]] == ["class3", "class50", "class51"]
    for n in range(0, 50, 2):
        counts[n, n + 1] = 5
    found = confusion_context(Confusion("t", "pixels", names, counts))
    shown = [name for name, _ in found["table"]["rows"]]
    assert len(shown) == MOST and {"class50", "class51", "class0"} <= set(shown)
    assert confusion_context(Confusion("t", "pixels", ("a",), np.zeros((1, 2)))) is None


def test_of_many_classes_the_ends_have_bars():
    rows = [(f"c{n}", {"value": n / 100, "ci": None}) for n in range(70, 0, -1)]
    rows.append(("never", {"value": None, "ci": None}))
    found = bars_context(ClassBars("t", "IoU", rows, sizes={"c1": 4}, unit="objects"))
    first, last = found["parts"]
    assert [row["name"] for row in first][:2] == ["c1", "c2"] and last[-1]["name"] == "c70"
    assert len(first) == len(last) == END
    assert found["between"] == "46 classes between them"
    assert found["without"] == "1 class does not occur"
    assert first[0]["text"].endswith("4 objects")


def test_curves_fall_and_small_ones_are_bounded():
    row = np.concatenate([np.ones(50), np.full(51, 0.5)])
    curve = Curve("kite", 9, np.stack([row, row, row]))
    found = curves_context(Curves("t", curve, [curve] * 20, ""))
    assert '<polyline class="half" points="0,0.00 49,0.00 50,50.00 100,50.00"/>' in str(
        found["picture"]
    )
    assert len(found["classes"]) == CLASSES
    assert found["left"] == "8 classes with fewer objects are left out"
    assert found["table"][5] == ("0.5", ["0.500"] * 3)
    assert found["key"][0]["ap"] == f"{row.mean():.3f}"


def test_long_answers_are_cut_and_notes_stand_for_missing_pictures():
    card = Card(
        "t", "s", "bad", "", (View(None, note="gone"),), lines=(("answer", "x" * 5000),),
        guesses=(Guess(HOSTILE, 0.25, False),),
    )  # fmt: skip
    (made,) = gallery_context([Gallery("t", "even", "", [card])])
    (shown,) = made["shown"]
    assert shown["tiles"] == [{"picture": None, "caption": "", "note": "gone"}]
    assert shown["lines"][0][1].endswith("4,300 more characters")
    assert (shown["guesses"][0]["share"], shown["guesses"][0]["bar"]) == ("0.25", "25.0%")


def test_the_text_formats_have_the_charts_as_tables():
    rows = [("a", {"value": 0.5, "ci": None}), ("b", {"value": 0.25, "ci": None})]
    counts = np.array([[1.0, 3.0, 0.0], [0.0, 2.0, 0.0]])
    charts = ClassCharts(
        "t",
        ClassBars("t", "accuracy", rows, unit="pictures", sizes={"a": 4}),
        Confusion("t", "pictures", ("a", "b"), counts),
    )
    one, two = section_rows(Pictured(charts=[charts]))
    assert one == (
        "t: accuracy by class",
        ("class", "accuracy", "pictures"),
        [["b", "0.2500", ""], ["a", "0.5000", "4"]],
    )
    assert two[2] == [["a", "b", "3", "75.0%"]]


def test_without_charts_there_are_no_tables():
    assert list(section_rows(Pictured())) == []
    assert bars_context(ClassBars("t", "AP", [("a", {"value": None, "ci": None})])) is None


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1)])
def test_a_thin_picture_still_has_a_thumbnail(tmp_path, size):
    _, image = decoded(thumbnail(media(tmp_path, size)).uri)
    assert max(image.size) == SIDE and min(image.size) == 1
