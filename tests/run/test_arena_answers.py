"""Which records of a run can take part in an arena, and why the others can't."""

from collections import Counter

import pytest

from julja.arena.pool import NO_TEXT
from julja.errors import StoreError
from julja.run.arena import (
    CONFIDENTIAL,
    EPOCH,
    FAILED,
    NOT_WRITTEN,
    OTHER_TASK,
    answers_of_runs,
    open_pool,
)
from julja.store.rows import Outcome
from julja.store.sqlite import Store
from julja.types import (
    ChoiceLikelihood,
    Decoding,
    ErrorInfo,
    Message,
    Prompt,
    Request,
    Response,
    Sample,
)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "julja.db")
    yield opened
    opened.close()


def add(store, run, sample, response, *, task="t", epoch=0, messages=None, **fields):
    prompt = Prompt(messages or (Message("user", f"ask {sample}"),))
    request = Request("generate", prompt, Decoding(), repeat=epoch)
    key = f"{run}{task}{sample}{epoch}" if response else None
    error = None if response else ErrorInfo("ProviderError", "no answer")
    store.add(
        Outcome(run, task, sample, epoch, "src", key=key, error=error),
        sample=Sample(sample, "x", **fields),
        exchange=("m", request, response) if response else None,
    )


def test_only_written_first_answers_take_part(store):
    store.add_run("r1", "lab/m", ["t"], "s", {})
    add(store, "r1", "1", Response("four"))
    add(store, "r1", "2", Response("four"), epoch=1)
    add(store, "r1", "3", Response(choices=(ChoiceLikelihood("A", -1.0),)))
    add(store, "r1", "4", Response(" "))
    add(store, "r1", "5", None)
    add(store, "r1", "6", Response("secret"), confidential=True)
    add(store, "r1", "7", Response("other"), task="u")
    store.flush()
    lost = Counter()
    (found,) = answers_of_runs(store, store.runs(), ["t"], lost)
    assert (found.prompt, found.model, found.text, found.group) == ("t/1", "lab/m", "four", "t")
    assert found.messages == (Message("user", "ask 1"),)
    assert lost == {EPOCH: 1, NOT_WRITTEN: 1, NO_TEXT: 1, FAILED: 1, CONFIDENTIAL: 1, OTHER_TASK: 1}


def test_a_task_names_its_subsets_and_a_wrong_one_is_guessed(store):
    store.add_run("r1", "lab/m", ["t"], "s", {})
    add(store, "r1", "1", Response("four"), task="mmlu/law")
    store.flush()
    assert len(answers_of_runs(store, store.runs(), ["mmlu"], Counter())) == 1
    with pytest.raises(StoreError, match=r"no task 'mmlu/lav'.*Did you mean mmlu/law"):
        answers_of_runs(store, store.runs(), ["mmlu/lav"], Counter())


def test_a_conversation_is_one_answer_and_its_turns_are_the_prompt(store):
    store.add_run("r1", "lab/m", ["t"], "s", {})
    messages = (
        Message("system", "Be short."),
        Message("user", "Write."),
        Message("assistant", "First."),
        Message("user", "Again, in verse."),
    )
    add(store, "r1", "1", Response("Second.", earlier=("First.",)), messages=messages)
    store.flush()
    (found,) = answers_of_runs(store, store.runs(), [], Counter())
    assert found.messages == (*messages[:2], messages[3])
    assert found.text == "First.\n\n[turn 2: Again, in verse.]\n\nSecond."


def test_without_names_the_newest_run_of_each_model_takes_part(store):
    for run, model, text in (("r1", "x", "old"), ("r2", "x", "new"), ("r3", "y", "else")):
        store.add_run(run, model, ["t"], "s", {})
        add(store, run, "1", Response(text))
    store.flush()
    pool = open_pool(store, [])
    assert (pool.models, pool.texts) == (("x", "y"), (("new", "else"),))
    both = open_pool(store, ["r1", "r2"])
    assert both.models == ("x (r1)", "x (r2)")


def test_other_words_of_the_prompt_are_no_battle(store):
    for run, model in (("r1", "x"), ("r2", "y"), ("r3", "z")):
        store.add_run(run, model, ["t"], "s", {})
        shots = (Message("user", "shots\n\nask 1"),) if model == "z" else None
        add(store, run, "1", Response(f"answer of {model}"), messages=shots)
    store.flush()
    pool = open_pool(store, ["r1", "r2", "r3"])
    assert pool.models == ("x", "y")
    assert pool.left_out == {"another prompt under the same id": 1}
