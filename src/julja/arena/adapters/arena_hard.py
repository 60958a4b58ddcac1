"""Arena-Hard: battle files (question_id, model_a, model_b, winner), and the judgments themselves.

A judgment holds two games against the baseline: in the first the baseline's answer is A, in the
second it is B. A game without a verdict has none here either. A strong verdict stays strong: what
it counts is `--strong`, 3 in Arena-Hard (whose battle files have it written out as three rows).
"""

from collections.abc import Mapping, Sequence

from julja.arena.adapters.common import (
    Reading,
    Row,
    RowError,
    Settings,
    Source,
    read_each,
    swapped,
    text,
    verdict_of,
)
from julja.arena.battles import Battle
from julja.types import Json

NAME = "arena-hard"
LABEL = "Arena-Hard: question_id or uid, model, games with scores A>>B … B>>A"

# v0.1's judgments don't name it.
BASELINE = "gpt-4-0314"


def fits(row: Row, settings: Settings) -> bool:
    """True for rows of judgments."""
    return "games" in row and "model" in row


def read(sources: Sequence[Source], settings: Settings) -> Reading:
    """Two battles for each judgment, model A the baseline."""
    reading = Reading()
    read_each(sources, lambda row: _games(row, settings), reading)
    if any(
        isinstance(row, Mapping) and "baseline" not in row
        for source in sources
        for row in source.rows[:1]
    ):
        name = settings.baseline or BASELINE
        reading.remarks.append(f"the judgments don't name their baseline: {name} is taken.")
    return reading


def _games(row: Row, settings: Settings) -> list[Battle]:
    games = row["games"]
    if not isinstance(games, list) or not games:
        raise RowError("games is no list of games")
    if len(games) > 2:
        raise RowError(f"{len(games)} games, where Arena-Hard plays two")
    name = "uid" if "uid" in row else "question_id"
    prompt, model = text(row, name), text(row, "model")
    baseline = str(row.get("baseline") or settings.baseline or BASELINE)
    fields = {key: row[key] for key in ("category",) if isinstance(row.get(key), str)}
    found = []
    for index, game in enumerate(games):
        score = game.get("score") if isinstance(game, Mapping) else None
        verdict = verdict_of(_single(score), baseline, model)
        found.append(
            Battle(
                prompt=prompt,
                model_a=baseline,
                model_b=model,
                verdict=verdict if index == 0 else swapped(verdict),
                first="a" if index == 0 else "b",
                judge=str(row.get("judge") or ""),
                fields=fields,
            )
        )
    return found


def _single(score: Json) -> Json:
    """A score; the judge's letters mean places, so that the models' names are no verdicts."""
    if score is not None and not isinstance(score, str):
        raise RowError(f"score {score!r} is no verdict")
    return score
