"""Tables of scores are read from the forms in which they are published, and nothing is guessed."""

import json

import numpy as np
import pytest

from julja.audit.scores.align import align
from julja.audit.scores.read import read_tables
from julja.audit.scores.table import ScoreTable, intervals, join, moments
from julja.errors import DataError


def write(folder, name, content):
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return str(path)


def lines(rows):
    return "\n".join(json.dumps(row) for row in rows)


def only(place, **how):
    (table,) = read_tables(place, **how)
    return table


def test_rows_with_bootstrap_results(tmp_path):
    rows = [
        {"model": "a", "score": 3.0, "lower": 1.0, "upper": 5.0, "results": [1, 2, 3, 4, 5]},
        {"model": "b", "score": 2.0, "lower": 1.5, "upper": 2.5, "results": [1.5, 2.5]},
    ]
    table = only(write(tmp_path, "bench.jsonl", lines(rows)), unit="prompt")
    assert (table.name, table.models, table.unit) == ("bench", ("a", "b"), "prompt")
    ends = intervals(table, 0.5)
    assert (ends.lower[0], ends.upper[0], ends.level) == (2.0, 4.0, 0.5)
    assert (ends.method, ends.bootstraps) == ("bootstrap percentiles", 5)
    mean, variance, source = moments(table, 0.95)
    assert (mean[0], variance[0], source) == (3.0, 2.0, "bootstrap values")


def test_a_column_of_draws_for_each_model(tmp_path):
    text = "one,two\n" + "\n".join(f"{n},{n + 5}" for n in range(11))
    table = only(write(tmp_path, "draws.csv", text))
    assert dict(zip(table.models, table.score, strict=True)) == {"one": 5.0, "two": 10.0}
    assert table.paired
    assert "medians of 11 draws" in table.remarks[0]
    again = only(write(tmp_path, "draws.json", {"one": list(range(11)), "two": [5, 6]}))
    assert again.score.tolist() == [5.0, 5.5]
    assert not again.paired


def test_a_leaderboard_with_ratings_quantiles_and_variance(tmp_path):
    row = {"index": "x", "rating": 1000, "variance": 4, "rating_q025": 996, "rating_q975": 1004}
    other = {**row, "index": "y", "rating": 1100, "num_battles": 7, "final_ranking": 1}
    table = only(write(tmp_path, "arena.json", [row, other]))
    assert (table.models, table.level, table.stderr.tolist()) == (("x", "y"), 0.95, [2.0, 2.0])
    assert intervals(table, 0.95).lower[0] == 996
    # At another level the stated ends don't serve.
    wider = intervals(table, 0.8)
    assert wider.lower[0] == pytest.approx(1000 - 1.2816 * 2, abs=1e-3)
    assert wider.method == "normal, of standard errors"


def test_a_csv_with_a_column_for_each_benchmark(tmp_path):
    text = "Model,mmlu,gsm8k,votes,mmlu_stderr,note\n모델,55.2%,-,9,1.0,x\nb,60,70,8,2.0,y\n"
    place = write(tmp_path, "board.csv", text)
    mmlu, gsm8k = read_tables(place)
    assert (mmlu.name, mmlu.models, mmlu.score.tolist()) == (
        "board#mmlu",
        ("모델", "b"),
        [55.2, 60],
    )
    assert mmlu.stderr.tolist() == [1.0, 2.0]
    assert gsm8k.models == ("b",)
    assert "1 models have no score: 모델" in gsm8k.remarks[0]
    assert only(f"{place}#gsm8k").name == "board#gsm8k"
    with pytest.raises(DataError, match="no column of numbers 'gsm8'") as raised:
        read_tables(f"{place}#gsm8")
    assert raised.value.hint == "Did you mean gsm8k?"


def test_alpacaevals_errors_belong_to_their_own_columns(tmp_path):
    text = (
        ",win_rate,standard_error,n_wins,length_controlled_winrate,lc_standard_error\n"
        "m,50,1.5,400,40,0.2\nn,20,1.1,160,30,\n"
    )
    raw, controlled = read_tables(write(tmp_path, "board.csv", text))
    assert raw.stderr.tolist() == [1.5, 1.1]
    assert controlled.stderr[0] == 0.2
    assert np.isnan(controlled.stderr[1])


def test_parts_of_a_file(tmp_path):
    board = {
        "full": {"a": {"rating": 1, "rating_q025": 0, "rating_q975": 2}, "b": {"rating": 3}},
        "coding": {"a": {"rating": 5}},
    }
    place = write(tmp_path, "text.json", board)
    assert [table.name for table in read_tables(place)] == ["text#full", "text#coding"]
    assert only(f"{place}#coding").score.tolist() == [5.0]
    with pytest.raises(DataError, match="no part 'codin'"):
        read_tables(f"{place}#codin")


def test_ratings_with_open_ends_and_without_a_rating(tmp_path):
    result = {
        "ratings": [
            {"model": "a", "rating": 1200.0, "stderr": 9.0, "ci": [1180.0, None]},
            {"model": "b", "rating": 1000.0, "stderr": 9.0, "ci": [980.0, 1020.0]},
            {"model": "c", "rating": None, "stderr": None, "ci": None},
        ],
        "interval": {"level": 0.9, "unit": "prompt", "method": "cluster sandwich"},
    }
    table = only(write(tmp_path, "ratings.json", result))
    assert (table.models, table.level, table.unit) == (("a", "b"), 0.9, "prompt")
    assert table.upper[0] == np.inf
    assert table.remarks == ("ratings: no rating for c",)
    assert intervals(table, 0.9).method == "cluster sandwich"


def test_a_result_of_a_run_is_a_table_for_each_task(tmp_path):
    metric = {"value": 0.5, "stderr": 0.1, "ci": [0.3, 0.7], "n": 20, "bounds": [0.5, 0.5]}
    task = {"task": "t", "version": 2, "form": "rank", "shots": 5, "metrics": {"acc": metric}}
    lost = {**task, "task": "u", "metrics": {"acc": {**metric, "value": None}}}
    table = only(write(tmp_path, "run.json", {"model": "m", "results": [task, lost]}))
    assert (table.name, table.models, table.score[0]) == ("t v2 (rank, 5 shots)", ("m",), 0.5)


def judgments():
    rows = [
        {"question_id": q, "model": m, "turn": t, "score": q % 3 + bonus, "judgment": "…"}
        for q in range(30)
        for m, bonus in (("a", 5), ("b", 2))
        for t in (1, 2)
    ]
    rows[0]["score"] = -1
    return rows


def test_a_row_for_each_model_and_prompt(tmp_path):
    place = write(tmp_path, "single.jsonl", lines(judgments()))
    table = only(place)
    assert dict(zip(table.models, table.score, strict=True))["b"] == pytest.approx(3.0)
    # Judgement -1 is no score; turns of a question are drawn together.
    assert "single: 1 rows have no score and are left out" in table.remarks
    assert (table.unit, table.paired, len(table.draws[0])) == ("prompt", True, 1000)
    (rows,) = table.others
    clustered = intervals(table, 0.95)
    alone = intervals(rows, 0.95)
    wider = (clustered.upper - clustered.lower) / (alone.upper - alone.lower)
    assert wider == pytest.approx(np.sqrt(2), abs=0.15)
    assert only(place, seed=1).draws[0].tolist() != table.draws[0].tolist()
    assert only(place, seed=0).draws[0].tolist() == table.draws[0].tolist()
    with pytest.raises(DataError, match="no column 'question'"):
        read_tables(place, cluster="question")


def test_models_with_one_prompt_have_no_interval(tmp_path):
    rows = [{"model": m, "id": i, "score": i} for m in "ab" for i in range(3)]
    rows.append({"model": "thin", "id": 0, "score": 1})
    table = only(write(tmp_path, "long.jsonl", lines(rows)))
    assert table.models == ("a", "b")
    assert "left out for having fewer than 2 prompts: thin" in " ".join(table.remarks)


def test_repeated_models_without_a_prompt_are_not_guessed_at(tmp_path):
    rows = [{"model": "a", "score": n} for n in range(3)]
    with pytest.raises(DataError, match="which column is the prompt is not clear"):
        read_tables(write(tmp_path, "x.jsonl", lines(rows)))


def test_battles_are_rated_by_prompt(tmp_path):
    rows = [
        {"question_id": f"q{q}", "model_a": "a", "model_b": "b", "winner": winner}
        for q in range(30)
        for winner in (["model_a"] * 3 if q % 3 else ["model_b"] * 3)
    ]
    table = only(write(tmp_path, "battles.jsonl", lines(rows)))
    assert table.score[table.models.index("a")] > table.score[table.models.index("b")]
    assert table.unit == "prompt"
    (alone,) = table.others
    assert alone.unit == "battle"
    # Three equal verdicts a prompt are one: the error is the root of three times as large.
    assert table.stderr[0] / alone.stderr[0] == pytest.approx(np.sqrt(3), abs=0.1)
    assert table.covariance.shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.csv", "", "empty"),
        ("b.json", [], "no table of scores"),
        ("c.json", {"a": "b"}, "no table of scores"),
        ("d.csv", "x,y\n1,2\n", "no column holds the models' names"),
        ("e.jsonl", '{"model": "a", "score": 1, "results": [1, "x"]}\n', "not all numbers"),
        ("f.json", [1, 2], "no table of scores"),
        ("g.csv", "model,note\na,x\n", "no table of scores"),
    ],
)
def test_files_that_hold_no_scores_say_so(tmp_path, name, content, match):
    with pytest.raises(DataError, match=match):
        read_tables(write(tmp_path, name, content))


def table(name, **scores):
    return ScoreTable.of(name, {model.replace("_", "-"): value for model, value in scores.items()})


def test_tables_are_joined_by_name_then_case_best_of_the_reference_first():
    found = join(table("one", a=1, B=2, c=3, x=9), table("two", b=20, a=10, C=30, y=1))
    assert found.second.models == found.first.models == ("C", "b", "a")
    assert found.first.score.tolist() == [3, 2, 1]
    assert found.by_case == ("B", "c")
    assert found.left_out == {"one": ("x",), "two": ("y",)}


@pytest.mark.parametrize("names", [{"a1": "a", "b1": "B"}, {"a": "a1", "B": "b1"}])
def test_a_mapping_of_names_works_either_way_and_says_who_takes_part(names):
    found = join(table("one", a1=1, b1=2, c=3), table("two", a=1, B=2, c=3), names)
    assert found.first.models == ("B", "a")
    assert found.left_out == {"one": ("c",), "two": ("c",)}
    assert found.by_case == ()


def test_joins_that_mean_nothing_are_refused():
    with pytest.raises(DataError, match="0 models in common"):
        join(table("one", a=1), table("two", b=1))
    with pytest.raises(DataError, match="maps no model"):
        join(table("one", a=1, b=2), table("two", a=1, b=2), {"x": "y"})
    with pytest.raises(DataError, match="A and a are both a"):
        join(table("one", A=1, a=2, b=3), table("two", a=1, b=2))


def test_several_tables_share_one_spelling():
    tables = [table("one", a=1, b=2, solo=1), table("two", A=3, bee=4)]
    found = align(tables, {"two": {"bee": "b"}, "absent": {"x": "y"}})
    assert (found.models, found.single) == (("a", "b"), ("solo",))
    assert found.scores.tolist() == [[1, 2], [3, 4]]
    assert (found.by_case, found.unused) == (("A",), ("absent",))
    with pytest.raises(DataError, match="b and bee would both be 'b'"):
        align([table("one", b=1, bee=2)], {"bee": "b"})


def test_a_table_turned_round_ranks_the_other_way():
    plain = ScoreTable.of(
        "loss", {"a": 1.0, "b": 2.0}, lower={"a": 0.5}, upper={"a": 1.5}, draws={"a": np.ones(3)}
    )
    turned = plain.turned()
    assert turned.score.tolist() == [-1.0, -2.0]
    assert (turned.lower[0], turned.upper[0], turned.draws[0][0]) == (-1.5, -0.5, -1.0)
