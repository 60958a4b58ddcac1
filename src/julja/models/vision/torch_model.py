"""What the picture models in torch share: device, dtype, weights out of a file, a batch."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from julja.errors import ConfigError
from julja.models.hf.load import first_line, pick_device
from julja.models.registry import read_choice
from julja.types import Json

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
# Model arguments of all of them.
TORCH = frozenset({"device", "dtype", "weights", "pretrained"})


def dtype_of(extra: Mapping[str, Json]) -> torch.dtype:
    """`-M dtype=`, float32 by default."""
    return DTYPES[read_choice(extra, "dtype", tuple(DTYPES)) or "float32"]


def device_of(extra: Mapping[str, Json]) -> torch.device:
    """`-M device=`, a GPU by default where there is one."""
    given = extra.get("device")
    return pick_device(None if given is None else str(given))


def weights_file(extra: Mapping[str, Json]) -> Path | None:
    """The file that `-M weights=` names, if it is one."""
    given = extra.get("weights")
    if given is None:
        return None
    path = Path(str(given)).expanduser()
    if path.is_file():
        return path
    if path.suffix or "/" in str(given):
        raise ConfigError(f"-M weights={given}: there is no such file.")
    return None


def load_state(model: Any, path: Path, name: str) -> None:
    """Weights out of a file into a model, all of them: a missing or strange one is an error.

    Only tensors are read (no pickled code); `state_dict`, `model` and `ema` in a training
    checkpoint are looked into, and the `module.` of a distributed training falls away.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or unsafe file raises
        raise ConfigError(
            f"{path} holds no weights that can be read: {first_line(error)}"
        ) from error
    for key in ("model_ema", "state_dict_ema", "state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
            break
    if not isinstance(state, dict):
        raise ConfigError(f"{path} holds {type(state).__name__}, no weights by name.")
    state = {key.removeprefix("module."): value for key, value in state.items()}
    try:
        missing, strange = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ConfigError(f"{path} doesn't fit {name}: {first_line(error)}") from error
    if missing or strange:
        shown = ", ".join([*missing, *strange][:3])
        raise ConfigError(
            f"{path} doesn't fit {name}: {len(missing)} weights are missing, {len(strange)} are"
            f" not its own ({shown}).",
            hint="Is it the same architecture, with as many classes (-M num_classes=N)?",
        )


def file_identity(path: Path) -> str:
    """The weights of a file, by content."""
    with path.open("rb") as file:
        return f"file {hashlib.file_digest(file, 'sha256').hexdigest()}"


def random_weights() -> str:
    """Says that the weights are drawn; the draw is the same in every process."""
    torch.manual_seed(0)
    return "random, seed 0"


def stacked(batch: Sequence[NDArray[Any]], device: torch.device, dtype: torch.dtype) -> Any:
    """A batch of pictures of one size as a tensor on the device."""
    return torch.from_numpy(np.stack(batch)).to(device=device, dtype=dtype)
