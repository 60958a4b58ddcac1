"""`julja compare` and `julja gate` as a user types them: exit codes, files, JSON, refusals."""

import json

import pytest
from tests.run.compare_case import Shelf, scores

from julja.cli.main import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a store of three runs."""
    monkeypatch.chdir(tmp_path)
    shelf = Shelf(tmp_path)
    shelf.run("20260101-000001-aaaa", {"quiz": scores("1" * 40 + "0" * 60)})
    shelf.run("20260101-000002-bbbb", {"quiz": scores("1" * 75 + "0" * 25)})
    shelf.run("20260101-000003-cccc", {"quiz": scores("1" * 74 + "0" * 26)}, shots=5)
    shelf.store.close()
    return tmp_path


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    out, err = capsys.readouterr()
    return stop.value.code, out, err


A, B, C = "20260101-000001", "20260101-000002", "20260101-000003"


def test_two_runs_by_the_beginning_of_their_ids(here, capsys):
    code, out, err = run(capsys, "compare", A, B)
    assert (code, err) == (0, "")
    assert "+0.3500" in out and "BETTER" in out and "B is worse on 0, better on 35" in out
    code, out, _ = run(capsys, "compare", A, B, "--json", "--flips", "1")
    found = json.loads(out)
    assert code == 0 and found["a"]["run"].endswith("aaaa")
    assert found["comparisons"][0]["verdict"] == "BETTER"


def test_last_and_files_are_runs_too(here, capsys):
    code, exported, _ = run(capsys, "export", B, "--to", "jsonl")
    assert code == 0
    (here / "b.jsonl").write_text(exported)
    code, out, _ = run(capsys, "compare", A, "b.jsonl", "--flips", "0")
    assert code == 0 and "+0.3500" in out
    code, _, err = run(capsys, "compare", A, "last", "--force", "--flips", "0")
    assert code == 0 and "shots differs: 0 in A, 5 in B" in err


def test_all_pairs_and_letters(here, capsys):
    arguments = ("compare", A, B, C, "--all-pairs", "--force", "--flips", "0", "--adjust", "max-t")
    code, out, _ = run(capsys, *arguments)
    assert code == 0 and "B → C" in out and "2 of 3 pairs separated" in out
    assert "max-T" in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["compare", A, C], 2, "shots differs: 0 in A, 5 in B"),
        (["compare", A], 2, "two different runs"),
        (["compare", A, "nope"], 1, "no run 'nope'"),
        (["compare", A, "nope.jsonl"], 1, "no such file"),
        (["compare", A, B, "--adjust", "hlm"], 2, "Did you mean holm?"),
        (["compare", A, B, "--metric", "ac"], 2, "Did you mean acc?"),
        (["compare", A, B, "--task", "quizz"], 2, "Did you mean quiz?"),
        (["compare", A, B, "--margin", "0"], 2, "a margin is above 0"),
        (["compare", A, B, "--flips", "-2"], 2, "0 or more"),
        (["compare", A, B, "--store", "none.db"], 2, "there is no store"),
        (["gate", B], 2, "--policy"),
        (["gate", A, B, C, "--policy", "p.toml"], 2, "a baseline and a candidate"),
        (["gate", B, "--policy", "none.toml"], 2, "can't be read"),
    ],
)
def test_wrong_words_say_what_to_type(here, capsys, arguments, code, says):
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert says in err


def test_a_refusal_is_one_json_object(here, capsys):
    code, out, _ = run(capsys, "compare", A, C, "--json")
    assert code == 2 and json.loads(out)["error"]["kind"] == "ConfigError"


POLICY = 'required = ["quiz"]\n[[rules]]\ntask = "quiz"\nmax_drop = 0.05\nmin_value = 0.6\n'


def test_a_gate_opens_and_closes_by_its_exit_code(here, capsys):
    (here / "p.toml").write_text(POLICY)
    code, out, _ = run(capsys, "gate", A, B, "--policy", "p.toml")
    assert code == 0 and out.splitlines()[-1] == "GO  3 PASS (p.toml)"
    arguments = ("gate", B, A, "--policy", "p.toml", "--junit", "out/j.xml", "--github", "--json")
    code, out, err = run(capsys, *arguments)
    assert code == 100 and json.loads(out)["decision"] == "NO-GO"
    assert "::error title=julja gate FAIL::quiz max_drop 0.05" in err
    assert 'failures="2"' in (here / "out" / "j.xml").read_text()
    code, out, _ = run(capsys, "gate", B, A, "--policy", "p.toml", "--github")
    assert code == 100 and "::error" in out


def test_what_is_not_decided_blocks_unless_the_policy_only_warns(here, capsys):
    rule = '[[rules]]\ntask = "quiz"\nmin_value = 0.7\n'
    (here / "p.toml").write_text(rule)
    code, out, _ = run(capsys, "gate", B, "--policy", "p.toml")
    assert code == 100 and "INCONCLUSIVE" in out and "samples would show it" in out
    (here / "p.toml").write_text('inconclusive = "warn"\n' + rule)
    code, out, _ = run(capsys, "gate", B, "--policy", "p.toml", "--github")
    assert code == 0 and "::warning" in out


def test_a_gate_on_a_floor_needs_no_baseline_and_one_on_a_drop_does(here, capsys):
    (here / "p.yaml").write_text("rules:\n  - min_value: 0.5\n")
    assert run(capsys, "gate", B, "--policy", "p.yaml")[0] == 0
    (here / "p.yaml").write_text("rules:\n  - max_drop: 0.5\n")
    code, _, err = run(capsys, "gate", B, "--policy", "p.yaml")
    assert code == 2 and "need a baseline" in err
    (here / "p.yaml").write_text("rules:\n  - max_drops: 0.5\n")
    code, _, err = run(capsys, "gate", B, "--policy", "p.yaml")
    assert code == 2 and "p.yaml:2: rules[1].max_drops" in err and "max_drop" in err
