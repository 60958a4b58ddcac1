"""GLUE and SuperGLUE beside lm-eval's own code on the same real rows, and lighteval's cases.

lm-eval 0.4.13 has no task for STS-B and the diagnostic sets; MNLI and WNLI, which the mirror lacks,
are held to it on rows written here.
"""

import json
from collections import Counter

import numpy as np
import pytest

from julja.benchmarks.superglue import record
from julja.data.files import read_rows

from .lighteval_cases import lighteval_cases
from .lm_eval_render import made_up
from .test_leaderboard_prompts import FEW, ask_lm_eval, asked, compare, leaf_of, leaves_of, rows

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = (
    "boolq",
    "cola",
    "glue_rte",
    "mnli",
    "mrpc",
    "multirc",
    "qnli",
    "qqp",
    "record",
    "sst2",
    "wnli",
)
peers = pytest.mark.peers
ENTAILED = ("entailment", "not_entailment")


def job(task, folder, made):
    return {"task": task, "folder": folder, "splits": {"validation": made, "train": made}}


def tsv(path, **names):
    """The rows of a TSV with the hub's column names and whole-number labels."""
    return [
        {ours: row[theirs] for ours, theirs in names.items()}
        for row in read_rows(path, quotes=False)
    ]


@peers
def test_glue_s_prompts_and_metrics(mirror):
    folder = mirror / "glue"
    columns = ("source", "label", "mark", "sentence")
    parts = sorted((folder / "CoLA" / "v1.0_GLUE").glob("*.tsv"))
    cola = [row for part in parts for row in read_rows(part, columns=columns, quotes=False)]
    qnli = read_rows(folder / "QNLI" / "dev.tsv.gz", quotes=False)[:FEW]
    made = {
        "cola": [{"sentence": r["sentence"], "label": int(r["label"])} for r in cola],
        "sst2": rows(folder / "SST-2" / "validation_hf.jsonl.gz"),
        "mrpc": rows(folder / "MRPC" / "validation_hf.jsonl.gz"),
        "rte": rows(folder / "RTE" / "validation_hf.jsonl.gz"),
        "qnli": [{**r, "label": ENTAILED.index(r["label"])} for r in qnli],
        "qqp": [
            {**r, "label": int(r["label"])}
            for r in tsv(
                folder / "QQP" / "dev_first9.tsv",
                question1="question1",
                question2="question2",
                label="is_duplicate",
            )
        ],
    }
    answers = ask_lm_eval([job(name, "glue", part) for name, part in made.items()])
    for (name, part), theirs in zip(made.items(), answers, strict=True):
        spec = "glue_rte" if name == "rte" else name
        compare(leaf_of(spec, mirror), name, theirs, len(part))


@peers
def test_the_prompts_of_mnli_and_wnli(tmp_path):
    pairs = [("It rained. ", "It was wet", 0), ("A cat sat.", " Cats sit. ", 1), ("No.", "Yes.", 2)]
    folder = tmp_path / "glue"
    names = ("entailment", "neutral", "contradiction")
    for part in ("matched", "mismatched"):
        (folder / "MNLI").mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{p}\t{h}\t{names[label]}\n" for p, h, label in pairs)
        path = folder / "MNLI" / f"dev_{part}.tsv"
        path.write_text(f"sentence1\tsentence2\tgold_label\n{lines}")
    (folder / "WNLI").mkdir()
    lines = "".join(f"{n}\t{p}\t{h}\t{label % 2}\n" for n, (p, h, label) in enumerate(pairs))
    (folder / "WNLI" / "dev.tsv").write_text(f"index\tsentence1\tsentence2\tlabel\n{lines}")
    hub = [{"premise": p, "hypothesis": h, "label": label} for p, h, label in pairs]
    splits = {f"validation_{part}": hub for part in ("matched", "mismatched")}
    wnli = [{"sentence1": p, "sentence2": h, "label": label % 2} for p, h, label in pairs]
    mnli, other = ask_lm_eval(
        [
            {"task": "mnli", "folder": "glue", "splits": {**splits, "train": hub}},
            job("wnli", "glue", wnli),
        ]
    )
    for leaf in leaves_of("mnli", tmp_path):
        compare(leaf, "mnli", mnli)
    compare(leaf_of("wnli", tmp_path), "wnli", other)


@peers
def test_boolq(mirror):
    made = rows(mirror / "superglue" / "BoolQ" / "val.jsonl.gz")[:FEW]
    hub = [{**row, "label": int(row["label"])} for row in made]
    (theirs,) = ask_lm_eval([job("boolq", "super_glue", hub)])
    compare(leaf_of("boolq", mirror), "boolq", theirs, FEW)


@peers
def test_multirc_has_lm_eval_s_texts_and_the_labels_the_right_way_round(mirror):
    leaf = leaf_of("multirc", mirror)
    samples = leaf.samples[:400]
    hub = [
        {
            "paragraph": sample.fields["paragraph"],
            "question": sample.fields["question"],
            "answer": sample.fields["option"],
            "label": sample.answer[0],
        }
        for sample in samples
    ]
    (theirs,) = ask_lm_eval([job("multirc", "super_glue", hub)])
    right = 0
    for doc, (ours, other) in enumerate(zip(asked(leaf, samples), theirs["requests"], strict=True)):
        assert ours == other[::-1]  # yes comes first there
        yes, no = (made_up("multirc", doc, index)[0] for index in (0, 1))
        right += (yes > no) == bool(hub[doc]["label"])
    assert theirs["values"]["acc"] == pytest.approx(1 - right / len(samples))


@peers
def test_record_on_the_training_rows_that_the_mirror_has(mirror, tmp_path):
    path = mirror / "superglue" / "ReCoRD" / "fewglue_train32.jsonl.gz"
    flat = record.flatten(read_rows(path))
    hub = [
        {name: row[name] for name in ("passage", "query", "entities", "answers")} for row in flat
    ]
    (theirs,) = ask_lm_eval([job("record", "super_glue", hub)])
    (tmp_path / "superglue" / "ReCoRD").mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in read_rows(path))
    (tmp_path / "superglue" / "ReCoRD" / "val.jsonl").write_text(lines)
    compare(leaf_of("record", tmp_path), "record", {**theirs, "values": {}})
    assert len(theirs["requests"]) == 32


def test_lighteval_s_cases(mirror):
    """All agree but three.

    Two are of multi_f1_numeric, which is no F1: lighteval averages the micro F1 of "is it class i",
    and that is the accuracy of "is it class i". Where all three answers are wrong it gives 1/3, for
    the class that neither occurs nor is chosen; the macro F1 of SuperGLUE's CB is then 0. The third
    is the word overlap of two texts that share nothing but "the": SQuAD's F1 drops articles.
    """
    found = list(lighteval_cases(mirror))
    assert Counter(case.file for case in found) == {
        "mcc": 1,
        "loglikelihood_f1": 14,
        "f1_score_macro": 4,
        "f1_score_micro": 4,
        "multi_f1_numeric": 4,
        "loglikelihood_acc": 13,
        "acc_golds_likelihood": 2,
        "exact_match": 2,
        "f1_score": 7,
        "word_perplexity": 3,
    }
    assert {case.name: (case.value, case.expected) for case in found if not case.agrees} == {
        "Multi F1 Numeric - Poor Performance": (0.0, 0.33),
        "Multi F1 Numeric - Random Performance": (pytest.approx(1 / 6), 0.55),
        "F1 Score - No Match": (0.0, pytest.approx(2 / 15)),
    }
    for case in found:
        if case.file == "multi_f1_numeric":
            given, gold = case.columns["predicted"], case.columns["gold"]
            accuracies = [((given == place) == (gold == place)).mean() for place in range(3)]
            assert np.mean(accuracies) == pytest.approx(case.expected, abs=0.01)
