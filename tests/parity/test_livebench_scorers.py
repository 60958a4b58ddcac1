"""LiveBench's judges against its own scorers, on questions and answers drawn at random.

The sums and digests are of LiveBench/LiveBench's livebench/process_results (state of August 2026,
commit 5749fe4; tables read by pandas 3.1.1), run apart from julja on `livebench_cases`: the score
of each of 300 answers of a task. Instructions are IFEval's (if_runner/instruction_following_eval),
so its recorded verdicts serve. Expressions (AMPS_Hard) are read by another parser than LiveBench's:
here they are held to sympy. Not held: integrals_with_game, and programs, which LiveCodeBench's
published numbers hold.
"""

import gzip
import hashlib
import json
import random

import pytest
import sympy

from julja.benchmarks.live.livebench.tasks import JUDGES

from .livebench_cases import COUNT, MAKERS, cases

pytestmark = pytest.mark.parity
HOLDS = (
    "livebench_data_analysis",
    "livebench_instruction_following",
    "livebench_language",
    "livebench_math",
    "livebench_reasoning",
)
# The sum of the official scores, and the digest of each of them.
OFFICIAL = {
    "web_of_lies_v2": (102, "83b175b619b68ad9"),
    "web_of_lies_v3": (82.0417, "a5457ced82eddc83"),
    "zebra_puzzle": (154.9167, "92da1d6b4c95eb68"),
    "zebra_puzzle_old": (95, "8587d8caa3d50a6d"),
    "spatial": (56, "0481d1c9c67da603"),
    "house_traversal": (97, "6c9d2034f4699285"),
    "theory_of_mind": (179, "8b134b0e2cf6a400"),
    "logic_with_navigation": (63, "7dfcf0f842792c26"),
    "connections": (84.3333, "ff56fce69140c7f6"),
    "connections_old": (80.9167, "eda6fc51f86d15fa"),
    "plot_unscrambling": (196.7667, "cc61175bf3406e82"),
    "typos": (140, "028543c62c2a57ca"),
    "math_comp_amc": (121, "45f5034c2991f91e"),
    "math_comp_aime": (110, "8275c46480b71516"),
    "olympiad": (210.2095, "8d5f3164acd960de"),
    "cta": (123, "3c1d4067868118f0"),
    "tablejoin": (120.9300, "ef2ed76b45839a53"),
    "tablereformat": (191, "43afa11573794730"),
    "consecutive_events": (78.0651, "b7e086a8c8a6ddc9"),
}
HELD = {name: judge for part in JUDGES.values() for name, judge in part.items()}


def judge(name):
    """The judge of a task; older rules and the two kinds of contests are told by the question."""
    for end in ("_old", "_amc", "_aime"):
        name = name.removesuffix(end)
    return HELD[name]


@pytest.mark.parametrize("name", MAKERS)
def test_every_score_is_the_official_one(name):
    scores = [judge(name)(question, text).value for question, text in cases(name)]
    lines = ",".join(f"{score:.4f}" for score in scores)
    digest = hashlib.sha256(lines.encode()).hexdigest()[:16]
    assert len(scores) == COUNT
    assert (pytest.approx(sum(scores), abs=5e-5), digest) == OFFICIAL[name]


def test_a_group_of_words_counts_once():
    """As LiveBench's own test has it since August 2026."""
    truth = "apple,pear,plum,fig,red,blue,green,pink"
    fruit, colours = "fig, plum, pear, apple", "red, blue, green, pink"
    said = {
        f"{fruit}, {fruit}": 0.5,
        f"{fruit}, {colours}, {colours}": 1.0,
        f"{fruit}, {colours}, {fruit}, {colours}": 1.0,
    }
    asked = {"ground_truth": truth, "livebench_release_date": "2024-11-25"}
    connections = HELD["connections"]
    found = [connections(asked, f"<solution>{words}</solution>").value for words in said]
    assert found == list(said.values())


@pytest.mark.parametrize("said", ["5", "{}", "[[1]]", '[{"user_id": [1]}]', '"none"'])
def test_what_is_no_list_of_users_scores_nothing(said):
    asked = {"ground_truth": [{"user_id": 1, "max_consecutive_growth_months": 2}]}
    assert HELD["consecutive_events"](asked, f"<solution>{said}</solution>").value == 0


def lines(path):
    packed = path.with_name(f"{path.name}.gz")
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    return [json.loads(line) for line in raw.decode("utf-8").split("\n") if line]


@pytest.mark.mirror
def test_instructions_score_as_the_official_verdicts_say(mirror):
    """process_results/instruction_following/utils.py: the mean of "all kept" and the share kept.

    The official checker's strict verdicts on GPT-4's answers to IFEval's prompts (the hub's rows
    pad the arguments with nulls, as here).
    """
    home = mirror / "ifeval"
    questions = {row["prompt"]: row for row in lines(home / "input_data.jsonl")}
    (file,) = (home / "outputs").rglob("gpt4_eval_results_strict.jsonl*")
    official = lines(file.with_name("gpt4_eval_results_strict.jsonl"))
    for row in official:
        question = questions[row["prompt"]]
        kwargs = [{"num_words": None, **part} for part in question["kwargs"]]
        kept = row["follow_instruction_list"]
        score = HELD["paraphrase"]({**question, "kwargs": kwargs}, row["response"]).value
        assert score == (all(kept) + sum(kept) / len(kept)) / 2, question["key"]
    assert len(official) == 540


@pytest.mark.mirror
def test_recorded_scores_of_instructions_are_of_that_rule(mirror):
    """200 judgments of gemma-2-9b-it: with up to six instructions no other score can occur."""
    home = mirror / "livebench" / "outputs" / "instruction_following"
    recorded = [
        row["score"]
        for file in sorted(home.glob("*/model_judgment/*.jsonl"))
        for row in lines(file)
    ]
    possible = {((kept == of) + kept / of) / 2 for of in range(1, 7) for kept in range(of + 1)}
    assert len(recorded) == 200
    assert all(min(abs(score - one) for one in possible) < 1e-9 for score in recorded)


def expressions():
    """Expressions of the kinds of AMPS_Hard: polynomials, fractions, roots, trigonometry."""
    x = sympy.Symbol("x")
    rng = random.Random("amps_hard")
    for _ in range(2):
        a, b, c = (rng.randint(1, 6) for _ in range(3))
        yield (a * x + b) ** 2 * (x - c)
        yield (a * x + b) / (x + c)
        yield sympy.Rational(a, b) * x**2 - sympy.sqrt(c) * x
        yield sympy.exp(a * x) * sympy.cos(b * x)
        yield sympy.log(x + a) - b


def test_expressions_are_equal_where_sympy_says_so():
    x, verdicts = sympy.Symbol("x"), []
    for right in expressions():
        others = (sympy.expand(right), sympy.together(right), right + x / 7, sympy.diff(right, x))
        for other in others:
            text = f"Thus it is $\\boxed{{{sympy.latex(other)}}}$."
            verdict = HELD["AMPS_Hard"]({"ground_truth": sympy.latex(right)}, text).value
            assert verdict == (sympy.simplify(other - right) == 0), (right, other)
            verdicts.append(verdict)
    assert sum(verdicts) == len(verdicts) / 2
