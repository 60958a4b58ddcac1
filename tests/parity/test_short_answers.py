"""AIME's answers beside lm-eval 0.4.13's, DocVQA's ANLS by its formula, answers drawn at random."""

import json
import random
import subprocess

import pytest

from julja.benchmarks.mathematics import aime
from julja.benchmarks.multimodal import docvqa
from julja.types import Response

from .test_leaderboard_prompts import PEER, ROOT

pytestmark = pytest.mark.parity
HOLDS = ("aime", "docvqa")
_ASK = (
    "import json, sys\n"
    "from lm_eval.tasks.aime.utils import process_results\n"
    "cases = json.load(sys.stdin)\n"
    "score = lambda text, key: process_results({'Answer': key}, [text])['exact_match']\n"
    "print(json.dumps([score(*case) for case in cases]))\n"
)


def solutions(count=600):
    """Solutions with their keys: the last boxed integer is the answer, what stands before is not.

    lm-eval compares texts, so 073 is not 73 there; and a solution without a box is compared as a
    whole, where julja reads what follows "answer is". Both are left out.
    """
    rng = random.Random("aime")
    frames = (
        "So $\\boxed{{{}}}$.",
        "\\boxed{{{}}}",
        "\\boxed{{x = {}}}",
        "$$\\boxed{{ {} }}$$ Done.",
    )
    for _ in range(count):
        key = str(rng.randint(0, 999))
        said = key if rng.random() < 0.5 else str(rng.randint(0, 999))
        text = rng.choice(frames).format(said)
        if rng.random() < 0.4:
            text = f"First $n={rng.randint(0, 99)}$, perhaps \\boxed{{{key}}}. But no:\n{text}"
        yield text, key


@pytest.mark.peers
def test_every_boxed_answer_is_judged_as_by_lm_eval():
    if not PEER.is_file():
        pytest.skip(f"no lm-eval: there is no {PEER.relative_to(ROOT)}")
    cases = list(solutions())
    done = subprocess.run(
        [str(PEER), "-c", _ASK],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout)
    scorer = aime.integer_answer()
    read = aime.reader("2025")
    ours = []
    for text, key in cases:
        sample = read({"id": "I-1", "problem": "?", "answer": key})
        ours.append(scorer(sample, Response(text)).values["acc"])
    assert ours == theirs
    assert 200 < sum(ours) < 400


def similarity(given, answer):
    """1 - NL below 0.5, NL over the longer text; the distance by its recursive definition."""
    one, other = (" ".join(text.lower().split()) for text in (given, answer))
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, mine in enumerate(one, 1):
        for j, theirs in enumerate(other, 1):
            change = table[i - 1, j - 1] + (mine != theirs)
            table[i, j] = min(change, table[i - 1, j] + 1, table[i, j - 1] + 1)
    share = table[len(one), len(other)] / max(len(one), len(other))
    return 1 - share if share < 0.5 else 0.0


def test_anls_is_the_best_similarity_over_all_answers():
    """Robust Reading Competition, DocVQA task 1."""
    rng = random.Random("docvqa")
    task = docvqa.docvqa()
    scorer = task.forms["generate"].scorer
    base = task.sample(task.checks[0].row)
    words = ("March", "1995", "$1,200", "Univ.", "of", "Oslo", "No", "12%", "TOTAL")
    zeros = 0
    for _ in range(400):
        answers = [" ".join(rng.choices(words, k=rng.randint(1, 3))) for _ in range(3)]
        text = rng.choice(answers) if rng.random() < 0.8 else rng.choice(words)
        for _ in range(rng.randint(0, 4)):
            place = rng.randrange(len(text))
            text = text[:place] + rng.choice(("", "x", " ", "A")) + text[place + 1 :]
            text = text or "x"
        text = text if text.strip() else "x"
        sample = type(base)("1", base.input, target=tuple(answers), fields=base.fields)
        wanted = max(similarity(text.strip(), answer) for answer in answers)
        found = scorer(sample, Response(rng.choice((text, text.lower())))).values["anls"]
        assert found == pytest.approx(wanted)
        zeros += wanted == 0
    assert 5 < zeros < 150
