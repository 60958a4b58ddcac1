"""CMMLU: 67 subjects in Chinese, some of which have one answer in China alone.

Paper: Li et al., CMMLU: Measuring Massive Multitask Language Understanding in Chinese, Findings of
ACL 2024, https://arxiv.org/abs/2306.09212. Data and official code: haonan-li/CMMLU (CC-BY-NC-4.0),
src/mp_utils.py: the prompts, and extract_choice, a cascade of patterns that ends in a random
letter.
"""

from collections.abc import Mapping, Sequence

from julja.benchmarks.chinese import common
from julja.errors import DataError, did_you_mean
from julja.scoring.chain import Unparsed, letter_chain
from julja.tasks.task import Card, Check, Task, task
from julja.types import Row, Sample, Source

# src/categories.py; a subject may be specific to China besides.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "STEM": (
        "anatomy",
        "astronomy",
        "college_actuarial_science",
        "college_engineering_hydrology",
        "college_mathematics",
        "college_medical_statistics",
        "computer_science",
        "conceptual_physics",
        "electrical_engineering",
        "elementary_mathematics",
        "genetics",
        "high_school_biology",
        "high_school_chemistry",
        "high_school_mathematics",
        "high_school_physics",
        "machine_learning",
        "virology",
    ),
    "Humanities": (
        "arts",
        "chinese_history",
        "chinese_literature",
        "college_law",
        "global_facts",
        "international_law",
        "jurisprudence",
        "logical",
        "marxist_theory",
        "philosophy",
        "professional_law",
        "world_history",
        "world_religions",
    ),
    "Social Science": (
        "ancient_chinese",
        "business_ethics",
        "chinese_civil_service_exam",
        "chinese_food_culture",
        "chinese_foreign_policy",
        "chinese_teacher_qualification",
        "college_education",
        "economics",
        "education",
        "elementary_chinese",
        "ethnology",
        "high_school_geography",
        "high_school_politics",
        "journalism",
        "management",
        "marketing",
        "modern_chinese",
        "professional_accounting",
        "professional_psychology",
        "public_relations",
        "security_study",
        "sociology",
    ),
    "Other": (
        "agronomy",
        "chinese_driving_rule",
        "clinical_knowledge",
        "college_medicine",
        "computer_security",
        "construction_project_management",
        "elementary_commonsense",
        "elementary_information_and_technology",
        "food_science",
        "human_sexuality",
        "legal_and_moral_basis",
        "nutrition",
        "professional_medicine",
        "sports_science",
        "traditional_chinese_medicine",
    ),
}
CHINA_SPECIFIC = (
    "ancient_chinese",
    "chinese_civil_service_exam",
    "chinese_driving_rule",
    "chinese_food_culture",
    "chinese_foreign_policy",
    "chinese_history",
    "chinese_literature",
    "chinese_teacher_qualification",
    "construction_project_management",
    "elementary_chinese",
    "elementary_commonsense",
    "ethnology",
    "high_school_politics",
    "modern_chinese",
    "traditional_chinese_medicine",
)
SUBJECTS = tuple(sorted(subject for group in CATEGORIES.values() for subject in group))
# mp_utils.py, extract_choice: the patterns in their order, each with the letter as group 1. Its
# "recursive" ones look for the last letter before 当选 or 正确 on a line.
PATTERNS = (
    r"\A([ABCD])",
    r"答案(?:选项)?(?:是|为)：? ?([ABCD])",
    r"答案(?:是|为)选项 ?([ABCD])",
    r"故?选择?：? ?([ABCD])",
    r"([ABCD]) ?选?项(?:是|为)?正确",
    r"正确的?选项(?:是|为) ?([ABCD])",
    r"答案(?:应该)?(?:是|为)([ABCD])",
    r"选项 ?([ABCD]) ?(?:是|为)?正确",
    r"选择答案 ?([ABCD])",
    r"答案?：?([ABCD])",
    r"([ABCD])(?:选?项)?是?符合题意",
    r"答案选项：? ?([ABCD])",
    r"答案(?:选项)?为[^\n]*?([ABCD])",
    r"([ABCD])[^ABCD\n]*?当选",
    r"([ABCD])[^ABCD\n]*?正确",
    r"[^不]是：? ?([ABCD])",
    r"^[^ABCD]*([ABCD])[^ABCD]*$",
)


@task
def cmmlu(unparsed: Unparsed = "wrong") -> Task:
    """11,582 questions of 67 subjects, five shots from dev.

    `unparsed=random` credits an answer that can't be read with 1/4, as the authors' script does.
    """
    return Task(
        name="cmmlu",
        version=2,
        rows=_source("test"),
        exemplars=_source("dev"),
        pick="first",
        subsets=SUBJECTS,
        sample=to_sample,
        forms=common.forms(
            header,
            "题目：",
            "\n答案是：",
            letter_chain(PATTERNS, unparsed),
            "\n答案是：",
        ),
        by=("category",),
        params={"unparsed": unparsed},
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str) -> Source:
    return Source(
        split=split,
        hub="haonan-li/cmmlu",
        config="{subset}",
        files=(f"data/{split}/{{subset}}.csv", f"{split}/{{subset}}.csv"),
    )


def header(sample: Sample) -> str:
    """The line that names the subject."""
    name = common.names("cmmlu")[sample.fields["subject"]]
    return f"以下是关于{name}的单项选择题，请直接给出正确答案的选项。\n\n"


def to_sample(row: Row) -> Sample:
    """A row {Question, A, B, C, D, Answer}."""
    subject = str(row["subset"])
    if subject not in SUBJECTS:
        raise DataError(
            f"{subject!r} is none of CMMLU's 67 subjects.", hint=did_you_mean(subject, SUBJECTS)
        )
    category = [name for name, group in CATEGORIES.items() if subject in group]
    specific = ["China specific"] if subject in CHINA_SPECIFIC else []
    answer = str(row["Answer"] or "?")
    return common.question(row, str(row["Question"]), answer, subject, [*category, *specific])


CARD = Card(
    title="CMMLU",
    summary="Chinese exam questions in 67 subjects; 15 subjects have answers specific to China.",
    abilities=("knowledge", "reasoning"),
    languages=("zh",),
    paper="https://arxiv.org/abs/2306.09212",
    licence="CC-BY-NC-4.0",
    official_scorer="haonan-li/CMMLU: src/mp_utils.py",
    random_baseline=0.25,
    saturation="Chinese frontier models reach 0.9.",
    contamination="From public exam collections, 80 % extracted from PDF files by hand.",
    label_errors="About 2 % by the authors' estimate.",
    notes="The paper's overall score is the plain mean of the subjects (acc_macro). The authors' "
    "script gives an answer that it can't read a random letter: unparsed=random credits 1/4. The "
    "letters follow the prompt without a space, as in the official code.",
    rows=11582,
)


def _row(question: str, options: Sequence[str], letter: str) -> Row:
    named = dict(zip("ABCD", options, strict=True))
    return {"subset": "astronomy", "Question": question, **named, "Answer": letter}


_MOON = _row("月球绕什么运行？", ("太阳", "地球", "火星", "金星"), "B")
_DAY = _row("一天有多少小时？", ("二十四", "十二", "一", "七"), "A")
CHECKS = (
    Check(_MOON, "B", 1.0),
    Check(_MOON, "答案是：B。因为月球是地球的卫星。", 1.0),
    Check(_DAY, "故选A", 1.0),
    Check(_MOON, "正确选项是C", 0.0),
    Check(_DAY, "不知道", 0.0),
    Check(_MOON, "", 1.0, "letter", (-3.0, -0.5, -3.0, -3.0)),
    Check(_DAY, "", 0.0, "letter", (-3.0, -0.5, -3.0, -3.0)),
)
