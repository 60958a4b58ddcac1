"""What goes through the stages of a build, and what is left behind with its reason."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from julja.types import Json


@dataclass(frozen=True, slots=True)
class Prompt:
    """One raw prompt. `row` counts from 0 in its file; `copies` are duplicates merged into it."""

    id: str
    text: str
    file: str
    row: int
    language: str = ""
    fields: Mapping[str, Json] = field(default_factory=dict)
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Removed:
    """A prompt that a stage took out, and why.

    `reason` is one of a small set of words (`too_short`, `duplicate`, `pii` …), `detail` says
    more (of which id, which kind, which score). `text` is None where the text itself is what must
    not be kept.
    """

    id: str
    file: str
    row: int
    stage: str
    reason: str
    detail: Mapping[str, Json] = field(default_factory=dict)
    text: str | None = None

    @classmethod
    def of(cls, prompt: Prompt, stage: str, reason: str, **detail: Json) -> "Removed":
        """The entry of a prompt."""
        return cls(prompt.id, prompt.file, prompt.row, stage, reason, detail, prompt.text)

    def to_json(self) -> dict[str, Json]:
        """One line of `removed.jsonl`."""
        line: dict[str, Json] = {
            "id": self.id,
            "file": self.file,
            "row": self.row,
            "stage": self.stage,
            "reason": self.reason,
        }
        line.update(self.detail)
        if self.text is not None:
            line["text"] = self.text
        return line


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did: prompts before and after, why the others went, and its time."""

    name: str
    before: int
    after: int
    reasons: Mapping[str, int]
    seconds: float = 0.0
    cached: bool = False
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Without the time, which is no property of the benchmark."""
        line: dict[str, Json] = {
            "stage": self.name,
            "before": self.before,
            "after": self.after,
            "removed": dict(self.reasons),
        }
        if self.notes:
            line["notes"] = list(self.notes)
        return line


def count_reasons(removed: Iterable[Removed]) -> dict[str, int]:
    """How many went for each reason, most frequent first."""
    return dict(Counter(item.reason for item in removed).most_common())


def rank_of(text: str, seed: int) -> int:
    """A pseudo-random place in an order that depends on the text and the seed alone."""
    data = f"{seed}\0{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def content_hash(texts: Sequence[str]) -> str:
    """One hash over texts in their order: what a cached stage depends on."""
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()
