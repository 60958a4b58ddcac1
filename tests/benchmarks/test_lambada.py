"""LAMBADA: both layouts, the split at the last space, and the real file."""

import pytest

from julja.benchmarks.reading.lambada import (
    lambada,
    lambada_multilingual,
    lambada_standard,
    to_sample,
)
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding


def test_both_layouts_give_the_same_sample():
    sample = to_sample({"text": "He drew a long\n\nbreath of air"})
    assert sample == to_sample({"context": "He drew a long\n\nbreath of", "continuation": "air"})
    assert (sample.input, sample.target) == ("He drew a long\n\nbreath of", ("air",))


def test_the_word_with_its_space_is_the_continuation():
    form = lambada().forms["rank"]
    request = make_request("rank", form, to_sample({"text": "a b c"}), (), Decoding())
    assert (request.prompt.text, request.choices) == ("a b", (" c",))


@pytest.mark.parametrize("text", ["", "word", " word", "word "])
def test_a_passage_without_a_last_word_is_named(text):
    with pytest.raises(DataError, match=r"x\.jsonl, row 0: the passage"):
        build_samples(lambada(), [{"text": text}], split="test", origin="x.jsonl")


def leaves_of(folder, name):
    config = RunConfig(tasks=(name,), model="m", data=str(folder))
    return make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves


def test_the_original_is_a_text_file_of_passages(tmp_path):
    (tmp_path / "lambada").mkdir()
    path = tmp_path / "lambada" / "lambada_test_plain_text.txt"
    path.write_text("he drew a long breath , and left\nshe did n't look back at him\n")
    (leaf,) = leaves_of(tmp_path, "lambada_standard").values()
    assert [sample.id for sample in leaf.samples] == ["test-0", "test-1"]
    request = leaf.request(leaf.samples[1], 0)
    assert (request.prompt.text, request.choices) == ("she did n't look back at", (" him",))


def test_each_language_is_a_subset(tmp_path):
    (tmp_path / "lambada").mkdir()
    for code in ("de", "en", "es", "fr", "it"):
        path = tmp_path / "lambada" / f"lambada_test_{code}.jsonl"
        path.write_text(f'{{"text": "one {code} word"}}\n')
    leaves = leaves_of(tmp_path, "lambada_multilingual")
    assert [leaf.subset for leaf in leaves.values()] == ["de", "en", "es", "fr", "it"]
    assert leaves["lambada_multilingual/fr"].samples[0].input == "one fr"


def test_the_three_tasks_share_their_protocol():
    forms = [make().forms for make in (lambada, lambada_standard, lambada_multilingual)]
    assert all(form.keys() == {"rank"} for form in forms)
    assert len({form["rank"].scorer.name for form in forms}) == 1


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror):
    config = RunConfig(tasks=("lambada_openai",), model="m", data=str(mirror))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert len(leaf.samples) == 5153
    assert leaf.samples[0].id == "test-0"
    assert leaf.samples[0].choices == ("signs",)
    assert not any(" " in sample.choices[0] for sample in leaf.samples)
