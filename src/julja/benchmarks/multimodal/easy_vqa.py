"""easy-VQA: simple questions about one coloured shape; checks the whole way of a picture.

    julja score easy_vqa --responses predictions.csv     image_id, question and prediction

Source: Victor Zhou, Easy Visual Question Answering, 2019, https://victorzhou.com/blog/easy-vqa/;
vzhou842/easy-VQA. Data: `easy_vqa/` with test/questions.json and test/images/0.png …
"""

from collections import defaultdict
from collections.abc import Sequence

from julja.benchmarks.multimodal.common import SHOWN, picture
from julja.errors import DataError
from julja.scoring.match import exact
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

COLOURS = ("black", "gray", "red", "blue", "green", "brown", "teal", "yellow")


@task
def easy_vqa() -> Task:
    """The 9,673 questions about the 1,000 test pictures."""
    return Task(
        name="easy_vqa",
        rows=Source(
            split="test",
            files=("test/questions.json", "data/test/questions.json"),
            adapt=rows_of,
            folder=True,
        ),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=SHOWN,
                decoding=Decoding(max_tokens=8),
                scorer=exact(ignore_case=True, ignore_punctuation=True),
            )
        },
        by=("kind",),
        responses=responses,
        card=CARD,
        checks=CHECKS,
    )


def rows_of(content: Json) -> list[Row]:
    """Upstream's lists [question, answer, image id], numbered."""
    try:
        return [
            {"place": place, "question": question, "answer": answer, "image_id": int(image)}
            for place, (question, answer, image) in enumerate(content)
        ]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the file is no list of questions ({error}).",
            hint="easy-VQA's questions.json is [[question, answer, image id], …].",
        ) from error


def to_sample(row: Row) -> Sample:
    """A row of `rows_of`. The picture is the cluster: about ten questions share it."""
    folders = ("test/images", "data/test/images")
    media, reason = picture(row, f"{row['image_id']}.png", folders)
    answer = str(row["answer"])
    kind = "yes or no" if answer in ("yes", "no") else "colour" if answer in COLOURS else "shape"
    return Sample(
        f"test-{row['place']}",
        str(row["question"]),
        target=(answer,),
        cluster=str(row["image_id"]),
        fields={"kind": kind, "image_id": row["image_id"], "no_picture": reason},
        media=media,
    )


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """Rows with image_id, question and prediction; a question asked twice of a picture in order."""
    if not isinstance(content, list) or not content or "image_id" not in content[0]:
        raise DataError(
            "rows with image_id, question and prediction are wanted.",
            hint='Or write lines {"id": "test-0", "response": "red"}.',
        )
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sample in samples:
        places[str(sample.cluster), sample.input].append(sample.id)
    found = []
    for row in content:
        waiting = places.get((str(row["image_id"]), str(row["question"])))
        name = waiting.pop(0) if waiting else f"image {row['image_id']}: {row['question']}"
        found.append({"id": name, "response": str(row["prediction"])})
    return found


CARD = Card(
    title="easy-VQA",
    summary="Questions about the shape and the colour in a picture of 64 x 64 pixels, 13 answers.",
    abilities=("vision", "question answering"),
    paper="https://victorzhou.com/blog/easy-vqa/",
    licence="MIT",
    official_scorer="vzhou842/easy-VQA-demo: accuracy over the 13 answers",
    human=1.0,
    saturation="Solved: a small network made for it has 0.992. It tells whether pictures arrive.",
    contamination="Pictures and questions are made by a public program.",
    label_errors="None known: the program that draws knows the answer.",
    notes="74 % of the questions are of yes or no. About ten questions share a picture: errors are "
    "clustered by it.",
    rows=9673,
)
_RED = {"place": 0, "question": "what color is the shape?", "answer": "red", "image_id": 0}
_BOX = {"place": 1, "question": "what shape is in the image?", "answer": "rectangle", "image_id": 0}
_NOT = {"place": 2, "question": "is there a circle?", "answer": "no", "image_id": 0}
CHECKS = (
    Check(_RED, "Red.", 1.0),
    Check(_BOX, "rectangle", 1.0),
    Check(_NOT, "No", 1.0),
    Check(_RED, "blue", 0.0),
    Check(_BOX, "It is a triangle", 0.0),
    Check(_NOT, "yes", 0.0),
)
