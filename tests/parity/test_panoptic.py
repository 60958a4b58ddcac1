"""Panoptic quality of made maps against what panopticapi counted on the same files.

The maps have pixels without a label, crowds, segments moved by a few pixels, of another class, and
out of nowhere. GOLDEN is what cocodataset/panopticapi (1ad5afa, panopticapi/evaluation.py) gives;
it is on no package index, so its numbers are recorded. To record them anew, in an environment with
numpy, Pillow and a checkout of panopticapi on its path:

    python tests/parity/test_panoptic.py FOLDER
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

HOLDS = ("coco_panoptic",)
pytestmark = [pytest.mark.parity]
PICTURES, CELLS, PIXELS = 24, 6, 8
CATEGORIES = ({1: "kite", 2: "cat", 3: "boat"}, {9: "sky", 10: "sea"})  # things, stuff
# PQ, SQ and RQ: of all, things, stuff, and each category.
GOLDEN = {
    "": (0.14485957623379458, 0.6416775258692115, 0.2253465109314166),
    "_th": (0.1453332823547454, 0.641183445237406, 0.22603174603174603),
    "_st": (0.14414901705236838, 0.6424186468169197, 0.22431865828092243),
    "/kite": (0.12215003276691147, 0.6107501638345574, 0.2),
    "/cat": (0.15277836916421775, 0.6416691504897145, 0.23809523809523808),
    "/boat": (0.16107144513310703, 0.671131021387946, 0.24),
    "/sky": (0.1382517160550256, 0.6221327222476152, 0.2222222222222222),
    "/sea": (0.15004631804971114, 0.6627045713862242, 0.22641509433962265),
}


def test_files_have_panopticapis_numbers(tmp_path):
    from julja.config import RunConfig
    from julja.run.responses import score_responses
    from julja.store.sqlite import Store

    data = tmp_path / "data"
    write(data / "coco" / "annotations")
    results = data / "coco" / "annotations" / "results"
    store = Store(tmp_path / "julja.db")
    task = "coco_panoptic:annotations=coco/annotations/truth.json"
    done = score_responses(RunConfig(tasks=(task,), model="m", data=str(data)), results, store)
    store.close()
    (found,) = done.result["results"]
    assert found["counts"]["scored"] == PICTURES
    for part, expected in GOLDEN.items():
        assert numbers(found, part) == pytest.approx(expected, abs=1e-12), part


def numbers(found, part):
    """PQ, SQ and RQ of everything, of "_th" or "_st", or of the category "/NAME"."""
    names = ("PQ", "SQ", "RQ")
    if part.startswith("/"):
        return [found["classes"][name][part[1:]]["value"] for name in names]
    return [found["metrics"][f"{name}{part}"]["value"] for name in names]


def write(folder: Path) -> None:
    """truth.json and results/results.json, each with its PNGs, as the challenge has them."""
    things, stuff = CATEGORIES
    categories = [
        {"id": number, "name": name, "isthing": int(kinds is things)}
        for kinds in CATEGORIES
        for number, name in kinds.items()
    ]
    kinds = [*things, *stuff]
    truths, answers = [], []
    for number in range(1, PICTURES + 1):
        # random.random() is the same in every version of Python.
        rng = random.Random(number)
        truth = blocks(rng, 8) * 70001
        moved = np.roll(truth, (pick(rng, 5) - 2, pick(rng, 5) - 2), (0, 1))
        share = (0.02, 0.1, 0.3)[pick(rng, 3)]
        noise = np.array([rng.random() for _ in range(truth.size)]).reshape(truth.shape) < share
        given = np.where(noise, blocks(rng, 10) * 13, moved)
        right = {one: kinds[pick(rng, len(kinds))] for one in np.unique(truth).tolist() if one}
        crowds = {one for one, kind in right.items() if kind in things and rng.random() < 0.25}
        said = {
            one: right[one] if one in right and rng.random() < 0.8 else kinds[pick(rng, len(kinds))]
            for one in np.unique(given).tolist()
            if one
        }
        for made, ids, named, place in (
            (truths, truth, right, folder / "truth"),
            (answers, given, said, folder / "results" / "results"),
        ):
            made.append(annotation(number, ids, named, crowds if made is truths else set()))
            place.mkdir(parents=True, exist_ok=True)
            colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2)
            Image.fromarray(colours.astype(np.uint8)).save(place / f"{number}.png")
    for made, file in ((truths, "truth.json"), (answers, "results/results.json")):
        (folder / file).write_text(json.dumps({"annotations": made, "categories": categories}))


def blocks(rng, kinds):
    """A map of squares, each with a number below `kinds`."""
    cells = np.array([pick(rng, kinds) for _ in range(CELLS * CELLS)]).reshape(CELLS, CELLS)
    return np.repeat(np.repeat(cells, PIXELS, 0), PIXELS, 1)


def pick(rng, kinds):
    return int(rng.random() * kinds)


def annotation(number, ids, named, crowds):
    segments = [
        {
            "id": one,
            "category_id": kind,
            "iscrowd": int(one in crowds),
            "area": int((ids == one).sum()),
        }
        for one, kind in named.items()
    ]
    return {"image_id": number, "file_name": f"{number}.png", "segments_info": segments}


def record(folder: Path) -> None:
    """Print panopticapi's own numbers."""
    from panopticapi.evaluation import pq_compute

    write(folder)
    found = pq_compute(str(folder / "truth.json"), str(folder / "results" / "results.json"))
    for part, name in (("", "All"), ("_th", "Things"), ("_st", "Stuff")):
        print(f"    {part!r}: {tuple(float(found[name][key]) for key in ('pq', 'sq', 'rq'))},")
    for number, name in {**CATEGORIES[0], **CATEGORIES[1]}.items():
        values = found["per_class"][number]
        print(f"    {'/' + name!r}: {tuple(float(values[key]) for key in ('pq', 'sq', 'rq'))},")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
