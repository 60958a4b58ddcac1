"""Pictures decoded while the model works: a whole pass beside the longer of its two halves.

`python -m tests.bench.decoding` prints it. The model is a stand-in for an accelerator: it needs as
long as decoding does and leaves the processor alone, so that a pass without any overlap takes
twice the bound.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from julja.models.registry import EngineOptions
from julja.models.vision.engine import PictureEngine
from julja.models.vision.preprocess import Preprocess
from julja.pictures import keep
from julja.types import MEDIA_MARK, Message, Prompt, Request

PICTURES, SIZE, BATCH = 128, (1280, 960), 16
LABELS = ("cat", "dog")


class Accelerator(PictureEngine):
    """Answers every batch after so many seconds a picture."""

    provider: ClassVar[str] = "bench"
    preprocess = Preprocess()
    seconds = 0.0

    def _own_labels(self) -> Any:
        return tuple((name,) for name in LABELS)

    def _identity(self) -> dict[str, str]:
        return {}

    def _batch_size(self) -> int:
        return BATCH

    def _load(self) -> None:
        return

    def _release(self) -> None:
        return

    def _run(self, batch: Sequence[Any]) -> Sequence[Any]:
        time.sleep(self.seconds * len(batch))
        return [np.zeros(len(LABELS))] * len(batch)


def _requests(folder: Path) -> list[Request]:
    rng = np.random.default_rng(0)
    requests = []
    for number in range(PICTURES):
        coarse = rng.integers(0, 256, (SIZE[1] // 16, SIZE[0] // 16, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(path, quality=90)
        shown = (keep(path),)
        prompt = Prompt((Message("user", MEDIA_MARK, shown),))
        requests.append(Request("classify", prompt, choices=LABELS))
    return requests


def _pass(requests: Sequence[Request], seconds: float) -> float:
    """Seconds of one pass with a model that needs so many for a picture."""
    engine = Accelerator("stand-in", EngineOptions(), "classify")
    engine.seconds = seconds

    async def answer() -> int:
        count = 0
        async for _, found in engine.ask_many(requests):
            if isinstance(found, Exception):
                raise found
            count += 1
        await engine.close()
        return count

    began = time.perf_counter()
    if asyncio.run(answer()) != len(requests):
        raise SystemExit("decoding: not every picture was answered")
    return time.perf_counter() - began


def bench_decoding() -> dict[str, Any]:
    """Decoding alone, the model alone, and both together."""
    with tempfile.TemporaryDirectory() as folder:
        requests = _requests(Path(folder))
        decode = min(_pass(requests, 0.0) for _ in range(2))
        model = decode / PICTURES
        both = min(_pass(requests, model) for _ in range(2))
    found = {"pictures": PICTURES, "decode_s": decode, "model_s": decode, "both_s": both}
    found["ratio"] = both / decode
    print(
        f"{'pictures, decode + model':28} {both:8.2f} s for {PICTURES} of 1280 x 960"
        f" (decoding alone {decode:.2f} s, the model alone as long)"
    )
    print(f"{'pass / the longer half':28} {found['ratio']:8.2f}   (goal 1.2; without overlap 2)")
    return found


if __name__ == "__main__":
    bench_decoding()
