"""Google Gemini's generateContent (https://ai.google.dev/api/generate-content).

    julja run gsm8k -m google/gemini-2.5-flash

Model arguments (`-M`): `logprobs=true` declares the `letter` form, for the models that give
log-probabilities; `api_key_env=NAME`. All others are put into `generationConfig`, such as
`-M 'thinkingConfig={"thinkingBudget":0}'`. Pictures and clips are sent inline.
"""

import asyncio
import os
from collections.abc import Mapping

from julja.errors import ProviderError
from julja.models.engine import Ability
from julja.models.hosted import NoAnswer, identity, missing_key, read_reply, refuse_key, unable
from julja.models.letters import letter_choices
from julja.models.media import check_media, parts_of
from julja.models.reasoning import cut_at_stop, split_reasoning
from julja.models.registry import EngineOptions, read_flag
from julja.models.transport import Transport, read_key
from julja.pictures import encoded
from julja.types import Finish, Json, Media, Message, Request, Response, Usage

_HOME = "https://generativelanguage.googleapis.com"
_OWN_ARGUMENTS = frozenset({"logprobs", "api_key_env"})
_MAX_STOP = 5
# https://ai.google.dev/gemini-api/docs/image-understanding: no GIF.
_SENDABLE = ("image/jpeg", "image/png", "image/webp")
_TOP = 20
_FINISH: Mapping[str, Finish] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "refusal",
    "RECITATION": "refusal",
    "BLOCKLIST": "refusal",
    "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal",
}


def open_google(model: str, options: EngineOptions) -> "GoogleEngine":
    """Open `google/MODEL`."""
    return GoogleEngine(model, options)


class GoogleEngine:
    """One Gemini model."""

    keeps_time = True

    def __init__(self, model: str, options: EngineOptions) -> None:
        base_url = options.base_url or os.environ.get("GOOGLE_BASE_URL") or _HOME
        refuse_key(options.extra)
        named = options.extra.get("api_key_env")
        variables = (str(named),) if named else ("GOOGLE_API_KEY", "GEMINI_API_KEY")
        key = read_key(variables)
        if key is None and base_url == _HOME:
            raise missing_key("Google", variables[0])
        self._config = {k: v for k, v in options.extra.items() if k not in _OWN_ARGUMENTS}
        self._transport = Transport(
            base_url,
            who=f"google/{model}",
            headers={"x-goog-api-key": key} if key else {},
            secret=key,
            key_env=variables[0],
            timeout_s=options.timeout_s,
        )
        version = "" if base_url.rstrip("/").endswith(("/v1", "/v1beta")) else "v1beta/"
        self._path = f"{version}models/{model}:generateContent"
        letters = {"letter"} if read_flag(options.extra, "logprobs") else set[Ability]()
        self.name = f"google/{model}"
        self.abilities: frozenset[Ability] = frozenset({"generate", "chat", "images", *letters})
        self.max_connections = options.max_connections
        self.identity = identity("google", model, self._transport, self._config)

    def __repr__(self) -> str:
        return f"GoogleEngine({self.name}, {self._transport.public_url})"

    async def ask(self, request: Request) -> Response:
        """Answer one request, or raise `ProviderError`."""
        if request.kind not in self.abilities:
            raise unable(self.name, request.kind)
        if request.prompt.media:
            check_media(self.name, request, ("image", "video"))
            body = await asyncio.to_thread(content_body, request)
        else:
            body = content_body(request)
        body["generationConfig"].update(self._config)
        reply = await self._transport.post(self._path, body)
        return read_reply(self._transport, read_content, reply, request)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def content_body(request: Request) -> dict[str, Json]:
    """`POST models/MODEL:generateContent`."""
    messages = request.prompt.messages
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    contents = [
        {"role": "model" if m.role == "assistant" else "user", "parts": _parts(m)}
        for m in messages
        if m.role != "system"
    ]
    if not contents:
        contents, system = [{"role": "user", "parts": [{"text": system}]}], ""
    body: dict[str, Json] = {"contents": contents, "generationConfig": _config(request)}
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    return body


def _parts(message: Message) -> list[Json]:
    def shown(media: Media) -> Json:
        mime, data = encoded(media, _SENDABLE)
        return {"inlineData": {"mimeType": mime, "data": data}}

    return parts_of(message, lambda text: {"text": text}, shown) or [{"text": ""}]


def _config(request: Request) -> dict[str, Json]:
    if request.kind == "letter":
        return {"maxOutputTokens": 1, "temperature": 0, "responseLogprobs": True, "logprobs": _TOP}
    decoding = request.decoding
    config: dict[str, Json] = {"maxOutputTokens": decoding.max_tokens}
    if decoding.temperature is not None:
        config["temperature"] = decoding.temperature
    if decoding.top_p is not None:
        config["topP"] = decoding.top_p
    if decoding.seed is not None:
        config["seed"] = decoding.seed + request.repeat
    if decoding.stop:
        config["stopSequences"] = list(decoding.stop[:_MAX_STOP])
    return config


def read_content(body: Mapping[str, Json], request: Request) -> Response:
    """The response out of an answer."""
    usage = _usage(body.get("usageMetadata") or {})
    version = body.get("modelVersion")
    candidates = body.get("candidates") or []
    if not candidates:
        reason = (body.get("promptFeedback") or {}).get("blockReason")
        if not reason:
            raise NoAnswer("no candidate")
        return Response(f"[blocked: {reason}]", finish="refusal", usage=usage, model=version)
    candidate = candidates[0]
    finish: Finish = _FINISH.get(str(candidate.get("finishReason")), "unknown")
    parts = (candidate.get("content") or {}).get("parts") or []
    if not parts and finish in ("stop", "unknown"):
        raise NoAnswer("a candidate without content")
    thoughts = [part["text"] for part in parts if part.get("thought") and part.get("text")]
    marked, answer = split_reasoning(
        "".join(part.get("text") or "" for part in parts if not part.get("thought"))
    )
    if request.kind == "letter":
        top = _top_tokens(candidate)
        return Response(
            answer, finish="stop", choices=letter_choices(top, request.choices), usage=usage,
            model=version,
        )  # fmt: skip
    answer, finish = cut_at_stop(answer, request.decoding.stop, finish)
    reasoning = "\n\n".join(filter(None, [*thoughts, marked])) or None
    return Response(answer, reasoning, finish, usage=usage, model=version)


def _top_tokens(candidate: Mapping[str, Json]) -> list[tuple[str, float]]:
    steps = (candidate.get("logprobsResult") or {}).get("topCandidates") or []
    if not steps:
        raise ProviderError(
            "The server gave no log-probabilities, though they were asked for.",
            hint="Use --form generate with this model.",
        )
    return [(c["token"], c["logProbability"]) for c in steps[0].get("candidates") or []]


def _usage(usage: Mapping[str, Json]) -> Usage:
    """Gemini counts thoughts apart from the answer; julja counts them into the output."""
    answer, thoughts = usage.get("candidatesTokenCount"), usage.get("thoughtsTokenCount")
    known = [count for count in (answer, thoughts) if count is not None]
    return Usage(
        input_tokens=usage.get("promptTokenCount"),
        output_tokens=sum(known) if known else None,
        cached_tokens=usage.get("cachedContentTokenCount"),
        reasoning_tokens=thoughts,
    )
