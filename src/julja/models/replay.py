"""Recorded responses as a model: `replay/FILE.jsonl`, matched by the prompt's text.

A row is `{"prompt": TEXT or [{"role", "content"}, …], "response": TEXT or [TEXT, …]}`; what
`julja export RUN --to jsonl` writes is read too, with reasoning, usage and the likelihoods of
`choices` (each behind its own `context` where it has one). A list, or several rows with one
prompt, are the epochs in order (or by their `epoch`). A prompt with pictures is matched by their
hashes too: a message's or a row's `"media": [{"sha256": …}, …]`.
`.gz` is read in place; a `.json` file holds a list of rows. Model argument: `latency_ms`.
"""

import asyncio
import gzip
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import orjson

from julja.errors import ConfigError, ProviderError
from julja.models.engine import Ability
from julja.models.registry import EngineOptions, check_extra, read_number
from julja.types import ChoiceLikelihood, Finish, Json, Request, Response, Usage

_FINISHES: tuple[Finish, ...] = ("stop", "length", "refusal", "unknown")
_WRITTEN = ("generate", "detect", "segment")
# A record's state stands in for the finish where a row has only that.
_STATES: Mapping[str, Finish] = {"truncated": "length", "refused": "refusal", "scored": "stop"}


def open_replay(model: str, options: EngineOptions) -> "ReplayEngine":
    """Open `replay/FILE`."""
    check_extra("replay", options.extra, {"latency_ms"})
    latency_s = read_number(options.extra, "latency_ms", 0.0) / 1000
    return ReplayEngine(Path(model).expanduser(), latency_s, options.max_connections)


class ReplayEngine:
    """Answers from a file; a prompt that isn't in it is an error, never an empty answer."""

    def __init__(self, path: Path, latency_s: float, connections: int | None) -> None:
        data = _read(path)
        self.name = f"replay/{path}"
        self.max_connections = connections
        self.identity: Mapping[str, str] = {
            "provider": "replay",
            "file": path.name,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        self._path = path
        self._latency_s = latency_s
        self._texts: dict[str, dict[int, Response]] = {}
        self._choices: dict[str, dict[str, ChoiceLikelihood]] = {}
        self._without_prompt = 0
        self._has_media = False
        for number, row in _rows(path, data):
            self._add(number, row)
        if not self._texts and not self._choices:
            raise ConfigError(
                f"{path}: no row has both a prompt and a response"
                f" ({self._without_prompt} rows have no prompt).",
                hint="Responses by sample id are scored with: julja score TASK --responses FILE",
            )
        letters = all(len(text.strip()) == 1 for row in self._choices.values() for text in row)
        found: set[Ability] = {"generate", "chat"} if self._texts else {"chat"}
        if self._choices:
            found.add("letter" if letters else "rank")
        if self._has_media:
            found.add("images")
            if self._choices:
                found.add("classify")
            if self._texts:
                found |= {"detect", "segment"}
        self.abilities: frozenset[Ability] = frozenset(found)

    async def ask(self, request: Request) -> Response:
        """Answer with what was recorded for this prompt."""
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        if request.kind not in _WRITTEN:
            return self._recorded_choices(request)
        prompt = request.prompt.text + _hashes(item.sha256 for item in request.prompt.media)
        epochs = self._texts.get(prompt)
        if epochs is None:
            raise self._missing(prompt)
        if request.repeat not in epochs:
            raise ProviderError(
                f"{self.name} has {len(epochs)} recorded responses for this prompt, and none for"
                f" epoch {request.repeat}: {_shown(prompt)}",
                hint="Lower --epochs.",
            )
        return epochs[request.repeat]

    async def close(self) -> None:
        """Nothing to let go of."""

    def _recorded_choices(self, request: Request) -> Response:
        found: list[ChoiceLikelihood] = []
        shown = _hashes(item.sha256 for item in request.prompt.media)
        for index, text in enumerate(request.choices):
            context = request.context(index) + shown
            recorded = self._choices.get(context)
            if recorded is None:
                raise self._missing(context, f"{request.kind} likelihoods")
            if text not in recorded:
                raise ProviderError(
                    f"{self.name} has no likelihood of the choice {text!r} (it has"
                    f" {sorted(recorded)!r}) for the prompt {_shown(context)}",
                    hint="The recording was made with other choices.",
                )
            choice = recorded[text]
            if request.unconditional is not None and choice.unconditional is None:
                raise ProviderError(
                    f"{self.name} has no likelihood of the choice {text!r} without its prompt.",
                    hint="The recording was made without one (acc_mutual_info needs it).",
                )
            found.append(choice)
        return Response(finish="stop", choices=tuple(found))

    def _missing(self, prompt: str, what: str = "response") -> ProviderError:
        more = f" {self._without_prompt} rows have no prompt." if self._without_prompt else ""
        return ProviderError(
            f"{self.name} has no recorded {what} for the prompt {_shown(prompt)}.{more}",
            hint="Was it recorded with the same task version, shots and seed?",
        )

    def _add(self, number: int, row: Mapping[str, Json]) -> None:
        prompt = _prompt_text(row.get("prompt"))
        if prompt is None:
            self._without_prompt += 1
            return
        try:
            shown = _hashes(_shown_media(row))
            self._has_media = self._has_media or bool(shown)
            if row.get("choices"):
                for choice in row["choices"]:
                    place = prompt + (choice.get("context") or "") + shown
                    known = self._choices.setdefault(place, {})
                    known[choice["text"]] = _choice(choice)
            answers = row.get("response")
            if answers is None or (row.get("choices") and not answers):
                return
            epochs = self._texts.setdefault(prompt + shown, {})
            several = isinstance(answers, list)
            first = int(row.get("epoch") or 0) if not several else 0
            for epoch, answer in enumerate(answers if several else [answers], first):
                # Rows without an epoch count up; a record's own epoch is kept.
                turn = epoch if "epoch" in row or several else len(epochs)
                epochs[turn] = _response(answer, row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"{self._path}, row {number}: {type(error).__name__} {error} in a recorded"
                " response.",
                hint='A row is {"prompt": TEXT, "response": TEXT}.',
            ) from error


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The recording {path} can't be read: {error.strerror}.",
            hint="Write replay/FILE.jsonl with the path of a file of responses.",
        ) from error
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _rows(path: Path, data: bytes) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The rows with their line number, counted from 1."""
    is_list = data.lstrip()[:1] == b"["
    lines: Sequence[Json]
    try:
        lines = orjson.loads(data) if is_list else data.split(b"\n")
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path} is no JSON: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not is_list and not line.strip():
            continue
        try:
            row = line if is_list else orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"{path}, line {number} is no JSON: {error}.") from error
        if not isinstance(row, dict):
            raise ConfigError(f"{path}, row {number} is no object: {str(row)[:60]!r}.")
        yield number, row


def _prompt_text(prompt: Json) -> str | None:
    if isinstance(prompt, dict):
        prompt = prompt.get("messages")
    if isinstance(prompt, str) or prompt is None:
        return prompt
    # {"role", "content"} or [role, content]: both are written by julja.
    contents = [m["content"] if isinstance(m, dict) else m[1] for m in prompt]
    return "\n\n".join(contents)


def _shown_media(row: Mapping[str, Json]) -> Iterator[str]:
    """The hashes of the pictures of a row's prompt, in their order."""
    prompt = row.get("prompt")
    turns = prompt.get("messages", ()) if isinstance(prompt, dict) else prompt
    spoken = turns if isinstance(turns, list | tuple) else ()
    named = [turn.get("media") or () for turn in spoken if isinstance(turn, dict)]
    for item in chain(*named, row.get("media") or ()):
        yield item if isinstance(item, str) else str(item["sha256"])


def _hashes(media: Iterable[str]) -> str:
    return "".join(f"\0{sha256}" for sha256 in media)


def _response(answer: Json, row: Mapping[str, Json]) -> Response:
    parts: Mapping[str, Json] = answer if isinstance(answer, dict) else {"text": answer}
    if not isinstance(parts["text"], str):
        raise ValueError(f"{parts['text']!r} is no text")
    finish = parts.get("finish") or row.get("finish") or _STATES.get(str(row.get("state")))
    return Response(
        text=parts["text"],
        reasoning=parts.get("reasoning") or row.get("reasoning"),
        finish=finish if finish in _FINISHES else "unknown",
        usage=_usage(parts.get("usage") or row.get("usage")),
        model=parts.get("model") or row.get("model"),
    )


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, Mapping):
        return Usage()
    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    return Usage(**{name: usage.get(name) for name in names})


def _choice(choice: Mapping[str, Json]) -> ChoiceLikelihood:
    value = choice["loglikelihood"]
    return ChoiceLikelihood(
        choice["text"],
        -math.inf if value is None else float(value),  # JSON has no infinity
        choice.get("tokens"),
        choice.get("greedy"),
        choice.get("unconditional"),
    )


def _shown(prompt: str) -> str:
    return repr(prompt if len(prompt) <= 120 else f"{prompt[:60]}…{prompt[-60:]}")
