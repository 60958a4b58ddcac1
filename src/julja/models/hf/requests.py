"""Requests -> what the model computes (token pairs, jobs), and its numbers -> responses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from julja.errors import ProviderError
from julja.models.hf.generate import Job, Written
from julja.models.hf.likelihood import Answer
from julja.models.hf.tokens import Encoder, Pair
from julja.models.letters import letter_choices
from julja.models.tree import Ids
from julja.signature import request_key
from julja.types import ChoiceLikelihood, Cut, Prompt, Request, Response, Usage


@dataclass(slots=True)
class Asked:
    """One request whose likelihoods are being gathered.

    `slots` says of each pair what it is for: of `rank` the choice's index, its unconditional twin
    (index + number of choices), or a window of a rolling text; of `letter` the letter's index.
    """

    index: int
    request: Request
    pairs: list[Pair]
    slots: list[int]
    texts: list[str] = field(default_factory=list)
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """True when every pair has its answer."""
        return len(self.answers) == len(self.pairs)


class Translator:
    """Knows how a model wants requests: tokens, chat template, letters."""

    def __init__(self, name: str, encoder: Encoder, *, chat: bool, rank_chat: bool) -> None:
        self.name = name
        self.encoder = encoder
        self._chat = chat
        self._rank_chat = rank_chat

    # Likelihoods

    def asked(
        self, items: Sequence[tuple[int, Request]]
    ) -> list[Asked | tuple[int, ProviderError]]:
        """The token pairs of `rank` and `letter` requests, or why one can't be asked."""
        texts: list[tuple[str, str]] = []
        for _, request in items:
            if request.kind == "rank" and not request.rolling:
                texts += self._texts(request)
        pairs = iter(self.encoder.pairs(texts))
        found: list[Asked | tuple[int, ProviderError]] = []
        for index, request in items:
            try:
                if request.rolling:
                    found.append(self._rolling(index, request))
                elif request.kind == "rank":
                    count = len(request.choices) * (1 + (request.unconditional is not None))
                    found.append(_ranked(index, request, [next(pairs) for _ in range(count)]))
                else:
                    found.append(self._lettered(index, request))
            except ProviderError as error:
                found.append((index, error))
        return found

    def _texts(self, request: Request) -> list[tuple[str, str]]:
        """(context, continuation) of each choice, then each choice after `unconditional`."""
        pairs = [(request.context(i), choice) for i, choice in enumerate(request.choices)]
        if self._rank_chat:
            # As lm-evaluation-harness: the template ends where the answer begins, so the space
            # that delimits it from a plain prompt falls away.
            pairs = [(self._templated(request, i), c.lstrip(" ")) for i, (_, c) in enumerate(pairs)]
        if request.unconditional is not None:
            pairs += [(request.unconditional, choice) for choice in request.choices]
        return pairs

    def _templated(self, request: Request, index: int) -> str:
        messages = request.prompt.messages
        if request.contexts:
            last = replace(messages[-1], content=messages[-1].content + request.contexts[index])
            messages = (*messages[:-1], last)
        return self.encoder.chat(Prompt(messages))

    def _rolling(self, index: int, request: Request) -> Asked:
        pairs = self.encoder.rolling(request.choices[0])
        return Asked(index, request, pairs, [0] * len(pairs))

    def _lettered(self, index: int, request: Request) -> Asked:
        context = self._prompt(request.prompt)
        context, cut = _shortened(context, self.encoder.window, request.cut)
        asked = Asked(index, request, [], [])
        for place, letter in enumerate(request.choices):
            tokens = self.encoder.letters(letter)
            if not tokens:
                raise ProviderError(
                    f"{self.name} has no single token for {letter!r}.",
                    hint="Use --form rank or generate.",
                )
            for token, text in tokens.items():
                pair = self.encoder.fitted(context, np.array([token], np.int32))
                asked.pairs.append(replace(pair, cut=cut))
                asked.slots.append(place)
                asked.texts.append(text)
        return asked

    def _prompt(self, prompt: Prompt) -> Ids:
        text = self.encoder.chat(prompt) if self._chat else prompt.text
        ids = self.encoder.encode([text], special=not self._chat)[0]
        if not len(ids):
            raise ProviderError("The prompt is empty.")
        return ids

    # Texts

    def job(self, request: Request) -> tuple[Job, int]:
        """What to write for a `generate` request, and how many tokens its prompt lost."""
        ids = self._prompt(request.prompt)
        room = self.encoder.window
        if not self.encoder.separate:
            room -= request.decoding.max_tokens
        if room < 1:
            raise ProviderError(
                f"An answer of {request.decoding.max_tokens} tokens leaves no room for the prompt:"
                f" {self.name} has a window of {self.encoder.window}.",
                hint="Use a smaller --max-tokens.",
            )
        ids, cut = _shortened(ids, room, request.cut)
        seed = int(request_key({}, request), 16) % (1 << 63)
        opened = ""
        if self._chat and self.encoder.chat(request.prompt).rstrip().endswith("<think>"):
            opened = "<think>"
        return Job(ids, request.decoding, seed, opened), cut


def _shortened(ids: Ids, room: int, where: Cut) -> tuple[Ids, int]:
    """At most `room` tokens of a prompt, and how many it lost at its beginning or middle."""
    lost = max(0, len(ids) - room)
    if not lost or where == "left":
        return ids[lost:], lost
    half = room // 2
    return np.concatenate([ids[:half], ids[half + lost :]]), lost


def _ranked(index: int, request: Request, pairs: Sequence[Pair | ProviderError]) -> Asked:
    good: list[Pair] = []
    for pair in pairs:
        if isinstance(pair, ProviderError):
            raise pair
        good.append(pair)
    return Asked(index, request, good, list(range(len(good))))


def likelihood_response(asked: Asked) -> Response:
    """The response of a request all of whose pairs are answered; raises what went wrong."""
    answers = [asked.answers[i] for i in range(len(asked.pairs))]
    for answer in answers:
        if answer.problem is not None:
            raise ProviderError(f"A choice has no log-likelihood: {answer.problem}.")
    make = _letters if asked.request.kind == "letter" else _choices
    first = asked.pairs[0]
    read = len(first.context) + sum(len(pair.continuation) for pair in asked.pairs)
    cut = max(pair.cut for pair in asked.pairs)
    return Response(
        finish="stop", choices=make(asked, answers), usage=Usage(read, 0), cut_tokens=cut
    )


def _choices(asked: Asked, answers: Sequence[Answer]) -> tuple[ChoiceLikelihood, ...]:
    texts = asked.request.choices
    if asked.request.rolling:
        return (
            ChoiceLikelihood(
                texts[0],
                sum(answer.loglikelihood for answer in answers),
                sum(len(pair.continuation) for pair in asked.pairs),
                all(answer.greedy for answer in answers),
            ),
        )
    bare = answers[len(texts) :]
    return tuple(
        ChoiceLikelihood(
            text,
            answers[i].loglikelihood,
            len(asked.pairs[i].continuation),
            answers[i].greedy,
            bare[i].loglikelihood if bare else None,
        )
        for i, text in enumerate(texts)
    )


def _letters(asked: Asked, answers: Sequence[Answer]) -> tuple[ChoiceLikelihood, ...]:
    top = [(text, a.loglikelihood) for text, a in zip(asked.texts, answers, strict=True)]
    if not any(answer.greedy for answer in answers):
        top.append(("(another token)", 0.0))
    return letter_choices(top, asked.request.choices)


def written_response(written: Written, job: Job, cut: int) -> Response:
    """The response of a written answer."""
    if written.problem is not None:
        raise ProviderError(f"There is no answer: {written.problem}.")
    usage = Usage(len(job.prompt), written.tokens)
    return Response(written.text, written.reasoning, written.finish, usage=usage, cut_tokens=cut)
