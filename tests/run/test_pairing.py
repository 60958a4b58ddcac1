"""Judges compare the answers of runs; what comes out is battles that can be rated."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from julja.cli.main import cli
from julja.config import RunConfig
from julja.errors import ConfigError, StoreError
from julja.run.execute import start
from julja.run.pairing import Pairing, battle_json, pair_runs, pair_scorer, run_battles
from julja.store.sqlite import Store

CODE = """
import re

def long(prompt):
    return "# Answer\\n\\n- " + prompt * 3

def short(prompt):
    return "ok"

def longer(prompt):
    one, two = (re.search(rf"<answer {x}>\\n(.*?)\\n</answer {x}>", prompt, re.S)[1] for x in "AB")
    return "[[A>>B]]" if len(one) > len(two) else "[[B>>A]]" if len(two) > len(one) else "[[A=B]]"

def dumb(prompt):
    return "?"

def locked(prompt):
    from julja.errors import ProviderError

    raise ProviderError("this key opens nothing")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "code.py").write_text(CODE)
    rows = [{"id": f"c{i}", "question": f"Q{i}?", "category": "ab"[i % 2]} for i in range(6)]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "own.toml").write_text(
        'name = "own"\ncases = "cases.jsonl"\nexpected = "category"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(folder):
    opened = Store(folder / "julja.db")
    yield opened
    opened.close()


def answered(store, *names, task="own.toml", judges=()):
    runs = []
    for name in names:
        config = RunConfig(tasks=(task,), model=f"python/code.py:{name}", judges=judges)
        runs.append(store.find_run(asyncio.run(start(config, store)).run))
    return runs


def judged(store, runs, judge="longer", **settings):
    config = RunConfig(tasks=(), model="pair", judges=(f"python/code.py:{judge}",))
    pairing = Pairing(runs, pair_scorer(config), **settings)
    return pair_runs(store, pairing, config)


def test_two_runs_become_battles_in_both_orders(store):
    found = judged(store, answered(store, "long", "short"))
    assert len(found.battles) == 6 * 2 * 5 and found.stop is None
    (pair,) = found.summary["pairs"]
    assert pair["win_rate"]["value"] == 1.0 and pair["win_rate"]["n"] == 6
    assert {battle.verdict for battle in found.battles} == {"A>>B"}
    assert {battle.first for battle in found.battles} == {"a", "b"}
    row = battle_json(found.battles[0])
    assert (row["model_a"], row["category"], row["headers_a"]) == ("python/code.py:long", "a", 1.0)
    (report,) = found.summary["judges"]
    assert report["position"]["consistent"] == 1.0


def test_asking_again_costs_nothing_and_says_the_same(store):
    runs = answered(store, "long", "short")
    first, again = judged(store, runs), judged(store, runs)
    assert first.battles == again.battles
    assert again.summary["judges"][0]["usage"]["requests"] == 0


def test_three_runs_are_three_pairs_and_a_limit_takes_the_same_samples_of_each(store):
    runs = answered(store, "long", "short", "dumb")
    found = judged(store, runs, limit=2)
    assert len(found.summary["pairs"]) == 3
    assert len({battle.prompt for battle in found.battles}) == 2


def test_verdicts_that_can_t_be_read_stay_in_the_table_without_one(store):
    found = judged(store, answered(store, "long", "short"), judge="dumb")
    assert {battle.verdict for battle in found.battles} == {None}
    assert found.summary["pairs"][0]["win_rate"]["value"] is None
    assert "no verdict could be read" in found.summary["judges"][0]["remarks"][0]


def test_runs_without_a_common_answer_are_told(store, folder):
    (folder / "other.toml").write_text(
        'name = "other"\ncases = "cases.jsonl"\nexpected = "category"\n'
    )
    runs = [*answered(store, "long"), *answered(store, "short", task="other.toml")]
    with pytest.raises(StoreError, match="no written answer to the same sample"):
        judged(store, runs)
    with pytest.raises(ConfigError, match="no comparisons"):
        list(run_battles(store, runs[0]))


def test_a_run_against_a_baseline_is_exported_as_battles(store, folder):
    rows = [{"id": f"c{i}", "question": f"Q{i}?", "baseline": "so"} for i in range(3)]
    (folder / "based.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "based.toml").write_text('cases = "based.jsonl"\nscorer = "judge_pairwise"\n')
    judges = ("python/code.py:longer",)
    (run,) = answered(store, "long", task="based.toml", judges=judges)
    battles = list(run_battles(store, run))
    assert len(battles) == 3 * 2 * 5
    assert {(b.model_a, b.model_b, b.verdict) for b in battles} == {
        ("python/code.py:long", "baseline", "A>>B")
    }


def test_the_verb_writes_a_file_that_is_rated(store, folder):
    runs = answered(store, "long", "short")
    names = [run.id for run in runs]
    verb = ["judge", "pair", *names, "--judge", "python/code.py:longer", "-o", "b.jsonl", "--json"]
    said = CliRunner().invoke(cli, verb, standalone_mode=False)
    assert said.exception is None, said.output
    assert (folder / "b.jsonl").read_text().count("\n") == 60
    with pytest.raises(ConfigError, match="two runs"):
        CliRunner().invoke(
            cli, ["judge", "pair", names[0]], standalone_mode=False, catch_exceptions=False
        )


def test_a_judge_that_refuses_everything_is_asked_no_more(store):
    runs = answered(store, "long", "short")
    config = RunConfig(tasks=(), model="pair", judges=("python/code.py:locked",), max_connections=1)
    found = pair_runs(store, Pairing(runs, pair_scorer(config)), config)
    assert (found.stop, found.exit_code) == ("failing", 1)
    assert found.reason == "the judge does not answer: this key opens nothing"
    assert len(found.battles) == 2 * 5


def test_a_budget_ends_the_battles_and_keeps_those_that_were_fought(store):
    runs = answered(store, "long", "short")
    config = RunConfig(
        tasks=(),
        model="pair",
        judges=("mock/constant",),
        max_tokens_total=1,
        max_connections=1,
    )
    found = pair_runs(store, Pairing(runs, pair_scorer(config)), config)
    assert (found.stop, found.exit_code) == ("budget", 1)
    assert len(found.battles) == 2 * 5
