"""MMMLU: MMLU in 14 languages by professional translators.

Source: OpenAI, 2024, openai/MMMLU on the hub (MIT) and openai/simple-evals: mmlu_eval.py and
common.py (the instruction, and the words for "answer" in many languages; letters may be Arabic,
Bengali or full-width).
"""

import re
from collections.abc import Sequence

from julja.benchmarks.exams import filled, place_of
from julja.benchmarks.knowledge.common import REASONED_PROMPT
from julja.benchmarks.knowledge.mmlu import CATEGORY_OF
from julja.errors import DataError, did_you_mean
from julja.scoring.base import FunctionScorer, unparsed
from julja.scoring.choice import letters
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Metric, Response, Row, Sample, Score, Scorer, Source

LANGUAGES = (
    *("AR_XY", "BN_BD", "DE_DE", "ES_LA", "FR_FR", "HI_IN", "ID_ID"),
    *("IT_IT", "JA_JP", "KO_KR", "PT_BR", "SW_KE", "YO_NG", "ZH_CN"),
)
# simple-evals, common.py: MULTILINGUAL_ANSWER_REGEXES, in their order.
WORDS = (
    *(r"Answer\s*:", r"Answer\s*​​​​​​:", r"উত্তর\s*:", r"उत्तर\s*:", r"উত্তরঃ", r"Antwort\s*:"),
    *(r"답변\s*:", r"정답\s*:", r"답\s*:", r"答案\s*：", r"答案\s*:", r"答\s*：", r"答\s*:"),
    *(r"答复\s*：", r"答曰\s*：", r"الإجابة:", r"الجواب:", r"إجابة:", r"الإجابة النهائية:"),
    *(r"الإجابة الصحيحة:", r"الإجابة الصحيحة هي:", r"الإجابة هي:", r"الجواب النهائي:"),
    *(r"Respuesta\s*:", r"Risposta\s*:", r"答え\s*:", r"答え\s*：", r"回答\s*:", r"回答\s*："),
    *(r"解答\s*:", r"Jawaban\s*:", r"Réponse\s*:", r"Resposta\s*:", r"Jibu\s*:", r"Idahun\s*:"),
    *(r"Ìdáhùn\s*:", r"Idáhùn\s*:", r"Àmọ̀nà\s*:", r"Àdáhùn\s*:", r"Ànúgọ\s*:", r"Àṣàyàn\s*:"),
)
_LETTERS = r"[ \t]*([A-D]|[أ-د]|অ|ব|ড|ঢ|[Ａ-Ｄ])"
_SAME = dict(zip("أبجدঅবডঢＡＢＣＤ", "ABCD" * 3, strict=True))
# normalize_response: marks that hide the letter, taken away one after another.
_MARKS = (
    *("**", "$\\boxed{", "}$", "\\$", "$\\text{", "$", "\\mathrm{", "\\{", "\\text", "\\("),
    *("\\mathbf{", "{", "\\boxed"),
)
_ACC = (Metric("acc"),)


@task
def mmmlu() -> Task:
    """14,042 questions in each of 14 languages, zero-shot with reasoning."""
    return Task(
        name="mmmlu",
        version=2,
        rows=Source(
            split="test",
            hub="openai/MMMLU",
            config="{subset}",
            revision="325a01dc3e173cac1578df94120499aaca2e2504",
            # simple-evals and the hub write AR-XY in the files' names.
            files=(
                *("test/mmlu_{subset-}.csv", "mmlu_{subset-}.csv"),
                *("test/mmlu_{subset}.csv", "mmlu_{subset}.csv"),
            ),
        ),
        subsets=LANGUAGES,
        sample=to_sample,
        forms={
            "generate": Form(
                prompt=REASONED_PROMPT, decoding=Decoding(max_tokens=2048), scorer=said()
            ),
            "letter": Form(prompt=REASONED_PROMPT + "\n\nAnswer:", scorer=letters()),
        },
        by=("category",),
        card=CARD,
        checks=CHECKS,
    )


def said() -> Scorer:
    """The letter behind the first word for "answer" that is found, tried in simple-evals' order."""
    patterns = [re.compile(f"(?i){word}{_LETTERS}") for word in WORDS]

    def score(sample: Sample, response: Response) -> Score:
        text = response.text
        for mark in _MARKS:
            text = text.replace(mark, "")
        for pattern in patterns:
            match = pattern.search(text)
            if match:
                # A small letter is found and is wrong: the "b" of "Answer: because …".
                letter = _SAME.get(match[1], match[1])
                right = letter in "ABCD" and "ABCD".index(letter) in sample.answer
                return Score({"acc": float(right)}, extracted=letter)
        return unparsed(_ACC, 'No word for "answer" with a letter behind it was found.')

    return FunctionScorer("said", {}, _ACC, False, score)


def to_sample(row: Row) -> Sample:
    """A row {Question, A, B, C, D, Answer, Subject}."""
    subject = str(row["Subject"])
    if subject not in CATEGORY_OF:
        hint = did_you_mean(subject, CATEGORY_OF)
        raise DataError(f"{subject!r} is none of MMLU's 57 subjects.", hint=hint)
    choices = filled([row[letter] for letter in "ABCD"], row["Question"])
    place = place_of(row["Answer"], choices)
    return Sample(
        "",
        str(row["Question"]),
        target=("ABCD"[place],),
        choices=choices,
        answer=(place,),
        fields={"subject": subject, "category": CATEGORY_OF[subject]},
    )


CARD = Card(
    title="MMMLU",
    summary="MMLU's test set in 14 languages, translated by professionals.",
    abilities=("knowledge", "reasoning"),
    languages=tuple(name[:2].lower() for name in LANGUAGES),
    paper="https://openai.com/index/openai-o1-system-card",
    licence="MIT",
    official_scorer="openai/simple-evals: mmlu_eval.py",
    random_baseline=0.25,
    saturation="Frontier models reach 0.85 to 0.89 on average, 0.8 in Yoruba.",
    contamination="As MMLU; translations public since September 2024.",
    label_errors="MMLU's wrong keys are translated with it.",
    notes="The score is the plain mean of the languages (acc_macro). The instruction is English in "
    "every language. rows is of one language.",
    rows=14042,
)


def _row(question: str, options: Sequence[str], letter: str) -> Row:
    named = dict(zip("ABCD", options, strict=True))
    return {"Question": question, **named, "Answer": letter, "Subject": "astronomy"}


_MOND = _row("Was umkreist der Mond?", ("Mars", "Erde", "Venus", "Sonne"), "B")
_TAG = _row("하루는 몇 시간입니까?", ("24", "12", "60", "7"), "A")
CHECKS = (
    Check(_MOND, "Der Mond ist ein Trabant.\nAntwort: B", 1.0),
    Check(_MOND, "**Answer:** B", 1.0),
    Check(_TAG, "정답: A", 1.0),
    Check(_TAG, "الإجابة: أ", 1.0),
    Check(_MOND, "Antwort: C", 0.0),
    Check(_TAG, "A", 0.0),
    Check(_MOND, "", 1.0, "letter", (-2.0, -0.5, -3.0, -4.0)),
    Check(_TAG, "", 0.0, "letter", (-2.0, -0.5, -3.0, -4.0)),
)
