"""What every instruction kind is made of: its arguments, read with care, and its finding."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from julja.errors import ScoringError
from julja.types import Json

RELATIONS = ("less than", "at least")


class Finding(NamedTuple):
    """Whether a text keeps an instruction, and what was seen in it ("213 words")."""

    followed: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one instruction of one sample.

    The hub's files pad every instruction with all known arguments as None; upstream's files name
    only the used ones. Both read the same here. The official checker draws a missing argument at
    random, which makes a score no claim: a missing one is an error instead.
    """

    instruction: str
    values: Mapping[str, Json]

    def integer(self, name: str) -> int:
        """A whole number, not negative (2.0 will do: some exports turn ints into floats)."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self._wrong(name, value, "a whole number")
        if value < 0:
            raise self._wrong(name, value, "0 or more")
        return int(value)

    def text(self, name: str) -> str:
        """A text that is not blank."""
        value = self._get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(name, value, "a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """One or more texts."""
        value = self._get(name)
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise self._wrong(name, value, "a list of texts")
        found = tuple(value)
        if not found or not all(isinstance(item, str) and item for item in found):
            raise self._wrong(name, value, "a list of texts")
        return found

    def compare(self, count: int, limit: str, relation: str, unit: str) -> Finding:
        """Hold a count against the limit named `limit` by the relation named `relation`."""
        asked, wanted = self._get(relation), self.integer(limit)
        if asked not in RELATIONS:
            raise self._wrong(relation, asked, " or ".join(repr(word) for word in RELATIONS))
        followed = count < wanted if asked == "less than" else count >= wanted
        return Finding(followed, f"{count} {unit}, asked {asked} {wanted}")

    def at_least(self, count: int, limit: str, unit: str) -> Finding:
        """Hold a count against the least number named `limit`."""
        wanted = self.integer(limit)
        return Finding(count >= wanted, f"{count} {unit}, asked at least {wanted}")

    def exactly(self, count: int, limit: str, unit: str) -> Finding:
        """Hold a count against the number named `limit`."""
        wanted = self.integer(limit)
        return Finding(count == wanted, f"{count} {unit}, asked exactly {wanted}")

    def _get(self, name: str) -> Json:
        value = self.values.get(name)
        if value is None:
            raise ScoringError(
                f"instruction {self.instruction} has no argument {name!r}: {dict(self.values)}",
                hint="Check the row's kwargs: one object for each instruction, in the same order.",
            )
        return value

    def _wrong(self, name: str, value: Json, wanted: str) -> ScoringError:
        return ScoringError(
            f"instruction {self.instruction}: argument {name!r} is {value!r}, it must be {wanted}"
        )


Kind: TypeAlias = Callable[[str, Arguments], Finding]


def pattern(word: str, form: str = "{}") -> re.Pattern[str]:
    """A keyword as the official checker looks for it: as a regular expression, ignoring case.

    A word that is no valid expression ("c++") is looked for as it stands.
    """
    try:
        return re.compile(form.format(word), re.IGNORECASE)
    except re.error:
        return re.compile(form.format(re.escape(word)), re.IGNORECASE)
