"""The answers that battles were about, for style control: by (model, prompt).

Arena-Hard's and MT-Bench's model answers, AlpacaEval's outputs, and rows of prompt, model, answer.
"""

from collections.abc import Mapping, Sequence

from julja.arena.adapters.common import Row, short_name
from julja.data.files import read_rows
from julja.errors import DataError
from julja.types import Json

_MODELS = ("model", "model_id", "generator")
_PROMPTS = ("uid", "question_id", "prompt", "id")
_TEXTS = ("answer", "response", "output")


def read_answers(places: Sequence[str]) -> dict[tuple[str, str], str]:
    """The text of each answer; raises DataError for a row that has none."""
    found: dict[tuple[str, str], str] = {}
    for place in places:
        content = read_rows(place)
        if not isinstance(content, list):
            raise DataError(f"{place}: not a list of answers.")
        for number, row in enumerate(content, start=1):
            key, text = _answer(row) if isinstance(row, Mapping) else (None, None)
            if key is None or text is None:
                raise DataError(
                    f"{place}, row {number}: not an answer with its model and prompt.",
                    hint="A row has model, model_id or generator; uid, question_id, prompt or"
                    " instruction; messages, choices, answer, response or output.",
                )
            found[key] = text
    return found


def _answer(row: Row) -> tuple[tuple[str, str] | None, str | None]:
    model = next((str(row[name]) for name in _MODELS if row.get(name)), None)
    prompt = next((str(row[name]) for name in _PROMPTS if row.get(name) not in (None, "")), None)
    if prompt is None and isinstance(row.get("instruction"), str):
        prompt = short_name(row["instruction"])
    key = None if model is None or prompt is None else (model, prompt)
    return key, _text(row)


def _text(row: Row) -> str | None:
    if isinstance(row.get("messages"), list):
        said = [turn for turn in row["messages"] if isinstance(turn, Mapping)]
        return _joined([turn.get("content") for turn in said if turn.get("role") == "assistant"])
    if isinstance(row.get("choices"), list) and row["choices"]:
        first = row["choices"][0]
        turns = first.get("turns") if isinstance(first, Mapping) else None
        return _joined(turns) if isinstance(turns, list) else None
    return next((row[name] for name in _TEXTS if isinstance(row.get(name), str)), None)


def _joined(parts: Sequence[Json]) -> str | None:
    """The turns one below the other; Arena-Hard v2 keeps an answer in an object."""
    texts = [part.get("answer") if isinstance(part, Mapping) else part for part in parts]
    # v0.1 kept a turn as {"content": text}.
    texts = [
        part.get("content") if text is None and isinstance(part, Mapping) else text
        for part, text in zip(parts, texts, strict=True)
    ]
    known = [text for text in texts if isinstance(text, str)]
    return "\n".join(known) if known and len(known) == len(texts) else None
