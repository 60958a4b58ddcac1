"""One EvalSample of inspect -> julja's sample, request, response and score."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from julja.interop.log import Item
from julja.types import (
    STATES,
    Decoding,
    ErrorInfo,
    Finish,
    Json,
    Message,
    Prompt,
    Request,
    Response,
    Role,
    Sample,
    Score,
    State,
    Usage,
)

ATTACHMENT = "attachment://"
NO_ANSWER = "N"
# What inspect's own value_to_float makes of a verdict.
_VERDICTS = {"C": 1.0, "I": 0.0, "P": 0.5, NO_ANSWER: 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_FINISH: Mapping[str, Finish] = {
    "stop": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refusal",
}
_ROLES: Mapping[str, Role] = {"system": "system", "assistant": "assistant"}


def read_sample(raw: Mapping[str, Any], decoding: Decoding, left_out: Counter[str]) -> Item:
    """One sample; what has no place in julja's shapes is counted in `left_out`."""
    attached = _attachments(raw)
    messages = [turn for turn in raw.get("messages") or () if isinstance(turn, Mapping)]
    _count(raw, messages, left_out)
    sample = _sample(raw, attached)
    response = _response(raw.get("output") or {}, attached)
    asked = messages[: _last_answer(messages)]
    turns = tuple(_turn(turn, attached) for turn in asked) or (Message("user", sample.input),)
    error = raw.get("error")
    failed = ErrorInfo("EvalError", str(error.get("message", ""))) if error else None
    request = Request("generate", Prompt(turns), decoding, repeat=int(raw.get("epoch") or 1) - 1)
    return Item(
        sample=sample,
        request=request,
        response=None if failed and response is None else response or Response(),
        score=None if failed else read_scores(raw.get("scores") or {}, response),
        epoch=request.repeat,
        error=failed,
    )


def read_scores(scores: Mapping[str, Any], response: Response | None) -> Score:
    """All scorers' verdicts on a sample: values by scorer, or by scorer/key of a dictionary."""
    values: dict[str, float] = {}
    details: dict[str, Json] = {}
    extracted = explanation = None
    unanswered = bool(scores)
    for name, score in scores.items():
        value = score.get("value")
        if isinstance(value, Mapping):
            found = {f"{name}/{key}": to_number(part) for key, part in value.items()}
        else:
            found = {name: to_number(value)}
        values.update({key: number for key, number in found.items() if number is not None})
        if isinstance(value, list):
            details[name] = value
        unanswered = unanswered and value == NO_ANSWER
        extracted = score.get("answer") if extracted is None else extracted
        explanation = score.get("explanation") if explanation is None else explanation
    if not values:
        return Score({}, state="skipped", explanation="inspect recorded no number for it.")
    said_state = next(
        (s["metadata"].get("state") for s in scores.values() if s.get("metadata")), ""
    )
    state: State = "unparsed" if unanswered else "scored"
    if said_state in STATES:
        # Logs that julja wrote say it.
        state = said_state
    if unanswered and response is not None and response.finish == "length":
        state = "truncated"
    said = explanation if response is None or explanation != response.text else None
    return Score(values, state, extracted or None, explanation=said, details=details)


def to_number(value: Json) -> float | None:
    """A verdict as a number; None for what is none (NaN: not scored; a list)."""
    if isinstance(value, bool | int | float):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    if value in _VERDICTS:
        return _VERDICTS[value]
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _count(
    raw: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], left_out: Counter[str]
) -> None:
    left_out["events"] += len(raw.get("events") or ())
    left_out["stores"] += bool(raw.get("store"))
    for turn in messages:
        left_out["tool calls"] += len(turn.get("tool_calls") or ())
        if isinstance(turn.get("content"), list):
            kinds = [part.get("type") for part in turn["content"] if isinstance(part, Mapping)]
            left_out["images, sound and films"] += sum(
                kind in ("image", "audio", "video", "document", "data") for kind in kinds
            )


def _attachments(raw: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = raw.get("attachments") or {}
    return found


def _text(value: Json, attached: Mapping[str, str]) -> str:
    """A content as text; its parts of other kinds are named in brackets."""
    if isinstance(value, str):
        if value.startswith(ATTACHMENT):
            return attached.get(value.removeprefix(ATTACHMENT), value)
        return value
    if isinstance(value, list):
        parts = [part for part in value if isinstance(part, Mapping)]
        return "\n".join(_part(part, attached) for part in parts if part.get("type") != "reasoning")
    return "" if value is None else str(value)


def _part(part: Mapping[str, Any], attached: Mapping[str, str]) -> str:
    if part.get("type") == "text":
        return _text(part.get("text"), attached)
    return f"[{part.get('type')}]"


def _turn(turn: Mapping[str, Any], attached: Mapping[str, str]) -> Message:
    role = str(turn.get("role"))
    return Message(_ROLES.get(role, "user"), _text(turn.get("content"), attached))


def _last_answer(messages: Sequence[Mapping[str, Any]]) -> int:
    """The place of the last answer among the turns, behind them where there is none."""
    places = [i for i, turn in enumerate(messages) if turn.get("role") == "assistant"]
    return places[-1] if places else len(messages)


def _sample(raw: Mapping[str, Any], attached: Mapping[str, str]) -> Sample:
    asked = raw.get("input")
    if isinstance(asked, list):
        said = [turn for turn in asked if isinstance(turn, Mapping) and turn.get("role") == "user"]
        asked = said[-1].get("content") if said else None
    target = raw.get("target")
    targets = tuple(map(str, target)) if isinstance(target, list) else (str(target or ""),)
    choices = tuple(_text(choice, attached) for choice in raw.get("choices") or ())
    answer = tuple(
        ord(text) - 65 for text in targets if len(text) == 1 and 0 <= ord(text) - 65 < len(choices)
    )
    return Sample(
        id=str(raw.get("id")),
        input=_text(asked, attached),
        target=tuple(_text(text, attached) for text in targets),
        choices=choices,
        answer=answer,
        fields=dict(raw.get("metadata") or {}),
    )


def _response(output: Mapping[str, Any], attached: Mapping[str, str]) -> Response | None:
    choices = output.get("choices") or ()
    if not choices and not output.get("completion"):
        return None
    first = choices[0] if choices else {}
    content = (first.get("message") or {}).get("content")
    # The message has the reasoning apart; `completion` repeats its text.
    text = _text(content if content is not None else output.get("completion"), attached)
    thoughts = [
        str(part.get("reasoning") or "")
        for part in (content if isinstance(content, list) else ())
        if isinstance(part, Mapping) and part.get("type") == "reasoning"
    ]
    usage = output.get("usage") or {}
    seconds = output.get("time")
    return Response(
        text=text,
        reasoning=_text("\n".join(thoughts), attached) or None,
        finish=_FINISH.get(str(first.get("stop_reason")), "unknown"),
        usage=Usage(
            usage.get("input_tokens"),
            usage.get("output_tokens"),
            usage.get("input_tokens_cache_read"),
            usage.get("reasoning_tokens"),
        ),
        seconds=None if seconds is None else float(seconds),
        model=output.get("model") or None,
    )
