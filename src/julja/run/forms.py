"""Which of a task's forms a run asks, with the decoding and the judges that the user wants."""

from collections.abc import Sequence
from dataclasses import replace

from julja.config import RunConfig
from julja.errors import ConfigError
from julja.models.engine import Ability
from julja.run.catalog import Resolved
from julja.scoring.judge.base import Judged, is_judged
from julja.scoring.judge.single import REPEATS, judge
from julja.tasks.task import Form, Task
from julja.types import FormName


def choose_form(
    task: Task, wanted: FormName | None, abilities: frozenset[Ability], subset: str | None = None
) -> FormName:
    """The form to use: the wanted one, else the task's first that the engine can answer.

    A form that can't ask for the wanted subset is passed over.
    """
    can = [
        name
        for name, form in task.forms.items()
        if name in abilities and (name == wanted or can_ask(form, subset))
    ]
    if wanted is not None:
        if wanted not in task.forms:
            raise ConfigError(
                f"{task.name} has no {wanted} form.", hint=f"It has {', '.join(task.forms)}."
            )
        if wanted not in can:
            raise ConfigError(
                f"the model can't answer the {wanted} form (it can {_list(abilities)}).",
                hint=f"Leave --form out, or use {_list(can)}." if can else None,
            )
        return wanted
    if can:
        return can[0]
    needs = " or ".join(task.forms)
    why = " It needs log-likelihoods of whole answers." if "rank" in task.forms else ""
    raise ConfigError(
        f"{task.name} needs a model that can {needs}; this one can {_list(abilities)}.{why}",
        hint="`julja doctor -m MODEL` shows what a model can do.",
    )


def can_ask(form: Form, subset: str | None) -> bool:
    """Whether a form has a subset; a part of one (`name/part`) counts as it."""
    if subset is None or not form.subsets:
        return True
    return subset in form.subsets or subset.partition("/")[0] in form.subsets


def _list(abilities: Sequence[str] | frozenset[Ability]) -> str:
    return ", ".join(sorted(set(abilities) - {"chat", "images"})) or "nothing"


def with_decoding(form: Form, config: RunConfig) -> Form:
    """A form with what the user wants of its decoding."""
    decoding = form.decoding
    if config.max_tokens is not None:
        decoding = replace(decoding, max_tokens=config.max_tokens)
        form = replace(form, longest=None)
    if config.temperature is not None:
        decoding = replace(decoding, temperature=config.temperature)
        form = replace(form, temperature=None)
    if config.top_p is not None:
        decoding = replace(decoding, top_p=config.top_p)
    return replace(form, decoding=decoding)


def judged_task(task: Task, config: RunConfig, all_tasks: Sequence[Resolved]) -> Task:
    """A task as the run's judges score it.

    Judged scorers are asked as often as the user says. Other tasks keep their own scorers, unless a
    rubric was named or no task of the run is judged: judges then grade the written answers.
    """
    forms = dict(task.forms)
    for kind, form in forms.items():
        if isinstance(form.scorer, Judged) and config.judge_repeats:
            args = {**form.scorer.args, "repeats": config.judge_repeats}
            again = replace(form.scorer, repeats=config.judge_repeats, args=args)
            forms[kind] = replace(form, scorer=again)
    if _has_judge(task) or (config.rubric is None and any(_has_judge(i.task) for i in all_tasks)):
        return replace(task, forms=forms)
    written = forms.get("generate")
    if written is None:
        raise ConfigError(
            f"{task.name} has no written answers that a judge could grade.",
            hint=f"Its forms are {', '.join(forms)}.",
        )
    scorer = judge(rubric=config.rubric or "auto", repeats=config.judge_repeats or REPEATS)
    return replace(task, forms={"generate": replace(written, scorer=scorer)}, submission=None)


def _has_judge(task: Task) -> bool:
    return any(is_judged(form.scorer) for form in task.forms.values())
