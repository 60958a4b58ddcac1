"""`julja arena rate` as a user meets it."""

import json

import pytest

from julja.cli.main import main


@pytest.fixture
def julja(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["arena", "rate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return run


@pytest.fixture
def battles(tmp_path):
    rows = []
    for index in range(60):
        winner = ("model_a", "model_a", "model_b", "tie")[index % 4]
        a, b = (("x", "y"), ("y", "z"), ("z", "x"))[index % 3]
        rows.append(
            {
                "question_id": f"q{index // 3}",
                "model_a": a,
                "model_b": b,
                "winner": winner,
                "category": "art" if index % 2 else "maths",
                "judge": f"u{index % 9}",
            }
        )
    path = tmp_path / "battles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_json_is_the_contract(julja, battles):
    code, out, err = julja(battles, "--json", "--baseline", "x", "--anchor", "y=1200")
    found = json.loads(out)
    assert code == 0 and out.count("\n") == 1 and "battles.jsonl: table" in err
    assert {"ratings", "method", "interval"} <= set(found)
    assert found["method"] == "bt"
    keys = {"model", "rating", "stderr", "ci", "rank", "rank_ci", "battles", "win_rate"}
    for row in found["ratings"]:
        assert keys <= set(row)
        assert row["ci"][0] <= row["rating"] <= row["ci"][1]
    assert [row["rating"] for row in found["ratings"]] == sorted(
        (row["rating"] for row in found["ratings"]), reverse=True
    )
    by_name = {row["model"]: row for row in found["ratings"]}
    assert by_name["y"]["rating"] == 1200 and by_name["x"]["win_rate"] == 0.5
    assert found["interval"] == {
        "method": "cluster sandwich",
        "level": 0.95,
        "unit": "prompt",
        "units": 20,
        "bootstraps": 1000,
        "seed": 0,
        "ranks": "cluster bootstrap",
        "relative_to": "y",
    }
    assert found["counts"]["rated"] == 60


@pytest.mark.parametrize("method", ["bt", "elo", "rao-kupper", "davidson"])
def test_every_method_prints_a_table(method, julja, battles):
    code, out, _ = julja(battles, "--method", method, "--bootstrap", 40, "--cluster", "none")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split()[:3] == ["rank", "model", "rating"]
    assert {line.split()[1] for line in lines[1:4]} == {"x", "y", "z"}
    assert "95 % intervals: bootstrap" in out and f"method {method}" in out


def test_several_files_are_one_table(julja, battles, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("left,right,winner\nx,새모델,left\n새모델,y,left\n새모델,x,tie\n", "utf-8")
    code, out, _ = julja(battles, more, "--json", "--bootstrap", 0)
    found = json.loads(out)
    assert code == 0 and found["counts"]["rated"] == 63
    assert "새모델" in [row["model"] for row in found["ratings"]]


def test_a_table_for_each_value_of_a_field(julja, battles):
    code, out, _ = julja(battles, "--by", "category", "--json", "--bootstrap", 0)
    found = json.loads(out)
    assert code == 0 and found["by"]["field"] == "category"
    parts = found["by"]["tables"]
    assert {name: part["counts"]["rated"] for name, part in parts.items()} == {
        "art": 30,
        "maths": 30,
    }
    only = json.loads(julja(battles, "--category", "art", "--json", "--bootstrap", 0)[1])
    assert only["ratings"] == parts["art"]["ratings"]
    code, out, _ = julja(battles, "--by", "judge", "--bootstrap", 0)
    assert code == 0 and "judge = u0" in out


def test_a_part_that_cannot_be_rated_says_why(julja, tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(
        "left,right,winner,kind\nx,y,left,odd\nx,y,left,even\nx,y,right,even\n", "utf-8"
    )
    code, out, _ = julja(path, "--by", "kind", "--bootstrap", 0)
    assert code == 0 and "kind = odd: no two models can be compared" in out


def test_bad_rows_stop_or_are_listed(julja, battles):
    with battles.open("a") as file:
        file.write('{"question_id": "q", "model_a": "x", "model_b": "y", "winner": "X wins"}\n')
    code, out, err = julja(battles, "--json")
    assert code == 1 and "row 61: winner 'X wins' is none of" in err
    assert json.loads(out)["error"]["kind"] == "DataError"
    code, out, err = julja(battles, "--json", "--skip-bad-rows", "--bootstrap", 0)
    assert code == 0 and len(json.loads(out)["refused"]) == 1
    assert "row 61" in err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--anchor", "x"], "not MODEL=RATING"),
        (["--anchor", "=3"], "not MODEL=RATING"),
        (["--anchor", "x=nan"], "not MODEL=RATING"),
        (["--anchor", "xx=1000"], "in none of the battles"),
        (["--baseline", "X"], "in none of the battles"),
        (["--cluster", "prompts"], "Did you mean prompt"),
        (["--where", "category"], "NAME=VALUE"),
        (["--category", "mathe"], "Did you mean maths"),
        (["--columns", "winers=x"], "Did you mean winner"),
        (["--format", "alpaca"], "Did you mean alpaca-eval"),
        (["--level", "95"], "between 0 and 1"),
        (["--method", "trueskill"], "is not one of"),
        (["--style", "--method", "elo"], "--style works with"),
    ],
)
def test_wrong_flags_say_what_is_right(flags, message, julja, battles):
    code, out, err = julja(battles, *flags)
    assert (code, out) == (2, "")
    assert message in err


def test_missing_and_empty_files(julja, tmp_path):
    assert julja(tmp_path / "none.jsonl")[0] == 1
    (tmp_path / "empty.json").write_text("[]")
    code, _, err = julja(tmp_path / "empty.json")
    assert code == 1 and "no rows" in err
    assert julja()[0] == 2


def test_style_constants_are_written_and_then_frozen(julja, tmp_path):
    rows, answers = [], []
    for index in range(80):
        long = index % 3 == 0
        rows.append(
            {
                "question_id": f"q{index}",
                "model_a": "x",
                "model_b": "y",
                "winner": "model_a" if long or index % 5 == 0 else "model_b",
            }
        )
        for model, size in (("x", 40 if long else 5), ("y", 12 + index % 7)):
            answers.append({"uid": f"q{index}", "model": model, "output": "word " * size})
    battles, texts = tmp_path / "b.jsonl", tmp_path / "a.jsonl"
    battles.write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts.write_text("".join(json.dumps(row) + "\n" for row in answers))
    place = tmp_path / "style.json"
    flags = (battles, "--answers", texts, "--style-constants", place, "--json")
    code, out, err = julja(*flags)
    assert code == 0 and "wrote the style's constants" in err
    first = json.loads(out)
    assert set(json.loads(place.read_text())["features"]) == {"length"}
    code, out, err = julja(*flags)
    assert code == 0 and "frozen" in err
    again = json.loads(out)
    assert [row["rating"] for row in again["ratings"]] == pytest.approx(
        [row["rating"] for row in first["ratings"]]
    )
    assert again["parameters"]["style"]["length"]["stderr"] is None
    place.write_text("{}")
    assert julja(*flags)[0] == 1
