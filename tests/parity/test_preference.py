"""MT-Bench and Arena-Hard against what GPT-4 was really asked, and what was read in its answers.

The 640 recorded judgements of lm-sys/RouteLLM hold the judge's prompt, its answer and the score
that FastChat read; the prompts are rebuilt here from the questions, references and answers.
"""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from julja.benchmarks.preference.arena_hard import arena_hard, read_answers
from julja.benchmarks.preference.mt_bench import HIGH, LOW, mt_bench
from julja.config import RunConfig
from julja.run.planning import make_plan
from julja.scoring.judge.base import Judged
from julja.scoring.judge.verdicts import MT_BENCH, rating
from julja.types import Response

HOLDS = ("mt_bench", "arena_hard")
pytestmark = [pytest.mark.mirror, pytest.mark.parity]

ROUTE = "judge/lm-sys__RouteLLM"
FILES = ("benchmarks/mt-bench/gpt-4_single.jsonl.gz", "routellm/evals/mt_bench/judgements.jsonl.gz")
TEXT = frozenset({"generate", "chat"})


def samples(spec: str, mirror: Path) -> dict[str, Any]:
    config = RunConfig(tasks=(spec,), model="m", data=str(mirror), judges=("j",))
    plan = make_plan(config, TEXT, {}, judges={"j": {}})
    (leaf,) = plan.leaves.values()
    return {sample.id: sample for sample in leaf.samples}


def judgements(mirror: Path, file: str) -> list[dict[str, Any]]:
    with gzip.open(mirror / ROUTE / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("file", FILES)
def test_every_rating_is_read_as_fastchat_read_it(file, mirror):
    rows = judgements(mirror, file)
    read = [rating(row["judgment"], LOW, HIGH, MT_BENCH) for row in rows]
    assert len(rows) == 320
    # FastChat writes -1 for an answer without a rating.
    assert read == [None if row["score"] == -1 else row["score"] for row in rows]


def answers(row: dict[str, Any]) -> tuple[str, ...]:
    """The answers that a recorded prompt shows."""
    text = row["user_prompt"]
    if row["turn"] == 1:
        start, end = "[The Start of Assistant's Answer]\n", "\n[The End of Assistant's Answer]"
        return (text[text.index(start) + len(start) : -len(end)],)
    talk = text[text.index("<|The Start of Assistant A's Conversation with User|>") :]
    found = re.search(r"### Assistant A:\n(.*?)\n\n### User:\n", talk, re.DOTALL)
    second = talk.rindex("### Assistant A:\n") + len("### Assistant A:\n")
    end = "\n\n<|The End of Assistant A's Conversation with User|>"
    return (found[1], talk[second : -len(end)])


@pytest.mark.parametrize("file", FILES)
def test_the_judge_is_asked_what_gpt_4_was_asked(file, mirror):
    known = samples("mt_bench", mirror)
    scorer = mt_bench().forms["generate"].scorer
    assert isinstance(scorer, Judged)
    kinds: Counter[str] = Counter()
    for row in judgements(mirror, file):
        sample = known[str(row["question_id"])]
        given = answers(row)
        turn = row["turn"] - 1
        response = Response(given[-1], earlier=given[:1] if turn else ("",))
        if not turn:
            response = Response("", earlier=given)
        question = scorer.questions(sample, response, TEXT)[turn]
        messages = {m.role: m.content for m in question.request.prompt.messages}
        assert messages["user"] == row["user_prompt"], (row["question_id"], row["turn"])
        kinds[row["judge"][1]] += 1
    assert kinds == {
        "single-v1": 100,
        "single-v1-multi-turn": 100,
        "single-math-v1": 60,
        "single-math-v1-multi-turn": 60,
    }


def test_arena_hard_has_its_prompts_clusters_and_baseline(mirror):
    known = samples("arena_hard", mirror)
    assert len(known) == 500
    clusters = Counter(sample.fields["topic"] for sample in known.values())
    assert (len(clusters), set(clusters.values())) == (250, {2})
    assert all(sample.fields["baseline"] for sample in known.values())
    file = (
        "judge/lmarena__arena-hard-auto/data/arena-hard-v0.1/model_answer/gpt-3.5-turbo-0125.jsonl"
    )
    with gzip.open(f"{mirror / file}.gz", "rt", encoding="utf-8") as lines:
        rows = read_answers([json.loads(line) for line in lines], ())
    assert {row["id"] for row in rows} == set(known)
    task = arena_hard()
    one = known[rows[0]["id"]]
    scorer = task.forms["generate"].scorer
    first, second = scorer.questions(one, Response(rows[0]["response"]), TEXT)
    assert (first.first, second.first) == ("baseline", "answer")
    text = first.request.prompt.messages[-1].content
    assert text.startswith(f"<|User Prompt|>\n{one.input}\n\n<|The Start of Assistant A's Answer|>")
    assert text.index(one.fields["baseline"]) < text.index(rows[0]["response"])
