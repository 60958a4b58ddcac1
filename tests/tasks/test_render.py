"""A sample's prompt depends on the task, its id and the seed, and on nothing else."""

import pytest

from julja.errors import TaskError
from julja.scoring.base import scorer
from julja.tasks.render import make_request, pick_exemplars, render_prompt
from julja.tasks.task import Form
from julja.types import Decoding, Sample


@scorer()
def always():
    return lambda sample, response: True


def sample(number: int) -> Sample:
    return Sample(f"test-{number}", f"question {number}", (str(number),), fields={"level": number})


POOL = [sample(n) for n in range(100, 140)]


def test_a_few_shot_prompt_is_header_exemplars_question():
    form = Form(
        prompt="Q: {{ input }}\nA:",
        answer=" {{ target[0] }}",
        header="Level {{ level }}.\n",
        scorer=always(),
    )
    prompt = render_prompt(form, sample(1), [sample(2)])
    assert prompt.text == "Level 1.\nQ: question 2\nA: 2\n\nQ: question 1\nA:"


def test_each_place_in_the_prompt_has_a_number():
    form = Form(
        prompt="{{ number }}. {{ input }}",
        answer=lambda sample: f" ({sample.fields['number']})",
        separator="\n",
        scorer=always(),
    )
    shots = [Sample("a", "one"), Sample("b", "two")]
    prompt = render_prompt(form, Sample("c", "three"), shots)
    assert prompt.messages[0].content == "1. one (1)\n2. two (2)\n3. three"
    own = Sample("d", "mine", fields={"number": 9})
    assert render_prompt(form, own).messages[0].content == "9. mine"


def test_a_system_text_is_a_message_of_its_own():
    prompt = render_prompt(Form(system="Be brief.", scorer=always()), sample(1))
    assert [(m.role, m.content) for m in prompt.messages] == [
        ("system", "Be brief."),
        ("user", "question 1"),
    ]


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(TaskError, match=r"Names it can use: .*level"):
        render_prompt(Form(prompt="{{ nothing }}", scorer=always()), sample(1))


def test_templates_cannot_reach_python():
    with pytest.raises(TaskError):
        render_prompt(Form(prompt="{{ input.__class__.__mro__ }}", scorer=always()), sample(1))


def test_exemplars_are_the_same_whatever_else_is_asked():
    alone = pick_exemplars(POOL, sample(7), 5, task="t", seed=0)
    for number in (1, 2, 3):
        pick_exemplars(POOL, sample(number), 5, task="t", seed=0)
    assert pick_exemplars(POOL, sample(7), 5, task="t", seed=0) == alone
    assert pick_exemplars(POOL, sample(7), 5, task="t", seed=1) != alone
    assert pick_exemplars(POOL, sample(8), 5, task="t", seed=0) != alone


def test_a_sample_is_never_its_own_exemplar():
    for target in POOL:
        shots = pick_exemplars(POOL, target, 39, task="t", seed=0)
        assert target not in shots
        assert len(set(s.id for s in shots)) == 39


def test_the_first_exemplars_are_in_file_order():
    shots = pick_exemplars(POOL, POOL[1], 3, task="t", seed=0, pick="first")
    assert [s.id for s in shots] == ["test-100", "test-102", "test-103"]


def test_too_many_shots_say_how_many_there_are():
    with pytest.raises(TaskError, match="Use --shots 39 or fewer"):
        pick_exemplars(POOL, POOL[0], 40, task="t", seed=0)


def test_choices_become_letters_or_continuations():
    options = Sample("x", "?", choices=("red", "blue", "green"), answer=(1,))
    form = Form(scorer=always())
    letter = make_request("letter", form, options, (), Decoding())
    rank = make_request("rank", form, options, (), Decoding())
    assert letter.choices == ("A", "B", "C")
    assert rank.choices == (" red", " blue", " green")
