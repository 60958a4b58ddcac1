"""MT-Bench: pairwise judgments, and single scores turned into pairs.

As the protocol has it, a pair counts as won where both orders agree, as a tie where they don't; two
single scores are a tie where they differ by at most 0.1 (Zheng et al., 2023; FastChat).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from julja.arena.adapters.common import (
    Reading,
    Refusal,
    Row,
    RowError,
    Settings,
    Source,
    number,
    numbered,
    read_each,
    text,
)
from julja.arena.battles import Battle, Verdict
from julja.types import Json

PAIRS = "mt-bench-pairs"
SINGLE = "mt-bench-scores"
PAIRS_LABEL = "MT-Bench pairs: question_id, model_1, model_2, g1_winner, g2_winner"
SINGLE_LABEL = "scores of single answers: question_id, model, score (pairs are made)"

_WINNERS: dict[Json, Verdict] = {"model_1": "A>B", "model_2": "B>A", "tie": "A=B"}


def fits_pairs(row: Row, settings: Settings) -> bool:
    """True for rows of pairwise judgments."""
    return {"model_1", "model_2", "g1_winner", "g2_winner"} <= set(row)


def fits_single(row: Row, settings: Settings) -> bool:
    """True for rows of single scores."""
    return {"question_id", "model", "score"} <= set(row)


def read_pairs(sources: Sequence[Source], settings: Settings) -> Reading:
    """One battle for each pair and turn."""
    return read_each(sources, lambda row: [_pair(row)], Reading())


def _pair(row: Row) -> Battle:
    games = [row.get("g1_winner"), row.get("g2_winner")]
    for winner in games:
        if winner not in (*_WINNERS, "error", None):
            raise RowError(f"winner {winner!r} is none of model_1, model_2, tie, error")
    verdicts = [_WINNERS.get(winner) for winner in games]
    agreed: Verdict | None = None
    if None not in verdicts:
        agreed = verdicts[0] if verdicts[0] == verdicts[1] else "A=B"
    return Battle(
        prompt=text(row, "question_id"),
        model_a=text(row, "model_1"),
        model_b=text(row, "model_2"),
        verdict=agreed,
        judge=_judge(row),
        time=number(row, "tstamp"),
        fields={"turn": row.get("turn"), "g1_winner": games[0], "g2_winner": games[1]},
    )


def read_single(sources: Sequence[Source], settings: Settings) -> Reading:
    """A battle for each question, turn and judge between any two models (or the baseline)."""
    reading = Reading()
    scores: dict[tuple[str, Json, str], dict[str, list[float]]] = {}
    for place, row_number, row in numbered(sources):
        try:
            if not isinstance(row, Mapping):
                raise RowError("a row is an object with named fields")
            key = (text(row, "question_id"), row.get("turn"), _judge_of_single(row))
            score = number(row, "score")
            model = text(row, "model")
        except RowError as error:
            reading.refused.append(Refusal(place, row_number, str(error)))
            continue
        if score is None or score < 0:
            # FastChat writes -1 where no score could be read.
            reading.leave_out("no_score")
            continue
        scores.setdefault(key, {}).setdefault(model, []).append(score)
    repeated = 0
    for key, by_model in scores.items():
        repeated += sum(len(found) > 1 for found in by_model.values())
        reading.battles += _paired(key, by_model, settings)
    if repeated:
        reading.remarks.append(f"{repeated} answers have several scores: their mean is taken.")
    if not reading.battles and scores:
        reading.remarks.append("no question has scores of two models: give the other model's file.")
    return reading


def _paired(
    key: tuple[str, Json, str], by_model: Mapping[str, Sequence[float]], settings: Settings
) -> Iterable[Battle]:
    question, turn, judge = key
    means = {model: sum(found) / len(found) for model, found in sorted(by_model.items())}
    for a, b in combinations(means, 2):
        if settings.baseline is not None and settings.baseline not in (a, b):
            continue
        gap = means[a] - means[b]
        # 8.1 - 8.0 is more than 0.1 in binary: what differs by a rounding is no difference.
        tie = abs(gap) <= settings.tie_margin + 1e-9
        verdict: Verdict = "A=B" if tie else "A>B" if gap > 0 else "B>A"
        yield Battle(
            prompt=question,
            model_a=a,
            model_b=b,
            verdict=verdict,
            judge=judge,
            fields={"turn": turn, "score_a": means[a], "score_b": means[b]},
        )


def _judge(row: Row) -> str:
    judge = row.get("judge")
    return " ".join(map(str, judge)) if isinstance(judge, list) else str(judge or "")


def _judge_of_single(row: Row) -> str:
    """The judge without the name of its prompt: that differs by question, not by model."""
    judge = row.get("judge")
    return str(judge[0]) if isinstance(judge, list) and judge else str(judge or "")
