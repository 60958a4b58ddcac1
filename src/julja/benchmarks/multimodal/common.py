"""What questions about a picture share: the picture, VQA rows in every layout, one short answer."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from julja.benchmarks.vision.pictures import find_picture
from julja.errors import DataError
from julja.pictures import keep
from julja.tasks.task import Answered
from julja.types import Json, Media, Row, Sample

# haotian-liu/LLaVA, docs/Evaluation.md: the short-answer prompt that lmms-eval and most papers use.
SHORT = "Answer the question using a single word or phrase."
SHOWN = "{{ image }}\n{{ input }}\n" + SHORT


def picture(row: Row, name: str, folders: Sequence[str]) -> tuple[tuple[Media, ...], str]:
    """(media, why it can't be shown) of a row's picture: in the row itself, or beside the file.

    One that is nowhere is a `Media` without a hash, at the place where it was looked for: answers
    are scored without it, and an engine that has to show it fails on that sample, by its name.
    """
    inside = row.get("image")
    if isinstance(inside, dict | bytes) or hasattr(inside, "save"):
        try:
            return (keep(inside, place=name),), ""
        except DataError as error:
            return (Media(name, ""),), error.message
    found, reason = find_picture(row, name, folders)
    if found:
        return found, ""
    home = row.get("_folder") or "."
    folder = folders[0] if folders else "."
    return (Media(str(Path(home, folder, name)), ""),), reason


def vqa_rows(content: Json) -> list[Row]:
    """The rows of VQA's annotations or questions, TextVQA's {"data"}, or a plain list."""
    if isinstance(content, list):
        return content
    for name in ("annotations", "questions", "data"):
        if isinstance(content, dict) and isinstance(content.get(name), list):
            rows: list[Row] = content[name]
            return rows
    raise DataError(
        "the file has no annotations, questions or data.",
        hint='A file in VQA\'s form is wanted: {"annotations": [{"question_id", "answers"}]}.',
    )


def question_id(row: Row) -> str:
    """The name that questions and annotations share."""
    return str(row.get("question_id", row.get("image")))


def vqa_sample(row: Row, name: str, folders: Sequence[str], **fields: Json) -> Sample:
    """A row with the annotators' answers; its question is in it, or in the questions file."""
    key = question_id(row)
    asked = row.get("question") or (row.get("asked") or {}).get("question")
    if not asked:
        raise DataError(
            f"the question {key} has no text.", hint="The questions file is missing, or of a split."
        )
    answers = [str(a["answer"] if isinstance(a, dict) else a) for a in row.get("answers") or ()]
    media, reason = picture(row, name, folders)
    kept = {k: str(row[k]) for k in ("question_type", "answer_type") if row.get(k) is not None}
    return Sample(
        key,
        str(asked),
        target=tuple(answers),
        cluster=str(row.get("image_id", name)),
        fields={**kept, **fields, "no_picture": reason},
        labelled=bool(answers),
        media=media,
    )


def vqa_submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """VQA's result file."""
    found = [
        {
            "question_id": int(item.sample.id) if item.sample.id.isdigit() else item.sample.id,
            "answer": item.response.text.strip(),
        }
        for item in answers
    ]
    return {"results.json": json.dumps(found, ensure_ascii=False)}


def check_row(number: int, question: str, answers: Sequence[str], **more: Json) -> Row:
    """A made row for self-checks."""
    return {
        "question_id": number,
        "image_id": number,
        "question": question,
        "answers": [{"answer": a, "answer_id": n} for n, a in enumerate(answers, 1)],
        **more,
    }
