"""WMT: sources and references line by line, systems' files, and what does not fit."""

import json

import pytest

from julja.benchmarks.translation.wmt import PAIRS, aligned, to_sample, wmt14, wmt16, wmt22
from julja.cli.main import main
from julja.data.layout import choose
from julja.errors import ConfigError, DataError


def lines(*texts):
    return [{"text": text} for text in texts]


TEXTS = {
    "generaltest2022.de-en.src.de": lines("eins", "zwei"),
    "generaltest2022.de-en.ref.A.en": lines("one", "two"),
    "generaltest2022.de-en.ref.B.en": lines("1", "2"),
}


def test_all_references_count_or_the_one_that_is_named():
    both, one = aligned(TEXTS, "de-en", "all"), aligned(TEXTS, "de-en", "B")
    assert to_sample(both[1], "de-en").target == ("two", "2")
    assert to_sample(one[1], "de-en").target == ("2",)
    assert to_sample(both[0], "de-en").fields["target_language"] == "English"


@pytest.mark.parametrize(
    ("texts", "refs", "says"),
    [
        ({**TEXTS, "generaltest2022.de-en.ref.A.en": lines("one")}, "all", "have 2 lines"),
        (TEXTS, "C", "has the references A, B; wanted was C"),
        ({"generaltest2022.de-en.src.de": lines("eins")}, "all", "has the references none"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(texts, refs, says):
    with pytest.raises(DataError, match=says):
        aligned(texts, "de-en", refs)


@pytest.mark.parametrize("make", [wmt14, wmt16])
def test_the_hub_s_pair_is_asked_in_both_directions(make):
    row = {"translation": {"ru": "Привет.", "en": "Hello."}}
    back, forth = make(pair="ru-en"), make(pair="en-ru")
    assert back.rows.config == forth.rows.config == "ru-en"
    paths = ["cs-en/test-00000-of-00001.parquet", "ru-en/test-00000-of-00001.parquet"]
    assert choose("wmt", paths, {}, config=forth.rows.config, split=forth.rows.split) == paths[1:]
    samples = [task.sample(row) for task in (back, forth)]
    assert [(s.input, *s.target) for s in samples] == [("Привет.", "Hello."), ("Hello.", "Привет.")]
    assert samples[1].fields == {"source_language": "English", "target_language": "Russian"}


@pytest.mark.parametrize("year", ["wmt14", "wmt16"])
def test_the_news_years_have_each_pair_in_both_directions(year):
    assert {pair for pair in PAIRS[year]} == {"-".join(p.split("-")[::-1]) for p in PAIRS[year]}


@pytest.mark.parametrize(
    ("pair", "tokenizer"), [("en-zh", "zh"), ("en-ja", "ja-mecab"), ("en-de", "13a")]
)
def test_bleu_s_tokeniser_is_the_target_language_s(pair, tokenizer):
    scorer = wmt22(pair=pair).forms["generate"].scorer
    assert f"|tok:{tokenizer}|" in scorer.args["signature"]


def test_an_unknown_pair_is_told():
    with pytest.raises(ConfigError, match="no pair 'de-xx'"):
        wmt22(pair="de-xx")


@pytest.mark.mirror
def test_a_systems_file_has_a_line_for_each_sentence(mirror, tmp_path, capsys):
    (tmp_path / "short.en").write_text("one line\n")
    words = ["score", "wmt22:ter=false", "--responses", str(tmp_path / "short.en")]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--data", str(mirror), "--store", str(tmp_path / "julja.db"), "--json"])
    out, _ = capsys.readouterr()
    assert stopped.value.code == 1
    assert "has 1 lines for 1984 samples" in json.loads(out)["error"]["message"]


def test_sacrebleus_signature_stands_below_the_scores(tmp_path, capsys):
    folder = tmp_path / "wmt" / "wmt22" / "txt"
    for name, texts in TEXTS.items():
        part = "sources" if ".src." in name else "references"
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / name).write_text("".join(f"{row['text']}\n" for row in texts))
    (tmp_path / "ours.en").write_text("one\ntwo\n")
    words = ["score", "wmt22", "--responses", str(tmp_path / "ours.en"), "--data", str(tmp_path)]
    store = ["--store", str(tmp_path / "julja.db")]
    with pytest.raises(SystemExit):
        main([*words, *store])
    out, _ = capsys.readouterr()
    (line,) = (line for line in out.splitlines() if line.startswith("BLEU|"))
    assert line.startswith("BLEU|nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")
    for kind in ("md", "html"):
        with pytest.raises(SystemExit):
            main(["export", "last", *store, "--to", kind, "-o", str(tmp_path / kind)])
        assert "TER|nrefs:2|case:lc" in (tmp_path / kind).read_text()
