"""Saturation of benchmarks: the index, the room that is left, and the verb."""

import json
import math

import numpy as np
import pytest

from julja.audit.saturation import of_items, of_scores, saturation_index
from julja.audit.scores.items import ItemTable
from julja.audit.scores.table import ScoreTable
from julja.cli.main import main

SCORES = {"a": 0.90, "b": 0.88, "c": 0.87, "d": 0.86, "e": 0.85, "f": 0.50}


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["audit", "saturation", *arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def measured(scores=SCORES, n=400, label_error=None, **table):
    made = ScoreTable.of("bench", scores, **table)
    return of_scores(made, made.score, n=n, factor=1.0, label_error=label_error)


def test_the_index_is_the_papers_formula():
    variance = (0.9 * 0.1 + 0.85 * 0.15) / 20
    index = saturation_index(0.9, 0.85, 400)
    assert index.value == pytest.approx(math.exp(-(0.05**2) / variance))
    assert (index.items, index.level) == (20, "high")
    assert saturation_index(0.9, 0.85, 400, 1.0).value == pytest.approx(
        math.exp(-(0.05**2) * 400 / (0.09 + 0.1275))
    )


@pytest.mark.parametrize(
    ("fifth", "level"),
    [(0.9, "very high"), (0.87, "high"), (0.83, "moderate"), (0.75, "low"), (0.6, "very low")],
)
def test_the_classes(fifth, level):
    assert saturation_index(0.9, fifth, 2500).level == level


def test_where_all_is_right_there_is_no_noise():
    assert saturation_index(1.0, 1.0, 50).value == 1.0
    assert saturation_index(1.0, 0.0, 50).value == 0.0


def test_a_table_of_means():
    found = measured(label_error=0.05)
    assert (found.best, found.fifth) == (("a", 0.90), ("e", 0.85))
    assert found.gap.value == pytest.approx(0.05)
    assert found.gap.method == "unpaired, Newcombe"
    assert found.gap.ci[0] < 0.05 < found.gap.ci[1]
    assert [index.exponent for index in found.indices] == [0.5, 1.0]
    assert found.room.to_one == pytest.approx(0.1)
    assert found.room.to_ceiling == pytest.approx(0.05)
    assert found.room.at_ceiling is False
    assert measured(n=20, label_error=0.05).room.at_ceiling is True


def test_four_models_have_no_index():
    found = measured(dict(list(SCORES.items())[:4]))
    assert (found.indices, found.fifth, found.gap) == ((), None, None)
    assert found.remarks == ("bench: 4 models; the index takes the first and the fifth",)


def test_without_the_number_of_items_there_is_no_index():
    found = measured(n=None)
    assert found.indices == ()
    assert found.gap.ci is None
    assert "--n" in found.remarks[0]


def test_errors_of_the_table_make_the_gaps_interval():
    found = measured(n=None, stderr=dict.fromkeys(SCORES, 0.01))
    assert found.gap.stderr == pytest.approx(0.01 * 2**0.5)
    draws = {model: np.full(50, score) + np.arange(50) for model, score in SCORES.items()}
    paired = measured(n=None, draws=draws, paired=True)
    assert paired.gap.method == "paired"
    assert paired.gap.stderr == pytest.approx(0, abs=1e-12)


def items(n=200, seed=0):
    """Six models on shared items: the gap between two of them is small beside their own noise."""
    generator = np.random.default_rng(seed)
    hard = generator.random(n)
    scores = np.array([(hard < 0.9 - 0.02 * place).astype(float) for place in range(6)])
    return ItemTable("items", tuple("abcdef"), tuple(map(str, range(n))), scores)


def test_items_pair_the_gap_and_count_dead_weight():
    table = items()
    found = of_items(table, label_error=None)
    apart = measured({m: float(s.mean()) for m, s in zip("abcdef", table.scores, strict=True)}, 200)
    assert found.gap.value == pytest.approx(apart.gap.value)
    assert found.gap.stderr < 0.7 * apart.gap.stderr
    assert found.items.n == found.n == 200
    assert found.items.always == int((table.scores.min(axis=0) == 1).sum())
    assert found.items.effective < 60


def test_clusters_make_the_gap_less_sure():
    table = items()
    doubled = ItemTable(
        "twice",
        table.models,
        tuple(map(str, range(400))),
        np.repeat(table.scores, 2, axis=1),
        clusters=tuple(str(place // 2) for place in range(400)),
    )
    found = of_items(doubled, label_error=None)
    assert found.gap.stderr == pytest.approx(of_items(table, label_error=None).gap.stderr, rel=0.01)


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"모델{n},{90 - n},{80 - 3 * n},{70 - n}" for n in range(8)]
    (tmp_path / "board.csv").write_text("model,one,two,three\n" + "\n".join(lines) + "\n")
    (tmp_path / "short.csv").write_text("model,one,two,three\n" + "\n".join(lines) + "\nlate,99\n")
    (tmp_path / "groups.json").write_text(json.dumps({"x": ["one"], "y": ["two", "three"]}))
    (tmp_path / "empty.csv").write_text("")
    return tmp_path


def test_every_column_is_a_benchmark(board, capsys):
    code, out, _ = run(capsys, "board.csv", "--n", "500", "--json")
    found = json.loads(out)["benchmarks"]
    assert code == 0
    assert [item["benchmark"] for item in found] == ["board#one", "board#two", "board#three"]
    assert found[0]["best"] == {"model": "모델0", "score": 0.9, "ci": found[0]["best"]["ci"]}
    assert found[0]["index"][0]["value"] == pytest.approx(saturation_index(0.9, 0.86, 500).value)
    _, text, _ = run(capsys, "board.csv", "--n", "500", "--label-error", "0.1")
    assert "board#one: best 모델0, fifth 모델4" in text
    assert "0 of 3 have a best score of 95 % or more" in text
    assert "10.0; 90.0 reached" in text


def test_groups_are_weighed_alike(board, capsys):
    _, out, _ = run(capsys, "board.csv", "--n", "500", "--groups", "groups.json", "--json")
    (found,) = json.loads(out)["benchmarks"]
    assert found["benchmark"] == "board (mean of 2 groups)"
    assert found["best"]["score"] == pytest.approx((0.9 + (0.8 + 0.7) / 2) / 2)
    _, out, _ = run(capsys, "board.csv", "--n", "500", "--mean", "--json")
    assert json.loads(out)["benchmarks"][0]["best"]["score"] == pytest.approx(0.8)


def test_a_model_without_all_columns_is_left_out_and_told(board, capsys):
    _, out, err = run(capsys, "short.csv", "--n", "500", "--mean", "--json")
    assert json.loads(out)["benchmarks"][0]["models"] == 8
    assert "left out for a missing column: late" in err
    assert "short.csv: 1 of 9 rows end before the last column (row 9, 'late', has 2 of 4)" in err
    _, out, _ = run(capsys, "short.csv#one", "--n", "500", "--json")
    assert json.loads(out)["benchmarks"][0]["best"]["model"] == "late"


def test_scores_item_by_item(board, capsys):
    table = items(60)
    rows = [
        {"model": model, "question_id": item, "score": table.scores[m, i]}
        for m, model in enumerate(table.models)
        for i, item in enumerate(table.items)
    ]
    (board / "long.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, out, _ = run(capsys, "long.jsonl", "--json")
    (found,) = json.loads(out)["benchmarks"]
    assert (found["n"], found["gap"]["method"]) == (60, "paired")
    _, text, _ = run(capsys, "long.jsonl")
    assert "long: 60 items tell models apart like" in text


def test_tasks_of_a_store(board, capsys):
    rows = [{"id": f"c{n}", "input": f"{n}", "expected": str(n)} for n in range(12)]
    (board / "sums.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (board / "sums.toml").write_text('cases = "sums.jsonl"\nscorer = "number"\n')
    text = "def m{k}(prompt):\n    n = prompt.split()[-1]\n    return n if int(n) < {k} else 'x'\n"
    (board / "models.py").write_text("\n".join(text.format(k=k) for k in range(6, 12)))
    for k in range(6, 12):
        with pytest.raises(SystemExit):
            main(["run", "sums.toml", "-m", f"python/models.py:m{k}", "-q"])
    capsys.readouterr()
    code, out, _ = run(capsys, "--runs", "--json")
    (found,) = json.loads(out)["benchmarks"]
    assert (code, found["benchmark"], found["models"], found["n"]) == (0, "sums", 6, 12)
    assert found["best"]["score"] == pytest.approx(11 / 12)
    assert found["gap"]["value"] == pytest.approx(4 / 12)
    code, _, err = run(capsys, "--runs", "--task", "sum")
    assert (code, "Did you mean sums?" in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "no table of scores was given"),
        (("board.csv", "--label-error", "3"), 2, "a share from 0 to 1"),
        (("board.csv", "--n", "0"), 2, "one item at least"),
        (("board.csv", "--scale", "50"), 1, "not from 0 to 50"),
        (("board.csv#tow",), 1, "Did you mean two?"),
        (("board.csv", "--groups", "nowhere.json"), 2, "can't be read"),
        (("board.csv", "--groups", "board.csv"), 2, "is no JSON"),
        (("nowhere.csv",), 1, "there is no such file"),
        (("empty.csv",), 1, "empty"),
        (("--runs",), 2, "there is no store"),
    ],
)
def test_wrong_use(board, capsys, arguments, code, said):
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert said in err
