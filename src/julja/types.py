"""The only shapes that cross a border between two stages.

The flow, one direction:

    Row -> Sample -> Prompt -> Request -> Response -> Score -> Record -> Estimate

All are frozen and slotted. What is unknown is `None`, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A value as JSON has it; recursive aliases cost the reader more than they tell.
Json: TypeAlias = Any
Row: TypeAlias = Mapping[str, Json]

State: TypeAlias = Literal["scored", "unparsed", "refused", "truncated", "error", "skipped"]
STATES: tuple[State, ...] = ("scored", "unparsed", "refused", "truncated", "error", "skipped")
Cut: TypeAlias = Literal["left", "middle"]
FormName: TypeAlias = Literal[
    "rank", "letter", "generate", "classify", "span", "tags", "detect", "segment"
]
Finish: TypeAlias = Literal["stop", "length", "refusal", "unknown"]
Role: TypeAlias = Literal["system", "user", "assistant"]

# Stands in a text where a picture or a clip is shown (U+FFFC, the object replacement character).
MEDIA_MARK = "\ufffc"
_EMPTY: Mapping[str, Json] = {}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of one split come from, in hub layout and in upstream's own files.

    `files` are paths below `DIR/<benchmark>/` of a mirror, tried in order; `{subset}` is filled
    in, globs are allowed, `.gz` twins and `archive.zip!member` are read in place. `columns` names
    the columns of a file without a header, `password` is a published one of an encrypted zip (the
    authors of GPQA keep its text from crawlers so). `{subset}` may stand in `split`, `config` and
    `hub` too; of a file that holds all subsets, the rows are taken whose `subset_field` is the
    subset. `adapt` turns the decoded content of an upstream file (a list of rows, or the parsed
    JSON when that is no list) into rows as the benchmark's `sample` function expects them. What
    is `confidential` is sealed in the cache. Without `quotes` a quotation mark of a TSV is a
    character like any other (GLUE); else the file itself decides. With `join`, all files that
    match are plain texts that belong together line by line (a source and its references): it
    makes rows of {file name: its lines as {"text"}}. With `folder`, each row from a mirror says in
    "_folder" where the benchmark's files lie, for the pictures that it names. Files that are
    pictures themselves make a row {"file": name, "picture": path or bytes} each.
    """

    split: str
    hub: str | None = None
    config: str | None = None
    revision: str | None = None
    files: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    password: str = ""
    subset_field: str = ""
    confidential: bool = False
    quotes: bool = True
    folder: bool = False
    join: Callable[[Mapping[str, Sequence[Row]]], Sequence[Row]] | None = None
    adapt: Callable[[Json], Sequence[Row]] | None = None
    adapt_hub: Callable[[Sequence[Row]], Sequence[Row]] | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a clip: a file on this machine, known by its content.

    `sha256` (hexadecimal) is of the file's bytes: it stands for the media in keys and signatures,
    whatever the file is called. `kind` is "image" or "video"; `mime` says how it is encoded.

    A picture with a `change` ("fog-3", see julja.corruptions) lies on no disk: it is made of `file`
    each time that it is opened (julja.pictures), and `sha256` covers both. Its `path` is a name for
    people, and no file, so that nobody reads the unchanged picture by mistake.
    """

    path: str
    sha256: str
    mime: str = "image/png"
    kind: Literal["image", "video"] = "image"
    change: str = ""

    @property
    def file(self) -> str:
        """Where the bytes are that a picture is made of; `path`, where it has no change."""
        return self.path.removesuffix(f"#{self.change}") if self.change else self.path


@dataclass(frozen=True, slots=True)
class Sample:
    """One item of a benchmark: what is asked and what counts as right.

    `target` holds every acceptable answer. `choices` are the options of a multiple-choice item
    and `answer` the indices of the right ones. `cluster` names what samples share (a passage, a
    prompt): standard errors are clustered by it. `fields` keeps what the prompt template, the
    scorer and breakdowns need. An empty `id` is filled as `<split>-<row>`. `labelled` is False
    where the benchmark keeps the answer to itself (a leaderboard's test split): the sample is
    asked, its answer is kept for a submission file, and it has no score. A `confidential` sample's
    texts are sealed on disk (julja.sealed) and left out of exports and reports. `media` are the
    pictures and clips that it shows, in the order of their marks in the prompt.
    """

    id: str
    input: str
    target: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    answer: tuple[int, ...] = ()
    cluster: str | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    labelled: bool = True
    confidential: bool = False
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    `media` are shown where `content` has `MEDIA_MARK`s, one for each in their order.
    """

    role: Role
    content: str
    media: tuple[Media, ...] = ()

    def parts(self) -> list["str | Media"]:
        """Texts and media in the order in which they are shown; empty texts are left out."""
        texts = self.content.split(MEDIA_MARK) if self.media else [self.content]
        found: list[str | Media] = []
        for index, text in enumerate(texts):
            if text:
                found.append(text)
            if index < len(self.media):
                found.append(self.media[index])
        return found


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is shown. A base model gets `text`, a chat model the messages."""

    messages: tuple[Message, ...]

    @property
    def media(self) -> tuple[Media, ...]:
        """All pictures and clips of the prompt."""
        return tuple(item for message in self.messages for item in message.media)

    @property
    def text(self) -> str:
        """The prompt as one string, for completion and likelihood engines."""
        return "\n\n".join(message.content for message in self.messages)


@dataclass(frozen=True, slots=True)
class Decoding:
    """How an answer is sampled. `None` leaves the choice to the server."""

    max_tokens: int = 512
    temperature: float | None = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question to an engine.

    `generate` asks for text; `letter` for the log-probability of each of `choices` (single
    letters) as the next token; `rank` for the log-likelihood of each of `choices` as a
    continuation of the prompt's text. `repeat` is the epoch, 0-based: it is part of the cache
    key, so repeated samples are never the same cached text.

    Of `rank` alone: `contexts`, where given, holds one text for each choice that stands between
    the prompt and that choice (Winogrande puts the option there and ranks the rest of the
    sentence). `unconditional` asks besides for the log-likelihood of each choice after that text
    alone ("" for nothing at all). `rolling` reads the one choice as a whole text, in windows of
    the model's length where it is longer, for perplexities; the prompt is then empty.

    `cut` says what a prompt of `generate` or `letter` loses when it is longer than the window of a
    model that julja itself runs: its beginning, or its middle (half is kept at either end).

    Some kinds are for models that read `inputs` (and the prompt's media), not the prompt's text:

    - `classify`: the log-probability of each of `choices` for `{"text", "text_pair"?}`; of a
      regression the one choice's `loglikelihood` is the predicted value;
    - `span`: the part of `context` that answers `question`, as text ("" where there is none);
    - `tags`: one tag for each of `words`, joined by spaces;
    - `classify` of a prompt with media: the log-probability of each of `choices`, of a picture;
    - `detect`: the objects in a picture, as JSON (`julja.scoring.vision.boxes` has the form);
    - `segment`: the class of every pixel, as JSON of run lengths (`julja.scoring.vision.maps`).
    """

    kind: FormName
    prompt: Prompt
    decoding: Decoding = Decoding()
    choices: tuple[str, ...] = ()
    repeat: int = 0
    contexts: tuple[str, ...] = ()
    unconditional: str | None = None
    rolling: bool = False
    inputs: Mapping[str, Json] = field(default_factory=dict)
    cut: Cut = "left"

    def context(self, index: int) -> str:
        """The whole text before choice `index` of a `rank` request."""
        return self.prompt.text + (self.contexts[index] if self.contexts else "")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request as the engine counts them. `None`: the engine did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ChoiceLikelihood:
    """Log-likelihood (natural log) of one choice; `greedy`: each token was the arg max.

    `loglikelihood` is `-inf` where a server's top list did not hold the letter. `unconditional`
    is the log-likelihood of the same choice after `Request.unconditional`.
    """

    text: str
    loglikelihood: float
    tokens: int | None = None
    greedy: bool | None = None
    unconditional: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What an engine answered. Reasoning is kept apart from the answer's text.

    `cut_tokens` counts the tokens that were cut off the left of the prompt because the model's
    window is too short for it. `earlier` holds the texts of the same conversation's earlier answers
    where a sample has several turns; `text` is the last one. Of many `choices`, `julja.likelihoods`
    has a sequence that is an array inside.
    """

    text: str = ""
    reasoning: str | None = None
    finish: Finish = "unknown"
    choices: Sequence[ChoiceLikelihood] = ()
    usage: Usage = Usage()
    seconds: float | None = None
    attempts: int = 1
    model: str | None = None
    cut_tokens: int = 0
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer says of one response.

    `values` are by metric source name; empty when there is no score. An `unparsed` score carries
    the values that the protocol gives it (wrong, where it is silent). `extracted` is the answer
    that was read, `span` its place in the response text (start, end) for highlighting.
    """

    values: Mapping[str, float]
    state: State = "scored"
    extracted: str | None = None
    span: tuple[int, int] | None = None
    explanation: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


class Pooled(Protocol):
    """What a `Pool` made of a set of samples.

    `remarks` tell the reader what was set aside in it (boxes of unknown classes).
    """

    @property
    def remarks(self) -> Sequence[str]:
        """Plain sentences, each with its count."""
        ...

    def __call__(self, weights: "NDArray[np.float64]") -> Mapping[str, float]:
        """The numbers where sample i counts `weights[i]` times; NaN for one that is undefined.

        By metric's name, and by "metric/class" for those that have one value for each class.
        """
        ...


class Pool(Protocol):
    """Makes the numbers of a whole set out of more than a few values a sample (AP, mIoU).

    It is given the `Score.details["table"]` of every sample, one for each epoch.
    """

    def __call__(self, tables: Sequence[Json]) -> Pooled:
        """The set, ready to be asked for its numbers under many weights."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """How the values of one benchmark become one number.

    `source` is the key in `Score.values` (the metric's own name when None). Epochs of a sample
    are first reduced by `reduce` (mean by default; pass@k needs its own: it returns None when
    there are too few epochs), or by `combine`, which sees all values of all epochs (maj@k votes
    over a value that codes the answer), then averaged with `weight(sample)` (a ratio estimate:
    instruction level accuracy weighs a prompt by its instructions). `low`/`high` are the lowest and
    the highest value, used for bounds. `transform`, a monotone function, turns the average into the
    number that is reported (exp for a perplexity); `low` and `high` are of the values before it.

    A corpus metric (F1, BLEU) is no average over samples: its `aggregate` makes one number out of
    the `columns` of all samples, each an array with one value of `Score.values` for each sample,
    and its interval comes from a bootstrap over samples, or over their clusters. Where
    columns don't do (average precision needs every detection), `pool` makes the number instead, and
    `aggregate` is `by_pool`; metrics with the same pool are computed together.
    """

    name: str
    source: str | None = None
    reduce: Callable[[Sequence[float]], float | None] | None = None
    weight: Callable[[Sample], float] | None = None
    low: float = 0.0
    high: float = 1.0
    higher_is_better: bool = True
    transform: Callable[[float], float] | None = None
    combine: Callable[[Sequence[Mapping[str, float]]], float | None] | None = None
    aggregate: Callable[[Mapping[str, "NDArray[np.float64]"]], float] | None = None
    columns: tuple[str, ...] = ()
    pool: Pool | None = None

    @property
    def key(self) -> str:
        """The key of `Score.values` that this metric reads."""
        return self.source or self.name


def by_pool(columns: Mapping[str, "NDArray[np.float64]"]) -> float:
    """Stands as `Metric.aggregate` of a metric that its `pool` makes: it has no columns."""
    raise NotImplementedError(f"this metric is made by its pool, not of {sorted(columns)}")


class Scorer(Protocol):
    """Turns a response into a score. `name` and `args` go into the signature.

    `blocking` scorers run programs or long computations: the run calls them in worker threads.
    A scorer raises `ScoringError` or `SandboxError` when it cannot do its work: the sample's
    state is then `error`, never a wrong answer.
    """

    @property
    def name(self) -> str:
        """The scorer's registered name."""
        ...

    @property
    def args(self) -> Mapping[str, Json]:
        """The arguments that it was made with, JSON values."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it measures; the first is primary."""
        ...

    @property
    def blocking(self) -> bool:
        """True when a call can take more than a few milliseconds."""
        ...

    def __call__(self, sample: Sample, response: Response) -> Score:
        """Score one response."""
        ...


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """Why a sample has no answer: the error's class and message."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about one sample of one run, as stored and exported.

    `contexts` are those of its request: what stood between the prompt and each ranked choice. The
    texts of a `confidential` record are for the reader's eyes, not for files.
    """

    run: str
    task: str
    sample: str
    epoch: int
    state: State
    prompt: Prompt | None = None
    response: Response | None = None
    score: Score | None = None
    target: tuple[str, ...] = ()
    error: ErrorInfo | None = None
    cached: bool = False
    cost_usd: float | None = None
    signature: str = ""
    fields: Mapping[str, Json] = field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with what makes it checkable.

    `ci` is a 95 % interval by `method` (None where it can't be had), `n` the number of samples it
    rests on, `bounds` the value if all errors and skipped samples were wrong, and all right.
    """

    metric: str
    value: float | None
    stderr: float | None
    ci: tuple[float, float] | None
    n: int
    bounds: tuple[float, float] | None
    method: str = ""
