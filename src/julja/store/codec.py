"""How the shapes are written into the store and read back: compressed JSON, exact both ways."""

import hashlib
import math
import struct
import threading
from dataclasses import fields, replace
from functools import cache
from typing import Any

import orjson
import zstandard

from julja.imagenet import WNIDS
from julja.likelihoods import Likelihoods
from julja.sealed import seal, unseal
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    Json,
    Media,
    Message,
    Prompt,
    Request,
    Response,
    Sample,
    Score,
    Usage,
)

# zstandard's objects are not safe across threads; one pair for each thread.
_local = threading.local()


# Compressing a short text costs more than it saves; the first byte says which it is.
_PLAIN, _COMPRESSED, _SEALED, _OF_IMAGENET = b"\0", b"\1", b"\2", b"\3"
# An exchange whose likelihoods stand as numbers before its JSON, behind their length in bytes.
_WITH_NUMBERS = b"\4"
_LENGTH = struct.Struct("<I")
_WORTH_IT = 600
# Every sample and every request of ImageNet names a thousand classes: compressed with those names
# at hand it is a twentieth, and written four times as fast.
_FIRST_NAMES = orjson.dumps(WNIDS[:2])[1:-1]


@cache
def _imagenet() -> zstandard.ZstdCompressionDict:
    """The names as they stand in JSON; what is written needs the very same ones to be read."""
    made = zstandard.ZstdCompressionDict(
        orjson.dumps(WNIDS), dict_type=zstandard.DICT_TYPE_RAWCONTENT
    )
    made.precompute_compress(level=1)
    return made


def pack(value: Json, *, sealed: bool = False) -> bytes:
    """JSON, compressed where it is long, and sealed where it must not be readable on disk."""
    if sealed:
        return _SEALED + seal(pack(value))
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str)
    if len(text) < _WORTH_IT:
        return _PLAIN + text
    if _FIRST_NAMES in text:
        if not hasattr(_local, "compress_names"):
            kept = zstandard.ZstdCompressor(level=1, dict_data=_imagenet())
            _local.compress_names = kept.compress
        named: bytes = _local.compress_names(text)
        return _OF_IMAGENET + named
    if not hasattr(_local, "compress"):
        _local.compress = zstandard.ZstdCompressor(level=1).compress
    compressed: bytes = _local.compress(text)
    return _COMPRESSED + compressed


def unpack(data: bytes) -> Json:
    """The inverse of `pack`."""
    if data[:1] == _SEALED:
        return unpack(unseal(data[1:]))
    if data[:1] == _PLAIN:
        return orjson.loads(data[1:])
    if data[:1] == _OF_IMAGENET:
        if not hasattr(_local, "decompress_names"):
            _local.decompress_names = zstandard.ZstdDecompressor(dict_data=_imagenet()).decompress
        return orjson.loads(_local.decompress_names(data[1:]))
    if not hasattr(_local, "decompress"):
        _local.decompress = zstandard.ZstdDecompressor().decompress
    return orjson.loads(_local.decompress(data[1:]))


def pack_exchange(request: Request, response: Response, *, sealed: bool = False) -> bytes:
    """One request with its response, as the response cache keeps it."""
    if not isinstance(response.choices, Likelihoods) or not response.choices:
        return pack([_request_json(request), _response_json(response)], sealed=sealed)
    found = response.choices
    numbers = found.to_bytes()
    # They are named by the request's choices, unless an engine was asked for none.
    texts = None if found.texts == request.choices else found.texts
    kept = {**_response_json(replace(response, choices=())), "choices": [texts, found.less]}
    body = _LENGTH.pack(len(numbers)) + numbers + pack([_request_json(request), kept])
    return _SEALED + seal(_WITH_NUMBERS + body) if sealed else _WITH_NUMBERS + body


def unpack_exchange(data: bytes) -> tuple[Request, Response]:
    """The inverse of `pack_exchange`."""
    if data[:1] == _SEALED:
        data = unseal(data[1:])
    if data[:1] != _WITH_NUMBERS:
        kept, answered = unpack(data)
        return _request(kept), _response(answered)
    start = 1 + _LENGTH.size
    end = start + _LENGTH.unpack_from(data, 1)[0]
    kept, answered = unpack(data[end:])
    request = _request(kept)
    texts, less = answered["choices"]
    names = request.choices if texts is None else tuple(texts)
    found = Likelihoods.from_bytes(names, data[start:end], tuple(less))
    return request, replace(_response({**answered, "choices": ()}), choices=found)


def _request_json(request: Request) -> Json:
    decoding = request.decoding
    kept: dict[str, Json] = {
        "kind": request.kind,
        "messages": [
            [m.role, m.content, *([[_media_json(item) for item in m.media]] if m.media else [])]
            for m in request.prompt.messages
        ],
        "decoding": [
            decoding.max_tokens,
            decoding.temperature,
            decoding.top_p,
            decoding.stop,
            decoding.seed,
        ],
        "choices": request.choices,
        "repeat": request.repeat,
    }
    if request.contexts:
        kept["contexts"] = request.contexts
    if request.unconditional is not None:
        kept["unconditional"] = request.unconditional
    if request.rolling:
        kept["rolling"] = True
    if request.inputs:
        kept["inputs"] = request.inputs
    return kept


def _media_json(media: Media) -> Json:
    kept = [media.path, media.sha256, media.mime, media.kind]
    return [*kept, media.change] if media.change else kept


def _request(data: dict[str, Any]) -> Request:
    max_tokens, temperature, top_p, stop, seed = data["decoding"]
    return Request(
        data["kind"],
        Prompt(
            tuple(
                Message(role, content, tuple(Media(*item) for media in more for item in media))
                for role, content, *more in data["messages"]
            )
        ),
        Decoding(max_tokens, temperature, top_p, tuple(stop), seed),
        tuple(data["choices"]),
        data["repeat"],
        contexts=tuple(data.get("contexts", ())),
        unconditional=data.get("unconditional"),
        rolling=data.get("rolling", False),
        inputs=data.get("inputs", {}),
    )


def _response_json(response: Response) -> Json:
    usage = response.usage
    return {
        "text": response.text,
        "reasoning": response.reasoning,
        "finish": response.finish,
        "choices": [
            # JSON has no infinity: a letter that the server did not list is stored as null.
            [
                c.text,
                c.loglikelihood if math.isfinite(c.loglikelihood) else None,
                c.tokens,
                c.greedy,
                *(() if c.unconditional is None else (c.unconditional,)),
            ]
            for c in response.choices
        ],
        "usage": [
            usage.input_tokens,
            usage.output_tokens,
            usage.cached_tokens,
            usage.reasoning_tokens,
        ],
        "seconds": response.seconds,
        "attempts": response.attempts,
        "model": response.model,
        **({"cut_tokens": response.cut_tokens} if response.cut_tokens else {}),
        **({"earlier": response.earlier} if response.earlier else {}),
    }


def _response(data: dict[str, Any]) -> Response:
    return Response(
        text=data["text"],
        reasoning=data["reasoning"],
        finish=data["finish"],
        choices=tuple(
            ChoiceLikelihood(text, -math.inf if value is None else value, *rest)
            for text, value, *rest in data["choices"]
        ),
        usage=Usage(*data["usage"]),
        seconds=data["seconds"],
        attempts=data["attempts"],
        model=data["model"],
        cut_tokens=data.get("cut_tokens", 0),
        earlier=tuple(data.get("earlier", ())),
    )


def pack_sample(sample: Sample) -> bytes:
    """A sample with all its fields, so that a run can be scored again without its data."""
    # dataclasses.asdict copies every field deeply, which costs more than all the rest here.
    content = {item.name: getattr(sample, item.name) for item in fields(sample)}
    content["media"] = [_media_json(item) for item in sample.media]
    return pack(content, sealed=sample.confidential)


def cluster_key(sample: Sample) -> str | None:
    """What stands for a sample's cluster outside its body: equal for equal clusters of one source.

    That of a confidential sample is hashed: its name may be a text of the benchmark's.
    """
    if sample.cluster is None or not sample.confidential:
        return sample.cluster
    return hashlib.blake2b(sample.cluster.encode(), digest_size=8).hexdigest()


def unpack_sample(data: bytes) -> Sample:
    """The inverse of `pack_sample`."""
    raw = unpack(data)
    return Sample(
        id=raw["id"],
        input=raw["input"],
        target=tuple(raw["target"]),
        choices=tuple(raw["choices"]),
        answer=tuple(raw["answer"]),
        cluster=raw["cluster"],
        fields=raw["fields"],
        labelled=raw.get("labelled", True),
        confidential=raw.get("confidential", False),
        media=tuple(Media(*item) for item in raw.get("media", ())),
    )


def pack_score(score: Score, *, sealed: bool = False) -> bytes:
    """A score with its explanation."""
    return pack(
        [score.values, score.state, score.extracted, score.span, score.explanation, score.details],
        sealed=sealed,
    )


def unpack_score(data: bytes) -> Score:
    """The inverse of `pack_score`."""
    values, state, extracted, span, explanation, details = unpack(data)
    return Score(values, state, extracted, tuple(span) if span else None, explanation, details)
