"""LiveBench: release windows, each task's rules on answers of our own, its files in and out."""

import base64
import json
import pickle
import zlib

import pytest

from julja.benchmarks.live.livebench import coding, language, mathematics, reasoning, tables
from julja.benchmarks.live.livebench.answers import boxed, edit_distance, without_thoughts
from julja.benchmarks.live.livebench.exchange import model_answers, recorded_answers
from julja.benchmarks.live.livebench.frames import FrameError, read_frame, same_frames
from julja.benchmarks.live.livebench.tasks import (
    JUDGES,
    livebench_coding,
    livebench_reasoning,
    to_sample,
    window,
)
from julja.config import RunConfig
from julja.errors import DataError, TaskError
from julja.run.planning import make_plan
from julja.run.responses import score_responses
from julja.scoring.contest import unpack_tests
from julja.store.sqlite import Store
from julja.tasks.build import build_samples
from julja.tasks.task import Answered
from julja.types import Response, Score

ROW = {
    "question_id": "q1",
    "task": "zebra_puzzle",
    "turns": ["Who lives in the first house?"],
    "ground_truth": "Mia,2",
    "livebench_release_date": "2024-11-25",
    "livebench_removal_date": "",
}


def question(truth, **more):
    return {"ground_truth": truth, "turns": ["?"], "livebench_release_date": "2024-11-25", **more}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("**yes, no, unknown**", 1.0),
        ("**yes**, and **no**, and I think **unknown**", 1.0),
        (r"\boxed{\textbf{yes, no, unknown}}", 1.0),
        ("It is yes, no, unknown", 1.0),
        ("yes, no, no first; then yes, no, unknown", 1.0),
        ("<solution>no, no, unknown</solution>", 0.0),
        # Not equal to the right answer, and "unknown" also counts as a "no": four words.
        ("<solution>(yes, no, unknown)</solution>", 0.0),
    ],
)
def test_web_of_lies_v2(text, value):
    assert reasoning.web_of_lies_v2(question("yes, no, unknown"), text).value == value


def test_web_of_lies_v3_gives_partial_credit_with_blanks_and_all():
    asked = question("yes,no,yes,no")
    assert reasoning.web_of_lies_v3(asked, "<solution>yes,no,yes,no</solution>").value == 1.0
    assert reasoning.web_of_lies_v3(asked, "<solution>yes,no,yes,yes</solution>").value == 0.375
    assert reasoning.web_of_lies_v3(asked, "<solution>yes, no,yes,no</solution>").value == 0.375
    assert reasoning.web_of_lies_v3(asked, "No idea.").read is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<solution>mia, position 2</solution>", 1.0),
        ("<solution>Mia, 3</solution>", 0.25),
        ("<solution>Mia</solution> and <solution>2</solution>", 1.0),
        (r"\boxed{\text{Mia, 2}}", 1.0),
        ("So:\nMia, 2", 1.0),
        ("Mia lives there.", 0.0),
    ],
)
def test_zebra_puzzles_in_tags(text, value):
    assert reasoning.zebra_puzzle(question("Mia,2"), text).value == value


def test_older_zebra_puzzles_have_one_word():
    old = question("two", livebench_release_date="2024-06-24")
    assert reasoning.zebra_puzzle(old, "It is ***2***.").value == 1.0
    assert reasoning.zebra_puzzle(old, "It is number two.").value == 1.0
    assert reasoning.zebra_puzzle(old, "***three*** and not two").value == 0.0


@pytest.mark.parametrize(
    ("truth", "text", "value"),
    [
        ("10", "**ten** of the **twelve**", 1.0),
        ("10", "**10** **a** **b** **c**", 0.0),  # only the last three bold words count
        ("triangle", "an **equilateral triangle**", 1.0),
        ("triangle", "a **circle, a square, a triangle**", 0.0),
        ("4", r"\boxed{\text{4}}", 1.0),
    ],
)
def test_spatial(truth, text, value):
    assert reasoning.spatial(question(truth), text).value == value


def test_houses_beliefs_and_walks():
    houses = question("Ann Ben Cid")
    assert reasoning.house_traversal(houses, "**Ann** **Ben** **Cid**").value == 1.0
    assert reasoning.house_traversal(houses, "**first Ann, then Ben, then Cid**").value == 1.0
    assert reasoning.house_traversal(houses, "**Cid, Ben, Ann**").value == 0.0
    place = question("red_box")
    assert reasoning.theory_of_mind(place, "<Solution>The red_box!</solution>").value == 1.0
    assert reasoning.theory_of_mind(place, "Hm.\nThe answer is red_box.").value == 1.0
    assert reasoning.theory_of_mind(place, "the red_box\nThe answer is blue_box").value == 0.0
    walk = question([-1, 2])
    assert reasoning.logic_with_navigation(walk, "<solution>-1, 2</solution>").value == 1.0
    assert reasoning.logic_with_navigation(walk, "(-1, 2)").value == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<solution>BBBBB</solution>", 1.0),
        ("B it is: BBBB", 1.0),
        (r"\boxed{\text{B}}", 1.0),
        ("which leaves $\\frac{1}{2}$", 1.0),  # the value of option B
        ("So it is\n**B**", 1.0),
        ("Answer (B)", 1.0),
        ("AAAAA", 0.0),
    ],
)
def test_contests(text, value):
    statement = r"How much? $\textbf{(A) }1 \qquad \textbf{(B) }\frac{1}{2} \qquad$"
    asked = question("B", turns=[statement], subtask="amc_12a_2023")
    assert mathematics.math_comp(asked, text).value == value


def test_aime_is_read_at_the_end():
    asked = question("025", subtask="aime_i_2024")
    assert mathematics.math_comp(asked, "Thus 025.").value == 1.0
    assert mathematics.math_comp(asked, "025 " + "x" * 60).value == 0.0
    with pytest.raises(DataError, match="the contest 'tjmo' is none of AMC, SMC, AIME"):
        mathematics.math_comp(question("1", subtask="tjmo"), "1")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Answer: 2, 1, 3", [2, 1, 3]),
        ("**Answer:** <expression 2>, <expression 1>", [2, 1]),
        ("Answer:\n2,1,3", [2, 1, 3]),
        (r"So \boxed{2,1,x}", [2, 1, None]),
        ("the order\n2, 1 and 3", [2, 1]),
        ("no numbers", []),
    ],
)
def test_the_numbers_of_a_proof(text, numbers):
    assert mathematics.expression_numbers(text) == numbers


def test_a_proof_is_scored_by_edit_distance():
    asked = question("2,1,3,4", subtask="usamo")
    assert mathematics.olympiad(asked, "Answer: 2,1,3,4").value == 1.0
    assert mathematics.olympiad(asked, "Answer: 1,3,4").value == 0.75  # one left out
    assert mathematics.olympiad(asked, "Answer: 2,1,4,3").value == 0.5  # two replaced
    assert edit_distance("kitten", "sitting") == 3


@pytest.mark.parametrize(
    ("truth", "text", "value"),
    [
        (r"\log{\left(x \right)}", r"It is $\boxed{\ln(x) + C}$.", 1.0),
        (r"-\frac{2}{5}", r"\boxed{-\dfrac{2}{5}}", 1.0),
        (r"-\frac{2}{5}", r"so $x = -0.4$", 1.0),
        (r"x^2 + 1", r"\boxed{(x+1)^2 - 2x}", 1.0),
        (r"x^2 + 1", r"\boxed{x^2}", 0.0),
        ("42", "The value is 42.", 1.0),
    ],
)
def test_hard_expressions(truth, text, value):
    assert mathematics.amps_hard(question(truth), text).value == value


def test_integrals_are_read_in_tags_boxes_or_at_the_end():
    asked = question("11326/3")
    assert (
        mathematics.integrals_with_game(asked, r"<solution>\frac{22652}{6}</solution>").value == 1.0
    )
    assert mathematics.integrals_with_game(asked, "It is 11326 / 3.").value == 1.0
    assert mathematics.integrals_with_game(asked, "<solution>7</solution>").value == 0.0


def test_connections():
    asked = question("a,b,c,d,e,f,g,h")
    assert language.connections(asked, "<solution>h, g, f, e,\nd, c, b, a</solution>").value == 1.0
    assert language.connections(asked, "<solution>a,b,c,d,e,f,g,x</solution>").value == 0.5
    assert language.connections(asked, r"\boxed{\text{a,b,c,d,e,f,g,h}}").value == 1.0
    assert language.connections(asked, r"\fbox{a,b,c,d,e,f,g,h}").read is None
    assert language.connections(asked, "**a,b,c,d,e,f,g,h**").read is None
    old = {**asked, "livebench_release_date": "2024-06-24"}
    assert language.connections(old, "**a,b,c,d** and **a, b, c, d, h, g, f, e**").value == 1.0


def test_plots_and_typos():
    plot = question("Ann wakes. She runs. She arrives. The end.")
    right = "<PLOT_SUMMARY>Ann wakes. She runs. She arrives. The end.</PLOT_SUMMARY>"
    assert language.plot_unscrambling(plot, right).value == 1.0
    swapped = "Ann wakes. She arrives. She runs. The end."
    assert language.plot_unscrambling(plot, swapped).value == 0.5
    slip = question("We measure it.")
    assert language.typos(slip, "<solution>We measure it.</solution>").value == 1.0
    assert language.typos(slip, "Here:\nWe measure it.\nDone").value == 1.0
    assert language.typos(slip, "We mesure it.").value == 0.0


def test_types_and_joins_of_columns():
    assert tables.cta(question("postal code"), r"\boxed{\text{Postal Code}}").value == 1.0
    assert tables.cta(question("postal code"), "It is Postal Code").value == 0.0
    pairs = question(str({"a": "x", "b": "y", "c": None}))
    assert tables.tablejoin(pairs, "{'a': 'x', 'b': 'y'}").value == 1.0
    assert tables.tablejoin(pairs, '```json\n{"a": "x", "b": null}\n```').value == 0.67
    assert tables.tablejoin(pairs, "{'a': 'x', 'b': 'z', 'd': 'y'}").value == 0.4
    assert tables.tablejoin(pairs, "a is x").read is None


def test_streaks_by_jaccard_s_index():
    truth = [{"user_id": n, "max_consecutive_growth_months": n} for n in (1, 2, 3)]
    said = json.dumps([*truth[:2], {"user_id": 4, "max_consecutive_growth_months": 1}])
    verdict = tables.consecutive_events(question(truth), f"<solution>{said}</solution>")
    assert verdict.value == 0.5  # two right, one missing, one too many
    assert tables.consecutive_events(question(truth), "<solution>[1,</solution>").read is None


CSV = "name,size\nAnn,3\nBen,4\n"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("size,name\n3.0,Ann\n4.0,Ben", 1.0),
        ("```csv\n" + CSV + "```", 1.0),
        ("Here is the converted table:\n" + CSV + "Well, that, was it.", 1.0),
        (CSV + "Is there more to do?", 0.0),  # a line without a comma is a row
        ("name,size\nBen,4\nAnn,3", 0.0),
        ("name,size\nAnn,3", 0.0),
        ("No table.", 0.0),
    ],
)
def test_a_table_in_another_format(said, value):
    command = "Please convert the Input Table from JSON format to CSV format. Please respond only"
    assert tables.tablereformat(question(CSV, turns=[command]), said).value == value


def test_newer_tables_name_their_format_in_a_line():
    asked = question(
        "| a | b |\n|---|---|\n| 1 | x |",
        turns=["Source Format: CSV\nTarget Format: Markdown\n"],
        livebench_release_date="2025-04-25",
    )
    assert tables.tablereformat(asked, "| a | b |\n|:--|:--|\n|  1 | x |").value == 1.0
    assert tables.tablereformat(asked, "| a | b |\n|:--|:--|\n|  2 | x |").value == 0.0


def test_frames_are_typed_by_column():
    assert same_frames(read_frame("csv", "a\n1\n2"), read_frame("json", '[{"a": 1}, {"a": "2"}]'))
    # One cell of text makes a column of text: 1.0 is not 1 then.
    assert not same_frames(read_frame("csv", "a\n1\nx"), read_frame("csv", "a\n1.0\nx"))
    assert same_frames(read_frame("csv", "a,b\n,1\nNA,2"), read_frame("csv", "b,a\n1,\n2,null"))
    html = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1,200</td></tr></tbody></table>"
    assert same_frames(read_frame("html", html), read_frame("csv", "a\n1200"))
    with pytest.raises(FrameError, match="more than the header's 1 cells"):
        read_frame("csv", "a\n1,2")


@pytest.mark.sandbox
def test_programs_are_run_on_public_and_private_tests():
    hidden = json.dumps([{"input": "10 -4", "output": "6", "testtype": "stdin"}])
    packed = base64.b64encode(zlib.compress(pickle.dumps(hidden))).decode()
    asked = question(
        None,
        public_test_cases='[{"input": "2 3", "output": "5.0", "testtype": "stdin"}]',
        private_test_cases=packed,
        original_json={"metadata": "{}"},
    )
    adds = "Like this:\n```python\na, b = map(int, input().split())\nprint(a + b)\nexit()\n```"
    assert coding.programs(asked, adds).value == 1.0
    assert coding.programs(asked, adds.replace("a + b", "5")).value == 0.0  # the hidden test
    assert coding.programs(asked, "print(5)").read is None


def test_pickled_tests_can_t_run_code():
    packed = base64.b64encode(zlib.compress(pickle.dumps(print))).decode()
    with pytest.raises(DataError, match=r"asks for builtins\.print"):
        unpack_tests(packed)
    with pytest.raises(DataError, match="can't be unpacked"):
        unpack_tests("not base64!")


def test_instructions_count_whole_and_in_part():
    asked = question(
        None,
        instruction_id_list=["punctuation:no_comma", "length_constraints:number_words"],
        kwargs=[{"num_words": None}, {"relation": "at least", "num_words": 3}],
    )
    assert coding.instructions(asked, "three plain words").value == 1.0
    assert coding.instructions(asked, "two, then three").value == 0.25
    assert coding.instructions(asked, " ").value == 0.0


def test_boxes_and_thoughts():
    assert boxed(r"\boxed{1} then \fbox{2}") == "1"
    assert boxed(r"\fbox{a{b}c}") == "a{b}c"
    assert boxed(r"$\boxed 7$ indeed") == "7"
    assert boxed(r"\boxed{open") is None
    assert without_thoughts("<think>\nno\n</think>\nyes") == "yes"


def test_a_release_has_the_questions_that_were_out_and_not_yet_removed():
    rows = [
        {**ROW, "question_id": "old", "livebench_release_date": "2024-06-24T00:00:00"},
        {**ROW, "question_id": "gone", "livebench_removal_date": "2024-11-25"},
        {**ROW, "question_id": "leaving", "livebench_removal_date": "2025-04-02"},
        {**ROW, "question_id": "new", "livebench_release_date": "2025-04-25"},
    ]
    kept = window(rows, "2024-11-25")
    assert [row["question_id"] for row in kept] == ["old", "leaving"]
    with pytest.raises(DataError, match="none of the 4 questions is of release 2024-01-01"):
        window(rows, "2024-01-01")


def test_a_release_is_a_date():
    with pytest.raises(TaskError, match="'june' is no LiveBench release"):
        livebench_reasoning(release="june")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "sudoku"}, "LiveBench's reasoning has no task 'sudoku' that can be scored here"),
        ({"turns": ["a", "b"]}, "question q1 has 2 turns"),
        ({"ground_truth": ""}, "question q1 of zebra_puzzle has no ground_truth"),
    ],
)
def test_a_damaged_row_is_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(livebench_reasoning(), [{**ROW, **change}], split="test", origin="q.jsonl")


def test_a_question_is_there_once():
    with pytest.raises(DataError, match="same id 'q1'"):
        build_samples(livebench_reasoning(), [ROW, ROW], split="test", origin="q.jsonl")


def test_what_cant_be_scored_is_asked_and_kept():
    row = {**ROW, "task": "code_generation", "ground_truth": None}
    assert not to_sample(row, "coding").labelled
    assert set(livebench_coding().forms) == {"generate"}
    assert sum(len(judges) for judges in JUDGES.values()) == 24


def test_a_category_is_the_mean_of_its_tasks(tmp_path):
    folder = tmp_path / "livebench" / "live_bench" / "reasoning"
    rows = {
        "zebra_puzzle": [{**ROW, "question_id": f"z{n}"} for n in range(3)],
        "spatial": [{**ROW, "question_id": "s0", "task": "spatial", "ground_truth": "10"}],
    }
    for name, listed in rows.items():
        (folder / name).mkdir(parents=True)
        text = "".join(json.dumps(row) + "\n" for row in listed)
        (folder / name / "question.jsonl").write_text(text, encoding="utf-8")
    texts = {"z0": "<solution>Mia,2</solution>", "z1": "x", "z2": "x", "s0": "**10**"}
    answers = tmp_path / "model.jsonl"
    answers.write_text(
        "".join(
            json.dumps({"question_id": key, "choices": [{"index": 0, "turns": [text]}]}) + "\n"
            for key, text in texts.items()
        )
    )
    config = RunConfig(tasks=("livebench/reasoning",), model="m", data=str(tmp_path))
    store = Store(tmp_path / "julja.db")
    result = score_responses(config, answers, store).result
    store.close()
    metrics = result["results"][0]["metrics"]
    assert round(metrics["task_mean"]["value"], 4) == 0.6667  # (1/3 + 1) / 2
    assert metrics["score"]["value"] == 0.5
    assert [part["task"] for part in result["results"][0]["subsets"]] == [
        "livebench_reasoning/spatial",
        "livebench_reasoning/zebra_puzzle",
    ]
    # One category alone is no score of the suite.
    assert result["suites"] == []


def test_answers_are_written_as_they_are_read():
    sample = to_sample(ROW, "reasoning")
    answered = Answered(sample, "zebra_puzzle", Response("Mia", model="m"), Score({"score": 0.0}))
    files = model_answers([answered])
    (name,) = files
    assert name == "zebra_puzzle/model_answer/answers.jsonl"
    content = {name: [json.loads(line) for line in files[name].splitlines()], "j.jsonl": [{}]}
    assert recorded_answers(content, [sample]) == [{"id": "q1", "response": "Mia"}]
    with pytest.raises(DataError, match="row 0 of the answers has neither"):
        recorded_answers([{"id": 1}], [sample])


@pytest.mark.mirror
def test_recorded_answers_of_a_real_model_can_be_read(mirror):
    from julja.run.responses import read_answers

    folder = mirror / "livebench" / "outputs" / "instruction_following"
    rows = recorded_answers(read_answers(folder), [])
    assert len(rows) == 200
    assert all(len(row["id"]) == 64 and row["response"] for row in rows)


@pytest.mark.mirror
def test_every_task_of_the_published_tables_is_known(mirror):
    agentic = {"javascript", "typescript", "python"}
    known = {name for judges in JUDGES.values() for name in judges}
    known |= {"code_generation", "code_completion"}
    for file in sorted((mirror / "livebench").glob("categories_*.json")):
        names = {name for names in json.loads(file.read_text()).values() for name in names}
        assert names - agentic <= known, file


def test_a_plan_of_the_default_release(tmp_path):
    folder = tmp_path / "livebench" / "live_bench" / "reasoning" / "zebra_puzzle"
    folder.mkdir(parents=True)
    later = {**ROW, "question_id": "q2", "livebench_release_date": "2025-04-25"}
    text = json.dumps(ROW) + "\n" + json.dumps(later) + "\n"
    (folder / "question.jsonl").write_text(text, encoding="utf-8")
    sizes = {
        release: make_plan(
            RunConfig(tasks=(f"livebench_reasoning{release}",), model="m", data=str(tmp_path)),
            frozenset({"generate"}),
            {"name": "m"},
        ).total
        for release in ("", ":release=2025-04-25")
    }
    assert sizes == {"": 1, ":release=2025-04-25": 2}
