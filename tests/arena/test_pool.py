"""Where the answers come from: files in people's layouts, and what can't take part."""

import json

import pytest

from julja.arena.answers import read_answers, read_questions
from julja.arena.identity import own_names, reveals
from julja.arena.pool import ALONE, NO_TEXT, OTHER_PROMPT, REVEALS, TWICE, Answer, make_pool
from julja.errors import DataError
from julja.types import Message


def answer(prompt, model, text, question="2+2?"):
    return Answer(prompt, (Message("user", question),), model, text)


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def test_answers_are_put_in_a_grid():
    pool = make_pool([answer("p", "y", "5"), answer("p", "x", "4"), answer("q", "x", "1")])
    assert pool.models == ("x", "y")
    assert pool.texts == (("4", "5"),)
    assert pool.battles() == 1
    assert pool.left_out == {ALONE: 1}


def test_what_cannot_take_part_is_counted_by_its_reason():
    pool = make_pool(
        [
            answer("p", "x", "4"),
            answer("p", "y", "5"),
            answer("p", "x", "four"),
            answer("p", "z", "4!", question="2 + 3?"),
            answer("p", "w", " \n"),
            answer("p", "v", "I am ChatGPT, and it is 4."),
        ],
        left_out={"no answer: an error": 2},
    )
    assert pool.texts == (("4", "5"),)
    assert pool.left_out == {
        "no answer: an error": 2,
        TWICE: 1,
        OTHER_PROMPT: 1,
        NO_TEXT: 1,
        REVEALS: 1,
    }


def test_the_same_words_are_no_battle():
    pool = make_pool([answer("p", name, text) for name, text in zip("wxyz", "4454", strict=True)])
    assert pool.battles() == 3
    assert pool.kind.tolist() == [[0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "there is no answer"),
        ([answer("p", "x", "4")], "all answers are of one model"),
        ([answer("p", "x", "4"), answer("q", "y", "4")], "no two of x, y answered the same prompt"),
        ([answer("p", "x", "4"), answer("p", "y", "4 ")], "all models gave the same answers"),
    ],
)
def test_nothing_to_vote_on_says_why(rows, says):
    with pytest.raises(DataError, match=says):
        make_pool(rows)


def test_half_characters_are_replaced_before_they_reach_disk_or_wire():
    pool = make_pool([answer("p", "x", "a\ud800"), answer("p", "y", "b")])
    assert pool.texts[0][0] == "a\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'm **Qwen2.5**!", "I'm **Qwen2"),
        ("As an AI trained by the team at Google", "As an AI trained by the team at Google"),
        ("Hi, my name is Claude.", "my name is Claude"),
        ("저는 네이버가 개발한 모델입니다.", "저는 네이버가 개발"),
        ("我是通义千问。", "我是通义千问"),
        ("As an AI, I can't browse Google or Bing.", None),
        ("OpenAI was founded by people; I am not sure when.", None),
        ("I'm glad to compare Claude with ChatGPT.", None),
        ("as served by llamacpp/smollm2-135m today", "llamacpp/smollm2-135m"),
        ("smollm2-135m-instruct is another", None),
    ],
)
def test_only_a_claim_about_oneself_reveals_the_writer(text, found):
    names = own_names(["llamacpp/smollm2-135m", "x", "alpha"])
    assert reveals(text, names) == found


def test_answers_may_be_kept_that_reveal_their_writer():
    rows = [answer("p", "x", "I am Claude."), answer("p", "y", "4")]
    assert make_pool(rows, keep_revealing=True).battles() == 1
    with pytest.raises(DataError, match="1 times the answer says who wrote it"):
        make_pool(rows)


def test_julja_s_own_rows(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        {"id": 7, "prompt": "한국의 수도는?", "model": "x", "response": "서울", "task": "geo"},
        {"prompt": [{"role": "user", "content": "Hi"}], "model": "y", "response": ""},
    )
    one, two = read_answers(path)
    assert one == Answer("7", (Message("user", "한국의 수도는?"),), "x", "서울", "geo")
    assert two.prompt.startswith("p-") and two.text == ""


def test_arena_hard_rows(tmp_path):
    said = {"role": "assistant", "content": {"answer": "Sure."}}
    row = {"uid": "u1", "model": "m", "messages": [{"role": "user", "content": "Do."}, said]}
    (found,) = read_answers(write(tmp_path / "a.jsonl", row))
    assert found == Answer("u1", (Message("user", "Do."),), "m", "Sure.")


def test_fastchat_rows_take_their_prompts_from_the_questions(tmp_path):
    questions = write(
        tmp_path / "q.jsonl",
        {"question_id": 81, "category": "writing", "turns": ["Write.", "Now in verse."]},
    )
    row = {"question_id": 81, "model_id": "m", "choices": [{"index": 0, "turns": ["A", "B"]}]}
    path = write(tmp_path / "a.jsonl", row)
    (found,) = read_answers(path, read_questions([questions]))
    assert [message.content for message in found.messages] == ["Write.", "Now in verse."]
    assert found.text == "A\n\n[turn 2: Now in verse.]\n\nB"
    assert found.group == "writing"
    with pytest.raises(DataError, match="--questions"):
        list(read_answers(path))


def test_alpaca_rows(tmp_path):
    place = tmp_path / "a.json"
    place.write_text(json.dumps([{"instruction": "Do.", "output": "Done.", "generator": "m"}]))
    (found,) = read_answers(str(place))
    assert (found.model, found.text, found.messages[0].content) == ("m", "Done.", "Do.")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": 1, "prompt": "x", "response": "y"}, "row 1: the answer has no 'model'"),
        ({"id": 1, "prompt": "x", "model": "m", "response": 4}, "row 1: a field has another"),
        ({"uid": "u", "model": "m", "messages": [{"role": "boss", "content": ""}]}, "no role"),
        ({"uid": "u", "model": "m", "messages": "x"}, "another shape"),
        ({"question_id": 1, "choices": [], "model_id": "m"}, "question 1 is not known"),
    ],
)
def test_a_row_that_is_no_answer_is_named(tmp_path, row, says):
    with pytest.raises(DataError, match=says):
        list(read_answers(write(tmp_path / "a.jsonl", row)))


def test_a_file_that_is_no_list_is_refused(tmp_path):
    place = tmp_path / "a.json"
    place.write_text('{"a": 1}')
    with pytest.raises(DataError, match="no list of answers"):
        list(read_answers(str(place)))
