"""The arena on real answers: Arena-Hard's two model files, MT-Bench's reference answers."""

import gzip

import orjson
import pytest

from julja.arena.answers import read_answers, read_questions
from julja.arena.ballots import ballots
from julja.arena.battles import Battles
from julja.arena.pool import make_pool
from julja.arena.rate import rate
from julja.arena.session import Arena
from julja.arena.voters import judge_voters
from julja.arena.votes import VoteLog, new_token

pytestmark = [pytest.mark.mirror, pytest.mark.parity]

HOLDS = ()
MODELS = ("gpt-3.5-turbo-0125", "gpt-4-0314")


@pytest.fixture(scope="module")
def answers(mirror):
    folder = mirror / "judge/lmarena__arena-hard-auto/data/arena-hard-v0.1/model_answer"
    return {name: folder / f"{name}.jsonl.gz" for name in MODELS}


@pytest.fixture
def arena(answers, tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    rows = [row for path in answers.values() for row in read_answers(str(path))]
    yield Arena(make_pool(rows), log, seed=1)
    log.close()


def test_all_five_hundred_prompts_are_battles_in_the_very_words(arena, answers):
    assert (len(arena.pool.questions), arena.pool.battles()) == (500, 500)
    assert arena.pool.left_out == {}
    for model, path in answers.items():
        said = {}
        with gzip.open(path) as lines:
            for row in map(orjson.loads, lines):
                said[row["uid"]] = row["messages"][1]["content"]["answer"]
        column = arena.pool.models.index(model)
        assert said == {
            question.id: texts[column]
            for question, texts in zip(arena.pool.questions, arena.pool.texts, strict=True)
        }


def test_a_sitting_shows_each_prompt_once_and_is_rated(arena):
    voter = arena.log.register(new_token())
    seen = set()
    # A voter who likes the longer answer, whoever wrote it.
    for _ in range(200):
        shown = arena.next(voter)
        seen.add(shown.messages[0].content)
        assert not any(name in repr(shown) for name in MODELS)
        longer = len(shown.text_a) > len(shown.text_b)
        arena.vote(voter, shown.battle, "A>B" if longer else "B>A")
    assert len(seen) == 200
    rows = ballots(arena.log.since(0))
    longer = [
        row.model_a if row.fields["length_a"] > row.fields["length_b"] else row.model_b
        for row in rows
    ]
    won = {row.model: row.wins for row in rate(Battles.of(rows)).ratings}
    assert won["gpt-4-0314"] == longer.count("gpt-4-0314") == 200 - won["gpt-3.5-turbo-0125"]
    (judged,) = judge_voters(rows)
    assert judged.flags == () and 70 < judged.first < 130


def test_mt_bench_s_answers_are_read_with_both_turns(mirror):
    folder = mirror / "judge/lm-sys__FastChat/fastchat/llm_judge/data/mt_bench"
    questions = read_questions([str(folder / "question.jsonl")])
    rows = list(read_answers(str(folder / "reference_answer/gpt-4.jsonl"), questions))
    assert (len(questions), len(rows)) == (80, 30)
    assert {row.group for row in rows} == {"math", "reasoning", "coding"}
    assert all(len(row.messages) == 2 and "[turn 2: " in row.text for row in rows)
