"""`julja arena …` as a voter uses it: piped, on a terminal, interrupted, served."""

import http.client
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from julja.cli.arena import keys, screen
from julja.cli.arena.voter import voter_token
from julja.cli.main import main
from julja.errors import ConfigError

HOSTILE = "red \x1b[31m bell \x07 back \u202e [bold]markup[/bold] :smile: https://x.test \ud800"
JULJA = [sys.executable, "-m", "julja.cli.main"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with two models' answers, and settings of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for model in ("big", "small"):
        rows = [
            {"id": n, "prompt": f"질문 {n}", "model": model, "response": f"{model[0]}{n} {HOSTILE}"}
            for n in range(4)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{model}.jsonl").write_text(text)
    return tmp_path


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def type_in(monkeypatch, text):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


FILES = ("big.jsonl", "small.jsonl")


def vote(capsys, monkeypatch, text, *more):
    type_in(monkeypatch, text)
    return run(capsys, "arena", "vote", *FILES, *more)


def test_votes_are_taken_from_a_pipe_and_names_told_after_each(here, capsys, monkeypatch):
    code, out, err = vote(capsys, monkeypatch, "a\nb\nt\nx\n")
    assert code == 0
    first = out.split("battle 2")[0]
    blind, told = first.split("A is better.")
    assert "big" not in blind and "small" not in blind
    assert "A was " in told and "big" in told and "small" in told
    assert out.count("won") >= 8
    assert "nothing is left" in err and "4 votes now" in err


def test_the_input_s_end_is_a_stop(here, capsys, monkeypatch):
    code, _, err = vote(capsys, monkeypatch, "a\n")
    assert code == 0 and "1 vote now" in err
    assert "go on with: julja arena vote big.jsonl small.jsonl" in err


def test_other_keys_are_asked_again_and_skips_are_no_votes(here, capsys, monkeypatch):
    code, out, err = vote(capsys, monkeypatch, "?\n\nz\ns\nA\nq\n", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["votes"], found["skipped"], found["ended"]) == (1, 1, "stopped")
    assert sum(row["wins"] for row in found["tally"]) == 1
    assert "battle 1" in err


def test_model_output_is_shown_and_never_obeyed(here, capsys, monkeypatch):
    _, out, _ = vote(capsys, monkeypatch, "q\n", "--width", "200")
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    assert "red \\x1b[31m bell \\x07 back \\u202e [bold]markup[/bold] :smile:" in out


def test_wide_windows_show_both_answers_side_by_side(here, capsys, monkeypatch):
    _, wide, _ = vote(capsys, monkeypatch, "q\n", "--width", "160")
    assert any("── A" in line and "── B" in line for line in wide.splitlines())
    _, narrow, _ = vote(capsys, monkeypatch, "q\n", "--width", "60")
    assert not any("── A" in line and "── B" in line for line in narrow.splitlines())


def test_strong_verdicts_need_a_flag(here, capsys, monkeypatch):
    vote(capsys, monkeypatch, "B\n", "--limit", "1", "--strong")
    vote(capsys, monkeypatch, "B\n", "--limit", "1")
    run(capsys, "arena", "votes", "--out", "v.jsonl")
    rows = [json.loads(line) for line in (here / "v.jsonl").read_text().splitlines()]
    assert [row["verdict"] for row in rows] == ["B>>A", "B>A"]


def test_each_voter_has_an_own_sitting(here, capsys, monkeypatch):
    for name in ("jiwoo", "민수"):
        code, _, err = vote(capsys, monkeypatch, "a\na\na\na\n", "--voter", name)
        assert code == 0 and "4 votes now" in err
    code, out, _ = run(capsys, "arena", "votes", "--json")
    found = json.loads(out)
    assert (found["votes"], found["voters"], found["tampered"]) == (8, 2, None)
    # Two voters who always say A: sides are balanced, so no model is ahead.
    assert [row["wins"] for row in found["tally"]] == [4, 4]


def test_votes_can_be_rated(here, capsys, monkeypatch):
    pytest.importorskip("julja.cli.arena.rate")
    vote(capsys, monkeypatch, "a\nb\nt\na\n", "--seed", "2")
    vote(capsys, monkeypatch, "b\nb\na\nt\n", "--seed", "2", "--voter", "two")
    for name in ("v.jsonl", "v.csv"):
        run(capsys, "arena", "votes", "--out", name)
        code, out, _ = run(capsys, "arena", "rate", name, "--json")
        assert code == 0
        assert {row["model"] for row in json.loads(out)["ratings"]} == {"big", "small"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["big.jsonl"], 1, "all answers are of one model (big)"),
        (["none.jsonl", "big.jsonl"], 1, "no such file"),
        ([], 1, "there is no run in julja.db, and no file of answers was named"),
        (["nosuchrun"], 1, "there is no run 'nosuchrun'"),
        ([*FILES, "--task", "geo"], 1, "nothing to vote on"),
        ([*FILES, "--voter", "../x"], 2, "is no name"),
        ([*FILES, "--limit", "0"], 2, "--limit"),
        ([*FILES, "--polcy", "widest"], 2, "--polcy"),
    ],
)
def test_wrong_use_says_what_to_do(here, capsys, monkeypatch, arguments, code, says):
    type_in(monkeypatch, "")
    found, _, err = run(capsys, "arena", "vote", *arguments)
    assert found == code
    assert says in err and "Traceback" not in err


def test_an_empty_file_is_named(here, capsys, monkeypatch):
    (here / "empty.jsonl").write_text("")
    type_in(monkeypatch, "")
    code, _, err = run(capsys, "arena", "vote", "empty.jsonl", "big.jsonl")
    assert code == 1 and "empty.jsonl: the file is empty" in err


def test_no_votes_yet_is_no_table(here, capsys, monkeypatch):
    vote(capsys, monkeypatch, "q\n")
    code, _, err = run(capsys, "arena", "votes")
    assert code == 1 and "there is no vote" in err
    code, _, err = run(capsys, "arena", "votes", "--store", "other.db")
    assert code == 2 and "there is no store" in err


def test_runs_of_the_store_take_part(here, capsys, monkeypatch):
    (here / "cases.jsonl").write_text(
        "".join(json.dumps({"id": n, "input": f"q{n}", "expected": "1"}) + "\n" for n in range(3))
    )
    (here / "cases.toml").write_text('cases = "cases.jsonl"\nscorer = "exact"\n')
    models = ["-m", "mock/echo", "-m", "mock/constant:text=yes"]
    assert run(capsys, "run", "cases.toml", *models, "--json")[0] == 0
    type_in(monkeypatch, "a\nb\nx\n")
    code, out, err = run(capsys, "arena", "vote")
    assert code == 0 and "2 models, 3 prompts, 3 different battles" in err
    assert "mock/echo" in out and "mock/constant:text=yes" in out
    rows = json.loads(run(capsys, "arena", "votes", "--json")[1])
    assert rows["votes"] == 3


def test_two_runs_of_one_model_are_two_models(here, capsys, monkeypatch):
    (here / "model.py").write_text(
        "import uuid\ndef answer(prompt: str) -> str:\n    return uuid.uuid4().hex\n"
    )
    (here / "c.jsonl").write_text('{"id": 1, "input": "q", "expected": "1"}\n')
    (here / "c.toml").write_text('cases = "c.jsonl"\nscorer = "exact"\n')
    ids = []
    for _ in range(2):
        _, out, _ = run(
            capsys, "run", "c.toml", "-m", "python/model.py:answer", "--no-cache", "--json"
        )
        ids.append(json.loads(out)["run"])
    type_in(monkeypatch, "a\n")
    code, out, err = run(capsys, "arena", "vote", "--runs", *ids)
    assert code == 0 and "2 models" in err
    assert all(f"({id_})" in out for id_ in ids)


def test_ctrl_c_loses_no_vote_and_says_how_to_go_on(here):
    process = subprocess.Popen(
        [*JULJA, "arena", "vote", *FILES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write("a\nb\n")
    process.stdin.flush()
    while "battle 3" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted. 2 votes now, 2 of yours in julja.db" in err
    assert "go on with: julja arena vote big.jsonl small.jsonl" in err
    assert "Traceback" not in err


def test_on_a_terminal_one_key_is_a_vote(here):
    process, terminal = terminal_of(["arena", "vote", *FILES, "--limit", "2"])
    seen = read_until(terminal, "stop")
    press(terminal, "ㅁ".encode())
    seen += read_until(terminal, "battle 2", "stop")
    press(terminal, b"\x1b[C")
    seen += read_until(terminal, "all are kept")
    assert process.wait(timeout=30) == 0
    assert "A is better." in seen and "B is better." in seen
    assert "[31m bell" not in seen.replace("\\x1b[31m bell", "")
    os.close(terminal)


def test_ctrl_c_on_a_terminal(here):
    process, terminal = terminal_of(["arena", "vote", *FILES])
    read_until(terminal, "stop")
    press(terminal, b"\x03")
    assert "go on with" in read_until(terminal, "ratings:")
    assert process.wait(timeout=30) == 130
    os.close(terminal)


def terminal_of(arguments):
    """A process with a terminal of its own, 100 columns wide."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*JULJA, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def press(terminal, key):
    """Press a key once the program listens: what is typed before that is no vote."""
    deadline = time.monotonic() + 60
    while termios.tcgetattr(terminal)[3] & termios.ICANON:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.write(terminal, key)


def read_until(terminal, *texts, seconds=60):
    """What is written until all of `texts` have been, in their order."""
    seen, deadline = "", time.monotonic() + seconds
    wanted = re.compile(".*?".join(map(re.escape, texts)), re.DOTALL)
    while not wanted.search(seen):
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 4096).decode("utf-8", "replace")
            except OSError:
                break
    return seen


def test_serve_says_where_and_stops_on_ctrl_c(here):
    process = subprocess.Popen(
        [*JULJA, "arena", "serve", *FILES, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    told = json.loads(process.stdout.readline())
    host, _, port = told["url"].removeprefix("http://").removesuffix("/api/v1").partition(":")
    client = http.client.HTTPConnection(host, int(port), timeout=20)

    def ask(method, path, body=None, token=""):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        client.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
        return json.loads(client.getresponse().read())

    token = ask("POST", "/voters", {"invite": None})["token"]
    battle = ask("POST", "/battles/next", token=token)
    assert battle["prompt"][0]["content"].startswith("질문")
    ask("POST", "/votes", {"battle": battle["battle"], "verdict": "A>B"}, token)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "stopped; 1 new votes are in julja.db" in err
    client.close()


def test_serve_says_when_its_port_is_taken(here, capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, err = run(capsys, "arena", "serve", *FILES, "--port", port)
    assert code == 2 and f"--port {port}" in err and "--port 0" in err


def test_plan_prints_a_table_and_one_object(here, capsys):
    code, out, _ = run(capsys, "arena", "plan", "--half-width", "40", "--rounds", "20")
    assert code == 0 and "closed form" in out and "uniform" in out
    code, out, _ = run(capsys, "arena", "plan", "--half-width", "40", "--rounds", "20", "--json")
    found = json.loads(out)
    (policy,) = found["policies"]
    assert policy["votes"] == pytest.approx(policy["closed_form"], rel=0.1)
    assert (found["goal"], found["assumed"]["rounds"]) == ("half_width", 20)
    code, _, err = run(capsys, "arena", "plan")
    assert code == 2 and "--half-width 20" in err


def test_a_voter_keeps_one_secret_that_only_they_can_read(here):
    token = voter_token("me")
    assert voter_token("me") == token != voter_token("other")
    path = here / "config" / "julja" / "voters" / "me"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("")
    assert voter_token("me") not in ("", token)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb", "x" * 65, ".hidden"])
def test_names_that_are_no_file_names_are_refused(here, name):
    with pytest.raises(ConfigError):
        voter_token(name)


@pytest.mark.parametrize(
    ("typed", "strong", "key"),
    [
        ("a", False, "a"),
        ("A", False, "a"),
        ("A", True, "A"),
        ("ㅠ", False, "b"),
        ("=", False, "t"),
        ("\x1b[D", False, "a"),
        ("\x1b[C", True, "b"),
        ("1", False, None),
        ("", False, None),
    ],
)
def test_keys(typed, strong, key):
    assert keys.key_of(typed, strong=strong) == key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("한국어 नमस्ते 👩\u200d🔬 می\u200cروم", "한국어 नमस्ते 👩\u200d🔬 می\u200cروم"),
        ("a\tb\r\nc\rd", "a   b\nc\\rd"),
        ("wide\u3000space\xa0", "wide\u3000space\xa0"),
        ("\x1b]8;;http://x\x07link", "\\x1b]8;;http://x\\x07link"),
        ("\u2066\u202e\ufeff\x00\x9b\ud800", "\\u2066\\u202e\\ufeff\\x00\\x9b\\ud800"),
    ],
)
def test_text_is_clean_and_still_readable(text, shown):
    assert screen.clean(text) == shown
