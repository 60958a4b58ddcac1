"""Leaderboards: which run each cell is, what is not mixed, ties, means, missing cells, cost."""

import csv
import io
import json

import numpy as np
import pytest
from tests.run.board_case import Shelf, marks

from julja.errors import ConfigError, StoreError
from julja.report.board import board_rows, board_text
from julja.run.leaderboard.board import board
from julja.run.leaderboard.from_store import sheet_of_store, sheet_of_suite
from julja.run.leaderboard.means import normalised
from julja.run.leaderboard.runs import Choice
from julja.run.leaderboard.score import BoardOptions
from julja.run.leaderboard.sheet import Cell, Column, Items, Protocol, Sheet
from julja.run.leaderboard.tied import by_errors, by_items, mean_by_items

GOOD, BAD = marks("1" * 60 + "0" * 20), marks("1" * 20 + "0" * 60)


@pytest.fixture
def shelf(tmp_path):
    made = Shelf(tmp_path)
    yield made
    made.store.close()


def made(shelf, options=None, **choice):
    sheet = sheet_of_store(shelf.store, Choice(**choice))
    found = board(sheet, options or BoardOptions())
    json.dumps(found, allow_nan=False)
    return found


def row(found, model):
    return next(item for item in found["models"] if item["model"] == model)


def sheet_of(columns, **more):
    return Sheet(
        tuple(
            Column(
                name,
                name,
                "acc",
                {
                    m: Cell(v) if v is not None else Cell(None, state="no score")
                    for m, v in cells.items()
                },
                **more,
            )
            for name, cells in columns.items()
        ),
        "a test",
    )


# Which run a cell is


def test_the_newest_complete_run_of_a_model_is_its_cell(shelf):
    shelf.run("m/a", {"quiz": BAD})
    kept = shelf.run("m/a", {"quiz": GOOD})
    shelf.run("m/a", {"quiz": marks("1" * 10 + "x" * 70)})
    shelf.run("m/b", {"quiz": BAD})
    found = made(shelf)
    assert row(found, "m/a")["cells"]["quiz"]["run"] == kept
    assert found["left_out"] == [
        {"why": "results that a newer run replaces", "names": ["run-003", "run-001"]}
    ]


def test_a_model_whose_only_run_is_incomplete_is_shown_so_and_has_no_value(shelf):
    shelf.run("m/a", {"quiz": GOOD})
    shelf.run("m/b", {"quiz": marks("1" * 10 + "x" * 70)})
    found = made(shelf)
    cell = row(found, "m/b")["cells"]["quiz"]
    assert (cell["value"], cell["state"]) == (None, "INCOMPLETE")
    assert found["notes"] == ["INCOMPLETE: 70 of 80 samples have no score"]
    assert row(found, "m/b")["ranks"] is None
    assert "INCOMPLETE¹" in board_text(found)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"form": "letter"}, "quiz (letter)"),
        ({"shots": 5}, "quiz (5 shots)"),
        ({"version": 2}, "quiz (v2)"),
        ({"limit": 10}, "quiz (limit 10)"),
    ],
)
def test_protocols_are_not_mixed(shelf, other, name):
    shelf.run("m/a", {"quiz": GOOD})
    shelf.run("m/b", {"quiz": GOOD}, **other)
    found = made(shelf)
    names = [column["name"] for column in found["columns"]]
    assert len(names) == 2 and name in names
    assert row(found, "m/a")["cells"][name] is None


def test_mixed_puts_them_in_one_column_with_a_mark(shelf):
    shelf.run("m/a", {"quiz": GOOD})
    shelf.run("m/b", {"quiz": GOOD})
    shelf.run("m/c", {"quiz": BAD}, form="letter", shots=5)
    found = made(shelf, mixed=True)
    assert [column["name"] for column in found["columns"]] == ["quiz"]
    assert found["notes"] == ["not as the column: letter, 5 shots"]
    assert row(found, "m/c")["cells"]["quiz"]["notes"] == [1]
    assert row(found, "m/a")["cells"]["quiz"]["notes"] == []


def test_other_decoding_shares_the_column_and_is_marked(shelf):
    for model in ("m/a", "m/b"):
        shelf.run(model, {"quiz": GOOD})
    shelf.run("m/c", {"quiz": BAD}, temperature=1.0)
    found = made(shelf)
    assert len(found["columns"]) == 1
    assert found["notes"] == ["other settings than most: temperature 1.0"]


def test_a_task_a_model_and_a_run_can_be_chosen(shelf):
    first = shelf.run("m/a", {"quiz": GOOD, "riddles": BAD})
    shelf.run("x/b", {"quiz": GOOD})
    assert [c["name"] for c in made(shelf, tasks=("quiz",))["columns"]] == ["quiz"]
    assert [r["model"] for r in made(shelf, models=("m/*",))["models"]] == ["m/a"]
    assert [r["model"] for r in made(shelf, runs=(first,))["models"]] == ["m/a"]
    with pytest.raises(StoreError, match="task 'quizz'") as error:
        made(shelf, tasks=("quizz",))
    assert "quiz" in error.value.hint


def test_an_empty_store_says_what_to_type(shelf):
    with pytest.raises(StoreError) as error:
        made(shelf)
    assert "julja run" in error.value.hint


# Ties


def test_models_that_items_tell_apart_share_no_letter(shelf):
    shelf.run("m/good", {"quiz": GOOD})
    shelf.run("m/same", {"quiz": marks("1" * 59 + "0" * 21)})
    shelf.run("m/bad", {"quiz": BAD})
    found = made(shelf)
    assert found["ties"]["units"] == "items" and found["ties"]["exact"]
    assert [(r["model"], r["letters"], r["ranks"]) for r in found["models"]] == [
        ("m/good", "a", [1, 2]),
        ("m/same", "a", [1, 2]),
        ("m/bad", "b", [3, 3]),
    ]
    assert (found["ties"]["adjacent_tied"], found["ties"]["adjacent"]) == (1, 2)


def test_pairs_need_fewer_items_than_errors_do(shelf):
    # The better model is right wherever the other is: by items that is plain.
    shelf.run("m/a", {"quiz": marks("1" * 50 + "0" * 50)})
    shelf.run("m/b", {"quiz": marks("1" * 40 + "0" * 60)})
    assert made(shelf)["ties"]["pairs_tied"] == 0
    assert made(shelf, BoardOptions(units="errors"))["ties"]["pairs_tied"] == 1


def test_clusters_are_drawn_whole(shelf):
    shelf.run("m/a", {"quiz": marks("1" * 50 + "0" * 50)}, clusters=10)
    shelf.run("m/b", {"quiz": marks("1" * 40 + "0" * 60)}, clusters=10)
    found = made(shelf)
    assert "10 clusters" in found["ties"]["how"]
    assert found["ties"]["pairs_tied"] == 1


def test_columns_are_strata_of_the_mean():
    # All the difference between two models lies between columns, none within them.
    generator = np.random.default_rng(0)
    columns, weights = [], [0.5, 0.5]
    for name, n in (("short", 50), ("long", 200)):
        scores = (generator.random((2, n)) < [[0.5], [0.6]]).astype(float)
        items = Items(("a", "b"), scores)
        cells = {m: Cell(v) for m, v in zip("ab", scores.mean(axis=1), strict=True)}
        columns.append(Column(name, name, "acc", cells, items=items))
    found = mean_by_items(columns, weights, ("a", "b"), alpha=0.05, seed=0)
    gaps = [c.items.scores[1] - c.items.scores[0] for c in columns]
    stderr = np.sqrt(sum(0.25 * gap.var(ddof=1) / len(gap) for gap in gaps))
    drawn = found.draws[:, 1] - found.draws[:, 0]
    assert drawn.mean() == pytest.approx(np.mean([gap.mean() for gap in gaps]), abs=0.004)
    assert drawn.std() == pytest.approx(stderr, rel=0.06)


def test_an_influence_knows_parts_floors_and_weights():
    scores = np.array([[1.0, 0, 1, 1, 0, 1], [1.0, 1, 1, 0, 0, 0]])
    items = Items(
        ("a", "b"),
        scores,
        weights=(1.0, 3, 1, 1, 1, 1),
        strata=(0, 0, 0, 1, 1, 1),
        parts=(0.5, 0.5),
        floors=(0.25, 0.5),
        slopes=(1 / 0.75, 1 / 0.5),
    )
    column = Column("c", "c", "acc", {}, items=items)
    found = mean_by_items([column], [1.0], ("a", "b"), alpha=0.05, seed=0)
    a = (0.5 * (0.4 - 0.25) / 0.75) + 0.5 * (2 / 3 - 0.5) / 0.5
    b = (0.5 * (1.0 - 0.25) / 0.75) + 0.0  # below guessing
    gap = found.draws[:, 1] - found.draws[:, 0]
    assert gap.mean() == pytest.approx(b - a, abs=0.02)


def test_equal_models_are_told_apart_in_five_percent_of_boards_at_most():
    generator = np.random.default_rng(7)
    models, false, boards = tuple("abcdef"), 0, 200
    for _ in range(boards):
        columns = []
        for name, n in (("short", 40), ("long", 120)):
            hard = generator.random(n)
            scores = (generator.random((6, n)) < hard).astype(float)
            columns.append(Column(name, name, "acc", {}, items=Items(models, scores)))
        found = mean_by_items(columns, [0.5, 0.5], models, alpha=0.05, seed=0)
        false += bool(found.order.any())
    # .05 and three standard errors of so many boards.
    assert false / boards <= 0.05 + 3 * (0.05 * 0.95 / boards) ** 0.5


def test_many_irregular_groups_become_runs_of_neighbours():
    generator = np.random.default_rng(2)
    scores = generator.random(40)
    errors = generator.uniform(0.001, 0.1, 40)
    found = by_errors([f"m{n}" for n in range(40)], scores, errors, alpha=0.05, seed=0)
    assert not found.exact
    for one in range(40):
        for other in range(40):
            apart = found.order[one, other] != 0
            shared = any({one, other} <= set(group) for group in found.groups)
            # Who shares no letter is told apart: that is what letters are read for.
            assert shared or apart


def test_lower_is_better_turns_the_ranks():
    scores = np.array([[0.1] * 30 + [0.2] * 30, [0.8] * 30 + [0.9] * 30])
    column = Column("error", "t", "e", {}, higher_is_better=False, items=Items(("a", "b"), scores))
    assert by_items(column, alpha=0.05, seed=0).ranks == ((1, 1), (2, 2))


def test_without_errors_or_enough_columns_nothing_is_said_of_ties():
    found = board(sheet_of({"x": {"a": 0.9, "b": 0.1}}), BoardOptions())
    assert found["ties"]["units"] is None and "not known" in found["ties"]["how"]
    assert row(found, "a")["ranks"] is None and row(found, "a")["letters"] is None


def test_many_columns_stand_in_for_items_and_say_so():
    columns = {f"c{n}": {"a": 0.5 + 0.01 * (n % 3), "b": 0.4, "c": 0.399} for n in range(8)}
    found = board(sheet_of(columns), BoardOptions())
    assert found["ties"]["units"] == "columns" and "8 columns" in found["ties"]["how"]
    assert [r["letters"] for r in found["models"]] != ["a", "a", "a"]
    rates = board(sheet_of(columns), BoardOptions(rank_by="win_rate"))
    assert rates["score"]["name"] == "mean win rate over 8 columns"
    assert row(rates, "a")["score"] == 1.0


# Means and what is missing


def test_a_missing_cell_is_no_zero_and_no_rank():
    found = board(sheet_of({"x": {"a": 0.9, "b": 0.5}, "y": {"a": 0.1, "c": 0.99}}), BoardOptions())
    assert row(found, "a")["mean"]["value"] == pytest.approx(0.5)
    partial = row(found, "c")
    assert partial["mean"]["value"] == 0.99 and not partial["mean"]["complete"]
    assert partial["score"] is None and not partial["compared"]
    assert [r["model"] for r in found["models"]] == ["a", "c", "b"]
    assert any("mean of 1 of 2 columns" in note for note in found["notes"])
    text = board_text(found)
    assert "(0.990)" in text and "0.000" not in text.split("win rate")[0]


def test_the_csv_has_empty_cells_where_nothing_is():
    found = board(sheet_of({"x": {"a": 0.9, "b": 0.5}, "y": {"a": 0.1}}), BoardOptions())
    rows = board_rows(found)
    at = rows[0].index("y")
    assert rows[2][at : at + 5] == [None] * 5
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    assert len(list(csv.reader(io.StringIO(buffer.getvalue())))) == 3


def test_a_formula_is_no_model_name_in_a_spreadsheet():
    found = board(sheet_of({"x": {"=1+1": 0.9, "b": 0.5}}), BoardOptions())
    assert board_rows(found)[1][0] == "'=1+1"


def test_columns_of_another_scale_are_not_in_the_mean():
    shares = sheet_of({"x": {"a": 0.9, "b": 0.5}, "y": {"a": 0.3, "b": 0.1}})
    other = sheet_of({"elo": {"a": 1200.0, "b": 1100.0}}, high=None)
    found = board(Sheet((*shares.columns, *other.columns), "t"), BoardOptions())
    assert row(found, "a")["mean"]["value"] == pytest.approx(0.6)
    assert found["columns"][2]["not_in_mean"] == "its scale is not known"
    assert row(found, "a")["win_rate"]["columns"] == 3


def test_groups_are_averaged_first():
    cells = {"a": Cell(1.0), "b": Cell(0.0)}
    zero = {"a": Cell(0.0), "b": Cell(0.0)}
    columns = (
        Column("x", "x", "acc", cells, group="maths"),
        Column("y", "y", "acc", zero, group="maths"),
        Column("z", "z", "acc", cells, group="code"),
    )
    found = board(Sheet(columns, "t"), BoardOptions())
    assert row(found, "a")["mean"]["value"] == pytest.approx(0.75)
    assert found["score"]["name"] == "mean of 2 groups of 3 columns"


def test_normalised_scores_are_above_guessing():
    column = Column(
        "x", "x", "acc", {"a": Cell(0.55, 0.06, (0.4, 0.7)), "b": Cell(0.1)}, floor=0.25
    )
    found = board(normalised(Sheet((column,), "t")), BoardOptions())
    assert row(found, "a")["score"] == pytest.approx(0.4)
    assert row(found, "a")["cells"]["x"]["ci"] == pytest.approx([0.2, 0.6])
    assert row(found, "b")["score"] == 0.0
    assert not found["remarks"]
    blind = board(normalised(sheet_of({"x": {"a": 0.5}})), BoardOptions())
    assert "guessing is not known" in blind["remarks"][0]


def test_an_unknown_column_to_rank_by_is_told(shelf):
    shelf.run("m/a", {"quiz": GOOD})
    with pytest.raises(ConfigError) as error:
        made(shelf, BoardOptions(rank_by="quizz"))
    assert "quiz" in error.value.hint


# Suites


def test_a_suite_s_columns_are_as_its_score_makes_them(shelf):
    right = marks("1" * 55 + "0" * 45)
    kept = shelf.run("m/a", {"mmlu_pro": right}, form="rank", shots=5)
    shelf.run("m/b", {"mmlu_pro": marks("1" * 5 + "0" * 95)}, form="rank", shots=5)
    other = shelf.run("m/a", {"mmlu_pro": GOOD}, form="generate")
    sheet = sheet_of_suite(shelf.store, "open-llm-v2", Choice())
    found = board(sheet, BoardOptions())
    assert [column["name"] for column in found["columns"]] == ["MMLU-PRO"]
    cell = row(found, "m/a")["cells"]["MMLU-PRO"]
    # Ten options: guessing is right in a tenth, and less than that is 0.
    assert (cell["value"], cell["run"]) == (pytest.approx((0.55 - 0.1) / 0.9), kept)
    assert row(found, "m/b")["score"] == 0.0
    assert found["left_out"][0]["names"] == [other]
    assert "the suite's task ifeval was never run" in found["remarks"]
    assert found["ties"]["units"] == "items" and found["ties"]["pairs_tied"] == 0


def test_an_unknown_suite_is_told(shelf):
    shelf.run("m/a", {"quiz": GOOD})
    with pytest.raises(StoreError) as error:
        sheet_of_suite(shelf.store, "open-llm-v3", Choice())
    assert "open-llm-v2" in error.value.hint
    with pytest.raises(StoreError, match="has a task of the suite"):
        sheet_of_suite(shelf.store, "open-llm-v2", Choice())


# Cost


def test_the_frontier_of_score_against_cost_with_its_chance(shelf):
    shelf.run("m/cheap", {"quiz": marks("1" * 40 + "0" * 40)}, cost=0.1)
    shelf.run("m/dear", {"quiz": GOOD}, cost=2.0)
    shelf.run("m/beaten", {"quiz": BAD}, cost=1.0)
    shelf.run("m/unpriced", {"quiz": GOOD})
    found = made(shelf)
    assert found["frontier"]["models"] == ["m/dear", "m/cheap"]
    assert row(found, "m/cheap")["frontier_chance"] == 1.0
    assert row(found, "m/beaten")["frontier_chance"] < 0.01
    unpriced = row(found, "m/unpriced")
    assert unpriced["on_frontier"] is None and unpriced["spent"]["cost_usd"] is None


def test_cached_answers_do_not_make_a_model_cheap(shelf):
    shelf.run("m/a", {"quiz": GOOD}, cost=0.8)
    shelf.run("m/b", {"quiz": GOOD}, cost=0.4, cached=80)
    found = made(shelf)
    assert row(found, "m/b")["spent"]["cost_usd"] == pytest.approx(0.8)
    assert any("cache" in note for note in found["notes"])


def test_energy_is_summed_with_how_it_is_known(shelf):
    energy = {"wh": 2.0, "co2_g": 1.0, "method": "estimated"}
    shelf.run("m/a", {"quiz": GOOD, "riddles": GOOD}, energy=energy)
    shelf.run("m/b", {"quiz": GOOD, "riddles": GOOD})
    found = made(shelf)
    assert row(found, "m/a")["spent"]["wh"] == 4.0
    assert row(found, "m/b")["spent"]["wh"] is None
    assert "Wh and CO₂ estimated" in found["notes"]


def test_protocols_compare_field_by_field():
    one, two = Protocol(form="rank", shots=5), Protocol(form="letter", shots=5)
    assert one.differs(two) == ["form"]
    assert one.words() == "rank, 5 shots" and two.words(["form"]) == "letter"
