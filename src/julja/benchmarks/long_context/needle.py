"""Needle in a haystack: is a sentence found at every depth of a text of every length?

Source: Kamradt, LLMTest_NeedleInAHaystack (MIT), needlehaystack/llm_needle_haystack_tester.py (the
grid, where the needle stands, the room left for question and answer) and providers/openai.py (the
prompt, which is word for word). The prose is julja's own unless a file is given.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

from julja.benchmarks.long_context.haystack import counter, hide, prose
from julja.errors import ConfigError, DataError
from julja.scoring.base import FunctionScorer, unparsed
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Scorer

NEEDLE = (
    "The best thing to do in San Francisco is eat a sandwich and sit in Dolores Park on a sunny"
    " day."
)
QUESTION = "What is the best thing to do in San Francisco?"
# What an answer must hold; the authors let GPT-4 judge.
ANSWER = "eat a sandwich; Dolores Park; sunny day"
SYSTEM = (
    "You are a helpful AI bot that answers questions for a user. Keep your response short and"
    " direct"
)
PROMPT = (
    "{context}\n\n{question} Don't give information outside the document or repeat your findings"
)
SPACINGS = ("linear", "sigmoid")
FOUND = Metric("found")
METRICS = (FOUND, Metric("score", low=1, high=10))


@task
def needle(
    shortest: int = 1000,
    longest: int = 16000,
    lengths: int = 6,
    depths: int = 11,
    spacing: str = "linear",
    needle: str = NEEDLE,
    question: str = QUESTION,
    answer: str = ANSWER,
    haystack: str = "",
    tokenizer: str = "",
    reserve: int = 200,
) -> Task:
    """`lengths` x `depths` cells, from `shortest` to `longest` tokens.

    `answer` lists phrases, split by ";", that must all occur. `haystack` is a text file or a folder
    of .txt files, `tokenizer` a tokenizer.json to count by, `reserve` the tokens that are left free
    for question and answer. `spacing=sigmoid` puts more depths near both ends.
    """
    if spacing not in SPACINGS:
        raise ConfigError(f"spacing={spacing} is none of {', '.join(SPACINGS)}.")
    if lengths < 1 or depths < 1 or shortest < 1 or longest < shortest:
        raise ConfigError(
            f"needle: {lengths} lengths from {shortest} to {longest} and {depths} depths make no"
            " grid.",
            hint="lengths and depths are counts, shortest and longest numbers of tokens.",
        )
    phrases = tuple(part.strip() for part in answer.split(";") if part.strip())
    if not phrases:
        raise ConfigError("needle: answer= names nothing to look for.")

    def rows(seed: int) -> list[Row]:
        used = prose(haystack, tokenizer, longest, seed)
        told = hashlib.sha256("\n".join(used.sentences).encode()).hexdigest()[:16]
        return [
            {"length": length, "depth": depth, "seed": seed, "haystack": told}
            for length in spread(shortest, longest, lengths)
            for depth in (spread(0, 100, depths) if spacing == "linear" else sigmoid_depths(depths))
        ]

    def prompt(sample: Sample) -> str:
        # Built when asked: a grid of long texts would not fit into memory at once.
        fields = sample.fields
        used = prose(haystack, tokenizer, longest, int(fields["seed"]))
        room = int(fields["length"]) - reserve - counter(tokenizer)(needle)
        context = hide(needle, float(fields["depth"]), *used.cut(room))
        return PROMPT.format(context=context, question=question)

    def to_sample(row: Row) -> Sample:
        identity = f"{row['length']}-{row['depth']:g}"
        return Sample(identity, question, target=phrases, fields=row)

    return Task(
        name="needle",
        rows=rows,
        sample=to_sample,
        grid=("depth", "length"),
        forms={
            "generate": Form(
                prompt=prompt, system=SYSTEM, decoding=Decoding(max_tokens=300), scorer=finding()
            )
        },
        responses=recorded,
        card=CARD,
        checks=CHECKS,
    )


def spread(low: int, high: int, count: int) -> list[int]:
    """`count` whole numbers evenly from `low` to `high`, as numpy's linspace and round do."""
    if count == 1:
        return [high]
    even = (round(low + (high - low) * index / (count - 1)) for index in range(count))
    return list(dict.fromkeys(even))


def sigmoid_depths(count: int) -> list[float]:
    """Depths dense at both ends: 100 / (1 + exp(0.1 (x - 50))) of even x, both ends themselves."""
    if count == 1:
        return [100.0]
    even = [100 * index / (count - 1) for index in range(count)]
    inner = [round(100 / (1 + math.exp(0.1 * (x - 50))), 3) for x in even[1:-1]]
    return [0.0, *sorted(inner), 100.0]


def finding() -> Scorer:
    """`found`: every phrase of the target occurs, whatever the case and the blanks."""

    def score(sample: Sample, response: Response) -> Score:
        judged = {"score": float(response.choices[0].text)} if response.choices else {}
        if judged and not response.text:
            return Score(judged, explanation="The score that the file brings.")
        text = " ".join(response.text.lower().split())
        if not text:
            empty = unparsed((FOUND,), "The response is empty.")
            return Score({**empty.values, **judged}, "unparsed", explanation=empty.explanation)
        lost = [phrase for phrase in sample.target if phrase.lower() not in text]
        told = f"Not said: {'; '.join(lost)}." if lost else "All of it is said."
        return Score({"found": float(not lost), **judged}, explanation=told)

    return FunctionScorer(name="needle", args={}, metrics=METRICS, blocking=False, function=score)


def recorded(content: Json, samples: Sequence[Sample]) -> list[Row]:
    """The author's files: a list of {token_limit, depth_percent, score}, or one result a file."""
    found: list[Row] = []
    for number, row in enumerate(content if isinstance(content, list) else [content]):
        if not isinstance(row, Mapping) or "depth_percent" not in row:
            return list(content) if isinstance(content, list) else [content]
        length = row.get("token_limit", row.get("context_length"))
        score = row.get("score")
        if length is None or not (score is None or 1 <= score <= 10):
            raise DataError(
                f"result {number} has the length {length!r} and the score {score!r}.",
                hint="It needs token_limit or context_length, and a score from 1 to 10 or none.",
            )
        made: dict[str, Json] = {
            "id": f"{length}-{row['depth_percent']:g}",
            "response": str(row.get("model_response") or ""),
        }
        if score is not None:
            made["choices"] = [{"text": str(score), "loglikelihood": 0.0}]
        found.append(made)
    return found


CARD = Card(
    title="Needle in a haystack",
    summary="A sentence hidden in a long text, at depths from its start to its end and at lengths "
    "up to the model's window; drawn as a heat map.",
    abilities=("long context", "retrieval"),
    paper="https://github.com/gkamradt/LLMTest_NeedleInAHaystack",
    licence="MIT (the method); the prose is julja's own",
    official_scorer="GPT-4 as a judge, 1 to 10 (needlehaystack/evaluators/openai.py)",
    random_baseline=0.0,
    saturation="Saturated: models of 2024 and later find one needle nearly everywhere. It finds "
    "broken positions and windows; ruler asks for more.",
    contamination="The needle and its question are known to every model since 2023, so give your "
    "own: needle:needle=…,question=…,answer=…. julja's prose depends on --seed.",
    label_errors="None: the needle is placed by the program. An answer in other words is missed.",
    notes="found is julja's own: all key phrases occur. On the 1,376 recorded answers of Claude "
    "2.1 it agrees with the judge's scores (7 and more) on 1,368. score is that of recorded "
    "results. "
    "Lengths are estimated tokens unless tokenizer= names a tokenizer.json. The author's grids: "
    "GPT-4 shortest=1000,longest=128000,lengths=15,depths=15; Claude 2.1 longest=200000,lengths=35,"
    "depths=35,spacing=sigmoid.",
    rows=66,
)
_ROW = {"length": 300, "depth": 50, "seed": 0, "haystack": ""}
CHECKS = (
    Check(_ROW, "Eat a sandwich and sit in Dolores  Park on a Sunny day.", 1),
    Check(_ROW, "Sit in Dolores Park on a sunny day.", 0),
)
