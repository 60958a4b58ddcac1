"""How texts become the tokens of a likelihood: the rules of lm-evaluation-harness, token by token.

Source of the rules: lm-evaluation-harness 0.4.13, api/model.py (`_encode_pair`, `loglikelihood`),
models/huggingface.py (`tok_encode`, `loglikelihood_rolling`) and utils.py (the windows).

- context and continuation are tokenised together; the continuation is what is behind as many
  tokens as the context has alone; white space at the context's end belongs to the continuation;
- an empty context is the prefix token (BOS, else EOS); a continuation that begins with it anyway
  has it as its context;
- special tokens are added as the tokeniser does by itself, and not where the text already begins
  with the prefix token;
- what is longer than the window loses tokens on the left.

Only a tokeniser of the transformers library is needed, no model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from julja.errors import ProviderError
from julja.models.checks import Finding, bos_finding, template_finding
from julja.models.tree import Ids, Query
from julja.types import Message, Prompt

_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens of a context (never empty) and a continuation; `cut` were dropped from the context."""

    context: Ids
    continuation: Ids
    cut: int = 0

    def query(self) -> Query:
        """As the prefix tree wants it."""
        inputs = np.concatenate([self.context, self.continuation[:-1]])
        return Query(inputs, len(self.context) - 1, self.continuation)


class Encoder:
    """A tokeniser with the rules above; see the module.

    `window` is the model's length in tokens. `add_bos` overrides the tokeniser's own habit.
    `separate` encodes context and continuation apart, for encoder-decoder models.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        window: int,
        add_bos: bool | None = None,
        prefix: int | None = None,
        separate: bool = False,
    ) -> None:
        self.tokenizer = tokenizer
        self.window = window
        self.separate = separate
        self._add_bos = add_bos
        self.prefix = next(
            (t for t in (prefix, tokenizer.bos_token_id, tokenizer.eos_token_id) if t is not None),
            None,
        )
        self._prefix_text = "" if self.prefix is None else tokenizer.decode([self.prefix])
        bare = list(tokenizer("a").input_ids)
        self._ends = not separate and len(bare) > 1 and bare[-1] == tokenizer.eos_token_id
        self._letters: dict[str, dict[int, str]] = {}

    # Texts

    def encode(self, texts: Sequence[str], *, special: bool = True) -> list[Ids]:
        """Tokens of each text; `special=False` leaves the tokeniser's special tokens out."""
        found: dict[tuple[str, bool], Ids] = {}
        for adds in (False, True):
            new = [t for t in dict.fromkeys(texts) if self._adds_special(t, special) is adds]
            for low in range(0, len(new), _AT_ONCE):
                part = new[low : low + _AT_ONCE]
                ids = self.tokenizer(part, add_special_tokens=adds).input_ids
                for text, row in zip(part, ids, strict=True):
                    ended = adds and self._ends and row and row[-1] == self.tokenizer.eos_token_id
                    found[text, adds] = np.array(row[:-1] if ended else row, np.int32)
        return [found[text, self._adds_special(text, special)] for text in texts]

    def _adds_special(self, text: str, special: bool) -> bool:
        if not special or (self._prefix_text and text.startswith(self._prefix_text)):
            return False
        return self._add_bos is not False

    # Likelihoods

    def pairs(self, texts: Sequence[tuple[str, str]]) -> list[Pair | ProviderError]:
        """The tokens of each (context, continuation), or why there are none."""
        moved = [_moved(context, continuation) for context, continuation in texts]
        wanted: list[str] = []
        for context, continuation in moved:
            wanted += [context, context + continuation] if context and not self.separate else []
        known = dict(zip(wanted, self.encode(wanted), strict=True))
        bare = [c for context, c in moved if not context or self.separate]
        alone = dict(zip(bare, self.encode(bare, special=False), strict=True))
        if self.separate:
            contexts = [context for context, _ in moved if context]
            known = dict(zip(contexts, self.encode(contexts), strict=True))
        return [self._pair(context, text, known, alone) for context, text in moved]

    def _pair(
        self, context: str, text: str, known: dict[str, Ids], alone: dict[str, Ids]
    ) -> Pair | ProviderError:
        try:
            if not text:
                raise ProviderError("A choice is empty: it has no log-likelihood.")
            if not context or self.separate:
                return self._apart(known[context] if context else None, alone[text])
            whole = known[context + text]
            # Where context and continuation merge into one token, it belongs to the continuation.
            before = min(len(known[context]), len(whole) - 1)
            if before < 1:
                return self._apart(None, whole)
            return self.fitted(whole[:before], whole[before:])
        except ProviderError as error:
            return error

    def _apart(self, context: Ids | None, continuation: Ids) -> Pair:
        if context is not None and len(context):
            return self.fitted(context, continuation)
        if self.prefix is None:
            raise ProviderError("The tokeniser has no BOS or EOS to stand for an empty context.")
        if len(continuation) > 1 and continuation[0] == self.prefix and not self.separate:
            return self.fitted(continuation[:1], continuation[1:])
        return self.fitted(np.array([self.prefix], np.int32), continuation)

    def fitted(self, context: Ids, continuation: Ids) -> Pair:
        """Cut the left of a context that is too long, as lm-evaluation-harness does."""
        cut = len(context) - self.window
        if not self.separate:
            cut += len(continuation) - 1
        if not 0 < len(continuation) <= self.window:
            raise ProviderError(
                f"A choice of {len(continuation)} tokens can't be ranked: the model's window has"
                f" {self.window}.",
                hint="Set -M max_length=N if the model can read more.",
            )
        cut = max(0, cut)
        return Pair(context[cut:], continuation, cut)

    def rolling(self, text: str) -> list[Pair]:
        """A whole text in disjoint windows, each token predicted once.

        The first window begins with the prefix token; the last one is as long as the others and
        predicts only what is left. As in lm-evaluation-harness, a BOS that the tokeniser adds is
        predicted too.
        """
        ids = self.encode([text])[0]
        if not len(ids):
            raise ProviderError("An empty text has no log-likelihood.")
        if self.prefix is None:
            raise ProviderError("The tokeniser has no BOS or EOS to begin a text with.")
        first = min(self.window, len(ids))
        pairs = [Pair(np.array([self.prefix], np.int32), ids[:first])]
        done = first
        while done < len(ids):
            end = min(done + self.window, len(ids))
            pairs.append(Pair(ids[end - self.window - 1 : done], ids[done:end]))
            done = end
        return pairs

    def letters(self, letter: str) -> dict[int, str]:
        """The tokens that say a letter at the start of an answer: {id: "A" or " A"}."""
        if letter not in self._letters:
            start = "Answer\n"
            texts = [start, start + letter, f"{start} {letter}"]
            before, *after = (ids.tolist() for ids in self.encode(texts, special=False))
            known: dict[int, str] = {}
            for ids, text in zip(after, (letter, f" {letter}"), strict=True):
                if ids[:-1] == before:
                    known.setdefault(ids[-1], text)
            self._letters[letter] = known
        return self._letters[letter]

    # Chats

    def chat(self, prompt: Prompt) -> str:
        """The prompt through the tokeniser's chat template, up to where the answer begins."""
        turns = [{"role": m.role, "content": m.content} for m in prompt.messages]
        try:
            return self._templated(turns)
        except Exception as error:
            # Some templates know no system role; its text then belongs to the first user turn.
            if turns[0]["role"] != "system" or len(turns) < 2:
                raise ProviderError(f"The chat template fails on this prompt: {error}.") from error
        merged = f"{turns[0]['content']}\n\n{turns[1]['content']}"
        return self._templated([{"role": "user", "content": merged}, *turns[2:]])

    def _templated(self, turns: Iterable[dict[str, str]]) -> str:
        text: str = self.tokenizer.apply_chat_template(
            list(turns), tokenize=False, add_generation_prompt=True
        )
        return text


def _moved(context: str, continuation: str) -> tuple[str, str]:
    """White space at the context's end belongs to the continuation."""
    bare = context.rstrip()
    return bare, context[len(bare) :] + continuation


def check_tokens(tokenizer: Any, encoder: Encoder) -> list[Finding]:
    """How a plain prompt and a chat begin: the tokeniser's BOS must be there once, or never."""

    def begins(name: str, text: str) -> Finding:
        ids = encoder.encode([text])[0].tolist()
        first = [tokenizer.decode([token]) for token in ids[:4]]
        return bos_finding(name, ids, first, tokenizer.bos_token_id)

    found = [begins("bos", "The capital of France is")]
    if getattr(tokenizer, "chat_template", None) is None:
        return [*found, template_finding(None)]
    text = encoder.chat(Prompt((Message("user", "Hello"),)))
    return [*found, template_finding(text), begins("chat bos", text)]
