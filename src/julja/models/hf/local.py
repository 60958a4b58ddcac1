"""What all engines share that compute in this process, with a tokeniser of transformers.

`LocalModel` reads configuration and tokeniser, declares what can be asked, and turns the blocks of
`ask_many` into answers; how likelihoods and texts are computed is its
subclasses' (`hf/…`, `vllm/…`).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from julja.errors import ConfigError, ProviderError
from julja.models.engine import Ability
from julja.models.hf.load import Spec, load_config, load_tokenizer
from julja.models.hf.requests import Translator
from julja.models.hf.thread import Answered, ThreadedModel
from julja.models.hf.tokens import Encoder
from julja.models.registry import read_flag
from julja.types import Json, Request, Response

# The model arguments that are about tokens, the same for every such engine.
TOKEN_ARGUMENTS = frozenset({"chat", "rank_chat", "add_bos", "prefix_token_id"})


class LocalModel(ThreadedModel):
    """A model in this process; see the module. `name` is `provider/model`."""

    def __init__(self, name: str, spec: Spec, extra: Mapping[str, Json]) -> None:
        super().__init__()
        self.name = name
        self._spec = spec
        self._extra = extra
        self._config = load_config(spec)
        self._tokenizer = self._read_tokenizer()
        template = getattr(self._tokenizer, "chat_template", None) is not None
        self._chat = read_flag({"chat": template, **extra}, "chat")
        self._rank_chat = read_flag(extra, "rank_chat")
        if (self._chat or self._rank_chat) and not template:
            raise ConfigError(f"{name} has no chat template.", hint="Leave -M chat out.")
        prefix = extra.get("prefix_token_id")
        self.encoder = self._encode_with(
            self._tokenizer,
            window=self._window(),
            add_bos=read_flag(extra, "add_bos") if "add_bos" in extra else None,
            prefix=None if prefix is None else int(prefix),
            separate=bool(self._config.is_encoder_decoder),
        )
        self._translator = Translator(
            name, self.encoder, chat=self._chat, rank_chat=self._rank_chat
        )
        self._cut = 0

    @property
    def abilities(self) -> frozenset[Ability]:
        """All three request kinds; "chat" where there is a chat template."""
        known: set[Ability] = {"generate", "letter", "rank"}
        return frozenset(known | {"chat"} if self._chat else known)

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know: prompts that were cut."""
        if not self._cut:
            return []
        return [
            f"{self.name}: {self._cut} prompts were longer than the window of"
            f" {self.encoder.window} tokens and lost their beginning or middle (a sample's"
            " cut_tokens)."
        ]

    # In the model's own thread

    def _answers(self, requests: Sequence[Request]) -> Iterator[list[Answered]]:
        """Load the model, then work all requests off; the time is shared out among the answers."""
        self._load()
        start = time.perf_counter()
        items = list(enumerate(requests))
        likely = [(i, request) for i, request in items if request.kind != "generate"]
        texts = [(i, request) for i, request in items if request.kind == "generate"]
        for part in chain(self._likely(likely), self._written(texts)):
            if part:
                now = time.perf_counter()
                seconds, start = (now - start) / len(part), now
                yield [(index, self._finished(answer, seconds)) for index, answer in part]
            if self._stopped.is_set():
                return

    def _finished(
        self, answer: Response | ProviderError, seconds: float
    ) -> Response | ProviderError:
        if isinstance(answer, ProviderError):
            return answer
        self._cut += answer.cut_tokens > 0
        return replace(answer, seconds=seconds, model=self._spec.name)

    # What a subclass does

    _encode_with: Callable[..., Encoder] = Encoder

    def _read_tokenizer(self) -> Any:
        """The model's tokeniser."""
        return load_tokenizer(self._spec)

    def _window(self) -> int:
        """How many tokens the model reads at most."""
        raise NotImplementedError

    def _load(self) -> None:
        """Load the weights, unless they are."""
        raise NotImplementedError

    def _likely(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        """Answer `rank` and `letter` requests, some with each part."""
        raise NotImplementedError

    def _written(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        """Answer `generate` requests."""
        raise NotImplementedError


def safely(make: Callable[..., Response], *arguments: Any) -> Response | ProviderError:
    """A response, or the error that making it raised."""
    try:
        return make(*arguments)
    except ProviderError as error:
        return error
