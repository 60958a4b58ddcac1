"""Turns a sample into what the model is shown: template -> few-shot prompt -> request.

Pure: the prompt of a sample depends on (task, version, sample id, seed) alone.
"""

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from julja.errors import TaskError
from julja.tasks.task import Form, Picker, Text
from julja.types import (
    MEDIA_MARK,
    Decoding,
    FormName,
    Json,
    Message,
    Prompt,
    Request,
    Sample,
)

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
ENCODED: tuple[FormName, ...] = ("classify", "span", "tags", "detect", "segment")


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


@lru_cache(maxsize=512)
def _template(source: str) -> "Template":
    from jinja2 import TemplateSyntaxError

    try:
        return _environment().from_string(source)
    except TemplateSyntaxError as error:
        raise TaskError(f"the template {source!r} is not valid jinja2: {error}.") from error


_NAME = re.compile(r"\{\{ *([A-Za-z_]\w*) *\}\}")


@lru_cache(maxsize=512)
def _plain_pieces(source: str) -> list[str] | None:
    """[text, name, text, …] of a template that only inserts names: jinja costs ten times as much.

    None where the template does more.
    """
    pieces = _NAME.split(source)
    return None if any("{" in text or "}" in text for text in pieces[::2]) else pieces


def variables(sample: Sample) -> dict[str, Json]:
    """What a template sees: the sample's fields, then its own names (which win)."""
    return {
        **sample.fields,
        "id": sample.id,
        "input": sample.input,
        "target": sample.target,
        "choices": sample.choices,
        "answer": sample.answer,
        "letters": LETTERS[: len(sample.choices)],
        **({"image": MEDIA_MARK} if sample.media else {}),
    }


def render_text(text: Text, sample: Sample) -> str:
    """Render one piece of a prompt. An unknown name in a template is a `TaskError`."""
    if callable(text):
        return text(sample)
    if "{" not in text:
        return text
    pieces = _plain_pieces(text)
    if pieces is not None:
        names = variables(sample)
        if all(name in names for name in pieces[1::2]):
            return "".join(
                str(names[piece]) if index % 2 else piece for index, piece in enumerate(pieces)
            )
    from jinja2 import TemplateError

    try:
        return _template(text).render(variables(sample))
    except TemplateError as error:
        known = ", ".join(sorted(variables(sample)))
        raise TaskError(
            f"the template {text!r} fails on sample {sample.id!r}: {error}.",
            hint=f"Names it can use: {known}.",
        ) from error


def render_prompt(form: Form, sample: Sample, exemplars: Sequence[Sample] = ()) -> Prompt:
    """The prompt of a sample: header, exemplars with their answers, then the question.

    The question is left out where the choices each have a context of their own. Templates see the
    place of each in the prompt, from 1, as `number` (where no field of the sample has that name).
    """
    parts = [render_text(form.header, sample)]
    for place, exemplar in enumerate(exemplars, start=1):
        shot = _numbered(exemplar, place)
        parts += [render_text(form.prompt, shot), render_text(form.answer, shot), form.separator]
    if form.contexts is None or not form.contexts(sample):
        parts.append(render_text(form.prompt, _numbered(sample, len(exemplars) + 1)))
    system = (Message("system", form.system),) if form.system else ()
    history = tuple(form.history(sample)) if form.history else ()
    shown = (*(item for shot in exemplars for item in shot.media), *sample.media)
    text = with_marks("".join(parts), len(shown), sample.id)
    return Prompt((*system, *history, Message("user", text, shown)))


def _numbered(sample: Sample, place: int) -> Sample:
    return replace(sample, fields={"number": place, **sample.fields})


def with_marks(text: str, count: int, sample: str) -> str:
    """A prompt's text with one mark for each of its media; without any they come first.

    A template says {{ image }} where a picture belongs, as often as a sample has pictures.
    """
    marks = text.count(MEDIA_MARK) if count else 0
    if marks == count:
        return text
    if marks:
        raise TaskError(
            f"the prompt of sample {sample!r} has {marks} places for {count} pictures.",
            hint="Write {{ image }} once for each picture of a sample, or nowhere.",
        )
    return MEDIA_MARK * count + ("\n" if text else "") + text


def make_request(
    kind: FormName,
    form: Form,
    sample: Sample,
    exemplars: Sequence[Sample],
    decoding: Decoding,
    repeat: int = 0,
) -> Request:
    """The request that asks for a sample in this form."""
    prompt = render_prompt(form, sample, exemplars)
    if kind == "generate":
        return Request(kind, prompt, decoding, repeat=repeat, cut=form.cut)
    if kind in ENCODED:
        return _encoded(kind, form, sample, prompt, repeat)
    if form.choices is not None:
        choices = tuple(form.choices(sample))
    elif kind == "letter":
        choices = LETTERS[: len(sample.choices)]
    else:
        choices = tuple(f" {choice}" for choice in sample.choices)
    if kind == "letter":
        return Request(kind, prompt, Decoding(max_tokens=1), choices, repeat, cut=form.cut)
    return Request(
        kind,
        prompt,
        Decoding(max_tokens=1),
        choices,
        repeat,
        contexts=tuple(form.contexts(sample)) if form.contexts else (),
        unconditional=form.unconditional,
        rolling=form.rolling,
    )


def _encoded(kind: FormName, form: Form, sample: Sample, prompt: Prompt, repeat: int) -> Request:
    """What a fine-tuned encoder is asked: it reads the inputs, the prompt only shows them."""
    if form.inputs is None and not sample.media:
        raise TaskError(f"the {kind} form of sample {sample.id!r} has no `inputs`.")
    choices: Sequence[str] = form.choices(sample) if form.choices else sample.choices
    return Request(
        kind,
        prompt,
        Decoding(max_tokens=1),
        () if kind == "span" else tuple(choices),
        repeat,
        inputs=form.inputs(sample) if form.inputs else {},
    )


def sample_hash(task: str, sample_id: str, salt: str = "") -> int:
    """A number drawn from a sample's identity: the root of every choice made for that sample."""
    text = f"{task}\0{sample_id}\0{salt}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def pick_exemplars(
    pool: Sequence[Sample],
    sample: Sample,
    shots: int,
    *,
    task: str,
    seed: int,
    pick: Literal["hash", "first"] | Picker = "hash",
) -> tuple[Sample, ...]:
    """Choose few-shot exemplars for one sample, never the sample itself.

    "first" takes the head of the pool in file order; "hash" draws without replacement from a
    generator seeded by (task, sample id, seed): limit, order and sharding cannot change it.
    """
    if shots <= 0:
        return ()
    if callable(pick):
        return tuple(pick(pool, sample, shots, seed))
    if pick == "first":
        order: Sequence[int] = range(min(len(pool), shots + 1))
    else:
        draw = random.Random(sample_hash(task, sample.id, f"shots:{seed}"))
        order = draw.sample(range(len(pool)), min(len(pool), shots + 1))
    chosen = [pool[i] for i in order if not _same(pool[i], sample)][:shots]
    if len(chosen) < shots:
        raise TaskError(
            f"{task} has {len(pool)} exemplars, too few for {shots} shots.",
            hint=f"Use --shots {max(len(pool) - 1, 0)} or fewer.",
        )
    return tuple(chosen)


def _same(exemplar: Sample, sample: Sample) -> bool:
    return exemplar.input == sample.input and exemplar.choices == sample.choices
