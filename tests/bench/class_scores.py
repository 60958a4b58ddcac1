"""Scores of a thousand classes a picture: memory, store and CPU of reading, scoring and keeping.

`python -m tests.bench.class_scores` prints them for JULJA_BENCH_PICTURES pictures (2,000). Memory
and store are ratios to the file of scores itself, in single precision.
"""

import os
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from julja.benchmarks.vision.classes import Predictions
from julja.data.files import read_rows
from julja.imagenet import WNIDS
from julja.scoring.vision.classes import image_classes
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import Message, Prompt, Request, Response, Sample

PICTURES = int(os.environ.get("JULJA_BENCH_PICTURES", "2000"))


def _work(folder: Path, store: Store) -> None:
    """What `julja score imagenet --responses logits.npy` does with each picture."""
    samples = [
        Sample(
            f"picture {n}",
            "",
            choices=WNIDS,
            answer=(n % 1000,),
            fields={"of": PICTURES, "place": n},
        )
        for n in range(PICTURES)
    ]
    rows = Predictions(WNIDS)(read_rows(folder / "logits.npy"), samples)
    scorer = image_classes()
    for sample, row in zip(samples, rows, strict=True):
        response = Response(finish="stop", choices=row["choices"])
        request = Request("classify", Prompt((Message("user", sample.id),)), choices=WNIDS)
        outcome = Outcome("run", "imagenet", sample.id, 0, "source", key=sample.id)
        score = scorer(sample, response)
        store.add(outcome, sample=sample, exchange=("m", request, response), score=score)
    store.flush()


def bench_class_scores() -> dict[str, Any]:
    """The figures, printed."""
    found: dict[str, Any] = {"pictures": PICTURES}
    logits = np.random.default_rng(0).normal(0, 2, (PICTURES, 1000)).astype(np.float32)
    for part in ("cpu_s", "memory"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            np.save(folder / "logits.npy", logits)
            store = Store(folder / "julja.db")
            if part == "memory":
                tracemalloc.start()
            began = time.process_time()
            _work(folder, store)
            found["cpu_s"] = found.get("cpu_s", time.process_time() - began)
            if part == "memory":
                found["memory"] = tracemalloc.get_traced_memory()[1] / logits.nbytes
                tracemalloc.stop()
            store.close()
            found["store"] = (folder / "julja.db").stat().st_size / logits.nbytes
    each = 1000 * found["cpu_s"] / PICTURES
    print(f"{'class scores':28} {each:8.2f} ms CPU a picture of 1,000 classes")
    print(f"{'memory / file of scores':28} {found['memory']:8.2f}   (goal 3)")
    print(f"{'store / file of scores':28} {found['store']:8.2f}   (goal 1.5)")
    return found


if __name__ == "__main__":
    bench_class_scores()
