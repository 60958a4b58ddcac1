"""A run's answers as the files that a benchmark's own leaderboard takes."""

from collections.abc import Mapping
from pathlib import Path

from julja.errors import ConfigError, StoreError
from julja.run.execute import plan_of
from julja.run.plan import TaskPlan
from julja.store.sqlite import Store
from julja.tasks.task import Answered
from julja.types import Record
from julja.writing import write_text


def write_submission(store: Store, run: str, folder: Path) -> list[Path]:
    """Write the submission files of every task of a run that has such a format.

    A leaderboard takes whole test sets alone, so a run with a sample that has no answer is refused.
    """
    plan = plan_of(store.find_run(run))
    able = [task for task in plan.tasks if task.task.submission is not None]
    if not able:
        names = ", ".join(task.name for task in plan.tasks)
        raise ConfigError(
            f"{names} has no submission format.", hint="--to jsonl writes the answers line by line."
        )
    records = {
        (record.task, record.sample): record for record in store.records(run) if record.epoch == 0
    }
    written: list[Path] = []
    for task in able:
        assert task.task.submission is not None
        for name, content in task.task.submission(_answers(task, records)).items():
            written.append(write_text(folder / name, content))
    return written


def _answers(task: TaskPlan, records: Mapping[tuple[str, str], Record]) -> list[Answered]:
    found: list[Answered] = []
    silent: list[str] = []
    for leaf in task.leaves:
        for sample in leaf.samples:
            record = records.get((leaf.name, sample.id))
            if record is None or record.response is None or record.score is None:
                silent.append(f"{leaf.name}/{sample.id}")
            else:
                found.append(Answered(sample, leaf.subset, record.response, record.score))
    if silent:
        total = len(found) + len(silent)
        raise StoreError(
            f"{len(silent)} of {total} samples of {task.name} have no answer (first: {silent[0]}).",
            hint="A submission must be whole: `julja resume RUN` asks for the rest.",
        )
    return found
