"""`TASK:corrupt=fog,severity=3`: any task with pictures, asked with corrupted ones.

The task is called `TASK-fog-3`, so that it is never taken for the clean one; labels, prompts and
scorers stay. Of several corruptions or severities each sample is asked under every one, its results
are broken down by them, and its number is the mean over them (mean performance under corruption).
"""

from collections.abc import Sequence
from dataclasses import replace

from julja.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    VERSION,
    Recipe,
    chosen,
    named,
    recipes,
    severities,
)
from julja.errors import ConfigError
from julja.pictures import changed
from julja.scoring.conditions import over_conditions
from julja.tasks.spec import TaskSpec
from julja.tasks.task import Card, Task
from julja.types import Sample

OPTIONS = ("corrupt", "severity")
_NAMES = tuple(CORRUPTIONS)


def split_off(spec: TaskSpec) -> tuple[TaskSpec, tuple[Recipe, ...]]:
    """A task as typed without what it says of corruptions, and these; none without `corrupt`."""
    if "corrupt" not in spec.options:
        return spec, ()
    wanted = chosen(spec.options["corrupt"])
    levels = severities(spec.options.get("severity", "all"))
    rest = {key: value for key, value in spec.options.items() if key not in OPTIONS}
    return replace(spec, options=rest), recipes(wanted, levels)


def corrupted_task(task: Task, wanted: Sequence[Recipe]) -> Task:
    """A task whose samples are shown corrupted; the plan corrupts them (`corrupted_samples`)."""
    kinds = tuple(dict.fromkeys(recipe.corruption for recipe in wanted))
    levels = tuple(dict.fromkeys(recipe.severity for recipe in wanted))
    words = "+".join(map(str, levels))
    label = f"{named(kinds)}{'' if levels == SEVERITIES else f'-{words}'}"
    varied = [("corruption", kinds), ("severity", levels)]
    by = tuple(name for name, values in varied if len(values) > 1)
    several = len(wanted) > 1
    made = replace(
        task,
        name=f"{task.name}-{label}",
        clean=task.name,
        recipes=tuple(wanted),
        mirror=task.mirror or task.name,
        params={**task.params, "corrupt": list(map(str, wanted)), "corruptions": VERSION},
        card=_card(task.card, kinds, levels),
    )
    if not several:
        return made
    forms = {
        kind: replace(form, scorer=over_conditions(form.scorer, _code, _name))
        for kind, form in task.forms.items()
    }
    # Files of answers know each picture once: they are read and written for one recipe alone.
    return replace(
        made,
        forms=forms,
        by=(*by, *task.by),
        grid=by if len(by) == 2 else task.grid,
        responses=None,
        submission=None,
    )


def _code(sample: Sample) -> int:
    """A sample's recipe as a number; -1 for one that shows its pictures as they are."""
    fields = sample.fields
    if "corruption" not in fields:
        return -1
    return _NAMES.index(fields["corruption"]) * len(SEVERITIES) + int(fields["severity"]) - 1


def _name(code: int) -> str:
    kind, level = divmod(code, len(SEVERITIES))
    return str(Recipe(_NAMES[kind], SEVERITIES[level]))


def _card(card: Card, kinds: Sequence[str], levels: Sequence[int]) -> Card:
    what = ", ".join(kinds)
    told = f"Every picture under {what} at severity {', '.join(map(str, levels))}."
    note = "The corruptions are julja's own: no numbers to compare with ImageNet-C's or COCO-C's."
    return replace(
        card,
        title=f"{card.title}, corrupted",
        summary=f"{card.summary} {told}".strip(),
        notes=f"{card.notes} {note}".strip(),
        abilities=tuple(dict.fromkeys((*card.abilities, "robustness"))),
        rows=card.rows and card.rows * len(kinds) * len(levels),
    )


def check_pictures(task: Task, samples: Sequence[Sample]) -> None:
    """Refuse to corrupt what can't be: texts, clips, and what is corrupted already."""
    own = {"corruption", "severity", "clean_id"} & {name for s in samples for name in s.fields}
    if own:
        raise ConfigError(
            f"the samples of {task.clean} have {', '.join(sorted(own))} of their own: corrupt="
            " can't tell theirs from its own.",
            hint="Its pictures are corrupted already; leave corrupt= out."
            if own == {"corruption"}
            else "Rename the fields.",
        )
    if any(media.kind == "video" for sample in samples for media in sample.media):
        raise ConfigError(
            f"{task.clean} shows clips: corrupt= is for pictures.", hint="Leave corrupt= out."
        )
    bare = [s for s in samples if not s.media and not s.fields.get("no_picture")]
    if bare:
        count = "no pictures" if len(bare) == len(samples) else f"{len(bare)} samples without any"
        raise ConfigError(
            f"{task.clean} shows {count} (such as {bare[0].id}): corrupt= is for pictures.",
            hint="Leave corrupt= out, or ask for samples with pictures alone.",
        )


def corrupted_samples(task: Task, samples: Sequence[Sample]) -> list[Sample]:
    """Each sample under each of the task's recipes; of several, ids begin with CORRUPTION/SEVERITY.

    What shows one picture is a cluster: its standard errors belong together.
    """
    several = len(task.recipes) > 1
    return [
        replace(
            sample,
            id=f"{recipe.corruption}/{recipe.severity}/{sample.id}" if several else sample.id,
            cluster=(sample.cluster or sample.id) if several else sample.cluster,
            fields={
                **sample.fields,
                "corruption": recipe.corruption,
                "severity": recipe.severity,
                "clean_id": sample.id,
            },
            media=tuple(changed(media, recipe) for media in sample.media),
        )
        for sample in samples
        for recipe in task.recipes
    ]
