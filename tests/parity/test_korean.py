"""Korean benchmarks on real rows and recorded answers: scikit-learn, difflib and lm-eval agree."""

import gzip
import json
import subprocess
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk

from julja.benchmarks.korean import klue_dp, klue_mrc, klue_ner, klue_re
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.run.catalog import resolve
from julja.run.rows import load_rows
from julja.scoring.tagging import entities
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

from .lm_eval_render import made_up

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = (
    "haerae",
    "klue_dp",
    "klue_dst",
    "klue_mrc",
    "klue_ner",
    "klue_nli",
    "klue_re",
    "klue_sts",
    "klue_tc",
    "kmmlu",
    "kobest_boolq",
    "kobest_copa",
    "kobest_hellaswag",
    "kobest_sentineg",
    "kobest_wic",
)
ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".venv-peers" / "bin" / "python"
GEMINI = "klue/pred_gemini-2.5-flash_{}.gz"


def samples_of(name, mirror):
    (found,) = resolve(name)
    config = RunConfig(tasks=(name,), model="test", data=str(mirror))
    rows = load_rows(found.task, found.task.rows, found.subset, config).rows
    return found.task, build_samples(found.task, rows, split="validation", origin=name)


def answered(name, file, mirror, form="generate"):
    """(sample, values) of each recorded answer, in the order of the samples."""
    task, samples = samples_of(name, mirror)
    rows = task.responses(read_rows(mirror / GEMINI.format(file)), samples)
    texts = {row["id"]: row["response"] for row in rows}
    scorer = task.forms[form].scorer
    pairs = [(s, scorer(s, Response(texts[s.id]))) for s in samples if s.id in texts]
    return task.forms[form].scorer, pairs


def value_of(scorer, pairs, name):
    (metric,) = (item for item in scorer.metrics if item.name == name)
    values = [score.values for _, score in pairs]
    if metric.aggregate is None:
        return float(np.mean([value[metric.key] for value in values]))
    columns = {key: np.array([value[key] for value in values]) for key in metric.columns}
    return metric.aggregate(columns)


@pytest.mark.parametrize(
    ("name", "file", "gold", "over"),
    [
        ("klue_tc", "ynat.csv", "label", None),
        ("klue_nli", "nli.csv", "label", None),
        ("klue_re", "re.csv", "label", klue_re.LABELS[1:]),
    ],
)
def test_labels_and_f1_are_scikit_learns(name, file, gold, over, mirror):
    scorer, pairs = answered(name, file, mirror)
    rows = read_rows(mirror / GEMINI.format(file))
    assert [s.target[0] for s, _ in pairs] == [row[gold] for row in rows]
    labels = pairs[0][0].choices
    right = [row[gold] for row in rows]
    given = [row["prediction"] for row in rows]

    verdicts = [score.values["acc"] for _, score in pairs]
    assert verdicts == [float(a == b) for a, b in zip(right, given, strict=True)]
    average = "macro" if over is None else "micro"
    wanted = sk.f1_score(right, given, labels=over or labels, average=average, zero_division=0)
    assert value_of(scorer, pairs, f"f1_{average}") == pytest.approx(wanted, abs=1e-12)
    assert value_of(scorer, pairs, "acc") == sk.accuracy_score(right, given)


def test_sts_is_scipys_and_scikit_learns(mirror):
    scorer, pairs = answered("klue_sts", "sts.csv", mirror)
    rows = read_rows(mirror / GEMINI.format("sts.csv"))
    gold = np.array([float(row["True Real"]) for row in rows])
    given = np.array([float(row["Pred Real"]) for row in rows])

    assert value_of(scorer, pairs, "pearson") == pytest.approx(np.corrcoef(gold, given)[0, 1])
    wanted = sk.f1_score(gold >= 3, given >= 3)
    assert value_of(scorer, pairs, "f1") == pytest.approx(wanted, abs=1e-12)


def test_areas_are_scikit_learns(mirror):
    task, samples = samples_of("klue_re", mirror)
    scorer = task.forms["classify"].scorer
    draw = np.random.default_rng(5)
    logits = np.round(draw.normal(size=(len(samples), 30)), 1)  # with ties
    for number, sample in enumerate(samples):
        logits[number, sample.answer[0]] += 1.5
    pairs = [
        (s, scorer(s, Response(choices=tuple(ChoiceLikelihood("", v) for v in row.tolist()))))
        for s, row in zip(samples, logits, strict=True)
    ]
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    shares = np.array([[score.values[f"p_{n}"] for n in range(30)] for _, score in pairs])
    assert shares.sum(1) == pytest.approx(1)
    gold = np.array([s.answer[0] for s in samples])
    areas = []
    for place in range(30):
        precision, recall, _ = sk.precision_recall_curve(gold == place, shares[:, place])
        areas.append(sk.auc(recall, precision))

    assert value_of(scorer, pairs, "auprc") == pytest.approx(np.mean(areas), abs=1e-12)


def entities_again(tags):
    """Strict IOB2 once more, by looking at each B for itself."""
    found = []
    for start, tag in enumerate(tags):
        if tag.startswith("B-"):
            end = start + 1
            while end < len(tags) and tags[end] == "I-" + tag[2:]:
                end += 1
            found.append((tag[2:], start, end))
    return found


def test_ner_gold_tags_are_the_files_entities(mirror):
    _, samples = samples_of("klue_ner", mirror)
    rows = read_rows(mirror / GEMINI.format("ner_first3150.jsonl"))
    assert (len(samples), len(rows)) == (5000, 3150)
    same = 0
    for sample, row in zip(samples, rows, strict=False):
        found = entities(sample.fields["tags"])
        assert found == entities_again(sample.fields["tags"])
        same += found == [(e["type"], e["start"], e["end"] + 1) for e in row["true_entities"]]
    # The rows were made of the hub's texts, where a unit such as ㎞ is one character in 30 of them.
    assert same == 3120


def test_ner_f1_of_damaged_tags_is_scikit_learns(mirror):
    """Every seventh tag replaced: entities break, types change, I begins without B."""
    task, samples = samples_of("klue_ner", mirror)
    scorer = task.forms["tags"].scorer
    draw = np.random.default_rng(3)
    pairs, gold, given, spans = [], [], [], Counter()
    for sample in samples:
        tags = list(sample.fields["tags"])
        for place in np.flatnonzero(draw.random(len(tags)) < 1 / 7):
            tags[place] = klue_ner.TAGS[draw.integers(13)]
        pairs.append((sample, scorer(sample, Response(" ".join(tags)))))
        gold += sample.fields["tags"]
        given += tags
        right, found = (set(entities_again(t)) for t in (sample.fields["tags"], tags))
        for kind in klue_ner.TYPES:
            for name, group in (("right", right), ("found", found), ("hit", right & found)):
                spans[kind, name] += sum(item[0] == kind for item in group)
    by_type = [
        2 * spans[kind, "hit"] / (spans[kind, "right"] + spans[kind, "found"])
        for kind in klue_ner.TYPES
    ]
    assert value_of(scorer, pairs, "entity_f1") == pytest.approx(np.mean(by_type), abs=1e-12)
    hits, both = (
        sum(spans[kind, name] for kind in klue_ner.TYPES for name in names)
        for names in (("hit",), ("right", "found"))
    )
    assert value_of(scorer, pairs, "entity_f1_micro") == pytest.approx(2 * hits / both, abs=1e-12)
    wanted = sk.f1_score(gold, given, labels=klue_ner.TAGS, average="macro", zero_division=1)
    assert value_of(scorer, pairs, "char_f1") == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("labels", ["recorded", "gold"])
def test_dp_is_the_official_recipe_by_scikit_learn(labels, mirror):
    """The recorded labels are of another scheme: with ones of KLUE's, LAS has content."""
    task, samples = samples_of("klue_dp", mirror)
    rows = read_rows(mirror / GEMINI.format("dp.jsonl"))
    if labels == "gold":
        rows = [{**row, "pred_deprels": row["deprels"][::-1]} for row in rows]
    texts = [row["response"] for row in task.responses(rows, samples)]
    scorer = task.forms["generate"].scorer
    pairs = [(s, scorer(s, Response(t))) for s, t in zip(samples, texts, strict=True)]
    heads = [[h for row in rows for h in row[key]] for key in ("heads", "pred_heads")]
    kinds = [[d for row in rows for d in row[key]] for key in ("deprels", "pred_deprels")]
    assert len(heads[0]) == 22496
    assert heads[0] == [h for s in samples for h in s.fields["heads"]]

    def number(label):  # KLUE-baseline: ids from 15 on are -3; a wrong head is -2
        place = klue_dp.LABELS.index(label) if label in klue_dp.LABELS else -2
        return -3 if place >= 15 else place

    types = [[number(label) for label in side] for side in kinds]
    padded = [t if a == b else -2 for t, a, b in zip(types[1], *heads, strict=True)]
    micro = sk.accuracy_score(*heads)
    words = [len(s.fields["words"]) for s, _ in pairs]
    uas = np.average([score.values["uas"] for _, score in pairs], weights=words)
    las = np.average([score.values["las"] for _, score in pairs], weights=words)
    assert uas == pytest.approx(micro, abs=1e-12)
    both = [a == b and c == d for a, b, c, d in zip(*heads, *kinds, strict=True)]
    assert las == pytest.approx(np.mean(both), abs=1e-12)
    assert value_of(scorer, pairs, "uas_f1_macro") == pytest.approx(
        sk.f1_score(*heads, average="macro", zero_division=0), abs=1e-12
    )
    assert value_of(scorer, pairs, "las_f1_macro") == pytest.approx(
        sk.f1_score(types[0], padded, average="macro", zero_division=0), abs=1e-12
    )


def test_mrc_is_difflibs_longest_run(mirror):
    _, pairs = answered("klue_mrc", "mrc_first1350.jsonl", mirror)
    assert len(pairs) == 1350
    for sample, score in pairs:
        given = klue_mrc.normalise(score.extracted)
        best = 0.0
        for target in map(klue_mrc.normalise, sample.target):
            matcher = SequenceMatcher(None, given, target)
            run = matcher.find_longest_match(0, len(given), 0, len(target)).size
            precision, recall = run / max(len(given), 1), run / max(len(target), 1)
            f1 = 2 * precision * recall / (precision + recall) if run else 0.0
            best = max(best, f1 if target else float(given == ""))
        assert score.values["rouge_w"] == pytest.approx(best, abs=1e-12)
        assert (score.values["em"] == 1) == (best == 1)


def test_dst_gold_states_are_read_back_whole(mirror):
    task, samples = samples_of("klue_dst", mirror)
    scorer = task.forms["generate"].scorer
    assert len(samples) == 5076
    for sample in samples:
        text = sample.target[0] or "없음"
        assert scorer(sample, Response(text)).values == {"jga": 1.0, "slot_f1": 1.0}


# lm-eval's task: its folder, the rows' file in the mirror.
TASKS = {
    "kobest_boolq": ("kobest", "kobest/BoolQ/test.tsv.gz"),
    "kobest_copa": ("kobest", "kobest/COPA/test.tsv.gz"),
    "kobest_wic": ("kobest", "kobest/WiC/test.tsv.gz"),
    "kobest_hellaswag": ("kobest", "kobest/HellaSwag/test.tsv.gz"),
    "kobest_sentineg": ("kobest", "kobest/SentiNeg/test.tsv"),
    "kmmlu_criminal_law": ("kmmlu/default", "kmmlu/data/Criminal-Law-test.csv.gz"),
    "haerae_history": ("haerae", None),
}
TRUE = {"TRUE": 1, "FALSE": 0}


def hub_row(name, row):
    """An upstream row as the hub has it."""
    if name == "kobest_boolq":
        label = TRUE[row["Answer"].upper()]
        return {"paragraph": row["Text"], "question": row["Question"], "label": label}
    if name == "kobest_copa":
        made = {"premise": row["sentence"], "question": row["question"]}
        options = {"alternative_1": row["1"], "alternative_2": row["2"]}
        return {**made, **options, "label": int(row["Answer"]) - 1}
    if name == "kobest_wic":
        texts = {"context_1": row["SENTENCE1"], "context_2": row["SENTENCE2"]}
        return {"word": row["Target"], **texts, "label": TRUE[row["ANSWER"].upper()]}
    if name == "kobest_hellaswag":
        endings = {f"ending_{n}": row[f"choice{n}"] for n in range(1, 5)}
        return {"context": row["context"], **endings, "label": int(row["label"])}
    if name == "kobest_sentineg":
        return {"sentence": row["Text"], "label": int(row["Label"])}
    return {**row, "answer": int(row["answer"]), "subset": "Criminal-Law"}


def upstream_rows(name, mirror):
    folder, file = TASKS[name]
    if file is None:  # no rows of HAE-RAE Bench are about: of our own
        return [
            {
                "query": f"질문 {n}\n(A) 가\n(B) 나\n(C) 다\n(D) 라\n(E) 마\n### 정답:",
                "answer": f"({c})",
            }
            for n, c in enumerate("ABCDEACEBD" * 4)
        ]
    rows = read_rows(mirror / file)
    return [{**row, "subset": "Criminal-Law"} for row in rows] if folder.startswith("k") else rows


@pytest.fixture(scope="module")
def theirs(mirror):
    """lm-eval's requests without shots, and with the first row as the one shot."""
    if not PEER.is_file():
        pytest.skip(f"no lm-eval: there is no {PEER.relative_to(ROOT)}")
    jobs = []
    for name, (folder, file) in TASKS.items():
        rows = upstream_rows(name, mirror)
        rows = rows if file is None else [hub_row(name, row) for row in rows]
        first = rows[:1] * 2
        splits = {"train": first, "dev": first, "validation": first, "test": rows[1:]}
        job = {"task": name, "folder": folder, "splits": splits}
        jobs += [{**job, "shots": shots} for shots in (None, 1)]
    done = subprocess.run(
        [str(PEER), str(Path(__file__).with_name("lm_eval_render.py"))],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    keys = [(job["task"], job["shots"]) for job in jobs]
    return dict(zip(keys, json.loads(done.stdout), strict=True))


def task_of(name):
    ours = {"kmmlu_criminal_law": "kmmlu", "haerae_history": "haerae"}.get(name, name)
    (found,) = resolve(ours)
    return found.task


@pytest.mark.peers
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("shots", [None, 1])
def test_prompts_of_the_rank_form_are_lm_evals(name, shots, theirs, mirror):
    task = task_of(name)
    form = task.forms["rank"]
    if name == "haerae_history" and shots:
        pytest.skip("lm-eval draws its exemplars from the test set itself")
    samples = [task.sample(row) for row in upstream_rows(name, mirror)]
    for sample, wanted in zip(samples[1:], theirs[name, shots]["requests"], strict=True):
        request = make_request("rank", form, sample, samples[:1] if shots else (), Decoding())
        assert [[request.context(i), text] for i, text in enumerate(request.choices)] == wanted


@pytest.mark.peers
@pytest.mark.parametrize("name", TASKS)
def test_metrics_of_the_same_likelihoods_are_lm_evals(name, theirs, mirror):
    task = task_of(name)
    form = task.forms["rank"]
    samples = [task.sample(row) for row in upstream_rows(name, mirror)][1:]
    pairs = []
    for number, sample in enumerate(samples):
        request = make_request("rank", form, sample, (), Decoding())
        likely = tuple(
            ChoiceLikelihood(text, made_up(name, number, place)[0])
            for place, text in enumerate(request.choices)
        )
        pairs.append((sample, form.scorer(sample, Response(choices=likely))))
    wanted = theirs[name, None]["values"]
    assert "acc" in wanted
    for metric, value in wanted.items():
        ours = {"f1": "f1_macro"}.get(metric, metric)
        assert value_of(form.scorer, pairs, ours) == pytest.approx(value, abs=1e-9)


def test_kmmlu_recorded_letters(mirror):
    (found,) = resolve("kmmlu/Criminal-Law")
    config = RunConfig(tasks=("kmmlu",), model="test", data=str(mirror))
    rows = load_rows(found.task, found.task.rows, found.subset, config).rows
    rows = [{**row, "subset": "Criminal-Law"} for row in rows]
    samples = build_samples(found.task, rows, split="test", origin="kmmlu")
    raw = gzip.decompress((mirror / "kmmlu/outputs/baseline_majority_eval.csv.gz").read_bytes())
    assert raw.count(b"Criminal Law") >= 200
    answers = read_rows(mirror / "kmmlu/outputs/baseline_majority_eval.csv.gz")
    texts = {row["id"]: row["response"] for row in found.task.responses(answers, samples)}
    scorer = found.task.forms["generate"].scorer
    right = [scorer(s, Response(texts[s.id])).values["exact_match"] for s in samples]
    assert (sum(right), len(right)) == (57, 200)
