"""Vectors by a model: a transformers encoder in this process, or a server's /embeddings.

The mean of the last hidden states over a text's tokens (Reimers and Gurevych 2019), scaled to
length 1. Any model with hidden states will do; sentence encoders are made for it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from julja.builder.features import unit
from julja.errors import ConfigError, ProviderError
from julja.models.limiter import Limiter
from julja.models.transport import Transport, read_key
from julja.types import Response

Matrix = NDArray[np.float32]

CHUNK = 512
BATCH_TOKENS = 4096
_SERVER_BATCH = 128


class Encoder(Protocol):
    """Turns texts into unit vectors; `identity` is all that can change them."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What identifies the model, for the cache."""
        ...

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Vectors of shape (texts, d)."""
        ...


def open_encoder(name: str, tokens: int, base_url: str | None, timeout_s: float) -> Encoder:
    """The encoder that `--embed` names: `hf/NAME` or `openai/NAME`."""
    provider, slash, model = name.partition("/")
    if slash and provider == "hf":
        return TransformersEncoder(model, tokens)
    if slash and provider == "openai":
        return ServerEncoder(model, base_url, timeout_s)
    raise ConfigError(
        f"--embed {name} is no encoder.",
        hint="Write hashed, hf/NAME (a hub model or a folder), or openai/NAME (--base-url).",
    )


class TransformersEncoder:
    """A model of the transformers library; at most `tokens` tokens of a text are read."""

    def __init__(self, name: str, tokens: int) -> None:
        try:
            from julja.models.hf import load
        except ImportError as error:
            raise ConfigError(
                f"hf/{name} needs torch and transformers ({error}).",
                hint='pip install "julja[hf]", or build with --embed hashed',
            ) from error
        self._load = load
        self._spec = load.Spec(name, dtype="float32")
        config = load.load_config(self._spec)
        self._tokenizer = load.load_tokenizer(self._spec)
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        self._tokenizer.padding_side = "right"
        self._tokens = min(tokens, load.window_of(config, self._tokenizer))
        extra = {"tokens": str(self._tokens), "pooling": "mean"}
        self.identity: Mapping[str, str] = load.identity_of(self._spec, config, extra)
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Vectors of shape (texts, d), in batches of alike lengths."""
        import torch
        from transformers import AutoModel

        if self._model is None:
            self._model = self._load.load_as(AutoModel, self._spec)
        device = next(self._model.parameters()).device
        ids = self._tokenizer(list(texts), truncation=True, max_length=self._tokens)["input_ids"]
        found: Matrix | None = None
        for rows in _batches([len(row) for row in ids]):
            batch = self._tokenizer.pad(
                {"input_ids": [ids[row] for row in rows]}, return_tensors="pt"
            ).to(device)
            with torch.inference_mode():
                hidden = self._model(
                    input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
                ).last_hidden_state
            seen = batch["attention_mask"].unsqueeze(-1)
            mean = (hidden * seen).sum(1) / seen.sum(1).clamp(min=1)
            vectors = mean.float().cpu().numpy()
            if found is None:
                found = np.zeros((len(texts), vectors.shape[1]), np.float32)
            found[list(rows)] = vectors
        return unit(found) if found is not None else np.empty((0, 0), np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Rows in batches of at most `BATCH_TOKENS` tokens with their padding, shortest first."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[row] * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


class ServerEncoder:
    """An OpenAI-compatible server's `/embeddings`; key and address as for `openai/…` models."""

    def __init__(self, name: str, base_url: str | None, timeout_s: float) -> None:
        key = read_key(("OPENAI_API_KEY",))
        url = base_url or read_key(("OPENAI_BASE_URL",)) or "https://api.openai.com/v1"
        if key is None and url.startswith("https://api.openai.com"):
            raise ConfigError(
                f"openai/{name} needs a key.",
                hint="Set OPENAI_API_KEY (or --base-url for a server of your own).",
            )
        self._name, self._timeout_s = name, timeout_s
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url, self._key = url, key
        self.tokens = 0
        public = self._transport().public_url
        self.identity: Mapping[str, str] = {"provider": "openai", "model": name, "base_url": public}

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Vectors of shape (texts, d); failures that may pass are tried again."""
        parts = asyncio.run(self._all(texts))
        return unit(np.concatenate(parts)) if parts else np.empty((0, 0), np.float32)

    def _transport(self) -> Transport:
        return Transport(
            self._url,
            who=f"openai/{self._name}",
            headers=self._headers,
            secret=self._key,
            key_env="OPENAI_API_KEY",
            timeout_s=self._timeout_s,
        )

    async def _all(self, texts: Sequence[str]) -> list[Matrix]:
        transport = self._transport()
        limiter = Limiter(4)
        batches = [texts[i : i + _SERVER_BATCH] for i in range(0, len(texts), _SERVER_BATCH)]
        try:
            return await asyncio.gather(
                *(self._one(transport, limiter, batch) for batch in batches)
            )
        finally:
            await transport.close()

    async def _one(self, transport: Transport, limiter: Limiter, batch: Sequence[str]) -> Matrix:
        found: list[Matrix] = []

        async def call() -> Response:
            body = {"model": self._name, "input": list(batch)}
            reply = (await transport.post("embeddings", body)).body
            try:
                rows = sorted(reply["data"], key=lambda row: row["index"])
                vectors = np.array([row["embedding"] for row in rows], np.float32)
                self.tokens += int((reply.get("usage") or {}).get("prompt_tokens") or 0)
            except (KeyError, TypeError, ValueError) as error:
                raise transport.damaged(f"no embeddings ({error!r})") from error
            if vectors.ndim != 2 or len(vectors) != len(batch):
                raise transport.damaged(f"{len(vectors)} embeddings for {len(batch)} texts")
            found.append(vectors)
            return Response()

        await limiter.run(call)
        if not found:
            raise ProviderError(f"openai/{self._name} gave no embeddings.")
        return found[-1]
