"""MATH against the 800 verdicts that Qwen2.5-Math's own grader recorded, and its vote of eight."""

import gzip
import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from julja.benchmarks.mathematics.math_full import levelled, math
from julja.benchmarks.mathematics.math_hard import math_hard
from julja.benchmarks.mathematics.mgsm import LANGUAGES
from julja.run.catalog import resolve
from julja.scoring.extract import boxed
from julja.scoring.maths_string import same_string
from julja.scoring.votes import majority
from julja.tasks.render import make_request
from julja.types import Response

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = ("gsm8k", "gsm8k_platinum", "math", "math_hard", "mgsm")
SCORER = math().forms["generate"].scorer


def read(path: Path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_verdicts_and_votes_of_qwen_math(mirror):
    differences, votes = [], 0.0
    for row in read(mirror / "math/qwen_math_cot_100_outputs.jsonl.gz"):
        problem = {"problem": row["question"], "type": "Algebra"}
        sample = levelled({**problem, "solution": row["solution"], "level": row["level"]})
        scorer = math(prompt="cot", k=8).forms["generate"].scorer
        scores = [scorer(sample, Response(text)) for text in row["response"]]
        for score, verdict, said in zip(scores, row["score"], row["pred"], strict=True):
            if bool(score.values["acc"]) != verdict:
                differences.append((said, sample.target[0]))
        vote = majority(8, "acc", [score.values for score in scores])
        winner = Counter(row["pred"]).most_common(1)[0][0]
        assert vote == row["score"][row["pred"].index(winner)]
        votes += vote
    # Their normaliser keeps the braces of 10{,}000.
    assert differences == [("10000", "10{,}000")]
    assert votes == 93


def test_every_gold_solution_is_right_by_both_comparisons(mirror):
    wrong = []
    for row in read(mirror / "math/test.jsonl.gz"):
        sample = levelled(row)
        found = boxed(row["solution"])
        if found is None or not same_string(found.text, sample.target[0]):
            wrong.append(row["problem"][:60])
    assert wrong == []


def test_a_tenth_of_the_gold_solutions_through_the_whole_scorer(mirror):
    for row in read(mirror / "math/test.jsonl.gz")[::10]:
        score = SCORER(levelled(row), Response(row["solution"]))
        assert score.values == {"acc": 1.0, "acc_string": 1.0}, row["problem"]


# lm-eval's task: its folder, ours. The prompt of `math` is that of `math_hard`, which
# test_leaderboard_prompts.py holds to lm-eval.
PROMPTS = {
    "gsm8k_cot": ("gsm8k", "gsm8k:prompt=cot"),
    "gsm8k_platinum_cot": ("gsm8k_platinum", "gsm8k_platinum:prompt=cot"),
    **{f"mgsm_native_cot_{language}": ("mgsm", "mgsm") for language in LANGUAGES},
}
# In the hub's layout; a row of the training split has its rationale and says what it is.
MGSM = {"question": "Wie viel ist 2 plus 3?", "answer": None, "answer_number": 5}


@pytest.fixture(scope="module")
def rows(mirror):
    found = read(mirror / "gsm8k/test.jsonl.gz")[:40]
    return {name: [MGSM] * 2 if "mgsm" in name else found for name in PROMPTS}


@pytest.fixture(scope="module")
def theirs(rows):
    root = Path(__file__).resolve().parents[2]
    peer = root / ".venv-peers" / "bin" / "python"
    if not peer.is_file():
        pytest.skip(f"no lm-eval: there is no {peer.relative_to(root)}")
    jobs = [
        {"task": name, "folder": folder, "splits": {"train": rows[name], "test": rows[name]}}
        for name, (folder, _) in PROMPTS.items()
    ]
    done = subprocess.run(
        [str(peer), str(Path(__file__).with_name("lm_eval_render.py"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(PROMPTS, json.loads(done.stdout), strict=True))


@pytest.mark.peers
@pytest.mark.parametrize("name", PROMPTS)
def test_prompts_are_lm_evals(rows, theirs, name):
    (found,) = resolve(PROMPTS[name][1])
    form = found.task.forms["generate"]
    shots = found.task.exemplars if form.shots else ()
    wanted = theirs[name]["requests"]
    for row, [[context, _]] in zip(rows[name], wanted, strict=True):
        sample = found.task.sample({"subset": name[-2:], **row})
        request = make_request("generate", form, sample, shots, form.decoding)
        assert request.prompt.text == context


def test_math_and_math_hard_ask_alike():
    assert math().forms["generate"].prompt == math_hard().forms["generate"].prompt
    assert math().exemplars == math_hard().exemplars
