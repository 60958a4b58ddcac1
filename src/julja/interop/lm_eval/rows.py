"""A samples file of lm-eval, gone through once to know it and again to read its documents.

A file has one row for each (document, filter), all documents of one filter before the next. What
the first pass keeps is little: which documents there are, and what later filters made of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from julja.errors import DataError
from julja.interop.lm_eval.files import HINT
from julja.interop.lm_eval.samples import read_item
from julja.interop.log import Item
from julja.interop.recorded import LogMetric
from julja.interop.stream import read_rows
from julja.types import Json, Row

ROW_KEYS = frozenset(
    {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"}
    | {"doc_hash", "prompt_hash", "target_hash"}
)
# Where a document that julja exported keeps a sample's id that isn't `<split>-<row>`.
OWN_ID = "julja_id"
_NEEDED = ("doc_id", "arguments", "resps")


@dataclass(slots=True)
class Scan:
    """What a samples file holds. `others` are its documents' rows under all but one filter."""

    path: Path
    first_rule: dict[int, str] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    others: dict[int, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    values: dict[tuple[str, str], Json] = field(default_factory=dict)
    again: int = 0
    repeats: int = 0

    @property
    def identity(self) -> list[str]:
        """What tells these documents from others: their hashes."""
        return [self.hashes[doc] for doc in sorted(self.hashes)]


def scan(path: Path) -> Scan:
    """Go through a samples file; `Scan.values` has the first value of each (metric, filter)."""
    found = Scan(path)
    for number, row in read_rows(path):
        _check(row, path, number)
        doc, rule = row["doc_id"], str(row.get("filter", "none"))
        for metric in metrics_of(row):
            found.values.setdefault((metric, rule), row.get(metric))
        if doc not in found.first_rule:
            found.first_rule[doc] = rule
            found.hashes[doc] = str(row.get("doc_hash", ""))
            answers = row["resps"][0] if row["resps"] else ()
            found.repeats += max(0, len(answers) - 1) if isinstance(answers, list) else 0
        elif rule == found.first_rule[doc] or rule in found.others[doc]:
            found.again += 1
        else:
            kept = {key: row.get(key) for key in metrics_of(row)}
            found.others[doc][rule] = {**kept, "filtered_resps": row.get("filtered_resps")}
    return found


def metrics_of(row: Row) -> Sequence[str]:
    """The metrics that a row has values of; rows until 0.4.2 don't list them."""
    return row.get("metrics") or [key for key in row if key not in ROW_KEYS]


def documents(
    found: Scan, metrics: Sequence[tuple[LogMetric, str, str]], split: str
) -> Iterator[Item]:
    """The documents of a file, each with what all filters made of it."""
    seen: set[int] = set()
    for _, row in read_rows(found.path):
        doc = row["doc_id"]
        if doc in seen:
            continue
        seen.add(doc)
        rows: Mapping[str, Row] = {found.first_rule[doc]: row, **found.others.get(doc, {})}
        own = row["doc"].get(OWN_ID) if isinstance(row.get("doc"), dict) else None
        name = f"{split}-{doc}" if own is None else str(own)
        yield read_item(rows, metrics, name, f"{found.path}, document {doc}")


def _check(row: Json, path: Path, number: int) -> None:
    lacking = (
        [key for key in _NEEDED if key not in row] if isinstance(row, dict) else ["fields at all"]
    )
    if lacking:
        raise DataError(
            f"{path} is no samples file of lm-eval: row {number} has no {lacking[0]}.", hint=HINT
        )
