"""Metrics of whole sets beside scipy, scikit-learn and sacreBLEU, on answers drawn at random.

GLUE's and SuperGLUE's sets without a task in lm-eval (STS-B, the diagnostics) are scored by these
libraries officially; WMT by sacreBLEU; CivilComments by WILDS' worst group and, as in the Jigsaw
competition's code, scikit-learn's AUC under Borkan's means.
"""

import random

import numpy as np
import pytest
import sacrebleu
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, matthews_corrcoef, roc_auc_score

from julja.benchmarks.glue import ax, stsb
from julja.benchmarks.safety import civil_comments, groups
from julja.benchmarks.superglue import ax as super_ax
from julja.benchmarks.translation import wmt
from julja.types import ChoiceLikelihood, Response

pytestmark = pytest.mark.parity
HOLDS = ("axb", "axg", "civil_comments", "glue_ax", "stsb", "wmt14", "wmt16", "wmt22", "wmt23")
COUNT = 500


def metrics(task, form, pairs):
    """The metrics of samples with their responses."""
    scorer = task.forms[form].scorer
    values = [scorer(sample, response).values for sample, response in pairs]
    found = {}
    for metric in scorer.metrics:
        columns = metric.columns or (metric.key,)
        arrays = {name: np.array([one[name] for one in values]) for name in columns}
        made = metric.aggregate(arrays) if metric.aggregate else arrays[metric.key].mean()
        found[metric.name] = float(made)
    return found


def likely(choices, values):
    pairs = zip(choices, values, strict=True)
    return Response(choices=tuple(ChoiceLikelihood(text, value) for text, value in pairs))


@pytest.mark.parametrize("form", ["classify", "generate"])
def test_stsb_is_scipy_s(form):
    rng, task = random.Random("stsb"), stsb.stsb()
    gold = [round(rng.uniform(0, 5), 2) for _ in range(COUNT)]
    # Rounded, so that many are equal: ranks are shared.
    given = [min(max(round(value + rng.gauss(0, 1), 1), 0), 5) for value in gold]
    pairs = []
    for right, value in zip(gold, given, strict=True):
        sample = task.sample({"sentence1": "a", "sentence2": "b", "label": right})
        answer = likely(("score",), (value,))
        pairs.append((sample, answer if form == "classify" else Response(f"Answer: {value}")))
    found = metrics(task, form, pairs)
    assert found["pearson"] == pytest.approx(pearsonr(gold, given).statistic, abs=1e-12)
    assert found["spearman"] == pytest.approx(spearmanr(gold, given).statistic, abs=1e-12)


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        (ax.glue_ax(), ("entailment", "neutral", "contradiction")),
        (super_ax.axb(), ("entailment", "not_entailment")),
    ],
)
@pytest.mark.parametrize("form", ["rank", "generate"])
def test_matthews_correlation_is_scikit_learn_s(task, labels, form):
    """An answer that can't be read is of a class of its own."""
    rng, pairs, gold, given = random.Random(f"{task.name}/{form}"), [], [], []
    for _ in range(COUNT):
        right, said = rng.randrange(len(labels)), rng.randrange(len(labels))
        said = right if rng.random() < 0.5 else said
        row = {"idx": 0, "sentence1": "a", "sentence2": "b", "label": labels[right]}
        sample = task.sample(row)
        if form == "rank":
            values = [rng.random() - 3 for _ in sample.choices]
            values[said] = 0.0
            response = likely(sample.choices, values)
        else:
            lost = rng.random() < 0.1
            response = Response("I can't say." if lost else f"Answer: {'ABC'[said]}")
            said = -1 if lost else said
        pairs.append((sample, response))
        gold.append(right)
        given.append(said)
    found = metrics(task, form, pairs)
    assert found["mcc"] == pytest.approx(matthews_corrcoef(gold, given), abs=1e-12)
    assert found["acc"] == pytest.approx(accuracy_score(gold, given))


def test_gender_parity_is_the_share_of_pairs_with_one_answer():
    """SuperGLUE, section 3.4: both of a pair's premises, which differ in a pronoun."""
    rng, task, pairs, same, right = random.Random("axg"), super_ax.axg(), [], 0, 0
    for pair in range(COUNT // 2):
        answers = [rng.randrange(2), rng.randrange(2)]
        same += answers[0] == answers[1]
        for said in answers:
            label = rng.randrange(2)
            right += said == label
            row = {"idx": 0, "premise": "a", "hypothesis": "b", "pair_id": pair}
            name = ("entailment", "not_entailment")[label]
            sample = task.sample({**row, "label": name})
            values = [-3.0, -3.0]
            values[said] = -1.0
            pairs.append((sample, likely(sample.choices, values)))
    found = metrics(task, "rank", pairs)
    assert found["gender_parity"] == pytest.approx(same / (COUNT // 2))
    assert found["acc"] == pytest.approx(right / COUNT)


def area(frame, kept):
    return roc_auc_score(frame["toxic"][kept], frame["score"][kept])


def power_mean(values):
    return (sum(value**-5 for value in values) / len(values)) ** (1 / -5)


def test_civil_comments_worst_group_and_bias_auc():
    rng, task = random.Random("civil"), civil_comments.civil_comments()
    pairs, rows = [], []
    for number in range(4 * COUNT):
        shares = {name: rng.choice((0, 0, 0.3, 0.5, 1)) for name in groups.GROUPS}
        toxicity = rng.choice((0.0, 0.2, 0.49, 0.5, 0.9))
        row = {"id": number, "comment_text": "x", "toxicity": toxicity, "split": "test", **shares}
        sample = task.sample(row)
        # Rounded, so that scores of both labels are equal here and there.
        score = min(max(round(0.3 * (toxicity >= 0.5) + rng.gauss(0.4, 0.25), 1), 0.01), 0.99)
        pairs.append((sample, likely(sample.choices, (np.log(score), np.log(1 - score)))))
        rows.append((toxicity >= 0.5, score, *(share >= 0.5 for share in shares.values())))
    toxic, score, *inside = (np.array(column) for column in zip(*rows, strict=True))
    frame = {"toxic": toxic, "score": score}
    every = np.ones(len(toxic), dtype=bool)
    parts = {
        "subgroup": lambda group: group,
        "bpsn": lambda group: (group & ~toxic) | (~group & toxic),
        "bnsp": lambda group: (group & toxic) | (~group & ~toxic),
    }
    means = [power_mean([area(frame, part(g)) for g in inside]) for part in parts.values()]
    right = (score >= 0.5) == toxic
    right[score == 0.5] = toxic[score == 0.5]  # of two equal choices the first, toxic, is taken
    worst = min(right[group & (toxic == label)].mean() for group in inside for label in (0, 1))
    found = metrics(task, "classify", pairs)
    assert found["auc"] == pytest.approx(area(frame, every), abs=1e-12)
    assert found["auc_bias"] == pytest.approx(
        0.25 * area(frame, every) + 0.75 * np.average(means), abs=1e-12
    )
    assert found["acc_worst_group"] == pytest.approx(worst)


_DE = (
    *("Der", "Ausschuss", "stimmte", ",", "am", "3.5.", "nicht", "zu", ";", "die", "Fähre"),
    *("(", "neu", ")", "fuhr", "12,5", "km", ".", "U.S."),
)
_ZH = ("委员会", "没有", "同意", "。", "2024年", "渡轮", "，", "ABC", "公里", "“新”", " ")


@pytest.mark.parametrize(
    ("task", "words", "tokenize"),
    [
        (wmt.wmt14("de-en"), _DE, "13a"),
        (wmt.wmt16("de-en"), _DE, "13a"),
        (wmt.wmt22("en-de"), _DE, "13a"),
        (wmt.wmt22("en-zh"), _ZH, "zh"),
        (wmt.wmt23("en-zh"), _ZH, "zh"),
    ],
)
def test_translations_are_scored_as_by_sacrebleu(task, words, tokenize):
    rng = random.Random(f"{task.name}/{tokenize}")
    gap = "" if tokenize == "zh" else " "
    pairs, given, right = [], [], []
    for number in range(COUNT // 5):
        reference = rng.choices(words, k=rng.randint(4, 20))
        said = [word if rng.random() < 0.7 else rng.choice(words) for word in reference]
        given.append(gap.join(said[: rng.randint(1, len(said))]))
        right.append(gap.join(reference))
        sample = sample_of(task, number, right[-1])
        pairs.append((sample, Response(given[-1])))
    found = metrics(task, "generate", pairs)
    texts = [text.strip() for text in given]
    wanted = {
        "bleu": sacrebleu.corpus_bleu(texts, [right], tokenize=tokenize).score,
        "chrf": sacrebleu.corpus_chrf(texts, [right]).score,
        "ter": sacrebleu.corpus_ter(texts, [right]).score,
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


def sample_of(task, number, reference):
    base = task.sample(task.checks[0].row)
    return type(base)(str(number), base.input, target=(reference,), fields=base.fields)
