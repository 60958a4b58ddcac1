"""LiveCodeBench: packed tests, windows, releases, grading, its own files in and out."""

import base64
import gzip
import json
import pickle
import zlib
from datetime import date
from pathlib import Path

import pytest

from julja.benchmarks.code.livecodebench import (
    CHECKS,
    in_window,
    livecodebench,
    match_responses,
    question,
    submission,
    to_sample,
)
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.scoring.contest import failed_test, fenced_program, same_output, unpack_tests
from julja.tasks.build import build_samples
from julja.tasks.render import render_prompt
from julja.tasks.task import Answered
from julja.types import Response, Score

STDIN, CALLED = CHECKS[0].row, CHECKS[2].row


def packed(value):
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def write(folder: Path, name: str, *days: str) -> None:
    rows = [{**STDIN, "question_id": day, "contest_date": f"{day}T19:30:00"} for day in days]
    path = folder / "livecodebench" / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def ids(name, data):
    config = RunConfig(tasks=(name,), model="m", data=str(data))
    plan = make_plan(config, frozenset({"generate"}), {"name": "m"}, resolved=resolve(name))
    return {leaf.name: [s.id for s in leaf.samples] for leaf in plan.leaves.values()}


def test_tests_come_plain_and_packed():
    (first, second) = to_sample(CALLED).fields["tests"]
    assert unpack_tests(first)[0]["output"] == "[[1], [2]]"
    assert [test["input"] for test in unpack_tests(second)] == ["[1, 2, 3, 4]\n2", "[]\n0"]


class Evil:
    def __reduce__(self):
        return (print, ("code was run",))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (packed(Evil()), "a pickled test asks for builtins.print, and tests are plain text"),
        (packed([1]), "can't be unpacked"),
        ("no base64 at all", "can't be unpacked"),
        (packed('{"input": "1"}'), "the tests are no list"),
        ('[{"input": "1"}]', "has no input and output"),
    ],
)
def test_packed_tests_are_read_without_running_anything(value, message, capsys):
    with pytest.raises(DataError, match=message):
        unpack_tests(value)
    assert capsys.readouterr().out == ""


def test_releases_add_files_and_windows_cut_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    write(tmp_path, "test", "2023-08-31", "2023-09-01")
    write(tmp_path, "test2", "2024-04-01")
    write(tmp_path, "test3", "2024-07-01")
    assert ids("livecodebench:release=v2", tmp_path) == {
        "livecodebench/test": ["2023-08-31", "2023-09-01"],
        "livecodebench/test2": ["2024-04-01"],
    }
    assert ids("livecodebench:release=v3,start=2023-09-01,end=2024-04-01", tmp_path) == {
        "livecodebench/test": ["2023-09-01"],
        "livecodebench/test2": ["2024-04-01"],
    }
    assert ids("livecodebench/test3", tmp_path) == {"livecodebench/test3": ["2024-07-01"]}
    with pytest.raises(DataError, match="none of its problems is from 2030-01-01 to the end"):
        ids("livecodebench:start=2030-01-01", tmp_path)


def test_both_ends_of_a_window_belong_to_it():
    day = date(2024, 8, 1)
    assert in_window(day, day, day)
    assert not in_window(day, date(2024, 8, 2), None)
    assert not in_window(day, None, date(2024, 7, 31))


def test_options_are_checked():
    with pytest.raises(ConfigError, match="no release 'v9'"):
        livecodebench(release="v9")
    with pytest.raises(ConfigError, match="start='August' is no date"):
        livecodebench(start="August")
    task = livecodebench(n=10)
    assert (task.epochs, task.forms["generate"].decoding.temperature) == (10, 0.2)


def test_the_prompt_with_starter_code():
    text = question(to_sample(CALLED))
    assert text.startswith("### Question:\nReturn the first and the second half")
    assert "enclose your code within delimiters.\n```python\nclass Solution:\n" in text
    prompt = render_prompt(livecodebench().forms["generate"], to_sample(CALLED), ())
    assert [message.role for message in prompt.messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"difficulty": "extreme"}, "x.jsonl, row 0: 'extreme' is none of easy"),
        ({"contest_date": "soon"}, "no contest_date that can be read: 'soon'"),
        ({"starter_code": "class Solution:"}, "only one of starter code and function name"),
        ({"public_test_cases": "", "private_test_cases": ""}, "'own_a' has no tests"),
    ],
)
def test_damaged_rows_are_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(livecodebench(), [{**STDIN, **change}], split="test", origin="x.jsonl")


def test_lines_and_numbers_are_compared_as_upstream_does():
    assert same_output(" 1 \n2\n\n", "1\n2")
    assert same_output("0.50", "0.5")
    assert not same_output("50000000000000001", "50000000000000000")
    assert not same_output("1\n\n2", "1\n2")
    assert not same_output("a", "A")
    assert fenced_program("x") == fenced_program("```\nx") == ""
    assert fenced_program("```\na\n```\n```python\nb\n```") == "b"


@pytest.mark.sandbox
def test_a_tuple_is_a_list_only_as_the_whole_answer():
    test = {"input": "1", "output": "[1, [2]]"}
    assert failed_test("def f(x):\n    return (1, [2])", test, "f") is None
    assert failed_test("def f(x):\n    return [1, (2,)]", test, "f").startswith("wrong answer")


@pytest.mark.sandbox
def test_what_fails_says_why():
    scorer = livecodebench().forms["generate"].scorer
    score = scorer(to_sample(STDIN), Response("```\nprint(2, 10)\n```", finish="stop"))
    assert score.explanation == "test 2: wrong answer: '2 10' for '1.0'"
    assert score.details == {"tests": 2, "passed": 1}
    score = scorer(to_sample(STDIN), Response("```\n1 / 0\n```", finish="stop"))
    assert score.explanation == "test 1: failed: ZeroDivisionError: division by zero"


def test_its_own_files_in_and_out():
    sample = to_sample(STDIN)
    rows = [
        {"question_id": "own_a", "output_list": ["```\na\n```", "b"], "code_list": ["a", ""]},
        {"question_id": "own_a", "code_list": ["a"]},
    ]
    assert match_responses(rows, [sample]) == [
        {"id": "own_a", "response": ["```\na\n```", "b"]},
        {"id": "own_a", "response": ["```python\na\n```"]},
    ]
    with pytest.raises(DataError, match="row 0 of the responses has no question_id"):
        match_responses([{"code_list": []}], [sample])
    with pytest.raises(DataError, match="neither output_list nor code_list"):
        match_responses([{"question_id": "own_a"}], [sample])
    answered = Answered(sample, "test", Response("```python\na = 1\n```"), Score({}))
    (file,) = submission([answered]).values()
    assert json.loads(file) == [{"question_id": "own_a", "code_list": ["a = 1"]}]


# Our own programs for four problems whose tests the mirror has, and a wrong one for each.
PROGRAMS = {
    "atcoder-abc307_d": (
        None,
        "input()\nkept, opened = [], []\nfor sign in input():\n    if sign == '(':\n"
        "        opened.append(len(kept))\n    if sign == ')' and opened:\n"
        "        del kept[opened.pop():]\n    else:\n        kept.append(sign)\n"
        "print(''.join(kept))",
        "input()\nprint(input())",
    ),
    "atcoder-abc375_a": (
        None,
        "input()\ns = input()\nprint(sum(s[i:i + 3] == '#.#' for i in range(len(s))))",
        "input()\nprint(input().count('#.#'))",
    ),
    "leetcode-3308": (
        "lastNonEmptyString",
        "class Solution:\n    def lastNonEmptyString(self, s: str) -> str:\n"
        "        counts = Counter(s)\n        most = max(counts.values(), default=0)\n"
        "        last = {sign: place for place, sign in enumerate(s)}\n"
        "        kept = [sign for sign in counts if counts[sign] == most]\n"
        "        return ''.join(sorted(kept, key=last.get))",
        "class Solution:\n    def lastNonEmptyString(self, s: str) -> str:\n        return s[-1:]",
    ),
}


@pytest.mark.mirror
@pytest.mark.sandbox
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_our_own_on_the_real_tests(mirror, name):
    path = mirror / "livecodebench" / "problems" / f"code-generation-{name}.json.gz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    tests = json.loads(gzip.decompress(path.read_bytes()))["tests"]
    function, right, wrong = PROGRAMS[name]
    assert [failed_test(right, test, function) for test in tests] == [None] * len(tests)
    assert any(failed_test(wrong, test, function) for test in tests)
