"""BIG-bench: any of its JSON tasks, by name (`bigbench/novel_concepts`).

Paper: Srivastava et al., Beyond the Imitation Game, TMLR 2023, https://arxiv.org/abs/2206.04615.
Data and official scorer: google/BIG-bench (Apache-2.0), bigbench/benchmark_tasks. A task.json says
itself how it is asked and scored (docs/doc.md there): prefixes, whether the options are shown,
which metrics. 167 of the 204 tasks are such files; the others are programs.
"""

import hashlib
import json
import random
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from julja.benchmarks.reasoning.bigbench_metrics import graded, written
from julja.errors import DataError, TaskError
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

_NAMES: Mapping[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in tomllib.loads(
        Path(__file__).with_name("bigbench_tasks.toml").read_text(encoding="utf-8")
    ).items()
}
TASKS = tuple(sorted((*_NAMES["choice"], *_NAMES["free"])))
_META = (
    *("task_prefix", "example_input_prefix", "example_output_prefix", "choice_prefix"),
    *("append_choices_to_input", "few_shot_example_separator", "stop_string", "output_regex"),
    *("metrics", "preferred_score"),
)


@task
def bigbench() -> Task:
    """All JSON tasks; one at a time is what most want."""
    source = Source(
        split="default",
        hub="hails/bigbench",
        config="{subset}_zero_shot",
        files=(
            "{subset}/task.json",
            "bigbench/benchmark_tasks/{subset}/task.json",
            # A task in parts: one folder for each.
            "{subset}/*/task.json",
            "bigbench/benchmark_tasks/{subset}/*/task.json",
        ),
        adapt=examples,
    )
    return Task(
        name="bigbench",
        version=2,
        rows=source,
        exemplars=source,
        subsets=TASKS,
        unlisted=refuse_programs,
        sample=to_sample,
        forms={
            "rank": Form(
                header=header,
                prompt=question,
                answer=answer,
                separator="",
                choices=continuations,
                subsets=_NAMES["choice"],
                scorer=graded(),
            ),
            "generate": Form(
                header=header,
                prompt=question,
                answer=answer,
                separator="",
                decoding=Decoding(max_tokens=128, temperature=0.0),
                scorer=written(),
            ),
        },
        card=CARD,
        checks=CHECKS,
    )


def refuse_programs(name: str) -> None:
    """Raise for a task that has no task.json; a folder of the user's own is welcome."""
    if name.partition("/")[0] in _NAMES["programs"]:
        raise TaskError(
            f"bigbench/{name} is a program of BIG-bench's (it has no task.json), and can't be run.",
            hint=f"The {len(TASKS)} JSON tasks can: {', '.join(TASKS[:3])} …",
        )


def examples(content: Json) -> Sequence[Row]:
    """The rows of a task.json, each with what the file says of all; exact repetitions once."""
    if isinstance(content, list):
        return content
    if not isinstance(content, Mapping) or not isinstance(content.get("examples"), list):
        raise DataError(
            "this is no task.json of BIG-bench: it has no list of examples.",
            hint="A folder with subtasks is asked for by their names: bigbench/TASK/SUBTASK.",
        )
    meta = {key: content[key] for key in _META if key in content}
    rows: dict[str, Row] = {}
    for row in content["examples"]:
        rows.setdefault(json.dumps(row, sort_keys=True), {**meta, **row})
    return list(rows.values())


def to_sample(row: Row) -> Sample:
    """A row of a task.json, or of the hub (inputs, targets, multiple_choice_targets, _scores)."""
    if "inputs" in row:
        return _from_hub(row)
    if "input" not in row or ("target" not in row and "target_scores" not in row):
        raise DataError(f"the example has {', '.join(row)}: it needs input and an answer.")
    graded_by = {str(k): float(v) for k, v in (row.get("target_scores") or {}).items()}
    given = row.get("target")
    targets = given if isinstance(given, list) else [] if given is None else [given]
    separator = str(row.get("few_shot_example_separator", "\n"))
    shown = _shown(row, tuple(graded_by))
    text = f"{row.get('example_input_prefix', chr(10) + 'Q: ')}{row['input']}{shown}"
    text += str(row.get("example_output_prefix", "\nA: "))
    prefix = str(row.get("task_prefix", ""))
    return _sample(row, str(row["input"]), text, targets, graded_by, prefix, separator)


def _from_hub(row: Row) -> Sample:
    names = [str(name) for name in row.get("multiple_choice_targets") or ()]
    scores = [float(value) for value in row.get("multiple_choice_scores") or ()]
    if len(names) != len(scores):
        raise DataError(f"the example has {len(names)} choices and {len(scores)} scores.")
    graded_by = dict(zip(names, scores, strict=True))
    text = str(row["inputs"])
    # A choice is a word of its own, whether the rendered prompt ends in its blank or not.
    if names and not text[-1:].isspace():
        text += " "
    return _sample(row, text, text, list(row.get("targets") or ()), graded_by, "", "\n")


def _sample(
    row: Row,
    plain: str,
    text: str,
    targets: Sequence[Json],
    graded_by: Mapping[str, float],
    prefix: str,
    separator: str,
) -> Sample:
    choices = tuple(graded_by)
    best = max(graded_by.values(), default=0.0)
    answers = tuple(place for place, name in enumerate(choices) if graded_by[name] == best)
    wanted = tuple(map(str, targets)) or tuple(choices[place] for place in answers)
    if not wanted or (choices and len(choices) < 2):
        raise DataError(f"the example {plain[:60]!r} has no answer, or only one choice.")
    usual = ["multiple_choice_grade"] if choices else ["exact_str_match"]
    return Sample(
        "",
        plain,
        target=wanted,
        choices=choices,
        answer=answers,
        fields={
            "text": text,
            "task_prefix": prefix,
            "separator": separator,
            "scores": list(graded_by.values()),
            "metrics": list(row.get("metrics") or usual),
            "output_regex": row.get("output_regex"),
            "stop_string": row.get("stop_string"),
        },
    )


def _shown(row: Row, choices: Sequence[str]) -> str:
    """The options below the question, in an order of the question's own."""
    if not choices or not row.get("append_choices_to_input", True):
        return ""
    seed = hashlib.blake2b(str(row["input"]).encode(), digest_size=8).digest()
    order = sorted(choices)
    random.Random(int.from_bytes(seed, "big")).shuffle(order)
    prefix = str(row.get("choice_prefix", "\n  choice: "))
    return "".join(prefix + choice for choice in order)


def header(sample: Sample) -> str:
    """What stands before everything: the task's prefix."""
    return str(sample.fields["task_prefix"])


def question(sample: Sample) -> str:
    """The question with its prefixes, without blanks at the end where choices are ranked."""
    text = str(sample.fields["text"])
    return text.rstrip(" ") if sample.choices else text


def answer(shot: Sample) -> str:
    """An exemplar's answer and what stands between it and the next question."""
    gap = _gap(shot) if shot.choices else ""
    return f"{gap}{shot.target[0]}{shot.fields['separator']}"


def continuations(sample: Sample) -> Sequence[str]:
    """The choices behind the blanks that the prompt ends with: a token begins with its blank."""
    return tuple(_gap(sample) + choice for choice in sample.choices)


def _gap(sample: Sample) -> str:
    text = str(sample.fields["text"])
    return text[len(text.rstrip(" ")) :]


CARD = Card(
    title="BIG-bench (JSON tasks)",
    summary="167 JSON tasks by several hundred authors, from logic to languages to social sense; "
    "any one by name, or a task.json of one's own in a folder of the mirror.",
    abilities=("reasoning", "knowledge", "language"),
    paper="https://arxiv.org/abs/2206.04615",
    licence="Apache-2.0",
    official_scorer="google/BIG-bench: bigbench/api/json_task.py, task_metrics.py",
    saturation="Differs by task: most are above the average rater since 2023, which is why BBH and "
    "BBEH were made.",
    contamination="Public since 2021; the files carry a canary string that is often stripped.",
    label_errors="Differs by task; some were never checked by a second person.",
    notes="The grade of a choice is its value in target_scores (several may be right, some count "
    "in part). Of equal likelihoods the first wins, where BIG-bench draws. The options are shown "
    "in an order drawn from the question, not from BIG-bench's generator. Answers are compared "
    "without blanks at the ends. Of the metrics in a task.json exact_str_match, "
    "multiple_choice_grade, bleu (sacreBLEU, intl) and rouge (as F1) are computed, all from 0 to "
    "1; bleurt, calibration and programs' own metrics are not. BIG-bench's aggregate rescales "
    "every task by its low and high score, which the files don't hold. The hub's rows are prompts "
    "as BIG-bench rendered them without exemplars.",
)


def _scored(question: str, scores: Mapping[str, float], **more: Json) -> Row:
    return {"input": question, "target_scores": scores, **more}


_BIRD = _scored("Which of them can fly?", {"a swift": 1, "a penguin": 0, "a hen": 0.5})
_FREE: Row = {"input": "2 + 2 =", "target": ["4", "four"], "metrics": ["exact_str_match"]}
CHECKS = (
    Check(_BIRD, "", 1.0, "rank", (-1.0, -2.0, -3.0)),
    Check(_BIRD, "", 0.0, "rank", (-3.0, -2.0, -4.0)),
    Check(_FREE, " four.\nAnd more", 1.0),
    Check(_FREE, "4", 1.0),
    Check(_FREE, "It is 4", 0.0),
)
