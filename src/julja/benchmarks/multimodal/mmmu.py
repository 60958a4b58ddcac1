"""MMMU: college exams in thirty subjects, with pictures among the words.

    julja score mmmu --responses FOLDER             SUBJECT/output.json, as upstream's repository
    julja score mmmu --responses total.json         {"validation_Accounting_1": "D", …}

Paper: Yue et al., CVPR 2024, https://arxiv.org/abs/2311.16502. Data: MMMU/MMMU on the hub; the
repository alone, as `mmmu_repo/` or `mmmu/`, has the key (mmmu/answer_dict_val.json): answers are
scored with it, nothing can be asked.
"""

import ast
import re
from collections.abc import Sequence

from julja.benchmarks.multimodal.mmmu_subjects import DOMAINS, SUBJECTS
from julja.errors import ConfigError, DataError
from julja.pictures import keep
from julja.scoring.vision.mmmu import Fallback, mmmu_answer
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import MEDIA_MARK, Decoding, Json, Media, Row, Sample, Source

HUB = "MMMU/MMMU"
_MARK = re.compile(r"<image (\d+)>")
_PLACES = "mmmu/{}", "{}"


@task
def mmmu(fallback: Fallback = "wrong", mirror: str = "mmmu_repo") -> Task:
    """The 900 validation questions. `fallback=random` draws an option where none is named."""
    if not mirror:
        raise ConfigError("mirror names the folder of the data.", hint="For example mmmu_repo.")
    return Task(
        name="mmmu",
        mirror=mirror,
        subsets=SUBJECTS,
        rows=Source(
            split="validation",
            hub=HUB,
            revision="98e6ac0cb9b7b2cd2c991b85a50762edc4aedc68",
            config="{subset}",
            files=tuple(place.format("answer_dict_val.json") for place in _PLACES),
            subset_field="subject",
            adapt=key_rows,
        ),
        attached={
            # The repository has the options only beside a model's answers.
            "listed": Attached(
                source=Source(
                    split="validation",
                    files=tuple(
                        p.format("example_outputs/llava1.5_13b/{subset}/output.json")
                        for p in _PLACES
                    ),
                ),
                key=lambda row: str(row["id"]),
                optional=True,
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=prompt,
                decoding=Decoding(max_tokens=1024),
                scorer=mmmu_answer(fallback=fallback),
            )
        },
        by=("domain", "question_type"),
        responses=responses,
        params={"fallback": fallback, "mirror": mirror},
        card=CARD,
        checks=CHECKS,
    )


def key_rows(content: Json) -> list[Row]:
    """Upstream's key {id: {"question_type", "ground_truth"}} as rows."""
    if isinstance(content, list):
        return content
    try:
        return [
            {
                "id": name,
                "subject": subject_of(name),
                "question_type": entry["question_type"],
                "answer": entry["ground_truth"],
            }
            for name, entry in content.items()
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(
            f"the file is no key of MMMU ({type(error).__name__} {error}).",
            hint='It is {"validation_Accounting_1": {"question_type", "ground_truth"}, …}.',
        ) from error


def subject_of(name: str) -> str:
    """The subject in "validation_Art_Theory_3"."""
    return "_".join(name.split("_")[1:-1])


def to_sample(row: Row) -> Sample:
    """A row of the hub, or of the key alone."""
    name = str(row["id"])
    subject = subject_of(name)
    listed = (row.get("listed") or {}).get("index2ans") or {}
    options = listed_options(row.get("options"), name) or tuple(map(str, listed.values()))
    is_choice = row["question_type"] == "multiple-choice"
    target = answers_of(row["answer"])
    letter = ord(target[0]) - ord("A") if is_choice and len(target[0]) == 1 else -1
    if is_choice and options and not 0 <= letter < len(options):
        raise DataError(
            f"the question {name} has the answer {target[0]!r} for {len(options)} options."
        )
    text = str(row.get("question") or "")
    media, reason = pictures_of(row, (text, *options))
    return Sample(
        name,
        text or name,
        target=target,
        choices=options if is_choice else (),
        answer=(letter,) if is_choice and options else (),
        fields={
            "subject": subject,
            "domain": DOMAINS.get(subject, "other"),
            "question_type": "multiple-choice" if is_choice else "open",
            "no_picture": reason,
        },
        labelled=target != ("?",),
        media=media,
    )


def listed_options(options: Json, name: str) -> tuple[str, ...]:
    """Options that are a list, or written as one."""
    if isinstance(options, str):
        try:
            options = ast.literal_eval(options or "[]")
        except (SyntaxError, ValueError) as error:
            raise DataError(f"the options of {name} are no list: {options[:60]!r}.") from error
    return tuple(str(option) for option in options or ())


def answers_of(answer: Json) -> tuple[str, ...]:
    """The answers that are right: one, or a list, which the hub writes as text."""
    if isinstance(answer, str) and answer.startswith("["):
        try:
            answer = ast.literal_eval(answer)
        except (SyntaxError, ValueError):
            return (str(answer),)
    if isinstance(answer, list):
        return tuple(str(item) for item in answer)
    return (str(answer),)


def pictures_of(row: Row, texts: Sequence[str]) -> tuple[tuple[Media, ...], str]:
    """The pictures in the order of their marks <image N>; those without a mark come first."""
    found: dict[int, Media] = {}
    for number in range(1, 8):
        inside = row.get(f"image_{number}")
        if inside:
            found[number] = keep(inside, place=f"{row['id']}, image {number}")
    marked = [int(number) for text in texts for number in _MARK.findall(text)]
    wanted = [number for number in sorted(found) if number not in marked] + marked
    missing = sorted({number for number in marked if number not in found})
    reason = f"image {', '.join(map(str, missing))} is not in the row" if missing else ""
    if not texts[0]:
        reason = "the key alone is at hand, not the question"
    media = [found.get(n) or Media(f"{row['id']}: image {n}", "") for n in wanted]
    return tuple(media), reason


def prompt(sample: Sample) -> str:
    """mmmu/configs/llava1.5.yaml word for word; its empty lines are single line breaks in YAML."""
    options = "".join(
        f"({chr(ord('A') + n)}) {option}\n" for n, option in enumerate(sample.choices)
    )
    if sample.fields["question_type"] == "multiple-choice":
        ask = "Answer with the option's letter from the given choices directly."
        text = f"{sample.input}\n{options}\n{ask}"
    else:
        text = f"{sample.input}\nAnswer the question using a single word or phrase."
    return shown(text, sample)


def shown(text: str, sample: Sample) -> str:
    """A text with its pictures at their marks; those without a mark come first."""
    marks = len(_MARK.findall(text))
    first = len(sample.media) - marks
    return MEDIA_MARK * first + ("\n" if first > 0 else "") + _MARK.sub(MEDIA_MARK, text)


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """A folder of SUBJECT/output.json (other files of it are results), or one file of them all."""
    if isinstance(content, list):
        return content
    outputs = {k: v for k, v in content.items() if k.rsplit("/", 1)[-1] == "output.json"}
    if outputs:
        return [row for part in outputs.values() for row in part]
    if any(name.endswith(".json") for name in content):
        raise DataError(
            f"the folder holds no output.json but {', '.join(sorted(content)[:3])}.",
            hint="Upstream's folders are MODEL/SUBJECT/output.json; one file is given by its name.",
        )
    return [{"id": name, "response": value} for name, value in content.items()]


CARD = Card(
    title="MMMU",
    summary="900 questions of college exams in thirty subjects whose pictures (diagrams, tables, "
    "scores, scans) must be read; most have four options, 53 are open.",
    abilities=("vision", "knowledge", "reasoning"),
    paper="https://arxiv.org/abs/2311.16502",
    licence="Apache-2.0",
    official_scorer="MMMU-Benchmark/MMMU: mmmu/main_parse_and_eval.py, main_eval_only.py",
    random_baseline=0.221,
    human=0.886,
    saturation="Models of 2025 reach 0.8 to 0.85, experts 0.76 to 0.89: MMMU-Pro tells more apart.",
    contamination="Validation questions and answers are public since 2023, many are from "
    "textbooks and the web; a good part can be answered without the picture.",
    label_errors="Some open answers fit by accident (a number within a number, one letter); "
    "reviews found wrong and ambiguous keys.",
    notes="Where no option is named, the official code draws one at random (seed 42, by order): "
    "here it is wrong unless fallback=random, which draws by the sample's id; the official "
    "numbers of such answers differ by a point. Overall weighs every question alike. The "
    "test set's 10,500 answers are kept by the authors.",
    rows=900,
)


def _row(name: str, question: str, options: str, answer: str) -> Row:
    kind = "multiple-choice" if options else "short-answer"
    fields = {"id": f"validation_{name}", "question": question, "options": options or "[]"}
    return {**fields, "question_type": kind, "answer": answer}


_CELL = _row("Biology_1", "Which part makes energy?", "['nucleus', 'mitochondrion', 'wall']", "B")
_VOLT = _row("Electronics_2", "Find the voltage in volts.", "", "2.5")
_MANY = _row("Math_3", "Give the root.", "", "['1/2', '0.5']")
CHECKS = (
    Check(_CELL, "(B)", 1.0),
    Check(_CELL, "I would say that it is the mitochondrion", 1.0),
    Check(_VOLT, "So the voltage is 2.50 V", 1.0),
    Check(_MANY, "x = 0.5", 1.0),
    Check(_CELL, "A", 0.0),
    Check(_VOLT, "25", 0.0),
    Check(_CELL, "no idea", 0.0),
)
