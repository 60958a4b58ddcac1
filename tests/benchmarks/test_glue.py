"""GLUE: both layouts, hidden labels, damaged files, submissions there and back, the real files."""

import gzip
import json
from collections import Counter

import pytest

from julja.benchmarks.glue import ax, cola, common, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli
from julja.benchmarks.suites.language import GLUE
from julja.cli.main import main
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.tasks.task import Answered
from julja.types import ChoiceLikelihood, Decoding, Response

HUB = {"sentence1": "P one", "sentence2": "H two", "idx": 7, "label": 0}


def shown(task, sample, form="rank"):
    return make_request(form, task.forms[form], sample, (), Decoding())


def test_cola_without_a_header():
    sample = cola.to_sample({"source": "gj04", "label": "1", "mark": "", "sentence": "He ran."})
    assert sample == cola.to_sample({"sentence": "He ran.", "label": 1, "idx": 0})
    request = shown(cola.cola(), sample)
    assert request.prompt.text == "He ran.\nQuestion: Does this sentence make sense?\nAnswer:"
    assert request.choices == (" no", " yes")
    assert sample.target == ("yes",)
    with pytest.raises(ConfigError, match=r"no release '2\.0'"):
        cola.cola(release="2.0")


def test_sst2_under_two_headers():
    sample = sst2.to_sample({"sentence": "a joy . ", "label": 1})
    assert sample == sst2.to_sample({"text_a": "a joy . ", "label": "1"})
    assert shown(sst2.sst2(), sample).prompt.text == (
        "a joy . \nQuestion: Is this sentence positive or negative?\nAnswer:"
    )


def test_mrpc_in_both_layouts():
    upstream = {"Quality": "0", "#1 ID": "1", "#2 ID": "2", "#1 String": "P", "#2 String": "H"}
    sample = mrpc.to_sample(upstream)
    assert sample == mrpc.to_sample({"sentence1": "P", "sentence2": "H", "label": 0})
    assert shown(mrpc.mrpc(), sample).prompt.text == (
        "Sentence 1: P\nSentence 2: H\nQuestion: Do both sentences mean the same thing?\nAnswer:"
    )


def test_qqp_in_both_layouts():
    sample = qqp.to_sample({"id": "9", "question1": "A?", "question2": "B?", "is_duplicate": "1"})
    assert sample == qqp.to_sample({"question1": "A?", "question2": "B?", "label": 1})
    assert shown(qqp.qqp(), sample).prompt.text == (
        "Question 1: A?\nQuestion 2: B?\nQuestion: Do both questions ask the same thing?\nAnswer:"
    )


def test_mnli_in_both_layouts():
    upstream = {
        "genre": "travel",
        "sentence1": "P.",
        "sentence2": "H ",
        "gold_label": "contradiction",
    }
    sample = mnli.to_sample(upstream)
    assert (sample.target, sample.fields["genre"]) == (("False",), "travel")
    request = shown(mnli.mnli(), sample)
    assert request.prompt.text == "P.\nQuestion: H. True, False or Neither?\nAnswer:"
    assert request.choices == (" True", " Neither", " False")
    hub = mnli.to_sample({"premise": "P.", "hypothesis": "H ", "label": 2})
    assert (hub.input, hub.answer) == (sample.input, sample.answer)


@pytest.mark.parametrize(
    ("module", "task", "right"),
    [(rte, rte.glue_rte(), "True"), (wnli, wnli.wnli(), "False")],
)
def test_rte_and_wnli(module, task, right):
    sample = module.to_sample(HUB)
    assert sample.target == (right,)  # 0 is entailment in RTE, and not in WNLI
    assert shown(task, sample).prompt.text == "P one\nQuestion: H two True or False?\nAnswer:"


def test_qnli():
    row = {"question": "Who?", "sentence": "Ann.", "label": "not_entailment"}
    sample = qnli.to_sample(row)
    assert sample == qnli.to_sample({**row, "label": 1})
    assert shown(qnli.qnli(), sample).prompt.text == (
        "Who?\nAnn.\nQuestion: Does this response answer the question?\nAnswer:"
    )
    assert sample.target == ("no",)


def test_encoders_read_the_texts_and_answer_with_the_labels_names():
    asked = shown(
        mnli.mnli(), mnli.to_sample({"premise": "P", "hypothesis": "H", "label": 1}), "classify"
    )
    assert asked.inputs == {"text": "P", "text_pair": "H"}
    assert asked.choices == ("entailment", "neutral", "contradiction")
    one = shown(sst2.sst2(), sst2.to_sample({"sentence": "fine", "label": 0}), "classify")
    assert one.inputs == {"text": "fine"}
    rated = shown(stsb.stsb(), stsb.to_sample({**HUB, "label": 3.2}), "classify")
    assert (rated.choices, rated.inputs["text_pair"]) == (("score",), "H two")


def test_stsb_has_a_number():
    sample = stsb.to_sample({**HUB, "label": 3.799999952316284})
    assert sample.target == ("3.8",)
    assert stsb.to_sample({"sentence1": "a", "sentence2": "b", "score": "4.750"}).target == (
        "4.75",
    )


def test_the_diagnostic_set_by_phenomenon():
    row = {
        "Lexical Semantics": "Lexical entailment;Factivity",
        "Predicate-Argument Structure": "nan",
        "Logic": "Negation",
        "Knowledge": "",
        "Domain": "News",
        "Premise": "P",
        "Hypothesis": "H",
        "Label": "neutral",
    }
    fields = ax.to_sample(row).fields
    assert fields["category"] == ["Lexical Semantics", "Logic"]
    assert fields["phenomenon"] == ["Lexical entailment", "Factivity", "Negation"]
    assert fields["domain"] == ["News"]
    hidden = ax.to_sample({"premise": "P", "hypothesis": "H", "label": -1, "idx": 0})
    assert (hidden.labelled, hidden.answer, hidden.target) == (False, (), ())


@pytest.mark.parametrize(
    ("task", "row", "message"),
    [
        (cola.cola(), {"sentence": "A.", "label": 2}, "x.tsv, row 0: the label 2 is none of 0, 1"),
        (cola.cola(), {"sentence": "1", "label": "He ran."}, "columns may be shifted"),
        (cola.cola(), {"sentence": " ", "label": "1"}, "a text is empty"),
        (qnli.qnli(), {"question": "Q", "sentence": "S", "label": "maybe"}, "the label 'maybe'"),
        (qqp.qqp(), {"question1": "Q", "is_duplicate": "1"}, "KeyError"),
        (stsb.stsb(), {**HUB, "label": "main-captions"}, "is no number from 0 to 5"),
        (stsb.stsb(), {**HUB, "label": 5.5}, "the score 5.5"),
        (mnli.mnli(), {"premise": "P", "hypothesis": "H", "label": 3}, "the label 3"),
        (mnli.mnli(), {"premise": "P", "hypothesis": "H", "label": -1}, "split=test asks it"),
        (stsb.stsb(), {"sentence1": "P", "sentence2": "H"}, "row has no label"),
    ],
)
def test_a_damaged_row_is_named(task, row, message):
    with pytest.raises(DataError, match=message):
        build_samples(task, [row], split="validation", origin="x.tsv")


def test_a_cut_file_is_named(tmp_path):
    folder = tmp_path / "glue" / "QNLI"
    folder.mkdir(parents=True)
    (folder / "dev.tsv").write_text("index\tquestion\tsentence\tlabel\n0\tQ\tS\tentailment\n1\tQ\n")
    with pytest.raises(DataError, match=r"dev\.tsv, row 2 \(line 3\): 2 columns where 4"):
        plan_of("qnli", tmp_path)


def test_quotation_marks_of_a_file_are_text(tmp_path):
    folder = tmp_path / "glue" / "CoLA"
    folder.mkdir(parents=True)
    (folder / "dev.tsv").write_text('gj04\t1\t\t"Who?"\n')
    (leaf,) = plan_of("cola", tmp_path).leaves.values()
    assert leaf.samples[0].fields["texts"] == ['"Who?"']


def test_no_such_split():
    for make in (cola.cola, sst2.sst2, mnli.mnli, stsb.stsb):
        with pytest.raises(ConfigError, match="no split 'dev'"):
            make(split="dev")


def answered(task, sample, response, form="rank", subset=None):
    return Answered(sample, subset, response, task.forms[form].scorer(sample, response))


def likely(sample, *values):
    pairs = zip(sample.choices, values, strict=True)
    return Response(choices=tuple(ChoiceLikelihood(f" {text}", value) for text, value in pairs))


def test_a_submission_there_and_back():
    task = qnli.qnli(split="test")
    rows = [{"index": str(n), "question": "Q?", "sentence": f"S {n}."} for n in range(3)]
    samples = build_samples(task, rows, split="test", origin="test.tsv")
    assert not any(sample.labelled for sample in samples)
    answers = [
        answered(task, samples[0], likely(samples[0], -2.0, -1.0)),
        answered(task, samples[1], Response("Answer: A"), "generate"),
        answered(task, samples[2], Response("Hm."), "generate"),  # the file takes no gap
    ]
    files = task.submission(answers)
    text = "index\tprediction\n0\tnot_entailment\n1\tentailment\n2\tentailment\n"
    assert files == {"QNLI.tsv": text}
    content = [
        dict(zip(("index", "prediction"), line.split("\t"), strict=True))
        for line in text.splitlines()[1:]
    ]
    assert task.responses(content, samples) == [
        {"id": "test-0", "response": "no"},
        {"id": "test-1", "response": "yes"},
        {"id": "test-2", "response": "yes"},
    ]


def test_mnli_is_submitted_in_two_files():
    task = mnli.mnli(split="test")
    rows = [{"premise": "P", "hypothesis": "H", "label": -1}]
    answers = []
    for subset, best in (("matched", (-1, -2, -3)), ("mismatched", (-3, -2, -1))):
        (sample,) = build_samples(task, rows, split=f"test_{subset}", origin="o")
        answers.append(answered(task, sample, likely(sample, *best), subset=subset))
    assert task.submission(answers) == {
        "MNLI-m.tsv": "index\tprediction\n0\tentailment\n",
        "MNLI-mm.tsv": "index\tprediction\n0\tcontradiction\n",
    }
    with pytest.raises(DataError, match="Name the subset: mnli/matched"):
        task.responses([{"index": "0", "prediction": "neutral"}], [a.sample for a in answers])


def test_stsb_s_submission_has_numbers():
    task = stsb.stsb(split="test")
    rows = [{"index": "0", "sentence1": "a", "sentence2": "b"}] * 3
    samples = build_samples(task, rows, split="test", origin="o")
    given = [
        (Response(choices=(ChoiceLikelihood("score", 5.0625),)), "classify"),
        (Response("Answer: 3.5"), "generate"),
        (Response("?"), "generate"),
    ]
    answers = [answered(task, s, r, f) for s, (r, f) in zip(samples, given, strict=True)]
    text = task.submission(answers)["STS-B.tsv"]
    assert text == "index\tprediction\n0\t5.0625\n1\t3.5\n2\t2.5\n"
    assert task.responses([{"index": "0", "prediction": "5.0625"}], samples) == [
        {"id": "test-0", "choices": [5.0625]}
    ]
    with pytest.raises(DataError, match="'much', no number"):
        task.responses([{"index": "0", "prediction": "much"}], samples)


def test_a_file_that_is_no_submission():
    samples = build_samples(
        sst2.sst2(), [{"sentence": "a", "label": 1}], split="validation", origin="o"
    )
    for content, message in (([{"id": "x"}], "has no prediction"), ({"a": 1}, "has no prediction")):
        with pytest.raises(DataError, match=message):
            sst2.sst2().responses(content, samples)
    with pytest.raises(DataError, match="the label 'good'"):
        sst2.sst2().responses([{"index": 0, "prediction": "good"}], samples)


def test_the_suite_has_the_nine_tasks():
    assert [item.suite for item in resolve("glue")] == ["glue"] * 9
    assert [column.metrics for column in GLUE.columns[:5]] == [
        ("mcc",),
        ("acc",),
        ("acc", "f1"),
        ("pearson", "spearman"),
        ("acc", "f1"),
    ]
    assert resolve("glue/cola")[0].task.name == "cola"


def plan_of(spec, data):
    form = "generate" if spec.startswith("stsb") else "rank"
    config = RunConfig(tasks=(spec,), model="m", data=str(data))
    return make_plan(config, frozenset({form}), {"name": "m"})


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("spec", "rows", "most"),
    [
        ("cola", 1043, 721),
        ("cola:release=1.1", 1043, 719),
        ("sst2", 872, 444),
        ("mrpc", 408, 279),
        ("qnli", 5463, 2761),
        ("glue_rte", 277, 146),
        ("qqp", 9, 5),
    ],
)
def test_all_real_rows_become_samples(mirror, spec, rows, most):
    (leaf,) = plan_of(spec, mirror).leaves.values()
    counts = Counter(sample.answer for sample in leaf.samples)
    assert (len(leaf.samples), max(counts.values())) == (rows, most)


@pytest.mark.mirror
def test_the_real_stsb(mirror):
    (leaf,) = plan_of("stsb", mirror).leaves.values()
    assert len(leaf.samples) == 1500
    assert {sample.fields["genre"] for sample in leaf.samples} == {
        "main-captions",
        "main-forums",
        "main-news",
    }
    assert min(float(sample.target[0]) for sample in leaf.samples) >= 0


@pytest.mark.mirror
def test_both_copies_of_the_real_sst2_give_the_same_samples(mirror):
    (leaf,) = plan_of("sst2", mirror).leaves.values()

    folder = mirror / "glue" / "SST-2"
    lines = gzip.decompress((folder / "validation_hf.jsonl.gz").read_bytes()).splitlines()
    hub = [sst2.to_sample(json.loads(line)) for line in lines]
    assert [s.fields for s in hub] == [s.fields for s in leaf.samples]
    assert [s.answer for s in hub] == [s.answer for s in leaf.samples]


@pytest.mark.mirror
def test_a_submission_of_the_real_development_set_is_scored(mirror, tmp_path, capsys):
    """One text file, `julja score`, scikit-learn's numbers: RTE's rows, all entailment."""
    rows = "".join(f"{number}\tentailment\n" for number in range(277))
    (tmp_path / "RTE.tsv").write_text(f"index\tprediction\n{rows}")
    words = ["score", "glue_rte", "--responses", str(tmp_path / "RTE.tsv"), "--json"]
    places = ["--data", str(mirror), "--store", str(tmp_path / "julja.db")]
    with pytest.raises(SystemExit) as stopped:
        main([*words, *places])
    result = json.loads(capsys.readouterr().out)["results"][0]
    assert stopped.value.code == 0
    assert result["counts"]["scored"] == 277
    assert result["metrics"]["acc"]["value"] == pytest.approx(146 / 277)


def test_hidden_is_no_label():
    assert [common.read_label(value, "01") for value in (-1, "", None, "1", 0)] == [
        None,
        None,
        None,
        1,
        0,
    ]
