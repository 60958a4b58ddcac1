"""Models of the transformers library in this process: `hf/NAME`, and the built-in `hf/smollm2`.

    julja run hellaswag -m hf/smollm2
    julja run mmlu arc_challenge -m hf/Qwen/Qwen3-8B -M dtype=bfloat16 -M revision=main
    julja run gsm8k -m hf/./checkpoint-1200 -M peft=./adapter -M quantization=4bit

Model arguments (`-M`): `dtype` (auto: as the weights are stored), `device` (cuda, cuda:1, cpu;
auto spreads a model over all GPUs), `revision`, `quantization` (8bit, 4bit), `peft` (an adapter's
folder), `tokenizer`, `attention` (sdpa, eager), `trust_remote_code`, `max_length` (tokens the
model reads at most), `add_bos` (true or false against the tokeniser's habit), `prefix_token_id`
(what stands for an empty context), `batch_tokens` (budget of one batch), `tree` (false: every
sequence for itself), `chat` (false: send prompts as they stand; true by default where the
tokeniser has a chat template), `rank_chat` (true: rank behind the chat template too), `vision`
(false: a vision-language model's text side alone; see `pictures` for what such a model takes).

All requests of a run come at once: likelihoods are computed as one prefix tree (`likelihood`),
texts in batches (`generate`). `rank` follows lm-evaluation-harness token by token (`tokens`).
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from julja.errors import ProviderError
from julja.models.checks import Finding
from julja.models.hf.forward import Forward
from julja.models.hf.generate import Generator, Job
from julja.models.hf.likelihood import Answer, Likelihoods, Work
from julja.models.hf.load import (
    Spec,
    attention_cost,
    identity_of,
    load_config,
    load_model,
    pick_device,
    tree_limit,
    window_of,
)
from julja.models.hf.local import TOKEN_ARGUMENTS, LocalModel, safely
from julja.models.hf.probe import sees_trees
from julja.models.hf.requests import Asked, likelihood_response, written_response
from julja.models.hf.seq2seq import Seq2SeqLikelihoods
from julja.models.hf.thread import Answered
from julja.models.hf.tokens import Pair, check_tokens
from julja.models.registry import EngineOptions, check_extra, read_flag, read_number
from julja.models.tree import Costs
from julja.types import Json, Request

_SPEC = ("revision", "dtype", "device", "quantization", "peft", "tokenizer", "attention")
_OWN = {"trust_remote_code", "max_length", "batch_tokens", "tree", "vision"}
# Budgets of one batch: tokens in all, and bytes of the logits that are asked for.
_TOKENS = {"cpu": 2048, "cuda": 16384}
_LOGIT_BYTES = {"cpu": 128 << 20, "cuda": 1 << 30}
# (one more call, a good row), in tokens: a GPU computes many tokens in the time that a call costs.
_COSTS = {"cpu": (64, 256), "cuda": (1024, 1024)}


def open_engine(name: str, options: EngineOptions) -> "HfEngine":
    """Open `hf/NAME`: configuration and tokeniser now, the weights at the first question."""
    extra = options.extra
    spec = Spec.of(name, extra, _SPEC)
    pick_device(spec.device)
    known = {*_SPEC, *_OWN, *TOKEN_ARGUMENTS}
    if sees_pictures(spec, extra):
        from julja.models.hf.pictures import ARGUMENTS, PicturesEngine

        check_extra("hf", extra, known | ARGUMENTS)
        return PicturesEngine(spec, extra)
    check_extra("hf", extra, known)
    return HfEngine(spec, extra)


def sees_pictures(spec: Spec, extra: Mapping[str, Json]) -> bool:
    """Whether a model is a vision-language model, or is meant to be run as one."""
    if "vision" in extra:
        return read_flag(extra, "vision")
    if spec.name == "smollm2":
        return False
    config = load_config(spec)
    known = config.model_type in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    return known and getattr(config, "vision_config", None) is not None


class HfEngine(LocalModel):
    """One transformers model; see the module."""

    def __init__(self, spec: Spec, extra: Mapping[str, Json]) -> None:
        super().__init__(f"hf/{spec.name}", spec, extra)
        self._model: Any = None
        self._likelihoods: Likelihoods | Seq2SeqLikelihoods | None = None
        self._sees_no_tree = False

    def _window(self) -> int:
        longest = window_of(self._config, self._tokenizer)
        return int(read_number(self._extra, "max_length", longest, low=2))

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Weights, dtype, libraries, and the settings that can change a number."""
        extra: dict[str, Json] = {
            "window": self.encoder.window,
            "chat": str(self._chat).lower(),
            "rank_chat": "true" if self._rank_chat else None,
        }
        extra |= {key: self._extra.get(key) for key in ("add_bos", "prefix_token_id")}
        return identity_of(self._spec, self._config, extra)

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know: prompts that were cut, batches that shrank."""
        said = super().notes
        if self._sees_no_tree:
            said.append(f"{self.name} can't share prefixes: plain batches are used.")
        if self.work.shrunk:
            said.append(f"{self.name}: memory ran short; batches were made smaller.")
        return said

    @property
    def work(self) -> Work:
        """What the likelihoods have cost so far."""
        return self._likelihoods.work if self._likelihoods is not None else Work()

    async def check(self) -> Sequence[Finding]:
        """BOS once, chat template, window, and how likelihoods are computed."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        model = self._model
        device = next(model.parameters()).device
        how = "trees" if getattr(self._likelihoods, "tree", False) else "plain batches"
        where = f"{str(model.dtype).removeprefix('torch.')} on {device}, {how}"
        size = Finding("window", True, f"{self.encoder.window} tokens, {where}")
        return [*check_tokens(self._tokenizer, self.encoder), size]

    def _likely(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        """Likelihoods: all pairs of all requests as one tree."""
        waiting: list[Asked] = []
        for found in self._translator.asked(items) if items else []:
            if isinstance(found, Asked):
                waiting.append(found)
            else:
                yield [found]
        owners = [(asked, place) for asked in waiting for place in range(len(asked.pairs))]
        pairs = [asked.pairs[place] for asked, place in owners]
        for answers in self._run(pairs):
            done: list[Answered] = []
            for answer in answers:
                asked, place = owners[answer.query]
                asked.answers[place] = answer
                if asked.is_complete:
                    done.append((asked.index, safely(likelihood_response, asked)))
            yield done

    def _run(self, pairs: Sequence[Pair]) -> Iterator[list[Answer]]:
        if isinstance(self._likelihoods, Seq2SeqLikelihoods):
            return self._likelihoods.run(pairs)
        assert self._likelihoods is not None
        return self._likelihoods.run([pair.query() for pair in pairs])

    def _written(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        """Texts, batch by batch."""
        jobs: list[Job] = []
        places: list[tuple[int, int]] = []
        for index, request in items:
            try:
                job, cut = self._translator.job(request)
            except ProviderError as error:
                yield [(index, error)]
                continue
            jobs.append(job)
            places.append((index, cut))
        for batch in self._generator.run(jobs) if jobs else []:
            yield [
                (places[w.job][0], safely(written_response, w, jobs[w.job], places[w.job][1]))
                for w in batch
            ]

    def _release(self) -> None:
        self._model = self._likelihoods = None

    def _read_model(self) -> Any:
        return load_model(self._spec, self._config)

    def _load(self) -> None:
        if self._model is not None:
            return
        self._model = model = self._read_model()
        device = next(model.parameters()).device
        kind = "cpu" if device.type == "cpu" else "cuda"
        tokens = int(read_number(self._extra, "batch_tokens", _TOKENS[kind], low=1))
        self._generator = Generator(
            model, self._tokenizer, device, tokens=4 * tokens, stopped=self._stopped.is_set
        )
        if self._config.is_encoder_decoder:
            self._likelihoods = Seq2SeqLikelihoods(model, device, tokens=tokens)
            return
        forward = Forward(model, device)
        vocabulary = int(model.config.get_text_config().vocab_size)
        wanted = read_flag({"tree": True, **self._extra}, "tree")
        can = wanted and sees_trees(forward, vocabulary)
        self._sees_no_tree = wanted and not can
        self._likelihoods = Likelihoods(
            forward,
            tokens=tokens,
            asks=max(64, _LOGIT_BYTES[kind] // (4 * vocabulary)),
            costs=Costs(attention_cost(model), *_COSTS[kind]),
            tree=can,
            longest=tree_limit(self._config),
        )
