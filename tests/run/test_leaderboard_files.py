"""Leaderboards out of files: tables as they are published, what julja wrote, and damaged ones."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.run.board_case import Shelf, marks

from julja.cli.leaderboard import leaderboard
from julja.errors import ConfigError, DataError
from julja.run.leaderboard.board import board
from julja.run.leaderboard.files import FileOptions, read_groups, sheet_of_files
from julja.run.leaderboard.from_store import sheet_of_store
from julja.run.leaderboard.means import normalised
from julja.run.leaderboard.runs import Choice
from julja.run.leaderboard.score import BoardOptions
from julja.run.leaderboard.write import refuse_overwriting, write_board
from julja.run.reports import export_lines

WIDE = "Model,mmlu,gsm8k,Average,Cost\nalpha,0.7,0.9,0.8,1.5\nbeta,0.6,,0.6,0.5\n"


def put(folder: Path, name: str, content: object) -> str:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return str(path)


def made(*paths: str, rank: str = "mean", **options):
    return board(sheet_of_files(paths, FileOptions(**options)), BoardOptions(rank_by=rank))


def row(found, model):
    return next(item for item in found["models"] if item["model"] == model)


def call(*arguments: str) -> str:
    done = CliRunner().invoke(leaderboard, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_wide_csv_with_a_summary_a_cost_and_a_gap(tmp_path):
    found = made(put(tmp_path, "t.csv", WIDE))
    assert [column["name"] for column in found["columns"]] == ["mmlu", "gsm8k"]
    assert "'Average' sums up other columns" in found["remarks"][0]
    assert row(found, "alpha")["mean"]["value"] == pytest.approx(0.8)
    assert row(found, "beta")["cells"]["gsm8k"] is None and not row(found, "beta")["compared"]
    assert row(found, "alpha")["spent"]["cost_usd"] == 1.5


def test_n_items_give_shares_an_error(tmp_path):
    path = put(tmp_path, "t.csv", "model,acc\na,0.9\nb,0.5\n")
    assert made(path)["ties"]["units"] is None
    found = made(path, n=100)
    assert found["ties"]["units"] == "errors"
    cell = row(found, "a")["cells"]["acc"]
    assert cell["stderr"] == pytest.approx(0.03) and cell["n"] == 100
    assert cell["ci"] == pytest.approx([0.8256, 0.9448], abs=1e-4)


def test_percentages_and_stated_errors(tmp_path):
    path = put(tmp_path, "t.csv", "model,mmlu,mmlu_stderr\na,90,1\nb,50,1.5\n")
    found = made(path)
    assert found["columns"][0]["high"] == 100
    assert row(found, "b")["cells"]["mmlu"]["stderr"] == 1.5
    assert found["ties"]["pairs_tied"] == 0


def test_a_row_for_each_score(tmp_path):
    rows = [
        {"model": m, "benchmark": b, "score": s}
        for m, b, s in (("a", "x", 0.9), ("a", "y", 0.5), ("b", "x", 0.1), ("b", "y", 0.7))
    ]
    found = made(put(tmp_path, "t.json", rows))
    assert [column["name"] for column in found["columns"]] == ["x", "y"]
    assert row(found, "b")["mean"]["value"] == pytest.approx(0.4)


def test_a_helm_table(tmp_path):
    table = {
        "title": "Accuracy",
        "header": [{"value": "Model"}, {"value": "Mean win rate"}, {"value": "NarrativeQA - F1"}],
        "rows": [
            [{"value": "A"}, {"value": 1.0}, {"value": 0.7}],
            [{"value": "B"}, {"value": 0.0}, {"value": None}],
        ],
    }
    path = put(tmp_path, "core.json", [table, {**table, "title": "Efficiency"}])
    found = made(path)
    assert [column["name"] for column in found["columns"]] == ["NarrativeQA - F1"]
    assert row(found, "B")["cells"]["NarrativeQA - F1"] is None
    assert made(f"{path}#Efficiency")["columns"] == found["columns"]
    with pytest.raises(DataError, match="no table 'Accuracies'"):
        made(f"{path}#Accuracies")


def test_judgements_of_mt_bench(tmp_path):
    rows = "\n".join(
        json.dumps({"model": m, "question_id": q, "turn": t, "score": s, "judgment": "…"})
        for m, s in (("a", 9), ("b", 4))
        for q in range(20)
        for t in (1, 2)
    )
    found = made(put(tmp_path, "j.jsonl", rows))
    assert row(found, "a")["score"] == 9
    assert found["score"]["by"] == "column"


def test_records_that_were_exported_are_compared_item_by_item(tmp_path):
    shelf = Shelf(tmp_path)
    runs = [
        shelf.run("m/a", {"quiz": marks("1" * 50 + "0" * 50)}),
        shelf.run("m/b", {"quiz": marks("1" * 40 + "0" * 59 + "x")}),
    ]
    lines = "".join(line for run in runs for line in export_lines(shelf.store, run, "jsonl"))
    found = made(put(tmp_path, "records.jsonl", lines))
    assert found["ties"]["units"] == "items" and found["ties"]["pairs_tied"] == 0
    # The lost sample is no wrong answer.
    assert row(found, "m/b")["cells"]["quiz"]["n"] == 99
    results = [json.loads("".join(export_lines(shelf.store, run, "json"))) for run in runs]
    again = made(put(tmp_path, "results.json", results))
    assert (
        row(again, "m/a")["score"] == 0.5 and row(again, "m/a")["cells"]["quiz"]["run"] == runs[0]
    )
    assert again["ties"]["units"] == "errors"
    shelf.store.close()


def test_a_leaderboard_s_twins_can_be_read_again(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.run("m/a", {"quiz": marks("1" * 50 + "0" * 30), "riddles": marks("10")}, cost=1.0)
    shelf.run("m/b", {"quiz": marks("1" * 40 + "0" * 40)}, cost=0.5)
    found = board(sheet_of_store(shelf.store, Choice()), BoardOptions())
    shelf.store.close()
    paths = write_board(found, html=str(tmp_path / "board.html"))
    assert [path.suffix for path in paths] == [".html", ".csv", ".json"]
    for path in paths[1:]:
        again = made(str(path))
        assert [c["name"] for c in again["columns"]] == ["quiz", "riddles"]
        for model in ("m/a", "m/b"):
            one, two = row(found, model), row(again, model)
            assert two["mean"]["value"] == pytest.approx(one["mean"]["value"])
            assert two["spent"]["cost_usd"] == one["spent"]["cost_usd"]
            assert two["cells"]["quiz"]["ci"] == pytest.approx(one["cells"]["quiz"]["ci"])
        assert row(again, "m/b")["cells"]["riddles"] is None


def test_several_files_side_by_side(tmp_path):
    one = put(tmp_path, "one.csv", "model,x\na,0.9\nb,0.5\n")
    two = put(tmp_path, "two.csv", "model,x,y\nc,0.7,0.2\n")
    found = made(one, two)
    assert [column["name"] for column in found["columns"]] == ["x", "y"]
    assert [len([r for r in found["models"] if r["cells"][c]]) for c in ("x", "y")] == [3, 1]
    with pytest.raises(DataError, match="a has two scores for 'x'"):
        made(one, one)


def test_what_a_user_says_of_columns(tmp_path):
    path = put(tmp_path, "t.csv", "model,x,y,z\na,0.9,0.5,0.1\nb,0.5,0.9,0.9\n")
    groups = read_groups(put(tmp_path, "groups.json", {"one": ["x", "y"], "two": ["z"]}))
    assert row(made(path, groups=groups), "a")["mean"]["value"] == pytest.approx(0.4)
    lower = made(path, lower_is_better=("z",))
    assert row(lower, "a")["mean"]["value"] == pytest.approx(0.7)
    assert row(lower, "a")["win_rate"]["value"] == pytest.approx(2 / 3)
    assert [c["name"] for c in made(path, only=("y",))["columns"]] == ["y"]
    sheet = sheet_of_files([path], FileOptions(floors={"x": 0.25}, only=("x",)))
    assert row(board(normalised(sheet), BoardOptions()), "b")["score"] == pytest.approx(1 / 3)
    with pytest.raises(DataError) as error:
        made(path, only=("w",))
    assert "x" in error.value.hint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", ""),
        ("head.csv", "model,x\n"),
        ("none.csv", "a,b\n1,2\n3,4\n"),
        ("text.csv", "model,x\na,good\nb,bad\n"),
        ("list.json", "[]"),
        ("object.json", "{}"),
        ("broken.json", '{"a": '),
        ("results.json", '{"model": "m", "results": []}'),
    ],
)
def test_a_file_without_scores_says_so(tmp_path, name, content):
    with pytest.raises(DataError) as error:
        made(put(tmp_path, name, content))
    assert name.partition(".")[0] in error.value.message or error.value.hint


def test_unicode_and_hostile_names_come_through(tmp_path):
    path = put(tmp_path, "t.csv", "model,정확도\n모델-가,0.9\n<script>alert(1)</script>,0.5\n")
    text = call(path)
    assert "모델-가" in text and "정확도" in text and "<script>" in text


def test_the_verb_prints_one_object_and_refuses_what_does_not_go_together(tmp_path):
    path = put(tmp_path, "t.csv", WIDE)
    assert json.loads(call(path, "--json"))["score"]["name"] == "mean of 2 columns"
    assert call(path, "--csv", "-").startswith("model,ranks,")
    for flags in ((path, "--suite", "starter"), (path, "--alpha", "2"), (path, "--n", "0")):
        with pytest.raises(ConfigError):
            call(*flags)
    with pytest.raises(ConfigError):
        call(path, "--floor", "mmlu")
    with pytest.raises(ConfigError, match="for files"):
        call("--n", "5")
    with pytest.raises(ConfigError, match="no such column"):
        call(path, "--rank-by", "mmluu")


def test_an_input_is_never_written_over(tmp_path):
    path = put(tmp_path, "t.csv", WIDE)
    with pytest.raises(ConfigError, match="written over"):
        call(path, "--html", str(tmp_path / "t.html"))
    assert Path(path).read_text() == WIDE
    refuse_overwriting([path], str(tmp_path / "other.html"), None)
