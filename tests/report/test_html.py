"""The report is one closed file: hostile text stays text, and its size is bounded."""

import base64
import hashlib
import re
import shutil
import subprocess

import pytest

from julja.report.html import render_run
from julja.report.markdown import render_run as render_markdown
from julja.report.page import visible
from julja.types import ErrorInfo, Message, Prompt, Record, Response, Score

HOSTILE = "</script></style><img src=x onerror=alert(1)><script>alert(2)</script>"
METRIC = {"value": 0.5, "stderr": 0.1, "ci": [0.3, 0.7], "n": 4, "bounds": [0.4, 0.6]}
COUNTS = {"total": 5, "scored": 3, "unparsed": 1, "error": 1}


def result(**more):
    part = {
        "task": "sums",
        "version": 1,
        "form": "generate",
        "shots": 0,
        "counts": {**dict.fromkeys(("refused", "truncated", "skipped"), 0), **COUNTS},
        "metrics": {"acc": METRIC},
        "subsets": [],
        "usage": {"requests": 5, "cached_requests": 0, "input_tokens": 9, "output_tokens": 3},
        "seconds": 2.0,
    }
    whole = {
        "run": "20260101-aaaa",
        "model": "test/model",
        "signature": "sums.1|hash:00",
        "complete": True,
        "results": [part],
        "suites": [],
        "seconds": 2.5,
    }
    return {**whole, **more}


def record(number=0, text="The answer is 42.", span=(14, 16), value=1.0, **more):
    settings = {
        "state": "scored",
        "prompt": Prompt((Message("user", "What is it?"),)),
        "response": Response(text, finish="stop"),
        "score": Score({"acc": value}, extracted=text[slice(*span)] if span else None, span=span),
        "target": ("42",),
    }
    return Record("20260101-aaaa", "sums", f"test-{number}", 0, **{**settings, **more})


def page(records, limit=1000, **more):
    config = {"command": "julja run sums -m test/model", "limit": 5}
    return render_run(
        result(**more), records, title="sums", config=config, generated="today", limit=limit
    )


def test_the_scores_states_and_the_command_are_there():
    text = page([record()])
    for piece in ("0.5000", "[0.300, 0.700]", "0.4000–0.6000", "3 scored", "1 unparsed, 1 error"):
        assert piece in text
    assert "julja run sums -m test/model" in text
    assert "sums.1|hash:00" in text


def test_hostile_text_is_text_everywhere():
    hostile = record(
        text=HOSTILE,
        span=(0, 9),
        target=(HOSTILE,),
        prompt=Prompt((Message("user", HOSTILE),)),
        error=ErrorInfo("ProviderError", HOSTILE),
    )
    text = page([hostile], model=HOSTILE, signature=HOSTILE)
    assert "<img" not in text
    assert text.count("<script>") == 1 and text.count("</script>") == 1
    assert text.count("<style>") == 1 and text.count("</style>") == 1


def test_the_policy_allows_only_the_file_s_own_style_and_script():
    text = page([record()])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith(("default-src &#39;none&#39;", "default-src 'none'"))
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert digest in policy.replace("&#43;", "+").replace("&#x3D;", "=")


def test_nothing_is_loaded_from_elsewhere():
    text = page([record()])
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import|https?://""", text)


@pytest.mark.parametrize(
    ("span", "marked"),
    [
        ((0, 3), "<mark>The</mark> answer is 42."),
        ((14, 17), "The answer is <mark>42.</mark>"),
        ((0, 17), "<mark>The answer is 42.</mark>"),
        ((5, 5), "The answer is 42.</pre>"),
        ((10, 99), "The answer is 42.</pre>"),
        (None, "The answer is 42.</pre>"),
    ],
)
def test_the_extracted_answer_is_marked(span, marked):
    shown = record(score=Score({"acc": 1.0}, span=span))
    assert marked in page([shown])


def test_failures_come_first_and_the_rest_is_said_to_be_left_out():
    records = [record(n, value=float(n != 7)) for n in range(30)]
    text = page(iter(records), limit=10)
    assert text.count('class="sample"') == 10
    assert text.index("sums/test-7") < text.index("sums/test-0")
    assert "10 of 30 samples are here" in text and "20 are left out" in text


def test_a_huge_answer_is_cut_and_says_so():
    text = page([record(text="x" * 1_000_000, span=None)])
    assert len(text) < 200_000
    assert "980,000 more characters" in text


def test_long_texts_together_do_not_make_a_huge_file():
    text = page([record(n, text="x" * 19_000, span=None, value=0.0) for n in range(900)])
    assert len(text) < 30_000_000
    assert "are left out" in text


def test_control_and_direction_characters_are_spelt_out():
    assert visible("a\x00b\u202ec\x1b[31m") == "a\\u0000b\\u202ec\\u001b[31m"
    assert visible("한국어 中文\n\ttab") == "한국어 中文\n\ttab"


def test_joiners_that_scripts_need_stay():
    assert visible("می\u200cخواهم") == "می\u200cخواهم"


def test_what_is_cut_before_the_answer_is_said():
    assert "10,000 characters before" in page(
        [record(text="a" * 30_000 + "42", span=(30000, 30002))]
    )


def test_an_incomplete_run_says_so():
    text = page([record()], complete=False)
    assert "<b>INCOMPLETE</b>" in text and "<b>0.5000</b>" not in text
    assert "0.4000–0.6000" in text


def test_markdown_cannot_be_broken_out_of():
    hostile = record(text="````\n# no\n```` <b>", value=0.0, target=("a|b",))
    text = render_markdown(result(model="a|<b>"), [hostile], config={"command": "x"})
    assert "`````text\n````\n# no" in text
    assert "Target: a\\|b" in text
    assert text.startswith("# a\\|\\<b\\>")
    assert "| sums | generate, 0 shots | acc | 0.5000 |" in text


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_browser_shows_the_samples_and_runs_the_filters(tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page([record(n, text=HOSTILE, span=None) for n in range(3)]))
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    flags += " --disable-background-networking --disable-component-update --disable-sync"
    command = ["chromium", *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, timeout=120)
    assert "sums/test-2" in done.stdout
    assert "<output>3 of 3</output>" in done.stdout
    assert "<img" not in done.stdout
