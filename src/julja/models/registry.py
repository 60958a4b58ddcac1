"""Engines by name: `provider/model` -> `Engine`. Nothing is imported before it is asked for.

>>> open_engine("mock/constant:text=42").name
'mock/constant:text=42'
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal, TypeAlias, cast

from julja.errors import ConfigError, did_you_mean
from julja.models.engine import Engine
from julja.types import Json

Api: TypeAlias = Literal["chat", "completions", "responses"]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How to reach a model. `extra` are the model arguments of `-M key=value`.

    `timeout_s` is for one request. Keys never stand here: they come from the environment.
    """

    base_url: str | None = None
    api: Api | None = None
    timeout_s: float = 600.0
    max_connections: int | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)


# provider -> ("module:factory", help). A factory takes (the name after the slash, the options).
PROVIDERS: Mapping[str, tuple[str, str]] = {
    "openai": (
        "julja.models.openai:open_openai",
        "OpenAI, or any compatible server with --base-url (OPENAI_API_KEY, OPENAI_BASE_URL)",
    ),
    "anthropic": (
        "julja.models.anthropic:open_anthropic",
        "Anthropic messages (ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL)",
    ),
    "google": (
        "julja.models.google:open_google",
        "Google Gemini (GOOGLE_API_KEY or GEMINI_API_KEY, GOOGLE_BASE_URL)",
    ),
    "vllm": (
        "julja.models.vllm:open_vllm",
        "vLLM in this process, where it is installed: vllm/ORG/NAME, or a folder",
    ),
    "sglang": (
        "julja.models.sglang:open_sglang",
        "an SGLang server by its native API: sglang/NAME --base-url http://localhost:30000",
    ),
    "llamacpp": (
        "julja.models.llamacpp:open_llamacpp",
        "a GGUF file in this process: llamacpp/PATH.gguf, or the built-in llamacpp/smollm2",
    ),
    "hf": (
        "julja.models.hf:open_hf",
        "a transformers model in this process: hf/ORG/NAME, a folder, or the built-in hf/smollm2",
    ),
    "hf-classify": (
        "julja.models.encoders:open_classify",
        "a fine-tuned encoder that classifies texts: hf-classify/ORG/NAME, or a folder",
    ),
    "hf-qa": (
        "julja.models.encoders:open_qa",
        "a fine-tuned encoder that marks answers in a text: hf-qa/ORG/NAME, or a folder",
    ),
    "hf-tokens": (
        "julja.models.encoders:open_tokens",
        "a fine-tuned encoder that tags words: hf-tokens/ORG/NAME, or a folder",
    ),
    "onnx": (
        "julja.models.vision:open_onnx",
        "an ONNX file that classifies, detects or segments pictures: onnx/FILE.onnx",
    ),
    "timm": (
        "julja.models.vision:open_timm",
        "a classifier of timm, with the weights' own preprocessing: timm/NAME",
    ),
    "torchvision": (
        "julja.models.vision:open_torchvision",
        "a classifier, detector or segmenter of torchvision: torchvision/NAME",
    ),
    "hf-image": (
        "julja.models.vision:open_hf_image",
        "a transformers model of pictures (classes, objects, regions): hf-image/ORG/NAME",
    ),
    "replay": (
        "julja.models.replay:open_replay",
        "recorded responses: replay/FILE.jsonl, matched by prompt",
    ),
    "mock": (
        "julja.models.mock:open_mock",
        "no model: mock/echo, mock/random, mock/constant:text=42",
    ),
    "python": (
        "julja.models.python:open_python",
        "a function of yours: python/FILE.py:function",
    ),
}


def open_engine(name: str, options: EngineOptions | None = None) -> Engine:
    """Open the engine that `provider/model` names; all after the first slash is the model.

    Raises `ConfigError` for an unknown provider or a model that the provider can't open.
    """
    provider, slash, model = name.partition("/")
    if provider not in PROVIDERS:
        near = did_you_mean(provider, PROVIDERS) if slash else f"Did you mean openai/{name}?"
        known = ", ".join(PROVIDERS)
        raise ConfigError(
            f"Unknown model {name!r}: there is no provider {provider!r}."
            if slash
            else f"A model is named provider/model, got {name!r}.",
            hint=f"{near or ''} Providers: {known}.".strip(),
        )
    if not model:
        raise ConfigError(
            f"{name!r} names no model.", hint=f"Write {provider}/MODEL: {PROVIDERS[provider][1]}."
        )
    module, _, factory = PROVIDERS[provider][0].partition(":")
    return cast(Engine, getattr(import_module(module), factory)(model, options or EngineOptions()))


def check_extra(provider: str, extra: Mapping[str, Json], known: set[str]) -> None:
    """Refuse a model argument that the provider doesn't know."""
    for key in extra:
        if key not in known:
            hint = did_you_mean(key, known) or f"It knows: {', '.join(sorted(known)) or 'none'}."
            raise ConfigError(f"{provider} has no model argument {key!r} (-M {key}=…).", hint=hint)


def read_number(extra: Mapping[str, Json], key: str, default: float, *, low: float = 0.0) -> float:
    """A model argument that is a number of at least `low`; it may come as text."""
    value = extra.get(key, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not number >= low:
        raise ConfigError(f"-M {key}={value} is no number of at least {low:g}.")
    return number


def read_flag(extra: Mapping[str, Json], key: str) -> bool:
    """A model argument that is on or off; it may come as text. Off by default."""
    value = str(extra.get(key, "false")).lower()
    if value not in ("true", "1", "yes", "false", "0", "no", "none"):
        raise ConfigError(f"-M {key}={value} is neither true nor false.")
    return value in ("true", "1", "yes")


def read_choice(extra: Mapping[str, Json], key: str, known: Sequence[str]) -> str | None:
    """A model argument that is one of a few words, or None where it is not given."""
    value = extra.get(key)
    if value is None:
        return None
    if str(value) not in known:
        hint = did_you_mean(str(value), known) or f"It may be {', '.join(known)}."
        raise ConfigError(f"-M {key}={value} is unknown.", hint=hint)
    return str(value)
