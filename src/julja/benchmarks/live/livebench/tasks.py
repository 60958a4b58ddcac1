"""LiveBench: questions with checkable answers, replaced as they grow old; scored without a judge.

Paper: White et al., LiveBench: A Challenging, Contamination-Limited LLM Benchmark, ICLR 2025,
https://arxiv.org/abs/2406.19314. Data and official scorer: LiveBench/LiveBench (Apache-2.0); the
hub has one data set for each category. The prompt is the question as it is. A category's score is
the mean of its tasks (task_mean), the benchmark's the mean of the categories (suite livebench).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from julja.benchmarks.live.livebench import coding, language, mathematics, reasoning, tables
from julja.benchmarks.live.livebench.answers import Judge, without_thoughts
from julja.benchmarks.live.livebench.checks import CHECKS
from julja.benchmarks.live.livebench.exchange import model_answers, recorded_answers
from julja.errors import DataError, TaskError
from julja.scoring.base import FunctionScorer, unparsed
from julja.scoring.means import with_task_mean
from julja.tasks.task import Card, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Scorer, Source

# The newest release all of whose questions are public.
RELEASE = "2024-11-25"
# Of the hub's data set of each category.
REVISIONS = {
    "coding": "a958549fdd8aa57be0a3fafe7b205ffc160ed5f4",
    "data_analysis": "31b9661ff678df9958e2f7fa228427f4c858c1a1",
    "instruction_following": "0868379c4b5cf62aeacaf8be4f08fced815c81bb",
    "language": "3ada32a2e53d5e04e57fa503384cb85ce9116c40",
    "math": "bb66571c8ccf32d3df9e6f48b920d3770ff4aacb",
    "reasoning": "6fc6498a5dfba553f69f4413feabade1f1a2d384",
}
JUDGES: Mapping[str, Mapping[str, Judge]] = {
    "reasoning": {
        "web_of_lies_v2": reasoning.web_of_lies_v2,
        "web_of_lies_v3": reasoning.web_of_lies_v3,
        "zebra_puzzle": reasoning.zebra_puzzle,
        "spatial": reasoning.spatial,
        "house_traversal": reasoning.house_traversal,
        "theory_of_mind": reasoning.theory_of_mind,
        "logic_with_navigation": reasoning.logic_with_navigation,
    },
    "math": {
        "AMPS_Hard": mathematics.amps_hard,
        "integrals_with_game": mathematics.integrals_with_game,
        "math_comp": mathematics.math_comp,
        "olympiad": mathematics.olympiad,
    },
    "language": {
        "connections": language.connections,
        "plot_unscrambling": language.plot_unscrambling,
        "typos": language.typos,
    },
    "data_analysis": {
        "cta": tables.cta,
        "tablejoin": tables.tablejoin,
        "tablereformat": tables.tablereformat,
        "consecutive_events": tables.consecutive_events,
    },
    "instruction_following": dict.fromkeys(
        ("paraphrase", "simplify", "story_generation", "summarize"), coding.instructions
    ),
    "coding": {
        "LCB_generation": coding.programs,
        "coding_completion": coding.programs,
    },
}
# Asked, but not scored here: their tests need the libraries of BigCodeBench.
UNSCORED: Mapping[str, Sequence[str]] = {"coding": ("code_generation", "code_completion")}
_KEPT = (
    *("ground_truth", "turns", "livebench_release_date", "subtask", "instruction_id_list"),
    *("kwargs", "partial_solution", "public_test_cases", "private_test_cases", "original_json"),
)


@task
def livebench_reasoning(release: str = RELEASE) -> Task:
    """Liars, zebra puzzles, shapes; later releases: beliefs, walks."""
    return _category("reasoning", "Reasoning", release)


@task
def livebench_math(release: str = RELEASE) -> Task:
    """Contests, olympiad proofs to be put together, hard integrals and the like."""
    return _category("math", "Mathematics", release)


@task
def livebench_coding(release: str = RELEASE) -> Task:
    """Programs from LiveCodeBench's problems, whole ones and completions."""
    return _category("coding", "Coding", release)


@task
def livebench_language(release: str = RELEASE) -> Task:
    """Word groups, plots put in order, typos."""
    return _category("language", "Language", release)


@task
def livebench_data_analysis(release: str = RELEASE) -> Task:
    """Tables: column types, joins, other formats."""
    return _category("data_analysis", "Data analysis", release)


@task
def livebench_instruction_following(release: str = RELEASE) -> Task:
    """News articles to paraphrase, simplify, summarise or go on from, under instructions."""
    return _category("instruction_following", "Instruction following", release)


def _category(name: str, title: str, release: str) -> Task:
    within = partial(window, release=_date(release))
    judged = JUDGES[name]
    names = (*judged, *UNSCORED.get(name, ()))
    return Task(
        name=f"livebench_{name}",
        version=_VERSIONS.get(name, 1),
        mirror="livebench",
        rows=Source(
            split="test",
            hub=f"livebench/{name}",
            revision=REVISIONS[name],
            files=tuple(
                f"{folder}{name}/*/question.jsonl"
                for folder in ("live_bench/", "data/live_bench/", "livebench/data/live_bench/", "")
            ),
            adapt=within,
            adapt_hub=within,
        ),
        sample=partial(to_sample, category=name),
        subset_of=task_of,
        forms={
            "generate": Form(
                decoding=Decoding(max_tokens=4096, temperature=0.0),
                scorer=with_task_mean(judge(name), names, task_of, first=True),
            )
        },
        card=replace(_CARD, title=f"LiveBench: {title}", abilities=_ABILITIES[name]),
        responses=recorded_answers,
        submission=model_answers,
        checks=tuple(CHECKS[name]),
    )


def _date(release: str) -> str:
    if not re.fullmatch(r"20\d\d-\d\d-\d\d", str(release)):
        raise TaskError(
            f"{release!r} is no LiveBench release.", hint=f"Give its date, as in release={RELEASE}."
        )
    return str(release)


def window(content: Json, release: str) -> Sequence[Row]:
    """The questions of a release: out by then, and not yet taken away (livebench/common.py)."""
    kept = [
        row
        for row in content
        if _day(row.get("livebench_release_date")) <= release
        and (
            not _day(row.get("livebench_removal_date"))
            or _day(row["livebench_removal_date"]) > release
        )
    ]
    if not kept:
        days = sorted({_day(row.get("livebench_release_date")) for row in content})
        raise DataError(
            f"none of the {len(content)} questions is of release {release}.",
            hint=f"They came out from {days[0]} to {days[-1]}." if days else None,
        )
    return kept


def _day(value: Json) -> str:
    """A date, be it text or a time stamp, as YYYY-MM-DD; "" for none."""
    return str(value or "")[:10]


def to_sample(row: Row, category: str) -> Sample:
    """A row {question_id, category, task, turns, ground_truth, livebench_release_date, …}."""
    name, turns = str(row["task"]), list(row["turns"])
    unscored = UNSCORED.get(category, ())
    if name not in JUDGES[category] and name not in unscored:
        raise DataError(
            f"LiveBench's {category} has no task {name!r} that can be scored here.",
            hint=f"It has {', '.join((*JUDGES[category], *unscored))}.",
        )
    if len(turns) != 1:
        raise DataError(f"question {row['question_id']} has {len(turns)} turns, and not one.")
    truth = row.get("ground_truth")
    if category not in ("coding", "instruction_following") and truth in (None, "", []):
        raise DataError(f"question {row['question_id']} of {name} has no ground_truth.")
    if category == "instruction_following" and not row.get("instruction_id_list"):
        raise DataError(f"question {row['question_id']} of {name} has no instructions.")
    kept = {key: row[key] for key in _KEPT if row.get(key) is not None}
    kept["livebench_release_date"] = _day(row.get("livebench_release_date"))
    return Sample(
        str(row["question_id"]),
        str(turns[0]),
        target=() if truth is None else (str(truth),),
        fields={**kept, "turns": turns, "task": name},
        labelled=name not in unscored,
    )


def task_of(sample: Sample) -> str:
    """The task that a question belongs to."""
    return str(sample.fields["task"])


def judge(category: str) -> Scorer:
    """The official scorer of each task of a category, by the sample's task."""
    metrics = (Metric("score"),)

    def score(sample: Sample, response: Response) -> Score:
        verdict = JUDGES[category][task_of(sample)](sample.fields, without_thoughts(response.text))
        if verdict.read is None and not verdict.value:
            return unparsed(metrics, "No answer was found.")
        return Score({"score": float(verdict.value)}, extracted=verdict.read)

    return FunctionScorer(
        f"livebench_{category}", {}, metrics, category in _BLOCKING, score, _READY.get(category)
    )


def _sandbox() -> object:
    from julja.sandbox.api import open_sandbox

    return open_sandbox()


_VERSIONS = {"reasoning": 2, "language": 2, "data_analysis": 2}
_BLOCKING = ("coding", "math", "instruction_following")
_READY: Mapping[str, Callable[[], object]] = {"coding": _sandbox}
_ABILITIES: Mapping[str, tuple[str, ...]] = {
    "reasoning": ("reasoning",),
    "math": ("mathematics",),
    "coding": ("code",),
    "language": ("language",),
    "data_analysis": ("data analysis",),
    "instruction_following": ("instruction following",),
}
_CARD = Card(
    summary="One category of LiveBench. Questions with answers that a program can check, from new "
    "contests, news, papers and films, or harder kin of older ones; replaced by release.",
    paper="https://arxiv.org/abs/2406.19314",
    licence="Apache-2.0",
    official_scorer="LiveBench/LiveBench: livebench/process_results, by task",
    saturation="Renewed when it saturates: the best model of the table of June 2024 has 0.61, that "
    "of the release of 2024-11-25 0.82; later releases are harder again.",
    contamination="Limited by replacing questions; those of past releases are public, with their "
    "answers, and the newest ones are held back for some months.",
    label_errors="Scorers forgive some formats and not others, and some can be gamed: AAAA to "
    "EEEE in one answer is right in every AMC question, a text that holds the corrected one is a "
    "right answer of typos. They are kept. Two differences: the official scorer fails on cells "
    "like 007 in a column of text and counts the table wrong, and does not find a TSV table behind "
    "one line of other text; here they are compared.",
    notes="release=DATE takes the questions that were out by that day and not yet removed; the "
    "default, 2024-11-25, is the newest one all of whose questions are public. Scores of two "
    "releases are not comparable. task_mean is the category's score (its tasks weigh the same), "
    "the suite livebench averages the categories. Expressions (AMPS_Hard, integrals) "
    "are read by another parser than LiveBench's, and then simplified by sympy too. "
    "code_generation and code_completion (since 2025-04-25; tests with BigCodeBench's libraries) "
    "are asked and kept for a submission, but not scored here; agentic coding (since 2025-05-30; a "
    "container for each repository) is not offered. The global average of releases with it can't "
    "be had here.",
)
