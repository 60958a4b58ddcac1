"""SuperGLUE's MultiRC, ReCoRD and diagnostic sets; hidden labels and submission files of all."""

import json

import numpy as np
import pytest

from julja.benchmarks.commonsense import copa
from julja.benchmarks.reading import boolq
from julja.benchmarks.superglue import ax, cb, multirc, record, rte, wic, wsc
from julja.cli.main import main
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.catalog import resolve
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.tasks.task import Answered
from julja.types import ChoiceLikelihood, Decoding, Response

PAGE = {
    "idx": 4,
    "passage": {
        "text": "Ivo rowed to Skagen.",
        "questions": [
            {
                "question": "Who rowed?",
                "idx": 0,
                "answers": [
                    {"text": "Ivo", "idx": 0, "label": 1},
                    {"text": "Ada", "idx": 1, "label": 0},
                ],
            },
            {"question": "Where to?", "idx": 1, "answers": [{"text": "S.", "idx": 2, "label": 1}]},
        ],
    },
}
ARTICLE = {
    "idx": 9,
    "passage": {
        "text": "Ivo met Ada in Skagen.\n@highlight\nAda waved",
        "entities": [{"start": 15, "end": 20}, {"start": 0, "end": 2}, {"start": 8, "end": 10}],
    },
    "qas": [
        {
            "query": "They are friends, said @placeholder.",
            "answers": [{"start": 0, "end": 2, "text": "Ivo"}],
            "idx": 31,
        }
    ],
}


def samples_of(task, content):
    return build_samples(task, task.rows.adapt(content), split="validation", origin="val.jsonl")


def shown(task, sample, form="rank"):
    return make_request(form, task.forms[form], sample, (), Decoding())


def judged(task, sample, *values):
    request = shown(task, sample)
    pairs = zip(request.choices, values, strict=True)
    return Response(choices=tuple(ChoiceLikelihood(text, value) for text, value in pairs))


def answered(task, sample, response, form="rank"):
    return Answered(sample, None, response, task.forms[form].scorer(sample, response))


def test_multirc_in_both_layouts():
    task = multirc.multirc()
    first, second, third = samples_of(task, [PAGE])
    assert (first.id, first.answer, first.cluster) == ("4.0.0", (1,), "4")
    assert (second.fields["group"], second.fields["group_size"]) == ("4.0", 2)
    assert third.fields["group_size"] == 1
    hub = {
        "paragraph": "Ivo rowed to Skagen.",
        "question": "Who rowed?",
        "answer": "Ivo",
        "idx": {"paragraph": 4, "question": 0, "answer": 0},
        "label": 1,
    }
    (counted,) = task.rows.adapt_hub([hub])
    assert task.sample(counted).input == first.input
    request = shown(task, first)
    assert request.prompt.text == "Ivo rowed to Skagen.\nQuestion: Who rowed?\nAnswer:"
    assert request.choices == (
        " Ivo\nIs the answer correct? no",
        " Ivo\nIs the answer correct? yes",
    )
    letter = shown(task, first, "letter").prompt.text
    assert letter.endswith("Answer: Ivo\nIs the answer correct?\n A. no\n B. yes\nAnswer:")


def test_multirc_s_f1_over_answers_and_exact_match_over_questions():
    task = multirc.multirc()
    samples = samples_of(task, [PAGE])
    scorer = task.forms["rank"].scorer
    # The first question's answers are right and wrong, the second's right: F1a 4/5, EM 1/2.
    verdicts = [(-2, -1), (-2, -1), (-3, -1)]
    scores = [scorer(s, judged(task, s, *v)) for s, v in zip(samples, verdicts, strict=True)]
    values = {
        metric.name: metric.aggregate(
            {name: np.array([s.values[name] for s in scores]) for name in metric.columns}
        )
        for metric in scorer.metrics
        if metric.aggregate
    }
    assert values == {"f1a": pytest.approx(0.8), "em": 0.5}
    assert [metric.name for metric in scorer.metrics] == ["f1a", "em", "acc"]


def test_multirc_s_submission_there_and_back():
    task = multirc.multirc(split="test")
    page = json.loads(json.dumps(PAGE).replace(', "label": 1', "").replace(', "label": 0', ""))
    samples = samples_of(task, [page])
    assert not any(sample.labelled for sample in samples)
    given = [judged(task, samples[0], -2, -1), judged(task, samples[1], -1, -2), Response("?")]
    forms = ("rank", "rank", "generate")
    answers = [answered(task, s, r, f) for s, r, f in zip(samples, given, forms, strict=True)]
    (content,) = task.submission(answers).values()
    rows = [json.loads(line) for line in content.splitlines()]
    answers_of = [{"idx": 0, "label": 1}, {"idx": 1, "label": 0}]
    questions = [{"idx": 0, "answers": answers_of}, {"idx": 1, "answers": [{"idx": 2, "label": 0}]}]
    assert rows == [{"idx": 4, "passage": {"questions": questions}}]
    assert task.responses(rows, samples) == [
        {"id": "4.0.0", "response": "yes"},
        {"id": "4.0.1", "response": "no"},
        {"id": "4.1.2", "response": "no"},
    ]
    with pytest.raises(DataError, match="row 0 of the responses is no paragraph"):
        task.responses([{"idx": 1, "label": 0}], samples)


def test_record_in_both_layouts():
    task = record.record()
    (sample,) = samples_of(task, [ARTICLE])
    assert (sample.id, sample.choices, sample.target) == ("31", ("Ada", "Ivo", "Skagen"), ("Ivo",))
    (hub,) = task.rows.adapt_hub(
        [
            {
                "passage": ARTICLE["passage"]["text"],
                "query": ARTICLE["qas"][0]["query"],
                "entities": ["Skagen", "Ivo", "Ada"],
                "answers": ["Ivo"],
                "idx": {"passage": 9, "query": 31},
            }
        ]
    )
    assert task.sample(hub) == sample
    request = shown(task, sample)
    assert request.prompt.text == "Ivo met Ada in Skagen.\n\n  - Ada waved.\n"
    assert request.choices[1] == "   - They are friends, said Ivo."


@pytest.mark.parametrize(
    ("response", "f1", "em", "state"),
    [
        ("Answer: Ivo", 1.0, 1.0, "scored"),
        ("It must be the rower.\n\n**Answer:** the Ivo.", 1.0, 1.0, "scored"),
        ("Answer: Ivo of Skagen", 0.5, 0.0, "scored"),
        ("Ada", 0.0, 0.0, "scored"),
        (" \n", 0.0, 0.0, "unparsed"),
    ],
)
def test_record_is_scored_by_words(response, f1, em, state):
    task = record.record()
    (sample,) = samples_of(task, [ARTICLE])
    found = task.forms["generate"].scorer(sample, Response(response))
    assert (found.values, found.state) == ({"f1": f1, "em": em}, state)


def test_record_s_submission_there_and_back():
    task = record.record(split="test")
    article = {**ARTICLE, "qas": [{"query": "So said @placeholder.", "idx": 31}]}
    (sample,) = samples_of(task, [article])
    assert not sample.labelled
    answers = [answered(task, sample, judged(task, sample, -3, -2, -1))]
    assert task.submission(answers) == {"ReCoRD.jsonl": '{"idx": 31, "label": "Skagen"}\n'}
    rows = task.responses([{"idx": 31, "label": "Skagen"}], [sample])
    assert rows == [{"id": "31", "response": "Skagen"}]


def test_the_phenomena_of_ax_b():
    row = {
        "sentence1": "P",
        "sentence2": "H",
        "idx": 5,
        "label": "not_entailment",
        "logic": "Negation;Double negation",
    }
    sample = ax.axb().sample(row)
    assert (sample.id, sample.target) == ("5", ("False",))
    assert sample.fields["category"] == ["logic"]
    assert sample.fields["phenomenon"] == ["Negation", "Double negation"]
    assert shown(ax.axb(), sample).prompt.text == "P\nQuestion: H True or False?\nAnswer:"
    hub = ax.axb().sample({"sentence1": "P", "sentence2": "H", "idx": 5, "label": 1})
    assert (hub.answer, hub.fields["category"]) == ((1,), [])


def test_gender_parity_over_pairs():
    base = {"hypothesis": "The baker had a leak.", "label": "entailment"}
    texts = ("The baker called as he had a leak.", "The baker called as she had a leak.")
    task = ax.axg()
    upstream = [
        task.sample({**base, "premise": text, "idx": n, "pair_id": 7})
        for n, text in enumerate(texts)
    ]
    # The hub has no pair_id: the texts differ in nothing but the pronoun's gender.
    hub = [task.sample({**base, "premise": text, "idx": n}) for n, text in enumerate(texts)]
    for pair in (upstream, hub):
        assert pair[0].cluster == pair[1].cluster
        scorer = task.forms["rank"].scorer
        for second, parity in (((-1, -2), 1.0), ((-2, -1), 0.0)):
            given = [judged(task, pair[0], -1, -2), judged(task, pair[1], *second)]
            scores = [scorer(s, r) for s, r in zip(pair, given, strict=True)]
            metric = scorer.metrics[1]
            columns = {n: np.array([s.values[n] for s in scores]) for n in metric.columns}
            assert (metric.name, metric.aggregate(columns)) == ("gender_parity", parity)
    other = task.sample({**base, "premise": "The cook called.", "idx": 9})
    assert other.cluster != hub[0].cluster


COPA = {"premise": "It froze.", "choice1": "A.", "choice2": "B.", "question": "cause", "idx": 3}


def test_copa_s_submission_there_and_back():
    task = copa.copa(split="test")
    sample = task.sample(COPA)
    assert (sample.labelled, sample.answer, sample.choices) == (False, (), ("a.", "b."))
    answers = [answered(task, sample, judged(task, sample, -2, -1))]
    assert task.submission(answers) == {"COPA.jsonl": '{"idx": 3, "label": 1}\n'}
    assert task.responses([{"idx": 3, "label": 1}], [sample]) == [{"id": "3", "response": "b."}]
    with pytest.raises(DataError, match="the row has no label"):
        copa.copa().sample(COPA)


ROWS = {
    "BoolQ.jsonl": (boolq.boolq, {"question": "is it", "passage": "P.", "idx": 3}, "true"),
    "CB.jsonl": (cb.cb, {"premise": "P.", "hypothesis": "h", "idx": 3}, "contradiction"),
    "RTE.jsonl": (rte.rte, {"premise": "P.", "hypothesis": "h", "idx": 3}, "not_entailment"),
    "WiC.jsonl": (
        wic.wic,
        {"sentence1": "An old bank.", "sentence2": "Banks.", "start1": 7, "end1": 11, "idx": 3},
        "true",
    ),
    "WSC.jsonl": (
        wsc.wsc,
        {
            "text": "I saw it .",
            "target": {"span1_text": "I", "span1_index": 0, "span2_text": "it", "span2_index": 2},
            "idx": 3,
        },
        "True",
    ),
}


@pytest.mark.parametrize("file", sorted(ROWS))
def test_hidden_labels_and_submissions(file):
    make, row, second = ROWS[file]
    task = make(split="test")
    sample = task.sample(row)
    assert (sample.labelled, sample.answer, sample.target) == (False, (), ())
    assert task.sample({**row, "label": -1}) == sample
    values = (-2.0, -1.0, -3.0)[: len(sample.choices)]
    answers = [answered(task, sample, judged(task, sample, *values))]
    assert task.submission(answers) == {file: f'{{"idx": 3, "label": "{second}"}}\n'}
    rows = task.responses([{"idx": 3, "label": second}], [sample])
    assert rows == [{"id": "3", "response": sample.choices[1]}]
    with pytest.raises(DataError, match="the row has no label"):
        make().sample(row)
    with pytest.raises(DataError, match="has no idx or no label"):
        task.responses([{"id": 3}], [sample])
    with pytest.raises(DataError, match="the label 'perhaps' of 3"):
        task.responses([{"idx": 3, "label": "perhaps"}], [sample])
    with pytest.raises(ConfigError, match="no split 'dev'"):
        make(split="dev")


@pytest.mark.parametrize(
    ("task", "content", "message"),
    [
        (multirc.multirc(), [{"idx": 0, "passage": {"text": "x"}}], "row 0 is no paragraph"),
        (
            multirc.multirc(),
            [{**PAGE, "passage": {**PAGE["passage"], "text": " "}}],
            "question 4.0 has no text or no paragraph",
        ),
        (record.record(), [{"idx": 0}], "row 0 is no article of ReCoRD"),
        (
            record.record(),
            [{**ARTICLE, "qas": [{**ARTICLE["qas"][0], "query": "No blank."}]}],
            "statement 31 has no @placeholder",
        ),
        (
            record.record(),
            [{**ARTICLE, "qas": [{**ARTICLE["qas"][0], "answers": [{"text": "Bo"}]}]}],
            "none of the answers of statement 31 is an entity",
        ),
        (multirc.multirc(), [PAGE, PAGE], "rows 0 and 3 have the same id '4.0.0'"),
    ],
)
def test_a_damaged_file_is_named(task, content, message):
    with pytest.raises(DataError, match=message):
        samples_of(task, content)


def test_the_suite_has_the_eight_tasks():
    names = ["boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc"]
    assert [item.task.name for item in resolve("superglue")] == names


@pytest.mark.mirror
def test_the_real_multirc(mirror):
    config = RunConfig(tasks=("multirc",), model="m", data=str(mirror), shots=1)
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert (len(leaf.samples), sum(s.answer == (0,) for s in leaf.samples)) == (4848, 2773)
    assert len({s.fields["group"] for s in leaf.samples}) == 953
    text = leaf.request(leaf.samples[0], 0).prompt.text
    assert text.count("Is the answer correct? ") == 1


@pytest.mark.mirror
def test_a_multirc_file_of_the_real_development_set_is_scored(mirror, tmp_path, capsys):
    """All yes: the F1 of 2,075 right answers among 4,848, and the questions with no wrong one."""
    config = RunConfig(tasks=("multirc",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    task = multirc.multirc()
    answers = [answered(task, s, Response("Answer: B"), "generate") for s in leaf.samples]
    (tmp_path / "MultiRC.jsonl").write_text(task.submission(answers)["MultiRC.jsonl"])
    words = ["score", "multirc", "--responses", str(tmp_path / "MultiRC.jsonl"), "--json"]
    places = ["--data", str(mirror), "--store", str(tmp_path / "julja.db")]
    with pytest.raises(SystemExit):
        main([*words, *places])
    result = json.loads(capsys.readouterr().out)["results"][0]
    right = {}
    for sample in leaf.samples:
        right.setdefault(sample.fields["group"], []).append(sample.answer == (1,))
    assert result["metrics"]["f1a"]["value"] == pytest.approx(2 * 2075 / (4848 + 2075))
    assert result["metrics"]["em"]["value"] == pytest.approx(sum(map(all, right.values())) / 953)
    assert result["metrics"]["f1a"]["ci"][0] < 0.5994 < result["metrics"]["f1a"]["ci"][1]
