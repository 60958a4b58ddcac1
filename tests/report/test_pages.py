"""Pages of leaderboards and comparisons: closed files, complete without a script, escaped."""

import base64
import hashlib
import json
import re

import pytest
from tests.run.board_case import Shelf, marks

from julja.report.board import board_text, cell_text, shown, span
from julja.report.compare_page import render_comparison
from julja.report.html import categories
from julja.report.leaderboard import render_board
from julja.report.reliability import diagrams
from julja.run.leaderboard.board import board
from julja.run.leaderboard.from_store import sheet_of_store
from julja.run.leaderboard.runs import Choice
from julja.run.leaderboard.score import BoardOptions

HOSTILE = "</script></style><img src=x onerror=alert(1)><script>alert(2)</script>\u202ex"


@pytest.fixture
def found(tmp_path):
    shelf = Shelf(tmp_path)
    tasks = {"quiz": marks("1" * 60 + "0" * 20), "riddles": marks("1" * 30 + "0" * 50)}
    shelf.run("m/good", tasks, cost=2.0)
    shelf.run(HOSTILE, {"quiz": marks("1" * 20 + "0" * 60)}, cost=0.5)
    shelf.run("m/cheap", {**tasks, "quiz": marks("0" * 20 + "1" * 60)}, cost=0.1)
    made = board(sheet_of_store(shelf.store, Choice()), BoardOptions())
    shelf.store.close()
    return made


def comparison(**more):
    entry = {
        "task": "quiz",
        "metric": "acc",
        "run_a": "r1",
        "run_b": "r2",
        "higher_is_better": True,
        "n": 80,
        "clusters": None,
        "a": 0.5,
        "b": 0.6,
        "difference": 0.1,
        "stderr": 0.03,
        "ci": [0.04, 0.16],
        "p": 0.001,
        "p_adjusted": 0.002,
        "test": "exact McNemar",
        "wins": 10,
        "losses": 2,
        "ties": 68,
        "mde": 0.08,
        "lost": {"a": 0, "b": 3, "both": 0},
        "bounds": [0.05, 0.12],
        "equivalence": {"margin": None, "p": None, "ci": [0.05, 0.15], "smallest_margin": 0.15},
        "subsets": [],
        "flips": [
            {
                "task": "quiz",
                "sample": HOSTILE,
                "a": 1.0,
                "b": 0.0,
                "target": [HOSTILE],
                "answer_a": {"state": "scored", "extracted": "4", "text": HOSTILE},
                "answer_b": {"state": "unparsed", "extracted": None, "text": "no"},
            },
            {"task": "quiz", "sample": "s2", "a": 0.0, "b": 1.0},
        ],
        "verdict": "BETTER",
        "reason": "p 0.0020 after holm",
        "needs": None,
    }
    runs = [
        {"label": "A", "run": "r1", "model": HOSTILE},
        {"label": "B", "run": "r2", "model": "m/b"},
    ]
    return {
        "runs": runs,
        "adjust": {"method": "holm", "chosen": "2", "comparisons": 2, "alpha": 0.05, "about": "x"},
        "margin": None,
        "comparisons": [{**entry, **more}],
        "suites": [],
        "standings": [],
        "differences": [],
        "warnings": [HOSTILE],
    }


def pages(found):
    return {
        "board": render_board(found, csv_name="b.csv", json_name="b.json"),
        "comparison": render_comparison(comparison()),
    }


@pytest.mark.parametrize("name", ["board", "comparison"])
def test_hostile_text_is_text(found, name):
    text = pages(found)[name]
    assert "<img" not in text and "alert(2)&lt;/script&gt;" in text
    assert text.count("<script>") == text.count("</script>") == 1
    assert text.count("<style>") == text.count("</style>") == 1
    assert "\u202e" not in text and "\\u202e" in text


@pytest.mark.parametrize("name", ["board", "comparison"])
def test_the_policy_allows_only_the_page_s_own_style_and_script(found, name):
    text = pages(found)[name]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith(("default-src &#39;none&#39;", "default-src 'none'"))
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert digest in policy.replace("&#43;", "+").replace("&#x3D;", "=")
    assert not re.search(r"\sstyle=|\son\w+=\"", text)


@pytest.mark.parametrize("name", ["board", "comparison"])
def test_nothing_is_loaded_from_elsewhere(found, name):
    text = pages(found)[name]
    links = re.findall(r'href="([^"]*)"', text)
    assert all(link.startswith("#") or link in ("b.csv", "b.json") for link in links)
    assert not re.search(r"""src\s*=\s*["']|url\(|@import|https?://""", text)


def test_all_numbers_stand_in_the_page_without_a_script(found):
    text = pages(found)["board"]
    body = text[: text.index("<script>")]
    for row in found["models"]:
        for column in found["columns"]:
            cell = row["cells"][column["name"]]
            if cell is not None:
                assert shown(cell["value"], 1) in body and span(cell["ci"], 1) in body
                assert cell["run"] in body
    assert "$0.2000" in body and "$4.00" in body
    assert "mean of 1 of 2 columns" in body
    assert body.count('class="track ') >= 4 and 'class="plot"' in body
    # Controls that only a script can serve are hidden until it runs.
    assert '<form class="filters" hidden>' in body and "<button" not in body


def test_a_terminal_is_not_commanded_by_a_name(found):
    found["models"][0]["model"] = "evil\x1b[2Jname\u202e"
    text = board_text(found)
    assert "\x1b" not in text and "evil\\x1b[2Jname\\u202e" in text


def test_a_missing_cell_sorts_last_and_is_a_dash(found):
    text = pages(found)["board"]
    assert '<td class="num missing" data-value="">–</td>' in text
    assert cell_text(None, found["columns"][0]) == "–"


def test_a_partial_mean_stands_in_brackets_without_a_rank(found):
    row = next(row for row in found["models"] if row["model"] == HOSTILE)
    assert not row["compared"] and row["ranks"] is None
    assert "(0.250)" in pages(found)["board"] and "(0.250)" in board_text(found)


def test_every_footnote_mark_has_its_note(found):
    text = pages(found)["board"]
    marked = set(re.findall(r'href="#(note-\d+)"', text))
    assert marked and marked == set(re.findall(r'id="(note-\d+)"', text))


def test_a_comparison_shows_verdict_bounds_and_both_answers():
    text = render_comparison(comparison())
    for piece in ("BETTER", "+0.1000", "[0.040, 0.160]", "10 / 2 / 68", "exact McNemar"):
        assert piece in text
    assert "between +0.0500 and +0.1200" in text
    assert "3 in B only" in text
    assert "A · read as <b>4</b>" in text and "B, unparsed" in text
    assert "B is worse on 1, better on 1" in text
    assert "The answers are not in this comparison" in text


def test_a_comparison_that_could_not_be_made_still_has_a_page():
    nothing = {"difference": None, "ci": None, "p": None, "p_adjusted": None, "bounds": None}
    text = render_comparison(comparison(**nothing, n=0, flips=[], verdict="INCONCLUSIVE", mde=None))
    assert "INCONCLUSIVE" in text and 'class="track' not in text


def test_flips_beyond_the_limit_are_said_to_be_left_out():
    flips = [{"task": "q", "sample": str(n), "a": 0.0, "b": 1.0} for n in range(30)]
    text = render_comparison(comparison(flips=flips), limit=10)
    assert text.count('class="sample"') == 10 and "20 more samples differ" in text


def test_categories_are_drawn_in_order_with_the_whole_as_a_line():
    part = {"metrics": {"acc": {"value": 0.5, "ci": [0.4, 0.6], "n": 9}}}
    task = {
        "task": "quiz",
        "metrics": {"acc": {"value": 0.5, "ci": None, "n": 18}},
        "subsets": [
            {**part, "task": "quiz/level=hard", "field": "level", "value": "hard"},
            {**part, "task": "quiz/level=easy", "field": "level", "value": "easy"},
            {**part, "task": "quiz/only"},
        ],
    }
    (chart,) = categories(task)
    assert chart["title"] == "quiz: acc by level"
    assert [row["name"] for row in chart["rows"]] == ["hard", "easy"]
    assert 'class="zero"' in str(chart["rows"][0]["track"])
    assert categories({**task, "metrics": {}}) == []


def test_a_reliability_diagram_says_its_numbers():
    item = {
        "task": HOSTILE,
        "n": 100,
        "accuracy": 0.5,
        "confidence": 0.8,
        "ece": 0.3,
        "ece_chance": 0.05,
        "bias": 0.3,
        "brier": 0.3,
        "auroc": 0.6,
        "selective_area": 0.55,
        "bins": [{"n": 50, "confidence": 0.7, "accuracy": 0.4, "ci": [0.3, 0.5]}] * 2,
    }
    (shown_item,) = diagrams([item])
    assert "0.300 surer than right" in shown_item["words"][1]
    assert "few for this" in shown_item["words"][-1]
    assert str(shown_item["picture"]).count('class="dot"') == 2
    json.dumps(shown_item["words"])
