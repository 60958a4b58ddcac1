"""`julja audit benchmark` and `cross-check` as a user meets them."""

import json

import pytest

from julja.cli.main import main


def run(capsys, *arguments):
    """(exit code, stdout, stderr) of one command."""
    with pytest.raises(SystemExit) as stop:
        main(["audit", *arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a benchmark of six models, the Arena, and a table of four benchmarks."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "bench.jsonl").open("w") as file:
        for n in range(6):
            results = [10.0 * n + d / 10 for d in range(-20, 21)]
            row = {"model": f"모델-{n}", "score": 10.0 * n, "results": results}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    rows = [
        {"model": f"m{n}", "rating": 1000 + 50 * n, "rating_q025": 990 + 50 * n}
        | {"rating_q975": 1010 + 50 * n}
        for n in range(8)
    ]
    (tmp_path / "arena.json").write_text(json.dumps(rows))
    (tmp_path / "names.json").write_text(json.dumps({f"모델-{n}": f"m{n}" for n in range(6)}))
    order = [3, 7, 0, 5, 2, 9, 1, 8, 4, 6, 11, 10, 13, 12]
    lines = [f"m{n},{n},{n + (n % 3)},{n * 2 + (n % 2)},{place}" for n, place in enumerate(order)]
    (tmp_path / "board.csv").write_text("model,one,two,three,odd\n" + "\n".join(lines) + "\n")
    (tmp_path / "empty.jsonl").write_text("")
    return tmp_path


def test_a_benchmark_against_the_arena_as_json(here, capsys):
    code, out, err = run(
        capsys, "benchmark", "bench.jsonl", "--reference", "arena.json", "--names", "names.json",
        "--unit", "prompt", "--json",
    )  # fmt: skip
    result = json.loads(out)
    assert code == 0
    assert result["reference"] == {
        "name": "arena", "models": 8, "level": 0.95, "method": "as stated", "bootstraps": None,
        "unit": "unknown",
    }  # fmt: skip
    (found,) = result["benchmarks"]
    assert found["separability"]["value"] == 1.0
    assert (found["separability"]["unit"], found["separability"]["bootstraps"]) == ("prompt", 41)
    assert found["agreement"]["reference"]["value"] == 1.0
    assert found["agreement"]["notebook"]["pairs"] == 15
    assert found["spearman"]["value"] == pytest.approx(1.0)
    assert found["spearman"]["ci"][0] < 1.0
    assert found["left_out"] == {"bench": [], "arena": ["m6", "m7"]}
    assert "bench: its intervals come from 41 bootstraps only" in err


def test_a_benchmark_as_a_table(here, capsys):
    code, out, _ = run(
        capsys, "benchmark", "bench.jsonl", "--reference", "arena.json", "--names", "names.json"
    )
    assert code == 0
    assert "separability 15 of 15 pairs; intervals at 95 %: bootstrap percentiles (41)" in out
    assert "left out of arena: m6, m7" in out
    assert "agreement: of pairs that the reference separates; +1 same order" in out


def test_the_odd_benchmark_of_a_leaderboard(here, capsys):
    code, out, _ = run(capsys, "cross-check", "board.csv", "--json")
    result = json.loads(out)
    assert code == 0
    assert [item["table"] for item in result["tables"]][-1] == "board#odd"
    assert result["tables"][-1]["spearman"]["value"] < result["tables"][0]["spearman"]["value"]
    assert result["missing_cells"] == 0
    _, text, _ = run(capsys, "cross-check", "board.csv")
    assert text.startswith(f"{result['verdict']}: {result['reason']}")
    assert "Kendall's W" in text
    assert "places that differ most" in text


def test_runs_of_a_store_are_tables(here, capsys):
    for task in ("sums", "products"):
        cases = [{"id": f"c{n}", "input": f"{task} {n}", "expected": str(n)} for n in range(12)]
        (here / f"{task}.jsonl").write_text("\n".join(map(json.dumps, cases)))
        (here / f"{task}.toml").write_text(f'cases = "{task}.jsonl"\nscorer = "number"\n')
    lines = [
        f"def m{k}(prompt):\n    n = prompt.split()[-1]\n    return n if int(n) < {k} else 'x'\n"
        for k in range(2, 12, 2)
    ]
    (here / "models.py").write_text("\n".join(lines))
    for k in range(2, 12, 2):
        with pytest.raises(SystemExit):
            main(["run", "sums.toml", "products.toml", "-m", f"python/models.py:m{k}"])
    capsys.readouterr()
    code, out, _ = run(capsys, "benchmark", "--runs", "--task", "sums", "--json")
    (found,) = json.loads(out)["benchmarks"]
    assert code == 0
    assert found["benchmark"].startswith("sums v1 (generate")
    assert len(found["models"]) == 5
    whole, paired = found["restated"]
    assert (whole["unit"], whole["bootstraps"]) == ("sample", 1000)
    assert paired["value"] > found["separability"]["value"]
    code, out, _ = run(capsys, "cross-check", "--runs", "--json")
    result = json.loads(out)
    assert [item["models"] for item in result["tables"]] == [5, 5]
    assert result["pairs"][0]["spearman"]["value"] == pytest.approx(1.0)
    code, _, err = run(capsys, "benchmark", "--runs", "--task", "sum")
    assert (code, "Did you mean sums?" in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("benchmark",), 2, "no table of scores was given"),
        (("cross-check",), 2, "no table of scores was given"),
        (("benchmark", "bench.jsonl", "--level", "95"), 2, "a level lies between 0 and 1"),
        (("benchmark", "bench.jsonl", "--resamples", "0"), 2, "one at least"),
        (("benchmark", "bench.jsonl", "--names", "bench.jsonl"), 2, "is no JSON"),
        (("benchmark", "bench.jsonl", "--names", "arena.json"), 2, "maps no names to names"),
        (("benchmark", "bench.jsonl", "--names", "gone.json"), 2, "can't be read"),
        (("benchmark", "gone.jsonl"), 1, "there is no such file"),
        (("benchmark", "empty.jsonl"), 1, "the file is empty"),
        (("benchmark", "board.csv"), 1, "has 4 tables of scores"),
        (("benchmark", "bench.jsonl", "--reference", "arena.json"), 1, "0 models in common"),
        (("cross-check", "board.csv", "--threshold", "2"), 2, "between -1 and 1"),
        (("cross-check", "board.csv", "--lower-is-better", "odd"), 2, "there is no such table"),
        (("cross-check", "board.csv#one"), 1, "1 table of scores can't be compared"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(here, capsys, arguments, code, said):
    got, out, err = run(capsys, *arguments)
    assert (got, said in err) == (code, True), err
    assert out == ""
    got, out, _ = run(capsys, *arguments, "--json")
    assert said in json.loads(out)["error"]["message"]
