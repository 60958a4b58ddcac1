"""A team's own benchmark: a file of cases and a few lines of TOML or YAML, no Python.

    name = "support_bot"
    cases = "support_bot.jsonl"
    prompt = "{{ question }}"
    expected = "answer"
    by = ["category"]

    [scorer]
    name = "includes"

`image = "file"` shows each case's pictures: the field holds the name of a file beside the cases, or
a list of them, and `{{ image }}` in the prompt says where each belongs.

A bare `.jsonl` runs too: the fields are found by their usual names, and a TOML or YAML file of the
same name beside it is used when there is one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from julja.config import load_config_file
from julja.errors import DataError, TaskError, did_you_mean
from julja.pictures import keep
from julja.scoring.registry import make_scorer
from julja.tasks.task import Card, Form, Task
from julja.types import Decoding, FormName, Json, Media, Row, Sample, Scorer

INPUT_NAMES = ("input", "question", "prompt", "instruction")
EXPECTED_NAMES = ("expected", "target", "answer", "ideal", "output")
CHOICE_NAMES = ("choices", "options")
ID_NAMES = ("id", "case_id", "key")


class CaseFile(BaseModel):
    """What a benchmark file may say. Names that it doesn't know are refused."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    title: str = ""
    version: int = 1
    cases: str | None = None
    prompt: str | None = None
    system: str = ""
    expected: str | None = None
    choices: str | None = None
    image: str | None = None
    id: str | None = None
    cluster: str | None = None
    by: str | list[str] = Field(default_factory=list)
    scorer: str | dict[str, Any] | None = None
    shots: int = 0
    examples: str | None = None
    epochs: int = 1
    max_tokens: int = 512
    temperature: float = 0.0
    stop: list[str] = Field(default_factory=list)
    licence: str = ""


def load_case_file(path: Path, options: Mapping[str, Json]) -> Task:
    """Read a benchmark file (.toml, .yaml, .jsonl) into a task."""
    from julja.run.catalog import RUN_OPTIONS

    for key in options:
        if key not in RUN_OPTIONS:
            raise TaskError(f"{path} has no option {key!r}.", hint=did_you_mean(key, RUN_OPTIONS))
    settings, cases_path = _settings(path)
    rows = _cases(cases_path)
    fields = list(dict.fromkeys(name for row in rows for name in row))
    by = [settings.by] if isinstance(settings.by, str) else settings.by
    _known(path, [*by, *([settings.image] if settings.image else [])], fields)
    expected = _field(path, settings.expected, EXPECTED_NAMES, fields)
    choices = _field(path, settings.choices, CHOICE_NAMES, fields)
    asked = _field(path, None, INPUT_NAMES, fields)
    if settings.prompt is None and asked is None:
        raise TaskError(
            f"{path} says no prompt, and its cases have none of {', '.join(INPUT_NAMES)}.",
            hint='Add a line like prompt = "{{ question }}".',
        )
    scorer = _scorer(settings, path, expected, choices)
    make = _sample_maker(settings, path, fields, asked, expected, choices)
    if settings.image:
        make = _with_pictures(make, settings.image, cases_path)
    exemplars = _cases(path.parent / settings.examples) if settings.examples else []
    form = Form(
        prompt=settings.prompt or _default_prompt(choices),
        system=settings.system,
        answer="\n{{ target[0] }}",
        shots=settings.shots,
        decoding=Decoding(settings.max_tokens, settings.temperature, stop=tuple(settings.stop)),
        scorer=scorer,
    )
    forms: dict[FormName, Form] = {"generate": form}
    return Task(
        name=settings.name or path.stem,
        version=settings.version,
        rows=rows,
        sample=make,
        forms=forms,
        exemplars=[make(row) for row in exemplars] if exemplars else None,
        by=tuple(by),
        epochs=settings.epochs,
        card=Card(
            title=settings.title or settings.name or path.stem,
            summary=f"Own benchmark in {cases_path.name}.",
            licence=settings.licence,
        ),
    )


def _settings(path: Path) -> tuple[CaseFile, Path]:
    """The settings and the file of cases."""
    if path.suffix == ".jsonl":
        for ending in (".toml", ".yaml", ".yml"):
            twin = path.with_suffix(ending)
            if twin.is_file():
                return _settings(twin)[0], path
        return CaseFile(), path
    try:
        settings = CaseFile(**load_config_file(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        hint = did_you_mean(where, CaseFile.model_fields) or (
            f"It may say: {', '.join(CaseFile.model_fields)}."
        )
        raise TaskError(f"{path}: {where}: {first['msg']}.", hint=hint) from error
    if settings.cases is None:
        twin = path.with_suffix(".jsonl")
        if not twin.is_file():
            raise TaskError(f"{path} names no cases.", hint='Add a line: cases = "cases.jsonl".')
        return settings, twin
    return settings, path.parent / settings.cases


def _cases(path: Path) -> list[Row]:
    from julja.data.files import read_rows

    rows = read_rows(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TaskError(f"{path} must hold one JSON object for each case.")
    if not rows:
        raise TaskError(f"{path} has no cases.")
    return rows


def _known(path: Path, names: list[str], fields: list[str]) -> None:
    for name in names:
        if name not in fields:
            hint = did_you_mean(name, fields) or f"The cases have {', '.join(fields)}."
            raise TaskError(f"{path}: no case has the field {name!r}.", hint=hint)


def _field(path: Path, named: str | None, usual: tuple[str, ...], fields: list[str]) -> str | None:
    if named is not None:
        _known(path, [named], fields)
        return named
    return next((name for name in usual if name in fields), None)


def _scorer(settings: CaseFile, path: Path, expected: str | None, choices: str | None) -> Scorer:
    given = settings.scorer or ("choice" if choices else "exact")
    spec: dict[str, Any] = {"name": given} if isinstance(given, str) else dict(given)
    name = spec.pop("name", None)
    if not isinstance(name, str):
        raise TaskError(f"{path}: scorer needs a name.", hint="`julja list scorers` shows them.")
    if expected is None and name in ("exact", "includes", "number", "choice", "f1", "maths"):
        raise TaskError(
            f"{path}: the scorer {name} needs an expected answer, and no case has one of"
            f" {', '.join(EXPECTED_NAMES)}.",
            hint='Name the field: expected = "…".',
        )
    for key, value in spec.items():
        # Files that a scorer names (a schema, a function) lie beside the benchmark's file.
        if isinstance(value, str) and key in ("file", "schema", "function"):
            head, colon, tail = value.partition(":")
            beside = path.parent / head
            if beside.is_file():
                spec[key] = f"{beside}{colon}{tail}"
    return make_scorer(name, spec)


def _default_prompt(choices: str | None) -> str:
    if choices is None:
        return "{{ input }}"
    return (
        "{{ input }}\n{% for letter in letters %}\n{{ letter }}. {{ choices[loop.index0] }}"
        "{% endfor %}\n\nAnswer with the letter alone."
    )


def _sample_maker(
    settings: CaseFile,
    path: Path,
    fields: list[str],
    asked: str | None,
    expected: str | None,
    choices: str | None,
) -> Callable[[Row], Sample]:
    identity = _field(path, settings.id, ID_NAMES, fields)

    def make(row: Row) -> Sample:
        options = tuple(map(str, row[choices])) if choices else ()
        target = _targets(row.get(expected)) if expected else ()
        return Sample(
            id=str(row[identity]) if identity and row.get(identity) is not None else "",
            input=str(row.get(asked, "")) if asked else json.dumps(dict(row), ensure_ascii=False),
            target=target,
            choices=options,
            answer=_answers(target, options),
            cluster=str(row[settings.cluster]) if settings.cluster else None,
            fields={name: row.get(name) for name in fields},
        )

    return make


def _with_pictures(
    make: Callable[[Row], Sample], field: str, cases: Path
) -> Callable[[Row], Sample]:
    """Samples with the pictures that a field of their case names; they lie beside the cases."""

    def shown(row: Row) -> Sample:
        sample = make(row)
        value = row.get(field)
        names = value if isinstance(value, list) else [] if value in (None, "") else [value]
        media = tuple(_picture(name, cases) for name in names)
        # Where a case has no picture, the template's {{ image }} is nothing.
        return replace(sample, media=media, fields={**sample.fields, "image": ""})

    return shown


def _picture(name: Json, cases: Path) -> Media:
    """A picture; a missing or damaged one has no hash, and its case fails by name when asked."""
    if not isinstance(name, str):
        raise TaskError(
            f"{cases}: {name!r} is no name of a picture.",
            hint="A case names one file, or a list of files, beside the cases.",
        )
    place = cases.parent / name
    try:
        return keep(place)
    except DataError:
        return Media(str(place), "")


def _targets(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    return (_text(value),)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _answers(target: tuple[str, ...], choices: tuple[str, ...]) -> tuple[int, ...]:
    """The right choices: the expected text is a choice, a letter, or a 0-based index."""
    found: list[int] = []
    for text in target if choices else ():
        letter = ord(text.upper()) - ord("A") if len(text) == 1 and text.isalpha() else -1
        if text in choices:
            found.append(choices.index(text))
        elif 0 <= letter < len(choices):
            found.append(letter)
        elif text.isdigit() and int(text) < len(choices):
            found.append(int(text))
        else:
            raise TaskError(f"the expected answer {text!r} is none of the choices {choices}.")
    return tuple(found)
