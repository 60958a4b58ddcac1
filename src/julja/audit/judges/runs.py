"""What judges said in a run of julja, as ratings to hold against people's labels."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from julja.audit.judges.kinds import Raw
from julja.audit.judges.sheet import Entry
from julja.audit.judges.values import Side
from julja.errors import DataError
from julja.store.rows import Outcome, RunRow
from julja.store.sqlite import Store


def run_ratings(store: Store, run: RunRow) -> Iterator[Raw]:
    """Every rating of a run's judges.

    An item is a sample's id (with its task in front where the run has several); of a comparison, A
    is the run's own answer. An answer that failed or could not be read is a rating without a value.
    """
    outcomes = {(o.task, o.sample, o.epoch): o for o in store.outcomes(run.id)}
    several = len(run.tasks) > 1
    repeated = max((epoch for _, _, epoch in outcomes), default=0) > 0
    texts: dict[tuple[str, str, int, str], _Shown] = {}
    for item in store.judgements(run.id, run.scoring):
        place = (item.task, item.sample, item.epoch, item.part)
        shown = texts.get(place)
        if shown is None:
            shown = texts[place] = _shown(store, outcomes.get(place[:3]), item.part)
        name = f"{item.task}/{item.sample}" if several else item.sample
        first: Side | None = None
        if item.first is not None:
            first = "a" if item.first == "answer" else "b"
        part = " ".join(
            text
            for text, told in (
                (f"epoch {item.epoch}", repeated),
                (item.part, bool(item.part) and first is None),
            )
            if told
        )
        models = sorted((run.model, shown.other)) if first is not None else [run.model]
        entry = Entry(
            key=(name, part, *models),
            item=name,
            cluster=name,
            rater=item.judge,
            person=False,
            value=math.nan,
            model_a=run.model,
            model_b=shown.other if first is not None else "",
            first=first,
            length_a=shown.length,
            length_b=shown.other_length if first is not None else math.nan,
        )
        yield Raw(entry, item.value, f"run {run.id}, {name}")
    if not texts:
        raise DataError(
            f"run {run.id} was scored without a judge.",
            hint=f"`julja score {run.id} --judge MODEL` lets one grade its answers.",
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a judge was shown: characters of the answer, and the other answer's name and length."""

    length: float
    other: str
    other_length: float


def _shown(store: Store, outcome: Outcome | None, part: str) -> _Shown:
    key = None if outcome is None else outcome.key
    exchange = None if key is None else store.exchange(key)
    length = math.nan if exchange is None else float(len(exchange[1].text))
    sample = None if outcome is None else store.sample(outcome.source, outcome.sample)
    fields = {} if sample is None else sample.fields
    # As `julja judge pair` and the protocols keep it: several references by name, or one baseline.
    texts = fields.get("references") or {}
    text = texts.get(part) if isinstance(texts, Mapping) else None
    text = text or fields.get("baseline")
    other = str(fields.get("baseline_model") or part or "baseline")
    return _Shown(length, other, float(len(text)) if isinstance(text, str) else math.nan)
