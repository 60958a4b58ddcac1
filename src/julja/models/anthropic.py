"""Anthropic's messages API (https://docs.anthropic.com/en/api/messages).

    julja run gsm8k -m anthropic/claude-sonnet-4-5

It gives no log-probabilities, and takes pictures but no clips. All model arguments (`-M`) but
`api_key_env` are put into the request's body, such as
`-M 'thinking={"type":"enabled","budget_tokens":2000}'`.
"""

import asyncio
import os
from collections.abc import Mapping

from julja.errors import ProviderError
from julja.models.engine import Ability
from julja.models.fallback import Fallback
from julja.models.hosted import NoAnswer, identity, missing_key, read_reply, refuse_key, unable
from julja.models.media import check_media, parts_of
from julja.models.reasoning import cut_at_stop, split_reasoning
from julja.models.registry import EngineOptions
from julja.models.transport import Transport, read_key
from julja.pictures import encoded
from julja.types import Finish, Json, Media, Message, Request, Response, Usage

_HOME = "https://api.anthropic.com"
_VERSION = "2023-06-01"
_FINISH: Mapping[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


def open_anthropic(model: str, options: EngineOptions) -> "AnthropicEngine":
    """Open `anthropic/MODEL`."""
    return AnthropicEngine(model, options)


class AnthropicEngine:
    """One model behind the messages API."""

    keeps_time = True

    def __init__(self, model: str, options: EngineOptions) -> None:
        base_url = options.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _HOME
        refuse_key(options.extra)
        key_env = str(options.extra.get("api_key_env", "ANTHROPIC_API_KEY"))
        key = read_key((key_env,))
        if key is None and base_url == _HOME:
            raise missing_key("Anthropic", key_env)
        self._model = model
        self._body = {k: v for k, v in options.extra.items() if k != "api_key_env"}
        self._transport = Transport(
            base_url,
            who=f"anthropic/{model}",
            headers={"anthropic-version": _VERSION, **({"x-api-key": key} if key else {})},
            secret=key,
            key_env=key_env,
            timeout_s=options.timeout_s,
        )
        ends_in_v1 = base_url.rstrip("/").endswith("/v1")
        self._path = "messages" if ends_in_v1 else "v1/messages"
        self._fallback = Fallback(f"anthropic/{model}", drop=("temperature", "top_p"))
        self.name = f"anthropic/{model}"
        self.abilities: frozenset[Ability] = frozenset({"generate", "chat", "images"})
        self.max_connections = options.max_connections
        self.identity = identity("anthropic", model, self._transport, self._body)

    def __repr__(self) -> str:
        return f"AnthropicEngine({self.name}, {self._transport.public_url})"

    @property
    def notes(self) -> list[str]:
        """What the server refused and how the requests were changed."""
        return self._fallback.notes

    async def ask(self, request: Request) -> Response:
        """Answer one request, or raise `ProviderError`."""
        if request.kind != "generate":
            raise unable(self.name, request.kind)
        if request.prompt.media:
            check_media(self.name, request, ("image",))
            body = await asyncio.to_thread(messages_body, self._model, request)
        else:
            body = messages_body(self._model, request)
        body |= self._body
        while True:
            sent = self._fallback.apply(body)
            try:
                reply = await self._transport.post(self._path, sent)
                break
            except ProviderError as error:
                if not self._fallback.learn(error, sent):
                    raise
        return read_reply(self._transport, read_message, reply, request)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def messages_body(model: str, request: Request) -> dict[str, Json]:
    """`POST v1/messages`. System messages go into their own field."""
    decoding = request.decoding
    system = "\n\n".join(m.content for m in request.prompt.messages if m.role == "system")
    turns: list[dict[str, Json]] = [
        {"role": m.role, "content": _content(m)}
        for m in request.prompt.messages
        if m.role != "system"
    ]
    if turns and turns[-1]["role"] == "assistant" and isinstance(turns[-1]["content"], str):
        # The API refuses a started answer that ends in white space.
        turns[-1]["content"] = turns[-1]["content"].rstrip()
    if not turns:
        turns, system = [{"role": "user", "content": system}], ""
    body: dict[str, Json] = {"model": model, "max_tokens": decoding.max_tokens, "messages": turns}
    if system:
        body["system"] = system
    if decoding.temperature is not None:
        body["temperature"] = decoding.temperature
    if decoding.top_p is not None:
        body["top_p"] = decoding.top_p
    # Sequences of white space alone are refused; they are cut from the answer on this side.
    if stop := [mark for mark in decoding.stop if mark.strip()]:
        body["stop_sequences"] = stop
    return body


def _content(message: Message) -> Json:
    if not message.media:
        return message.content

    def shown(media: Media) -> Json:
        mime, data = encoded(media)
        source = {"type": "base64", "media_type": mime, "data": data}
        return {"type": "image", "source": source}

    return parts_of(message, lambda text: {"type": "text", "text": text}, shown)


def read_message(body: Mapping[str, Json], request: Request) -> Response:
    """The response out of a message."""
    content = body.get("content")
    if not isinstance(content, list):
        raise NoAnswer("no content")
    texts = [block.get("text") or "" for block in content if block.get("type") == "text"]
    thoughts = [block.get("thinking") for block in content if block.get("type") == "thinking"]
    marked, answer = split_reasoning("".join(texts))
    finish: Finish = _FINISH.get(str(body.get("stop_reason")), "unknown")
    answer, finish = cut_at_stop(answer, request.decoding.stop, finish)
    return Response(
        text=answer,
        reasoning="\n\n".join(filter(None, [*thoughts, marked])) or None,
        finish=finish,
        usage=_usage(body.get("usage") or {}),
        model=body.get("model"),
    )


def _usage(usage: Mapping[str, Json]) -> Usage:
    """Anthropic counts cache hits and writes apart from the other input; julja counts them in."""
    fresh = usage.get("input_tokens")
    hits = usage.get("cache_read_input_tokens") or 0
    writes = usage.get("cache_creation_input_tokens") or 0
    return Usage(
        input_tokens=None if fresh is None else fresh + hits + writes,
        output_tokens=usage.get("output_tokens"),
        cached_tokens=hits if "cache_read_input_tokens" in usage else None,
    )
