"""Energy of answers that were made elsewhere, from their tokens.

Writing tokens: EcoLogits 0.11 (https://ecologits.ai/latest/methodology/llm_inference), a regression
on the ML.ENERGY benchmark of H100 servers. With P active parameters (billions) and B = 64 requests
on a server at once,

    GPU Wh per token    1.1665e-6 exp(-0.011206 B) P + 4.0529e-5
    seconds per token   6.785e-4 P + 3.119e-4 B + 0.019474
    GPUs                the next power of two that holds 1.2 x 16 bit x all parameters in 80 GB each
    server Wh           seconds / 3600 x 1200 W x GPUs / 8 / B
    request             PUE x (server + GPUs x GPU)

Reading the prompt is free there, which would make a benchmark of likelihoods cost nothing. Added
here: 2 P FLOP per token (Kaplan et al., arXiv 2001.08361) at 20 to 60 % of an H100's 989 TFLOP/s
(bf16, dense), with 700 W for the GPU and an eighth of the server's 1200 W.

Nor does anybody know how many requests a server answers at once: the range goes from 128 to 16.

The Open LLM Leaderboard's formula knows nothing of the model: hours x 8 H100 of 0.7 kW each x 269.8
g/kWh.
"""

import math
from dataclasses import dataclass

from julja.energy.part import Part, estimated
from julja.energy.sizes import Size

SOURCE = "EcoLogits 0.11, prefill added (docs/energy.md)"
OPEN_LLM_SOURCE = "https://huggingface.co/docs/leaderboards/open_llm_leaderboard/emissions"
OPEN_LLM_KW = 8 * 0.7
OPEN_LLM_G_PER_KWH = 269.8
BATCH = 64
_BATCHES = (128, 16)
PUE = (1.09, 1.20)
_GPU_W = 700.0
_SERVER_W = 1200.0
_SERVER_GPUS = 8
_GPU_GB = 80.0
_FLOPS = 989e12
_UTILISATION = (0.6, 0.2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was read and written, with reasoning; what a provider's own cache read counts too."""

    read: int
    written: int


def gpus_needed(total: float) -> int:
    """GPUs of 80 GB that hold so many billions of parameters in 16 bit, and a fifth more."""
    return int(2 ** math.ceil(math.log2(max(1, math.ceil(1.2 * total * 16 / 8 / _GPU_GB)))))


def writing_wh(written: int, active: float, total: float, batch: int = BATCH) -> float:
    """Wh of so many output tokens, without PUE: EcoLogits' formula."""
    gpus = gpus_needed(total)
    gpu = 1.1665273170451914e-06 * math.exp(-0.011205921025579175 * batch) * active
    gpu += 4.052928146734005e-05
    seconds = 0.0006785088094353663 * active + 0.0003119310311688259 * batch + 0.019473717579473387
    server = seconds / 3600 * _SERVER_W * gpus / _SERVER_GPUS / batch
    return written * (server + gpus * gpu)


def reading_wh(read: int, active: float, utilisation: float) -> float:
    """Wh of so many prompt tokens, without PUE, at a share of what the GPU can do."""
    seconds = 2 * active * 1e9 * read / (utilisation * _FLOPS)
    return seconds / 3600 * (_GPU_W + _SERVER_W / _SERVER_GPUS)


def by_tokens(tokens: Tokens, size: Size, pue: tuple[float, float] = PUE) -> Part:
    """The range of what tokens cost: the smallest model that it can be, and the largest."""
    low, high = (
        pue[end]
        * (
            writing_wh(tokens.written, size.active[end], size.total[end], _BATCHES[end])
            + reading_wh(tokens.read, size.active[end], _UTILISATION[end])
        )
        for end in (0, 1)
    )
    return estimated("servers", f"estimated from tokens: {size.name}", low, high, SOURCE)


def open_llm_wh(seconds: float) -> float:
    """Wh of so many seconds by the Open LLM Leaderboard's formula."""
    return seconds / 3600 * OPEN_LLM_KW * 1000


def open_llm_co2_kg(seconds: float | None) -> float | None:
    """Kilograms of CO2 by the Open LLM Leaderboard's formula; None where no time is known.

    >>> round(open_llm_co2_kg(3600), 5)
    1.51088
    """
    if seconds is None or seconds <= 0:
        return None
    return open_llm_wh(seconds) / 1000 * OPEN_LLM_G_PER_KWH / 1000
