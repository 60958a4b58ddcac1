"""Runs that judges score: durable, resumed, scored again; each judge reported for what it is."""

import asyncio
import sqlite3

import pytest

from julja.config import RunConfig
from julja.errors import ConfigError
from julja.run.execute import rescore, resume, start
from julja.store.sqlite import Store

JUDGES = """
import re, time

calls = []

def seven(prompt):
    return "Good. Rating: [[7]]"

def first(prompt):
    return "The first one. [[A>B]]"

def never(prompt):
    return "Who can say?"

def slow(prompt):
    time.sleep(1.0)
    return "[[7]]"

def longer(prompt):
    one, two = (re.search(rf"<answer {x}>\\n(.*?)\\n</answer {x}>", prompt, re.S)[1] for x in "AB")
    return "[[A>>B]]" if len(one) > len(two) else "[[B>A]]" if len(two) > len(one) else "[[A=B]]"

def moody(request):
    return f"[[{5 + request.repeat}]]"

def broken(prompt):
    raise ValueError("no key")

def answers(prompt):
    return "A careful answer to " + prompt
"""
CASES = "".join(
    f'{{"id": "c{i}", "question": "Q{i}?", "baseline": "{"x" * (3 + 40 * (i % 2))}"}}\n'
    for i in range(12)
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "judges.py").write_text(JUDGES)
    (tmp_path / "cases.jsonl").write_text(CASES)
    (tmp_path / "rated.toml").write_text('cases = "cases.jsonl"\nscorer = "judge"\n')
    (tmp_path / "pairs.toml").write_text('cases = "cases.jsonl"\nscorer = "judge_pairwise"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "runs.db")
    yield opened
    opened.close()


def run(store, task, *judges, **settings):
    names = tuple(f"python/judges.py:{name}" if name.isalpha() else name for name in judges)
    config = RunConfig(
        tasks=(task,), model="python/judges.py:answers", judges=names, max_retries=0, **settings
    )
    return asyncio.run(start(config, store))


def test_ratings_are_averaged_and_the_judge_s_own_variance_reported(folder, store):
    done = run(store, "rated.toml", "moody")
    (result,) = done.result["results"]
    assert result["metrics"]["rating"]["value"] == pytest.approx(7.0)  # 5, 6, 7, 8, 9
    (report,) = result["judges"]
    assert report["questions"] == report["verdicts"] == 60
    assert report["variance"]["within"] == pytest.approx(2.5)
    assert report["variance"]["repeats"] == 5
    assert done.exit_code == 0


def test_a_jury_is_the_mean_of_its_judges(folder, store):
    (result,) = run(store, "rated.toml", "moody", "seven", judge_repeats=1).result["results"]
    assert result["metrics"]["rating"]["value"] == pytest.approx((5 + 7) / 2)
    assert [report["questions"] for report in result["judges"]] == [12, 12]


def test_a_judge_that_prefers_what_it_sees_first_is_told(folder, store):
    (result,) = run(store, "pairs.toml", "first").result["results"]
    assert result["metrics"]["win_rate"]["value"] == 0.5
    assert result["metrics"]["consistent"]["value"] == 0.0
    (report,) = result["judges"]
    assert report["position"]["first_preferred"] == 1.0
    assert report["position"]["consistent"] == 0.0
    assert "always prefers the answer shown first" in report["remarks"]


def test_a_judge_that_decides_by_what_is_said_has_no_position(folder, store):
    (result,) = run(store, "pairs.toml", "longer").result["results"]
    assert result["metrics"]["win_rate"]["value"] == pytest.approx(0.5)
    assert result["metrics"]["consistent"]["value"] == 1.0
    (report,) = result["judges"]
    assert report["position"]["first_preferred"] == 0.5 and report["remarks"] == []


def test_a_judge_that_never_says_anything_readable_scores_nobody(folder, store):
    done = run(store, "rated.toml", "never")
    (result,) = done.result["results"]
    assert (result["counts"]["unparsed"], result["counts"]["error"]) == (12, 0)
    assert result["metrics"]["rating"]["value"] is None
    assert result["metrics"]["rating"]["bounds"] == [1.0, 10.0]
    assert "no verdict could be read in 60 of 60 answers" in result["judges"][0]["remarks"]
    assert (done.result["complete"], done.exit_code) == (False, 3)


def test_a_judge_that_times_out_is_an_error_and_is_asked_again_on_resume(folder, store):
    done = run(store, "rated.toml", "slow", judge_repeats=1, timeout_s=0.2, limit=2)
    (result,) = done.result["results"]
    assert result["counts"]["error"] == 2
    assert result["judges"][0]["errors"] == {"ProviderTimeoutError": 2}
    assert "ProviderTimeoutError" in result["judges"][0]["remarks"][0]
    again = asyncio.run(resume(store.find_run(done.run), store, changes={"timeout_s": 30.0}))
    assert again.result["results"][0]["metrics"]["rating"]["value"] == 7.0
    assert again.exit_code == 0


def test_a_judge_that_can_t_be_had_stops_the_run_and_keeps_the_answers(folder, store):
    done = run(store, "rated.toml", "broken")
    assert (done.stop, done.exit_code) == ("failing", 1)
    assert "no key" in done.reason
    assert len(store.done(done.run)) == 12


def test_other_judges_score_the_same_answers_again(folder, store):
    done = run(store, "rated.toml", "seven")
    asked = store.find_run(done.run)
    changes = {"judges": ("python/judges.py:moody",)}
    result = rescore(asked, store, changes=changes)
    assert result["results"][0]["metrics"]["rating"]["value"] == pytest.approx(7.0)
    assert result["results"][0]["judges"][0]["judge"] == "python/judges.py:moody"
    assert "judge:python/judges.py:moody" in result["signature"] != asked.signature
    # The first scoring is kept beside.
    assert (
        len(list(store.judgements(done.run, 0))) == len(list(store.judgements(done.run, 1))) == 60
    )


def test_any_task_s_answers_can_be_graded(folder, store):
    (folder / "plain.toml").write_text('cases = "cases.jsonl"\nexpected = "baseline"\n')
    (result,) = run(store, "plain.toml", "seven").result["results"]
    assert list(result["metrics"]) == ["rating"]
    assert result["metrics"]["rating"]["value"] == 7.0


def test_a_judged_task_keeps_others_scorers_unless_a_rubric_is_named(folder, store):
    (folder / "plain.toml").write_text('cases = "cases.jsonl"\nexpected = "baseline"\nname="p"\n')
    config = RunConfig(
        tasks=("rated.toml", "plain.toml"),
        model="mock/echo",
        judges=("python/judges.py:seven",),
    )
    results = asyncio.run(start(config, store)).result["results"]
    assert [next(iter(r["metrics"])) for r in results] == ["rating", "exact_match"]


def test_without_a_judge_nothing_is_asked(folder, store):
    with pytest.raises(ConfigError, match="scored by a judge"):
        run(store, "rated.toml")
    assert store.runs() == []
    with pytest.raises(ConfigError, match="needs a judge"):
        RunConfig(tasks=("x",), model="m", rubric="quality")
    with pytest.raises(ConfigError, match="twice"):
        RunConfig(tasks=("x",), model="m", judges=("a/b", "a/b"))


def test_verdicts_are_on_disk_one_by_one_and_never_asked_twice(folder, store):
    done = run(store, "rated.toml", "seven")
    texts = sqlite3.connect(store.path).execute("SELECT COUNT(*) FROM exchanges").fetchone()[0]
    assert texts == 12 + 60
    again = run(store, "rated.toml", "seven")
    usage = again.result["results"][0]["judges"][0]["usage"]
    assert (usage["requests"], usage["cached_requests"]) == (0, 60)
    assert done.result["signature"] == again.result["signature"]


def test_a_killed_judging_goes_on_where_it_was(folder, store):
    done = run(store, "rated.toml", "seven")
    with sqlite3.connect(store.path) as connection:
        connection.execute("DELETE FROM scores WHERE sample IN ('c1', 'c2')")
        connection.execute("UPDATE runs SET status = 'running', result = NULL")
    again = asyncio.run(resume(store.find_run(done.run), store))
    assert again.result["results"][0]["metrics"]["rating"]["n"] == 12


def test_a_judge_s_texts_without_a_verdict_are_counted(folder, store):
    (result,) = run(store, "rated.toml", "mock/random", judge_repeats=1).result["results"]
    assert result["counts"]["unparsed"] == 12


def test_conversations_are_asked_turn_by_turn_and_come_from_the_cache(folder, store):
    (folder / "talk.py").write_text(
        """
from julja.scoring.base import scorer
from julja.tasks.task import Form, Task, task
from julja.types import Sample

@scorer(metrics="acc")
def remembers():
    def score(sample, response):
        return len(response.earlier) == 2 and "name is Ann" in response.earlier[0]
    return score

@task
def talk():
    return Task(
        name="talk",
        rows=[{"q": "My name is Ann"}, {"q": "So name is Ann"}],
        sample=lambda row: Sample("", row["q"]),
        forms={"generate": Form(turns=lambda s: ["and then?", "so?"], scorer=remembers())},
    )
"""
    )
    config = RunConfig(tasks=("talk.py",), model="python/judges.py:answers")
    done = asyncio.run(start(config, store))
    (result,) = done.result["results"]
    assert result["metrics"]["acc"]["value"] == 1.0
    record = next(iter(store.records(done.run)))
    assert [m.role for m in record.prompt.messages] == ["user", "assistant"] * 2 + ["user"]
    assert record.response.earlier[1].startswith("A careful answer")
    again = asyncio.run(start(config, store))
    assert again.result["results"][0]["usage"]["requests"] == 0


def test_the_report_says_the_command_that_repeats_a_judged_run(folder, store):
    done = run(store, "rated.toml", "seven", "moody", judge_repeats=2, rubric="Is it kind?")
    from julja.run.reports import reproduce

    assert reproduce(dict(store.find_run(done.run).config)) == (
        "julja run rated.toml -m python/judges.py:answers --judge python/judges.py:seven"
        " --judge python/judges.py:moody --max-retries 0 --judge-repeats 2 --rubric 'Is it kind?'"
    )
