"""Joins the arena to what it draws its answers from: runs in the store, and answer files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from julja.arena.answers import Questions, conversation, read_answers, read_questions
from julja.arena.pool import NO_TEXT, Answer, Pool, make_pool
from julja.errors import StoreError, did_you_mean
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Record

NOT_WRITTEN = "the model only chose, and wrote nothing"
FAILED = "no answer: an error"
EPOCH = "an epoch after the first"
CONFIDENTIAL = "a confidential text"
OTHER_TASK = "another task than those asked for"
FILES = (".jsonl", ".json", ".gz", ".zip", ".csv", ".tsv", ".parquet")


def open_pool(
    store: Store,
    sources: Sequence[str],
    *,
    tasks: Sequence[str] = (),
    questions: Sequence[str] = (),
    keep_revealing: bool = False,
) -> Pool:
    """The answers of some runs and answer files, of all runs in the store where none is named.

    A source that is a file, or ends like one, is read; any other is a run's id. Raises `DataError`
    or `StoreError` where there is nothing to vote on.
    """
    files = [source for source in sources if Path(source).is_file() or source.endswith(FILES)]
    names = [source for source in sources if source not in files]
    lost: Counter[str] = Counter()
    answers: list[Answer] = []
    if names or not files:
        runs = [store.find_run(name) for name in names] or _newest(store)
        answers += answers_of_runs(store, runs, tasks, lost)
    known: Questions = read_questions(questions)
    for path in files:
        found = list(read_answers(path, known))
        kept = [row for row in found if not tasks or row.group in tasks]
        lost[OTHER_TASK] += len(found) - len(kept)
        answers += kept
    return make_pool(answers, left_out=lost, keep_revealing=keep_revealing)


def _newest(store: Store) -> list[RunRow]:
    """The newest run of each model on each set of tasks."""
    runs = store.runs()
    if not runs:
        raise StoreError(
            f"there is no run in {store.path}, and no file of answers was named.",
            hint="Run two models first: julja run starter -m llamacpp/smollm2 -m openai/…, "
            "or name files of answers: julja arena vote a.jsonl b.jsonl",
        )
    found: dict[tuple[str, tuple[str, ...]], RunRow] = {}
    for run in runs:
        found.setdefault((run.model, run.tasks), run)
    return list(found.values())


def answers_of_runs(
    store: Store, runs: Sequence[RunRow], tasks: Sequence[str], lost: Counter[str]
) -> list[Answer]:
    """The written answers of some runs; `lost` counts the records that are none, by reason.

    Two runs of one model are told apart by their ids. A task fits where it, or the task that it is
    a subset of, is asked for (all by default).
    """
    names = _names(runs)
    seen_tasks: set[str] = set()
    answers: list[Answer] = []
    for run in runs:
        for record in store.records(run.id):
            seen_tasks.add(record.task)
            reason = _reason(record, tasks)
            if reason:
                lost[reason] += 1
            else:
                answers.append(_answer(record, names[run.id]))
    if tasks and not answers:
        unknown = [task for task in tasks if not any(_is_of(seen, task) for seen in seen_tasks)]
        if unknown:
            raise StoreError(
                f"these runs have no task {unknown[0]!r}.",
                hint=did_you_mean(unknown[0], seen_tasks)
                or f"They have {', '.join(sorted(seen_tasks)[:8])}.",
            )
    return answers


def _names(runs: Sequence[RunRow]) -> dict[str, str]:
    """What each run's answers go by: its model, with the run's id where two runs share a task."""
    found = {}
    for run in runs:
        twins = [
            other
            for other in runs
            if other.id != run.id and other.model == run.model and set(other.tasks) & set(run.tasks)
        ]
        found[run.id] = f"{run.model} ({run.id})" if twins else run.model
    return found


def _reason(record: Record, tasks: Sequence[str]) -> str | None:
    """Why a record can't take part, or None."""
    if tasks and not any(_is_of(record.task, task) for task in tasks):
        return OTHER_TASK
    if record.epoch > 0:
        return EPOCH
    if record.confidential:
        return CONFIDENTIAL
    if record.response is None or record.prompt is None:
        return FAILED
    if record.response.choices and not record.response.text:
        return NOT_WRITTEN
    return None if record.response.text.strip() else NO_TEXT


def _is_of(task: str, wanted: str) -> bool:
    return task == wanted or task.startswith(f"{wanted}/")


def _answer(record: Record, model: str) -> Answer:
    """A record's answer; the prompt is what the model was shown, so that it is the same for all."""
    assert record.prompt is not None and record.response is not None
    id_ = f"{record.task}/{record.sample}"
    messages = record.prompt.messages
    earlier = record.response.earlier
    if not earlier:
        return Answer(id_, messages, model, record.response.text, record.task)
    # The last request of a conversation ends with the earlier answers and what was said to each.
    turns = messages[-2 * len(earlier) :]
    asked = ["", *(message.content for message in turns[1::2])]
    said = conversation(id_, asked, model, [*earlier, record.response.text], record.task)
    return replace(said, messages=messages[: -2 * len(earlier)] + said.messages[1:])
