"""Humanity's Last Exam: questions at the frontier of what experts know.

    julja run hle …                 the questions without an image
    julja run hle:images=all …      all of them; images=only those with an image

Paper: Phan et al., 2025, https://arxiv.org/abs/2501.14249. Data: cais/hle (gated; MIT), which the
authors ask not to republish: texts are confidential here. The system prompt is that of
centerforaisafety/hle (hle_eval/run_model_predictions.py).
"""

import base64
import binascii
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from julja.errors import ConfigError, DataError
from julja.pictures import keep
from julja.scoring.base import FunctionScorer, unparsed
from julja.scoring.maths import same
from julja.scoring.text import normalise_answer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Media, Metric, Response, Row, Sample, Score, Scorer, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SYSTEM = (
    "Your response should be in the following format:\nExplanation: {your explanation for your"
    " final answer}\nAnswer: {your chosen answer}\nConfidence: {your confidence score between 0%"
    " and 100% for your answer}"
)
Images: TypeAlias = Literal["none", "only", "all"]
TYPES = ("exactMatch", "multipleChoice")
# hle_eval/run_model_predictions.py sends the picture after the text.
_SHOWN = "{{ input }}{% if image is defined %}{{ image }}{% endif %}"
_ANSWER = re.compile(r"(?im)^\W*answer\W*?[:：]\s*(?P<answer>.+?)\s*$")
_CONFIDENCE = re.compile(r"(?i)confidence\W*?[:：]?\W*(?P<number>\d+(?:\.\d+)?)\s*%?")
_LETTER = re.compile(r"^\W*(?:option\s+)?(?P<letter>[A-Z])(?![A-Za-z])")
# hle_eval/run_judge_results.py bins by 100 answers.
_BIN = 100


@task
def hle(images: Images = "none") -> Task:
    """The questions without an image, those with one, or all 2,500."""
    if images not in ("none", "only", "all"):
        raise ConfigError(f"images={images}: there is no such part.", hint="none, only or all.")
    chosen = without_images if images == "none" else partial(with_images, alone=images == "only")
    return Task(
        name="hle",
        rows=Source(
            split="test",
            hub="cais/hle",
            config="default",
            revision="5a81a4c7271a2a2a312b9a690f0c2fde837e4c29",
            files=("test.jsonl", "data/test-*.parquet"),
            adapt=chosen,
            adapt_hub=chosen,
        ),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt="{{ input }}" if images == "none" else _SHOWN,
                system=SYSTEM,
                decoding=Decoding(max_tokens=8192),
                scorer=answer_with_confidence(),
            )
        },
        by=("category", "answer_type"),
        confidential=True,
        params={} if images == "none" else {"images": images},
        card=CARD,
        checks=CHECKS,
    )


def without_images(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows whose question is text alone."""
    return [row for row in rows if not row.get("image")]


def with_images(rows: Sequence[Row], *, alone: bool) -> Sequence[Row]:
    """All rows, or `alone` those whose question has an image."""
    return [row for row in rows if row.get("image") or not alone]


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """Where pictures lie while julja runs: a confidential benchmark leaves none behind."""
    return tempfile.TemporaryDirectory(prefix="julja-hle-")


def _picture(row: Row) -> tuple[Media, ...]:
    """The picture of a row's data URL."""
    image = row.get("image")
    if not image:
        return ()
    head, comma, data = str(image).partition(",")
    try:
        if not comma or not head.startswith("data:image/"):
            raise ValueError(f"it begins with {head[:20]!r}")
        content = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise DataError(f"the image of question {row['id']} is no data URL: {error}.") from error
    return (keep(content, place=f"question {row['id']}", folder=Path(_folder().name)),)


def to_sample(row: Row) -> Sample:
    """A row {id, question, answer, answer_type, category, raw_subject, image}."""
    kind, answer = str(row["answer_type"]), str(row["answer"]).strip()
    if kind not in TYPES:
        raise DataError(f"question {row['id']} has the type {kind!r}, not {' or '.join(TYPES)}.")
    if not answer or (kind == "multipleChoice" and not re.fullmatch(r"[A-Z]", answer)):
        raise DataError(f"question {row['id']} ({kind}) has the answer {answer[:20]!r}.")
    return Sample(
        str(row["id"]),
        str(row["question"]),
        target=(answer,),
        fields={"category": row.get("category"), "answer_type": kind},
        media=_picture(row),
    )


def answer_with_confidence() -> Scorer:
    """The answer after "Answer:" by rule, and the calibration of the stated confidence.

    A letter must be the right letter; another answer must be equal as words or as mathematics.
    The official judge (a model) also accepts other wordings: this score is a lower bound of it.
    `calibration_error` is the root mean square over bins of 100 answers, sorted by confidence.
    """
    metrics = (
        Metric("acc"),
        Metric(
            "calibration_error",
            higher_is_better=False,
            aggregate=calibration_error,
            columns=("right", "confidence"),
        ),
    )

    def score(sample: Sample, response: Response) -> Score:
        found = list(_ANSWER.finditer(response.text))
        if not found:
            return unparsed(metrics[:1], 'There is no line "Answer: …".')
        given, span = found[-1]["answer"].strip("*` "), found[-1].span("answer")
        right = float(_is_right(given, sample))
        stated = list(_CONFIDENCE.finditer(response.text))
        # The official code takes an answer without a confidence as certain.
        confidence = min(float(stated[-1]["number"]), 100.0) / 100 if stated else 1.0
        values = {"acc": right, "right": right, "confidence": confidence}
        return Score(values, extracted=given, span=span)

    return FunctionScorer("answer_with_confidence", {}, metrics, True, score)


def _is_right(given: str, sample: Sample) -> bool:
    target = sample.target[0]
    if sample.fields["answer_type"] == "multipleChoice":
        letter = _LETTER.match(given)
        return letter is not None and letter["letter"] == target
    plain = normalise_answer(target)
    if plain and plain == normalise_answer(given):
        return True
    return same(given, target)[0]


def calibration_error(columns: "Mapping[str, NDArray[np.float64]]") -> float:
    """sqrt(sum over bins of n_b / n (mean confidence - accuracy)^2), bins of 100 by confidence."""
    import numpy as np

    order = np.argsort(columns["confidence"], kind="stable")
    confidence, right = columns["confidence"][order], columns["right"][order]
    total = 0.0
    for start in range(0, len(order), _BIN):
        part = slice(start, start + _BIN)
        size = len(confidence[part])
        total += size * float(confidence[part].mean() - right[part].mean()) ** 2
    return math.sqrt(total / len(order))


CARD = Card(
    title="Humanity's Last Exam (text)",
    summary="Questions by experts that frontier models of 2024 could not answer, in mathematics, "
    "sciences and humanities; about 86 % of the 2,500 have no image.",
    abilities=("knowledge", "reasoning"),
    paper="https://arxiv.org/abs/2501.14249",
    licence="MIT",
    rows=2158,
    official_scorer="centerforaisafety/hle: hle_eval/run_judge_results.py (judged by o3-mini)",
    random_baseline=0.05,
    saturation="Not saturated: the best models of 2025 reached 0.2 to 0.45.",
    contamination="Gated, with a canary; the authors hold a private set against over-fitting.",
    label_errors="Reviews found a tenth to a third of the chemistry and biology answers disputed; "
    "HLE-Verified names 668 sound questions.",
    notes="Scored by rule, without the official judge: exact answers in other words count as "
    "wrong, so the score is a lower bound of the judged one and not comparable with it. The "
    "official calibration error leaves out the bin of the highest confidence; here all count. "
    "images=only and images=all ask the 342 questions with an image as well; their pictures lie in "
    "a folder that goes with the process. Texts are sealed on disk and left out of reports.",
)


def _row(name: str, question: str, answer: str, kind: str = "exactMatch") -> Row:
    return {"id": name, "question": question, "answer": answer, "answer_type": kind, "image": ""}


_ROOT = _row("root", "What is the square root of 1/4?", r"\frac{1}{2}")
_NAME = _row("name", "Who wrote The Origin of Species?", "Charles Darwin")
_ONE = _row("one", "Which is a prime?\nA. 4\nB. 5", "B", "multipleChoice")
CHECKS = (
    Check(_ROOT, "Explanation: easy\nAnswer: 1/2\nConfidence: 90%", 1.0),
    Check(_NAME, "Explanation: known.\n**Answer:** charles darwin\nConfidence: 100%", 1.0),
    Check(_ONE, "Answer: B. 5\nConfidence: 70", 1.0),
    Check(_ROOT, "Answer: 2\nConfidence: 10%", 0.0),
    Check(_NAME, "I believe it was Charles Darwin.", 0.0),
    Check(_ONE, "Answer: A\nConfidence: 99%", 0.0),
)
