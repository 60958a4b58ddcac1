"""Which column of a table of judgements plays which role: by its name, or as the user says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from julja.errors import ConfigError, DataError, did_you_mean
from julja.types import Json

# For each role the names that are taken for it, in order; the first one that is there counts.
NAMES: dict[str, tuple[str, ...]] = {
    "item": ("item", "item_id", "sample", "sample_id", "question_id", "prompt_id", "uid", "id",
             "key", "index", "prompt", "instruction"),
    "cluster": ("cluster", "document", "passage", "question_id", "prompt_id", "prompt"),
    "part": ("part", "turn", "criterion"),
    "model": ("model", "model_id", "generator"),
    "model_a": ("model_a", "left", "generator_1", "model_1"),
    "model_b": ("model_b", "right", "generator_2", "model_2"),
    "rater": ("rater", "judge", "annotator", "worker", "voter", "judge_name"),
    "score": ("score", "rating", "verdict", "winner", "preference", "value", "label"),
    "first": ("first", "shown_first"),
    "swapped": ("swapped", "is_swapped", "swap"),
    "length": ("length", "len", "output_length"),
    "length_a": ("length_a", "len_a", "len_1"),
    "length_b": ("length_b", "len_b", "len_2"),
    "answer": ("answer", "response", "output"),
    "answer_a": ("answer_a", "response_a", "output_1"),
    "answer_b": ("answer_b", "response_b", "output_2"),
    "family": ("family", "model_family"),
    "family_a": ("family_a",),
    "family_b": ("family_b",),
    "judge_family": ("judge_family",),
}  # fmt: skip
JUDGES = ("judge", "judge_score", "judge_verdict", "judge_label")
PEOPLE = ("human", "human_score", "human_verdict", "human_label", "label", "gold")
ROLES = (*NAMES, "judge", "human")


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each role that is there.

    A wide table has a column for each judge and person (`judges`, `people`); a long one has one
    rating a row (`score`, by the one that `roles["rater"]` names). A table may be long for judges
    and wide for people, or the other way round (`person_rows`: each row is one person's).
    """

    roles: Mapping[str, str]
    judges: tuple[str, ...]
    people: tuple[str, ...]
    score: str | None = None

    @property
    def person_rows(self) -> bool:
        """True where the rater's column tells people apart, and judges have columns."""
        return bool(self.judges and self.people) and "rater" in self.roles

    def get(self, row: Mapping[str, Json], role: str) -> Json:
        """A row's cell for a role; None where there is no such column or nothing in it."""
        name = self.roles.get(role)
        return None if name is None else cell(row, name)


def cell(row: Mapping[str, Json], name: str) -> Json:
    """A column of a row; `scores.accuracy` looks into nested objects.

    >>> cell({"scores": {"f1": 0.5}}, "scores.f1"), cell({"a.b": 1}, "a.b")
    (0.5, 1)
    """
    if name in row:
        return row[name]
    outer, dot, inner = name.partition(".")
    nested = row.get(outer) if dot else None
    return cell(nested, inner) if isinstance(nested, Mapping) else None


def find_columns(
    rows: Sequence[Mapping[str, Json]],
    given: Mapping[str, tuple[str, ...]],
    place: str,
    *,
    people_only: bool = False,
) -> Columns:
    """The columns of a file: as `given` ({role: columns}), by name otherwise.

    `people_only` is for a file of human labels: what would be a judge's column is a person's.
    """
    names = names_of(rows)
    wanted = {role: tuple(c for c in columns if c in names) for role, columns in given.items()}
    roles = {role: found[0] for role, found in wanted.items() if role in NAMES and found}
    for role, known in NAMES.items():
        # What names the item can't also say which items go together.
        free = (name for name in known if role != "cluster" or name != roles.get("item"))
        found = next((name for name in free if name in names), None)
        if found is not None and role not in given:
            roles[role] = found
    judges = wanted.get("judge") or tuple(_like(names, JUDGES, "judge"))
    people = wanted.get("human") or tuple(_like(names, PEOPLE, "human"))
    if roles.get("rater") in judges:
        if "judge" not in given and _holds_names(rows, roles):
            judges = ()
        else:
            others = [name for name in NAMES["rater"] if name in names and name not in judges]
            roles = {role: name for role, name in roles.items() if role != "rater"}
            roles |= {"rater": others[0]} if others else {}
    people = tuple(name for name in people if name not in judges)
    score = None if judges else roles.get("score")
    if score in people:
        # A lone column `label` is what the row's rater said, not a second opinion.
        people, score = ((), score) if "human" not in given else (people, None)
    if people_only:
        people, judges, score = people or judges, (), None if people or judges else score
    if not judges and not people and score is None:
        raise _no_scores(place, names)
    return Columns(roles, judges, people, score)


def names_of(rows: Iterable[Mapping[str, Json]]) -> list[str]:
    """All columns of some rows, nested ones by path."""
    found: dict[str, None] = {}
    shapes: set[tuple[str, ...]] = set()
    for row in rows:
        shape = tuple(row)
        if shape not in shapes or dict in map(type, row.values()):
            shapes.add(shape)
            found.update(dict.fromkeys(_paths(row)))
    return list(found)


def _paths(row: Mapping[str, Json]) -> Iterable[str]:
    for name, value in row.items():
        yield name
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in value)


def _like(names: Iterable[str], known: tuple[str, ...], word: str) -> Iterable[str]:
    """The columns of a word: `judge`, `judge_gpt4`, `judge:gpt4`; not what only describes one."""
    described = {"judge_family", "judge_name", "judge_model", "judge_id"}
    for name in names:
        if name in described:
            continue
        if name in known or name.startswith((f"{word}_", f"{word}:", f"{word}.")):
            yield name


def _holds_names(rows: Sequence[Mapping[str, Json]], roles: Mapping[str, str]) -> bool:
    """True where the column `judge` says who judged, and another column what.

    Numbers beside verdicts are names too: of voters.
    """
    from julja.audit.judges.values import read_value

    if "score" not in roles:
        return False
    kinds = {read_value(row.get("judge")).kind for row in rows} - {"nothing"}
    said = {read_value(cell(row, roles["score"])).kind for row in rows}
    if kinds == {"number"}:
        return bool(said & {"verdict", "shown"})
    return not kinds or not kinds <= {"number", "verdict", "shown"}


def _no_scores(place: str, names: list[str]) -> DataError:
    return DataError(
        f"{place}: no column with a judge's or a person's scores among {', '.join(names[:12])}.",
        hint="Name it: --column judge=COLUMN, --column human=COLUMN, or --column score=COLUMN for"
        " one rating a row.",
    )


def parse_columns(pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`role=column` of the command line; a role may be given several times."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        if not equals or not column:
            raise ConfigError(
                f"--column {pair}: not ROLE=COLUMN.", hint=f"Roles: {', '.join(ROLES)}."
            )
        if role not in ROLES:
            hint = did_you_mean(role, ROLES) or f"Roles: {', '.join(ROLES)}."
            raise ConfigError(f"--column {pair}: there is no role {role!r}.", hint=hint)
        if role not in ("judge", "human") and role in found:
            raise ConfigError(
                f"--column {role}: given twice ({found[role][0]}, {column}).",
                hint="Only `judge` and `human` may be several columns.",
            )
        found[role] = (*found.get(role, ()), column)
    return found


def check_used(given: Mapping[str, tuple[str, ...]], seen: Iterable[str]) -> None:
    """Raise for a column that the user named and that no file has."""
    names = set(seen)
    for role, columns in given.items():
        for column in columns:
            if column not in names:
                near = did_you_mean(column, names)
                shown = ", ".join(sorted(names)[:20])
                raise ConfigError(
                    f"--column {role}={column}: no file has a column {column!r}.",
                    hint=near or f"There are: {shown}.",
                )
