"""An SGLang server through its native API: `sglang/NAME --base-url http://localhost:30000`.

Likelihoods are exact and cheap: the server tokenises (`/tokenize`), the split into context and
continuation is that of `hf/…`, `/generate` gets token ids and gives the log-probability of the
continuation's tokens alone (`logprob_start_len`), so shared contexts come from its prefix cache.
Texts and letters go through its OpenAI-compatible side, as `openai/NAME` does.

Model arguments (`-M`): `prefix_token_id` (what stands for an empty context, where the server's
tokeniser adds no BOS); all others are those of `openai/…`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from julja.errors import ConfigError
from julja.models.engine import Ability
from julja.models.hf.tokens import Pair
from julja.models.media import check_media
from julja.models.openai import open_openai
from julja.models.registry import EngineOptions
from julja.models.served import Likelihood, ServedTokens, ids_of, ranked_response
from julja.models.transport import Transport, read_key
from julja.types import Json, Request, Response

_HOME = "http://localhost:30000"


def open_sglang(model: str, options: EngineOptions) -> "SglangEngine":
    """Open `sglang/MODEL` on a server."""
    if options.api == "responses":
        raise ConfigError("sglang/ has no responses API.", hint="Use --api chat or completions.")
    return SglangEngine(model, options)


class SglangEngine:
    """One model behind an SGLang server; see the module."""

    keeps_time = True

    def __init__(self, model: str, options: EngineOptions) -> None:
        root = (options.base_url or _HOME).rstrip("/").removesuffix("/v1")
        key_env = str(options.extra.get("api_key_env", "SGLANG_API_KEY"))
        key = read_key((key_env,))
        more = {k: v for k, v in options.extra.items() if k != "prefix_token_id"}
        self.name = f"sglang/{model}"
        self._texts = open_openai(
            model,
            replace(options, base_url=f"{root}/v1", extra={**more, "api_key_env": key_env}),
        )
        self._transport = Transport(
            root,
            who=self.name,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            secret=key,
            key_env=key_env,
            timeout_s=options.timeout_s,
        )
        prefix = options.extra.get("prefix_token_id")
        self._tokens = ServedTokens(
            self._transport, model, prefix=None if prefix is None else int(prefix)
        )
        ranks: frozenset[Ability] = frozenset({"rank"})
        self.abilities = self._texts.abilities | ranks
        self.max_connections = options.max_connections
        asked = {"rank": "generate", **({"prefix": str(prefix)} if prefix is not None else {})}
        self.identity: Mapping[str, str] = {**self._texts.identity, "provider": "sglang", **asked}

    @property
    def notes(self) -> list[str]:
        """What the server refused, and how requests were changed."""
        return self._texts.notes

    async def ask(self, request: Request) -> Response:
        """Answer one request, or raise `ProviderError`."""
        if request.kind != "rank":
            return await self._texts.ask(request)
        if request.prompt.media:
            check_media(f"{self.name} (ranking)", request, ())
        pairs = await self._tokens.pairs(request)
        asked = (self._likelihood(pair) for pair in pairs)
        found: list[Likelihood] = []
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        return ranked_response(request, pairs, found, self.identity["model"])

    async def _likelihood(self, pair: Pair) -> Likelihood:
        body = {
            "input_ids": ids_of(pair),
            "sampling_params": {"max_new_tokens": 0, "temperature": 0},
            "return_logprob": True,
            # Nothing is told of the first place that is asked for: ask from the one before.
            "logprob_start_len": len(pair.context) - 1,
            "top_logprobs_num": 1,
        }
        reply = await self._transport.post("generate", body)
        try:
            return read_input_logprobs(reply.body["meta_info"], pair)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._transport.damaged(
                f"no log-probabilities of the prompt ({type(error).__name__}: {error})"
            ) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._texts.close()
        await self._transport.close()


def read_input_logprobs(meta: Mapping[str, Json], pair: Pair) -> Likelihood:
    """The sum over the continuation out of `meta_info`: its last entries are the last tokens.

    `input_token_logprobs` holds [log-probability, token, text] of each place, and
    `input_top_logprobs` a list of such triples, the likeliest first.
    """
    ids = [int(token) for token in pair.continuation]
    steps = meta["input_token_logprobs"][-len(ids) :]
    if [int(step[1]) for step in steps] != ids:
        raise ValueError("the tokens are others than those that were sent")
    top = (meta.get("input_top_logprobs") or [])[-len(ids) :]
    greedy = None
    if len(top) == len(ids) and all(top):
        greedy = all(int(best[0][1]) == token for best, token in zip(top, ids, strict=True))
    return Likelihood(sum(float(step[0]) for step in steps), greedy)
