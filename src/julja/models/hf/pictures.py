"""Vision-language models of the transformers library: `hf/NAME` where NAME sees pictures.

    julja run mmmu -m hf/Qwen/Qwen3-VL-2B-Instruct -M dtype=bfloat16
    julja run textvqa -m hf/HuggingFaceTB/SmolVLM-256M-Instruct -M 'processor={"size":{…}}'

What is text alone is answered as any other model of `hf/…` does it, likelihoods with it. Prompts
with pictures go through the model's own processor (its chat template puts the pictures' tokens at
their places, its image processor makes the numbers), to be continued (`generate`) or to have the
next token's letters weighed (`letter`). Such prompts are never cut: one that is too long is an
error of its sample.

Model arguments besides those of `engine`: `batch_size` (prompts with pictures at once),
`processor` (a JSON object of values that the processor is made with instead of its own).
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from julja.errors import ConfigError, JuljaError, ProviderError
from julja.models.checks import Finding
from julja.models.engine import Ability
from julja.models.hf.engine import HfEngine
from julja.models.hf.generate import Job
from julja.models.hf.load import Spec, first_line, load_as
from julja.models.hf.local import safely
from julja.models.hf.memory import free_memory, is_out_of_memory
from julja.models.hf.requests import written_response
from julja.models.hf.thread import Answered
from julja.models.hf.tokens import Encoder
from julja.models.letters import letter_choices
from julja.models.media import check_media
from julja.models.registry import read_number
from julja.models.tree import Ids
from julja.models.vision.stream import made_ahead
from julja.pictures import open_rgb
from julja.signature import digest, request_key
from julja.types import MEDIA_MARK, Decoding, Json, Media, Message, Prompt, Request, Response, Usage

ARGUMENTS = frozenset({"batch_size", "processor"})
_AHEAD = 2  # batches that are prepared while one is computed


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch of requests as the processor made it, or why there is none."""

    items: Sequence[tuple[int, Request]]
    texts: Sequence[str] = ()
    tensors: Mapping[str, Any] | None = None
    problem: ProviderError | None = None


class PictureEncoder(Encoder):
    """Chats of parts: templates of vision-language models read lists of texts and pictures."""

    processor: Any = None

    def chat(self, prompt: Prompt) -> str:
        """The prompt through the processor's chat template, up to where the answer begins."""
        turns = [{"role": m.role, "content": _parts(m)} for m in prompt.messages]
        try:
            text = self._of_parts(turns)
        except Exception as error:
            if prompt.media:
                raise ProviderError(f"The chat template fails on this prompt: {error}.") from error
            return super().chat(prompt)
        spoken = [part for m in prompt.messages for part in m.parts() if isinstance(part, str)]
        if all(part.strip() in text for part in spoken):
            return text
        if prompt.media:
            raise ProviderError("The chat template leaves texts of this prompt out.")
        # A template of plain texts, that lists mean nothing to.
        return super().chat(prompt)

    def _of_parts(self, turns: list[dict[str, Json]]) -> str:
        text: str = self.processor.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        return text

    def plain(self, prompt: Prompt) -> str:
        """The prompt without a template, the processor's token where a picture is shown."""
        token = getattr(self.processor, "image_token", None)
        if not isinstance(token, str):
            raise ProviderError("The processor has no chat template, and names no image token.")
        return prompt.text.replace(MEDIA_MARK, token)


def _parts(message: Message) -> list[dict[str, str]]:
    return [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
        for part in message.parts()
    ]


class PicturesEngine(HfEngine):
    """One vision-language model; see the module."""

    encoder: PictureEncoder
    _encode_with = PictureEncoder

    def __init__(self, spec: Spec, extra: Mapping[str, Json]) -> None:
        super().__init__(spec, extra)
        self.encoder.processor = self._processor

    @property
    def abilities(self) -> frozenset[Ability]:
        """All of a language model's, of prompts with pictures too (but for `rank`)."""
        return super().abilities | {"images"}

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """That of the language model, and how pictures are prepared."""
        return {**super().identity, **self._prepares()}

    def _prepares(self) -> dict[str, str]:
        images = self._processor.image_processor
        steps = {k: v for k, v in images.to_dict().items() if not k.startswith("_")}
        told = {"processor": type(images).__name__, "preprocess": digest(steps, 8)}
        if self._extra.get("processor") is not None:
            told["processor_changes"] = digest(self._extra["processor"], 8)
        return told

    async def look(self, media: Media) -> Sequence[Finding]:
        """What becomes of one picture: its tokens and numbers, and what the model says of it."""
        prompt = Prompt((Message("user", f"{MEDIA_MARK}\nWhat is in this picture?", (media,)),))
        request = Request("generate", prompt, Decoding(max_tokens=64))
        work = asyncio.get_running_loop().run_in_executor
        return [*await work(self._thread, self._look, request), *await self._said(request)]

    async def _said(self, request: Request) -> list[Finding]:
        answer = await self.ask(request)
        return [Finding("says", bool(answer.text), repr(answer.text[:200]))]

    def _look(self, request: Request) -> list[Finding]:
        media = request.prompt.media[0]
        image = open_rgb(media)
        shown = self._shown([(0, request)])
        if shown.tensors is None:
            raise shown.problem or ProviderError("The picture could not be prepared.")
        pixels = shown.tensors["pixel_values"].float()
        steps = self._processor.image_processor.to_dict()
        kept = {k: v for k, v in steps.items() if v is not None and not k.startswith("_")}
        return [
            Finding("picture", None, f"{image.width} x {image.height}, {media.mime}"),
            Finding("preprocess", None, ", ".join(f"{k}={v}" for k, v in sorted(kept.items()))),
            Finding(
                "tensor",
                bool(torch.isfinite(pixels).all()),
                f"{' x '.join(map(str, pixels.shape))}, min {pixels.min():.4f}, max"
                f" {pixels.max():.4f}, mean {pixels.mean():.4f}, std {pixels.std():.4f}",
            ),
            Finding("tokens", None, f"{shown.tensors['input_ids'].shape[1]} with the picture's"),
        ]

    # Loading

    def _read_tokenizer(self) -> Any:
        changes = self._extra.get("processor") or {}
        if not isinstance(changes, Mapping):
            raise ConfigError(f"-M processor={changes} is no JSON object.")
        try:
            load: Any = AutoProcessor.from_pretrained
            processor = load(self._spec.source, **self._spec.common(), **changes)
        except (OSError, ValueError, ImportError, RuntimeError, TypeError) as error:
            raise ConfigError(
                f"{self._spec.label} has no processor that can be loaded: {first_line(error)}",
                hint="Its folder needs processor_config.json; -M vision=false takes its text side.",
            ) from error
        tokenizer = getattr(processor, "tokenizer", None)
        if tokenizer is None or getattr(processor, "image_processor", None) is None:
            raise ConfigError(
                f"{self._spec.label} has no processor of texts and pictures.",
                hint="-M vision=false takes its text side.",
            )
        if tokenizer.chat_template is None:
            tokenizer.chat_template = processor.chat_template
        elif processor.chat_template is None:
            processor.chat_template = tokenizer.chat_template
        # Answers begin where prompts end.
        tokenizer.padding_side = "left"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        self._processor = processor
        return tokenizer

    def _read_model(self) -> Any:
        return load_as(AutoModelForImageTextToText, self._spec)

    # In the model's own thread

    def _likely(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        yield from super()._likely([item for item in items if not item[1].prompt.media])
        shown = [item for item in items if item[1].prompt.media]
        ranked = [item for item in shown if item[1].kind != "letter"]
        for index, request in ranked:
            what = f"{self.name} can't answer {request.kind} requests about pictures."
            yield [(index, ProviderError(what, hint="Use --form letter or generate."))]
        yield from self._through([item for item in shown if item[1].kind == "letter"])

    def _written(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        yield from super()._written([item for item in items if not item[1].prompt.media])
        yield from self._through([item for item in items if item[1].prompt.media])

    def _through(self, items: Sequence[tuple[int, Request]]) -> Iterator[list[Answered]]:
        """Prompts with pictures, batch by batch; the next batches are prepared meanwhile."""
        if not items:
            return
        gpu = self._model.device.type == "cuda"
        size = int(read_number(self._extra, "batch_size", 8 if gpu else 2, low=1))
        # Like with like: answers of one length take one time.
        order = sorted(items, key=lambda item: -item[1].decoding.max_tokens)
        batches = [order[low : low + size] for low in range(0, len(order), size)]
        coming = made_ahead(self._shown, batches, ahead=_AHEAD, size=_bytes, threads=_AHEAD)
        for shown in coming:
            if self._stopped.is_set():
                return
            yield self._answered(shown)

    def _shown(self, items: Sequence[tuple[int, Request]]) -> Shown:
        """A batch as the processor makes it; in a thread of its own."""
        try:
            texts, pictures = [], []
            for _, request in items:
                check_media(self.name, request, ("image",))
                prompt = request.prompt
                texts.append(
                    self.encoder.chat(prompt) if self._chat else self.encoder.plain(prompt)
                )
                pictures.append([open_rgb(media) for media in prompt.media])
            made = self._processor(
                text=texts,
                images=pictures,
                padding=True,
                return_tensors="pt",
                # A template writes the special tokens itself.
                add_special_tokens=not self._chat,
            )
        except JuljaError as error:
            return Shown(items, problem=ProviderError(error.message, hint=error.hint))
        except Exception as error:  # a processor raises whatever it stumbles over
            return Shown(items, problem=ProviderError(f"{self.name}: {first_line(error)}"))
        return Shown(items, texts, dict(made))

    def _answered(self, shown: Shown) -> list[Answered]:
        """The answers of a batch; what can't be prepared or is too large goes in halves."""
        items = shown.items
        problem = shown.problem
        if shown.tensors is not None:
            try:
                return self._computed(shown)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise ProviderError(f"{self.name}: {first_line(error)}") from error
                free_memory()
                problem = ProviderError("There is too little memory for it.")
        if len(items) == 1:
            assert problem is not None
            return [(items[0][0], problem)]
        half = (len(items) + 1) // 2
        parts = (items[:half], items[half:])
        return [answer for part in parts for answer in self._answered(self._shown(part))]

    def _computed(self, shown: Shown) -> list[Answered]:
        assert shown.tensors is not None
        model = self._model
        tensors = {
            key: value.to(model.device, model.dtype) if value.is_floating_point()
            else value.to(model.device)
            for key, value in shown.tensors.items() if isinstance(value, torch.Tensor)
        }  # fmt: skip
        lengths = tensors["attention_mask"].sum(1).tolist()
        requests = [request for _, request in shown.items]
        long = self._too_long(lengths, requests)
        if long is not None:
            if len(requests) > 1:
                return [a for item in shown.items for a in self._answered(self._shown([item]))]
            return [(shown.items[0][0], long)]
        if requests[0].kind == "letter":
            return self._lettered(shown.items, tensors, lengths)
        jobs = [
            self._job(request, text, ids[-length:])
            for request, text, ids, length in zip(
                requests, shown.texts, tensors["input_ids"].cpu().numpy(), lengths, strict=True
            )
        ]
        indices = [index for index, _ in shown.items]
        written = self._generator.write(tensors, jobs, range(len(jobs)))
        return [
            (index, safely(written_response, one, job, 0))
            for index, one, job in zip(indices, written, jobs, strict=True)
        ]

    def _too_long(
        self, lengths: Sequence[int], requests: Sequence[Request]
    ) -> ProviderError | None:
        window = self.encoder.window
        for length, request in zip(lengths, requests, strict=True):
            if length + request.decoding.max_tokens > window:
                return ProviderError(
                    f"The prompt has {length} tokens with its pictures, the answer"
                    f" {request.decoding.max_tokens}; {self.name} has a window of {window}.",
                    hint="Use a smaller --max-tokens, or smaller pictures (-M processor=…).",
                )
        return None

    def _job(self, request: Request, text: str, ids: Ids) -> Job:
        seed = int(request_key({}, request), 16) % (1 << 63)
        opened = "<think>" if self._chat and text.rstrip().endswith("<think>") else ""
        return Job(ids, request.decoding, seed, opened)

    def _lettered(
        self,
        items: Sequence[tuple[int, Request]],
        tensors: Mapping[str, Any],
        lengths: Sequence[int],
    ) -> list[Answered]:
        """The log-probability of each letter as the next token."""
        with torch.inference_mode():
            logits = self._model(**tensors).logits[:, -1].float()
        logprobs = torch.log_softmax(logits, -1).cpu()
        answers: list[Answered] = []
        for (index, request), row, length in zip(items, logprobs, lengths, strict=True):
            best = int(row.argmax())
            names = [self.encoder.letters(letter) for letter in request.choices]
            top = [(text, float(row[token])) for known in names for token, text in known.items()]
            if not all(names):
                bad = request.choices[names.index({})]
                problem = ProviderError(f"{self.name} has no single token for {bad!r}.")
                answers.append((index, problem))
                continue
            if not any(best in known for known in names):
                top.append(("(another token)", 0.0))
            choices = letter_choices(top, request.choices)
            usage = Usage(int(length), 0)
            answers.append((index, Response(finish="stop", choices=choices, usage=usage)))
        return answers


def _bytes(shown: Shown) -> int:
    tensors = shown.tensors or {}
    return sum(
        value.element_size() * value.nelement()
        for value in tensors.values()
        if isinstance(value, torch.Tensor)
    )
