"""Text from a transformers model: padded batches, stop strings, sampling seeded request by request.

A request's random numbers come from a hash of the request alone, so what it is batched with never
changes a sampled answer (beyond float noise). Stop strings count in the answer only, never inside
reasoning that is still open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from julja.models.hf.memory import free_memory, is_out_of_memory
from julja.models.reasoning import cut_at_stop, split_reasoning
from julja.models.tree import Ids
from julja.types import Decoding, Finish

# Tokens of the end of an answer that are looked through for a stop string after each step.
_TAIL = 32


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to write: the prompt's tokens, how to sample, and the seed of its numbers.

    `opened` is what a chat template wrote of the answer itself ("<think>").
    """

    prompt: Ids
    decoding: Decoding
    seed: int
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One answer; `problem` says why there is none."""

    job: int
    text: str = ""
    reasoning: str | None = None
    finish: Finish = "stop"
    tokens: int = 0
    problem: str | None = None


class Generator:
    """Writes answers in batches of about `tokens` tokens, prompts and answers together."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        device: torch.device,
        *,
        tokens: int,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.device = device
        self.tokens = tokens
        self.stopped = stopped
        self._ends = _end_tokens(model, tokenizer)
        self._pad = tokenizer.pad_token_id
        if self._pad is None:
            self._pad = self._ends[0] if self._ends else 0

    def run(self, jobs: Sequence[Job]) -> Iterator[list[Written]]:
        """Answer all jobs: those of like length together, the longest first."""
        order = sorted(range(len(jobs)), key=lambda i: -_size(jobs[i]))
        while order and not self.stopped():
            count = max(1, self.tokens // _size(jobs[order[0]]))
            try:
                yield self._batch(jobs, order[:count])
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                free_memory()
                if count > 1:
                    self.tokens = max(1, min(count, len(order)) * _size(jobs[order[0]]) // 2)
                    continue
                yield [Written(order[0], problem="there is too little memory for it")]
            order = order[count:]

    def _batch(self, jobs: Sequence[Job], chosen: Sequence[int]) -> list[Written]:
        part = [jobs[i] for i in chosen]
        width = max(len(job.prompt) for job in part)
        ids = np.full((len(part), width), self._pad, np.int64)
        real = np.zeros((len(part), width), np.int64)
        for i, job in enumerate(part):
            start = width - len(job.prompt)
            ids[i, start:], real[i, start:] = job.prompt, 1
        inputs = {
            "input_ids": torch.from_numpy(ids).to(self.device),
            "attention_mask": torch.from_numpy(real).to(self.device),
        }
        return self.write(inputs, part, chosen)

    def write(
        self, inputs: Mapping[str, Any], jobs: Sequence[Job], indices: Sequence[int]
    ) -> list[Written]:
        """Answer one batch whose tensors are made: tokens padded on the left, and pictures.

        `indices` are what the answers are told by.
        """
        is_decoder = not self.model.config.is_encoder_decoder
        behind = int(inputs["input_ids"].shape[1]) if is_decoder else 1
        config = GenerationConfig(
            max_new_tokens=max(job.decoding.max_tokens for job in jobs),
            do_sample=False,
            num_beams=1,
            eos_token_id=self._ends or None,
            pad_token_id=self._pad,
            decoder_start_token_id=getattr(self.model.config, "decoder_start_token_id", None),
        )
        with torch.inference_mode():
            output = self.model.generate(
                **inputs,
                generation_config=config,
                stopping_criteria=StoppingCriteriaList([_Stops(self, jobs, behind)]),
                logits_processor=LogitsProcessorList([_Sampler(jobs)]),
            )
        rows = output[:, behind:].tolist()
        return [
            self._written(index, job, row)
            for index, job, row in zip(indices, jobs, rows, strict=True)
        ]

    def _written(self, index: int, job: Job, row: Sequence[int]) -> Written:
        ids = list(row[: job.decoding.max_tokens])
        end = next((i for i, token in enumerate(ids) if token in self._ends), None)
        finish: Finish = "length" if end is None else "stop"
        if end is not None:
            ids = ids[:end]
        whole = job.opened + self.text(ids)
        reasoning, answer = split_reasoning(whole)
        answer, finish = cut_at_stop(answer, job.decoding.stop, finish)
        count = len(ids) + (end is not None)
        return Written(index, answer, reasoning, finish, count)

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as text, without special tokens."""
        decoded: str = self.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return decoded

    def has_stopped(self, job: Job, ids: Sequence[int]) -> bool:
        """True when an answer, so far, holds one of its stop strings."""
        stops = job.decoding.stop
        if not stops:
            return False
        tail = self.text(ids[-_TAIL - max(map(len, stops)) :])
        if not any(stop in tail for stop in stops):
            return False
        _, answer = split_reasoning(job.opened + self.text(ids))
        return any(stop in answer for stop in stops)


class _Stops(StoppingCriteria):
    """Ends each answer of a batch at its own limit or stop string."""

    def __init__(self, generator: Generator, jobs: Sequence[Job], behind: int) -> None:
        self._generator = generator
        self._jobs = jobs
        self._behind = behind
        self._done = [False] * len(jobs)

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        written = input_ids.shape[1] - self._behind
        everything = self._generator.stopped()
        rows = input_ids[:, self._behind :].tolist()
        for i, job in enumerate(self._jobs):
            if not self._done[i]:
                full = written >= job.decoding.max_tokens
                self._done[i] = everything or full or self._generator.has_stopped(job, rows[i])
        return torch.tensor(self._done, device=input_ids.device)


class _Sampler(LogitsProcessor):
    """Turns the arg max of the next step into a draw from each request's own distribution.

    The arg max of log p + Gumbel noise is distributed as p (Gumbel, 1954).
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._draws = [torch.Generator().manual_seed(job.seed) for job in jobs]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        scores = scores.float()
        for i, job in enumerate(self._jobs):
            temperature = job.decoding.temperature
            if temperature is None:
                temperature = 1.0
            if temperature > 0:
                kept = _nucleus(scores[i] / temperature, job.decoding.top_p)
                noise = torch.rand(kept.shape, generator=self._draws[i], dtype=torch.float64)
                gumbel = -torch.log(-torch.log(noise.clamp(1e-300, 1 - 1e-16)))
                scores[i] = kept + gumbel.to(kept)
        return scores


def _nucleus(logits: torch.Tensor, top_p: float | None) -> torch.Tensor:
    """Only the likeliest tokens whose probabilities reach `top_p` together."""
    if top_p is None or top_p >= 1:
        return logits
    ordered, places = torch.sort(logits, descending=True)
    shares = torch.softmax(ordered, -1)
    surplus = shares.cumsum(-1) - shares >= top_p
    return logits.masked_fill(torch.zeros_like(surplus).scatter(0, places, surplus), -torch.inf)


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """All tokens that end an answer: the model's own list and the tokeniser's EOS."""
    named = getattr(model.generation_config, "eos_token_id", None)
    ends = list(named) if isinstance(named, list | tuple) else [named]
    return sorted({token for token in [*ends, tokenizer.eos_token_id] if token is not None})


def _size(job: Job) -> int:
    return len(job.prompt) + job.decoding.max_tokens
