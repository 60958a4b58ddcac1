"""lm-eval's own code and julja ask the same of the same real rows, and score alike.

lm-eval 0.4.13 runs in an environment of its own (.venv-peers) on rows in the hub's layout; both
sides then score the same made-up likelihoods.
"""

import gzip
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from julja.benchmarks.knowledge.gpqa import gpqa
from julja.benchmarks.mathematics.math_hard import SUBJECTS, math_hard
from julja.benchmarks.reasoning.musr import flat, musr
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.plan import Leaf
from julja.run.planning import make_plan
from julja.scoring.extract import boxed
from julja.tasks.build import build_samples
from julja.types import ChoiceLikelihood, Response, Sample

from .lm_eval_render import made_up

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.peers]
HOLDS = (
    "bbh",
    "cb",
    "gpqa",
    "lambada",
    "math_hard",
    "mmlu",
    "mmlu_pro",
    "musr",
    "rte",
    "wic",
    "wsc",
)

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".venv-peers" / "bin" / "python"
FEW = 150  # documents of a large file
WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def rows(path):
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in raw.splitlines()]


def ask_lm_eval(jobs):
    """What lm_eval_render.py says of the jobs; a skip where lm-eval is not installed."""
    if not PEER.is_file():
        pytest.skip(f"no lm-eval: there is no {PEER.relative_to(ROOT)}")
    done = subprocess.run(
        [str(PEER), str(Path(__file__).with_name("lm_eval_render.py"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def leaves_of(spec, data, form="rank"):
    config = RunConfig(tasks=(spec,), model="m", data=str(data))
    return list(make_plan(config, frozenset({form}), {"name": "m"}).leaves.values())


def leaf_of(spec, data):
    (leaf,) = leaves_of(spec, data)
    return leaf


def whole(leaves, order):
    """The samples of all subsets in one leaf, in the order of their file."""
    samples = [sample for leaf in leaves for sample in leaf.samples]
    return replace(leaves[0], samples=sorted(samples, key=lambda sample: order[sample.id]))


def asked(leaf, samples):
    """(context, continuation) of each choice, or the prompt and its stop strings."""
    for sample in samples:
        request = leaf.request(sample, 0)
        if request.kind == "generate":
            yield [[request.prompt.text, list(request.decoding.stop)]]
        else:
            yield [[request.context(i), text] for i, text in enumerate(request.choices)]


def values(leaf, samples, name):
    """julja's metrics of the likelihoods that lm-eval's side makes up too."""
    scores = []
    for doc, sample in enumerate(samples):
        draws = [made_up(name, doc, index) for index in range(len(sample.choices))]
        request = leaf.request(sample, 0)
        choices = tuple(
            ChoiceLikelihood(text, likelihood, greedy=greedy)
            for text, (likelihood, greedy) in zip(request.choices, draws, strict=True)
        )
        scores.append(leaf.form.scorer(sample, Response(choices=choices)))
    found = {}
    for metric in leaf.form.scorer.metrics:
        if metric.aggregate:
            arrays = {key: np.array([s.values[key] for s in scores]) for key in metric.columns}
            found[metric.name] = metric.aggregate(arrays)
        else:
            mean = float(np.mean([score.values[metric.key] for score in scores]))
            found[metric.name] = metric.transform(mean) if metric.transform else mean
    return found


def compare(leaf, name, theirs, count=None):
    """Equal prompts, character for character, and equal metrics."""
    samples = leaf.samples[:count]
    ours = list(asked(leaf, samples))
    assert len(ours) == len(theirs["requests"])
    for mine, other in zip(ours, theirs["requests"], strict=True):
        assert mine == other
    if theirs["values"]:
        mine = values(leaf, samples, name)
        assert {key: mine[key] for key in theirs["values"]} == pytest.approx(theirs["values"])


def test_lambada(mirror):
    texts = [
        {"text": f"{row['context']} {row['continuation']}"}
        for row in rows(mirror / "lambada" / "lambada_openai.jsonl.gz")[:FEW]
    ]
    job = {"task": "lambada_openai", "folder": "lambada", "splits": {"test": texts}}
    compare(leaf_of("lambada", mirror), "lambada_openai", ask_lm_eval([job])[0], FEW)


def test_superglue(mirror):
    folder = mirror / "superglue"
    made = {
        "cb": rows(folder / "hf" / "cb_validation.jsonl"),
        "sglue_rte": [
            {**row, "label": int(row["label"] != "entailment")}
            for row in rows(folder / "RTE" / "val.jsonl.gz")
        ],
        "wic": [
            {**row, "label": int(row["label"])} for row in rows(folder / "WiC" / "val.jsonl.gz")
        ],
        "wsc": [wsc_fixed(row) for row in rows(folder / "WSC" / "val.jsonl")],
    }
    jobs = [
        {"task": name, "folder": "super_glue", "splits": {"validation": split, "train": split}}
        for name, split in made.items()
    ]
    for name, theirs in zip(made, ask_lm_eval(jobs), strict=True):
        compare(leaf_of(name, mirror), name, theirs)


def wsc_fixed(row):
    """A row of upstream as the hub's wsc.fixed has it (development rows need no more)."""
    spans = dict(row["target"])
    noun = spans["span1_text"]
    if noun not in row["text"]:
        spans["span1_text"] = noun[0].lower() + noun[1:]
    return {"text": row["text"], "idx": row["idx"], "label": int(row["label"]), **spans}


KEYLESS_IN = ("movie_recommendation", "ruin_names")


def test_bbh(mirror):
    leaves = {leaf.subset: leaf for leaf in leaves_of("bbh", mirror)}
    assert len(leaves) == 24
    jobs = []
    for subset in leaves:
        file = mirror / "bbh" / "bbh" / f"{subset}.json.gz"
        examples = json.loads(gzip.decompress(file.read_bytes()))["examples"]
        jobs.append(
            {
                "task": f"leaderboard_bbh_{subset}",
                "folder": "leaderboard/bbh_mc",
                # All of the two tasks with items that have no key, a part of the others.
                "splits": {"test": examples if subset in KEYLESS_IN else examples[:50]},
            }
        )
    for job, theirs in zip(jobs, ask_lm_eval(jobs), strict=True):
        subset = job["task"].removeprefix("leaderboard_bbh_")
        assert leaves[subset].shots == 3
        compare(leaves[subset], job["task"], theirs, len(job["splits"]["test"]))


OWN_SHOTS = [
    {
        "question_id": 90000 + number,
        "question": f"How much is {number} + 1?",
        "options": [str(number + offset) for offset in range(4 + number)],
        "answer": "B",
        "answer_index": 1,
        "category": "math",
    }
    for number in range(6)
]


def test_mmlu_pro(mirror, tmp_path):
    folder = tmp_path / "mmlu_pro"
    folder.mkdir()
    test = rows(mirror / "mmlu_pro" / "test.jsonl.gz")[::40]
    for split, content in (("test", test), ("validation", OWN_SHOTS)):
        text = "".join(f"{json.dumps(row)}\n" for row in content)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    name, splits = "leaderboard_mmlu_pro", {"test": test, "validation": OWN_SHOTS}
    jobs = [
        {"task": name, "folder": "leaderboard/mmlu_pro", "splits": splits, "shots": shots}
        for shots in (0, 5)
    ]
    zero, five = ask_lm_eval(jobs)
    in_order = {str(row["question_id"]): number for number, row in enumerate(test)}
    for theirs, spec in ((zero, "mmlu_pro:shots=0"), (five, "mmlu_pro")):
        leaf = whole(leaves_of(spec, tmp_path), in_order)
        assert leaf.shots == (5 if theirs is five else 0)
        compare(leaf, name, theirs)


def test_math_hard(mirror):
    everything = rows(mirror / "math" / "test.jsonl.gz")
    leaves = leaves_of("math_hard", mirror, "generate")
    names = {"counting_and_probability": "counting_and_prob", "number_theory": "num_theory"}
    jobs = []
    for leaf in leaves:
        kind = next(row for row, slug in SUBJECTS.items() if slug == leaf.subset)
        jobs.append(
            {
                "task": f"leaderboard_math_{names.get(leaf.subset, leaf.subset)}_hard",
                "folder": "leaderboard/math",
                "splits": {"test": [row for row in everything if row["type"] == kind]},
            }
        )
    for leaf, job, theirs in zip(leaves, jobs, ask_lm_eval(jobs), strict=True):
        compare(leaf, job["task"], theirs)
        assert [sample.target[0] for sample in leaf.samples] == [
            answer.strip() for answer in theirs["answers"]
        ]


def test_musr(mirror):
    """The stories of the authors' viewer, in the hub's layout: the whole sets are not here."""
    folder = mirror / "musr" / "viewer" / "small_datasets"
    files = {
        "murder_mysteries": "small_murder_mystery",
        "object_placements": "small_object_placements",
        "team_allocation": "small_team_allocation",
    }
    made = {
        subset: flat(json.loads(gzip.decompress((folder / f"{file}.json.gz").read_bytes())))
        for subset, file in files.items()
    }
    jobs = [
        {
            "task": f"leaderboard_musr_{subset}",
            "folder": "leaderboard/musr",
            "splits": {
                subset: [
                    {
                        **row,
                        "choices": repr(row["choices"]),
                        "answer_choice": row["choices"][int(row["answer_index"])],
                    }
                    for row in content
                ]
            },
        }
        for subset, content in made.items()
    ]
    for content, job, theirs in zip(made.values(), jobs, ask_lm_eval(jobs), strict=True):
        task = musr()
        samples = build_samples(task, content, split="x", origin="viewer")
        leaf = Leaf("musr", None, task, "rank", task.forms["rank"], samples, (), 0, 1, 0, "")
        compare(leaf, job["task"], theirs)


def test_mmlu(mirror):
    """All 57 subjects: the header's spelling, five shots, and questions with odd white space."""
    leaves = leaves_of("mmlu:prompt=lm_eval", mirror)
    assert len(leaves) == 57
    counts = {leaf.subset: min(len(leaf.samples), 30) for leaf in leaves}
    jobs = [
        {
            "task": f"mmlu_{leaf.subset}",
            "folder": "mmlu/default",
            "splits": {
                "test": list(map(hub_row, leaf.samples[: counts[leaf.subset]])),
                "dev": list(map(hub_row, leaf.pool)),
            },
            "shots": 5,
        }
        for leaf in leaves
    ]
    for leaf, job, theirs in zip(leaves, jobs, ask_lm_eval(jobs), strict=True):
        compare(leaf, job["task"], theirs, counts[leaf.subset])


def hub_row(sample):
    return {
        "question": sample.input,
        "choices": list(sample.choices),
        "answer": sample.answer[0],
    }


def test_gpqa():
    """Own rows, since GPQA's must not be here. Their options are equal: no shuffle shows."""
    own = [
        {
            "Record ID": f"own-{number}",
            "Question": question,
            **dict.fromkeys(("Correct Answer", *WRONG), option),
            "High-level domain": "Physics",
            "Subdomain": "Own",
        }
        for number, (question, option) in enumerate(
            [("What is 2 + 2?", " 4\n"), (" Why?\n", "it  is [so] [title] x"), ("Two\nlines", "")]
        )
    ]
    job = {
        "task": "leaderboard_gpqa_main",
        "folder": "leaderboard/gpqa",
        "splits": {"train": own},
    }
    (theirs,) = ask_lm_eval([job])
    task = gpqa()
    samples = [task.sample(row) for row in own[:2]]
    leaf = Leaf("gpqa", None, task, "rank", task.forms["rank"], samples, (), 0, 1, 0, "")
    assert list(asked(leaf, samples)) == theirs["requests"][:2]
    with pytest.raises(DataError, match="no right answer"):  # lm-eval asks it all the same
        task.sample(own[2])


def test_math_hard_scores_real_solutions_as_lm_eval_does(mirror):
    """lm_eval/tasks/leaderboard/math/utils.py: the whole response against the gold solution."""
    math_verify = pytest.importorskip("math_verify")
    latex = [math_verify.LatexExtractionConfig()]
    scorer = math_hard().forms["generate"].scorer
    recorded = rows(mirror / "math" / "qwen_math_cot_100_outputs.jsonl.gz")
    assert len(recorded) == 100
    for row in recorded:
        sample = Sample(str(row["idx"]), row["question"], target=(boxed(row["gt_cot"]).text,))
        gold = math_verify.parse(row["gt_cot"], extraction_config=latex)
        theirs = math_verify.verify(gold, math_verify.parse(row["code"][0]))
        ours = scorer(sample, Response(row["code"][0])).values["acc"]
        assert ours == float(theirs), row["code"][0][-200:]
