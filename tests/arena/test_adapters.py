"""Files of battles in each format; what is no battle is refused with its file, row and reason."""

import gzip
import json
import zipfile

import pytest

from julja.arena.adapters import Settings, read_battles
from julja.arena.adapters.answers import read_answers
from julja.errors import ConfigError, DataError


@pytest.fixture
def write(tmp_path):
    def make(rows, name="battles.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif name.endswith(".csv"):
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        else:
            path.write_text(json.dumps(rows))
        return str(path)

    return make


def verdicts(found):
    return [battle.verdict for battle in found.table.rows()]


def test_arena_hards_battles(write):
    rows = [
        {"question_id": "q1", "model_a": "base", "model_b": "new", "winner": winner}
        for winner in ("model_a", "model_b", "tie")
    ]
    found = read_battles([write(rows)])
    assert verdicts(found) == ["A>B", "B>A", "A=B"]
    assert found.table.prompts == ("q1",) and found.table.models == ("base", "new")


def arena_row(**changes):
    return {
        "question_id": "q",
        "model_a": "x",
        "model_b": "y",
        "winner": "model_a",
        "judge": "user7",
        "turn": 1,
        "anony": True,
        "language": "한국어",
        "tstamp": 1700000000.5,
        "conversation_a": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "# A\n- **b**\n```\n# no header\n```"},
        ],
        "conversation_b": [{"role": "assistant", "content": "short"}],
        **changes,
    }


def test_chatbot_arena_rows_keep_judge_time_fields_and_style(write):
    found = read_battles([write([arena_row()], "arena.json")])
    battle = next(found.table.rows())
    assert set(found.formats.values()) == {"chatbot-arena"}
    assert (battle.judge, battle.time, battle.first) == ("user7", 1700000000.5, "a")
    assert battle.fields["language"] == "한국어" and battle.fields["turn"] == 1
    assert [battle.fields[f"{n}_a"] for n in ("headers", "lists", "bold")] == [1, 1, 1]
    assert (battle.fields["length_b"], battle.fields["lists_b"]) == (5, 0)
    assert "conversation_a" not in battle.fields


def test_votes_that_were_not_blind_are_left_out_by_name(write):
    place = write([arena_row(), arena_row(anony=False)])
    found = read_battles([place])
    assert (len(found.table), dict(found.left_out)) == (1, {"not_blind": 1})
    assert len(read_battles([place], Settings(named=True)).table) == 2


def test_the_arenas_own_counts_are_taken_where_they_are(write):
    counted = {
        "sum_assistant_a_tokens": 10,
        "sum_assistant_b_tokens": 20,
        "header_count_a": {"h1": 1, "h2": 2},
        "header_count_b": {"h1": 0},
        "list_count_a": {"ordered": 1, "unordered": 3},
        "list_count_b": {},
        "bold_count_a": {"**": 2, "__": 1},
        "bold_count_b": {},
    }
    rows = [arena_row(conv_metadata=counted, category_tag={"math_v0.1": {"math": True}})]
    battle = next(read_battles([write(rows)]).table.rows())
    assert [battle.fields[f"{n}_a"] for n in ("length", "headers", "lists", "bold")] == [
        10,
        3,
        4,
        3,
    ]
    assert battle.fields["category_tag.math_v0.1.math"] is True


@pytest.mark.parametrize(
    ("winner", "expected"),
    [
        ("tie (bothbad)", "bothbad"),
        ("both_bad", "bothbad"),
        ("tie", "A=B"),
        ("model_b", "B>A"),
        ("y", "B>A"),
        ("[[A>>B]]", "A>>B"),
        ("B>>A", "B>>A"),
        ("A<B", "B>A"),
        ("left", "A>B"),
        ("", None),
        (None, None),
        ("error", None),
    ],
)
def test_verdicts_in_their_spellings(winner, expected, write):
    rows = [{"model_a": "x", "model_b": "y", "winner": winner}]
    assert verdicts(read_battles([write(rows)])) == [expected]


def test_a_models_name_as_winner_is_that_model_even_if_it_is_called_b(write):
    rows = [{"model_a": "b", "model_b": "a", "winner": "a"}]
    assert verdicts(read_battles([write(rows)])) == ["B>A"]


def test_arena_hards_judgments_swap_the_second_game(write):
    rows = [
        {
            "uid": "u1",
            "model": "new",
            "baseline": "o3-mini",
            "judge": "gpt-4.1",
            "category": "hard_prompt",
            "games": [{"score": "B>>A"}, {"score": "A>B"}],
        },
        {
            "uid": "u2",
            "model": "new",
            "baseline": "o3-mini",
            "judge": "gpt-4.1",
            "games": [{"score": None}, {"score": "A=B"}],
        },
    ]
    found = read_battles([write(rows)])
    assert set(found.formats.values()) == {"arena-hard"}
    assert verdicts(found) == ["B>>A", "B>A", None, "A=B"]
    assert [battle.first for battle in found.table.rows()] == ["a", "b", "a", "b"]
    assert found.table.models == ("o3-mini", "new")
    assert next(found.table.rows()).fields["category"] == "hard_prompt"


def test_judgments_without_a_baseline_say_which_is_taken(write):
    rows = [{"question_id": "q", "model": "new", "games": [{"score": "A>B"}, {"score": "B>A"}]}]
    found = read_battles([write(rows)])
    assert found.table.models[0] == "gpt-4-0314"
    assert "gpt-4-0314 is taken" in found.remarks[0]
    named = read_battles([write(rows)], Settings(baseline="other"))
    assert named.table.models[0] == "other"


def test_mt_bench_pairs_that_disagree_are_ties(write):
    def row(one, two):
        return {
            "question_id": 81,
            "model_1": "x",
            "model_2": "y",
            "g1_winner": one,
            "g2_winner": two,
            "judge": ["gpt-4", "pair-v2"],
            "turn": 1,
        }

    found = read_battles(
        [
            write(
                [
                    row("model_1", "model_1"),
                    row("model_1", "model_2"),
                    row("tie", "tie"),
                    row("model_2", "tie"),
                    row("error", "model_1"),
                ]
            )
        ]
    )
    assert verdicts(found) == ["A>B", "A=B", "A=B", "A=B", None]
    assert found.table.judges == ("gpt-4 pair-v2",)


def test_single_scores_make_pairs_over_files(write):
    def row(model, score, question=1, turn=1):
        judge = ["gpt-4", "single-math-v1" if turn == 2 else "single-v1"]
        return {
            "question_id": question,
            "model": model,
            "judge": judge,
            "score": score,
            "turn": turn,
        }

    one = write([row("x", 8.1), row("x", 7, turn=2), row("x", -1, question=2)], "x.jsonl")
    two = write([row("y", 8.0), row("y", 9, turn=2), row("y", 5, question=2)], "y.jsonl")
    three = write([row("z", 8.3)], "z.jsonl")
    found = read_battles([one, two, three])
    pairs = {
        (b.prompt, b.fields["turn"], b.model_a, b.model_b): b.verdict for b in found.table.rows()
    }
    assert pairs == {
        ("1", 1, "x", "y"): "A=B",
        ("1", 1, "x", "z"): "B>A",
        ("1", 1, "y", "z"): "B>A",
        ("1", 2, "x", "y"): "B>A",
    }
    assert dict(found.left_out) == {"no_score": 1}
    only = read_battles([one, two, three], Settings(baseline="x"))
    assert {(b.model_a, b.model_b) for b in only.table.rows()} == {("x", "y"), ("x", "z")}
    strict = read_battles([one, two], Settings(tie_margin=0.0))
    assert next(strict.table.rows()).verdict == "A>B"


def test_scores_of_one_model_are_no_battles(write):
    rows = [{"question_id": 1, "model": "x", "score": 8, "turn": 1}]
    with pytest.raises(DataError, match="no battle in it") as error:
        read_battles([write(rows)])
    assert "other model's file" in error.value.hint


def test_alpaca_evals_preferences_are_graded(write):
    def row(preference, instruction="Say hi"):
        return {
            "instruction": instruction,
            "generator_1": "gpt4",
            "output_1": "Hi there",
            "generator_2": "mine",
            "output_2": "Hi",
            "annotator": "weighted",
            "preference": preference,
        }

    rows = [row(1.25), row(2), row(1.5), row(None), row(0.0, "another")]
    found = read_battles([write(rows, "annotations.json")])
    assert verdicts(found) == ["A>B", "B>A", "A=B", None, "A=B"]
    graded = [b.score for b in found.table.rows()]
    assert graded == [0.75, None, None, None, None]
    assert len(found.table.prompts) == 2
    assert next(found.table.rows()).fields["length_a"] == 8
    with pytest.raises(DataError, match="row 1: preference 3 is neither"):
        read_battles([write([row(3)], "wrong.json")])


def test_llmbars_label_is_the_human_and_each_order_a_battle(write):
    rows = [
        {
            "input": "q",
            "output_1": "one",
            "output_2": "two",
            "label": 2,
            "results": [{"swap = False": {"winner": "1"}, "swap = True": {"winner": "tie"}}],
        }
    ]
    place = write(rows, "Natural/evaluators/GPT-4/Vanilla/result.json")
    found = read_battles([place])
    assert [(b.judge, b.verdict, b.first) for b in found.table.rows()] == [
        ("human", "B>A", None),
        ("GPT-4/Vanilla", "A>B", "a"),
        ("GPT-4/Vanilla", "A=B", "b"),
    ]
    assert found.table.prompts == ("Natural/0",)


def test_csv_of_evalica_and_llmfao(write):
    place = write(
        ["id,prompt,worker,winner,left,right", "0,p1,w1,left,김치,x", "1,p1,w2,ignore,x,김치"],
        "votes.csv",
    )
    found = read_battles([place])
    rows = list(found.table.rows())
    assert [(b.prompt, b.judge, b.model_a, b.verdict) for b in rows] == [
        ("p1", "w1", "김치", "A>B"),
        ("p1", "w2", "x", None),
    ]


def test_the_arenas_55k_has_a_column_for_each_outcome(write):
    place = write(
        [
            "id,model_a,model_b,prompt,winner_model_a,winner_model_b,winner_tie",
            "1,x,y,p,1,0,0",
            "2,x,y,p,0,0,1",
        ],
        "55k.csv",
    )
    assert verdicts(read_battles([place])) == ["A>B", "A=B"]


def test_columns_can_be_named(write):
    rows = [
        {"alpha": "x", "beta": "y", "vote": "beta", "qid": 7, "who": "ann", "heft": "2"},
        {"alpha": "x", "beta": "y", "vote": "x", "qid": 8, "who": "bob", "heft": ""},
    ]
    columns = {
        "model_a": "alpha",
        "model_b": "beta",
        "winner": "vote",
        "prompt": "qid",
        "judge": "who",
        "weight": "heft",
    }
    with pytest.raises(DataError, match="winner 'beta' is none of"):
        read_battles([write(rows)], Settings(columns))
    rows[0]["vote"] = "y"
    found = list(read_battles([write(rows)], Settings(columns)).table.rows())
    assert [(b.prompt, b.judge, b.verdict, b.weight) for b in found] == [
        ("7", "ann", "B>A", 2.0),
        ("8", "bob", "A>B", 1.0),
    ]


def test_scores_of_a_table_are_graded(write):
    rows = [{"model_a": "x", "model_b": "y", "score": score} for score in (1, 0.5, 0.3, None)]
    found = read_battles([write(rows)])
    assert verdicts(found) == ["A>B", "A=B", "B>A", None]
    assert found.table.graded.tolist()[:3] == [1.0, 0.5, 0.3]


def test_julja_reads_the_votes_that_it_writes(write, tmp_path):
    from julja.arena.ballots import write_ballots
    from julja.arena.battles import Battle

    rows = [
        Battle("p1", "x", "y", "A>>B", "b", "voter", 2.0, 1.5, {"battle": "k", "length_a": 3}),
        Battle("p2", "y", "x", None),
        Battle("p3", "x", "y", "bothbad", "a"),
    ]
    for name in ("votes.jsonl", "votes.csv"):
        place = write_ballots(rows, str(tmp_path / name))
        found = list(read_battles([str(place)]).table.rows())
        for was, now in zip(rows, found, strict=True):
            for part in (
                "prompt",
                "model_a",
                "model_b",
                "verdict",
                "first",
                "judge",
                "weight",
                "time",
            ):
                assert getattr(now, part) == getattr(was, part), (name, part)
        assert str(found[0].fields["length_a"]) == "3"


def test_packed_files_and_files_of_one_list_are_read(write, tmp_path):
    row = {"model_a": "x", "model_b": "y", "winner": "model_a"}
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(row).encode()))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("inside.jsonl", json.dumps(row))
    wrapped = write({"battles": [row]}, "wrapped.json")
    found = read_battles([str(packed), str(tmp_path / "b.zip"), wrapped])
    assert len(found.table) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"model_a": "x", "winner": "tie"}, "no column for model_b|no model_b"),
        ({"model_a": "x", "model_b": "y", "winner": "modelA"}, "winner 'modelA' is none of"),
        ({"model_a": "x", "model_b": "", "winner": "tie"}, "no model_b"),
        ({"model_a": ["x"], "model_b": "y", "winner": "tie"}, "not a name"),
        ({"model_a": "x", "model_b": "y", "winner": "tie", "weight": "heavy"}, "not a number"),
        ({"model_a": "x", "model_b": "y", "winner": "tie", "weight": -1}, "negative"),
        ({"model_a": "x", "model_b": "y", "winner": "tie", "first": "left"}, "not a or b"),
        (["x", "y"], "named fields"),
    ],
)
def test_a_row_that_is_no_battle_is_refused_by_place_and_reason(row, reason, write):
    good = {"model_a": "x", "model_b": "y", "winner": "tie"}
    place = write([good, good, row])
    with pytest.raises(DataError, match=f"battles.jsonl, row 3: .*({reason})") as error:
        read_battles([place])
    assert "--skip-bad-rows" in error.value.hint
    found = read_battles([place], skip_bad_rows=True)
    assert len(found.table) == 2
    assert [(item.row, item.place) for item in found.refused] == [(3, place)]


def test_a_file_of_something_else_lists_the_formats(write):
    with pytest.raises(DataError, match="its rows have answer, question") as error:
        read_battles([write([{"question": "q", "answer": "a"}])])
    assert "alpaca-eval" in error.value.hint and "--columns" in error.value.hint


def test_wrong_formats_and_empty_files(write, tmp_path):
    row = {"model_a": "x", "model_b": "y", "winner": "tie"}
    with pytest.raises(ConfigError, match="no format 'alpaca'"):
        read_battles([write([row])], form="alpaca")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match="empty"):
        read_battles([str(empty)])
    with pytest.raises(DataError, match="no rows"):
        read_battles([write([], "none.json")])
    with pytest.raises(DataError, match="no such file"):
        read_battles([str(tmp_path / "nowhere.jsonl")])


def test_answers_in_their_formats(write):
    rows = [
        {
            "uid": "q1",
            "model": "x",
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": {"answer": "hello"}},
            ],
        },
        {"question_id": 2, "model_id": "x", "choices": [{"turns": ["one", "two"]}]},
        {"instruction": "Say hi", "generator": "x", "output": "hey"},
        {"prompt": "q3", "model": "x", "response": "yo"},
    ]
    found = read_answers([write(rows)])
    assert found["x", "q1"] == "hello" and found["x", "2"] == "one\ntwo"
    assert found["x", "q3"] == "yo" and "hey" in found.values()
    with pytest.raises(DataError, match="row 1: not an answer"):
        read_answers([write([{"model": "x", "prompt": "q"}], "bad.jsonl")])
