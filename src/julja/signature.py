"""The canonical form and hash of everything that can change a score.

A signature reads like sacreBLEU's: `gsm8k.1|form:generate|shots:5|…|julja:0.1.0|hash:0f3a…`. Two
results with the same signature are comparable; the hash also covers what is too long to print
(templates, decoding, scorer arguments, data hashes, the model's identity).
"""

import hashlib
from collections.abc import Mapping

from julja.types import Json, Prompt, Request


def canonical(value: Json) -> bytes:
    """One byte string for one meaning: sorted keys, no spaces, UTF-8."""
    import orjson

    return orjson.dumps(
        value,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY,
        default=_plain,
    )


def _plain(value: object) -> Json:
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if callable(value):
        return f"{getattr(value, '__module__', '?')}.{getattr(value, '__qualname__', '?')}"
    return str(value)


def digest(value: Json, size: int = 16) -> str:
    """A short hexadecimal hash of the canonical form (`size` bytes of BLAKE2b)."""
    return hashlib.blake2b(canonical(value), digest_size=size).hexdigest()


def prompt_json(prompt: Prompt) -> list[list[str]]:
    """A prompt as JSON: [[role, content, hashes of its media …], …]."""
    return [
        [message.role, message.content, *(item.sha256 for item in message.media)]
        for message in prompt.messages
    ]


def request_key(model: Mapping[str, str], request: Request) -> str:
    """The key of the response cache: model identity, rendered request, decoding and repeat."""
    decoding = request.decoding
    text = canonical(
        [
            sorted(model.items()),
            request.kind,
            prompt_json(request.prompt),
            request.choices,
            [
                decoding.max_tokens,
                decoding.temperature,
                decoding.top_p,
                decoding.stop,
                decoding.seed,
            ],
            request.repeat,
            *_ranking(request),
            *([request.inputs] if request.inputs else []),
            *([request.cut] if request.cut != "left" else []),
        ]
    )
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _ranking(request: Request) -> list[Json]:
    """What few requests have: nothing is added to the keys of all others."""
    more = (request.contexts, request.unconditional, request.rolling)
    return [] if more == ((), None, False) else list(more)


def sign(parts: Mapping[str, Json], hidden: Json, version: str) -> str:
    """The signature's text: the readable parts, julja's version, and a hash over all."""
    shown = "|".join(f"{name}:{value}" for name, value in parts.items() if value not in (None, ""))
    return f"{shown}|julja:{version}|hash:{digest([dict(parts), hidden], 6)}"
