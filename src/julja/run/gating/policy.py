"""What a candidate must hold to: a policy file in TOML, YAML or JSON, read and checked.

alpha = 0.05                 # one-sided
required = ["gsm8k", "mmlu"]
max_errors = 0.01

[[rules]]
task = "gsm8k"
max_drop = 0.02
min_value = 0.6
"""

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

from julja.errors import ConfigError, did_you_mean

Kind: TypeAlias = Literal[
    "max_drop",
    "min_gain",
    "min_value",
    "max_value",
    "max_errors",
    "max_cost_usd",
    "max_seconds",
    "max_tokens",
]
LIMITS: tuple[Kind, ...] = ("max_errors", "max_cost_usd", "max_seconds", "max_tokens")
RELATIVE: tuple[Kind, ...] = ("max_drop", "min_gain")
ABSOLUTE: tuple[Kind, ...] = ("min_value", "max_value")
_WHERE = ("task", "metric", "subset")
_RULE_KEYS = (*_WHERE, *RELATIVE, *ABSOLUTE, *LIMITS)
_POLICY_KEYS = ("alpha", "adjust", "inconclusive", "required", "rules", *LIMITS)
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """Limits for one task (`*`: each task of the run), metric and subset; `place` names it."""

    task: str
    metric: str | None
    subset: str | None
    limits: Mapping[Kind, float]
    place: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules, and how they are decided.

    `alpha` is the one-sided error of each rule. A GO says that every rule holds, so that alpha
    needs no adjustment for it (an intersection-union test); with `adjust` "holm" each single PASS
    is good for itself too. `blocks` tells whether a rule that the data don't decide stops the gate.
    """

    source: str
    rules: tuple[Rule, ...]
    required: tuple[str, ...] = ()
    limits: Mapping[Kind, float] = field(default_factory=dict)
    alpha: float = 0.05
    adjust: Literal["none", "holm"] = "none"
    blocks: bool = True

    @property
    def needs_baseline(self) -> bool:
        """True when a rule compares with another run."""
        return any(kind in rule.limits for rule in self.rules for kind in RELATIVE)


def read_policy(path: Path) -> Policy:
    """Read a policy file. ConfigError says the file, the line and the field of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise ConfigError(f"{path} can't be read: {why}.", hint="Name a policy file.") from error
    return make_policy(_parse(path, text), str(path), text)


def _parse(path: Path, text: str) -> Any:
    readers: dict[str, Callable[[str], Any]] = {
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".yaml": _yaml,
        ".yml": _yaml,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            f"{path}: a policy is a .toml, .yaml or .json file.", hint="Rename it, or convert it."
        )
    try:
        return reader(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} can't be parsed: {error}.") from error


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def make_policy(content: Any, source: str, text: str = "") -> Policy:
    """A policy from parsed content; `text`, where given, tells the line of what is wrong."""
    reader = _Reader(source, text)
    if not isinstance(content, Mapping):
        raise ConfigError(f"{source}: a policy is a table of settings and rules, not this.")
    reader.known(content, _POLICY_KEYS, "")
    raw = content.get("rules", [])
    if not isinstance(raw, list):
        reader.wrong("rules", "a list of rules ([[rules]] in TOML)", "rules", raw)
    rules = tuple(reader.rule(rule, number) for number, rule in enumerate(raw, start=1))
    limits = reader.limits(content, LIMITS, "")
    required = reader.names(content.get("required", []))
    if not rules and not limits and not required:
        raise ConfigError(
            f"{source} has no rule: it would let everything pass.",
            hint='[[rules]]\ntask = "gsm8k"\nmax_drop = 0.02',
        )
    return Policy(
        source=source,
        rules=rules,
        required=required,
        limits=limits,
        alpha=reader.alpha(content.get("alpha", 0.05)),
        adjust=reader.choice(content, "adjust", ("none", "holm")),
        blocks=reader.choice(content, "inconclusive", ("block", "warn")) == "block",
    )


@dataclass(slots=True)
class _Reader:
    """Checks values, and finds the line of a field for the message."""

    source: str
    text: str
    seen: dict[str, int] = field(default_factory=dict)

    def known(self, table: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in names:
                place = self.place(str(key), where)
                hint = did_you_mean(str(key), names) or f"It may have {', '.join(names)}."
                raise ConfigError(f"{place}: there is no such setting.", hint=hint)

    def place(self, key: str, where: str) -> str:
        """`file:line: field`, by the key's next place in the file."""
        pattern = re.compile(rf"^[\s\-{{,]*[\"']?{re.escape(key)}[\"']?\s*[=:]")
        lines = [n for n, line in enumerate(self.text.splitlines(), 1) if pattern.match(line)]
        # The rules before this one may have the same key: theirs are the lines before.
        at = min(self.seen.get(key, 0), len(lines) - 1)
        line = f":{lines[at]}" if lines else ""
        return f"{self.source}{line}: {where}{key}"

    def wrong(self, key: str, wanted: str, where: str, value: Any) -> NoReturn:
        name = where if where == key else f"{where}{key}"
        place = self.place(key, name[: -len(key)])
        raise ConfigError(f"{place} = {value!r}: {wanted} is meant.")

    def rule(self, table: Any, number: int) -> Rule:
        where = f"rules[{number}]."
        if not isinstance(table, Mapping):
            raise ConfigError(f"{self.source}: rule {number} is no table but {table!r}.")
        self.known(table, _RULE_KEYS, where)
        words = {key: table.get(key) for key in _WHERE}
        for key, value in words.items():
            if value is not None and not (isinstance(value, str) and value):
                self.wrong(key, "a name", where, value)
        limits = self.limits(table, (*RELATIVE, *ABSOLUTE, *LIMITS), where)
        if not limits:
            raise ConfigError(
                f"{self.source}: rule {number} limits nothing.",
                hint=f"Give it {', '.join((*RELATIVE, *ABSOLUTE, *LIMITS))}.",
            )
        for key in table:
            self.seen[str(key)] = self.seen.get(str(key), 0) + 1
        task = words["task"] or EVERY
        return Rule(task, words["metric"], words["subset"], limits, f"rules[{number}]")

    def limits(
        self, table: Mapping[str, Any], kinds: tuple[Kind, ...], where: str
    ) -> dict[Kind, float]:
        found: dict[Kind, float] = {}
        for kind in kinds:
            if kind not in table:
                continue
            value = table[kind]
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.wrong(kind, "a number", where, value)
            if not math.isfinite(value):
                self.wrong(kind, "a finite number", where, value)
            self._sensible(kind, float(value), where)
            found[kind] = float(value)
        return found

    def _sensible(self, kind: Kind, value: float, where: str) -> None:
        if kind == "max_drop" and value <= 0:
            self.wrong(
                kind, "a number above 0 (no number of samples shows a drop of 0)", where, value
            )
        if kind == "min_gain" and value < 0:
            self.wrong(kind, "0 or more (max_drop allows a drop)", where, value)
        if kind == "max_errors" and not 0 <= value <= 1:
            self.wrong(kind, "a share of the samples, 0 to 1,", where, value)
        if kind in LIMITS and value < 0:
            self.wrong(kind, "0 or more", where, value)

    def names(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.wrong("required", "a list of task names", "required", value)
        return tuple(value)

    def alpha(self, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < 0.5:
            self.wrong("alpha", "a number between 0 and 0.5", "alpha", value)
        return float(value)

    def choice(self, table: Mapping[str, Any], key: str, known: tuple[str, ...]) -> Any:
        value = table.get(key, known[0])
        if value not in known:
            hint = did_you_mean(str(value), known) or f"Use {' or '.join(known)}."
            raise ConfigError(f"{self.place(key, '')} = {value!r}: not known.", hint=hint)
        return value


def each_limit(policy: Policy, tasks: tuple[str, ...]) -> Iterator[tuple[Rule, str, Kind, float]]:
    """Every (rule, task, kind, limit); `*` stands for each task of the candidate."""
    for rule in policy.rules:
        for task in tasks if rule.task == EVERY else (rule.task,):
            for kind, limit in rule.limits.items():
                yield rule, task, kind, limit
