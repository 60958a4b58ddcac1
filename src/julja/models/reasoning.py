"""The one place where a model's reasoning is separated from its answer, and an answer is cut."""

import re
from collections.abc import Mapping, Sequence

from julja.types import Finish, Json

# Opening -> closing mark. Read only at the start of a text: an answer may speak about such marks.
_MARKS: Mapping[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "[THINK]": "[/THINK]",
}
_CHANNEL = re.compile(
    r"(?:<\|start\|>assistant)?<\|channel\|>(\w+)[^<]*<\|message\|>"
    r"(.*?)(?=<\|end\|>|<\|return\|>|<\|call\|>|<\|start\|>|<\|channel\|>|\Z)",
    re.DOTALL,
)


def split_reasoning(text: str) -> tuple[str | None, str]:
    """Split a model's text into (reasoning or None, answer).

    A mark that is never closed (the model ran out of tokens while it was thinking) makes all of
    the text reasoning and the answer empty. A closing `</think>` without an opening one is what
    chat templates leave that open the thought in the prompt.

    >>> split_reasoning("<think>2+2</think>\\n4")
    ('2+2', '4')
    >>> split_reasoning("<think>so let me see")
    ('so let me see', '')
    """
    if "<|channel|>" in text:
        return _split_channels(text)
    body = text.lstrip()
    for opening, closing in _MARKS.items():
        if body.startswith(opening):
            thought, _, answer = body[len(opening) :].partition(closing)
            return thought.strip() or None, answer.lstrip()
    thought, mark, answer = text.partition("</think>")
    return (thought.strip() or None, answer.lstrip()) if mark else (None, text)


def _split_channels(text: str) -> tuple[str | None, str]:
    """gpt-oss's harmony format: the `final` channel is the answer, all others are reasoning."""
    parts = [(match[1], match[2].strip()) for match in _CHANNEL.finditer(text)]
    thoughts = "\n\n".join(body for channel, body in parts if channel != "final" and body)
    answer = "\n\n".join(body for channel, body in parts if channel == "final")
    return thoughts or None, answer


def split_message(message: Mapping[str, Json]) -> tuple[str | None, str]:
    """Reasoning and answer of a chat message: own fields, typed content parts or marks."""
    field = message.get("reasoning_content") or message.get("reasoning")
    content = message.get("content")
    thoughts = [field.strip()] if isinstance(field, str) else []
    if isinstance(content, list):
        content = _join_parts(content, thoughts)
    marked, answer = split_reasoning(content if isinstance(content, str) else "")
    if marked:
        thoughts.append(marked)
    return "\n\n".join(filter(None, thoughts)) or None, answer


def _join_parts(parts: Sequence[Json], thoughts: list[str]) -> str:
    """The text of typed content parts; the text of `thinking` parts goes into `thoughts`."""
    texts: list[str] = []
    for part in parts:
        if not isinstance(part, Mapping):
            texts.append(str(part))
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            thoughts.append(inner if isinstance(inner, str) else _join_parts(inner or [], thoughts))
        else:
            texts.append(str(part.get("text") or ""))
    return "".join(texts)


def cut_at_stop(answer: str, stop: Sequence[str], finish: Finish) -> tuple[str, Finish]:
    """Cut an answer before the first stop sequence, for servers that ignore or limit them.

    Only the answer is cut, never the reasoning, where a stop sequence may well occur.

    >>> cut_at_stop("4\\n\\nQuestion: 3+3?", ("Question:",), "length")
    ('4\\n\\n', 'stop')
    """
    places = [place for mark in stop if mark and (place := answer.find(mark)) >= 0]
    return (answer[: min(places)], "stop") if places else (answer, finish)
