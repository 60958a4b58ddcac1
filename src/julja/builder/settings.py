"""What a build depends on: every threshold, with the value of the paper as its default.

Paper: Li et al. 2024, "From Crowdsourced Data to High-Quality Benchmarks: Arena-Hard and
BenchBuilder Pipeline" (arXiv:2406.11939). Where its text and its published code differ, the text
holds and `docs/builder.md` names both.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias, get_args

from julja.errors import ConfigError, did_you_mean
from julja.types import Json

PiiAction: TypeAlias = Literal["drop", "mask", "keep"]
Turns: TypeAlias = Literal["single", "first"]
Method: TypeAlias = Literal["hdbscan", "kmeans"]
Outliers: TypeAlias = Literal["reduce", "drop"]
Asking: TypeAlias = Literal["list", "each"]
PII_KINDS = (
    *("email", "phone", "credit_card", "iban", "ip", "us_ssn", "kr_rrn", "api_key"),
    "address_heuristic",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig:
    """All settings that can change a built benchmark.

    `min_length` is exclusive and `max_length` inclusive, both in characters. `near` is the
    Jaccard similarity of character 5-grams from which two prompts count as the same one; 1
    switches that off. `min_prompt_score` and the like count fulfilled criteria, 0 to 7. `cheap`
    thresholds are those of a first pass by a cheaper scorer (the paper's stage with
    GPT-3.5-Turbo); they have a meaning only where `cheap_scorer` is named. With `criteria` "each" a
    scorer is asked for one criterion at a time, not for a list of them. Models are named as
    everywhere (`provider/name`); `embed` is `hashed`, `hf/NAME` or `openai/NAME`.
    """

    sources: tuple[str, ...]
    name: str
    column: str | None = None
    keep_fields: tuple[str, ...] = ()
    language: str = "en"
    turns: Turns = "single"
    min_length: int = 32
    max_length: int = 10_000
    keep_flagged: bool = False
    limit: int | None = None
    near: float = 0.7
    pii: PiiAction = "drop"
    allow_pii: tuple[str, ...] = ()
    embed: str = "hashed"
    embed_tokens: int = 256
    dimensions: int = 512
    method: Method = "kmeans"
    min_topic_size: int = 8
    topics: int | None = None
    outliers: Outliers = "reduce"
    scorer: str | None = None
    min_prompt_score: int = 6
    min_cluster_score: float = 6.0
    cheap_scorer: str | None = None
    cheap_prompt_score: int = 5
    cheap_cluster_score: float = 3.0
    scorer_tokens: int = 32
    criteria: Asking = "list"
    quality: bool = True
    namer: str | None = None
    name_docs: int = 50
    name_chars: int = 2_000
    screen: str | None = None
    clusters: int = 250
    per_cluster: int = 2
    seed: int = 0
    answer_tokens: int = 4_096
    licence: str = ""

    def __post_init__(self) -> None:
        """Refuse what can't be meant."""
        self._check_choices()
        least = {"clusters": 1, "per_cluster": 1, "min_topic_size": 2, "min_length": 0}
        least |= {"dimensions": 16, "scorer_tokens": 1, "name_docs": 1, "name_chars": 20}
        least |= {"limit": 1, "topics": 1, "embed_tokens": 8, "answer_tokens": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise ConfigError(f"{flag(name)} {value}: must be at least {low}.")
        if self.max_length <= self.min_length:
            raise ConfigError(
                f"--max-length {self.max_length} leaves nothing: --min-length is"
                f" {self.min_length}, and a prompt must be longer than that."
            )
        for name in ("min_prompt_score", "min_cluster_score", "cheap_prompt_score"):
            if not 0 <= getattr(self, name) <= 7:
                raise ConfigError(f"{flag(name)} {getattr(self, name)}: scores run from 0 to 7.")
        if not 0 <= self.cheap_cluster_score <= 7:
            raise ConfigError(f"{flag('cheap_cluster_score')}: scores run from 0 to 7.")
        if not 0.3 <= self.near <= 1:
            raise ConfigError(
                f"--near {self.near}: must lie between 0.3 and 1 (1: exact duplicates only)."
            )
        if self.cheap_scorer and not self.scorer:
            raise ConfigError(
                "--cheap-scorer is the first of two passes, and the other has no --scorer.",
                hint="With one scorer alone: --scorer MODEL, with thresholds of its own.",
            )
        if self.scorer and not self.quality:
            raise ConfigError("--no-quality and --scorer contradict each other.")

    def _check_choices(self) -> None:
        choices = {"pii": PiiAction, "turns": Turns, "method": Method, "outliers": Outliers}
        choices["criteria"] = Asking
        for name, kind in choices.items():
            value, known = getattr(self, name), get_args(kind)
            if value not in known:
                hint = did_you_mean(value, known) or f"Choose of {', '.join(known)}."
                raise ConfigError(f"{flag(name)} {value} is unknown.", hint=hint)
        for kind_ in self.allow_pii:
            if kind_ not in PII_KINDS:
                hint = did_you_mean(kind_, PII_KINDS) or f"There are {', '.join(PII_KINDS)}."
                raise ConfigError(f"--allow-pii {kind_}: there is no such kind.", hint=hint)

    def to_json(self) -> Mapping[str, Json]:
        """As JSON values, for provenance and signature."""
        return asdict(self)


# Settings whose flag is not simply their name.
_FLAGS: Mapping[str, str] = {
    "min_prompt_score": "--prompt-score",
    "min_cluster_score": "--cluster-score",
    "keep_fields": "--keep",
    "method": "--cluster",
}


def flag(name: str) -> str:
    """The command line's spelling of a setting.

    >>> flag("min_topic_size")
    '--min-topic-size'
    """
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskConfig:
    """How engines are asked; nothing here can change an answer, except the server's address."""

    base_url: str | None = None
    embed_base_url: str | None = None
    model_args: Mapping[str, Json] = field(default_factory=dict)
    max_connections: int | None = None
    max_retries: int = 8
    timeout_s: float = 600.0
    max_cost: float | None = None
    max_errors: float = 0.01
    prices: str | None = None
    no_cache: bool = False
