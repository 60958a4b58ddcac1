"""A function of the user's as a model: `python/FILE.py:function`.

    def answer(prompt: str) -> str: ...            # the prompt's text, or
    async def answer(request: Request) -> Response: ...   # the whole request

A function whose parameter is called `request`, or is annotated `Request`, gets the request with its
pictures (`request.prompt.media`, read them with `julja.pictures.open_rgb`), and may answer with a
text or a `Response`. Plain functions run in threads. Request kinds other than `generate` are
declared by `answer.abilities = {"classify"}`; what such a function may return besides:

    classify   {label: score} or the scores in the order of request.choices (probabilities that add
               up to 1, log-probabilities, or logits)
    detect     [{"label": "cat", "box": [x, y, width, height], "score": 0.9}, …]
    segment    an array (height, width) of places among request.choices
"""

import asyncio
import contextlib
import contextvars
import hashlib
import inspect
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

from julja.errors import ConfigError, JuljaError, ProviderError
from julja.models.engine import Ability
from julja.models.hosted import unable
from julja.models.registry import EngineOptions, check_extra
from julja.types import Request, Response
from julja.userfile import load_function

_THREADS = 32
_KINDS: tuple[Ability, ...] = get_args(Ability)
# What a function may return for a kind of request, besides a text or a Response.
_RETURNED = {
    "classify": "{label: score}, or one score for each of request.choices",
    "detect": '[{"label": …, "box": [x, y, width, height], "score": …}, …]',
    "segment": "an array (height, width) of places among request.choices",
}


def open_python(model: str, options: EngineOptions) -> "FunctionEngine":
    """Open `python/FILE.py:function`."""
    check_extra("python", options.extra, set())
    found, path = load_function(model, "python/FILE.py:function")
    function = model.rpartition(":")[2]
    identity = {
        "provider": "python",
        "file": path.name,
        "function": function,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    return FunctionEngine(found, f"python/{path}:{function}", identity, options.max_connections)


class FunctionEngine:
    """Calls a function for each request. `FunctionEngine.of(function)` wraps one at hand."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        name: str,
        identity: Mapping[str, str],
        connections: int | None = None,
    ) -> None:
        self._function = function
        self._is_async = inspect.iscoroutinefunction(function)
        self._takes_request = _takes_request(function)
        self._pool = ThreadPoolExecutor(connections or _THREADS, "julja-python")
        self.name = name
        self.max_connections = connections
        self.abilities = _abilities(function, name)
        self.identity = identity

    @classmethod
    def of(cls, function: Callable[[Any], Any]) -> "FunctionEngine":
        """The engine of a function at hand, named `python/MODULE:FUNCTION`.

        Its identity is the hash of its source, defaults and closed-over values; what it reads from
        globals is not in it, so change its name (or clear the cache) when those change.
        """
        module = getattr(function, "__module__", None) or "__main__"
        label = getattr(function, "__qualname__", None) or type(function).__qualname__
        identity = {"provider": "python", "function": label, "sha256": _fingerprint(function)}
        return cls(function, f"python/{module}:{label}", identity)

    async def ask(self, request: Request) -> Response:
        """Call the function; what goes wrong in it is a `ProviderError` with file and line."""
        if request.kind not in self.abilities:
            raise unable(self.name, request.kind)
        argument = request if self._takes_request else request.prompt.text
        started = time.perf_counter()
        try:
            if self._is_async:
                answer = await self._function(argument)
            else:
                answer = await self._in_thread(self._function, argument)
                if inspect.isawaitable(answer):
                    answer = await answer
        except JuljaError:
            raise
        except Exception as error:
            raise self._failed(error) from error
        seconds = time.perf_counter() - started
        if isinstance(answer, Response):
            return answer if answer.seconds is not None else replace(answer, seconds=seconds)
        if isinstance(answer, str):
            return Response(answer, finish="stop", seconds=seconds, model=self.name)
        made: Response = await self._in_thread(self._response, request, answer)
        return replace(made, seconds=seconds)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        # Not `to_thread`: its pool has few threads, and such functions mostly wait.
        call = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, call, function, *arguments)

    def _response(self, request: Request, answer: Any) -> Response:
        """The response of a plain value, by the kind that was asked for."""
        shape = _RETURNED.get(request.kind)
        if shape is None or answer is None:
            known = f", or {shape}" if shape else ""
            raise ProviderError(
                f"{self.name} returned {type(answer).__name__}, not a text or a Response.",
                hint=f"Return a str{known}.",
            )
        try:
            return _converted(request, answer, self.name)
        except (TypeError, ValueError, AttributeError) as error:
            raise ProviderError(
                f"{self.name} returned {type(answer).__name__} for a {request.kind} request:"
                f" {error}.",
                hint=f"Return {shape}.",
            ) from error

    async def close(self) -> None:
        """End the threads, once what runs in them is done."""
        self._pool.shutdown(wait=False)

    def _failed(self, error: Exception) -> ProviderError:
        last = traceback.format_exception_only(error)[-1].strip()
        code = getattr(inspect.unwrap(self._function), "__code__", None)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if code and frame.filename == code.co_filename]
        place = (own or frames)[-1]
        return ProviderError(f"{self.name} failed at {place.filename}:{place.lineno}: {last}.")


def _converted(request: Request, answer: Any, name: str) -> Response:
    from julja.models.predicted import choices_of, detections_text, map_text, size_of

    if request.kind == "classify":
        return Response(finish="stop", choices=choices_of(request, answer), model=name)
    if request.kind == "detect":
        if not request.prompt.media:
            raise ProviderError("a detect request shows no picture.")
        text = detections_text(request, answer, size_of(request.prompt.media[0]))
    else:
        text = map_text(answer)
    return Response(text, finish="stop", model=name)


def _fingerprint(function: Callable[[Any], Any]) -> str:
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        source = repr((code.co_code, code.co_consts)) if code else repr(function)
    # A representation with an address in it only costs cache hits; leaving the values out would
    # give one closure the answers of another.
    held = []
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # a name that isn't bound yet
            held.append(cell.cell_contents)
    state = repr((source, getattr(function, "__defaults__", None), held))
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _takes_request(function: Callable[[Any], Any]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise ConfigError(
            f"{getattr(function, '__name__', function)} takes no argument.",
            hint="Write def answer(prompt: str) -> str",
        )
    first = parameters[0]
    # An annotation is the class, or its name under `from __future__ import annotations`.
    annotated = str(first.annotation).rpartition(".")[2].strip("'\">")
    return first.name == "request" or first.annotation is Request or annotated == "Request"


def _abilities(function: Callable[[Any], Any], name: str) -> frozenset[Ability]:
    declared = getattr(function, "abilities", ("generate",))
    kinds: set[Ability] = {kind for kind in _KINDS if kind in declared}
    unknown = [kind for kind in declared if kind not in _KINDS]
    if unknown or not kinds:
        raise ConfigError(f"{name} declares abilities {declared!r}.", hint=f"Choose of {_KINDS}.")
    if _takes_request(function):
        kinds.add("images")
    return frozenset(kinds | {"chat"})
