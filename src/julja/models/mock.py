"""Engines without a model, for tests, dry runs and demos. Always the same answer to one prompt.

    mock/echo                  the last line of the prompt
    mock/constant:text=42      one text (also -M text=42)
    mock/random                a hash of the prompt decides; a chance-level baseline

Pictures are part of the prompt. mock/random finds a few boxes, and gives a label map of squares.

Model arguments: `latency_ms` waits before each answer. `error_rate` lets that share of the prompts
fail `error_times` times (default 1) with HTTP status `error_status` (default 500), so that retries
can be seen to work.
"""

import asyncio
import hashlib
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from julja.errors import ConfigError, ProviderError, RateLimitError, did_you_mean
from julja.models.engine import Ability
from julja.models.reasoning import cut_at_stop
from julja.models.registry import EngineOptions, check_extra, read_number
from julja.types import ChoiceLikelihood, Json, Request, Response, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from julja.predictions import Detection

Mode: TypeAlias = Literal["echo", "constant", "random"]
_MODES = ("echo", "constant", "random")
_ARGUMENTS = {"text", "latency_ms", "error_rate", "error_times", "error_status"}
_LETTERED = re.compile(r"^\s*\(?([A-Z])[.):]\s", re.MULTILINE)
_ALL: frozenset[Ability] = frozenset(
    {"generate", "letter", "rank", "classify", "detect", "segment", "chat", "images"}
)
_SQUARES = 8  # a random label map has so many in each direction


def open_mock(model: str, options: EngineOptions) -> "MockEngine":
    """Open `mock/echo`, `mock/constant:text=…` or `mock/random`."""
    mode, colon, rest = model.partition(":")
    if mode not in _MODES:
        hint = did_you_mean(mode, _MODES) or f"There are: {', '.join(_MODES)}."
        raise ConfigError(f"There is no model mock/{mode}.", hint=hint)
    check_extra("mock", options.extra, _ARGUMENTS)
    arguments = dict(options.extra)
    if colon:
        key, equals, value = rest.partition("=")
        if key != "text" or not equals:
            raise ConfigError(
                f"mock/{model}: can't read {rest!r}.", hint="Write mock/constant:text=YOUR TEXT"
            )
        arguments["text"] = value
    return MockEngine(model, cast(Mode, mode), arguments, options.max_connections)


class MockEngine:
    """Answers every kind of request at once and in a repeatable way."""

    def __init__(
        self, model: str, mode: Mode, arguments: Mapping[str, Json], connections: int | None
    ) -> None:
        self.name = f"mock/{model}"
        self.abilities = _ALL
        self.max_connections = connections
        self._mode: Mode = mode
        self._text = str(arguments.get("text", ""))
        self._latency_s = read_number(arguments, "latency_ms", 0.0) / 1000
        self._error_rate = read_number(arguments, "error_rate", 0.0)
        self._error_times = int(read_number(arguments, "error_times", 1))
        self._error_status = int(read_number(arguments, "error_status", 500))
        self._failures: dict[int, int] = {}
        self.identity: Mapping[str, str] = {
            "provider": "mock",
            "model": mode,
            **({"text": self._text} if self._text else {}),
        }

    async def ask(self, request: Request) -> Response:
        """Answer, after the latency, or fail as often as was asked for."""
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        draw = _Draw(request)
        if self._error_rate and draw.share("error") < self._error_rate:
            self._fail(draw.key)
        prompt = request.prompt.text
        if request.kind in ("detect", "segment"):
            text = await asyncio.to_thread(self._seen, request, draw)
            return Response(text, finish="stop", model=self.name)
        if request.kind != "generate":
            choices = tuple(self._likelihood(draw, request, i) for i in range(len(request.choices)))
            return Response(
                finish="stop", choices=choices, usage=Usage(_words(prompt), 1), model=self.name
            )
        text, finish = cut_at_stop(self._answer(prompt, draw), request.decoding.stop, "stop")
        return Response(
            text, finish=finish, usage=Usage(_words(prompt), _words(text)), model=self.name
        )

    async def close(self) -> None:
        """Nothing to let go of."""

    def _answer(self, prompt: str, draw: "_Draw") -> str:
        if self._mode == "constant":
            return self._text
        if self._mode == "echo":
            return prompt.rstrip().rpartition("\n")[2]
        letters = sorted(set(_LETTERED.findall(prompt)))
        if len(letters) > 1:
            return f"The answer is {letters[int(draw.share('letter') * len(letters))]}."
        return f"The answer is {int(draw.share('number') * 100)}."

    def _seen(self, request: Request, draw: "_Draw") -> str:
        """Objects or a label map: of `constant` its text, of `random` drawn ones, else none."""
        from julja.models.predicted import size_of
        from julja.predictions import write_detections, write_map

        if self._mode == "constant" and self._text:
            return self._text
        if not request.prompt.media:
            raise ProviderError(f"{self.name} was shown no picture for a {request.kind} request.")
        size = size_of(request.prompt.media[0])
        if request.kind == "detect":
            found = _boxes(request, draw, size) if self._mode == "random" else []
            return write_detections(size, found)
        return write_map(_squares(request, draw, size, alike=self._mode != "random"))

    def _likelihood(self, draw: "_Draw", request: Request, index: int) -> ChoiceLikelihood:
        choice = request.choices[index]
        own = request.contexts[index] if request.contexts else ""
        alone = None
        if self._mode == "constant":
            same = choice.strip() == self._text.strip()
            value = math.log(0.9 if same else 0.01)
            alone = value if request.unconditional is not None else None
            return ChoiceLikelihood(choice, value, 1, same, alone)
        share = 1.0 - draw.share(own + choice)  # in (0, 1]: a logarithm always exists
        if request.unconditional is not None:
            alone = math.log(1.0 - draw.share(f"\0{request.unconditional}\0{choice}"))
        return ChoiceLikelihood(choice, math.log(share), max(1, _words(choice)), False, alone)

    def _fail(self, key: int) -> None:
        failed = self._failures.get(key, 0)
        if failed >= self._error_times:
            return
        self._failures[key] = failed + 1
        status = self._error_status
        kind = RateLimitError if status in (429, 503, 529) else ProviderError
        raise kind(
            f"{self.name} fails on purpose with status {status}.",
            status=status,
            retryable=status >= 500 or status in (408, 409, 429),
        )


def _boxes(request: Request, draw: "_Draw", size: tuple[int, int]) -> "list[Detection]":
    from julja.predictions import Detection

    height, width = size
    names = request.choices or ("object",)
    found = []
    for number in range(1 + int(draw.share("objects") * 5)):
        left, top, wide, high, name, score = (draw.share(f"{number}{part}") for part in "xywhns")
        box = (left * width, top * height, (1 - left) * wide * width, (1 - top) * high * height)
        found.append(Detection(box, score, names[int(name * len(names))]))
    return found


def _squares(
    request: Request, draw: "_Draw", size: tuple[int, int], *, alike: bool
) -> "NDArray[np.int32]":
    import numpy as np

    count = max(len(request.choices), 1)
    drawn = [int(draw.share(f"square {i}") * count) for i in range(_SQUARES**2)]
    coarse = np.array([0] * len(drawn) if alike else drawn, np.int32).reshape(_SQUARES, _SQUARES)
    rows, columns = (np.arange(side) * _SQUARES // side for side in size)
    return coarse[rows[:, None], columns[None, :]]


class _Draw:
    """Numbers in [0, 1) that depend on the prompt (and on the repeat of a sampled answer)."""

    def __init__(self, request: Request) -> None:
        sampled = bool(request.decoding.temperature) and request.kind == "generate"
        shown = "".join(f"\0{media.sha256}" for media in request.prompt.media)
        seed = f"{request.repeat if sampled else 0}\0{request.prompt.text}{shown}"
        self._hash = hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16)
        self.key = int.from_bytes(self._hash.digest()[:8], "big")

    def share(self, purpose: str) -> float:
        hashed = self._hash.copy()
        hashed.update(purpose.encode("utf-8", "surrogatepass"))
        # 53 bits: what a float holds exactly, so that 1.0 is never reached by rounding.
        return (int.from_bytes(hashed.digest()[:8], "big") >> 11) / 2.0**53


def _words(text: str) -> int:
    return len(text.split())
