"""Gathers pictures and charts of a run while its report reads the records.

    watch = Watch(store, row, result)
    records = watch.watch(store.records(row.id))     # all of them pass
    watch.found()                                    # galleries, charts

Only the samples that are shown are looked up again, and only their pictures are opened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from julja.report.vision.gallery import BYTES, PICTURES, Card, Gallery, Width
from julja.report.vision.section import ClassCharts, Pictured
from julja.run.gallery.answers import class_card, question_card
from julja.run.gallery.charts import class_charts
from julja.run.gallery.maps import MapRule, label_card, panoptic_card
from julja.run.gallery.objects import object_card
from julja.run.gallery.seen import Kind, Noted, Seen, kind_of, worst_first
from julja.run.gallery.thumbs import is_there
from julja.scoring.vision.operating import Counts, Point, best_point, counts
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Record, Sample, Scorer

# Samples without pictures that are passed over before the search ends.
_LOOKED = 2000
# Shapes can be drawn without a picture: so many samples are, where there is none at all.
_BLANK = 8


def has_pictures(store: Store, row: RunRow) -> bool:
    """True when a part of a run is of pictures, by its first sample."""
    firsts = (next(store.samples(source), None) for source in store.sources(row.id).values())
    return any(s is not None and (s.media or "no_picture" in s.fields) for s in firsts)


class Watch:
    """Notes the records of benchmarks of pictures that pass by."""

    def __init__(self, store: Store, row: RunRow, result: Mapping[str, Any]) -> None:
        self._store, self._row = store, row
        self._parts = {str(part["task"]): part for part in result["results"]}
        self._sources = store.sources(row.id)
        # The task of each leaf, None for those without pictures.
        self._tasks: dict[str, str | None] = {}
        self._seen: dict[str, Seen] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._bases: dict[str, tuple[Scorer | None, Point | None]] = {}

    def watch(self, records: Iterable[Record]) -> Iterator[Record]:
        """Let records pass."""
        for record in records:
            self._note(record)
            yield record

    def _note(self, record: Record) -> None:
        shown = record.prompt is not None and bool(record.prompt.media)
        if record.task not in self._tasks or (shown and self._tasks[record.task] is None):
            self._tasks[record.task] = self._begin(record)
        task = self._tasks[record.task]
        if task is not None:
            self._seen[task].note(record)

    def _begin(self, record: Record) -> str | None:
        """The task of a leaf that has pictures."""
        sample = self._sample(record.task, record.sample)
        names = [t for t in self._parts if record.task == t or record.task.startswith(f"{t}/")]
        task = max(names, key=len, default=record.task)
        form = self._parts.get(task, {}).get("form")
        kind = kind_of(sample, form, record) if sample is not None else None
        if sample is None or kind is None:
            return None
        self._seen.setdefault(task, Seen(task, kind))
        self._names.setdefault(task, sample.choices)
        return task

    def _sample(self, leaf: str, name: str) -> Sample | None:
        source = self._sources.get(leaf)
        return self._store.sample(source, name) if source is not None else None

    def found(self) -> Pictured:
        """Galleries and charts of all tasks that have pictures, within the report's limits."""
        galleries = []
        pictures, size = PICTURES, BYTES
        for done, (task, seen) in enumerate(self._seen.items()):
            left = len(self._seen) - done
            made = self._gallery(task, seen, (pictures // left, size // left))
            pictures -= sum(len(card.views) for card in made.cards)
            size -= sum(card.size for card in made.cards)
            galleries.append(made)
        return Pictured(galleries, self.charted().charts)

    def charted(self) -> Pictured:
        """The charts alone."""
        return Pictured(charts=[self._charts(task, seen) for task, seen in self._seen.items()])

    def _charts(self, task: str, seen: Seen) -> ClassCharts:
        scorer, point = self._basis(task, seen)
        part = self._parts.get(task, {"metrics": {}})
        pool = scorer.metrics[0].pool if scorer is not None else None
        return class_charts(seen, part, self._names[task], point, pool)

    def _basis(self, task: str, seen: Seen) -> tuple[Scorer | None, Point | None]:
        """What cards and charts rest on: a label map's scorer, a detector's point of highest F1."""
        if task not in self._bases:
            scorer = self._scorer(task) if seen.kind == "labels" else None
            point = best_point(seen.matches) if seen.kind == "objects" else None
            self._bases[task] = (scorer, point)
        return self._bases[task]

    def _scorer(self, task: str) -> Scorer | None:
        """The scorer of a task, made again; None where the run's words no longer name it."""
        from julja.run.definitions import defined_form

        form = self._parts.get(task, {}).get("form")
        made = defined_form(self._row, task, form) if form else None
        return made.scorer if made is not None else None

    def _gallery(self, task: str, seen: Seen, limits: tuple[int, int]) -> Gallery:
        """The cards of one task, within (pictures, bytes)."""
        scorer, point = self._basis(task, seen)
        part = self._parts.get(task, {"metrics": {}})
        tallies: dict[tuple[str, str, int], Counts] = {}
        noted = seen.noted
        if seen.kind == "objects":
            found = [counts(item, point.score if point else 0.0) for item in seen.matches]
            noted = [replace(n, figure=c.f1) for n, c in zip(seen.noted, found, strict=True)]
            tallies = {_place(n): c for n, c in zip(noted, found, strict=True)}
        rule = _rule(scorer) if seen.kind == "labels" else MapRule()
        metric = next(iter(part["metrics"]), "score")
        if seen.kind == "question" and any(item.wrong is None for item in noted):
            metric = "ROUGE-L"

        def card(item: Noted, sample: Sample, record: Record) -> Card:
            if seen.kind == "objects":
                return object_card(sample, record, point, tallies[_place(item)])
            if seen.kind == "labels" and rule is not None:
                return label_card(sample, record, rule)
            if seen.kind == "panoptic":
                return panoptic_card(sample, record)
            if seen.kind == "classes":
                return class_card(sample, record, item)
            return question_card(sample, record, item, metric)

        order = worst_first(noted)
        chosen, absent = self._choose(order, limits[0], drawn=seen.kind in _DRAWN)
        cards: list[Card] = []
        pictures = size = 0
        for item, sample in chosen:
            record = self._record(item)
            if record is None:
                continue
            made = card(item, sample, record)
            pictures, size = pictures + max(len(made.views), 1), size + made.size
            if pictures > limits[0] or size > limits[1]:
                break
            cards.append(made)
        return Gallery(
            seen.task,
            _WIDTHS.get(seen.kind, "wide"),
            _about(seen, metric, point, len(cards)),
            cards,
            tuple(_notes(seen, absent, bool(cards))),
            tones=seen.kind == "objects",
        )

    def _choose(
        self, order: Sequence[Noted], limit: int, *, drawn: bool
    ) -> tuple[list[tuple[Noted, Sample]], int]:
        """The first of `order` whose pictures are here, and how many were passed over for that."""
        chosen: list[tuple[Noted, Sample]] = []
        absent: list[tuple[Noted, Sample]] = []
        passed = 0
        for item in order:
            if len(chosen) >= limit or (passed >= _LOOKED and not chosen):
                break
            sample = self._sample(item.task, item.sample)
            if sample is None:
                continue
            if is_there(sample):
                chosen.append((item, sample))
                continue
            passed += 1
            if len(absent) < min(_BLANK, limit):
                absent.append((item, sample))
        if not chosen and drawn:
            return absent, passed
        return chosen, passed

    def _record(self, item: Noted) -> Record | None:
        found = self._store.records(self._row.id, task=item.task, sample=item.sample)
        return next((record for record in found if record.epoch == item.epoch), None)


_WIDTHS: dict[Kind, Width] = {"classes": "small", "question": "even"}
_DRAWN = ("objects", "labels", "panoptic")


def _place(item: Noted) -> tuple[str, str, int]:
    return item.task, item.sample, item.epoch


def _rule(scorer: Scorer | None) -> MapRule | None:
    """How labels become classes; None where the task is no longer known."""
    if scorer is None or "zero_is_other" not in scorer.args:
        return None
    return MapRule(1 if scorer.args["zero_is_other"] else 0, int(scorer.args["ignore"]))


def _about(seen: Seen, metric: str, point: Point | None, shown: int) -> str:
    """Which samples are shown, in what order, and how their pictures are read."""
    total = len(seen.noted)
    sure = any(item.share is not None for item in seen.noted)
    order = {
        "classes": f"wrong ones first{', the surest mistake before all' if sure else ''}",
        "labels": "the lowest mean IoU of a picture first",
        "panoptic": "the lowest PQ of a picture first",
        "question": f"the lowest {metric} first",
        "objects": "the lowest F1 of a picture at IoU .50 first",
    }[seen.kind]
    more = ""
    if point is not None and seen.kind == "objects":
        more = (
            f" Detections with a score of {point.score:.3f} and above are drawn and counted: there"
            " F1 over all pictures is highest."
        )
    if seen.kind in ("labels", "panoptic"):
        more = " Hatched pixels count nowhere; beside a class stands its IoU in the picture."
    if not shown:
        return f"None of {total:,} samples can be shown."
    return f"{shown:,} of {total:,} samples are shown: {order}.{more}"


def _notes(seen: Seen, absent: int, any_cards: bool) -> Iterator[str]:
    hidden = sum(item.hidden for item in seen.noted)
    if hidden:
        yield f"{_count(hidden, 'confidential sample')} not shown."
    if absent and any_cards and seen.kind not in _DRAWN:
        yield (
            f"{_count(absent, 'sample')} passed over before the last of these: the picture is not"
            " on this machine."
        )
    elif absent:
        few = _count(absent, "picture")
        yield (
            f"{few.replace(' pictures', ' or more pictures') if absent >= _LOOKED else few} not on"
            " this machine: put what is missing where docs/vision.md says, and run or score again"
            " with --data DIR."
        )


def _count(number: int, name: str) -> str:
    return f"1 {name} is" if number == 1 else f"{number:,} {name}s are"
