"""C-Eval: Chinese exams of 52 subjects at four levels.

Paper: Huang et al., C-Eval: A Multi-Level Multi-Discipline Chinese Evaluation Suite for Foundation
Models, NeurIPS 2023, https://arxiv.org/abs/2305.08322. Data and official code: hkust-nlp/ceval
(CC-BY-NC-SA-4.0), code/evaluator_series. The test labels were hidden until July 2025: `split=test`
is scored where its file has them, and its submission is the JSON that the authors' site takes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from julja.benchmarks.chinese import common
from julja.errors import ConfigError, DataError, did_you_mean
from julja.scoring.classes import chosen
from julja.scoring.match import choice_letter
from julja.tasks.render import LETTERS
from julja.tasks.task import Answered, Card, Check, Task, task
from julja.types import Row, Sample, Source

# subject_mapping.json.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "STEM": (
        "advanced_mathematics",
        "college_chemistry",
        "college_physics",
        "college_programming",
        "computer_architecture",
        "computer_network",
        "discrete_mathematics",
        "electrical_engineer",
        "high_school_biology",
        "high_school_chemistry",
        "high_school_mathematics",
        "high_school_physics",
        "metrology_engineer",
        "middle_school_biology",
        "middle_school_chemistry",
        "middle_school_mathematics",
        "middle_school_physics",
        "operating_system",
        "probability_and_statistics",
        "veterinary_medicine",
    ),
    "Social Science": (
        "business_administration",
        "college_economics",
        "education_science",
        "high_school_geography",
        "high_school_politics",
        "mao_zedong_thought",
        "marxism",
        "middle_school_geography",
        "middle_school_politics",
        "teacher_qualification",
    ),
    "Humanities": (
        "art_studies",
        "chinese_language_and_literature",
        "high_school_chinese",
        "high_school_history",
        "ideological_and_moral_cultivation",
        "law",
        "legal_professional",
        "logic",
        "middle_school_history",
        "modern_chinese_history",
        "professional_tour_guide",
    ),
    "Other": (
        "accountant",
        "basic_medicine",
        "civil_servant",
        "clinical_medicine",
        "environmental_impact_assessment_engineer",
        "fire_engineer",
        "physician",
        "plant_protection",
        "sports_science",
        "tax_accountant",
        "urban_and_rural_planner",
    ),
}
HARD = (
    "advanced_mathematics",
    "college_chemistry",
    "college_physics",
    "discrete_mathematics",
    "high_school_chemistry",
    "high_school_mathematics",
    "high_school_physics",
    "probability_and_statistics",
)
SUBJECTS = tuple(sorted(subject for group in CATEGORIES.values() for subject in group))


@task
def ceval(split: Literal["val", "test"] = "val", subset: Literal["all", "hard"] = "all") -> Task:
    """1,346 validation questions; `split=test`: 12,342 more; `subset=hard`: 8 subjects."""
    if split not in ("val", "test") or subset not in ("all", "hard"):
        raise ConfigError(f"ceval knows split=val|test and subset=all|hard: {split}, {subset}.")
    return Task(
        name="ceval",
        rows=_source(split),
        exemplars=_source("dev"),
        pick="first",
        subsets=HARD if subset == "hard" else SUBJECTS,
        sample=lambda row: to_sample(row, split),
        forms=common.forms(header, "", "\n答案：", choice_letter(), "\n答案："),
        by=("category",),
        submission=submission if split == "test" else None,
        params={"split": split, "subset": subset},
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="ceval/ceval-exam",
        config="{subset}",
        revision="617524a00b307ff6f9933702f724131fe12ca7ce",
        files=(f"{split}/{{subset}}_{split}.csv", f"data/{split}/{{subset}}_{split}.csv"),
    )


def header(sample: Sample) -> str:
    """The line that names the subject."""
    name = common.names("ceval")[sample.fields["subject"]]
    return f"以下是中国关于{name}考试的单项选择题，请选出其中的正确答案。\n\n"


def to_sample(row: Row, split: str = "val") -> Sample:
    """A row {id, question, A, B, C, D, answer}; older test files have no answers."""
    subject = str(row["subset"])
    if subject not in SUBJECTS:
        raise DataError(
            f"{subject!r} is none of C-Eval's 52 subjects.", hint=did_you_mean(subject, SUBJECTS)
        )
    answer = str(row.get("answer") or "").strip()
    if not answer and split != "test":
        raise DataError("the row has no answer.", hint="Is it the test set? Ask split=test.")
    category = [name for name, group in CATEGORIES.items() if subject in group]
    hard = ["Hard"] if subject in HARD else []
    return common.question(
        row, str(row["question"]), answer, subject, [*category, *hard], str(row.get("id", ""))
    )


def submission(answers: Sequence[Answered]) -> Mapping[str, str]:
    """{"subject": {"0": "A", …}}; an answer that could not be read is an empty text."""
    found: dict[str, dict[str, str]] = {}
    for item in answers:
        place = chosen(item.sample, item.response, item.score)
        letter = "" if place is None else LETTERS[place]
        found.setdefault(str(item.subset), {})[item.sample.id] = letter
    return {"submission.json": json.dumps(found, ensure_ascii=False, indent=1) + "\n"}


CARD = Card(
    title="C-Eval",
    summary="Questions of Chinese middle school, high school, college and professional exams.",
    abilities=("knowledge", "reasoning"),
    languages=("zh",),
    paper="https://arxiv.org/abs/2305.08322",
    licence="CC-BY-NC-SA-4.0",
    official_scorer="hkust-nlp/ceval: code/evaluator_series; cevalbenchmark.com (test labels)",
    random_baseline=0.25,
    saturation="Chinese frontier models reach 0.9 on the test set.",
    contamination="Mock exams rather than real ones; the test labels were hidden until July 2025, "
    "the validation split is in training sets.",
    label_errors="No audit of its keys is published.",
    notes="The overall score is the plain mean of the subjects (acc_macro); the hard subset is "
    "eight subjects of mathematics, physics and chemistry. split=test is scored where its file has "
    "the labels (public since July 2025); `julja export RUN --to submission` writes the file for "
    "the authors' site.",
    rows=1346,
)


def _row(question: str, options: Sequence[str], letter: str) -> Row:
    named = dict(zip("ABCD", options, strict=True))
    return {"subset": "logic", "id": 0, "question": question, **named, "answer": letter}


_ALL = _row("所有的猫都是动物，咪咪是猫，那么咪咪是", ("植物", "动物", "石头", "水"), "B")
_SUM = _row("二加三等于", ("四", "六", "五", "七"), "C")
CHECKS = (
    Check(_ALL, "B", 1.0),
    Check(_SUM, "答案：C", 1.0),
    Check(_ALL, "A", 0.0),
    Check(_SUM, "不知道", 0.0),
    Check(_ALL, "", 1.0, "letter", (-3.0, -0.5, -3.0, -3.0)),
    Check(_SUM, "", 0.0, "letter", (-3.0, -0.5, -3.0, -3.0)),
)
