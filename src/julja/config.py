"""One run's configuration: what the flags, the environment and a file add up to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from julja.errors import ConfigError, did_you_mean
from julja.types import FormName, Json

DEFAULT_STORE = "julja.db"
# How the energy of a run comes about; None measures where that is cheap, else estimates.
ENERGY = ("measured", "estimated", "open-llm", "none")
LEAST = (("limit", 1), ("epochs", 1), ("max_tokens", 1), ("shots", 0), ("judge_repeats", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything that a run depends on, and enough to resume it.

    `None` leaves the choice to the benchmark (shots, max_tokens, temperature), the engine
    (max_connections) or nobody (limits and budgets).
    """

    tasks: tuple[str, ...]
    model: str
    limit: int | None = None
    shots: int | None = None
    epochs: int | None = None
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    form: FormName | None = None
    data: str | None = None
    max_connections: int | None = None
    base_url: str | None = None
    api: str | None = None
    model_args: Mapping[str, Json] = field(default_factory=dict)
    no_cache: bool = False
    max_retries: int = 8
    max_errors: float = 0.01
    max_cost: float | None = None
    max_tokens_total: int | None = None
    timeout_s: float = 600.0
    run_timeout_s: float | None = None
    prices: str | None = None
    unsafe_local: bool = False
    trust: bool = False
    judges: tuple[str, ...] = ()
    judge_args: Mapping[str, Json] = field(default_factory=dict)
    judge_base_url: str | None = None
    judge_repeats: int | None = None
    rubric: str | None = None
    energy: str | None = None
    grid_intensity: str | None = None
    pue: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that can't be meant."""
        for name, least in LEAST:
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"--{name.replace('_', '-')} {value}: must be at least {least}.")
        if self.max_connections is not None and self.max_connections < 1:
            raise ConfigError(f"--max-connections {self.max_connections}: must be at least 1.")
        if not 0 <= self.max_errors <= 1:
            raise ConfigError(
                f"--max-errors {self.max_errors}: must lie between 0 and 1 (0.01 is 1 %)."
            )
        if self.temperature is not None and self.temperature < 0:
            raise ConfigError(f"--temperature {self.temperature}: must not be negative.")
        if self.energy is not None and self.energy not in ENERGY:
            raise ConfigError(
                f"--energy {self.energy}: there is no such method.",
                hint=did_you_mean(self.energy, ENERGY) or f"There are {', '.join(ENERGY)}.",
            )
        if self.pue is not None and not 1 <= self.pue < 10:
            raise ConfigError(f"--pue {self.pue:g}: a data centre uses 1 to 10 times its servers.")
        for name in ("judge_args", "judge_base_url", "judge_repeats", "rubric"):
            if getattr(self, name) and not self.judges:
                flag = {"judge_args": "-J"}.get(name, f"--{name.replace('_', '-')}")
                raise ConfigError(f"{flag} needs a judge.", hint="Name one with --judge MODEL.")
        if len(set(self.judges)) < len(self.judges):
            raise ConfigError(
                "a judge was named twice.",
                hint="--judge-repeats N asks each judge N times.",
            )

    @property
    def mirror(self) -> Path | None:
        """The mirror folder, checked."""
        if self.data is None:
            return None
        folder = Path(self.data).expanduser()
        if not folder.is_dir():
            raise ConfigError(f"--data {self.data}: there is no such folder.")
        return folder

    def to_json(self) -> dict[str, Json]:
        """As JSON values, for the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> "RunConfig":
        """The inverse of `to_json`; fields that this version doesn't know are an error."""
        known = {item.name for item in fields(cls)}
        for name in data:
            if name not in known:
                raise ConfigError(f"{name!r} is no setting.", hint=did_you_mean(name, known))
        values = dict(data)
        values["tasks"] = tuple(values["tasks"])
        values["judges"] = tuple(values.get("judges", ()))
        return cls(**values)


def load_config_file(path: Path) -> dict[str, Json]:
    """Read a TOML or YAML file of settings, named as the flags are (dashes or underscores)."""
    text = _read(path)
    try:
        if path.suffix == ".toml":
            import tomllib

            data: Json = tomllib.loads(text)
        else:
            import yaml

            data = yaml.safe_load(text)
    except Exception as error:
        raise ConfigError(f"{path} can't be read: {error}.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold key = value settings.")
    return {str(key).replace("-", "_"): value for key, value in data.items()}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
