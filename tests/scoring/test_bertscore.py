"""BERTScore as a plug-in: what it asks of the library, what it records, what it says is missing.

The library is a stand-in of ours here. With the real one (bert-score 0.3.13) and a small model of
ours, `bertscore=FOLDER#2` gave the same F1 as the library itself.
"""

import sys
from types import SimpleNamespace

import pytest

from julja.benchmarks.finance.finben import finben_ectsum, finben_edtsum
from julja.errors import ConfigError
from julja.scoring import bertscore
from julja.scoring.bertscore import BertScore
from julja.types import Response

ROW = {"id": "1", "query": "Summarise.", "answer": "Ferries grew"}


class FakeScorer:
    """F1 is the share of the reference's words that the text has, the best over references."""

    def __init__(self, model_type, num_layers, lang, rescale_with_baseline):
        if model_type == "nobody/nothing":
            raise OSError("nobody/nothing is not a local folder\nand no model of the hub")
        self.asked = (model_type, num_layers, lang, rescale_with_baseline)
        self.baseline_path = __file__ if model_type == "known-model" else "/nowhere.tsv"

    def score(self, texts, references):
        words = set(texts[0].split())
        found = [
            max(len(words & set(reference.split())) / len(reference.split()) for reference in group)
            for group in references
        ]
        return found, found, found


@pytest.fixture
def library(monkeypatch):
    fake = SimpleNamespace(BERTScorer=FakeScorer, utils=SimpleNamespace())
    fake.utils.model2layers = {"known-model": 9}
    monkeypatch.setitem(sys.modules, "bert_score", fake)
    monkeypatch.setattr(bertscore, "_version", {"bert-score": "0.3", "transformers": "5"}.get)
    bertscore._load.cache_clear()
    yield fake
    bertscore._load.cache_clear()


@pytest.fixture
def nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "bert_score", None)
    bertscore._load.cache_clear()


def test_the_settings_are_recorded_as_the_library_names_them(library):
    assert BertScore("known-model").signature == "known-model_L9_no-idf_version=0.3(hug_trans=5)"
    rescaled = BertScore("ours/folder#4", rescale=True)
    assert rescaled.signature == "ours/folder_L4_no-idf_version=0.3(hug_trans=5)-rescaled"
    assert rescaled.args["bertscore"] == "ours/folder#4"
    assert rescaled.args["rescale"] is True


def test_the_library_is_asked_for_the_model_its_layer_and_the_baseline(library):
    assert bertscore._load(BertScore("known-model")).asked == ("known-model", None, "en", False)
    assert bertscore._load(BertScore("a/b#3")).asked == ("a/b", 3, "en", False)
    rescaled = BertScore("known-model", rescale=True, language="ko")
    assert bertscore._load(rescaled).asked == ("known-model", None, "ko", True)


def test_the_best_reference_counts_and_a_text_without_words_is_0(library):
    score = BertScore("known-model")
    assert score.f1("ferries grew", ["it rained", "ferries grew fast then"]) == 0.5
    assert score.f1(" \n", ["ferries"]) == 0.0


@pytest.mark.parametrize(
    ("model", "rescale", "says"),
    [
        ("unknown-model", False, "doesn't know which layer of unknown-model"),
        ("known-model#nine", False, "is no number"),
        ("nobody/nothing#1", False, "can't be loaded: nobody/nothing is not a local folder Name"),
        ("a/b#3", True, "has no baseline of a/b in the language 'en'"),
    ],
)
def test_what_is_missing_is_told_before_a_run(library, model, rescale, says):
    with pytest.raises(ConfigError, match=says):
        finben_edtsum(bertscore=model, rescale=rescale).forms["generate"].scorer.ready()


def test_without_the_library_it_says_what_to_install(nothing):
    scorer = finben_edtsum(bertscore="known-model").forms["generate"].scorer
    with pytest.raises(ConfigError, match="needs the library bert-score") as raised:
        scorer.ready()
    assert raised.value.hint == "pip install bert-score"
    assert "_Ldefault_" in scorer.args["signature"]


def test_summaries_have_it_beside_rouge_when_a_model_is_named(library):
    task = finben_edtsum(bertscore="known-model")
    scorer = task.forms["generate"].scorer
    assert [metric.name for metric in scorer.metrics][-1] == "bert_score_f1"
    assert task.params == {"bertscore": "known-model", "rescale": False}
    found = scorer(task.sample(ROW), Response("Ferries sank"))
    assert found.values["bert_score_f1"] == 0.5
    assert scorer(task.sample(ROW), Response(" ")).values["bert_score_f1"] == 0.0
    marked = finben_ectsum(bertscore="known-model")
    row = {**ROW, "text": "Ferries grew\nIt rained", "label": [1, 0]}
    right = marked.forms["generate"].scorer(marked.sample(row), Response("1\n0"))
    assert right.values["bert_score_f1"] == 1.0


def test_without_a_model_nothing_changes():
    plain = finben_edtsum().forms["generate"].scorer
    assert [metric.name for metric in plain.metrics] == ["rouge1", "rouge2", "rougeL"]
    assert plain.args == {}
    assert plain.ready is None
    with pytest.raises(ConfigError, match="no model of it is named"):
        finben_edtsum(rescale=True)
