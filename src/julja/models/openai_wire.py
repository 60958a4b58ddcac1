"""The OpenAI dialect as pure functions: request -> JSON body, JSON answer -> response."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from julja.errors import ProviderError
from julja.models.hosted import NoAnswer
from julja.models.letters import letter_choices
from julja.models.media import parts_of
from julja.models.reasoning import cut_at_stop, split_message, split_reasoning
from julja.pictures import data_url
from julja.types import Finish, Json, Media, Message, Request, Response, Usage

# https://platform.openai.com/docs/api-reference/chat/create: "Up to 4 sequences".
MAX_STOP = 4

_FINISH: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}

_INCOMPLETE: Mapping[str, Finish] = {"max_output_tokens": "length", "content_filter": "refusal"}


def chat_messages(request: Request, detail: str | None = None) -> list[dict[str, Json]]:
    """The prompt as the list of messages that most chat APIs take.

    Pictures are parts of a message's content, as data URLs. `detail` (low, high, auto) is how
    closely OpenAI's models look at them. Clips are `video_url`s, as vLLM and SGLang take them.
    """

    def shown(media: Media) -> Json:
        if media.kind == "video":
            return {"type": "video_url", "video_url": {"url": data_url(media)}}
        more = {"detail": detail} if detail else {}
        return {"type": "image_url", "image_url": {"url": data_url(media), **more}}

    return [_message(m, "text", shown) for m in request.prompt.messages]


def _message(message: Message, text: str, shown: Callable[[Media], Json]) -> dict[str, Json]:
    if not message.media:
        return {"role": message.role, "content": message.content}
    parts = parts_of(message, lambda words: {"type": text, "text": words}, shown)
    return {"role": message.role, "content": parts}


def sampling(request: Request) -> dict[str, Json]:
    """The decoding parameters that were set, under OpenAI's names."""
    decoding = request.decoding
    body: dict[str, Json] = {"max_tokens": decoding.max_tokens}
    if decoding.temperature is not None:
        body["temperature"] = decoding.temperature
    if decoding.top_p is not None:
        body["top_p"] = decoding.top_p
    if decoding.seed is not None:
        # Epochs of one sample must differ, so each has its own seed.
        body["seed"] = decoding.seed + request.repeat
    if decoding.stop:
        # The rest is cut from the answer on this side.
        body["stop"] = list(decoding.stop[:MAX_STOP])
    return body


def chat_body(model: str, request: Request, detail: str | None = None) -> dict[str, Json]:
    """`POST chat/completions` for text."""
    return {"model": model, "messages": chat_messages(request, detail), **sampling(request)}


def completion_body(model: str, request: Request) -> dict[str, Json]:
    """`POST completions` for text; that API knows no pictures."""
    return {"model": model, "prompt": request.prompt.text, **sampling(request)}


def responses_body(model: str, request: Request, detail: str | None = None) -> dict[str, Json]:
    """`POST responses` for text. That API knows neither stop sequences nor seeds."""

    def shown(media: Media) -> Json:
        more = {"detail": detail} if detail else {}
        return {"type": "input_image", "image_url": data_url(media), **more}

    body = sampling(request)
    body["max_output_tokens"] = body.pop("max_tokens")
    body.pop("seed", None)
    body.pop("stop", None)
    messages = [_message(m, "input_text", shown) for m in request.prompt.messages]
    return {"model": model, "input": messages, "store": False, **body}


def chat_letter_body(
    model: str, request: Request, top: int, detail: str | None = None
) -> dict[str, Json]:
    """`POST chat/completions` for the likeliest first tokens of the answer."""
    return {
        "model": model,
        "messages": chat_messages(request, detail),
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": top,
    }


def completion_letter_body(model: str, request: Request, top: int) -> dict[str, Json]:
    """`POST completions` for the likeliest next tokens of the prompt."""
    return {
        "model": model,
        "prompt": request.prompt.text,
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": top,
    }


def rank_body(model: str, request: Request) -> dict[str, Json]:
    """`POST completions` with every choice written behind the prompt and echoed.

    One token is generated because few servers accept none; it is not counted.
    """
    return {
        "model": model,
        "prompt": [context + choice for context, choice in rank_texts(request)],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 1,
        "echo": True,
    }


def rank_texts(request: Request) -> list[tuple[str, str]]:
    """(context, choice) of every choice, then of every choice after `unconditional`."""
    texts = [(request.context(i), choice) for i, choice in enumerate(request.choices)]
    if request.unconditional is not None:
        texts += [(request.unconditional, choice) for choice in request.choices]
    return texts


def token_rank_body(model: str, prompts: Sequence[Sequence[int]]) -> dict[str, Json]:
    """`POST completions` of vLLM for the log-probability and rank of every prompt token."""
    return {
        "model": model,
        "prompt": [list(ids) for ids in prompts],
        "max_tokens": 1,
        "temperature": 0,
        "prompt_logprobs": 0,
    }


def read_prompt_logprobs(
    choice: Mapping[str, Json], before: int, continuation: Iterable[int]
) -> tuple[float, bool]:
    """(sum, greedy) over the tokens behind the first `before` ones.

    vLLM gives null for the first token, then a mapping of token ids for each place, with the
    prompt's own token and perhaps likelier ones: {"42": {"logprob", "rank", "decoded_token"}}.
    """
    places = choice.get("prompt_logprobs")
    if not isinstance(places, list):
        raise ProviderError(
            "The server gave no prompt_logprobs, though they were asked for.",
            hint="-M prompt_logprobs=true is for vLLM; try -M echo=true, or --form generate.",
        )
    ids = [str(int(token)) for token in continuation]
    if len(places) != before + len(ids):
        raise NoAnswer(f"{len(places)} log-probabilities for {before + len(ids)} tokens")
    steps = [places[before + i][token] for i, token in enumerate(ids)]
    return sum(float(s["logprob"]) for s in steps), all(s["rank"] == 1 for s in steps)


def first_choice(body: Mapping[str, Json]) -> Mapping[str, Json]:
    """The first choice of an answer, or `NoAnswer`."""
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        error = body.get("error")
        raise NoAnswer(f"no choice ({error!r})" if error else "no choice")
    return choices[0]


def read_chat(body: Mapping[str, Json], request: Request) -> Response:
    """The response out of a chat completion."""
    choice = first_choice(body)
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise NoAnswer("a choice without a message")
    finish = _FINISH.get(str(choice.get("finish_reason")), "unknown")
    reasoning, answer = split_message(message)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        finish, answer = "refusal", answer or refusal
    elif message.get("content") is None and reasoning is None and finish in ("stop", "unknown"):
        raise NoAnswer("a choice without content")
    return _finished(request, answer, reasoning, finish, body)


def read_completion(body: Mapping[str, Json], request: Request) -> Response:
    """The response out of a text completion."""
    choice = first_choice(body)
    if not isinstance(choice.get("text"), str):
        raise NoAnswer("a choice without text")
    finish = _FINISH.get(str(choice.get("finish_reason")), "unknown")
    reasoning, answer = split_reasoning(choice["text"])
    return _finished(request, answer, reasoning, finish, body)


def read_responses(body: Mapping[str, Json], request: Request) -> Response:
    """The response out of the responses API."""
    output = body.get("output")
    reason = (body.get("incomplete_details") or {}).get("reason")
    if not isinstance(output, list) or (not output and reason is None):
        raise NoAnswer("no output")
    texts: list[str] = []
    thoughts: list[str] = []
    finish: Finish = "stop" if body.get("status") == "completed" else "unknown"
    finish = _INCOMPLETE.get(str(reason), finish)
    for item in output:
        if item.get("type") == "reasoning":
            parts = item.get("summary") or item.get("content") or []
            thoughts += [part["text"] for part in parts if part.get("text")]
        for part in (item.get("content") or []) if item.get("type") == "message" else []:
            if part.get("type") == "refusal":
                finish = "refusal"
            texts.append(part.get("text") or part.get("refusal") or "")
    reasoning, answer = split_reasoning("".join(texts))
    whole = "\n\n".join([*thoughts, *([reasoning] if reasoning else [])])
    return _finished(request, answer, whole or None, finish, body)


def read_letters(body: Mapping[str, Json], request: Request) -> Response:
    """The letters' log-probabilities out of a chat or text completion of one token."""
    choice = first_choice(body)
    logprobs = choice.get("logprobs")
    if not isinstance(logprobs, Mapping):
        raise ProviderError(
            "The server gave no log-probabilities, though they were asked for.",
            hint="Use --form generate with this model.",
        )
    top = _top_tokens(logprobs)
    message = choice.get("message")
    text = message.get("content") if isinstance(message, Mapping) else choice.get("text")
    return Response(
        text=text or "",
        finish="stop",
        choices=letter_choices(top, request.choices),
        usage=read_usage(body.get("usage")),
        model=body.get("model"),
    )


def _top_tokens(logprobs: Mapping[str, Json]) -> list[tuple[str, float]]:
    """The first token's alternatives: chat form (content[0]) or completion form (a mapping)."""
    content = logprobs.get("content")
    if isinstance(content, list) and content:
        entries = [*(content[0].get("top_logprobs") or []), content[0]]
        # OpenAI writes -9999 for a token of no measurable probability.
        return [
            (e["token"], e["logprob"] if e["logprob"] > -9999 else -math.inf)
            for e in entries
            if isinstance(e.get("logprob"), int | float)
        ]
    top = logprobs.get("top_logprobs")
    if isinstance(top, list) and top and isinstance(top[0], Mapping):
        return list(top[0].items())
    return []


def read_usage(usage: Json) -> Usage:
    """Token counts, of the chat and completion APIs or of the responses API."""
    if not isinstance(usage, Mapping):
        return Usage()
    details_in = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    details_out = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    return Usage(
        input_tokens=usage.get("prompt_tokens", usage.get("input_tokens")),
        output_tokens=usage.get("completion_tokens", usage.get("output_tokens")),
        cached_tokens=details_in.get("cached_tokens"),
        reasoning_tokens=details_out.get("reasoning_tokens"),
    )


def ordered_choices(body: Mapping[str, Json], wanted: int) -> Sequence[Mapping[str, Json]]:
    """The choices of a batch of prompts in the order of the prompts."""
    choices = body.get("choices")
    if not isinstance(choices, list) or len(choices) != wanted:
        found = len(choices) if isinstance(choices, list) else 0
        raise NoAnswer(f"{found} choices for {wanted} prompts")
    return sorted(choices, key=lambda choice: int(choice.get("index", 0)))


def _finished(
    request: Request,
    answer: str,
    reasoning: str | None,
    finish: Finish,
    body: Mapping[str, Json],
) -> Response:
    if request.decoding.stop:
        answer, finish = cut_at_stop(answer, request.decoding.stop, finish)
    return Response(
        text=answer,
        reasoning=reasoning,
        finish=finish,
        usage=read_usage(body.get("usage")),
        model=body.get("model"),
    )
