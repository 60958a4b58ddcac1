"""Financial PhraseBank: Latin-1 lines, agreement levels, what is refused."""

import pytest

from julja.benchmarks.finance import fpb
from julja.config import RunConfig
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan


def rows(path, text, encoding="latin-1"):
    path.write_bytes(text.encode(encoding))
    return fpb.lines(read_rows(path, encoding="latin-1"))


def test_a_line_is_latin_1_and_ends_in_its_label(tmp_path):
    (row,) = rows(tmp_path / "a.txt", "Mail ir@kone.fi , says Hämäläinen .@neutral\n")
    sample = fpb.to_sample(row)
    assert sample.input == "Mail ir@kone.fi , says Hämäläinen ."
    assert (sample.target, sample.answer) == (("neutral",), (1,))


def test_the_hubs_labels_are_places():
    assert fpb.to_sample({"sentence": "x", "label": 2}).target == ("positive",)


@pytest.mark.parametrize("label", ["bullish", 3, -1, True, None])
def test_an_unknown_label_is_refused(label):
    with pytest.raises(DataError, match="is none of negative, neutral, positive"):
        fpb.to_sample({"sentence": "x", "label": label})


def test_a_line_without_a_label_is_refused_by_number(tmp_path):
    with pytest.raises(DataError, match="row 1 is no sentence@label: 'Sales rose'"):
        rows(tmp_path / "a.txt", "It rained .@neutral\nSales rose\n")


def test_a_file_whose_characters_were_lost_is_refused():
    with pytest.raises(DataError, match=r"a character of the sentence is lost"):
        fpb.to_sample({"sentence": "L\ufffdnnen Tehtaat", "label": "neutral"})


def test_an_unknown_level_is_a_wrong_use():
    with pytest.raises(ConfigError, match="agree=90 is none of the levels"):
        fpb.fpb("90")


@pytest.mark.mirror
def test_the_mirrors_sentences_and_their_shares(mirror):
    config = RunConfig(tasks=("fpb",), model="x", data=str(mirror))
    plan = make_plan(config, frozenset({"generate"}), {"name": "x"})
    labels = [s.target[0] for leaf in plan.leaves.values() for s in leaf.samples]
    assert [labels.count(name) for name in fpb.LABELS] == [604, 2879, 1363]


@pytest.mark.mirror
def test_the_mirrors_damaged_file_is_refused_and_says_where(mirror):
    """Its line 38 is a lone "1": the end of a sentence that a fork of the data has broken."""
    config = RunConfig(tasks=("fpb:agree=all",), model="x", data=str(mirror))
    with pytest.raises(DataError, match="row 37 is no sentence@label: '1'"):
        make_plan(config, frozenset({"generate"}), {"name": "x"})
