"""What a benchmark is: rows, how a row becomes a sample, its forms, its scorer, its card.

The whole of a small benchmark:

    @task
    def capitals() -> Task:
        return Task(
            name="capitals",
            rows=Source(split="test", files=("capitals.jsonl",)),
            sample=lambda row: Sample("", row["question"], target=(row["capital"],)),
            forms={"generate": Form(prompt="Q: {{ input }}\\nA:", scorer=exact())},
        )
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from julja.corruptions import Recipe
from julja.types import (
    Cut,
    Decoding,
    FormName,
    Json,
    Message,
    Response,
    Row,
    Sample,
    Score,
    Scorer,
    Source,
)

Text: TypeAlias = str | Callable[[Sample], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Rows that are made, subset by subset: `make(seed, subset, material)`.

    `material` names the source that a subset is made from, with its folder in a mirror; a subset
    whose source can't be had is missing like any other. `make` gets no rows for the others.
    """

    make: Callable[[int, str, Sequence[Row]], Sequence[Row]]
    material: Mapping[str, tuple[str, Source]] = field(default_factory=dict)


Rows: TypeAlias = Source | Sequence[Row] | Callable[[int], Sequence[Row]] | Generated
Picker: TypeAlias = Callable[[Sequence[Sample], Sample, int, int], Sequence[Sample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Rows that belong to a benchmark's rows one by one: a baseline's answers, references.

    `key` gives what a row of either side is known by. A row without a partner has None under the
    attachment's name. An `optional` source can be missing altogether.
    """

    source: Source
    key: Callable[[Row], Json]
    optional: bool = False
    mirror: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a reader must know before believing the number. URLs and plain sentences.

    `rows` is the number of samples of the task as it is by default, as its paper or files have it.
    """

    title: str = ""
    summary: str = ""
    abilities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    paper: str = ""
    licence: str = ""
    official_scorer: str = ""
    random_baseline: float | None = None
    human: float | None = None
    saturation: str = ""
    contamination: str = ""
    label_errors: str = ""
    notes: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to put a sample to a model.

    `prompt` and `answer` are jinja2 templates over the sample (`input`, `target`, `choices`,
    `answer`, `letters`, `number` (its place in the prompt, from 1) and all of `fields`), or
    functions of it. A few-shot prompt is
    `header` + for each exemplar `prompt + answer + separator` + `prompt`. `choices` gives the
    continuations of `rank` (default `" " + choice`) or the letters of `letter`. `contexts`
    replaces the sample's own `prompt` in `rank` where each choice is read after another text (none
    for a sample whose choices share its prompt);
    `unconditional` and `rolling` are those of `Request`. `inputs` is what a fine-tuned encoder
    reads in the forms `classify`, `span` and `tags`; the prompt only shows it then. `turns` gives
    what the user says after each of the model's answers, for a conversation (form `generate`): the
    last answer is the response, the others are its `earlier`. `history` gives the messages of a
    conversation that is already under way, before the prompt. `longest` is
    the longest answer in tokens, `temperature` the sampling temperature, where these differ from
    sample to sample. `subsets` are those of the task's that can be asked in this form (all of them
    where it is empty). `cut` is that of `Request`: what a prompt loses that is longer than the
    window.
    """

    prompt: Text = "{{ input }}"
    answer: Text = " {{ target[0] }}"
    header: Text = ""
    separator: str = "\n\n"
    system: str = ""
    choices: Callable[[Sample], Sequence[str]] | None = None
    contexts: Callable[[Sample], Sequence[str]] | None = None
    unconditional: str | None = None
    rolling: bool = False
    inputs: Callable[[Sample], Mapping[str, Json]] | None = None
    turns: Callable[[Sample], Sequence[str]] | None = None
    history: Callable[[Sample], Sequence[Message]] | None = None
    pick: Literal["hash", "first"] | Picker | None = None
    shots: int = 0
    decoding: Decoding = Decoding()
    longest: Callable[[Sample], int] | None = None
    temperature: Callable[[Sample], float] | None = None
    subsets: tuple[str, ...] = ()
    cut: Cut = "left"
    scorer: Scorer


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample with its answer, as a submission file needs it. `subset` is None without subsets."""

    sample: Sample
    subset: str | None
    response: Response
    score: Score


@dataclass(frozen=True, slots=True)
class Check:
    """A self-check: `response` to the sample made of `row` must get `value` on the first metric.

    Rows are written for julja, never taken from the benchmark. `choices` are log-likelihoods for
    the rank and letter forms, in the order of the sample's choices, `greedy` their flags (none:
    the model did not say). For a judged scorer, `judge` holds the judge's answers, one to each
    question (the last one to all further ones), and 1 and 0 stand for the ends of its scale.
    """

    row: Row
    response: str
    value: float
    form: FormName = "generate"
    choices: tuple[float, ...] = ()
    greedy: tuple[bool, ...] = ()
    judge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A benchmark, complete. See the module's example.

    `rows` is a `Source`, rows in hand, a function of the seed, or `Generated` (by subset).
    `exemplars` is where few-shots come from: a `Source`, or fixed samples. `pick` says how they
    are chosen: "hash" draws by a hash of the sample's id, "first" takes the head in file order; a
    function of (pool, sample, shots, seed) chooses for itself, and must not depend on anything
    else.
    With `subsets`, every subset is loaded by itself (`{subset}` in sources) and reported under
    `name/subset`; `subset_of` instead sorts the samples of one file into subsets. With `unlisted`,
    other subsets can be asked for by name too; it raises for one that can't be had.
    `attached` are further sources whose rows are put into the benchmark's own rows, by name.
    `responses` turns a benchmark's own submission file (parsed) into rows `{"id", "response"}`.
    `submission` is the way back: file names and contents as the benchmark's own leaderboard takes
    them, from every sample's first answer.
    `by` names fields of a sample to break the result down by, `grid` two of them whose values are
    the rows and columns of a table of the first metric, drawn as a heat map.
    `recipes` are the corruptions under which each of its pictures is shown, one after the other;
    `clean` is then the name of the task without them, by which its samples and exemplars are drawn.
    The texts of a `confidential` benchmark never lie on disk as plain text, and exports and
    reports leave them out: its authors want it kept from crawlers.
    """

    name: str
    rows: Rows
    sample: Callable[[Row], Sample]
    forms: Mapping[FormName, Form]
    version: int = 1
    card: Card = Card()
    exemplars: Source | Sequence[Sample] | None = None
    pick: Literal["hash", "first"] | Picker = "hash"
    subsets: tuple[str, ...] = ()
    subset_of: Callable[[Sample], str] | None = None
    unlisted: Callable[[str], None] | None = None
    by: tuple[str, ...] = ()
    grid: tuple[str, str] | None = None
    attached: Mapping[str, Attached] = field(default_factory=dict)
    responses: Callable[[Json, Sequence[Sample]], Sequence[Row]] | None = None
    submission: Callable[[Sequence[Answered]], Mapping[str, str]] | None = None
    confidential: bool = False
    mirror: str | None = None
    params: Mapping[str, Json] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    epochs: int = 1
    recipes: tuple[Recipe, ...] = ()
    clean: str = ""


def task(function: Callable[..., Task]) -> Callable[..., Task]:
    """Mark a function as the maker of a task, so that `julja run file.py` finds it.

    The function's parameters become the task's options: `file.py:shots=3`.
    """
    function.__julja_task__ = True  # type: ignore[attr-defined]
    return function
