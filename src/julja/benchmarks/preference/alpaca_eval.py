"""AlpacaEval 2: 805 instructions, answers compared with GPT-4 Turbo's by the judge's probability.

Papers: Li et al., AlpacaEval, 2023; Dubois et al., Length-Controlled AlpacaEval, 2024,
https://arxiv.org/abs/2404.04475 (code Apache-2.0, data CC-BY-NC-4.0). Protocol: AlpacaEval's
repository at cd543a1, weighted_alpaca_eval_gpt4_turbo: which of two answers is shown first is drawn
once for each prompt; the judge's one token is m or M, and the preference is the probability of the
model's letter among the two. Without log-probabilities the letter itself is read (0 or 1).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from julja.benchmarks.preference.prompts import prompt
from julja.errors import DataError
from julja.scoring.judge.base import Judged, Opinion, Question, Reading, Shown, chat, jury_mean
from julja.scoring.judge.fill import fill
from julja.scoring.judge.pairwise import consistency, other_answer
from julja.scoring.judge.single import weigh
from julja.tasks.render import sample_hash
from julja.tasks.task import Attached, Card, Check, Form, Task, task
from julja.types import Decoding, Json, Metric, Response, Row, Sample, Score, Scorer, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HUB = "tatsu-lab/alpaca_eval"
_REVISION = "2edc6fad8be6b14ea7230aabfd08188da6b8b814"
LETTERS = ("m", "M")


@task
def alpaca_eval(orders: int = 1) -> Task:
    """`orders=2` asks in both orders instead of a drawn one (twice the cost, no position bias)."""
    return Task(
        name="alpaca_eval",
        mirror="judge",
        rows=Source(
            split="eval",
            hub=_HUB,
            revision=_REVISION,
            config="alpaca_eval_gpt4_baseline.json",
            files=(
                "tatsu-lab__alpaca_eval/alpaca_eval_gpt4_baseline.json",
                "alpaca_eval/alpaca_eval_gpt4_baseline.json",
            ),
            adapt=numbered,
            adapt_hub=numbered,
        ),
        attached={
            "difficulty": Attached(
                source=Source(
                    split="eval",
                    hub=_HUB,
                    revision=_REVISION,
                    config="instruction_difficulty.csv",
                    files=(
                        "tatsu-lab__alpaca_eval/derived/instruction_difficulty_recovered.csv",
                        "alpaca_eval/instruction_difficulty.csv",
                    ),
                    adapt=numbered,
                    adapt_hub=numbered,
                ),
                key=lambda row: int(row["index"]),
                optional=True,
            )
        },
        sample=to_sample,
        forms={
            "generate": Form(
                decoding=Decoding(max_tokens=2048), scorer=alpaca_eval_pairs(orders == 2)
            )
        },
        by=("dataset",),
        responses=read_annotations,
        params={"orders": orders},
        card=CARD,
        checks=CHECKS,
    )


def numbered(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with their place: the difficulties are known by it."""
    return [{"index": place, **row} for place, row in enumerate(rows)]


def to_sample(row: Row) -> Sample:
    """A row {index, instruction, output (the baseline's), dataset, difficulty?}."""
    difficulty = row.get("difficulty")
    return Sample(
        id=f"eval-{row['index']}",
        input=str(row["instruction"]),
        fields={
            "dataset": row.get("dataset"),
            "baseline": str(row["output"]),
            "baseline_model": str(row.get("generator", "gpt4_1106_preview")),
            "difficulty": None
            if difficulty is None
            else float(difficulty["instruction_difficulty"]),
        },
    )


def alpaca_eval_pairs(both: bool = False) -> Scorer:
    """Preferences against the baseline; the length-controlled win rate is the primary metric."""
    decoding = Decoding(max_tokens=1, temperature=0.0)

    def ask(sample: Sample, response: Response, can: frozenset[str]) -> list[Question]:
        other = other_answer(sample, "baseline")
        drawn: Shown = (
            "answer" if sample_hash("alpaca_eval", sample.id, "order") % 2 else "baseline"
        )
        orders: tuple[Shown, ...] = ("answer", "baseline") if both else (drawn,)
        found: list[Question] = []
        for first in orders:
            one, two = (response.text, other) if first == "answer" else (other, response.text)
            values = {"instruction": sample.input, "output_1": one, "output_2": two}
            letters = LETTERS if "letter" in can else ()
            text = fill(prompt("alpaca_eval", "template"), values)
            request = chat(prompt("alpaca_eval", "system"), text, decoding, letters)
            found.append(Question(request, first=first))
        return found

    def read(question: Question, sample: Sample, answer: Response) -> Reading:
        own = 0 if question.first == "answer" else 1
        if not answer.choices:
            said = answer.text.strip().strip("\"'`.")
            found = Reading() if said not in LETTERS else Reading(said, float(said == LETTERS[own]))
        else:
            found = weigh(answer, [1.0, 0.0] if own == 0 else [0.0, 1.0])
        if found.value is None:
            return found
        return replace(found, verdict="A>B" if found.value > 0.5 else "B>A")

    def score(sample: Sample, response: Response, heard: Sequence[Opinion]) -> Mapping[str, float]:
        same = consistency(heard)
        values = _values(sample, response, jury_mean(heard))
        return values if same is None else {**values, "consistent": same}

    def given(sample: Sample, response: Response) -> Score:
        """An answer of an annotations file, with the preference that its judge gave it."""
        preference = math.exp(response.choices[1].loglikelihood)
        return Score(_values(sample, response, preference), extracted=f"{preference:.4f}")

    columns = ("preference", "length_difference", "difficulty")
    metrics = (
        Metric("lc_win_rate", aggregate=_length_controlled, columns=columns),
        Metric("win_rate", source="preference"),
        Metric("discrete_win_rate", source="discrete"),
        *([Metric("consistent")] if both else []),
    )
    texts = [prompt("alpaca_eval", name) for name in ("system", "template")]
    args: dict[str, Json] = {"both": both, "repeats": 1, "prompts": texts}
    return Judged("alpaca_eval_pairs", args, metrics, ask, read, score, given=given)


def _values(sample: Sample, response: Response, preference: float) -> dict[str, float]:
    difficulty = sample.fields.get("difficulty")
    return {
        "preference": preference,
        "discrete": 0.5 + 0.5 * ((preference > 0.5) - (preference < 0.5)),
        "length_difference": float(len(str(sample.fields["baseline"])) - len(response.text)),
        # NaN can't be stored: a prompt without a difficulty is told by a value that none has.
        "difficulty": _NONE if difficulty is None else difficulty,
    }


_NONE = -1e9


def _length_controlled(columns: Mapping[str, "NDArray[np.float64]"]) -> float:
    """NaN for fewer than two prompts. Difficulties count where every prompt has one."""
    from julja.stats.length_control import length_controlled_rate

    difficulty = columns["difficulty"]
    known = bool((difficulty > _NONE).all())
    return length_controlled_rate(
        columns["preference"], columns["length_difference"], difficulty if known else None
    )


def read_annotations(content: Json, samples: Sequence[Sample]) -> Sequence[Row]:
    """AlpacaEval's own files: model_outputs, and annotations.json with a judge's preference.

    A preference from 1 to 2 is 1 plus the probability that the model's answer (output_2) wins; 0
    stands for a draw (1.5). One without a preference is left for a judge.
    """
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise DataError("AlpacaEval's files hold a list of rows with an instruction each.")
    places = {sample.input: sample.id for sample in samples}
    found: list[Row] = []
    for row in content:
        instruction = row.get("instruction")
        name = places.get(instruction) or str(instruction)[:60]
        if "output_2" not in row:
            found.append({"id": name, "response": row.get("output", "")})
            continue
        preference = row.get("preference")
        answered: dict[str, Json] = {"id": name, "response": row["output_2"]}
        if preference is not None:
            share = 0.5 if preference == 0 else float(preference) - 1
            if not 0 <= share <= 1:
                raise DataError(f"the preference {preference} of {name!r} is not from 1 to 2.")
            odds = [math.log(p) if p > 0 else -math.inf for p in (1 - share, share)]
            answered["choices"] = odds
        found.append(answered)
    return found


CARD = Card(
    title="AlpacaEval 2",
    summary="Instructions of five sets, one answer against GPT-4 Turbo's by a judge's probability.",
    abilities=("chat", "instruction following", "judged"),
    paper="https://arxiv.org/abs/2404.04475",
    licence="CC-BY-NC-4.0",
    official_scorer="tatsu-lab/alpaca_eval: weighted_alpaca_eval_gpt4_turbo",
    random_baseline=0.5,
    saturation="The best entries pass 0.7; many were tuned for this judge.",
    contamination="Instructions and the baseline's answers public since 2023.",
    label_errors="Instructions are of mixed quality; some need what the prompt does not hold.",
    notes="Judge-only numbers. The length-controlled rate is primary: Spearman with the Arena is "
    ".98 against .94 raw. It can be gamed all the same (a constant answer reached .865). The "
    "published lc_standard_error is 2 to 6 times too small; here the fit is drawn again. On 41,732 "
    "judgements of GPT-4 Turbo the answer shown second won .544: `orders=2` asks both ways.",
    rows=805,
)
_ROW: Row = {
    "index": 0,
    "instruction": "Name three planets.",
    "output": "Mars, Venus and Saturn.",
    "dataset": "own",
}
_OTHER: Row = {"index": 3, "instruction": "Say hello.", "output": "Hello!", "dataset": "own"}
CHECKS = (
    Check(_ROW, "Mercury, Venus, Earth.", 1.0, judge=("mine",)),
    Check(_OTHER, "Good morning!", 1.0, judge=("mine",)),
    Check(_ROW, "I can't.", 0.0, judge=("theirs",)),
    Check(_OTHER, "no", 0.0, judge=("theirs",)),
)
