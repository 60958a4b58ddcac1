"""Fine-tuned encoders (BERT, RoBERTa, ELECTRA …) as engines: what the three kinds share.

A request is cut into one or more windows, the windows of all requests go through the model in
batches of alike lengths, and a request is answered when its last window is done.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import torch

from julja.errors import ConfigError, ProviderError
from julja.models.checks import Finding
from julja.models.engine import Ability
from julja.models.hf.load import (
    Spec,
    identity_of,
    load_as,
    load_config,
    load_tokenizer,
    pick_device,
    window_of,
)
from julja.models.hf.memory import free_memory, is_out_of_memory
from julja.models.hf.thread import Answered, ThreadedModel
from julja.models.registry import EngineOptions, check_extra, read_number
from julja.types import Json, Request, Response

# What the tokeniser made of one window: input_ids and what else the model reads of it.
Window: TypeAlias = Mapping[str, Sequence[int]]
_TENSORS = ("input_ids", "attention_mask", "token_type_ids")
_SPEC = ("revision", "dtype", "device", "tokenizer", "attention")
_OWN = frozenset({*_SPEC, "trust_remote_code", "max_length", "batch_tokens", "labels"})
_TOKENS = {"cpu": 4096, "cuda": 65536}


@dataclass(slots=True)
class Asked:
    """A request on its way through the model.

    `notes` is what the subclass needs to read the outputs; `outputs` has the logits of each window.
    """

    index: int
    request: Request
    windows: Sequence[Window]
    notes: Any = None
    cut_tokens: int = 0
    outputs: dict[int, Any] = field(default_factory=dict)


class EncoderEngine(ThreadedModel):
    """One fine-tuned encoder; a subclass names its kind of request and reads the logits."""

    provider = ""
    ability: Ability
    auto: Any = None
    own: frozenset[str] = frozenset()

    def __init__(self, name: str, options: EngineOptions) -> None:
        super().__init__()
        extra = options.extra
        check_extra(self.provider, extra, {*_OWN, *self.own})
        self._spec = Spec.of(name, extra, _SPEC, self.provider)
        pick_device(self._spec.device)
        self.name = self._spec.label
        self._extra = extra
        self._config = load_config(self._spec)
        self._tokenizer = load_tokenizer(self._spec)
        self._model: Any = None
        self._cut = 0
        if not self._tokenizer.is_fast:
            raise ConfigError(
                f"{self.name} has no fast tokeniser (tokenizer.json), and answers are found by the"
                " places of its tokens.",
                hint="Save it again with transformers' AutoTokenizer, or name one: -M tokenizer=…",
            )

    @property
    def abilities(self) -> frozenset[Ability]:
        """The one kind of request that the model was fine-tuned for."""
        return frozenset({self.ability})

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What the model's outputs stand for: `-M labels=a,b,…`, else its configuration's."""
        known = self._config.id2label
        names = tuple(str(known[place]) for place in sorted(known))
        given = self._extra.get("labels")
        if given is None:
            return names
        wanted = tuple(part.strip() for part in str(given).split(","))
        if len(wanted) != len(names):
            raise ConfigError(
                f"-M labels={given} names {len(wanted)} labels, the model has {len(names)}"
                f" ({', '.join(names)})."
            )
        return wanted

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Weights, dtype, libraries, and the settings that can change a number."""
        extra: dict[str, Json] = {"labels": ",".join(self.labels)}
        extra |= {key: self._extra.get(key) for key in sorted({"max_length", *self.own})}
        return identity_of(self._spec, self._config, extra)

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know: texts that were cut."""
        if not self._cut:
            return []
        return [
            f"{self.name}: {self._cut} texts were longer than the model's {self.window} tokens and"
            " lost their end (a sample's cut_tokens)."
        ]

    @cached_property
    def window(self) -> int:
        """How many tokens the model reads at most."""
        longest = window_of(self._config, self._tokenizer)
        # Models of RoBERTa's kind count positions from behind the padding's.
        for name, part in self._model.named_modules():
            padding = getattr(part, "padding_idx", None)
            if name.endswith("position_embeddings") and padding is not None:
                longest -= padding + 1
        longest = min(longest, int(self._tokenizer.model_max_length))
        return min(longest, int(read_number(self._extra, "max_length", longest, low=8)))

    async def check(self) -> Sequence[Finding]:
        """What it reads and what its outputs are called."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        device = next(self._model.parameters()).device
        where = f"{str(self._model.dtype).removeprefix('torch.')} on {device}"
        return [
            Finding("window", True, f"{self.window} tokens, {where}"),
            Finding("labels", None, ", ".join(self.labels)),
        ]

    # In the model's own thread

    def _answers(self, requests: Sequence[Request]) -> Iterator[list[Answered]]:
        self._load()
        waiting: list[Asked] = []
        for index, request in enumerate(requests):
            try:
                asked = self._prepared(index, request)
            except ProviderError as error:
                yield [(index, error)]
                continue
            waiting.append(asked)
        start = time.perf_counter()
        for done in self._through_the_model(waiting):
            now = time.perf_counter()
            seconds, start = (now - start) / max(len(done), 1), now
            yield [(asked.index, self._finished(asked, seconds)) for asked in done]
            if self._stopped.is_set():
                return

    def _finished(self, asked: Asked, seconds: float) -> Response | ProviderError:
        self._cut += asked.cut_tokens > 0
        try:
            answer = self._read(asked)
        except ProviderError as error:
            return error
        return replace(
            answer,
            finish="stop",
            seconds=seconds,
            model=self._spec.name,
            cut_tokens=asked.cut_tokens,
        )

    def _through_the_model(self, waiting: Sequence[Asked]) -> Iterator[list[Asked]]:
        """Every window of every request, in batches of alike lengths, longest first."""
        places = [(asked, n) for asked in waiting for n in range(len(asked.windows))]
        places.sort(key=lambda place: -len(place[0].windows[place[1]]["input_ids"]))
        budget = int(read_number(self._extra, "batch_tokens", self._default_budget(), low=1))
        begin = 0
        while begin < len(places):
            longest = len(places[begin][0].windows[places[begin][1]]["input_ids"])
            batch = places[begin : begin + max(1, budget // max(longest, 1))]
            try:
                logits = self._logits([asked.windows[n] for asked, n in batch])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or len(batch) == 1:
                    raise ProviderError(f"{self.name}: {error}") from error
                free_memory()
                budget = max(1, budget // 2)
                continue
            begin += len(batch)
            done: list[Asked] = []
            for (asked, n), row in zip(batch, logits, strict=True):
                asked.outputs[n] = row
                if len(asked.outputs) == len(asked.windows):
                    done.append(asked)
            yield done

    def _logits(self, windows: Sequence[Window]) -> list[Any]:
        """The model's logits of each window of a batch, without the padding."""
        known = [name for name in _TENSORS if name in windows[0]]
        padded = self._tokenizer.pad(
            {name: [list(window[name]) for window in windows] for name in known},
            return_tensors="pt",
        )
        device = next(self._model.parameters()).device
        with torch.inference_mode():
            output = self._model(**{name: value.to(device) for name, value in padded.items()})
        lengths = [len(window["input_ids"]) for window in windows]
        left = self._tokenizer.padding_side == "left"
        return self._rows(output, lengths, int(padded["input_ids"].shape[1]) if left else None)

    def _default_budget(self) -> int:
        return _TOKENS["cpu" if next(self._model.parameters()).device.type == "cpu" else "cuda"]

    def _load(self) -> None:
        if self._model is None:
            self._model = load_as(self.auto, self._spec)
            self._config = self._model.config
            if self._tokenizer.pad_token is None:
                # A decoder with a classifying head finds its last token by the padding's id.
                self._tokenizer.pad_token = self._tokenizer.eos_token
                self._config.pad_token_id = self._tokenizer.pad_token_id

    def _release(self) -> None:
        self._model = None

    # What a subclass does

    def _prepared(self, index: int, request: Request) -> Asked:
        """The windows of a request; a `ProviderError` where it can't be answered."""
        raise NotImplementedError

    def _rows(self, output: Any, lengths: Sequence[int], padded: int | None) -> list[Any]:
        """What is kept of each window; `padded` is the batch's width where padding is left."""
        raise NotImplementedError

    def _read(self, asked: Asked) -> Response:
        """The answer, of the outputs of all windows."""
        raise NotImplementedError


def text_of(request: Request, name: str) -> str:
    """One of the texts that a request brings for the encoder."""
    value = request.inputs.get(name)
    if not isinstance(value, str):
        raise ProviderError(
            f"the {request.kind} request has no {name!r} (it has {', '.join(request.inputs)})."
        )
    return value


def unpadded(row: Any, length: int, padded: int | None) -> Any:
    """One window's tokens of a padded row."""
    return row[:length] if padded is None else row[padded - length : padded]
