"""One row of an lm-eval samples file -> julja's sample, request, response and score.

A samples file has one row for each (document, filter). `arguments` holds what was asked, once for
each request: (context, continuation) for a likelihood, (text,) for a rolling one, (context,
settings) for a generation; `resps` what the model answered, for each request a list of repeats.
Files since 0.4.3 write all answers as text and name the arguments, older ones do neither.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from julja.errors import DataError
from julja.interop.lm_eval.metrics import read_value
from julja.interop.log import Item
from julja.interop.recorded import WEIGHTS, LogMetric
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    FormName,
    Json,
    Message,
    Prompt,
    Request,
    Response,
    Row,
    Sample,
    Score,
)

Filtered: TypeAlias = Mapping[str, Row]  # filter -> the row of one document
# What lm-eval's regex filters answer where they find nothing.
INVALID = "[invalid]"
_INDICES = re.compile(r"\d+|\[\d+(, \d+)*\]")


def read_item(
    rows: Filtered, metrics: Sequence[tuple[LogMetric, str, str]], sample_id: str, where: str
) -> Item:
    """One document; `metrics` are (metric, its name in the rows, its filter)."""
    row = next(iter(rows.values()))
    try:
        asked = _arguments(row["arguments"])
        request = _request(asked)
        response = _response(request, asked, row["resps"])
        values, weights = _values(rows, metrics)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: its arguments or answers can't be read ({type(error).__name__}: {error}).",
            hint="Rows are read as lm-evaluation-harness 0.4 writes them with --log_samples.",
        ) from error
    sample = _sample(row, request, sample_id, weights)
    return Item(sample, request, response, _score(rows, request, response, values))


def _arguments(given: Json) -> list[list[Json]]:
    """What was asked, once for each request."""
    if isinstance(given, Mapping):
        return [list(given[f"gen_args_{i}"].values()) for i in range(len(given))]
    return [list(arguments) for arguments in given]


def _request(asked: Sequence[Sequence[Json]]) -> Request:
    if len(asked[0]) == 1:
        return Request("rank", _text_prompt(""), choices=(str(asked[0][0]),), rolling=True)
    if not isinstance(asked[0][1], str):
        return Request("generate", _prompt(asked[0][0]), _decoding(asked[0][1]))
    contexts = [str(arguments[0]) for arguments in asked]
    continuations = [str(arguments[1]) for arguments in asked]
    half = len(asked) // 2
    # acc_mutual_info asks for every continuation again, after nothing.
    mutual = (
        len(asked) % 2 == 0
        and any(contexts[:half])
        and not any(contexts[half:])
        and continuations[:half] == continuations[half:]
    )
    if mutual:
        contexts, continuations = contexts[:half], continuations[:half]
    shared = _shared_start(contexts)
    own = tuple(context[len(shared) :] for context in contexts)
    return Request(
        "rank",
        _text_prompt(shared),
        choices=tuple(continuations),
        contexts=own if any(own) else (),
        unconditional="" if mutual else None,
    )


def _shared_start(texts: Sequence[str]) -> str:
    """The longest text that all of them begin with (the first and last in order share least)."""
    low, high = min(texts), max(texts)
    return low[
        : next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    ]


def _text_prompt(text: str) -> Prompt:
    return Prompt((Message("user", text),))


def _prompt(context: Json) -> Prompt:
    """A text, or the messages that a chat API was sent (a JSON text in a list of one)."""
    if isinstance(context, list) and len(context) == 1 and isinstance(context[0], str):
        context = json.loads(context[0])
    if isinstance(context, list):
        return Prompt(tuple(Message(turn["role"], str(turn["content"])) for turn in context))
    return _text_prompt(str(context))


def _decoding(settings: Json) -> Decoding:
    known = settings if isinstance(settings, Mapping) else {}
    until = known.get("until") or ()
    longest = known.get("max_gen_toks") or known.get("max_new_tokens")
    temperature = known.get("temperature")
    return Decoding(
        max_tokens=int(longest) if longest else Decoding().max_tokens,
        temperature=None if temperature is None else float(temperature),
        stop=(until,) if isinstance(until, str) else tuple(map(str, until)),
    )


def _response(request: Request, asked: Sequence[Json], answers: Sequence[Json]) -> Response:
    if request.kind == "generate":
        return Response(_first(answers[0]))
    found = [_likelihood(answer[0]) for answer in answers]
    if len(found) != len(asked):
        raise ValueError(f"{len(asked)} requests have {len(found)} answers")
    count = len(request.choices)
    bare = found[count:] if request.unconditional is not None else [(None, None)] * count
    return Response(
        finish="stop",
        choices=tuple(
            ChoiceLikelihood(text, value, greedy=greedy, unconditional=alone)
            for text, (value, greedy), (alone, _) in zip(
                request.choices, found[:count], bare, strict=True
            )
        ),
    )


def _first(repeats: Json) -> str:
    """The first of a request's repeats: the one that a metric is computed from by default."""
    return str(repeats[0]) if isinstance(repeats, list) else str(repeats)


def _likelihood(answer: Json) -> tuple[float, bool | None]:
    """(log-likelihood, greedy) out of ["-1.5", "False"], "(-1.5, False)" or "-1.5"."""
    if isinstance(answer, str) and answer.startswith("("):
        answer = answer.strip("()").split(", ")
    if isinstance(answer, list | tuple):
        return float(answer[0]), str(answer[1]) == "True"
    return float(answer), None


def _values(
    rows: Filtered, metrics: Sequence[tuple[LogMetric, str, str]]
) -> tuple[dict[str, float], dict[str, float]]:
    values: dict[str, float] = {}
    weights: dict[str, float] = {}
    for metric, name, rule in metrics:
        if rule in rows and name in rows[rule]:
            scores, weight = read_value(metric.key, metric.kind, rows[rule][name])
            values |= scores
            if weight is not None:
                weights[metric.key] = float(weight)
    return values, weights


def _sample(row: Row, request: Request, sample_id: str, weights: Mapping[str, float]) -> Sample:
    doc = row.get("doc")
    fields: dict[str, Json] = dict(doc) if isinstance(doc, Mapping) else {"doc": doc}
    if weights:
        fields[WEIGHTS] = dict(weights)
    target = str(row.get("target", ""))
    if request.kind != "rank" or len(request.choices) < 2:
        text = request.choices[0] if request.rolling else request.prompt.text
        return Sample(sample_id, text, (target,), fields=fields)
    choices = tuple(choice.removeprefix(" ") for choice in request.choices)
    answer = _answer(target, choices)
    right = tuple(choices[i] for i in answer) or (target,)
    return Sample(sample_id, request.prompt.text, right, choices, answer, fields=fields)


def _answer(target: str, choices: Sequence[str]) -> tuple[int, ...]:
    """The indices of the right choices: "2", "[0, 2]", or the text of one."""
    if _INDICES.fullmatch(target):
        found = tuple(int(i) for i in re.findall(r"\d+", target) if int(i) < len(choices))
        if found:
            return found
    return (choices.index(target),) if target in choices else ()


def _score(
    rows: Filtered, request: Request, response: Response, values: Mapping[str, float]
) -> Score:
    if not values:
        return Score({}, state="skipped", explanation="lm-eval recorded no number for it.")
    if request.kind == "rank":
        likely = max(response.choices, key=lambda choice: choice.loglikelihood)
        several = len(response.choices) > 1
        return Score(values, extracted=likely.text.removeprefix(" ") if several else None)
    read = {rule: _filtered(row.get("filtered_resps")) for rule, row in rows.items()}
    extracted = next(iter(read.values()))
    details = {"filtered": read} if len(read) > 1 else {}
    missed = all(text == INVALID for text in read.values())
    return Score(
        values,
        state="unparsed" if missed else "scored",
        extracted=None if extracted == INVALID else extracted,
        details=details,
    )


def _filtered(answers: Json) -> str | None:
    """What a filter made of the answer; the first where it keeps several."""
    while isinstance(answers, list):
        if not answers:
            return None
        answers = answers[0]
    return None if answers is None else str(answers)


def finite(value: Json) -> float | None:
    """A number of a results file; None for "N/A", " " and NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def form_of(item: Item | None, output_type: str | None) -> FormName:
    """The form of a task's requests."""
    if item is not None and item.request is not None:
        return item.request.kind
    return "generate" if output_type in (None, "generate_until") else "rank"
