"""lm-eval's own task files, run by julja: the same prompts and, for equal answers, equal numbers.

Both sides read the same files: one of lm-eval's own YAML files (read where it is installed),
included by a few lines that put rows of the mirror in the dataset's place.
"""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from julja.config import RunConfig
from julja.run.planning import make_plan
from julja.run.results import _estimate, _Item
from julja.types import ChoiceLikelihood, Response

from .lm_eval_data import FILES, rows_of
from .lm_eval_yaml_peer import made_up

pytestmark = [pytest.mark.mirror, pytest.mark.parity, pytest.mark.peers]
HOLDS = ()
ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".venv-peers" / "bin" / "python"
TASKS = ROOT / ".venv-peers" / "lib" / "python3.11" / "site-packages" / "lm_eval" / "tasks"
LIMIT = 100
ABILITIES = frozenset({"rank", "letter", "generate"})

# What no file above asks for, on the same rows.
MORE = {
    "openbookqa/openbookqa.yaml+more": {
        "metric_list": [
            {"metric": name}
            for name in ("acc_mutual_info", "exact_match", "brier_score", "acc", "acc_norm")
        ],
        "description": "Answer the {{question_stem | length}} letters.\n\n",
        "fewshot_delimiter": "\n---\n",
        "gen_prefix": "It is",
    },
    "super_glue/boolq/default.yaml+more": {
        "metric_list": [{"metric": "f1"}, {"metric": "mcc"}, {"metric": "acc"}]
    },
    "gsm8k/gsm8k.yaml+more": {
        "metric_list": [{"metric": name} for name in ("bleu", "chrf", "ter")],
        "filter_list": None,
        "fewshot_split": "test",
        "gen_prefix": "Let me see:",
    },
    "gsm8k/gsm8k.yaml+filters": {
        "filter_list": [
            {
                "name": "words",
                "filter": [
                    {"function": "lowercase"},
                    {"function": "regex", "regex_pattern": "(is|it)|([0-9]+)", "group_select": -1},
                    {"function": "remove_whitespace"},
                    {"function": "map", "mapping_dict": {"is": "18"}, "default_value": "none"},
                    {"function": "majority_vote"},
                    {"function": "take_first"},
                ],
            }
        ],
    },
}
NAMES = (*FILES, *MORE)


def write_task(folder, mirror, name):
    """A task file on local rows over one of lm-eval's."""
    file = name.partition("+")[0]
    rows = rows_of(mirror / FILES[file])[: 3 * LIMIT]
    if file.startswith("wikitext"):
        rows = [{"page": f" = {row['text'][:40]} = \n {row['text']} "} for row in rows]
    half = min(LIMIT, len(rows) // 2)
    parts = {"train": rows[half:], "validation": rows[:half], "test": rows[:half]}
    parts["dev"] = rows[half:]
    place = folder / name.replace("/", "_").replace(".yaml", "")
    place.mkdir()
    for split, part in parts.items():
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (place / f"{split}.jsonl").write_text(lines)
    settings = {
        "include": str(TASKS / file),
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {s: str(place / f"{s}.jsonl") for s in parts}},
        **MORE.get(name, {}),
    }
    path = place / "task.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


@pytest.fixture(scope="module")
def files(mirror, tmp_path_factory):
    if not PEER.is_file():
        pytest.skip(f"no lm-eval: there is no {PEER.relative_to(ROOT)}")
    folder = tmp_path_factory.mktemp("tasks")
    return {name: write_task(folder, mirror, name) for name in NAMES}


@pytest.fixture(scope="module")
def theirs(files):
    keys = [(name, shots) for name in NAMES for shots in (0, 5)]
    jobs = [{"yaml": str(files[name]), "shots": shots, "limit": LIMIT} for name, shots in keys]
    done = subprocess.run(
        [str(PEER), str(Path(__file__).with_name("lm_eval_yaml_peer.py"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(keys, json.loads(done.stdout), strict=True))


def leaf_of(path, shots):
    """The task as julja plans it; 0 shots where the file forbids more."""
    settings = yaml.safe_load(path.read_text())
    if "truthfulqa" in settings["include"] or "wikitext" in settings["include"]:
        shots = 0
    config = RunConfig(tasks=(str(path),), model="mock/echo", shots=shots, trust=True)
    (task,) = make_plan(config, ABILITIES, {"name": "mock"}).tasks
    (leaf,) = task.leaves
    return leaf


def pairs_of(request):
    """A request as lm-eval lists it."""
    if request.kind == "generate":
        return [[request.prompt.text, list(request.decoding.stop)]]
    if request.rolling:
        return [list(request.choices)]
    pairs = [[request.context(i), text] for i, text in enumerate(request.choices)]
    if request.unconditional is not None:
        pairs += [[request.unconditional, text] for text in request.choices]
    return pairs


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shots", [0, 5])
def test_the_requests_are_lm_evals(files, theirs, name, shots):
    leaf = leaf_of(files[name], shots)
    wanted = theirs[name, shots]["requests"]

    for row, sample in enumerate(leaf.samples):
        request = leaf.request(sample, 0)
        asked = wanted[str(row)]
        if request.kind == "generate":
            settings = asked[0][1]
            assert request.decoding.max_tokens == settings.get("max_gen_toks", 256)
            assert request.decoding.temperature == settings.get("temperature", 0.0)
            asked = [[asked[0][0], settings["until"]]]
        assert pairs_of(request) == asked
    assert len(leaf.samples) == len(wanted) >= 45


def answer(request, text):
    if request.kind == "generate":
        return Response(text=text)
    alone = request.unconditional
    return Response(
        choices=tuple(
            ChoiceLikelihood(
                choice,
                *(made_up(request.context(i), choice)[0:1]),
                greedy=made_up(request.context(i), choice)[1],
                unconditional=None if alone is None else made_up(alone, choice)[0],
            )
            for i, choice in enumerate(request.choices)
        )
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shots", [0, 5])
def test_the_metrics_of_equal_answers_are_lm_evals(files, theirs, name, shots):
    leaf = leaf_of(files[name], shots)
    answers, wanted = theirs[name, shots]["answers"], theirs[name, shots]["values"]
    items = []
    for row, sample in enumerate(leaf.samples):
        response = answer(leaf.request(sample, 0), answers.get(str(row)))
        score = leaf.form.scorer(sample, response)
        items.append(_Item(leaf, sample, [(score.state, score.values)]))

    found = {metric.name: _estimate(metric, items).value for metric in leaf.form.scorer.metrics}

    if not any("," in key for key in found):
        wanted = {key.partition(",")[0]: value for key, value in wanted.items()}
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)
