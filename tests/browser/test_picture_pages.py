"""A report with pictures in a real browser: they are shown under the page's policy, and fit."""

import subprocess

import numpy as np
import pytest
from PIL import Image
from tests.browser.drive import _FLAGS, CHROMIUM, look, needs_chromium
from tests.run.test_gallery import COCO, detections, score

from julja.run.reports import render_html
from julja.store.sqlite import Store

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.slow]

FITS = """
page.querySelectorAll("details").forEach((item) => { item.open = true; });
const client = page.documentElement.clientWidth;
const wide = [...page.querySelectorAll("body *")].filter((item) =>
  !item.closest(".scroll") && !item.closest(".matrix") && !item.closest("svg") &&
  item.getClientRects().length && item.getBoundingClientRect().right > client + 1);
const tiles = [...page.querySelectorAll(".tile-picture")];
const boxes = tiles.map((item) => item.getBoundingClientRect());
const shape = page.querySelector(".tile-picture .shape.right rect:not(.casing)");
const tile = shape.closest("svg").getBoundingClientRect();
const place = shape.getBoundingClientRect();
return {
  scroll: page.documentElement.scrollWidth, client,
  wide: wide.map((item) => item.outerHTML.slice(0, 90)),
  tiles: boxes.map((box) => [box.width, box.height, box.right]),
  share: [(place.left - tile.left) / tile.width, place.width / tile.width],
  names: [...page.querySelectorAll(".tile-picture")].every((item) => item.ariaLabel),
  scripts: page.scripts.length, images: page.images.length,
};
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    store = Store(folder / "julja.db")
    made = render_html(store, score(store, folder, COCO, detections(folder)))
    store.close()
    return made


@pytest.mark.parametrize("width", [390, 1280])
def test_pictures_fit_and_boxes_lie_where_they_belong(tmp_path, text, width):
    seen = look(tmp_path, text, FITS, width=width, dark=width == 390)
    assert seen["scroll"] <= seen["client"] and not seen["wide"], seen
    assert len(seen["tiles"]) == 6 and seen["names"]
    assert all(wide > 150 and high > 70 for wide, high, _ in seen["tiles"])
    # A box from 100 to 180 of 400 pixels, its line's width aside.
    assert seen["share"] == pytest.approx([0.25, 0.2], abs=0.02)
    # Hostile class names made neither.
    assert seen["scripts"] == 1 and seen["images"] == 0


def test_the_policy_lets_the_page_show_its_pictures(tmp_path, text):
    page, shot = tmp_path / "page.html", tmp_path / "shot.png"
    page.write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), *_FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--window-size=1280,3000", f"--screenshot={shot}", page.as_uri()]
    subprocess.run(command, capture_output=True, timeout=200, check=True)
    with Image.open(shot) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    # The pictures' one colour, which JPEG changes a little.
    near = np.abs(pixels - (10, 120, 200)).max(axis=2) < 12
    assert near.sum() > 6 * 150 * 60, "each of three pictures is shown twice"
