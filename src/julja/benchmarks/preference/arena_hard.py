"""Arena-Hard: hard prompts of the Chatbot Arena, answers compared with a baseline's by a judge.

Paper: Li et al., From Crowdsourced Data to High-Quality Benchmarks: Arena-Hard and BenchBuilder
Pipeline, 2024, https://arxiv.org/abs/2406.11939 (Apache-2.0). Protocol: lmarena/arena-hard-auto,
v0.1 at ff46f0a (500 prompts, baseline gpt-4-0314, judge gpt-4-1106-preview at temperature 0; one
label or none) and v2 at 196f6b8 (750 prompts, baselines o3-mini-2025-01-31 and, for creative
writing, gemini-2.0-flash-001; the last label of [[…]], else […]; a prompt without two verdicts is
left out). Two games for each prompt, the baseline shown first in the first; a verdict "much better"
counts three times. With one baseline the Bradley-Terry win rate is the mean of what is won.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from julja.benchmarks.preference.prompts import prompt
from julja.errors import ConfigError, DataError, ScoringError
from julja.scoring.judge.base import Judged, Opinion, Question, Reading
from julja.scoring.judge.pairwise import Pair, consistency, other_answer, turned
from julja.scoring.judge.single import asked
from julja.scoring.judge.verdicts import ARENA_HARD_V01, ARENA_HARD_V2, comparison
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Scorer, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRONG = 3.0
_FOLDER = "lmarena__arena-hard-auto/data"
_HUB = "lmarena-ai/arena-hard-auto"
BASELINES = {"v0.1": ("gpt-4-0314",), "v2.0": ("o3-mini-2025-01-31", "gemini-2.0-flash-001")}
CREATIVE = "creative_writing"


@task
def arena_hard(release: str | float = "v0.1", baseline: str = "") -> Task:
    """`release` v0.1 or v2.0; `baseline` another model whose answers lie beside the questions."""
    release = f"v{str(release).removeprefix('v')}"
    if release not in BASELINES:
        raise ConfigError(
            f"arena_hard has no release {release!r}.", hint=f"It has {', '.join(BASELINES)}."
        )
    models = (baseline,) if baseline else BASELINES[release]
    return Task(
        name="arena_hard",
        mirror="judge",
        rows=_source(release, "question.jsonl"),
        attached={
            f"answer of {model}": Attached(
                source=_source(release, f"model_answer/{model}.jsonl"), key=_key
            )
            for model in models
        },
        sample=lambda row: to_sample(row, models),
        forms={
            "generate": Form(decoding=Decoding(max_tokens=4096), scorer=arena_hard_games(release))
        },
        by=("category",) if release == "v2.0" else (),
        responses=read_answers,
        params={"release": release, "baseline": list(models)},
        card=CARD,
        checks=CHECKS,
    )


def _source(release: str, file: str) -> Source:
    folder = f"arena-hard-{release}"
    return Source(
        split="train",
        hub=_HUB,
        revision="15f3746e21432264ce9b453999bde4f3c946d2e6",
        config=f"data/{folder}/{file}",
        files=(f"{_FOLDER}/{folder}/{file}", f"{folder}/{file}"),
    )


def _key(row: Row) -> Json:
    return row.get("uid") or row.get("question_id")


def to_sample(row: Row, models: Sequence[str]) -> Sample:
    """A row {uid or question_id, category, prompt or turns}, with the baseline's answer."""
    if _key(row) is None:
        raise DataError("a question has neither uid nor question_id.")
    category = str(row.get("subcategory") or row.get("category") or "")
    text = row.get("prompt") or row["turns"][0]["content"]
    creative = str(row.get("category")) == CREATIVE and len(models) > 1
    model = models[1] if creative else models[0]
    answer = row.get(f"answer of {model}")
    return Sample(
        id=str(_key(row)),
        input=str(text),
        fields={
            "category": category,
            "topic": row.get("cluster"),
            "creative": creative,
            "baseline": _text(answer) if answer else "",
            "baseline_model": model,
        },
    )


def _text(row: Row) -> str:
    """The answer of a model_answer row: `messages` of today's files, `choices` of the first."""
    if "messages" in row:
        content = row["messages"][-1]["content"]
    else:
        content = row["choices"][0]["turns"][0]["content"]
    if isinstance(content, dict):
        content = content["answer"]
    return str(content)


def read_answers(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """The repository's model_answer files."""
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise DataError("a file of answers has one JSON object a line.")
    return [{"id": str(_key(row)), "response": _text(row)} for row in content]


def arena_hard_games(release: str = "v0.1") -> Scorer:
    """Two games against the baseline; `win_rate` weighs "much better" three times."""
    old = release == "v0.1"
    chain = ARENA_HARD_V01 if old else ARENA_HARD_V2
    decoding = Decoding(max_tokens=4096 if old else 16000, temperature=0.0)
    template = prompt("arena_hard", "template")

    def ask(sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        name = "system-creative" if sample.fields.get("creative") else "system"
        pair = Pair(prompt("arena_hard", name), template, chain, decoding)
        values = {"question": asked(sample, response)}
        games = pair.questions(values, response.text, other_answer(sample, "baseline"))
        # The first game shows the baseline first.
        return games[::-1]

    def read(question: Question, sample: Sample, answer: Response) -> Reading:
        return turned(comparison(answer.text, chain), question.first, STRONG)

    def score(sample: Sample, response: Response, heard: Sequence[Opinion]) -> Mapping[str, float]:
        games = {(opinion.judge, opinion.repeat, opinion.question) for opinion in heard}
        if not old and any((j, r, 1 - q) not in games for j, r, q in games):
            raise ScoringError(f"prompt {sample.id} has a game without a verdict, and counts not.")
        won = sum(opinion.reading.weight * (opinion.reading.value or 0.0) for opinion in heard)
        weight = sum(opinion.reading.weight for opinion in heard)
        found = {"won": won, "weight": weight, "win_rate": won / weight}
        same = consistency(heard)
        return found if same is None else found | {"consistent": same}

    metrics = (
        Metric("win_rate", aggregate=_share_won, columns=("won", "weight")),
        # Every prompt alike: what two runs can be compared in, prompt by prompt.
        Metric("win_rate_by_prompt", source="win_rate"),
        Metric("consistent"),
    )
    texts = [prompt("arena_hard", name) for name in ("system", "system-creative", "template")]
    args: dict[str, Json] = {"release": release, "repeats": 1, "prompts": texts, "strong": STRONG}
    return Judged("arena_hard_games", args, metrics, ask, read, score)


def _share_won(columns: Mapping[str, "NDArray[np.float64]"]) -> float:
    return float(columns["won"].sum() / columns["weight"].sum())


CARD = Card(
    title="Arena-Hard",
    summary="Hard prompts that people asked in the Chatbot Arena, one answer against a strong "
    "baseline's, judged in both orders.",
    abilities=("chat", "instruction following", "judged"),
    paper="https://arxiv.org/abs/2406.11939",
    licence="Apache-2.0",
    official_scorer="lmarena/arena-hard-auto: gen_judgment.py, show_result.py",
    random_baseline=0.5,
    saturation="v0.1: the best models win over 90 % against gpt-4-0314; use v2.0 for them.",
    contamination="Prompts public since April 2024 (v0.1) and April 2025 (v2.0), with baselines' "
    "answers.",
    label_errors="Prompts are as people typed them: some are ambiguous or can't be answered.",
    notes="Judge-only numbers: a model judged by its own family gains, and style moves the rate. "
    "Published intervals draw rows although two to six rows share a prompt, and are 1.7 times too "
    "narrow; here prompts are drawn. v2's published intervals are 90 %. `julja export RUN --to "
    "battles` and `julja arena rate` put several models on one scale, with style control.",
    rows=500,
)
_ROW: Row = {
    "uid": "a1",
    "category": "arena-hard-v0.1",
    "cluster": "Cooking",
    "prompt": "How long do I boil an egg?",
    "answer of gpt-4-0314": {"messages": [{"content": {"answer": "Ten minutes."}}]},
}
CHECKS = (
    Check(_ROW, "Six to ten minutes, by taste.", 1.0, judge=("[[B>>A]]", "[[A>B]]")),
    Check(_ROW, "Six minutes.", 1.0, judge=("[[B>A]]", "[[A>>B]]")),
    Check(_ROW, "An hour.", 0.0, judge=("Clear. [[A>>B]]", "[[B>A]]")),
    Check(_ROW, "", 0.0, judge=("[[A>B]] or rather [[A>B]]", "[[B>>A]]")),
)
