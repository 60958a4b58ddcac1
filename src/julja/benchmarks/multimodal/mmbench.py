"""MMBench: twenty abilities of vision-language models, asked in every rotation of the options.

    julja score mmbench --responses answers.jsonl     {"index": 241, "prediction": "B"}
    julja run mmbench:mode=vanilla …                  each question once

Paper: Liu et al., ECCV 2024, https://arxiv.org/abs/2307.06281. Data: lmms-lab/MMBench on the hub,
or upstream's TSV as `mmbench/` (MMBench_DEV_EN.tsv …), whose rows index + 1,000,000 k are
rotations; of a file without rotations they are made.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, TypeAlias

from julja.benchmarks.multimodal.common import picture
from julja.errors import ConfigError, DataError
from julja.scoring.vision.circular import circular
from julja.tasks.task import Answered, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

Mode: TypeAlias = Literal["circular", "vanilla"]
Language: TypeAlias = Literal["en", "cn"]
STEP = 1_000_000
_LETTERS = "ABCD"
# vlmeval/dataset/image_mcq.py (build_prompt), word for word.
_PROMPT = (
    "{{ image }}\n{% if hint %}Hint: {{ hint }}\n{% endif %}Question: {{ input }}\nOptions:\n"
    "{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}\n{% endfor %}"
    "Please select the correct answer from the options above. \n"
)


@task
def mmbench(mode: Mode = "circular", language: Language = "en") -> Task:
    """The 1,164 questions of the dev set, in English or Chinese (cn), in all rotations or once."""
    if mode not in ("circular", "vanilla") or language not in ("en", "cn"):
        raise ConfigError(
            f"mode={mode},language={language}: there is no such version of MMBench.",
            hint="mode is circular or vanilla; language is en or cn.",
        )
    made = partial(rotations, mode=mode)
    return Task(
        name="mmbench",
        rows=Source(
            split="dev",
            hub="lmms-lab/MMBench",
            revision="56ba1af8954932c4804bd3f522e05ed96e63b654",
            config=language,
            files=(f"MMBench_DEV_{language.upper()}.tsv", f"mmbench_dev_{language}*.tsv"),
            adapt=made,
            adapt_hub=made,
            folder=True,
        ),
        sample=to_sample,
        forms={
            "generate": Form(prompt=_PROMPT, decoding=Decoding(max_tokens=64), scorer=circular())
        },
        by=("ability", "category"),
        responses=responses,
        submission=submission,
        params={"mode": mode, "language": language},
        card=CARD,
        checks=CHECKS,
    )


def rotations(rows: Sequence[Row], *, mode: Mode = "circular") -> list[Row]:
    """The rows with their rotations: those of the file, or made where it has none."""
    for row in rows:
        if "index" not in row or "question" not in row:
            raise DataError(
                "a row has no index or no question.", hint="MMBench's TSV has index, question, A …"
            )
    pictures = {int(row["index"]): row.get("image") for row in rows}
    with_pictures: list[Row] = [
        {**row, "image": _picture(row.get("image"), pictures)} for row in rows
    ]
    if mode == "vanilla":
        return [{**row, "rotations": 1} for row in with_pictures if int(row["index"]) < STEP]
    if all(int(row["index"]) < STEP for row in rows):
        with_pictures = [turned for row in with_pictures for turned in _turn(row)]
    sizes = Counter(int(row["index"]) % STEP for row in with_pictures)
    return [{**row, "rotations": sizes[int(row["index"]) % STEP]} for row in with_pictures]


def _picture(image: Json, pictures: Mapping[int, Json]) -> Json:
    """A rotation's picture can be the index of the row that has it."""
    if isinstance(image, str) and len(image) < 64 and image.isdigit():
        return pictures.get(int(image))
    return image


def _turn(row: Row) -> list[Row]:
    """Rotation k moves every option k places up; its index is that of the row + 1,000,000 k."""
    options = options_of(row)
    place = place_of(row, len(options))
    found: list[Row] = []
    for k in range(len(options)):
        turned = [*options[k:], *options[:k]]
        letters = dict(zip(_LETTERS, turned, strict=False))
        found.append(
            {
                **row,
                **letters,
                "index": int(row["index"]) + k * STEP,
                "answer": None if place is None else _LETTERS[(place - k) % len(options)],
            }
        )
    return found


def options_of(row: Row) -> list[str]:
    """The options that a row has: two to four."""
    options = [text_of(row.get(letter)) for letter in _LETTERS]
    found = [option for option in options if option]
    if len(found) < 2 or options[: len(found)] != found:
        raise DataError(f"the question {row['index']} has the options {options}.")
    return found


def text_of(value: Json) -> str:
    """A cell as text; empty for nothing and for pandas' nan."""
    text = "" if value is None else str(value).strip()
    return "" if text.lower() == "nan" else text


def place_of(row: Row, count: int) -> int | None:
    """The place of the right option; None in the test set, whose answers are kept."""
    answer = text_of(row.get("answer"))
    if not answer:
        return None
    if len(answer) != 1 or answer not in _LETTERS[:count]:
        raise DataError(f"the question {row['index']} has the answer {answer!r} of {count}.")
    return _LETTERS.index(answer)


def to_sample(row: Row) -> Sample:
    """A row of `rotations`."""
    index = int(row["index"])
    options = options_of(row)
    place = place_of(row, len(options))
    image = row.get("image")
    if isinstance(image, str):
        try:
            image = base64.b64decode(image, validate=True) if image else None
        except binascii.Error as error:
            raise DataError(f"the picture of {index} is no base64 ({error}).") from error
    media, reason = picture({**row, "image": image}, f"{index % STEP}.jpg", ("images",))
    return Sample(
        str(index),
        str(row["question"]),
        target=() if place is None else (options[place],),
        choices=tuple(options),
        answer=() if place is None else (place,),
        cluster=str(index % STEP),
        fields={
            "hint": text_of(row.get("hint")),
            "category": text_of(row.get("category")) or "unknown",
            "ability": text_of(row.get("l2-category") or row.get("L2-category")) or "unknown",
            "group": str(index % STEP),
            "group_size": row.get("rotations", 1),
            "rotation": index // STEP,
            "no_picture": reason,
        },
        labelled=place is not None,
        media=media,
    )


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """VLMEvalKit's rows {"index", "prediction"}, or {index: answer}."""
    if isinstance(content, dict):
        return [{"id": str(name), "response": value} for name, value in content.items()]
    if not all(isinstance(row, dict) and "index" in row and "prediction" in row for row in content):
        raise DataError(
            "rows with index and prediction are wanted.",
            hint='Write {"index": 241, "prediction": "B"}; rotation k has index + 1,000,000 k.',
        )
    return [{"id": str(row["index"]), "response": str(row["prediction"])} for row in content]


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """Rows of index and prediction."""
    rows = [{"index": int(a.sample.id), "prediction": a.response.text.strip()} for a in answers]
    return {"predictions.jsonl": "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)}


CARD = Card(
    title="MMBench",
    summary="Questions with two to four options about pictures, on twenty abilities from reading "
    "text to social reasoning; each is asked in every rotation of its options.",
    abilities=("vision", "perception", "reasoning"),
    languages=("en", "zh"),
    paper="https://arxiv.org/abs/2307.06281",
    licence="Apache-2.0",
    official_scorer="open-compass/VLMEvalKit: vlmeval/dataset/utils/multiple_choice.py",
    random_baseline=0.01,
    saturation="Models of 2025 reach 0.85 to 0.9 by CircularEval: it tells small models apart.",
    contamination="Questions of the dev set are public since 2023, with answers; part of its "
    "pictures are from training sets.",
    label_errors="A few per cent of the questions are ambiguous, doubled, or answered without the "
    "picture; version 1.1 took many out.",
    notes="circular counts a question when all its rotations are right, vanilla as it is written. "
    "Answers in which no rule finds one option are wrong here; upstream asks a language "
    "model about them, so its numbers can be higher for models that talk. The test set's "
    "answers are kept. rows counts the rows with rotations.",
    rows=4329,
)


def _row(index: int, question: str, options: Sequence[str], answer: str) -> Row:
    made = dict(zip(_LETTERS, options, strict=False))
    kinds = {"category": "object_localization", "l2-category": "finegrained_perception"}
    return {"index": index, "question": question, **made, "answer": answer, **kinds, "hint": "nan"}


_CUP = _row(1, "Where is the cup?", ["on the table", "under it", "behind it", "nowhere"], "A")
_RAIN = _row(2, "Is it raining?", ["yes", "no"], "B")
CHECKS = (
    Check(_CUP, "A", 1.0),
    Check(_CUP, "The cup is on the table.", 1.0),
    Check(_RAIN, "(B)", 1.0),
    Check(_CUP, "B. under it", 0.0),
    Check(_RAIN, "A or B", 0.0),
    Check(_RAIN, "", 0.0),
)
