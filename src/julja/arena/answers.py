"""Reads answers of models from files, one answer a row, in the layouts that people have:

- julja's own: `{"id", "prompt", "model", "response"}` (`prompt` a text or a list of messages);
- Arena-Hard v2 and the shared v0.1: `{"uid", "model", "messages": [user, assistant, …]}`;
- FastChat (MT-Bench, Arena-Hard v0.1): `{"question_id", "model_id", "choices": [{"turns": …}]}`,
  with the questions in a file of their own: `{"question_id", "turns": [{"content"} or text]}`;
- AlpacaEval: `{"instruction", "output", "generator"}`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from julja.arena.pool import Answer
from julja.data.files import read_rows
from julja.errors import DataError
from julja.types import Json, Message

Questions = Mapping[str, tuple[tuple[str, ...], str]]


def read_answers(path: str, questions: Questions | None = None) -> Iterator[Answer]:
    """The answers of a file; raises `DataError` that names the row which is none.

    `questions` are those of `read_questions`, for files that hold answers only.
    """
    for row, where in _rows(path):
        try:
            if "messages" in row and ("uid" in row or "question_id" in row):
                yield _arena_hard(row)
            elif "choices" in row and "question_id" in row:
                yield _fastchat(row, questions or {})
            elif "instruction" in row and "output" in row:
                yield _alpaca(row)
            else:
                yield _own(row)
        except KeyError as error:
            raise DataError(
                f"{where}: {error.args[0]}",
                hint='A row looks like {"id": …, "prompt": …, "model": …, "response": …}.',
            ) from error
        except (TypeError, AttributeError, IndexError, ValueError) as error:
            raise DataError(f"{where}: a field has another shape than it should ({error}).") from (
                error
            )


def read_questions(paths: Iterable[str]) -> Questions:
    """The turns and the category of each question in files of questions, by id."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for path in paths:
        for row, where in _rows(path):
            id_ = row.get("question_id", row.get("uid", row.get("id")))
            turns = row.get("turns", row.get("prompt"))
            if id_ is None or not isinstance(turns, list | str):
                raise DataError(
                    f"{where}: no question.", hint='It looks like {"question_id": …, "turns": […]}.'
                )
            texts = [turns] if isinstance(turns, str) else [_content(turn) for turn in turns]
            found[str(id_)] = tuple(texts), str(row.get("category", ""))
    return found


def _rows(path: str) -> Iterator[tuple[dict[str, Any], str]]:
    rows = read_rows(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: holds no list of answers.")
    for number, row in enumerate(rows, start=1):
        where = f"{path}, row {number}"
        if not isinstance(row, dict):
            raise DataError(f"{where}: is no object of fields.")
        yield row, where


def _own(row: Mapping[str, Json]) -> Answer:
    for name in ("prompt", "model", "response"):
        if row.get(name) is None:
            raise KeyError(f"the answer has no {name!r}")
    prompt = row["prompt"]
    messages = (
        (Message("user", prompt),)
        if isinstance(prompt, str)
        else tuple(Message(_role(turn), _content(turn)) for turn in prompt)
    )
    id_ = row["id"] if row.get("id") is not None else _id_of(messages)
    group = str(row.get("category") or row.get("task") or "")
    return Answer(str(id_), messages, _text(row["model"]), _text(row["response"]), group)


def _arena_hard(row: Mapping[str, Json]) -> Answer:
    turns = row["messages"]
    said = [_content(turn) for turn in turns]
    roles = [_role(turn) for turn in turns]
    user = [text for text, role in zip(said, roles, strict=True) if role != "assistant"]
    answers = [text for text, role in zip(said, roles, strict=True) if role == "assistant"]
    id_ = row["uid"] if "uid" in row else row["question_id"]
    model = row["model"] if "model" in row else row["model_id"]
    return conversation(str(id_), user, _text(model), answers, str(row.get("category") or ""))


def _fastchat(row: Mapping[str, Json], questions: Questions) -> Answer:
    id_ = str(row["question_id"])
    if id_ not in questions:
        raise KeyError(f"question {id_} is not known: name its file with --questions")
    asked, category = questions[id_]
    answers = [_content(turn) for turn in row["choices"][0]["turns"]]
    return conversation(id_, asked[: len(answers)], _text(row["model_id"]), answers, category)


def _alpaca(row: Mapping[str, Json]) -> Answer:
    if not row.get("generator"):
        raise KeyError("the answer has no 'generator'")
    messages = (Message("user", _text(row["instruction"])),)
    return Answer(
        _id_of(messages),
        messages,
        _text(row["generator"]),
        _text(row["output"]),
        str(row.get("dataset") or ""),
    )


def conversation(
    id_: str, asked: Sequence[str], model: str, answers: Sequence[str], group: str = ""
) -> Answer:
    """A conversation as one answer: later turns of the user stand between the model's."""
    messages = tuple(Message("user", text) for text in asked)
    parts = list(answers[:1])
    for number, (turn, answer) in enumerate(zip(asked[1:], answers[1:], strict=True), start=2):
        parts += [f"[turn {number}: {turn}]", answer]
    return Answer(id_, messages, model, "\n\n".join(parts), group)


def _content(turn: Json) -> str:
    """The text of a turn: a string, {"content": text} or {"content": {"answer": text}}."""
    if isinstance(turn, dict):
        turn = turn["content"]
    if isinstance(turn, dict):
        turn = turn["answer"]
    return _text(turn)


def _role(turn: Json) -> Any:
    role = turn["role"]
    if role not in ("system", "user", "assistant"):
        raise ValueError(f"{role!r} is no role")
    return role


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


def _id_of(messages: tuple[Message, ...]) -> str:
    text = "\n".join(message.content for message in messages)
    return "p-" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
