"""Any server that speaks OpenAI's dialect: chat, completions or responses.

    julja run gsm8k -m openai/gpt-4o-mini
    julja run gsm8k -m openai/my-model --base-url http://localhost:8000/v1 -M api_key_env=MY_KEY

Model arguments (`-M`): `echo=true` says that the server echoes log-likelihoods (vLLM, SGLang): it
is then asked for the `rank` form through `completions`. `prompt_logprobs=true` says that it is
vLLM's: tokens go in and their log-probabilities come back, split exactly as `hf/…` splits
(`prefix_token_id=N` stands for an empty context where the tokeniser adds no BOS).
`top_logprobs=N` is how many alternatives the `letter` form asks for. `image_detail=low|high|auto`
says how closely OpenAI's models look at pictures. `api_key_env=NAME` is the variable that holds the
key. All others are put into the request's body as they stand (`-M reasoning_effort=low`) and are
part of the model's identity.
"""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from julja.errors import ConfigError, ProviderError
from julja.models import openai_wire as wire
from julja.models.echo import EchoError, NothingBeforeError, ranked_choices, read_echo
from julja.models.engine import Ability
from julja.models.fallback import Fallback
from julja.models.hosted import identity, missing_key, read_reply, refuse_key, unable
from julja.models.media import check_media
from julja.models.registry import Api, EngineOptions, read_choice, read_flag, read_number
from julja.models.transport import Reply, Transport, read_key
from julja.types import Json, Request, Response

if TYPE_CHECKING:
    from julja.models.served import ServedTokens

_Reader: TypeAlias = Callable[[Mapping[str, Json], Request], Response]

Way: TypeAlias = Literal["echo", "prompt_logprobs"]
_WAYS: tuple[Way, ...] = ("echo", "prompt_logprobs")
_HOME = "https://api.openai.com/v1"
_OWN_ARGUMENTS = frozenset(
    {"echo", "prompt_logprobs", "prefix_token_id", "top_logprobs", "api_key_env", "image_detail"}
)
_PATHS: Mapping[Api, str] = {
    "chat": "chat/completions",
    "completions": "completions",
    "responses": "responses",
}
_ABILITIES: Mapping[Api, frozenset[Ability]] = {
    "chat": frozenset({"generate", "letter", "chat", "images"}),
    "completions": frozenset({"generate", "letter"}),
    "responses": frozenset({"generate", "chat", "images"}),
}
_READERS: Mapping[Api, _Reader] = {
    "chat": wire.read_chat,
    "completions": wire.read_completion,
    "responses": wire.read_responses,
}
# What can be shown; clips are an extension of vLLM and SGLang that OpenAI doesn't know.
_SHOWN: Mapping[Api, frozenset[str]] = {
    "chat": frozenset({"image", "video"}),
    "completions": frozenset(),
    "responses": frozenset({"image"}),
}
_BLOCKED = re.compile(
    r"\(content_filter\)|content management policy|flagged as potentially violating",
    re.IGNORECASE,
)
_NO_ECHO = "This server gives no log-likelihood of a prompt: use --form letter or generate."

_NO_START = "With vLLM, -M prompt_logprobs=true -M prefix_token_id=N reads from token N on."


def open_openai(model: str, options: EngineOptions) -> "OpenAIEngine":
    """Open `openai/MODEL`. A key is required only where the server is OpenAI's own."""
    ways: list[Way] = [way for way in _WAYS if read_flag(options.extra, way)]
    api: Api = options.api or ("completions" if ways else "chat")
    if len(ways) > 1:
        raise ConfigError(f"-M {ways[0]}=true and -M {ways[1]}=true are two ways: choose one.")
    if ways and api != "completions":
        raise ConfigError(
            f"-M {ways[0]}=true needs the completions API, not {api}.",
            hint="Use --api completions.",
        )
    return OpenAIEngine(model, options, api, way=ways[0] if ways else None)


class OpenAIEngine:
    """One model behind one of the three APIs; see the module."""

    keeps_time = True

    def __init__(
        self, model: str, options: EngineOptions, api: Api, *, way: Way | None = None
    ) -> None:
        base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or _HOME
        refuse_key(options.extra)
        key_env = str(options.extra.get("api_key_env", "OPENAI_API_KEY"))
        key = read_key((key_env,))
        if key is None and "api.openai.com" in base_url:
            raise missing_key("OpenAI", key_env, own_server=True)
        self._model = model
        self._api: Api = api
        self._body = {k: v for k, v in options.extra.items() if k not in _OWN_ARGUMENTS}
        self._transport = Transport(
            base_url,
            who=f"openai/{model}",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            secret=key,
            key_env=key_env,
            timeout_s=options.timeout_s,
        )
        self._way = way
        self._tokens: ServedTokens | None = None
        if way == "prompt_logprobs":
            self._tokens = self._served(model, options.extra, base_url)
        default_top = self._default_top(api, base_url)
        self._top = int(read_number(options.extra, "top_logprobs", default_top, low=1))
        self._fallback = Fallback(
            f"openai/{model}",
            drop=("temperature", "top_p", "stop", "seed"),
            rename={"max_tokens": "max_completion_tokens"} if api == "chat" else None,
        )
        self._has_merged = False
        self._detail = read_choice(options.extra, "image_detail", ("low", "high", "auto"))
        self._shown = _SHOWN[api] - ({"video"} if "api.openai.com" in base_url else set())
        self.name = f"openai/{model}"
        ranks: frozenset[Ability] = frozenset({"rank"} if way else ())
        self.abilities = _ABILITIES[api] | ranks
        self.max_connections = options.max_connections
        # How likelihoods are had can move where a choice begins; echo is the way of old.
        more = {k: str(options.extra[k]) for k in ("prefix_token_id",) if k in options.extra}
        more |= {"rank": way} if way == "prompt_logprobs" else {}
        more |= {"image_detail": self._detail} if self._detail else {}
        self.identity = identity("openai", model, self._transport, self._body, api=api, **more)

    def __repr__(self) -> str:
        return f"OpenAIEngine({self.name}, {self._transport.public_url}, {self._api})"

    @property
    def notes(self) -> list[str]:
        """What the server refused, how requests were changed, and where tokens merged."""
        return self._fallback.notes

    async def ask(self, request: Request) -> Response:
        """Answer one request, or raise `ProviderError`."""
        if request.kind not in self.abilities:
            raise unable(self.name, request.kind)
        if request.prompt.media:
            check_media(self.name, request, () if request.kind == "rank" else self._shown)
        if request.kind == "generate":
            try:
                reply = await self._send(await self._built(self._text_body, request))
            except ProviderError as error:
                if error.status != 400 or not _BLOCKED.search(error.message):
                    raise
                # A filter before the model (Azure, OpenAI) refuses by an error status.
                return Response("[blocked: content_filter]", finish="refusal")
            return read_reply(self._transport, _READERS[self._api], reply, request)
        if request.kind == "letter":
            reply = await self._send(await self._built(self._letter_body, request))
            return read_reply(self._transport, wire.read_letters, reply, request)
        return await self._rank(request)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()
        if self._tokens is not None:
            await self._tokens.close()

    async def _built(
        self, build: Callable[[Request], dict[str, Json]], request: Request
    ) -> dict[str, Json]:
        """The body of a request; pictures are read and packed beside the event loop."""
        if request.prompt.media:
            return await asyncio.to_thread(build, request)
        return build(request)

    def _text_body(self, request: Request) -> dict[str, Json]:
        if self._api == "completions":
            return wire.completion_body(self._model, request)
        build = wire.chat_body if self._api == "chat" else wire.responses_body
        return build(self._model, request, self._detail)

    def _letter_body(self, request: Request) -> dict[str, Json]:
        if self._api == "chat":
            return wire.chat_letter_body(self._model, request, self._top, self._detail)
        return wire.completion_letter_body(self._model, request, self._top)

    def _served(self, model: str, extra: Mapping[str, Json], base_url: str) -> "ServedTokens":
        from julja.models.served import ServedTokens

        # /tokenize stands beside /v1, not below it.
        root = self._transport.beside(base_url.rstrip("/").removesuffix("/v1"))
        prefix = extra.get("prefix_token_id")
        # The server generates one token behind every prompt.
        return ServedTokens(root, model, room=1, prefix=None if prefix is None else int(prefix))

    async def _rank_tokens(self, request: Request, tokens: "ServedTokens") -> Response:
        from julja.models.served import Likelihood, ids_of, ranked_response

        pairs = await tokens.pairs(request)
        body = wire.token_rank_body(self._model, [ids_of(pair) for pair in pairs])
        reply = await self._send(body)

        def read(answer: Mapping[str, Json], asked: Request) -> Response:
            choices = wire.ordered_choices(answer, len(pairs))
            found = [
                Likelihood(*wire.read_prompt_logprobs(choice, len(pair.context), pair.continuation))
                for choice, pair in zip(choices, pairs, strict=True)
            ]
            return ranked_response(asked, pairs, found, answer.get("model"))

        return read_reply(self._transport, read, reply, request)

    async def _rank(self, request: Request) -> Response:
        if self._tokens is not None:
            return await self._rank_tokens(request, self._tokens)
        try:
            reply = await self._send(wire.rank_body(self._model, request))
        except ProviderError as error:
            if error.status in (400, 422) and "echo" in error.message:
                error.hint = _NO_ECHO
            raise
        return read_reply(self._transport, self._read_rank, reply, request)

    def _read_rank(self, body: Mapping[str, Json], request: Request) -> Response:
        asked = wire.rank_texts(request)
        choices = wire.ordered_choices(body, len(asked))
        try:
            echoes = [
                read_echo(choice.get("logprobs") or {}, context + text)
                for choice, (context, text) in zip(choices, asked, strict=True)
            ]
            ranked, merged = ranked_choices(request, echoes)
        except EchoError as error:
            raise ProviderError(
                f"{self.name}: no log-likelihood can be read: {error}.",
                hint=_NO_START if isinstance(error, NothingBeforeError) else _NO_ECHO,
            ) from error
        if merged:
            self._note_merge(merged)
        usage = wire.read_usage(body.get("usage"))
        return Response(finish="stop", choices=ranked, usage=usage, model=body.get("model"))

    def _note_merge(self, tail: str) -> None:
        note = (
            f"{self.name}: a token spans the end of the prompt and the start of a choice; all"
            f" choices of such a sample are measured from that token on (first seen: {tail!r})."
        )
        if not self._has_merged:
            self._has_merged = True
            self._fallback.notes.append(note)

    async def _send(self, body: dict[str, Json]) -> Reply:
        body.update(self._body)
        path = _PATHS[self._api]
        while True:
            sent = self._fallback.apply(body)
            try:
                return await self._transport.post(path, sent)
            except ProviderError as error:
                # Ends: each round takes at least one parameter out of what is sent.
                if not self._fallback.learn(error, sent):
                    raise

    @staticmethod
    def _default_top(api: Api, base_url: str) -> int:
        """OpenAI's own completions API stops at 5 alternatives; elsewhere 20 is the usual cap."""
        return 5 if api == "completions" and "api.openai.com" in base_url else 20
