"""Pages of leaderboards, comparisons and runs in a real browser: width, sorting, filters, dark."""

import pytest
from tests.browser.drive import look, needs_chromium
from tests.report import test_html, test_pages
from tests.run.board_case import Shelf, marks

from julja.report.compare_page import render_comparison
from julja.report.leaderboard import render_board
from julja.run.leaderboard.board import board
from julja.run.leaderboard.from_store import sheet_of_store
from julja.run.leaderboard.runs import Choice
from julja.run.leaderboard.score import BoardOptions

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.slow]

LONG = "organisation-with-a-long-name/model-with-a-very-long-name-instruct-2026-11-28-preview"
WIDTH = """
const wide = [...page.querySelectorAll("body *")].filter((item) =>
  !item.closest(".scroll") && !item.closest("svg") && item.getClientRects().length &&
  item.getBoundingClientRect().right > page.documentElement.clientWidth + 1);
const cut = [...page.querySelectorAll(".who, .name, h1, .badge")].filter((item) =>
  item.scrollWidth > item.clientWidth + 1 && getComputedStyle(item).overflow !== "visible");
return {
  scroll: page.documentElement.scrollWidth, client: page.documentElement.clientWidth,
  wide: wide.map((item) => item.outerHTML.slice(0, 90)), cut: cut.length,
  texts: [...page.querySelectorAll("svg.ruler text, svg.plot text")].filter((item) => {
    const box = item.getBoundingClientRect();
    return box.left < 0 || box.right > page.documentElement.clientWidth;
  }).length,
  ground: getComputedStyle(page.body).backgroundColor,
};
"""
TABLE = """
const table = page.querySelector(".board");
const names = () => [...table.tBodies[0].rows].map((row) => row.dataset.model);
const button = (name) => [...table.tHead.querySelectorAll("button")].find(
  (item) => item.textContent === name);
const seen = { before: names() };
button("riddles").click(); seen.riddles = names();
seen.direction = button("riddles").closest("th").getAttribute("aria-sort");
button("riddles").click(); seen.turned = names();
button("model").click(); seen.model = names();
const form = page.querySelector(".filters");
const say = (name, change) => {
  change(form.elements[name]);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  return form.querySelector("output").textContent;
};
seen.search = say("model", (field) => { field.value = "LONG-name"; });
say("model", (field) => { field.value = ""; });
seen.compared = say("compared", (field) => { field.checked = true; });
say("compared", (field) => { field.checked = false; });
seen.on = say("on", (field) => { field.checked = true; });
seen.focusable = button("model").tabIndex >= 0;
return seen;
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    good, bad = marks("1" * 60 + "0" * 20), marks("1" * 20 + "0" * 60)
    shelf.run("m/good", {"quiz": good, "riddles": bad}, cost=2.0)
    shelf.run(LONG, {"quiz": bad}, cost=0.5)
    shelf.run("m/cheap", {"quiz": bad, "riddles": good}, cost=0.1)
    shelf.run("m/beaten", {"quiz": bad, "riddles": bad}, cost=1.0)
    found = board(sheet_of_store(shelf.store, Choice()), BoardOptions())
    shelf.store.close()
    compared = test_pages.comparison()
    compared["runs"][1]["model"] = LONG
    return {
        "board": render_board(found, csv_name="b.csv", json_name="b.json"),
        "comparison": render_comparison(compared),
        "run": test_html.page([test_html.record(n) for n in range(3)], model=LONG),
    }


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["board", "comparison", "run"])
def test_a_page_fits_its_width_and_cuts_no_label(tmp_path, text, name, width):
    seen = look(tmp_path, text[name], WIDTH, width=width, dark=width == 390)
    assert seen["scroll"] <= seen["client"], seen
    assert not seen["wide"] and not seen["cut"] and not seen["texts"], seen
    red = int(seen["ground"].partition("(")[2].partition(",")[0])
    assert (red < 60) == (width == 390), "dark where the reader wants it dark"


def test_the_table_sorts_and_filters(tmp_path, text):
    seen = look(tmp_path, text["board"], TABLE, width=1280)
    # m/good and m/cheap are level, the partial mean has no rank and stands below.
    assert seen["before"][-1] == LONG
    assert seen["riddles"][0] == "m/cheap" and seen["direction"] == "descending"
    assert seen["turned"][2] == "m/cheap"
    # What is missing stays last, whichever way.
    assert seen["riddles"][-1] == seen["turned"][-1] == LONG
    assert seen["model"] == sorted(seen["model"]) and seen["focusable"]
    assert seen["search"] == "1 of 4" and seen["compared"] == "3 of 4"
    assert seen["on"] == "1 of 4"
