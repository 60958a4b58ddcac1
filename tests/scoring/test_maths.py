"""Answers that are mathematically the same are equal; nothing hangs and nothing else is."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from julja.errors import ScoringError
from julja.scoring import maths as module
from julja.scoring import maths_worker
from julja.scoring.maths import maths, same
from julja.scoring.maths_text import final_answer, normalise
from julja.types import Response, Sample


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (r"\dfrac{1}{2}", "0.5"),
        (r"\frac12", r"\frac{1}{2}"),
        ("1/2", r"\frac{1}{2}"),
        ("x = 5", "5"),
        (r"10{,}000", "10000"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\pi/2)"),
        (r"90^\circ", "90"),
        (r"5 \text{ cm}", "5"),
        (r"\text{Evelyn}", "Evelyn"),
        (r"\$32.50", "32.50"),
        ("2x + 1", "1 + 2x"),
        (r"\{1, 2\}", r"\{2, 1\}"),
        (r"\sqrt{2}+1", r"1+\sqrt2"),
        (".5", "0.5"),
        ("18.00", "18"),
        (r"\[5\]", "5"),
        (r"2\mathrm{i}", "2i"),
        (r"5\mathrm{cm}", "5"),
        ("2516_8", "2516_{8}"),
    ],
)
def test_the_same(answer, target):
    assert same(answer, target)[0]


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (r"\frac{1}{3}", r"\frac{1}{2}"),
        ("(3, 0)", "(0, 3)"),
        ("2x", "x^2"),
        ("-5", "5"),
        ("1.5", "15"),
        ("", "0"),
        (r"\frac{", "1"),
        ("[0, 1)", "[0, 1]"),
        (r"2\mathrm{i}", "2"),
        ("6_8", "6_{9}"),
    ],
)
def test_not_the_same(answer, target):
    assert not same(answer, target)[0]


def test_the_final_answer_and_its_place():
    text = r"First \boxed{1}, no: \boxed{\frac{1}{\sqrt{2}}}. Done."
    found = final_answer(text)
    assert found.text == r"\frac{1}{\sqrt{2}}"
    assert text[slice(*found.span)] == found.text
    said = "So the final answer is: $42$."
    found = final_answer(said)
    assert found.text == "42"
    assert said[slice(*found.span)] == "42"
    assert final_answer("   ") is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"The final answer is $\frac12$. I hope it is correct.", r"\frac12"),
        (r"The answer is **\(\frac{1}{2}\)**.", r"\frac{1}{2}"),
        ("**Answer:** $5$", "5"),
        ("Answer: 5\n\nHope this helps!", "5"),
        ("The answer is 5. Let me check that it holds.", "5"),
        ("The answer is .5.", ".5"),
        ("Adding them up:\n$$\nx = 5\n$$", "x = 5"),
        ("Adding them up:\n\\[\nx = 5\n\\]\n", "x = 5"),
        ("The roots are $3$ and $5$.", "The roots are $3$ and $5$"),
    ],
)
def test_the_final_answer_without_a_box(text, answer):
    found = final_answer(text)
    assert found.text == answer
    assert text[slice(*found.span)] == answer


def test_the_last_sentence_is_read_as_mathematics():
    assert same("Thus the value is $\\frac{2}{4}$", r"\frac{1}{2}")[0]
    assert not same("Thus the value is $\\frac{2}{3}$", r"\frac{1}{2}")[0]


def test_what_takes_too_long_is_not_equal_and_the_next_question_is_answered():
    began = time.monotonic()
    equal, why = same("9^{9^{9^{9}}}", "8^{8^{8^{8^{8}}}}", timeout_s=0.5)
    assert not equal
    assert time.monotonic() - began < 30
    assert why is None or "0.5 s" in why or "Error" in why
    assert same(r"\frac{2}{4}", r"\frac{1}{2}")[0]


def test_a_process_that_dies_is_started_anew():
    assert same("2y", "y+y")[0]
    module._worker._process.kill()
    assert same("3y", "y+y+y")[0]


def test_a_process_that_always_dies_is_a_scoring_error(monkeypatch):
    def die(*_):
        raise EOFError

    module._worker.stop()
    monkeypatch.setattr(module._worker, "_exchange", die)
    with pytest.raises(ScoringError, match="ends its process"):
        same("2y", "y+y")


def test_an_interrupted_question_leaves_no_answer_behind(monkeypatch):
    assert same("2y", "y+y")[0]

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module._worker, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt):
            same("3y", "y+y+y")
    assert not same("4y", "y+y")[0]


def test_many_threads_share_one_process():
    pairs = [(f"{n}z", "+".join(["z"] * n) + ("+z" if n % 2 else "")) for n in range(1, 21)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda pair: same(*pair)[0], pairs))
    assert verdicts == [n % 2 == 0 for n in range(1, 21)]


def test_files_of_the_folder_that_one_works_in_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "sympy.py").write_text("raise SystemExit('not the library')")
    module._worker.stop()
    monkeypatch.chdir(tmp_path)
    assert same("5y", "4y+y")[0]


def test_equal_spellings_start_no_process():
    module._worker.stop()
    assert same(r"\dfrac12", r"\frac{1}{2}")[0]
    assert module._worker._process is None


def test_a_parser_that_finds_nothing_is_said_at_the_start(monkeypatch):
    monkeypatch.setattr(maths_worker, "equal", lambda *_: False)
    said = maths_worker._greeting()
    assert "does not find" in said["error"]
    assert "reinstall" in said["hint"]


def test_a_missing_library_is_a_scoring_error_that_says_what_to_install(monkeypatch, tmp_path):
    program = tmp_path / "worker.py"
    program.write_text("import json; print(json.dumps({'error': 'no module'}), flush=True)")
    module._worker.stop()
    monkeypatch.setattr(module, "WORKER", program)
    with pytest.raises(ScoringError, match=r"no module\. .*julja\[metrics\]"):
        same("2y", "y+y")


def test_a_process_whose_owner_is_gone_ends_itself():
    process = subprocess.Popen(
        [sys.executable, "-P", str(module.WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert json.loads(process.stdout.readline()) == {"ready": True}
        process.send_signal(signal.SIGINT)
        hard = {"answer": "(x+y+z)^{3000}", "target": "(y+z+x+1)^{3000}-1", "limit_s": 0.2}
        process.stdin.write(json.dumps(hard) + "\n")
        process.stdin.flush()
        assert process.wait(20) == -signal.SIGALRM


def test_no_answer_is_unparsed():
    score = maths()(Sample("x", "?", ("1",)), Response("  "))
    assert (score.state, score.values) == ("unparsed", {"acc": 0.0})


def test_no_target_is_an_error():
    with pytest.raises(ScoringError, match="no target"):
        maths()(Sample("x", "?"), Response("1"))


def test_normalising_twice_changes_nothing():
    for text in (r"\dfrac12", "x = 5", r"10,\!000 \text{ m}", r"\sqrt2", ".5"):
        assert normalise(normalise(text)) == normalise(text)
