"""MMMU-Pro: MMMU's questions that need their picture, with ten options, or as a picture altogether.

    julja score mmmu_pro --responses "gpt-4o_vision_direct.jsonl"     upstream's output file
    julja score mmmu_pro:setting=standard10,style=cot --responses …

Paper: Yue et al., 2024, https://arxiv.org/abs/2409.02813. Data: MMMU/MMMU_Pro on the hub, or its
files in `mmmu_pro/` (vision/test-*.parquet …).
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal, TypeAlias

from julja.benchmarks.multimodal.mmmu import answers_of, listed_options, pictures_of, shown
from julja.benchmarks.multimodal.mmmu_subjects import DOMAINS
from julja.errors import ConfigError, DataError
from julja.pictures import keep
from julja.scoring.vision.mmmu import Fallback, mmmu_answer
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import MEDIA_MARK, Decoding, Json, Media, Row, Sample, Source

Setting: TypeAlias = Literal["vision", "standard10", "standard4"]
Style: TypeAlias = Literal["direct", "cot"]
CONFIGS = {
    "vision": "vision",
    "standard10": "standard (10 options)",
    "standard4": "standard (4 options)",
}
_LAST = (
    "The last line of your response should be of the following format: 'Answer: $LETTER' (without"
    " quotes) where LETTER is one of options."
)
# mmmu-pro/prompts.yaml, word for word.
PROMPTS = {
    ("cot", True): "Write out the multiple-choice question in the image and then solve it. "
    f"{_LAST} Think step by step before answering.",
    ("cot", False): "Answer the preceding multiple choice question. "
    f"{_LAST} Think step by step before answering.",
    ("direct", True): f"Answer with the option letter from the given choices directly. {_LAST}",
    ("direct", False): "Answer with the option letter from the given choices directly.",
}


@task
def mmmu_pro(
    setting: Setting = "vision", style: Style = "direct", fallback: Fallback = "wrong"
) -> Task:
    """The 1,730 questions as screenshots (vision), or with text and ten or four options."""
    if setting not in CONFIGS or style not in ("direct", "cot"):
        raise ConfigError(
            f"setting={setting},style={style}: there is no such version of MMMU-Pro.",
            hint=f"setting is {', '.join(CONFIGS)}; style is direct or cot.",
        )
    config = CONFIGS[setting]
    return Task(
        name="mmmu_pro",
        rows=Source(
            split="test",
            hub="MMMU/MMMU_Pro",
            revision="563f3e84bb3b90893083a1f039cfa13077f2302b",
            config=config,
            files=(f"{config}/test-*.parquet", f"{config}.jsonl"),
        ),
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=partial(prompt, style=style),
                decoding=Decoding(max_tokens=4096 if style == "cot" else 256),
                scorer=mmmu_answer(pro=True, fallback=fallback),
            )
        },
        by=("domain", "subject"),
        responses=responses,
        params={"setting": setting, "style": style, "fallback": fallback},
        card=CARD,
        checks=CHECKS,
    )


def to_sample(row: Row) -> Sample:
    """A row of the hub; of the vision setting, the question is in the picture alone."""
    name = str(row["id"])
    options = listed_options(row.get("options"), name)
    target = answers_of(row["answer"])
    if not options or target[0] not in "ABCDEFGHIJ"[: len(options)]:
        raise DataError(
            f"the question {name} has the answer {target[0]!r} for {len(options)} options."
        )
    subject = str(row.get("subject") or "unknown").replace(" ", "_")
    text = str(row.get("question") or "")
    media, reason = pictures_of(row, (text, *options)) if text else _screenshot(row)
    return Sample(
        name,
        text or name,
        target=target,
        choices=options,
        answer=("ABCDEFGHIJ".index(target[0]),),
        fields={
            "subject": subject,
            "domain": DOMAINS.get(subject, "other"),
            "question_type": "multiple-choice",
            "is_screenshot": not text,
            "no_picture": reason,
        },
        media=media,
    )


def _screenshot(row: Row) -> tuple[tuple[Media, ...], str]:
    inside = row.get("image")
    if inside:
        return (keep(inside, place=str(row["id"])),), ""
    return (Media(f"{row['id']}: image", ""),), "the picture is not in the row"


def prompt(sample: Sample, *, style: Style) -> str:
    """mmmu-pro/infer: the options as "A. …" before the instruction, or the picture before it."""
    ask = PROMPTS[style, bool(sample.fields["is_screenshot"])]
    if sample.fields["is_screenshot"]:
        return f"{MEDIA_MARK}\n{ask}"
    options = "\n".join(f"{chr(ord('A') + n)}. {text}" for n, text in enumerate(sample.choices))
    return shown(f"{sample.input}\n{options}\n{ask}", sample)


def responses(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """Upstream's output rows; a `response` that is no text was an error, and counts as empty."""
    if isinstance(content, dict):
        return [{"id": name, "response": value} for name, value in content.items()]
    return [
        {"id": row["id"], "response": row["response"] if isinstance(row["response"], str) else ""}
        for row in content
    ]


CARD = Card(
    title="MMMU-Pro",
    summary="1,730 questions of MMMU that can't be answered from the text alone, as a screenshot, "
    "or with up to ten options.",
    abilities=("vision", "knowledge", "reasoning", "reading text"),
    paper="https://arxiv.org/abs/2409.02813",
    licence="Apache-2.0",
    official_scorer="MMMU-Benchmark/MMMU: mmmu-pro/evaluate.py",
    random_baseline=0.126,
    human=0.854,
    saturation="Models of 2025 reach 0.65 to 0.78; people who may use a book, 0.73 to 0.85.",
    contamination="Its questions are MMMU's, public since 2023; options and screenshots are new.",
    label_errors="Keys are MMMU's; options that were added by a model are sometimes right as well.",
    notes="The official overall score averages vision and standard10: run both. Where no option is "
    "named the official code draws one at random; here it is wrong unless fallback=random. "
    "Pictures stand at their marks; upstream's own GPT script sends them after the text. "
    "Its reading takes any 'A ' in a text for the option A, and the I of a refusal for I.",
    rows=1730,
)


def _row(name: str, options: Sequence[str], answer: str, question: str = "What is shown?") -> Row:
    return {
        "id": f"test_{name}",
        "question": question,
        "options": str(list(options)),
        "answer": answer,
        "subject": name.rpartition("_")[0],
    }


_TEN = _row(
    "Art_1", ["oil", "ink", "chalk", "wood", "clay", "wax", "gold", "glass", "tin", "wool"], "J"
)
_FOUR = _row("Physics_2", ["1 N", "2 N", "3 N", "4 N"], "C")
CHECKS = (
    Check(_TEN, "Answer: J", 1.0),
    Check(_FOUR, "Let me think.\nAnswer: (C)", 1.0),
    Check(_FOUR, "The force on the whole body must be 3 N", 1.0),
    Check(_TEN, "Answer: A", 0.0),
    Check(_FOUR, "D", 0.0),
    Check(_FOUR, "", 0.0),
)
