"""`julja build` end to end: what is planted is removed and listed, and nothing is pretended."""

import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from julja.cli.main import main

SCORER = """
import os, re, time

def score(prompt: str) -> str:
    text = prompt.split("<prompt>\\n")[-1].split("\\n</prompt>")[0]
    if os.environ.get("ASKED"):
        with open(os.environ["ASKED"], "a") as file:
            file.write(text.replace("\\n", " ") + "\\n")
        time.sleep(0.01)
    if "riddle" in text:
        return "What a nice riddle that is!"
    if "poor" in text:
        return "[1]"
    return "[1, 2, 3, 4, 6, 7]" if "middling" in text else "[1, 2, 3, 4, 5, 6, 7]"

def cheap(prompt: str) -> str:
    return "[]" if "poor" in prompt.split("<prompt>")[-1] else "[1, 2, 3, 4, 6]"

def each(prompt: str) -> str:
    if "riddle" in prompt and "Criterion: creativity" in prompt:
        return "perhaps"
    return "No." if "poor" in prompt and "Criterion: specificity" not in prompt else "Yes"

def never(prompt: str) -> str:
    return "I cannot say."

def broken(prompt: str) -> str:
    raise RuntimeError("no")

def name(prompt: str) -> str:
    return "Cakes and Pastry" if "cake" in prompt else "A much too long name for any topic"

def screen(prompt: str) -> str:
    return "UNFIT" if "vanilla" in prompt.split("<prompt>")[-1] else "FIT"
"""
SUBJECTS = {
    "cake": "bake chocolate cake oven butter flour sugar frosting vanilla cream dough",
    "python": "python function list sort decorator generator class method loop string",
    "garden": "tomato soil garden compost seed plant prune watering greenhouse roses",
    "chess": "chess opening knight bishop endgame gambit castle pawn queen tactics",
}
PERSONAL = "Write to joe.miller@corp-mail.com about the {} contract that we signed last week."


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with a scorer and prompts: 4 subjects of 30, and what is planted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JULJA_CACHE", str(tmp_path / "cache"))
    (tmp_path / "scorer.py").write_text(SCORER)
    draw = random.Random(1)
    rows = []
    for subject, words in SUBJECTS.items():
        for number in range(30):
            chosen = " ".join(draw.sample(words.split(), 5))
            kind = "middling" if number % 3 else "riddle" if number % 2 else "superb"
            kind = "poor" if subject == "garden" else kind
            code = "".join(draw.choices("abcdefghijklmnop", k=24))
            text = f"Explain the {kind} way to {chosen} {code}"
            rows.append({"id": f"{subject}{number}", "prompt": text, "subject": subject})
    planted = [
        {"id": "exact", "prompt": rows[0]["prompt"]},
        {"id": "case", "prompt": f"  {rows[1]['prompt'].upper()}  "},
        {"id": "near", "prompt": rows[2]["prompt"] + "!x"},
        {"id": "mail", "prompt": PERSONAL.format("first")},
        {"id": "nothing", "prompt": " \n "},
        {"id": "short", "prompt": "Hi there"},
        {
            "id": "korean",
            "prompt": "파이썬으로 리스트를 정렬하는 함수를 작성해 주세요. 그리고 설명도 해 주세요.",
        },
        {"id": "many", "prompt": ["What is a decorator in the language Python?", "And then?"]},
    ]
    with gzip.open("prompts.jsonl.gz", "wt") as file:
        for row in [*rows, *planted]:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        file.write('{"id": "cut", "prompt": "Expl\n')
    return tmp_path


def run(capsys, *words):
    with pytest.raises(SystemExit) as stopped:
        main(["build", *words])
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


SCORED = ("prompts.jsonl.gz", "--scorer", "python/scorer.py:score", "--topics", "4", "-q")
PLANTED = {
    "exact": ("duplicate", "cake0"),
    "case": ("duplicate", "cake1"),
    "near": ("duplicate", "cake2"),
    "mail": ("pii", None),
    "nothing": ("empty", None),
    "short": ("too_short", None),
    "korean": ("language", None),
    "many": ("multi_turn", None),
    "row-128": ("unreadable", None),
}


def test_a_benchmark_is_built_and_what_is_planted_is_listed(capsys):
    code, out, _ = run(capsys, *SCORED, "--keep", "subject", "--json")
    result = json.loads(out)
    assert code == 0
    assert result["cases"] == 6 and result["topics"] == {"found": 4, "wanted": 250, "sampled": 3}
    removed = {line["id"]: line for line in lines("prompts_bench/removed.jsonl")}
    assert {name: (removed[name]["reason"], removed[name].get("of")) for name in PLANTED} == PLANTED
    assert removed["near"]["kind"] == "near" and removed["near"]["similarity"] >= 0.7
    assert removed["mail"]["kinds"] == ["email"]
    assert "joe.miller" not in Path("prompts_bench/removed.jsonl").read_text()
    reasons = {line["reason"] for line in removed.values() if line["id"].startswith("garden")}
    assert reasons == {"low_cluster_score"}
    cases = lines("prompts_bench/prompts_bench.jsonl")
    assert len(cases) + len(removed) == 129
    assert not {case["id"] for case in cases} & set(removed)
    assert {case["subject"] for case in cases} == {"cake", "python", "chess"}
    assert all(case["score"] >= 6 and len(case["criteria"]) == case["score"] for case in cases)


def test_what_has_no_readable_score_is_counted_and_never_low(capsys):
    _, out, _ = run(capsys, *SCORED, "--json")
    (role,) = json.loads(out)["cost"]["roles"]
    removed = [line for line in lines("prompts_bench/removed.jsonl") if line["stage"] == "quality"]
    assert role["unparsed"] == len(removed) > 0
    assert {line["reason"] for line in removed} == {"unparsed"}
    assert all(line["said"] == "What a nice riddle that is!" for line in removed)
    clusters = lines("prompts_bench/clusters.jsonl")
    # Unreadable answers are in no mean: taken for 0 they would pull these below 6.
    assert sorted(cluster["mean_score"] >= 6 for cluster in clusters) == [False, True, True, True]


def test_the_same_command_gives_the_same_bytes_and_asks_nothing_again(capsys, place):
    run(capsys, *SCORED)
    before = {path.name: path.read_bytes() for path in Path("prompts_bench").iterdir()}
    code, out, _ = run(capsys, *SCORED, "--json")
    result = json.loads(out)
    assert code == 0
    assert {path.name: path.read_bytes() for path in Path("prompts_bench").iterdir()} == before
    assert result["cost"]["cached_requests"] == result["cost"]["roles"][0]["requests"] == 120
    again = ("--out", "other", "--no-cache", "--store", "other.db")
    run(capsys, *SCORED, *again)
    assert Path("other/prompts_bench.jsonl").read_bytes() == before["prompts_bench.jsonl"]


def test_other_settings_do_not_write_over_a_benchmark(capsys):
    run(capsys, *SCORED)
    code, _, err = run(capsys, *SCORED, "--seed", "1")
    assert code == 2 and "other settings or files" in err and "--force" in err
    code, _, _ = run(capsys, *SCORED, "--seed", "1", "--force")
    assert code == 0
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    code, _, err = run(capsys, *SCORED, "--out", "full")
    assert code == 2 and "holds something else" in err


def test_two_passes_a_screen_and_names(capsys):
    code, out, _ = run(
        capsys,
        *SCORED,
        *("--cheap-scorer", "python/scorer.py:cheap", "--namer", "python/scorer.py:name"),
        *("--screen", "python/scorer.py:screen", "--per-cluster", "3", "--json"),
    )
    result = json.loads(out)
    assert code == 0
    roles = {role["role"]: role for role in result["cost"]["roles"]}
    assert roles["first_pass"]["requests"] == 120 and roles["quality"]["requests"] == 90
    names = {line["name"] for line in lines("prompts_bench/clusters.jsonl") if line["sampled"]}
    assert "Cakes and Pastry" in names and roles["name"]["unparsed"] == 2
    cases = lines("prompts_bench/prompts_bench.jsonl")
    assert len(cases) == 9 and not any("vanilla" in case["prompt"] for case in cases)
    refused = [line for line in lines("prompts_bench/removed.jsonl") if line["stage"] == "screen"]
    assert all(line["reason"] == "offensive" for line in refused)


def test_without_a_scorer_nothing_is_pretended(capsys):
    code, _, err = run(capsys, "prompts.jsonl.gz")
    assert code == 2 and "--no-quality" in err and "--scorer" in err
    code, out, _ = run(capsys, "prompts.jsonl.gz", "--no-quality", "--topics", "4", "-q")
    assert code == 0 and "quality NOT scored" in out
    assert "**Quality was not scored**" in Path("prompts_bench/README.md").read_text()
    cases = lines("prompts_bench/prompts_bench.jsonl")
    assert len(cases) == 8 and not any("score" in case for case in cases)


def test_a_small_model_is_asked_for_one_criterion_at_a_time(capsys):
    words = ("prompts.jsonl.gz", "--topics", "4", "-q", "--criteria", "each", "--json")
    code, out, _ = run(capsys, *words, "--scorer", "python/scorer.py:each")
    (role,) = json.loads(out)["cost"]["roles"]
    removed = lines("prompts_bench/removed.jsonl")
    riddles = [line for line in removed if line["reason"] == "unparsed"]
    assert code == 0
    assert role["requests"] == 120 * 7 and role["unparsed"] == len(riddles) == 15
    assert {case["score"] for case in lines("prompts_bench/prompts_bench.jsonl")} == {7}
    means = {line["mean_score"] for line in lines("prompts_bench/clusters.jsonl")}
    assert means == {7.0, 1.0}


def test_a_scorer_that_tells_nothing_apart_is_told_of(capsys):
    yes = ("--scorer", "mock/constant:text=Y", "--criteria", "each")
    code, out, _ = run(capsys, "prompts.jsonl.gz", "--topics", "4", "-q", *yes, "--json")
    stage = next(s for s in json.loads(out)["stages"] if s["stage"] == "quality")
    assert code == 0
    assert stage["notes"] == ["120 of 120 scores are 7: this scorer tells hardly any prompts apart"]
    assert "tells hardly any prompts apart" in Path("prompts_bench/README.md").read_text()


def test_a_scorer_that_never_answers_readably_makes_no_benchmark(capsys):
    words = ("prompts.jsonl.gz", "--scorer", "python/scorer.py:never", "--topics", "4", "-q")
    code, out, err = run(capsys, *words, "--json")
    assert code == 1 and json.loads(out)["cases"] == 0
    assert "120 of 120 answers" in err and "--scorer-tokens" in err
    assert not Path("prompts_bench").exists()


def test_a_scorer_that_fails_stops_the_build_and_says_how_to_go_on(capsys):
    words = ("prompts.jsonl.gz", "--scorer", "python/scorer.py:broken", "--topics", "4", "-q")
    code, out, err = run(capsys, *words)
    assert code == 1 and not out
    assert "stopped" in err and "RuntimeError: no" in err and "same command" in err


def test_lost_answers_above_the_limit_leave_a_build_incomplete(capsys):
    model = ("--scorer", "mock/constant:text=[1, 2, 3, 4, 5, 6]", "--max-retries", "0")
    flaky = ("-M", "error_rate=0.2", "-M", "error_times=9")
    words = ("prompts.jsonl.gz", *model, *flaky, "--topics", "4", "-q")
    code, out, err = run(capsys, *words, "--json")
    assert code == 3 and json.loads(out)["complete"] is False and "INCOMPLETE" in err
    assert not Path("prompts_bench").exists()
    code, _, _ = run(capsys, *words, "--max-errors", "0.5")
    assert code == 0
    reasons = {line["reason"] for line in lines("prompts_bench/removed.jsonl")}
    assert "error" in reasons


def test_the_card_and_the_provenance_say_all_that_matters(capsys):
    run(capsys, *SCORED, "--licence", "CC0")
    made = json.loads(Path("prompts_bench/build.json").read_text())
    (source,) = made["sources"]
    assert source["file"] == "prompts.jsonl.gz" and source["rows"] == 129
    assert len(source["sha256"]) == 64
    assert made["settings"]["min_cluster_score"] == 6.0 and made["settings"]["seed"] == 0
    assert made["models"]["quality"]["function"] == "score"
    assert [stage["stage"] for stage in made["stages"]] == [
        *("ingest", "clean", "pii", "dedupe", "embed", "cluster"),
        *("quality", "quality_filter", "sample"),
    ]
    card = Path("prompts_bench/README.md").read_text()
    assert made["signature"] in card and "CC0" in card and "| paper |" in card
    assert "| quality | 120 |" in card


def test_a_price_makes_a_cost(capsys):
    Path("prices.toml").write_text(
        '[mock]\n"constant:text=[1,2,3,4,5,6]" = { input = 1, output = 2 }\n'
    )
    words = ("--scorer", "mock/constant:text=[1,2,3,4,5,6]", "--prices", "prices.toml")
    _, out, _ = run(capsys, "prompts.jsonl.gz", *words, "--topics", "4", "-q", "--json")
    cost = json.loads(out)["cost"]
    (role,) = cost["roles"]
    expected = (role["input_tokens"] + 2 * role["output_tokens"]) / 1e6
    assert cost["cost_usd"] == cost["spent_usd"] == pytest.approx(expected)
    _, out, _ = run(capsys, "prompts.jsonl.gz", *words, "--topics", "4", "-q", "--json")
    again = json.loads(out)["cost"]
    assert again["spent_usd"] == 0 and again["cost_usd"] == cost["cost_usd"]
    small = ("--max-cost", str(expected / 3), "--no-cache", "--max-connections", "1")
    code, _, err = run(capsys, "prompts.jsonl.gz", *words, *small, "--topics", "4", "-q")
    assert code == 1 and "--max-cost" in err


def test_a_dry_run_asks_nothing_and_writes_nothing(capsys, place):
    words = ("prompts.jsonl.gz", "--scorer", "openai/gpt-4o", "--screen", "openai/gpt-4o")
    code, out, _ = run(capsys, *words, "--dry-run", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["requests"][0]["requests_at_most"] == 120
    assert found["cost_usd_at_most"] > 0
    assert not Path("prompts_bench").exists() and not Path("julja.db").exists()


def test_what_is_built_runs(capsys):
    run(capsys, *SCORED, "--keep", "subject")
    judge = "mock/constant:text=Rating: 7"
    with pytest.raises(SystemExit) as stopped:
        main(
            [
                "run",
                "prompts_bench/prompts_bench.toml",
                "-m",
                "mock/echo",
                "--judge",
                judge,
                "--json",
            ]
        )
    result = json.loads(capsys.readouterr().out)
    assert stopped.value.code == 0
    (task,) = result["results"]
    assert task["counts"]["total"] == 6
    assert task["counts"]["scored"] == 6 and task["metrics"]["rating"]["value"] == 7
    assert sum("subject" in json.dumps(part) for part in task["subsets"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ((), 2, "no file of prompts"),
        (("gone.jsonl", "--no-quality"), 1, "there is no such file"),
        (("empty.jsonl", "--no-quality"), 1, "there is not one row"),
        (("odd.jsonl", "--no-quality"), 1, "none of its first"),
        (("prompts.jsonl.gz", "--no-quality", "--near", "2"), 2, "--near 2"),
        (("prompts.jsonl.gz", "--no-quality", "--pii", "hide"), 2, "--pii hide"),
        (("prompts.jsonl.gz", "--no-quality", "--cluster", "kmean"), 2, "Did you mean kmeans"),
        (("prompts.jsonl.gz", "--no-quality", "--embed", "word2vec"), 2, "--embed word2vec"),
        (("prompts.jsonl.gz", "--no-quality", "--allow-pii", "mail"), 2, "--allow-pii mail"),
        (("prompts.jsonl.gz", "--no-quality", "--name", "a b"), 2, "--name a b"),
        (("prompts.jsonl.gz", "--no-quality", "--column", "promt"), 1, "Did you mean prompt"),
        (("prompts.jsonl.gz", "--no-quality", "--language", "sv"), 1, "--language any"),
        (("prompts.jsonl.gz", "--scorer", "mok/x"), 2, "Did you mean mock"),
        (("prompts.jsonl.gz", "--scorer", "python/scorer.py:scor"), 2, "Did you mean score"),
        (("prompts.jsonl.gz", "--cheap-scorer", "mock/echo", "--no-quality"), 2, "--cheap-scorer"),
        (("prompts.jsonl.gz", "--scorer", "mock/echo", "--no-quality"), 2, "contradict"),
        (("prompts.jsonl.gz", "--no-quality", "--min-topic-size", "500"), 1, "--min-topic-size"),
        (
            ("prompts.jsonl.gz", "--scorer", "mock/echo", "--prompt-score", "8"),
            2,
            "--prompt-score 8",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_next_step(capsys, words, code, text):
    Path("empty.jsonl").write_text("")
    Path("odd.jsonl").write_text("not json\n" * 3)
    found, out, err = run(capsys, *words)
    assert (found, out) == (code, "")
    assert text in err


def test_an_error_is_an_object_too(capsys):
    code, out, _ = run(capsys, "gone.jsonl", "--no-quality", "--json")
    assert code == 1 and json.loads(out)["error"]["kind"] == "DataError"


def test_plain_lines_csv_and_masks(capsys):
    Path("lines.txt").write_text(
        "\n".join(f"Tell me about subject number {n} and mail a{n}@b{n}.org" for n in range(40))
    )
    words = (
        "lines.txt",
        "--no-quality",
        "--pii",
        "mask",
        "--near",
        "1",
        "--min-topic-size",
        "2",
        "-q",
    )
    code, _, _ = run(capsys, *words)
    assert code == 0
    assert all("[EMAIL]" in case["prompt"] for case in lines("lines_bench/lines_bench.jsonl"))


CHILD = "import sys; from julja.cli.main import main; main(sys.argv[1:])"


def started(place, asked):
    words = ("build", *SCORED[:-1], "--max-connections", "2")
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *words],
        cwd=place,
        env={**os.environ, "ASKED": str(asked)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(asked, count):
    deadline = time.monotonic() + 100
    while not asked.exists() or asked.read_text().count("\n") < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def answers_on_disk(store):
    with closing(sqlite3.connect(store)) as opened:
        return opened.execute("SELECT count(*) FROM exchanges").fetchone()[0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_build_that_is_stopped_goes_on_where_it_was(capsys, place, number):
    run(capsys, *SCORED, "--out", "whole", "--store", "whole.db")
    first = place / "first.txt"
    process = started(place, first)
    wait_for(first, 30)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "same command:  julja build prompts.jsonl.gz" in err
    assert not (place / "prompts_bench").exists()
    kept = answers_on_disk(place / "julja.db")
    second = place / "second.txt"
    again = started(place, second)
    _, err = again.communicate(timeout=100)
    assert again.returncode == 0, err
    assert "from the cache" in err
    asked = [path.read_text().splitlines() for path in (first, second)]
    # Nothing that the disk has is asked again; a kill loses what was in flight or not yet written.
    lost = len(asked[0]) - kept if number == signal.SIGKILL else 2
    assert 120 <= len(asked[0]) + len(asked[1]) <= 120 + lost
    assert len(asked[0]) >= 30 and set(asked[0]) | set(asked[1]) >= set(asked[0])
    for name in ("prompts_bench.jsonl", "removed.jsonl", "clusters.jsonl"):
        assert (place / "whole" / name).read_bytes() == (
            place / "prompts_bench" / name
        ).read_bytes()
