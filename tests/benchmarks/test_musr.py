"""MuSR: both layouts, the prompt that numbers options and ranks their text, clusters by story."""

import json

import pytest

from julja.benchmarks.reasoning.musr import flat, musr, to_sample
from julja.benchmarks.reasoning.musr_reasoned import numbered
from julja.config import RunConfig
from julja.errors import DataError, TaskError
from julja.run.planning import make_plan
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.types import Decoding, Response

ROW = {
    "narrative": "A story.",
    "question": "Who?",
    "choices": "['Ruth', \"Otto's aunt\"]",
    "answer_index": 1,
    "answer_choice": "Otto's aunt",
}
STORY = {
    "context": "A story.",
    "questions": [
        {"question": "Who?", "choices": ["Ruth", "Otto's aunt"], "answer": 1},
        {"question": "Where?", "choices": ["here", "there", "nowhere"], "answer": 0},
    ],
}


def test_both_layouts_give_the_same_sample():
    first, second = map(to_sample, flat([STORY]))
    assert first == to_sample(ROW)
    assert first.cluster == second.cluster  # questions of one story
    assert first.cluster != to_sample({**ROW, "narrative": "Another."}).cluster
    assert (second.target, second.fields["options"]) == (("here",), 3)


def test_the_prompt():
    request = make_request("rank", musr().forms["rank"], to_sample(ROW), (), Decoding())
    assert request.prompt.text == "A story.\n\nWho?\n\n1 - Ruth\n2 - Otto's aunt\n\nAnswer:"
    assert request.choices == (" Ruth", " Otto's aunt")


def asked(prompt, domain):
    form = musr(prompt=prompt).forms["generate"]
    sample = to_sample({**ROW, "subset": domain})
    return make_request("generate", form, sample, (), Decoding()).prompt.messages


def test_the_authors_prompts():
    system, user = asked("cot", "murder_mysteries")
    assert system.content.startswith("You are a helpful assistant")
    assert user.content == (
        "A story.\n\nWho?\n\nPick one of the following choices:\n1 - Ruth\n2 - Otto's aunt\n\n"
        "You must pick one option. Explain your reasoning step by step before you answer. Finally,"
        ' the last thing you generate should be "ANSWER: (your answer here, include the choice'
        ' number)"'
    )
    plain = asked("regular", "team_allocation")[1].content
    assert "You must pick one option. Finally, the last thing" in plain


def test_the_hint_stands_before_the_question_or_before_the_order_to_explain():
    murder = asked("cot+", "murder_mysteries")[1].content
    assert "You must pick one option. Before selecting a choice, explain" in murder
    assert "most clearly established. Explain your reasoning step by step" in murder
    search = asked("cot+", "object_placements")[1].content
    assert search.startswith("A story.\n\nBased on this story, we want")
    assert "where they observed it.\n\nWho?\n\nPick one" in search
    team = asked("cot+", "team_allocation")[1].content
    assert "as effectively as possible.\n\n Explain your reasoning" in team
    assert team.endswith('(your answer here, including the choice number)"')


@pytest.mark.parametrize(
    ("text", "state", "value"),
    [
        ("So\nANSWER: 2", "scored", 1.0),
        ("Answer: 1\nNo.\nanswer: (2) Otto's aunt\nANSWER:", "scored", 1.0),
        ("ANSWER: 1 or 2", "scored", 1.0),  # the authors' reader takes the right one of several
        ("ANSWER: 1", "scored", 0.0),
        ("ANSWER: Otto's aunt", "unparsed", 0.0),
        ("It is 2.", "unparsed", 0.0),
    ],
)
def test_the_number_behind_answer(text, state, value):
    score = numbered()(to_sample(ROW), Response(text))
    assert (score.state, score.values["acc"]) == (state, value)


def test_a_guess_is_worth_its_chance():
    score = numbered(guess=True)(to_sample(ROW), Response("Who knows?"))
    assert (score.state, score.values["acc"]) == ("unparsed", 0.5)


def test_an_unknown_prompt_is_an_error():
    with pytest.raises(TaskError, match=r"no prompt 'cot\+\+'\. Did you mean cot\+"):
        musr(prompt="cot++")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer_choice": "Ruth"}, "the answer 'Ruth' is not number 1"),
        ({"answer_index": 2}, "is not number 2"),
        ({"choices": "Ruth, Otto"}, "are no list"),
        ({"choices": "['Ruth']"}, "no list of two or more"),
    ],
)
def test_a_damaged_row_is_named(change, message):
    with pytest.raises(DataError, match=message):
        build_samples(musr(), [{**ROW, **change}], split="x", origin="x.csv")


def test_each_domain_is_a_split_of_the_hub_and_a_file_of_the_mirror(tmp_path):
    folder = tmp_path / "musr"
    folder.mkdir()
    (folder / "team_allocation.json").write_text(json.dumps([STORY]), encoding="utf-8")
    config = RunConfig(tasks=("musr/team_allocation",), model="m", data=str(tmp_path))
    (leaf,) = make_plan(config, frozenset({"rank"}), {"name": "m"}).leaves.values()
    assert [sample.id for sample in leaf.samples] == ["team_allocation-0", "team_allocation-1"]


@pytest.mark.mirror
def test_the_viewer_s_stories_are_a_part_of_their_own(mirror):
    config = RunConfig(tasks=("musr:part=viewer",), model="m", data=str(mirror))
    leaves = make_plan(config, frozenset({"generate"}), {"name": "m"}).leaves
    assert {name: len(leaf.samples) for name, leaf in leaves.items()} == {
        "musr/murder_mystery": 5,
        "musr/object_placements": 20,
        "musr/team_allocation": 5,
    }
    # The hint is the domain's, whatever the file is called.
    leaf = leaves["musr/murder_mystery"]
    asked = leaf.request(leaf.samples[0], 0).prompt.messages[-1].content
    assert "Before selecting a choice, explain" in asked


def test_there_is_no_other_part():
    with pytest.raises(TaskError, match="no part 'small'"):
        musr(part="small")


@pytest.mark.mirror
def test_the_authors_stories_can_be_read(mirror):
    """The mirror has the five stories of each domain that the authors' viewer shows."""
    from julja.data.files import read_rows

    folder = mirror / "musr" / "viewer" / "small_datasets"
    sizes = {"murder_mystery": {2}, "object_placements": {3, 4, 5}, "team_allocation": {3}}
    for name, options in sizes.items():
        rows = flat(read_rows(folder / f"small_{name}.json.gz"))
        samples = build_samples(musr(), rows, split=name, origin=name)
        assert len({sample.cluster for sample in samples}) == 5
        assert {len(sample.choices) for sample in samples} <= options
