"""Every benchmark of the catalogue: good samples score 1, bad ones 0, prompts are what they were.

`JULJA_UPDATE_SNAPSHOTS=1 pytest tests/benchmarks` writes the prompts anew; a changed prompt needs a
higher `version` of its task.
"""

import importlib
import json
import os
from pathlib import Path

import pytest

from julja.run.catalog import INDEX, build_index, index, resolve, suites
from julja.run.schedule import score_safely
from julja.scoring.judge.base import Opinion, is_judged
from julja.tasks.render import render_prompt
from julja.types import ChoiceLikelihood, Response

SNAPSHOTS = Path(__file__).parent / "snapshots"
NAMES = sorted(index())
RUN_PROGRAMS = (
    "humaneval",
    "humaneval_plus",
    "livebench_coding",
    "livecodebench",
    "mbpp",
    "mbpp_plus",
    "starter_code",
)
CHECKED = [
    pytest.param(name, marks=pytest.mark.sandbox) if name in RUN_PROGRAMS else name
    for name in NAMES
]


# What a task can't be scored without: a classifier of our own stands in for the user's.
OPTIONS = {
    "realtoxicityprompts": {"classifier": f"{Path(__file__).parent / 'classifier.py'}:toxic"}
}


def task_of(name):
    module, _, function = index()[name].target.partition(":")
    return getattr(importlib.import_module(module), function)(**OPTIONS.get(name, {}))


def response_of(check, sample):
    if check.form in ("generate", "span", "tags", "detect", "segment"):
        return Response(check.response, finish="stop")
    flags = check.greedy or (None,) * len(check.choices)
    likely = zip(sample.choices, check.choices, flags, strict=True)
    return Response(
        finish="stop",
        choices=tuple(ChoiceLikelihood(text, value, greedy=flag) for text, value, flag in likely),
    )


def test_the_index_is_what_the_benchmarks_say():
    assert json.loads(INDEX.read_text()) == build_index(), "run `make index`"


@pytest.mark.parametrize("name", CHECKED)
def test_self_checks(name):
    task = task_of(name)
    for form in task.forms:
        checks = [check for check in task.checks if check.form == form]
        # Letter and rank share their samples: a form without its own checks has its twin's.
        if not checks and form in ("letter", "rank"):
            checks = [check for check in task.checks if check.form in ("letter", "rank")]
        assert {check.value for check in checks} == {0, 1}, f"{form} needs good and bad samples"
        scorer = task.forms[form].scorer
        for check in checks:
            sample = task.sample(check.row)
            if is_judged(scorer):
                check_judged(scorer, check, sample)
                continue
            score = score_safely(scorer, sample, response_of(check, sample))
            assert score.state != "error", score.explanation
            assert score.values[scorer.metrics[0].key] == check.value, (check, score)


def check_judged(scorer, check, sample):
    """The judges say what the check says they do; 1 and 0 are the ends of the metric's scale."""
    turns = len(sample.fields.get("turns", ("",)))
    response = Response(check.response, finish="stop", earlier=(check.response,) * (turns - 1))
    questions = scorer.questions(sample, response, frozenset({"generate"}))
    opinions = []
    for number, question in enumerate(questions):
        said = check.judge[min(number, len(check.judge) - 1)]
        if said in ("mine", "theirs"):  # the letter depends on which was shown first
            said = "m" if (said == "mine") == (question.first == "answer") else "M"
        reading = scorer.read(question, sample, Response(said, finish="stop"))
        opinions.append(Opinion("judge", number, 0, question.part, question.first, reading))
    score = scorer.conclude(sample, response, opinions)
    metric = next(metric for metric in scorer.metrics if metric.key in score.values)
    share = (score.values[metric.key] - metric.low) / (metric.high - metric.low)
    assert (score.state, share) == ("scored", check.value), (check, score)


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_what_they_were(name):
    task = task_of(name)
    for form_name, form in task.forms.items():
        checks = [c for c in task.checks if c.form == form_name] or list(task.checks)
        samples = [task.sample(check.row) for check in checks]
        shots = samples[1:2] if form.shots and len(samples) > 1 else []
        prompt = render_prompt(form, samples[0], shots)
        text = "".join(f"[{m.role}]\n{m.content}⏎\n" for m in prompt.messages)
        path = SNAPSHOTS / f"{name}.{form_name}.v{task.version}.txt"
        if os.environ.get("JULJA_UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no snapshot {path.name}: JULJA_UPDATE_SNAPSHOTS=1"
        assert text == path.read_text(encoding="utf-8"), "a changed prompt needs a new version"


@pytest.mark.parametrize("name", NAMES)
def test_cards_say_what_a_reader_must_know(name):
    card = task_of(name).card
    for field in ("title", "summary", "licence", "abilities", "contamination", "label_errors"):
        assert getattr(card, field), f"{name}: the card has no {field}"
    if not name.startswith("starter_"):
        for field in ("paper", "official_scorer", "saturation"):
            assert getattr(card, field), f"{name}: the card has no {field}"


@pytest.mark.parametrize("name", NAMES)
def test_the_human_figure_is_in_the_range_of_the_primary_metric(name):
    task = task_of(name)
    first = next(iter(task.forms.values())).scorer.metrics[0]
    assert task.card.human is None or first.low < task.card.human <= first.high


@pytest.mark.parametrize("suite", sorted(suites()))
def test_suites_name_tasks_that_exist(suite):
    assert [item.suite for item in resolve(suite)] == [suite] * len(suites()[suite].tasks)
