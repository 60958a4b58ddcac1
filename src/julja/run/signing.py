"""Signatures of a run and its tasks: all that could change a number, named or in the hash."""

from collections.abc import Mapping, Sequence

from julja import __version__
from julja.config import RunConfig
from julja.run.plan import TaskPlan
from julja.scoring.judge.base import is_judged
from julja.signature import digest, sign
from julja.tasks.render import ENCODED
from julja.tasks.task import Form, Task
from julja.types import FormName


def task_signature(
    task: Task,
    kind: FormName,
    form: Form,
    shots: int,
    epochs: int,
    config: RunConfig,
    hashes: Mapping[str, str],
    identity: Mapping[str, str],
) -> str:
    """The signature of one task; `hashes` are its data's by subset, `identity` is the model's."""
    decoding = form.decoding
    parts = {
        "task": f"{task.name}.{task.version}",
        "form": kind,
        "shots": shots,
        "epochs": epochs if epochs > 1 else None,
        "limit": config.limit,
        "seed": config.seed,
        "temperature": _temperature(form) if kind == "generate" else None,
        "max_tokens": decoding.max_tokens if kind == "generate" else None,
        "data": digest(dict(hashes), 4),
        "model": identity.get("name") or config.model,
        "judge": "+".join(config.judges) if is_judged(form.scorer) else None,
    }
    hidden = [
        dict(identity),
        hashes,
        [form.prompt, form.answer, form.header, form.separator, form.system],
        *([[form.contexts, form.unconditional, form.rolling]] if kind == "rank" else []),
        *([form.inputs] if kind in ENCODED else []),
        *([form.longest] if form.longest else []),
        *([form.turns] if form.turns else []),
        *([form.temperature] if form.temperature else []),
        *([form.cut] if form.cut != "left" else []),
        [decoding.top_p, decoding.stop],
        [form.scorer.name, form.scorer.args],
        task.params,
        form.pick or task.pick,
    ]
    return sign(parts, hidden, __version__)


def _temperature(form: Form) -> float | str | None:
    return form.decoding.temperature if form.temperature is None else "by sample"


def run_signature(plans: Sequence[TaskPlan], config: RunConfig) -> str:
    """The signature of a whole run: its one task's, or one over those of all."""
    if len(plans) == 1:
        return plans[0].signature
    names = "+".join(f"{plan.name}.{plan.task.version}" for plan in plans[:6])
    more = f"+{len(plans) - 6} more" if len(plans) > 6 else ""
    parts = {"tasks": names + more, "limit": config.limit, "model": config.model}
    return sign(parts, [plan.signature for plan in plans], __version__)


def judge_identity(judges: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The judges' identities as one, by name: who judges can change a score."""
    return {
        f"judge {name}: {key}": value
        for name, identity in judges.items()
        for key, value in sorted(identity.items())
    }
