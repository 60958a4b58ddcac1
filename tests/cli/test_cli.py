"""The command line: exit codes, messages, JSON on stdout and nothing else there."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from julja.cli.main import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a small benchmark."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "sums.jsonl").open("w") as file:
        for n in range(6):
            file.write(
                json.dumps({"id": f"c{n}", "input": f"{n}+1", "expected": str(n + 1)}) + "\n"
            )
    (tmp_path / "sums.toml").write_text('cases = "sums.jsonl"\nscorer = "number"\n')
    (tmp_path / "model.py").write_text(
        "def answer(prompt: str) -> str:\n    return str(eval(prompt))\n"
    )
    return tmp_path


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    out, err = capsys.readouterr()
    return stop.value.code, out, err


MODEL = ("-m", "python/model.py:answer")


def test_json_is_one_object_with_the_contract_s_keys(here, capsys):
    code, out, _ = run(capsys, "run", "sums.toml", *MODEL, "--json")
    result = json.loads(out)
    assert code == 0
    assert {"run", "model", "signature", "complete", "results", "suites"} <= set(result)
    (task,) = result["results"]
    keys = "task version form shots counts metrics subsets usage seconds"
    assert set(keys.split()) <= set(task)
    assert (task["task"], task["form"], task["shots"]) == ("sums", "generate", 0)
    (metric,) = task["metrics"].values()
    assert {"value", "stderr", "ci", "n", "bounds"} <= set(metric)
    assert metric["value"] == 1.0


def test_show_and_score_give_the_same_object(here, capsys):
    _, first, _ = run(capsys, "run", "sums.toml", *MODEL, "--json")
    run_id = json.loads(first)["run"]
    code, shown, _ = run(capsys, "show", run_id, "--json")
    assert (code, json.loads(shown)) == (0, json.loads(first))
    code, scored, _ = run(capsys, "score", run_id, "--json")
    assert code == 0
    assert json.loads(scored)["results"] == json.loads(first)["results"]


def test_a_sample_is_shown_with_prompt_answer_and_reason(here, capsys):
    run(capsys, "run", "sums.toml", *MODEL)
    code, out, _ = run(capsys, "show", "last/c3")
    assert code == 0
    assert "3+1" in out and "target     4" in out and "extracted  4" in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["rum"], 2, "Did you mean run"),
        (["run", "gsm8", "-m", "mock/echo"], 2, "Did you mean gsm8k"),
        (["run", "sums.toml", "-m", "mokc/echo"], 2, "mock"),
        (["run", "sums.toml"], 2, "no model was named"),
        (["run", "-m", "mock/echo"], 2, "no task was named"),
        (["run", "sums.toml", "-m", "mock/echo", "--limt", "3"], 2, "--limit"),
        (["run", "sums.toml", "-m", "mock/echo", "--limit", "0"], 2, "at least 1"),
        (["run", "sums.toml", "-m", "mock/echo", "--data", "nowhere"], 2, "no such folder"),
        (["run", "sums.toml:shotz=3", "-m", "mock/echo"], 2, "shots"),
        (["run", "none.toml", "-m", "mock/echo"], 2, "there is no file"),
        (["run", "sums.toml", "-m", "mock/echo", "--form", "rank"], 2, "has no rank form"),
        (["show", "nothing"], 2, "there is no store"),
        (["score", "sums.toml", "--responses", "none.jsonl"], 1, "none.jsonl"),
    ],
)
def test_wrong_use_says_what_and_what_next(here, capsys, arguments, code, says):
    found, out, err = run(capsys, *arguments)
    assert found == code
    assert out == ""
    assert says in err
    assert "Traceback" not in err


def test_an_error_is_an_object_with_json(here, capsys):
    code, out, _ = run(capsys, "run", "gsm8", "-m", "mock/echo", "--json")
    assert code == 2
    assert json.loads(out)["error"]["hint"] == "Did you mean gsm8k or mgsm?"


def test_a_dry_run_shows_the_prompt_and_asks_nothing(here, capsys):
    code, out, _ = run(capsys, "run", "sums.toml", *MODEL, "--dry-run")
    assert code == 0
    assert "6 requests" in out and "+1" in out
    assert not (here / "julja.db").exists()


def test_a_dry_run_counts_what_judges_are_asked(here, capsys):
    words = ("--judge", "mock/constant", "--judge", "openai/gpt-4o", "--rubric", "be right")
    words = ("run", "sums.toml", *MODEL, *words, "--judge-repeats", "2", "--dry-run", "--json")
    code, out, _ = run(capsys, *words)
    found = json.loads(out)
    assert code == 0 and found["requests"] == 6
    free, paid = found["judges"]
    assert (free["judge"], free["requests"], free["cost_usd_at_most"]) == (
        "mock/constant",
        12,
        None,
    )
    assert paid["cost_usd_at_most"] > 0
    assert paid["input_tokens_at_most"] > found["output_tokens_at_most"]
    assert "judge:mock/constant+openai/gpt-4o" in found["signature"]
    assert not (here / "julja.db").exists()


@pytest.mark.mirror
def test_a_dry_run_counts_every_turn_of_a_conversation(mirror, capsys):
    words = ("run", "mt_bench", "-m", "mock/constant", "--judge", "mock/constant", "--limit", "3")
    code, out, _ = run(capsys, *words, "--data", str(mirror), "--dry-run", "--json")
    found = json.loads(out)
    assert code == 0 and found["requests"] == 6
    assert found["judges"][0]["requests"] == 6


def test_answers_from_a_file(here, capsys):
    rows = [{"id": f"c{n}", "response": str(n + 1) if n < 3 else "no idea"} for n in range(5)]
    rows.append({"id": "stranger", "response": "1"})
    (here / "answers.jsonl").write_text("\n".join(map(json.dumps, rows)))
    code, out, err = run(capsys, "score", "sums.toml", "--responses", "answers.jsonl", "--json")
    (task,) = json.loads(out)["results"]
    assert task["counts"]["scored"] == 3
    assert task["counts"]["unparsed"] == 2
    assert task["counts"]["skipped"] == 1
    assert next(iter(task["metrics"].values()))["value"] == 0.6
    assert "stranger" in err
    assert code == 3


def test_several_answers_are_epochs(here, capsys):
    rows = [{"id": f"c{n}", "response": [str(n + 1), "0"]} for n in range(6)]
    (here / "answers.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, out, _ = run(capsys, "score", "sums.toml", "--responses", "answers.jsonl", "--json")
    (task,) = json.loads(out)["results"]
    assert task["counts"]["total"] == 12
    assert next(iter(task["metrics"].values()))["value"] == 0.5


def test_init_writes_a_benchmark_that_runs(here, capsys):
    code, _, _ = run(capsys, "init", "support_bot")
    assert code == 0
    code, out, _ = run(capsys, "run", "support_bot.toml", "-m", "mock/echo", "--json")
    assert code == 0
    parts = {part["value"] for part in json.loads(out)["results"][0]["subsets"]}
    assert parts == {"refunds", "opening hours", "shipping"}
    assert run(capsys, "init", "support_bot")[0] == 2


@pytest.mark.parametrize("kind", ["tasks", "suites", "models", "scorers"])
def test_lists(here, capsys, kind):
    code, out, _ = run(capsys, "list", kind, "--json")
    assert code == 0
    assert len(json.loads(out)) >= 1


@pytest.mark.parametrize("to", ["jsonl", "csv", "md", "html", "json"])
def test_exports(here, capsys, to):
    run(capsys, "run", "sums.toml", *MODEL)
    code, _, _ = run(capsys, "export", "last", "--to", to, "-o", f"out.{to}")
    assert code == 0
    assert ("c3" if to in ("jsonl", "csv", "html") else "sums") in (here / f"out.{to}").read_text()


SLOW = """
import asyncio

async def answer(prompt: str) -> str:
    await asyncio.sleep(0.3)
    return str(eval(prompt))
"""


def test_ctrl_c_finishes_what_is_in_flight_and_prints_the_resume_line(here):
    (here / "slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "julja.cli.main", "run", "sums.toml"]
    command += ["-m", "python/slow.py:answer", "--max-connections", "2"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("run ")
    time.sleep(0.15)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert f"julja resume {first.split()[1]}" in rest
    assert "Traceback" not in rest
    done = subprocess.run(
        [sys.executable, "-m", "julja.cli.main", "resume", "last", "--json"],
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["results"][0]["counts"]["scored"] == 6


def test_nothing_heavy_is_imported_for_help():
    code = (
        "import sys\nfrom julja.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'polars', 'aiohttp', 'pydantic', 'jinja2', 'rich', 'orjson'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
