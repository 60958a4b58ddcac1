"""Captions of photographs: COCO, nocaps and Flickr30k.

    julja score coco_captions --responses results.json    [{"image_id": 139, "caption": "A room …"}]
    julja score coco_captions:annotations=mine/captions.json    any file in COCO's form

Papers: Chen et al., Microsoft COCO Captions, 2015, https://arxiv.org/abs/1504.00325; Agrawal et
al., nocaps, ICCV 2019, https://arxiv.org/abs/1812.08658; Young et al., Flickr30k, TACL 2014,
https://aclanthology.org/Q14-1006, in the split of Karpathy and Fei-Fei, 2015. Data: as upstream,
`coco/annotations/captions_val2017.json`, `nocaps/nocaps_val_4500_captions.json`,
`flickr30k/dataset_flickr30k.json`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from julja.benchmarks.multimodal.common import picture
from julja.benchmarks.vision.coco import split_place
from julja.errors import DataError
from julja.scoring.vision.captions import captions
from julja.tasks.task import Answered, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Row, Sample, Source

# EvolvingLMMs-Lab/lmms-eval, lmms_eval/tasks/{coco_cap,nocaps,flickr30k}/utils.py.
_PROMPT = "{{ image }}\nProvide a one-sentence caption for the provided image."
_FOLDERS = ("val2017", "val2014", "flickr30k-images", "images", ".")


@task
def coco_captions(annotations: str = "coco/annotations/captions_val2017.json") -> Task:
    """The 5,000 pictures of val2017, or those of another file in COCO's form."""
    folder, file = split_place(annotations)
    rows = Source(split="val2017", files=(file,), adapt=coco_rows, folder=True)
    made = _captions("coco_captions", rows, CARD)
    return replace(made, mirror=folder, params={"annotations": annotations})


@task
def nocaps() -> Task:
    """The 4,500 validation pictures: objects that COCO's captions name, or don't."""
    files = ("nocaps_val_4500_captions.json",)
    rows = Source(split="validation", files=files, adapt=coco_rows, folder=True)
    return replace(_captions("nocaps", rows, NOCAPS), by=("domain",))


@task
def flickr30k() -> Task:
    """The 1,000 pictures of Karpathy's test split."""
    rows = Source(split="test", files=("dataset_flickr30k.json",), adapt=karpathy_rows, folder=True)
    return _captions("flickr30k", rows, FLICKR)


def _captions(name: str, rows: Source, card: Card) -> Task:
    return Task(
        name=name,
        rows=rows,
        sample=to_sample,
        forms={
            "generate": Form(prompt=_PROMPT, decoding=Decoding(max_tokens=64), scorer=captions())
        },
        responses=responses,
        submission=submission,
        card=card,
        checks=CHECKS,
    )


def coco_rows(content: Json) -> list[Row]:
    """A row for each picture of a captions file that has captions."""
    if not isinstance(content, dict) or not {"images", "annotations"} <= set(content):
        raise DataError(
            "the file has no images and annotations.", hint="A captions file of COCO is wanted."
        )
    texts: dict[Json, list[str]] = defaultdict(list)
    for item in content["annotations"]:
        texts[item["image_id"]].append(str(item["caption"]))
    return [
        {
            "image_id": image["id"],
            "file_name": image.get("file_name", ""),
            "captions": texts[image["id"]],
            "domain": image.get("domain"),
        }
        for image in content["images"]
    ]


def karpathy_rows(content: Json) -> list[Row]:
    """The test pictures of Karpathy's file of splits."""
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DataError("the file has no images.", hint="Karpathy's dataset_*.json is wanted.")
    return [
        {
            "image_id": image.get("imgid", place),
            "file_name": image["filename"],
            "captions": [sentence["raw"] for sentence in image["sentences"]],
        }
        for place, image in enumerate(content["images"])
        if image["split"] == "test"
    ]


def to_sample(row: Row) -> Sample:
    """A picture with its reference captions."""
    name = str(row["file_name"])
    media, reason = picture(row, name, _FOLDERS)
    return Sample(
        str(row["image_id"]),
        name or str(row["image_id"]),
        target=tuple(row["captions"]),
        fields={"domain": row.get("domain") or "all", "file_name": name, "no_picture": reason},
        labelled=bool(row["captions"]),
        media=media,
    )


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """COCO's results file: rows {"image_id", "caption"}."""
    if not isinstance(content, list) or not all(
        isinstance(row, dict) and "image_id" in row and "caption" in row for row in content
    ):
        raise DataError(
            "rows with image_id and caption are wanted.",
            hint='Write [{"image_id": 139, "caption": "A living room with a television."}].',
        )
    return [{"id": str(row["image_id"]), "response": str(row["caption"])} for row in content]


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """COCO's results file."""
    rows = [
        {
            "image_id": int(a.sample.id) if a.sample.id.isdigit() else a.sample.id,
            "caption": " ".join(a.response.text.split()),
        }
        for a in answers
    ]
    return {"results.json": json.dumps(rows, ensure_ascii=False)}


_NOTES = (
    "CIDEr-D (10 for a caption equal to every reference), BLEU-1 to 4 and ROUGE-L of the whole "
    "set, each with a bootstrap interval over pictures; the document frequencies of CIDEr are "
    "those of the set's references, so a part of the set (--limit) isn't comparable. Metrics are "
    "in 0..1, CIDEr in 0..10, papers print hundredths. METEOR and SPICE are left out. The "
    "tokeniser is julja's own; on 6,000 texts it did what Stanford's does."
)
CARD = Card(
    title="COCO captions",
    summary="One sentence about each of 5,000 photographs, compared with five or more by people.",
    abilities=("vision", "captioning"),
    paper="https://arxiv.org/abs/1504.00325",
    licence="annotations CC BY 4.0; images under the terms of Flickr",
    official_scorer="salaniz/pycocoevalcap (tylin/coco-caption)",
    saturation="CIDEr near 1.4 to 1.5 for tuned models since 2022, above people's captions (0.85): "
    "a better score is no better caption.",
    contamination="COCO's captions are in the training data of nearly every model.",
    label_errors="References are short and agree on the obvious: detailed captions are punished.",
    notes=f"{_NOTES} Most papers report Karpathy's test split of val2014; name its file with "
    "annotations=.",
    rows=5000,
)
NOCAPS = replace(
    CARD,
    title="nocaps",
    summary="One sentence about each of 4,500 photographs of OpenImages, whose objects COCO's "
    "captions name (in-domain), partly name (near), or don't (out).",
    paper="https://arxiv.org/abs/1812.08658",
    saturation="CIDEr near 1.2 for the best since 2022, above people's captions (0.85).",
    contamination="Validation captions are public since 2019; the test set's are kept.",
    notes=_NOTES,
    rows=4500,
)
FLICKR = replace(
    CARD,
    title="Flickr30k captions",
    summary="One sentence about each of 1,000 photographs of people and animals.",
    paper="https://aclanthology.org/Q14-1006",
    licence="captions CC BY-SA 3.0; images under the terms of Flickr, for research",
    saturation="CIDEr near 0.9 to 1.0 for tuned models.",
    contamination="Public since 2014 and in the training data of many models.",
    notes=_NOTES,
    rows=1000,
)


def _row(number: int, *texts: str) -> Row:
    return {"image_id": number, "file_name": f"{number}.jpg", "captions": list(texts)}


_DOG = _row(1, "A dog runs on the beach.", "A brown dog is running in the sand.")
_CUP = _row(2, "Two cups on a wooden table.")
_MAN = _row(3, "A man rides a bicycle.", "Someone cycling down a street.")
CHECKS = (
    Check(_DOG, "a dog runs on the beach", 1.0),
    Check(_CUP, "Two cups on a wooden table", 1.0),
    Check(_MAN, "A man rides a bicycle!", 1.0),
    Check(_DOG, "Kites over hills", 0.0),
    Check(_CUP, "", 0.0),
    Check(_MAN, "...", 0.0),
)
