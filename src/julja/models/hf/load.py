"""Loads a transformers model and its tokeniser: from the hub, a folder, or the built-in GGUF.

The hub is read by transformers itself, so HF_HOME, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE count.
"""

import hashlib
import shutil
import socket
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
import transformers
from huggingface_hub import constants
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from julja.errors import ConfigError, ProviderError
from julja.models.registry import read_flag
from julja.models.smollm2 import SHA256, find_smollm2
from julja.places import cache_dir
from julja.types import Json

_DTYPES = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "float16": torch.float16,
    "fp16": torch.float16,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
}
_QUANTISATIONS = ("8bit", "4bit")
# Progress belongs to julja, and what transformers warns of is for people who train.
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

# What transformers says of a model whose length is unknown (a tokeniser without a limit).
_NO_LIMIT = 10**9
_DEFAULT_WINDOW = 2048


@dataclass(frozen=True, slots=True)
class Spec:
    """Which weights, and how they are loaded. `name` is a hub id or a folder."""

    name: str
    revision: str | None = None
    dtype: str = "auto"
    device: str | None = None
    quantization: str | None = None
    peft: str | None = None
    tokenizer: str | None = None
    attention: str | None = None
    trust_remote_code: bool = False
    provider: str = "hf"

    def __post_init__(self) -> None:
        """Refuse what can't be meant, before anything is loaded."""
        if self.dtype != "auto" and self.dtype not in _DTYPES:
            known = ", ".join(["auto", *_DTYPES])
            raise ConfigError(f"-M dtype={self.dtype} is no dtype.", hint=f"It may be {known}.")
        if self.quantization not in (None, *_QUANTISATIONS):
            raise ConfigError(
                f"-M quantization={self.quantization} is unknown.",
                hint=f"It may be {', '.join(_QUANTISATIONS)}; a model that was quantised before"
                " (GPTQ, AWQ, FP8) is loaded as it is, without this.",
            )

    @classmethod
    def of(
        cls, name: str, extra: Mapping[str, Json], names: Iterable[str], provider: str = "hf"
    ) -> "Spec":
        """The weights that a model's arguments (`-M`) describe; `names` are those that count."""
        given = {key: str(extra[key]) for key in names if extra.get(key) is not None}
        trusted = read_flag(extra, "trust_remote_code")
        return cls(name, **given, trust_remote_code=trusted, provider=provider)

    @property
    def label(self) -> str:
        """The model as the user named it."""
        return f"{self.provider}/{self.name}"

    @property
    def source(self) -> str:
        """Where the weights are read from."""
        return str(converted_smollm2()) if self.name == "smollm2" else self.name

    def common(self) -> dict[str, Any]:
        """The arguments that every `from_pretrained` takes."""
        return {
            "revision": self.revision,
            "trust_remote_code": self.trust_remote_code,
            "local_files_only": not Path(self.source).is_dir() and is_hub_unknown(),
        }


@cache
def is_hub_unknown() -> bool:
    """True where the hub's name leads nowhere: transformers would try for half a minute."""
    if getproxies():
        return False
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, None)
    except OSError:
        return True
    return False


def load_config(spec: Spec) -> Any:
    """The model's configuration; a model that can't be found is a `ConfigError`."""
    try:
        return AutoConfig.from_pretrained(spec.source, **spec.common())
    except (OSError, ValueError) as error:
        raise _not_found(spec, error) from error


def load_tokenizer(spec: Spec) -> Any:
    """The model's tokeniser, or the one that `-M tokenizer=` names."""
    try:
        if spec.tokenizer is not None:
            return AutoTokenizer.from_pretrained(spec.tokenizer)
        return AutoTokenizer.from_pretrained(_adapted(spec) or spec.source, **spec.common())
    except (OSError, ValueError) as error:
        raise _not_found(spec, error) from error


def _adapted(spec: Spec) -> str | None:
    """An adapter that brings a tokeniser of its own (new tokens) is read with it."""
    folder = Path(spec.peft) if spec.peft else None
    return str(folder) if folder and (folder / "tokenizer_config.json").is_file() else None


def _not_found(spec: Spec, error: Exception) -> ConfigError:
    first = str(error).strip().splitlines()[0]
    if "trust_remote_code" in str(error):
        return ConfigError(
            f"{spec.label} brings Python code of its own.",
            hint="Read that code first; -M trust_remote_code=true then runs it.",
        )
    return ConfigError(
        f"{spec.label} can't be loaded: {first}",
        hint="Name a folder with config.json, or a hub model (HF_TOKEN for a gated one;"
        " without the network it must be in HF_HOME already).",
    )


def load_model(spec: Spec, config: Any) -> Any:
    """The language model in evaluation mode, on its device."""
    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return load_as(kind, spec)


def load_as(kind: Any, spec: Spec) -> Any:
    """The weights under one of transformers' Auto classes, in evaluation mode, on their device."""
    device = pick_device(spec.device)
    dtype = _DTYPES.get(spec.dtype, "auto")
    arguments: dict[str, Any] = {"dtype": dtype, **spec.common()}
    if spec.quantization is not None:
        arguments["quantization_config"] = _quantised(spec.quantization, dtype)
    if spec.attention is not None:
        arguments["attn_implementation"] = spec.attention
    placed = spec.device == "auto" or spec.quantization is not None
    if placed:
        arguments["device_map"] = "auto" if spec.device == "auto" else {"": str(device)}
    model: Any
    try:
        model = kind.from_pretrained(spec.source, **arguments)
    except ImportError as error:
        raise ProviderError(
            f"{spec.label} needs a library that is not installed: {first_line(error)}",
            hint="Install it, or leave the setting out that asks for it.",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ProviderError(f"{spec.label} can't be loaded: {first_line(error)}") from error
    if spec.peft is not None:
        model = _with_adapter(model, spec.peft)
    return (model if placed else model.to(device)).eval()


def first_line(error: Exception) -> str:
    """An error in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _quantised(name: str, dtype: Any) -> Any:
    from transformers import BitsAndBytesConfig

    compute = torch.bfloat16 if dtype == "auto" else dtype
    if name == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=compute)


def _with_adapter(model: Any, adapter: str) -> Any:
    """The model with a LoRA or other adapter of the peft library on it, not merged."""
    try:
        from peft import PeftModel
    except ImportError as error:
        raise ConfigError("-M peft needs the library peft.", hint="pip install peft") from error
    try:
        return PeftModel.from_pretrained(model, adapter)
    except (OSError, ValueError, RuntimeError) as error:
        raise ProviderError(
            f"the adapter {adapter} can't be loaded: {first_line(error)}",
            hint="Was it trained for this model?",
        ) from error


def pick_device(name: str | None) -> torch.device:
    """The named device, else a GPU where there is one, else the CPU."""
    if name in (None, "auto"):
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(str(name))
    except RuntimeError as error:
        raise ConfigError(f"-M device={name}: {first_line(error)}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"-M device={name}: torch sees no CUDA device here.")
    return device


def window_of(config: Any, tokenizer: Any) -> int:
    """How many tokens the model reads at most: its configuration's word, else the tokeniser's."""
    for part in (config.get_text_config(), config):
        for name in ("n_positions", "max_position_embeddings", "n_ctx", "max_seq_len"):
            value = getattr(part, name, None)
            if isinstance(value, int) and value > 0:
                return value
    limit = getattr(tokenizer, "model_max_length", None)
    return int(limit) if limit and limit < _NO_LIMIT else _DEFAULT_WINDOW


def tree_limit(config: Any) -> int | None:
    """The length up to which every layer sees all that is before it; None without such a limit.

    Layers with a sliding window or with chunks see less of a longer text.
    """
    text = config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ())
    limits: list[int] = []
    slides = getattr(text, "sliding_window", None) and getattr(text, "use_sliding_window", True)
    if slides and (not kinds or any("sliding" in kind for kind in kinds)):
        limits.append(int(text.sliding_window))
    if getattr(text, "attention_chunk_size", None):
        limits.append(int(text.attention_chunk_size))
    if "local" in (getattr(text, "attention_layers", None) or ()):
        limits.append(int(text.window_size))
    return min(limits, default=None)


def attention_cost(model: Any) -> float:
    """The work of one token's attention to one other, in all of its other work.

    Scores and their use are 4 operations for each number of a head, weights 2 for each.
    """
    text = model.config.get_text_config()
    heads = getattr(text, "num_attention_heads", None) or 1
    width = getattr(text, "head_dim", None) or text.hidden_size // heads
    embedded = model.get_input_embeddings().weight.numel()
    weights = max(sum(p.numel() for p in model.parameters()) - embedded, 1)
    return float(4 * heads * width * text.num_hidden_layers / (2 * weights))


def identity_of(spec: Spec, config: Any, extra: Mapping[str, Json]) -> dict[str, str]:
    """What makes this model this model: weights, dtype, libraries."""
    stored = getattr(config, "dtype", None)
    dtype = _DTYPES.get(spec.dtype, stored)
    named = {
        "engine": spec.provider,
        "name": spec.label,
        "weights": _weights(spec, config),
        "dtype": str(dtype).removeprefix("torch."),
        "quantization": spec.quantization,
        "peft": _fingerprint(Path(spec.peft)) if spec.peft else None,
        "tokenizer": spec.tokenizer,
        "attention": spec.attention,
        "build": f"transformers {transformers.__version__}, torch {torch.__version__}",
        **extra,
    }
    return {key: str(value) for key, value in named.items() if value is not None}


def _weights(spec: Spec, config: Any) -> str:
    if spec.name == "smollm2":
        return f"gguf {SHA256}"
    folder = Path(spec.source)
    if folder.is_dir():
        return _fingerprint(folder)
    commit = getattr(config, "_commit_hash", None)
    return f"commit {commit}" if commit else f"revision {spec.revision or 'main'}"


def _fingerprint(folder: Path) -> str:
    """A hash of a local model: its files' names and sizes, and blocks spread over each of them.

    Reading tens of gigabytes would take longer than many an evaluation; training changes
    weights everywhere, so blocks tell two checkpoints apart.
    """
    if not folder.is_dir():
        return str(folder)
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.suffix not in (".safetensors", ".bin", ".json", ".model"):
            continue
        size = path.stat().st_size
        found.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            step = max(size // 64, 1 << 16)
            for place in range(0, size, step):
                file.seek(place)
                found.update(file.read(1 << 16))
    return f"folder {found.hexdigest()}"


def converted_smollm2() -> Path:
    """The built-in model as a transformers folder: converted from its GGUF once, into the cache."""
    target = cache_dir() / "models" / f"smollm2-hf-{SHA256[:12]}"
    if (target / "config.json").is_file():
        return target
    source = find_smollm2()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        _convert(source, draft)
        try:
            draft.replace(target)
        except OSError:
            # Another process was faster; its folder is the same.
            if not (target / "config.json").is_file():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _convert(source: Path, target: Path) -> None:
    """Write the weights of a GGUF file as float32 safetensors, with tokeniser and template."""
    from safetensors.torch import save_file

    where = {"gguf_file": source.name, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source.parent), **where)
        model = AutoModelForCausalLM.from_pretrained(
            str(source.parent), dtype=torch.float32, **where
        )
    except ImportError as error:
        raise ConfigError(
            f"hf/smollm2 is read from a GGUF file: {first_line(error)}", hint="pip install gguf"
        ) from error
    tokenizer.save_pretrained(target)
    model.generation_config.save_pretrained(target)
    weights = {
        name: tensor.contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"  # tied to the embeddings
    }
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    config = model.config
    # The copy is of plain numbers: nothing is quantised in it any more.
    del config.quantization_config
    config.save_pretrained(target)
