"""What KoBEST's five tasks share: files, labels, forms and card texts.

Paper: Jang et al., KoBEST: Korean Balanced Evaluation of Significant Tasks, COLING 2022,
https://arxiv.org/abs/2204.04541. Data: SKT-LSL/KoBEST_datarepo v1.0 (CC-BY-SA-4.0). Metric: macro
F1, and accuracy. The rank prompts are those of lm-evaluation-harness (lm_eval/tasks/kobest), the
others julja's own. Upstream's labels differ from the hub's and are read as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from julja.errors import ConfigError, DataError
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.choice import letters, ranked
from julja.scoring.classes import class_metrics
from julja.scoring.match import choice_letter
from julja.tasks.task import Card, Form, Task
from julja.types import Decoding, FormName, Json, Metric, Response, Row, Sample, Score, Source

METRICS = ("f1_macro", "acc")
CARD = Card(
    languages=("ko",),
    paper="https://arxiv.org/abs/2204.04541",
    licence="CC-BY-SA-4.0",
    official_scorer="paper, section 4 (macro F1); lm-evaluation-harness: lm_eval/tasks/kobest",
    saturation="Fine-tuned encoders of the paper are well below its human annotators; large "
    "language models are near them on BoolQ and SentiNeg.",
    contamination="Public since 2022 with all labels; in Korean instruction-tuning mixtures.",
    label_errors="Written and reviewed by linguists; no audit by others is published.",
    notes="Macro F1 is the paper's metric, accuracy what most model cards print. The rank form asks"
    " as lm-evaluation-harness does, without shots where none are asked for (reports use 0, 5 or "
    "10); letter and generate are julja's own wording and not comparable with it. An answer that "
    "can't be read is of no class. human is the macro F1 of ten speakers on 100 items of the test "
    "set.",
)
_ACC = (Metric("acc"),)
_HUB = "skt/kobest_v1"
_REVISION = "a5ea15e3ac77ed694b79f6204eb31889a2ba989f"
_FILES = {"test": "test", "validation": "dev", "train": "train"}


def source(folder: str, split: str) -> Source:
    """One split: upstream's FOLDER/test.tsv, or the hub's."""
    if split not in _FILES:
        raise ConfigError(f"KoBEST has no split {split!r}.", hint="It has test and validation.")
    name = f"{_FILES[split]}.tsv"
    return Source(
        split=split,
        hub=_HUB,
        config=folder.lower(),
        revision=_REVISION,
        files=(f"{folder}/{name}", f"v1.0/{folder}/{name}"),
    )


def made(
    name: str,
    folder: str,
    split: str,
    to_sample: Callable[[Row], Sample],
    forms: Mapping[FormName, Form],
) -> Task:
    """A task of KoBEST, without its card and checks."""
    return Task(
        name=f"kobest_{name}",
        mirror="kobest",
        rows=source(folder, split),
        exemplars=source(folder, "train"),
        sample=to_sample,
        forms=forms,
        params={"split": split},
    )


def field(row: Row, *names: str) -> str:
    """The text, as it is, of the first of these columns that a row has."""
    for name in names:
        if row.get(name) is not None:
            text = str(row[name])
            if not text.strip():
                raise DataError(f"{name} is empty.", hint="The file may be cut or damaged.")
            return text
    raise DataError(f"the row has none of the columns {', '.join(names)}.")


def truth(value: Json) -> int:
    """1 for true: upstream writes True or TRUE, the hub 1."""
    known = {"true": 1, "false": 0, "1": 1, "0": 0}
    text = str(value).strip().lower()
    if text not in known:
        raise DataError(f"the label {value!r} is neither True nor False, nor 1 or 0.")
    return known[text]


def place(value: Json, count: int, *, first: int = 0) -> int:
    """A label that counts from `first`, as a place from 0."""
    text = str(value).strip()
    if not text.isdigit() or not first <= int(text) < first + count:
        raise DataError(
            f"the label {value!r} is none of {first} to {first + count - 1}.",
            hint="Upstream's COPA counts from 1, all else from 0.",
        )
    return int(text) - first


def labelled(texts: Sequence[str], choices: Sequence[str], answer: int, **fields: Json) -> Sample:
    """A sample; `texts` are what an encoder reads."""
    return Sample(
        "",
        "\n".join(texts),
        target=(choices[answer],),
        choices=tuple(choices),
        answer=(answer,),
        fields={"texts": list(texts), **fields},
    )


def word_forms(
    ranked_prompt: str, question: str, shown: str, readings: Sequence[Sequence[str]]
) -> Mapping[FormName, Form]:
    """The forms of a task with two words as labels.

    generate shows `shown`, asks `question` and reads the words that `readings` has for each label.
    """
    return {
        "rank": Form(
            prompt=ranked_prompt,
            answer=" {{ choices[answer[0]] }}",
            scorer=class_metrics(ranked("acc"), METRICS),
        ),
        "generate": Form(
            header=f"{question} 마지막 줄에 '답: {readings[1][0]}' 또는 '답: {readings[0][0]}'"
            "라고 쓰시오.\n\n",
            prompt=shown + "\n",
            answer="답: {{ choices[answer[0]] }}",
            decoding=Decoding(max_tokens=256, temperature=0.0),
            scorer=class_metrics(said(readings), METRICS),
        ),
        "classify": Form(
            prompt="{{ texts | join('\\n') }}",
            inputs=lambda sample: dict(
                zip(("text", "text_pair"), sample.fields["texts"], strict=False)
            ),
            scorer=class_metrics(ranked("acc"), METRICS),
        ),
    }


_ANSWER = re.compile(r"(?:정답|답변|답)\W{0,4}?[:：은는]\W*")


@scorer(metrics=_ACC)
def said(readings: Sequence[Sequence[str]]) -> ScoreFunction:
    """The word that the answer begins with, behind its last "답:" where there is one.

    `readings` has the words of each choice; one that is the head of another is no match for it.
    """
    words = sorted(
        ((word, number) for number, group in enumerate(readings) for word in group),
        key=lambda item: -len(item[0]),
    )

    def score(sample: Sample, response: Response) -> Score:
        text = response.text
        starts = [match.end() for match in _ANSWER.finditer(text)] or [0]
        for start in reversed(starts):
            begin = start + len(text[start:]) - len(text[start:].lstrip(" \n\t\r*'\"‘“([<"))
            for word, number in words:
                if text[begin:].lower().startswith(word):
                    value = float(number in sample.answer)
                    span = (begin, begin + len(word))
                    return Score({"acc": value}, extracted=sample.choices[number], span=span)
        return unparsed(_ACC, "The answer begins with none of the words that were asked for.")

    return score


def option_forms(
    ranked_prompt: str, shown: str, also: Sequence[str] = ()
) -> Mapping[FormName, Form]:
    """The forms of a task whose choices are sentences; `shown` asks above the options."""
    options = "{% for choice in choices %}\n{{ letters[loop.index0] }}. {{ choice }}{% endfor %}\n"
    return {
        "rank": Form(prompt=ranked_prompt, scorer=class_metrics(ranked("acc"), (*METRICS, *also))),
        "letter": Form(
            prompt=shown + options + "정답:",
            answer=" {{ letters[answer[0]] }}",
            scorer=class_metrics(letters(), METRICS),
        ),
        "generate": Form(
            header="알맞은 것을 고르고 마지막 줄에 '정답: 기호'라고 쓰시오.\n\n",
            prompt=shown + options,
            answer="정답: {{ letters[answer[0]] }}",
            decoding=Decoding(max_tokens=512, temperature=0.0),
            scorer=class_metrics(choice_letter(), METRICS),
        ),
    }


def card(title: str, summary: str, rows: int, **changes: Json) -> Card:
    """A card with what all five say."""
    return replace(CARD, title=f"KoBEST {title}", summary=summary, rows=rows, **changes)
