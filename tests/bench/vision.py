"""COCO evaluation beside pycocotools, and mIoU beside numpy's own counting, in one run.

`python -m tests.bench.vision` prints both. COCO is compared by CPU seconds (each side has one
thread): on a busy machine the two runs don't get the same share of it. pycocotools is timed where
an environment has it: `.venv-peers`, or the Python that JULJA_BENCH_COCO names.
JULJA_BENCH_IMAGES=500 is a short run.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = Path(os.environ.get("JULJA_BENCH_COCO", ROOT / ".venv-peers" / "bin" / "python"))
IMAGES = int(os.environ.get("JULJA_BENCH_IMAGES", "5000"))
DETECTIONS, CLASSES = 100, 80
MAPS, SIDE, LABELS = 2000, 512, 150


def made_up(images: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An instances file and a results file: about 7 objects and 100 detections a picture, a third
    of them around the objects, the others anywhere."""
    rng = np.random.default_rng(0)
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image in range(1, images + 1):
        count = int(rng.poisson(7))
        corner = rng.uniform(0, 400, (count, 2))
        boxes = np.concatenate([corner, rng.lognormal(4, 0.9, (count, 2))], axis=1)
        kinds = 1 + (CLASSES * rng.random(count) ** 2).astype(int)
        for box, kind in zip(boxes.tolist(), kinds.tolist(), strict=True):
            entry = {"id": len(annotations) + 1, "image_id": image, "category_id": kind}
            entry |= {
                "bbox": box,
                "area": box[2] * box[3] * 0.7,
                "iscrowd": int(rng.random() < 0.01),
            }
            annotations.append(entry)
        near = rng.integers(0, count, 33) if count else np.zeros(0, int)
        moved = boxes[near] + rng.normal(0, 0.08, (len(near), 4)) * boxes[near][:, [2, 3, 2, 3]]
        far = np.concatenate(
            [
                rng.uniform(0, 400, (DETECTIONS - len(near), 2)),
                rng.lognormal(4, 0.9, (DETECTIONS - len(near), 2)),
            ],
            axis=1,
        )
        found = np.abs(np.concatenate([moved, far]))
        guess = np.concatenate([kinds[near], rng.integers(1, CLASSES + 1, len(far))])
        for box, kind, score in zip(
            found.tolist(), guess.tolist(), rng.random(DETECTIONS).tolist(), strict=True
        ):
            results.append({"image_id": image, "category_id": kind, "bbox": box, "score": score})
    listed = [
        {"id": n, "file_name": f"{n}.jpg", "width": 640, "height": 480}
        for n in range(1, images + 1)
    ]
    names = [{"id": n, "name": f"class {n}"} for n in range(1, CLASSES + 1)]
    return {"images": listed, "annotations": annotations, "categories": names}, results


def julja_coco(truth: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
    """The same work through julja's task: samples, answers as text, scores, the twelve numbers."""
    from julja.benchmarks.vision.coco import rows_of, to_sample
    from julja.scoring.vision.boxes import from_coco
    from julja.scoring.vision.coco import DetectionPool, coco_boxes
    from julja.scoring.vision.precision import NAMES
    from julja.types import Response

    began, cpu = time.perf_counter(), time.process_time()
    samples = [to_sample(row) for row in rows_of(truth, masks=False)]
    answers = {row["id"]: row["response"] for row in from_coco(results, samples, key="bbox")}
    scorer = coco_boxes()
    read = time.perf_counter()
    tables = [scorer(sample, Response(answers[sample.id])).details["table"] for sample in samples]
    scored = time.perf_counter()
    pool = DetectionPool(tables)
    ones = np.ones(len(tables))
    found = pool(ones)
    done, used = time.perf_counter(), time.process_time() - cpu
    pool(ones)
    return {
        "seconds": done - began,
        "cpu_s": used,
        "read_s": read - began,
        "score_s": scored - read,
        "pool_s": done - scored,
        "resample_s": time.perf_counter() - done,
        "stats": [found[name] for name in NAMES],
    }


def bench_coco(folder: Path) -> dict[str, Any]:
    """Both on the same files; the numbers must agree."""
    truth, results = made_up(IMAGES)
    ours = julja_coco(truth, results)
    made: dict[str, Any] = {"images": IMAGES, "detections": len(results), "julja": ours, "goal": 5}
    if not _has_peer():
        return made
    places = [folder / "truth.json", folder / "results.json"]
    for place, content in zip(places, (truth, results), strict=True):
        place.write_text(json.dumps(content))
    script = Path(__file__).with_name("vision_coco.py")
    done = subprocess.run(
        [str(PEER), str(script), *map(str, places)], capture_output=True, text=True, check=True
    )
    peer = json.loads(done.stdout)
    apart = float(np.abs(np.subtract(peer["stats"], ours["stats"])).max())
    if apart > 1e-9:
        raise SystemExit(f"COCO: julja and pycocotools differ by {apart}")
    return made | {"pycocotools": peer, "ratio": peer["cpu_s"] / ours["cpu_s"], "apart": apart}


def _has_peer() -> bool:
    if not PEER.exists():
        return False
    asked = subprocess.run([str(PEER), "-c", "import pycocotools"], capture_output=True)
    return asked.returncode == 0


def bench_maps() -> dict[str, Any]:
    """Counting 2,000 maps into one confusion matrix, beside bincount alone on ready codes."""
    from julja.scoring.vision.maps import MapPool, label_pairs, to_classes

    rng = np.random.default_rng(0)
    names = tuple(f"class {n}" for n in range(LABELS))
    # Regions, not noise; few maps again and again, so that memory is not what is measured.
    pairs = [tuple(_regions(rng) for _ in range(2)) for _ in range(20)]
    codes = [(t.astype(np.int64) * LABELS + g).ravel() for t, g in pairs]

    def bound() -> None:
        for turn in range(MAPS):
            np.bincount(codes[turn % len(codes)], minlength=LABELS * LABELS)

    def ours() -> None:
        tables = []
        for turn in range(MAPS):
            counts = label_pairs(*pairs[turn % len(pairs)])
            found = to_classes(counts, LABELS, first=0, ignore=255, place="p")
            tables.append({"pairs": found.tolist(), "resized": False})
        MapPool(names, False)(tables)(np.ones(MAPS))

    seconds = {"bincount": _best(bound), "julja": _best(ours)}
    ratio = seconds["julja"] / seconds["bincount"]
    return {"maps": MAPS, "seconds": seconds, "ratio": ratio, "goal": 2}


def _regions(rng: np.random.Generator) -> Any:
    coarse = rng.integers(0, LABELS, (16, 16), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, SIDE // 16, axis=0), SIDE // 16, axis=1).copy()


def _best(work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def bench_vision() -> dict[str, Any]:
    """Both parts, printed."""
    with tempfile.TemporaryDirectory() as folder:
        coco = bench_coco(Path(folder))
    ours = coco["julja"]
    print(
        f"{'COCO, julja':28} {ours['seconds']:8.1f} s, CPU {ours['cpu_s']:.1f} s,"
        f" for {coco['images']} pictures"
        f" ({coco['detections']} detections; read {ours['read_s']:.1f},"
        f" match {ours['score_s']:.1f}, pool {ours['pool_s']:.1f},"
        f" a resample {ours['resample_s']:.3f})"
    )
    if "pycocotools" in coco:
        peer = coco["pycocotools"]
        print(f"{'COCO, pycocotools':28} {peer['seconds']:8.1f} s, CPU {peer['cpu_s']:.1f} s")
        print(f"{'pycocotools / julja':28} {coco['ratio']:8.2f}   (goal {coco['goal']})")
    maps = bench_maps()
    for name, seconds in maps["seconds"].items():
        print(f"{f'mIoU, {name}':28} {seconds:8.2f} s for {maps['maps']} maps")
    print(f"{'julja / bincount':28} {maps['ratio']:8.2f}   (goal {maps['goal']})")
    return {"coco": coco, "maps": maps}


if __name__ == "__main__":
    bench_vision()
