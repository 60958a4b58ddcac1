"""Prompts come out of rows of every usual shape; a row without one is listed with its reason."""

import json

import pytest

from julja.builder.ingest import Unreadable, ingest, unique_ids
from julja.builder.prompts import Prompt
from julja.builder.settings import BuildConfig
from julja.errors import DataError

ASK = "How do I sort a list of numbers in the language Python?"
CHAT = [{"role": "user", "content": ASK}, {"role": "assistant", "content": "Use sorted()."}]


def taken(*rows, **settings):
    config = BuildConfig(sources=("f",), name="n", **settings)
    return ingest("f.jsonl", enumerate(rows), config)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"uid": "u1", "category": "x", "cluster": "c", "prompt": ASK}, "u1"),
        ({"question_id": 81, "turns": [ASK]}, "81"),
        ({"question_id": "q", "turns": [{"content": ASK}]}, "q"),
        ({"conversation_hash": "h", "conversation": CHAT, "language": "English"}, "h"),
        ({"conversation_id": "i", "conversation": CHAT, "turn": 1}, "i"),
        ({"question_id": "j", "conversation_a": CHAT, "conversation_b": CHAT}, "j"),
        ({"id": "k", "prompt": json.dumps([ASK])}, "k"),
        ({"id": "l", "conversations": [{"from": "human", "value": ASK}]}, "l"),
        ({"messages": [{"role": "system", "content": "Be brief."}, *CHAT]}, "row-0"),
        (
            {"id": 0, "messages": [{"role": "user", "content": [{"type": "text", "text": ASK}]}]},
            "0",
        ),
        ({"id": "m", "full_conversation": [{"user": {"role": "user", "content": ASK}}]}, "m"),
        ({"instruction": ASK, "input": "", "output": "sorted"}, "row-0"),
    ],
)
def test_every_usual_shape_gives_its_prompt(row, name):
    found = taken(row)
    assert [(prompt.id, prompt.text) for prompt in found.prompts] == [(name, ASK)]


def test_alpacas_input_belongs_to_its_instruction():
    found = taken({"instruction": "Translate this to French, please.", "input": "Good morning."})
    assert found.prompts[0].text == "Translate this to French, please.\n\nGood morning."


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"conversation": [*CHAT, *CHAT]}, "multi_turn"),
        ({"conversation": CHAT, "toxic": True}, "flagged_by_source"),
        ({"conversation": CHAT, "openai_moderation": [{"flagged": True}]}, "flagged_by_source"),
        ({"conversation": CHAT, "language": "Russian"}, "language"),
        (
            {"conversation": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "not_text_alone",
        ),
        ({"conversation": 5}, "no_text"),
        (Unreadable("line 2 is no JSON"), "unreadable"),
    ],
)
def test_a_row_without_a_prompt_says_why(row, reason):
    found = taken({"conversation": CHAT}, row)
    assert [item.reason for item in found.removed] == [reason]
    assert found.removed[0].row == 1
    assert found.rows == 2


def test_flags_keep_what_would_go():
    rows = ({"conversation": [*CHAT, *CHAT], "toxic": True, "language": "Russian"},)
    found = taken(*rows, turns="first", keep_flagged=True, language="any", keep_fields=("toxic",))
    assert found.prompts[0].text == ASK
    assert found.prompts[0].fields == {"toxic": True}
    assert found.prompts[0].language == "ru"


def test_a_missing_column_is_told_with_those_there_are():
    with pytest.raises(DataError, match="no column looks like prompts; it has body, n"):
        taken({"body": ASK, "n": 1})
    with pytest.raises(DataError, match="Did you mean body"):
        taken({"body": ASK}, column="bodi")
    assert taken({"body": ASK}, column="body").prompts


def test_more_rows_than_are_peeked_at_are_all_read():
    assert len(taken(*({"prompt": f"{ASK} {n}"} for n in range(250))).prompts) == 250


def test_ids_name_one_prompt_each():
    prompts = [Prompt("a", "x", "f", 0), Prompt("a", "y", "f", 1), Prompt("a", "z", "g", 1)]
    assert [prompt.id for prompt in unique_ids(prompts)] == ["a", "a@1", "g:a@1"]
