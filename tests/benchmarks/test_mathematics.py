"""MATH, AIME, MGSM and the variants of GSM8K: layouts, prompts, options, damaged rows."""

import json

import pytest

from julja.benchmarks.mathematics.aime import aime, final_integer
from julja.benchmarks.mathematics.common import recorded
from julja.benchmarks.mathematics.gsm8k import gsm8k
from julja.benchmarks.mathematics.gsm8k_variants import gsm8k_platinum, gsm_symbolic, to_instance
from julja.benchmarks.mathematics.math_full import levelled, math, problems
from julja.benchmarks.mathematics.mgsm import mgsm, to_sample
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import render_prompt
from julja.types import Response, Sample

ROW = {
    "problem": "What is $1+1$?",
    "solution": "It is $\\boxed{2}$.",
    "type": "Number Theory",
    "level": "Level 1",
}


def plan_of(name, data):
    config = RunConfig(tasks=(name,), model="m", data=str(data))
    return make_plan(config, frozenset({"generate"}), {"name": "m"}, resolved=resolve(name))


def test_math_reads_one_file_of_rows_and_upstream_s_many_files(tmp_path):
    for number, level in ((1, 1), (7, 5)):
        path = tmp_path / "math" / "MATH" / "test" / "number_theory" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**ROW, "level": f"Level {level}"}))
    plan = plan_of("math", tmp_path)
    (leaf,) = plan.leaves.values()
    assert (leaf.name, plan.total) == ("math/number_theory", 2)
    assert [sample.fields["level"] for sample in leaf.samples] == ["Level 1", "Level 5"]
    assert problems([ROW]) == [ROW]


def test_math_s_two_prompts():
    sample = levelled(ROW)
    assert render_prompt(math().forms["generate"], sample, ()).text == (
        "Problem:\nWhat is $1+1$?\n\nSolution:"
    )
    asked = render_prompt(math(prompt="cot").forms["generate"], sample, ()).text
    assert asked.endswith("put your final answer in \\boxed{}.\n\nWhat is $1+1$?")
    with pytest.raises(ConfigError, match="math has no prompt 'cots'"):
        math(prompt="cots")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 3}, "x.jsonl, row 0: '3' is none of MATH's levels"),
        ({"type": "Poetry"}, "'Poetry' is none of MATH's subjects"),
        ({"solution": "It is 2."}, "has no"),
    ],
)
def test_damaged_rows_of_math_are_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(math(), [{**ROW, **change}], split="test", origin="x.jsonl")


def test_only_acc_accepts_what_is_equal_but_spelt_otherwise():
    scorer = math().forms["generate"].scorer
    quarter = Sample("1", "?", target=("\\frac{1}{4}",))
    assert scorer(quarter, Response("\\boxed{0.25}")).values == {"acc": 1.0, "acc_string": 0.0}
    assert scorer(quarter, Response("\\boxed{1/4}")).values == {"acc": 1.0, "acc_string": 1.0}
    assert scorer(quarter, Response("")).state == "unparsed"


def test_samples_of_one_problem_vote():
    task = math(k=3)
    form = task.forms["generate"]
    assert (task.epochs, form.decoding.temperature) == (3, 0.7)
    names = [metric.name for metric in form.scorer.metrics]
    assert names == ["acc", "acc_string", "maj@3", "pass@3"]
    sample = Sample("1", "?", target=("\\frac{1}{2}",))
    epochs = [
        form.scorer(sample, Response(f"\\boxed{{{text}}}")).values
        for text in ("3", "0.5", "\\frac12")
    ]
    vote = form.scorer.metrics[2].combine
    assert vote(epochs) == 1.0  # two spellings of a half outvote one three
    assert vote(epochs[:2]) is None
    assert vote([epochs[0], epochs[0], epochs[1]]) == 0.0


def test_recorded_outputs_name_their_problem_by_text_id_or_row():
    samples = [Sample("test-4", "What is 2?", ("2",)), Sample("2024-I-1", "And 3?", ("3",))]
    rows = [
        {"idx": 0, "question": "What is 2? ", "response": ["2", "3"]},
        {"id": "2024-I-1", "code": ["3"]},
        {"doc_id": 4, "resps": [["2"], ["3"]]},
    ]
    assert recorded(rows, samples) == [
        {"id": "test-4", "response": ["2", "3"]},
        {"id": "2024-I-1", "response": ["3"]},
        {"id": "test-4", "response": ["2", "3"]},
    ]
    with pytest.raises(DataError, match="row 0 of the responses is str"):
        recorded(["2"], samples)


@pytest.mark.parametrize(
    ("year", "row", "name"),
    [
        (2024, {"ID": "2024-II-4", "Problem": "P", "Answer": 33}, "2024-II-4"),
        (2025, {"id": "16", "problem": "P", "answer": "049"}, "2025-II-2"),
        (2025, {"id": "I-15", "problem": "P", "answer": "735"}, "2025-I-15"),
        (
            2024,
            {
                "id": 60,
                "problem": "P",
                "answer": "204",
                "url": "https://example.org/2024_AIME_I_Problems/Problem_1",
            },
            "2024-I-1",
        ),
    ],
)
def test_aime_s_files_name_a_problem_in_four_ways(year, row, name):
    sample = aime(year).sample(row)
    assert sample.id == name
    assert sample.target == (str(int(row.get("answer", row.get("Answer")))),)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "I-1", "problem": "P", "answer": "1000"}, "no integer from 0 to 999"),
        ({"id": "I-1", "problem": "P", "answer": "7.5"}, "no integer from 0 to 999"),
        ({"id": "2024-I-1", "problem": "P", "answer": "7"}, "a problem of 2024, and 2025"),
        ({"id": "60", "problem": "P", "answer": "7"}, "does not say which problem"),
    ],
)
def test_damaged_rows_of_aime_are_named(row, message):
    with pytest.raises(DataError, match=message):
        build_samples(aime(), [row], split="test", origin="x.jsonl")


def test_a_copy_of_aime_writes_degrees():
    assert aime().sample({"id": "19", "problem": "P", "answer": "336^\\circ"}).target == ("336",)


def test_aime_s_options():
    assert aime(k=16).epochs == 16
    assert aime(k=16).forms["generate"].decoding.temperature == 0.6
    assert [m.name for m in aime(k=4).forms["generate"].scorer.metrics] == [
        "acc",
        "maj@4",
        "pass@4",
    ]
    with pytest.raises(ConfigError, match="no year '2023'"):
        aime(2023)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("so \\boxed{204}", "204"),
        ("\\boxed{m+n = 073}", "73"),
        ("\\boxed{\\frac{1}{2}}", None),
        ("The final answer is 55.", "55"),
        ("we have 1, 2 and 3", None),
        ("\\boxed{-5}", None),
    ],
)
def test_what_is_read_as_the_answer_to_an_aime_problem(text, answer):
    found = final_integer(text)
    assert (found and found.text) == answer
    assert found is None or text[slice(*found.span)].lstrip("0") == answer


def test_gsm8k_with_the_exemplars_of_wei():
    task = gsm8k(prompt="cot")
    form = task.forms["generate"]
    text = render_prompt(form, Sample("1", "How many?", ("5",)), task.exemplars).text
    assert text.count("Q: ") == 9
    assert text.startswith("Q: There are 15 trees in the grove.")
    assert text.endswith("23 - 15 is 8. The answer is 8.\n\nQ: How many?\nA:")
    values = form.scorer(Sample("1", "?", ("5",)), Response("2 + 3. The answer is 5.")).values
    assert values["exact_match_strict"] == 1.0
    assert gsm8k().forms["generate"].scorer(
        Sample("1", "?", ("5",)), Response("The answer is 5.")
    ).values == {"exact_match": 1.0, "exact_match_strict": 0.0, "exact_match_flexible": 1.0}
    with pytest.raises(ConfigError, match="no prompt 'wei'"):
        gsm8k(prompt="wei")


def test_variants_of_gsm8k():
    row = {"id": 7, "instance": 3, "question": "2 and 3?", "answer": "2+3=5\n#### 5"}
    sample = to_instance(row)
    assert (sample.id, sample.cluster, sample.target) == ("7-3", "7", ("5",))
    with pytest.raises(DataError, match="instances 0 to 49, not 50"):
        to_instance({**row, "instance": 50})
    assert gsm_symbolic().subsets == ("main", "p1", "p2")
    assert gsm8k_platinum().forms["generate"].shots == 5


def test_mgsm_asks_in_the_language():
    row = {"subset": "de", "question": "Was ist 2 plus 3?", "answer_number": "5"}
    native, chat = mgsm().forms["generate"], mgsm(prompt="chat").forms["generate"]
    exemplar = to_sample(
        {
            "subset": "de",
            "question": "Frage: Was ist 1 plus 1?",
            "answer": "Schritt-für-Schritt-Antwort: 1 + 1 = 2. Die Antwort lautet 2.",
            "answer_number": 2,
        }
    )
    assert render_prompt(native, to_sample(row), [exemplar]).text == (
        "Frage: Was ist 1 plus 1?\nSchritt-für-Schritt-Antwort: 1 + 1 = 2. Die Antwort lautet 2."
        "\n\nFrage: Was ist 2 plus 3?\nSchritt-für-Schritt-Antwort:"
    )
    asked = render_prompt(chat, to_sample(row), ()).text
    assert asked.startswith("Löse dieses Mathematikproblem.")
    assert asked.endswith("\n\nWas ist 2 plus 3?")


def test_mgsm_reads_the_upstream_tables(tmp_path):
    folder = tmp_path / "mgsm"
    folder.mkdir()
    folder.joinpath("mgsm_sw.tsv").write_text('Juma ana "vitabu" 1,000. Vingapi?\t1,000\n')
    (leaf,) = plan_of("mgsm/sw", tmp_path).leaves.values()
    assert (leaf.samples[0].id, leaf.samples[0].target) == ("test-0", ("1000",))
    with pytest.raises(DataError, match="is no number: 'elfu'"):
        build_samples(
            mgsm(),
            [{"subset": "sw", "question": "?", "answer_number": "elfu"}],
            split="test",
            origin="x.tsv",
        )


@pytest.mark.mirror
def test_all_5000_problems_of_math(mirror):
    plan = plan_of("math", mirror)
    sizes = {leaf.subset: len(leaf.samples) for leaf in plan.leaves.values()}
    assert sizes == {
        "algebra": 1187,
        "counting_and_probability": 474,
        "geometry": 479,
        "intermediate_algebra": 903,
        "number_theory": 540,
        "prealgebra": 871,
        "precalculus": 546,
    }
    levels = [s.fields["level"] for leaf in plan.leaves.values() for s in leaf.samples]
    assert [levels.count(f"Level {n}") for n in range(1, 6)] == [437, 894, 1131, 1214, 1324]


@pytest.mark.mirror
@pytest.mark.parametrize("year", ["2024", "2025"])
def test_thirty_problems_of_aime_a_year(mirror, year):
    plan = plan_of(f"aime:year={year}", mirror)
    assert {leaf.subset: len(leaf.samples) for leaf in plan.leaves.values()} == {"I": 15, "II": 15}
    ids = {sample.id for leaf in plan.leaves.values() for sample in leaf.samples}
    assert ids == {f"{year}-{paper}-{n}" for paper in ("I", "II") for n in range(1, 16)}
