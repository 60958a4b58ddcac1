"""A thousand class scores a picture: few bytes each, in memory and store, and the same numbers."""

import asyncio
import io
import json
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from julja.benchmarks.vision.classes import Predictions
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.imagenet import WNIDS
from julja.likelihoods import Likelihoods
from julja.run.execute import rescore, start
from julja.run.reports import export_lines, render_html
from julja.run.responses import match_responses, score_responses
from julja.scoring.vision.classes import image_classes
from julja.store.sqlite import Store
from julja.types import Response, Sample

COUNT = 60
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 1000, COUNT)
LOGITS = RNG.normal(0, 2, (COUNT, 1000)).astype(np.float32)
LOGITS[np.arange(COUNT), LABELS] += 6


@pytest.fixture
def mirror(tmp_path):
    lines = [f"{name_of(place)},{label}" for place, label in enumerate(LABELS)]
    (tmp_path / "imagenet").mkdir()
    (tmp_path / "imagenet/filename_label.csv").write_text("\n".join(["file_name,label", *lines]))
    return tmp_path


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "julja.db")
    yield made
    made.close()


def name_of(place):
    return f"ILSVRC2012_val_{place + 1:08}.JPEG"


def scored(store, mirror):
    rows = [{"id": name_of(i), "scores": row.tolist()} for i, row in enumerate(LOGITS)]
    file = mirror / "logits.json"
    file.write_text(json.dumps(rows))
    return score_responses(
        RunConfig(tasks=("imagenet",), model="mine", data=str(mirror)), file, store
    )


def test_numbers_again_and_in_files_are_those_of_the_array(store, mirror):
    done = scored(store, mirror)
    metrics = done.result["results"][0]["metrics"]
    order = np.argsort(-LOGITS, axis=1)
    right = order == LABELS[:, None]
    assert metrics["top1"]["value"] == right[:, 0].mean()
    assert metrics["top5"]["value"] == right[:, :5].any(axis=1).mean()
    assert 0 < metrics["top1"]["value"] < metrics["top5"]["value"]
    again = rescore(store.find_run(done.run), store)
    assert again["results"][0]["metrics"] == metrics
    exported = [json.loads(line) for line in export_lines(store, done.run, "jsonl")]
    assert len(exported) == COUNT
    for row, logits in zip(exported, LOGITS, strict=True):
        assert [choice["text"] for choice in row["choices"]] == list(WNIDS)
        assert [choice["loglikelihood"] for choice in row["choices"]] == logits.tolist()


def test_a_page_shows_the_likeliest_classes_of_many(store, mirror):
    done = scored(store, mirror)
    page = render_html(store, done.run)
    assert page.count("960 less likely choices") == COUNT
    best, worst = (WNIDS[int(pick(LOGITS[0]))] for pick in (np.argmax, np.argmin))
    assert f"<td>{best}</td>" in page
    assert f'<td class="num">{LOGITS[0].min():.3f}</td><td>{worst}</td>' not in page
    assert len(page) < COUNT * 6000 + 100_000


def test_the_store_holds_the_numbers_and_little_more(store, mirror):
    done = scored(store, mirror)
    keys = [outcome.key for outcome in store.outcomes(done.run)]
    exchanges = [store.exchange(key) for key in keys]
    assert len(exchanges) == COUNT
    assert all(isinstance(response.choices, Likelihoods) for _, response in exchanges)
    query = "SELECT SUM(LENGTH(body)) FROM exchanges"
    (size,) = store._connect().execute(query).fetchone()
    assert size < 1.15 * LOGITS.nbytes


def test_an_array_of_scores_is_no_object_for_each(tmp_path):
    count = 300
    logits = RNG.normal(0, 2, (count, 1000)).astype(np.float32)
    data = io.BytesIO()
    np.save(data, logits)
    (tmp_path / "logits.npy").write_bytes(data.getvalue())
    samples = [
        Sample(f"picture {n}", str(n), choices=WNIDS, answer=(n,), fields={"of": count, "place": n})
        for n in range(count)
    ]
    leaf = SimpleNamespace(name="imagenet", subset=None, samples=samples)
    task = SimpleNamespace(task=SimpleNamespace(responses=Predictions(WNIDS)))
    plan = SimpleNamespace(leaves={"imagenet": leaf}, tasks=[task])
    scorer = image_classes()
    tracemalloc.start()
    try:
        rows = read_rows(tmp_path / "logits.npy")
        matched = match_responses(plan, rows, tmp_path / "logits.npy")
        for sample in samples:
            scorer(sample, matched.answers["imagenet", sample.id][0])
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The file's bytes and the array made of them; a float in a list alone takes 32 bytes, not 4.
    assert peak < 2.5 * logits.nbytes
    assert held < 1.5 * logits.nbytes


@pytest.mark.parametrize("kept", [tuple, lambda found: found])
def test_a_scorer_reads_an_array_as_it_reads_objects(kept):
    values = np.round(RNG.normal(size=(200, 10)), 1)
    values[::7, 3] = -np.inf
    values[5, 5] = np.nan
    names = tuple("abcdefghij")
    for row in values:
        right = tuple(RNG.choice(10, size=RNG.integers(1, 3), replace=False).tolist())
        sample = Sample("1", "1", choices=names, answer=right)
        response = Response(choices=kept(Likelihoods(names, row)))
        order = sorted(row[place] for place in range(10) if place not in right)
        best = max(row[list(right)])
        found = image_classes()(sample, response)
        if np.isnan(row).any():
            assert found.state == "unparsed"
            continue
        assert found.values["top1"] == float(order[-1] < best)
        assert found.values["top5"] == float(order[-5] < best)
        assert (found.extracted in [names[place] for place in right]) == (order[-1] < best)


def test_a_live_run_goes_on_with_what_it_has(store, mirror, tmp_path):
    made = tmp_path / "model.py"
    made.write_text(
        "import numpy as np\n"
        "def classify(request):\n"
        "    place = int(request.prompt.text.rpartition('_')[2])\n"
        "    return np.random.default_rng(place).normal(size=len(request.choices)) * 3\n"
        'classify.abilities = {"classify", "images"}\n'
    )
    config = RunConfig(tasks=("imagenet",), model=f"python/{made}:classify", data=str(mirror))
    first = asyncio.run(start(replace(config, limit=20), store))
    whole = asyncio.run(start(config, store))
    usage = whole.result["results"][0]["usage"]
    assert (usage["requests"], usage["cached_requests"]) == (COUNT - 20, 20)
    lines = [json.loads(line) for line in export_lines(store, whole.run, "jsonl")]
    for line in lines:
        logits = np.random.default_rng(int(line["sample"][-8:])).normal(size=1000) * 3
        found = np.array([choice["loglikelihood"] for choice in line["choices"]])
        assert np.exp(found).sum() == pytest.approx(1)
        assert (np.argsort(found) == np.argsort(logits)).all()
    again = rescore(store.find_run(first.run), store)
    assert again["results"][0]["metrics"] == first.result["results"][0]["metrics"]
