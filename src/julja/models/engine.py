"""The seam between julja and any model: an engine answers requests.

An engine is one to three async methods. What it cannot do it does not declare, and the planner
chooses a benchmark's form from what is declared.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from julja.errors import ProviderError
from julja.types import Request, Response

Ability: TypeAlias = Literal[
    "generate", "letter", "rank", "classify", "span", "tags", "detect", "segment", "chat", "images"
]


class Engine(Protocol):
    """A model that can be asked.

    `abilities` declares the request kinds it answers, plus "chat" when it wants messages (a
    completion engine is sent `prompt.text`) and "images" when prompts may have media. `identity` is
    everything that makes this model this model (name, revision or file hash, base URL without
    credentials, quantisation, a picture's preprocessing): it is part of every cache key and
    signature. `max_connections` is the engine's own advice (1 for a model
    in this process), None where the user's setting decides. An engine that stops a request by
    itself after `EngineOptions.timeout_s` has `keeps_time = True`; the others the run stops.
    """

    @property
    def name(self) -> str:
        """The model as the user named it, `provider/model`."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """The request kinds it answers, plus "chat" and "images"."""
        ...

    @property
    def identity(self) -> Mapping[str, str]:
        """What identifies the model, for cache keys and signatures."""
        ...

    @property
    def max_connections(self) -> int | None:
        """How many requests it is good to have in flight, if the engine knows."""
        ...

    async def ask(self, request: Request) -> Response:
        """Answer one request, or raise `ProviderError`. No retries here: the limiter does them."""
        ...

    async def close(self) -> None:
        """Let go of connections and memory."""
        ...


@runtime_checkable
class BatchEngine(Protocol):
    """An engine that wants to see many requests at once, to order and share work among them.

    The run hands it everything that is left to ask, in large blocks, and takes the answers in
    the order in which they are finished.
    """

    def ask_many(
        self, requests: Sequence[Request]
    ) -> AsyncGenerator[tuple[int, Response | ProviderError], None]:
        """Answer every request by its index; closing the generator ends the work."""
        ...
