"""MGSM: 250 problems of GSM8K's test set, translated by hand into ten languages.

Paper: Shi et al., Language Models are Multilingual Chain-of-Thought Reasoners, 2022,
https://arxiv.org/abs/2210.03057. Data: google-research/url-nlp, folder mgsm (CC-BY-4.0). The
prompt `native` is the paper's native chain of thought, in the words of lm-evaluation-harness
(lm_eval/tasks/mgsm/utils.py); `chat` is that of openai/simple-evals (mgsm_eval.py). Their texts are
in mgsm.toml.
"""

import re
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from julja.benchmarks.mathematics.common import counted, recorded, repeated
from julja.errors import ConfigError, DataError, did_you_mean
from julja.scoring.base import ScoreFunction, scorer, unparsed
from julja.scoring.numbers import last_number, normalise_number, number_after
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Metric, Response, Row, Sample, Score, Source

LANGUAGES = ("bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh")
PROMPTS = ("native", "chat")
METRICS = (Metric("exact_match"), Metric("exact_match_strict"))
_TEXTS = Path(__file__).with_name("mgsm.toml")


@task
def mgsm(prompt: str = "native", k: int = 1) -> Task:
    """Eleven languages with 250 problems each, chain of thought in the language itself.

    `--shots 8` shows the paper's exemplars. `prompt=chat` asks in words for a last line "Answer:".
    `k` draws so many samples of each problem and adds maj@k and pass@k.
    """
    if prompt not in PROMPTS:
        hint = did_you_mean(prompt, PROMPTS) or f"It knows {' and '.join(PROMPTS)}."
        raise ConfigError(f"mgsm has no prompt {prompt!r}.", hint=hint)
    native = prompt == "native"
    return Task(
        name="mgsm",
        rows=_source("test", "mgsm_{subset}.tsv"),
        exemplars=_source("train", "mgsm_{subset}_train.tsv"),
        pick="first",
        sample=to_sample,
        subsets=LANGUAGES,
        forms={
            "generate": Form(
                prompt="{{ asked }}\n{{ answer_label }}" if native else "{{ instruction }}",
                answer=" {{ rationale }}",
                decoding=repeated(
                    Decoding(max_tokens=1024, temperature=0.0, stop=("</s>", "<|im_end|>")), k
                ),
                scorer=counted(mgsm_answer(), k),
            )
        },
        params={"prompt": prompt, "k": k},
        epochs=k,
        responses=recorded,
        card=CARD,
        checks=CHECKS,
    )


def _source(split: str, file: str) -> Source:
    return Source(
        split=split,
        hub="juletxara/mgsm",
        revision="b2f13d426afe3be8d69a7e739b36724db8b66bbc",
        config="{subset}",
        files=(file,),
        columns=("question", "answer_number"),
        quotes=False,
    )


@cache
def texts() -> dict[str, dict[str, Any]]:
    """What each language calls a question and an answer."""
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))


def to_sample(row: Row) -> Sample:
    """A row {question, answer_number}; an exemplar has its rationale in `answer` besides."""
    language = str(row["subset"])
    words = texts()[language]
    question, rationale = str(row["question"]), str(row.get("answer") or "")
    gold = normalise_number(str(row["answer_number"]))
    if gold is None:
        raise DataError(f"the answer of {question[:60]!r} is no number: {row['answer_number']!r}.")
    if rationale:
        # The exemplars say "Question:" and "Step-by-Step Answer:" themselves.
        asked, rationale = question, rationale.removeprefix(words["answer_label"]).strip()
    else:
        asked = f"{words['question_label']} {question}"
    return Sample(
        "",
        question,
        target=(gold,),
        fields={
            "language": language,
            "asked": asked,
            "answer_label": words["answer_label"],
            "rationale": rationale or gold,
            "instruction": words["instruction"] + "\n\n" + question,
        },
    )


@scorer(metrics=METRICS)
def mgsm_answer() -> ScoreFunction:
    """The number behind the language's "the answer is", else the last one, equals the target."""

    def score(sample: Sample, response: Response) -> Score:
        words = texts()[str(sample.fields["language"])]
        # Where lm-eval stops: a completion model goes on with a question of its own.
        text = response.text.split(f"\n{words['question_label']}")[0]
        strict = re.search(words["pattern"], text)
        found = number_after(text, _phrases(str(sample.fields["language"]))) or last_number(text)
        if found is None:
            return unparsed(METRICS, "There is no number in the response.")
        gold = sample.target[0]
        said = strict and strict[1].replace(",", "").rstrip(".")
        values = {
            "exact_match": float(Fraction(found.text) == Fraction(gold)),
            "exact_match_strict": float(said == gold),
        }
        return Score(values, extracted=found.text, span=found.span, details={"strict": said})

    return score


@cache
def _phrases(language: str) -> re.Pattern[str]:
    """What stands before an answer: the exemplars' words, or the line that `chat` asks for."""
    words = texts()[language]
    marks = [re.escape(text) for text in (words["phrase"], texts()["en"]["phrase"])]
    lines = [rf"{re.escape(text)}\**\s*[:：]" for text in (words["line"], texts()["en"]["line"])]
    return re.compile("|".join([*marks, *lines]), re.IGNORECASE)


CARD = Card(
    title="MGSM",
    summary="250 grade-school word problems of GSM8K in eleven languages (the original and ten "
    "translations by hand). 2,750 problems.",
    abilities=("mathematics", "reasoning", "multilingual"),
    languages=LANGUAGES,
    paper="https://arxiv.org/abs/2210.03057",
    licence="CC-BY-4.0",
    official_scorer="lm-evaluation-harness: mgsm (strict-match); openai/simple-evals: mgsm_eval.py",
    random_baseline=0.0,
    saturation="Saturated in the large languages (over 0.9); Bengali, Swahili and Telugu follow.",
    contamination="The English originals are public since 2021, the translations since 2022.",
    label_errors="Translations of a few problems lose a condition; GSM8K's own label errors.",
    notes="Published numbers use native chain of thought (prompts in the language), English chain "
    "of thought or direct answers: name which. The headline is over all problems, which is also "
    "the mean of languages. exact_match_strict is lm-eval's: only the language's own 'the answer "
    "is' counts. Needs --shots 8 for the paper's protocol; the exemplars are in the hub's layout "
    "alone.",
    rows=2750,
)


def _row(language: str, question: str, answer: str) -> Row:
    return {"subset": language, "question": question, "answer_number": answer}


_EN = _row("en", "A box holds 12 eggs, and 3 of them break. How many are left?", "9")
_DE = _row("de", "Ein Zug hat 8 Wagen mit je 150 Plätzen. Wie viele Plätze hat er?", "1,200")
_JA = _row("ja", "りんごが5個あり、2個食べました。何個残りますか？", "3")
CHECKS = (
    Check(_EN, "12 - 3 = 9. The answer is 9.", 1.0),
    Check(_EN, "Three break.\n\n**Answer:** 9 eggs of 12", 1.0),
    Check(_DE, "8 * 150 = 1200. Die Antwort lautet 1.200,", 0.0),
    Check(_DE, "Das sind 8 mal 150 Plätze. Die Antwort lautet 1200.", 1.0),
    Check(_DE, "Antwort: 1200 Plätze", 1.0),
    Check(_JA, "5 - 2 = 3。答えは3です。", 1.0),
    Check(_JA, "5個から2個を引きます。答えは2です。", 0.0),
    Check(_EN, "3 of 12 break. The answer is 9.\n\nQuestion: And 2 more? The answer is 7.", 1.0),
    Check(_EN, "The answer is 12.", 0.0),
    Check(_EN, "Nine.", 0.0),
)
