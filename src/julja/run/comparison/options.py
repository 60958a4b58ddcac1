"""What a comparison may be told."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from julja.errors import ConfigError, did_you_mean

Adjust: TypeAlias = Literal["holm", "bh", "max-t", "none"]
ADJUSTMENTS: tuple[Adjust, ...] = get_args(Adjust)
POWER = 0.8
# Above so many comparisons the error of every single one is controlled as a rate, not as a family.
FEW = 20


@dataclass(frozen=True, slots=True)
class Options:
    """How runs are compared.

    `margin`: differences within it are EQUIVALENT, in units of the metric. `adjust` None chooses by
    the number of comparisons: Holm up to `FEW`, Benjamini-Hochberg above. `tasks` and `metric` pick
    what is compared (all common tasks by their primary metrics). `force` compares what differs in
    version, form, shots, data, judge or samples. `flips` is for how many flipped samples of each
    comparison both answers are read. `unpaired` adds the p-value that an unpaired test would give.
    """

    margin: float | None = None
    adjust: Adjust | None = None
    alpha: float = 0.05
    all_pairs: bool = False
    tasks: tuple[str, ...] = ()
    metric: str | None = None
    force: bool = False
    flips: int = 10
    unpaired: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.margin is not None and not 0 < self.margin < float("inf"):
            raise ConfigError(
                f"--margin {self.margin}: a margin is above 0.",
                hint="It is in units of the metric: 0.02 is two points of accuracy.",
            )
        if not 0 < self.alpha < 0.5:
            raise ConfigError(f"alpha {self.alpha}: a number between 0 and 0.5 is meant.")
        if self.flips < 0:
            raise ConfigError(f"--flips {self.flips}: 0 or more are listed.")
        if self.adjust is not None and self.adjust not in ADJUSTMENTS:
            hint = did_you_mean(self.adjust, ADJUSTMENTS) or f"Use {', '.join(ADJUSTMENTS)}."
            raise ConfigError(f"--adjust {self.adjust}: not a method.", hint=hint)
