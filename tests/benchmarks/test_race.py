"""RACE: both layouts, the article's earlier questions, and the prompts of its forms."""

import json

import pytest

from julja.benchmarks.reading.race import from_articles, numbered, race, to_sample
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.planning import make_plan
from julja.tasks.render import make_request
from julja.types import Decoding

ARTICLE = "Tom has a boat.\nIt is red."
PAGE = {
    "id": "high7.txt",
    "article": ARTICLE,
    "questions": ["What has Tom?", "The boat is _ ."],
    "options": [["a boat", "a car", "a hat", "a cow"], ["blue", "red", "old", "lost"]],
    "answers": ["A", "B"],
}
HUB = [
    {
        "example_id": "high7.txt",
        "article": ARTICLE,
        "question": question,
        "options": options,
        "answer": answer,
    }
    for question, options, answer in zip(
        PAGE["questions"], PAGE["options"], PAGE["answers"], strict=True
    )
]


def plan_of(folder, spec="race"):
    config = RunConfig(tasks=(spec,), model="m", data=str(folder))
    return make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves


def write_upstream(folder, page=PAGE):
    for level in ("high", "middle"):
        place = folder / "race" / "test" / level
        place.mkdir(parents=True)
        (place / "7.txt").write_text(json.dumps({**page, "id": f"{level}7.txt"}))
        (place / "8.txt").write_text(json.dumps({**page, "id": f"{level}8.txt"}) + "\n")


def test_both_layouts_give_the_same_rows() -> None:
    assert from_articles([{"text": json.dumps(PAGE)}, {"text": ""}]) == numbered(HUB)


def test_questions_of_an_article_share_a_cluster() -> None:
    first, second = (to_sample(row) for row in numbered(HUB))
    assert [first.id, second.id] == ["high7.txt-0", "high7.txt-1"]
    assert (first.answer, second.target) == ((0,), ("red",))
    assert first.cluster == second.cluster == "high7.txt"


def test_the_rank_form_shows_the_earlier_questions_answered() -> None:
    form = race().forms["rank"]
    _, second = (to_sample(row) for row in numbered(HUB))
    request = make_request("rank", form, second, (), Decoding())
    assert request.prompt.text == (
        "Article:\nTom has a boat.\nIt is red.\n\nQ: What has Tom?\n\nA: a boat\n\n"
        "Q: The boat is _ .\n\nA:"
    )
    assert request.choices == (" blue", " red", " old", " lost")
    assert request.unconditional is None


def test_a_question_can_stand_alone_and_be_held_against_the_bare_answer() -> None:
    task = race(earlier=False, mutual_info=True)
    second = task.sample(numbered(HUB)[1])
    request = make_request("rank", task.forms["rank"], second, (), Decoding())
    assert request.prompt.text == f"Article:\n{ARTICLE}\n\nQ: The boat is _ .\n\nA:"
    assert request.unconditional == "A:"
    assert task.forms["rank"].scorer.metrics[-1].name == "acc_mutual_info"


def test_the_letter_form_shows_one_question_with_its_options() -> None:
    second = to_sample(numbered(HUB)[1])
    letter = make_request("letter", race().forms["letter"], second, (), Decoding())
    assert letter.prompt.text == (
        f"Article:\n{ARTICLE}\n\nQuestion: The boat is _ .\n A. blue\n B. red\n C. old\n D. lost\n"
        "Answer:"
    )


def test_upstream_s_folders_are_read_level_by_level(tmp_path) -> None:
    write_upstream(tmp_path)
    leaves = plan_of(tmp_path)
    assert {name: len(leaf.samples) for name, leaf in leaves.items()} == {
        "race/high": 4,
        "race/middle": 4,
    }
    (high,) = plan_of(tmp_path, "race/high").values()
    assert [sample.id for sample in high.samples] == [
        "high7.txt-0",
        "high7.txt-1",
        "high8.txt-0",
        "high8.txt-1",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": ["A"]}, "article high7.txt: its questions, options and answers differ"),
        ({"answers": ["A", "E"]}, "the answer 'E' of article high7.txt is none of A, B, C, D"),
        ({"options": [["a"] * 4, ["a"] * 3]}, "of article high7.txt has 3 options where RACE has"),
    ],
)
def test_a_damaged_article_is_named(tmp_path, change, message) -> None:
    write_upstream(tmp_path, {**PAGE, **change})
    with pytest.raises(DataError, match=message):
        plan_of(tmp_path, "race/high")


def test_a_file_that_is_no_article_is_named() -> None:
    with pytest.raises(DataError, match="'Tom has' is no article of RACE"):
        from_articles([{"text": "Tom has"}])
