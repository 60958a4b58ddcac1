"""Tables of judgements in the shapes that people have them, and what is wrong with some."""

import csv
import json

import numpy as np
import pytest

from julja.audit.judges.columns import parse_columns
from julja.audit.judges.read import Reading, read_sheet
from julja.audit.judges.values import read_value
from julja.errors import ConfigError, DataError


@pytest.fixture
def write(tmp_path):
    """Write rows as csv or jsonl, return the path."""

    def made(name, rows):
        path = tmp_path / name
        if name.endswith(".jsonl"):
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            path.write_text(text, "utf-8")
            return str(path)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return str(path)

    return made


def by_people(sheet):
    return sheet.mean(sheet.by_people()).tolist()


def of_judge(sheet, judge=0):
    return sheet.mean(sheet.of(sheet.judges[judge])).tolist()


@pytest.mark.parametrize(
    ("cell", "kind", "number"),
    [
        ("7", "number", 7.0),
        (" [[8.5]] ", "number", 8.5),
        (True, "number", 1.0),
        ("[[A>>B]]", "verdict", 1.0),
        ("tie (bothbad)", "verdict", 0.5),
        ("Model_B", "verdict", 0.0),
        ("second", "shown", 0.0),
    ],
)
def test_cells_are_understood(cell, kind, number):
    found = read_value(cell)
    assert (found.kind, found.number) == (kind, number)


@pytest.mark.parametrize("cell", [None, "", "n/a", "NaN", " - ", float("nan")])
def test_an_empty_cell_is_nothing_and_never_zero(cell):
    assert read_value(cell).kind == "nothing"


def test_a_wide_table_has_a_column_for_each_judge_and_person(write):
    rows = [
        {"item": "하나", "judge_a": 7, "judge_b": 9, "human_1": 6, "human_2": ""},
        {"item": "둘", "judge_a": "I can't say", "judge_b": 3, "human_1": "", "human_2": ""},
    ]
    sheet = read_sheet([write("wide.csv", rows)])
    assert sheet.kind == "score"
    assert sheet.units == ("하나", "둘")
    assert [sheet.raters[code] for code in sheet.judges] == ["judge_a", "judge_b"]
    assert of_judge(sheet, 1) == [9, 3]
    assert np.isnan(of_judge(sheet)[1])
    assert sheet.unreadable == {"judge_a": ("I can't say",)}
    assert by_people(sheet)[0] == 6
    assert np.isnan(by_people(sheet)[1])


def test_a_long_table_has_one_rating_a_row(write):
    rows = [
        {"question_id": 1, "model": "m", "judge": "gpt4", "score": 8, "turn": 1},
        {"question_id": 1, "model": "m", "judge": "gpt4", "score": 6, "turn": 1},
        {"question_id": 1, "model": "m", "judge": "expert_3", "score": 5, "turn": 1},
        {"question_id": 1, "model": "m", "judge": "gpt4", "score": -1, "turn": 2},
    ]
    sheet = read_sheet([write("long.jsonl", rows)])
    assert sheet.units == ("1 / 1 / m", "1 / 2 / m")
    assert sheet.cluster.tolist() == [0, 0]
    assert of_judge(sheet) == [7, -1]
    assert sheet.raters == ("gpt4", "expert_3 (people)")


def test_fastchat_s_minus_one_is_no_score(write):
    rows = [
        {"question_id": n, "model": "m", "judgment": "…", "score": s} for n, s in ((1, 7), (2, -1))
    ]
    found = of_judge(read_sheet([write("mt.jsonl", rows)]))
    assert found[0] == 7
    assert np.isnan(found[1])


def test_labels_come_from_a_file_of_their_own(write):
    judged = [{"id": f"q{n}", "score": n} for n in range(4)]
    labels = [
        {"id": "q2", "annotator": "ann", "score": 5},
        {"id": "q9", "annotator": "x", "score": 1},
    ]
    sheet = read_sheet([write("j.jsonl", judged)], [write("h.jsonl", labels)])
    assert by_people(sheet)[2] == 5
    assert np.isnan(by_people(sheet)[[0, 1, 3][0]])
    assert sheet.lost == {"labels of items that no judge rated": 1}


def test_a_label_without_a_model_goes_to_the_only_answer(write):
    judged = [{"id": "q1", "model": "m", "score": 4}]
    labels = [{"id": "q1", "human": 5}]
    assert by_people(read_sheet([write("j.jsonl", judged)], [write("h.jsonl", labels)])) == [5]
    judged.append({"id": "q1", "model": "n", "score": 4})
    with pytest.raises(DataError, match=r"h\.jsonl, row 1: which of the answers to 'q1'"):
        read_sheet([write("j.jsonl", judged)], [write("h.jsonl", labels)])


def test_files_without_an_item_in_common_are_refused(write):
    files = (
        [write("j.jsonl", [{"id": 1, "score": 4}])],
        [write("h.jsonl", [{"id": "a", "human": 5}])],
    )
    with pytest.raises(
        ConfigError, match="no label has an item that was judged: labels are of 'a'"
    ):
        read_sheet(*files)


def test_each_row_of_one_person_repeats_the_judge_s_score_only_once(write):
    rows = [
        {"item": "q", "judge_score": 4, "annotator": name, "label": value}
        for name, value in (("ann", 3), ("bob", 5), ("cho", 5))
    ]
    sheet = read_sheet([write("rows.csv", rows)])
    assert len(sheet.of(sheet.judges[0])) == 1
    assert len(sheet.by_people()) == 3
    assert by_people(sheet) == [pytest.approx(13 / 3)]


def test_repeats_of_a_judge_do_not_repeat_the_label(write):
    rows = [{"item": "q", "judge": value, "human": 3} for value in (4, 4, 5)]
    sheet = read_sheet([write("rows.csv", rows)])
    assert len(sheet.of(sheet.judges[0])) == 3
    assert len(sheet.by_people()) == 1


def test_a_pair_is_one_unit_whichever_way_round_it_is_written(write):
    rows = [
        {"prompt_id": "p", "model_a": "x", "model_b": "y", "winner": "model_a", "judge": "j",
         "first": "a", "length_a": 10, "length_b": 30},
        {"prompt_id": "p", "model_a": "y", "model_b": "x", "winner": "model_a", "judge": "j",
         "first": "x", "length_a": 30, "length_b": 10},
        {"prompt_id": "p", "model_a": "y", "model_b": "x", "winner": "y", "judge": "j",
         "first": "", "length_a": "", "length_b": ""},
    ]  # fmt: skip
    sheet = read_sheet([write("pairs.csv", rows)])
    assert sheet.units == ("p / x / y",)
    # The third names the winner.
    assert sheet.value.tolist() == [1.0, 0.0, 0.0]
    assert sheet.first.tolist() == [0, 0, -1]
    assert (sheet.length_a[0], sheet.length_b[0]) == (10, 30)


def test_verdicts_on_what_was_shown_need_the_order(write):
    rows = [
        {"item": "p", "judge": "first", "swapped": "true"},
        {"item": "q", "judge": "second", "swapped": "true"},
        {"item": "r", "judge": "first", "swapped": ""},
    ]
    sheet = read_sheet([write("shown.csv", rows)])
    assert sheet.value[:2].tolist() == [0.0, 1.0]
    assert np.isnan(sheet.value[2])


def test_one_and_two_name_the_better_of_a_pair(write):
    row = {"model_a": "x", "model_b": "y"}
    rows = [{"item": n, **row, "judge": value} for n, value in enumerate((1, 2, 1.25))]
    sheet = read_sheet([write("alpaca.csv", rows)])
    assert (sheet.kind, sheet.value.tolist()) == ("pair", [1.0, 0.0, 0.75])
    rows = [{"item": n, **row, "judge": value} for n, value in enumerate((1, 0, 0.5))]
    assert read_sheet([write("worth.csv", rows)]).value.tolist() == [1.0, 0.0, 0.5]


def test_words_for_right_and_wrong_are_numbers_and_others_labels(write):
    rows = [
        {"item": 1, "judge": "Yes", "human": "no"},
        {"item": 2, "judge": "maybe", "human": "yes"},
    ]
    sheet = read_sheet([write("yes.csv", rows)])
    assert sheet.kind == "score"
    assert of_judge(sheet)[0] == 1
    assert np.isnan(of_judge(sheet)[1])
    rows = [
        {"item": 1, "judge": "spam", "human": "ham"},
        {"item": 2, "judge": "eggs", "human": "spam"},
    ]
    sheet = read_sheet([write("words.csv", rows)])
    assert (sheet.kind, sheet.labels) == ("label", ("ham", "spam"))
    assert sheet.unreadable == {"judge": ("eggs",)}
    counted = read_sheet([write("words.csv", rows)], reading=Reading(positive="Spam"))
    assert (counted.kind, by_people(counted)) == ("score", [0.0, 1.0])


def test_a_threshold_makes_passes_of_scores(write):
    rows = [{"item": n, "judge": n, "human": n + 1} for n in range(4)]
    sheet = read_sheet([write("s.csv", rows)], reading=Reading(threshold=2))
    assert (of_judge(sheet), by_people(sheet)) == ([0, 0, 1, 1], [0, 1, 1, 1])


def test_nested_columns_are_named_by_path(write):
    rows = [{"sample": "s", "scores": {"rating": 7}, "human": 6}]
    columns = parse_columns(["judge=scores.rating"])
    assert of_judge(read_sheet([write("run.jsonl", rows)], reading=Reading(columns))) == [7]


def test_the_length_of_a_text_is_counted(write):
    rows = [{"item": 1, "judge": 3, "answer": "여섯 글자임"}]
    assert read_sheet([write("t.jsonl", rows)]).length_a.tolist() == [6]


def test_alpacaeval_s_order_is_found_again(write):
    def row(preference, m, big_m):
        top = [{"token": "m", "logprob": m}, {"token": "M", "logprob": big_m}]
        raw = {"logprobs": {"content": [{"top_logprobs": top}]}}
        return {"instruction": str(preference), "output_1": "aa", "generator_1": "base",
                "output_2": "bbb", "generator_2": "new", "annotator": "gpt4_turbo",
                "preference": preference, "raw_completion": raw}  # fmt: skip

    log = np.log
    rows = [
        row(1.2, log(0.8), log(0.2)),
        row(1.8, log(0.8), log(0.2)),
        row(1.6, log(0.8), log(0.2)),
    ]
    sheet = read_sheet([write("annotations.jsonl", rows)])
    # .8 for m, shown first: 1.2 is 2 - .8 (output_1 was first), 1.8 is 1 + .8; 1.6 fits neither.
    assert sheet.first.tolist() == [0, 1, -1]
    assert sheet.value.tolist() == pytest.approx([0.8, 0.2, 0.4])
    assert sheet.models == ("base", "new")
    assert (sheet.length_a[0], sheet.length_b[0]) == (2, 3)


@pytest.mark.parametrize(("voters", "names"), [(("7", "9"), ("7", "9")), (("", ""), ("judge",))])
def test_julja_s_own_battles_name_who_decided(write, voters, names):
    row = {"prompt": "t/1", "model_a": "x", "model_b": "y", "first": "b", "weight": 1.0,
           "length_a": 3, "length_b": 5}  # fmt: skip
    rows = [
        {**row, "judge": who, "verdict": say}
        for who, say in zip(voters, ("A>B", "bothbad"), strict=True)
    ]
    sheet = read_sheet([write("votes.jsonl", rows)])
    assert (sheet.raters, sheet.value.tolist()) == (names, [1.0, 0.5])
    people = read_sheet([write("judged.jsonl", [{**row, "judge": "gpt", "verdict": "B>>A"}])],
                        [write("votes.jsonl", rows)])  # fmt: skip
    assert len(people.by_people()) == 2
    assert by_people(people) == [0.75]


def test_llmbar_s_results_bring_their_label(write):
    result = {"swap = False": {"winner": 1}, "swap = True": {"winner": "None"}}
    rows = [{"input": "x", "output_1": "aa", "output_2": "b", "label": 1, "results": [result]}]
    sheet = read_sheet([write("result.jsonl", rows)])
    assert sheet.raters == ("human (people)", "evaluator")
    assert by_people(sheet) == [1]
    assert sheet.value[1] == 1
    assert np.isnan(sheet.value[2])
    assert sheet.first.tolist() == [-1, 0, 1]


def test_mt_bench_pairs_are_two_games(write):
    rows = [{"question_id": 81, "model_1": "x", "model_2": "y", "g1_winner": "model_1",
             "g2_winner": "model_2", "judge": ["gpt-4", "pair-v2"], "turn": 1}]  # fmt: skip
    sheet = read_sheet([write("pairs.jsonl", rows)])
    assert sheet.value.tolist() == [1.0, 0.0]
    assert sheet.first.tolist() == [0, 1]


def test_arena_hard_s_games_keep_their_order(write):
    games = [{"score": "A>>B"}, {"score": None}]
    rows = [{"question_id": "q", "model": "m", "judge": "gpt-4", "games": games}]
    sheet = read_sheet([write("judgments.jsonl", rows)])
    assert sheet.value[0] == 1
    assert np.isnan(sheet.value[1])
    assert sheet.first.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"item": 1, "text": "a"}], "no column with a judge's or a person's scores among item"),
        ([{"item": "", "judge": 1}], r"row 1: no value in the column 'item'"),
        (
            [{"item": 1, "judge": 1, "human": 3}, {"item": 2, "judge": 1, "human": "good?"}],
            r"row 2: 'good\?' by 'human' is no score",
        ),
        ([{"item": 1, "rater": "expert_1", "score": 1}], "no rating here is a judge's"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_place(write, rows, message):
    with pytest.raises(DataError, match=message):
        read_sheet([write("bad.csv", rows)])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["item"], "not ROLE=COLUMN"),
        (["jugde=x"], "there is no role 'jugde'"),
        (["item=a", "item=b"], "given twice"),
        (["human=x"], "no file has a column 'x'"),
    ],
)
def test_a_wrong_column_is_refused(write, pairs, message):
    place = write("s.csv", [{"item": 1, "judge": 3}])
    with pytest.raises(ConfigError, match=message):
        read_sheet([place], reading=Reading(parse_columns(pairs)))


def test_a_threshold_of_verdicts_is_refused(write):
    rows = [{"item": 1, "judge": "A>B"}]
    with pytest.raises(ConfigError, match="--pass 3"):
        read_sheet([write("s.csv", rows)], reading=Reading(threshold=3))


def test_rows_without_an_item_are_items_of_their_own(write):
    sheet = read_sheet([write("s.csv", [{"judge": 3}, {"judge": 4}])])
    assert sheet.units == ("1", "2")
    assert "each row is one of its own" in sheet.notes[0]
