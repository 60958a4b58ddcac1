"""Corrupting a picture beside decoding it: CPU seconds, since a busy machine shares unevenly.

`python -m tests.bench.corruptions` prints every corruption; `make bench` the mean of the fifteen.
"""

import hashlib
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZE = (500, 375)  # a photograph of ImageNet


def bench_corruptions(*, each: bool = False) -> dict[str, Any]:
    """Milliseconds of CPU of each corruption, mean over severities, and of reading the JPEG."""
    from PIL import Image

    from julja.corruptions import CORRUPTIONS, SEVERITIES, STANDARD, Recipe, corrupt

    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    kept = io.BytesIO()
    image.save(kept, format="JPEG", quality=90)

    def decode() -> None:
        with Image.open(io.BytesIO(kept.getvalue())) as read:
            read.convert("RGB")

    sha256 = hashlib.sha256(b"bench").hexdigest()

    def under(recipe: Recipe) -> Callable[[], object]:
        return lambda: corrupt(image, recipe, sha256)

    decode_ms = _least(decode)
    times = {
        name: float(np.mean([_least(under(Recipe(name, level))) for level in SEVERITIES]))
        for name in CORRUPTIONS
    }
    if each:
        for name, spent in times.items():
            print(f"{name:28} {spent:8.1f} ms")
    mean = float(np.mean([times[name] for name in STANDARD]))
    found = {"decode_ms": decode_ms, "mean_ms": mean, "ratio": mean / decode_ms, "goal": 20}
    print(
        f"{'a corruption, CPU':28} {mean:8.1f} ms a picture of {SIZE[0]} x {SIZE[1]}"
        f" (slowest {max(times.values()):.0f}; its JPEG is read in {decode_ms:.1f})"
    )
    print(f"{'corruption / decoding':28} {found['ratio']:8.1f}   (goal {found['goal']})")
    return found | {"each_ms": times}


def _least(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(3):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1000 * min(spent)


if __name__ == "__main__":
    bench_corruptions(each=True)
