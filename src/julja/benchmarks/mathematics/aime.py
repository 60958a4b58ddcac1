r"""AIME: the American Invitational Mathematics Examinations of 2024 and 2025, answers 0 to 999.

Source: Mathematical Association of America, AIME I and II, 15 problems each. Protocol of
GAIR-NLP/AIME-Preview and of the reports of reasoning models since DeepSeek-R1
(https://arxiv.org/abs/2501.12948): several samples of each problem, the mean over all of them
(pass@1), and the majority's answer (cons@k, here maj@k). The prompt is julja's own, the problem and
a line that asks for a \boxed integer.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

from julja.benchmarks.mathematics.common import counted, recorded
from julja.errors import ConfigError, DataError, did_you_mean
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.extract import Found, boxed
from julja.scoring.numbers import as_found, number_after, numbers
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Metric, Response, Row, Sample, Score, Source

Year: TypeAlias = Literal["2024", "2025"]
YEARS: tuple[Year, ...] = ("2024", "2025")
PAPERS = ("I", "II")
METRICS = (Metric("acc"),)
SOURCES = {
    "2024": Source(
        split="train",
        hub="Maxwell-Jia/AIME_2024",
        revision="8d88b2876a82a080e2f172cc9b25d0d9d2cb4792",
        files=("AIME-Preview/test2024.jsonl", "aime2024.jsonl", "test2024.jsonl", "aime24.jsonl"),
    ),
    "2025": Source(
        split="test",
        hub="math-ai/aime25",
        revision="563bb8404243c5f09de6ec262f2db674fe5bce9b",
        files=("AIME-Preview/test2025-*.jsonl", "test2025-*.jsonl", "aime25.jsonl"),
    ),
}
_ADDRESS = re.compile(r"(?P<year>20\d\d)_AIME_(?P<paper>I{1,2})_Problems/Problem_(?P<number>\d+)")
_NAME = re.compile(r"(?:(?P<year>20\d\d)-)?(?P<paper>I{1,2})-(?P<number>\d+)")
_ANSWER = re.compile(r"\banswer\b[\s*_]*(?:is|:|=)", re.IGNORECASE)


@task
def aime(year: str | int = 2025, k: int = 1) -> Task:
    """The 30 problems of one year, papers I and II.

    `k` draws so many samples of each problem at temperature 0.6 and adds maj@k and pass@k: of 30
    problems, one run has a standard error of up to 0.09.
    """
    if str(year) not in YEARS:
        hint = did_you_mean(str(year), YEARS) or f"It knows {' and '.join(YEARS)}."
        raise ConfigError(f"aime has no year {str(year)!r}.", hint=hint)
    if k < 1:
        raise ConfigError(f"k is the number of samples of each problem: {k} is none.")
    # DeepSeek-R1's settings (section 3); one sample alone is greedy.
    decoding = Decoding(max_tokens=16384, temperature=0.0)
    if k > 1:
        decoding = replace(decoding, temperature=0.6, top_p=0.95)
    return Task(
        name="aime",
        rows=SOURCES[str(year)],
        sample=reader(str(year)),
        subset_of=lambda sample: str(sample.fields["paper"]),
        forms={
            "generate": Form(
                prompt="{{ input }}\nPlease reason step by step, and put your final answer, an "
                "integer from 0 to 999, within \\boxed{}.",
                answer=" \\boxed{ {{- target[0] -}} }",
                decoding=decoding,
                scorer=counted(integer_answer(), k),
            )
        },
        params={"year": str(year), "k": k},
        epochs=k,
        responses=recorded,
        card=CARD,
        checks=CHECKS,
    )


def reader(year: str) -> Callable[[Row], Sample]:
    """What reads the rows of one year's files: they name their fields in several ways."""

    def to_sample(row: Row) -> Sample:
        fields = {str(key).lower(): value for key, value in row.items()}
        # One copy of 2025-II-5 says 336^\circ.
        problem, said = str(fields["problem"]), str(fields["answer"]).strip().split("^")[0]
        if not re.fullmatch(r"\d{1,3}", said):
            raise DataError(f"the answer {said!r} of {problem[:60]!r} is no integer from 0 to 999.")
        paper, number = _place(fields, year)
        return Sample(
            f"{year}-{paper}-{number}",
            problem,
            target=(str(int(said)),),
            fields={"paper": paper, "number": number},
        )

    return to_sample


def _place(fields: Row, year: str) -> tuple[str, int]:
    """Paper and number, out of an address, a name like 2024-II-4, or a row number from 0 to 29."""
    name = str(fields.get("id", ""))
    found = _ADDRESS.search(str(fields.get("url", ""))) or _NAME.fullmatch(name)
    if found is not None:
        if found["year"] not in (None, year):
            raise DataError(
                f"this is a problem of {found['year']}, and {year} was asked for: {name!r}.",
                hint=f"Ask for aime:year={found['year']}.",
            )
        return found["paper"], int(found["number"])
    if name.isdigit() and int(name) < 30:
        return PAPERS[int(name) // 15], int(name) % 15 + 1
    raise DataError(f"the row does not say which problem it is: its id is {name!r}.")


@scorer(metrics=METRICS)
def integer_answer() -> ScoreFunction:
    r"""The integer in the last \boxed{}, else the one behind "answer is", equals the target."""

    def score(sample: Sample, response: Response) -> Score:
        found = final_integer(response.text)
        if found is None:
            return unparsed(METRICS, "There is neither a boxed integer nor a stated answer.")
        right = found.text in sample.target
        return Score({"acc": float(right)}, extracted=found.text, span=found.span)

    return score


def final_integer(text: str) -> Found | None:
    r"""The answer that a solution ends in.

    >>> final_integer(r"so \boxed{m+n = 073}").text
    '73'
    """
    box = boxed(text)
    if box is None:
        found = number_after(text, _ANSWER)
        return found if found is not None and found.text.isdigit() else None
    start = box.span[0] + box.text.rfind("=") + 1
    inside = [as_found(number) for number in numbers(text[start : box.span[1]])]
    if len(inside) != 1 or not inside[0].text.isdigit():
        return None
    return Found(inside[0].text, (start + inside[0].span[0], start + inside[0].span[1]))


CARD = Card(
    title="AIME",
    summary="Competition problems for the best high-school students of the United States; the "
    "answer is an integer from 0 to 999. 30 problems a year.",
    abilities=("mathematics", "reasoning"),
    paper="https://artofproblemsolving.com/wiki/index.php/AIME_Problems_and_Solutions",
    licence="Problems: Mathematical Association of America; compilations MIT and Apache-2.0",
    official_scorer="none by the MAA; GAIR-NLP/AIME-Preview: eval (last boxed answer, mean of the "
    "samples)",
    random_baseline=0.001,
    human=0.33,
    saturation="2024: saturated by reasoning models (over 0.9); 2025: over 0.9 by the strongest.",
    contamination="2024 is in the training data of most models of 2025 and later; several problems "
    "of 2025-I stood on the web, nearly word for word, before the examination.",
    label_errors="None known.",
    notes="Human: the median participant solves 4 to 6 of 15, and participants are selected. One "
    "year has 30 problems: always report the interval, and the mean of at least 16 samples (k=16). "
    "acc is the mean over all samples (elsewhere pass@1 or avg@k), maj@k the vote of k (elsewhere "
    "cons@k). Reports allow 32,768 tokens (--max-tokens 32768; here 16,384, which more servers "
    "take): an answer that is cut off is wrong.",
    rows=30,
)


def _row(name: str, problem: str, answer: str) -> Row:
    return {"id": name, "problem": problem, "answer": answer}


_SUM = _row("I-1", "Find the sum of all primes below 20.", "77")
_SEVEN = _row("II-3", "How many seconds are in a tenth of a minute, plus one?", "007")
CHECKS = (
    Check(_SUM, "2+3+5+7+11+13+17+19 = 77, hence $\\boxed{77}$.", 1.0),
    Check(_SUM, "First \\boxed{58}, no: with 19 it is \\boxed{077}.", 1.0),
    Check(_SEVEN, "6 + 1, so \\boxed{m + n = 7}", 1.0),
    Check(_SEVEN, "**The final answer is** $7$.", 1.0),
    Check(_SUM, "\\boxed{77.5}", 0.0),
    Check(_SUM, "The primes are 2, 3, 5, 7, 11, 13, 17, 19 and 77", 0.0),
    Check(_SEVEN, "\\boxed{6}", 0.0),
    Check(_SEVEN, "\\boxed{6 \\text{ or } 7}", 0.0),
)
