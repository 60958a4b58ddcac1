"""What makes two results incomparable: what was asked, of which data, and who judged it.

A `Difference` stops a comparison unless it is forced; a remark (another temperature, a seed) is
told and stops nothing, because such settings may be the very thing that is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from julja.errors import ConfigError
from julja.run.comparison.sides import Side, leaves_of
from julja.types import Json

SAMPLE_SET = "the set of samples"
_SETTINGS = ("seed", "epochs", "temperature", "top_p", "max_tokens")
_ASKED = ("version", "form", "shots")
_SHOWN = 3
_MOST_TOLD = 20
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between the two sides of a task."""

    task: str
    what: str
    a: Json
    b: Json

    def said(self, first: str = "A", second: str = "B") -> str:
        """The difference in one line, with the names of both runs."""
        values = f"{_said(self.a)} in {first}, {_said(self.b)} in {second}"
        return f"{self.task}: {self.what} differs: {values}"

    def to_json(self) -> dict[str, Json]:
        """As the comparison object has it."""
        return {"task": self.task, "what": self.what, "a": self.a, "b": self.b}


def _said(value: Json) -> str:
    return "not known" if value is None else str(value)


def differences(task: str, a: Side, b: Side) -> list[Difference]:
    """All that makes the results of a task incomparable."""
    one, two = a.results[task], b.results[task]
    found = [
        Difference(task, what, one[what], two[what])
        for what in _ASKED
        if one[what] != two[what] and None not in (one[what], two[what])
    ]
    tools = _tool(a), _tool(b)
    if tools[0] != tools[1]:
        # Two tools' versions of a task don't count alike, nor do they hash its data alike.
        found.append(Difference(task, "the tool that measured", *tools))
        found = [item for item in found if item.what != "version"]
    elif (data := _data(task, a, b)) is not None:
        found.append(data)
    judges = _judges(a, one), _judges(b, two)
    if judges[0] != judges[1]:
        found.append(Difference(task, "the judge", *judges))
    samples = _samples(task, a, b)
    return [*found, samples] if samples is not None else found


def _tool(side: Side) -> str:
    imported = side.row.config.get("imported")
    # The version of a tool is no protocol of its own: "lm-eval 0.4.8" and "lm-eval 0.4.13" agree.
    return str(imported["from"]).split(" ")[0] if imported else "julja"


def _data(task: str, a: Side, b: Side) -> Difference | None:
    """Other content under the same name, told by its hash."""
    imported = ["imported" in side.row.config for side in (a, b)]
    if any(imported):
        return _content(task, a, b, whole=all(imported))
    for leaf in leaves_of(task, (a, b)):
        sources = a.sources.get(leaf), b.sources.get(leaf)
        if None not in sources and sources[0] != sources[1]:
            return Difference(task, f"the data of {leaf} (hash)", *sources)
    return None


def _content(task: str, a: Side, b: Side, *, whole: bool) -> Difference | None:
    """Of logs, whose hash is of the samples that they hold: common ids that are other samples.

    An export has a sample's prompt for its question: only two logs are held to that (`whole`).
    """
    for leaf in leaves_of(task, (a, b)):
        one, two = ({s.id: s for s in side.samples(leaf)} for side in (a, b))
        for sample in sorted(one.keys() & two.keys()):
            if one[sample].target != two[sample].target:
                what = f"what is right in sample {sample} of {leaf}"
                return Difference(task, what, list(one[sample].target), list(two[sample].target))
            if whole and one[sample].input != two[sample].input:
                what = f"the question of sample {sample} of {leaf}"
                return Difference(task, what, _cut(one[sample].input), _cut(two[sample].input))
    return None


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= _LONGEST else line[:_LONGEST] + "…")


def _judges(side: Side, result: Mapping[str, Any]) -> str | None:
    """Who judged a task and by what; None where nobody did."""
    reports = result.get("judges")
    if not reports:
        return None
    config = side.row.config["config"]
    said = "+".join(sorted(report["judge"] for report in reports))
    rubric = config.get("rubric")
    repeats = config.get("judge_repeats")
    said += f", rubric {rubric}" if rubric else ""
    return said + (f", {repeats} repeats" if repeats else "")


def _samples(task: str, a: Side, b: Side) -> Difference | None:
    """Sample sets that differ by more than what a stopped run still lacks."""
    # Aggregates without samples have no ids: nothing can be said of the set but its size.
    if not a.leaves(task) or not b.leaves(task):
        return None
    only_a, only_b = _only(task, a, b), _only(task, b, a)
    if len(only_a) <= _skipped(b, task) and len(only_b) <= _skipped(a, task):
        return None
    return Difference(task, SAMPLE_SET, _set(_size(task, a), only_a), _set(_size(task, b), only_b))


def _only(task: str, one: Side, two: Side) -> list[str]:
    """The samples that one run has a record of and the other has not."""
    return [
        sample
        for leaf in one.leaves(task)
        for sample in sorted(one.scores[leaf].keys() - two.scores.get(leaf, {}).keys())
    ]


def _size(task: str, side: Side) -> int:
    return sum(len(side.scores[leaf]) for leaf in side.leaves(task))


def _skipped(side: Side, task: str) -> int:
    return int(side.results[task]["counts"]["skipped"])


def _set(size: int, only: Sequence[str]) -> str:
    if not only:
        return f"{size}"
    shown = ", ".join(only[:_SHOWN])
    more = ", …" if len(only) > _SHOWN else ""
    return f"{size} ({len(only)} that the other has not: {shown}{more})"


def refuse(found: Sequence[Difference], names: Sequence[tuple[str, str]]) -> None:
    """Raise ConfigError where there are differences: says each of them, with both runs' names."""
    if not found:
        return
    listed = [item.said(*both) for item, both in zip(found, names, strict=True)]
    shown = listed[:_MOST_TOLD]
    if len(listed) > len(shown):
        shown.append(f"… and {len(listed) - len(shown)} more")
    lines = "\n  ".join(shown)
    raise ConfigError(
        f"these results can't be compared:\n  {lines}",
        hint="Run both alike, or add --force: what differs is then said beside the numbers.",
    )


def remarks(tasks: Sequence[str], a: Side, b: Side, first: str, second: str) -> list[str]:
    """Settings that differ, unknown ones, and prompts that do though nothing says so."""
    one, two = a.row.config["config"], b.row.config["config"]
    told = [
        f"{what}: {_said(one.get(what))} in {first}, {_said(two.get(what))} in {second}"
        for what in _SETTINGS
        if one.get(what) != two.get(what)
    ]
    for task in tasks:
        unknown = [
            what
            for what in _ASKED
            if (a.results[task][what] is None) != (b.results[task][what] is None)
        ]
        if unknown and _tool(a) == _tool(b):
            told.append(
                f"{task}: {' and '.join(unknown)} is known of one of {first} and {second} only"
            )
        if (sample := _other_prompt(task, a, b)) is not None:
            told.append(f"{task}: the prompts of {first} and {second} differ (sample {sample})")
    return told


def _other_prompt(task: str, a: Side, b: Side) -> str | None:
    """A sample whose prompt is not the same in both runs, looked for among the first few."""
    for leaf in a.leaves(task):
        other = b.scores.get(leaf, {})
        common = (sample for sample in a.scores[leaf] if sample in other)
        for sample in islice(common, _SHOWN):
            records = [
                next(side.store.records(side.row.id, task=leaf, sample=sample), None)
                for side in (a, b)
            ]
            prompts = [record.prompt for record in records if record and record.prompt]
            if len(prompts) == 2 and prompts[0] != prompts[1]:
                return sample
    return None
