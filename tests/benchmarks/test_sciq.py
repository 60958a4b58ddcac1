"""SciQ: passages, the order of options, the prompts of its forms, and the real file."""

import json

import pytest

from julja.benchmarks.commonsense.sciq import sciq, to_sample
from julja.config import RunConfig
from julja.errors import ConfigError, DataError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import ChoiceLikelihood, Decoding, Response

ROW = {
    "question": "What do bees make?",
    "distractor1": "milk",
    "distractor2": "oil",
    "distractor3": "ink",
    "correct_answer": "honey",
    "support": " Bees make honey.",
}
BARE = {**ROW, "support": ""}


def plan_of(folder, spec="sciq:split=validation"):
    config = RunConfig(tasks=(spec,), model="m", data=str(folder))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    return leaf


def test_the_rank_form_keeps_lm_eval_s_order_and_its_empty_line() -> None:
    form = sciq().forms["rank"]
    with_passage = make_request("rank", form, to_sample(ROW), (), Decoding())
    assert with_passage.prompt.text == "Bees make honey.\nQuestion: What do bees make?\nAnswer:"
    assert with_passage.choices == (" milk", " oil", " ink", " honey")
    without = make_request("rank", form, to_sample(BARE), (), Decoding())
    assert without.prompt.text == "\nQuestion: What do bees make?\nAnswer:"


def test_olmes_leaves_no_empty_line() -> None:
    form = sciq(protocol="olmes").forms["rank"]
    without = make_request("rank", form, to_sample(BARE), (), Decoding())
    assert without.prompt.text == "Question: What do bees make?\nAnswer:"
    with_passage = make_request("rank", form, to_sample(ROW), (), Decoding())
    assert with_passage.prompt.text == "Bees make honey.\nQuestion: What do bees make?\nAnswer:"


def test_options_are_shown_in_an_order_of_their_own() -> None:
    forms, sample = sciq().forms, to_sample(BARE)
    letter = make_request("letter", forms["letter"], sample, [sample], Decoding())
    once = "Question: What do bees make?\n A. oil\n B. honey\n C. ink\n D. milk\nAnswer:"
    assert letter.prompt.text == f"{once} B\n\n{once}"
    # In the order of the sample's choices: milk, oil, ink, honey.
    assert letter.choices == ("D", "A", "C", "B")
    likely = tuple(
        ChoiceLikelihood(text, value)
        for text, value in zip(letter.choices, (-3.0, -2.0, -4.0, -0.1), strict=True)
    )
    score = forms["letter"].scorer(sample, Response(choices=likely))
    assert (score.values["acc"], score.extracted) == (1.0, "B")


def test_a_written_letter_is_read_as_it_was_shown() -> None:
    scorer, sample = sciq().forms["generate"].scorer, to_sample(BARE)
    assert scorer(sample, Response("Answer: B")).values == {"acc": 1.0}
    assert scorer(sample, Response("Answer: D")).values == {"acc": 0.0}
    assert scorer(sample, Response("Answer: honey")).values == {"acc": 1.0}
    assert scorer(sample, Response("no idea")).state == "unparsed"


def test_the_places_of_the_right_option_are_even() -> None:
    places = [
        to_sample({**ROW, "question": f"What is number {number}?"}).fields["letter"]
        for number in range(400)
    ]
    assert all(75 < places.count(letter) < 125 for letter in "ABCD")


def test_upstream_s_file_is_one_json_list(tmp_path) -> None:
    (tmp_path / "sciq").mkdir()
    (tmp_path / "sciq" / "test.json").write_text(json.dumps([ROW, BARE]))
    assert [sample.id for sample in plan_of(tmp_path, "sciq").samples] == ["test-0", "test-1"]


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match="sciq has no split 'dev'"):
        sciq(split="dev")  # type: ignore[arg-type]


def test_a_damaged_row_is_named() -> None:
    row = {key: value for key, value in ROW.items() if key != "distractor2"}
    with pytest.raises(DataError, match=r"x.jsonl, row 0: KeyError 'distractor2'"):
        build_samples(sciq(), [row], split="test", origin="x.jsonl")


@pytest.mark.mirror
def test_all_real_rows_become_samples(mirror) -> None:
    samples = plan_of(mirror).samples
    assert len(samples) == 1000
    assert sum(not sample.fields["support"] for sample in samples) == 113
