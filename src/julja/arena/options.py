"""How battles are rated: the settings of `rate` and of `julja arena rate`."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from julja.arena.style import StyleConstants
from julja.arena.table import METHODS, Method
from julja.errors import ConfigError, did_you_mean
from julja.stats.intervals import LEVEL

IntervalMethod: TypeAlias = Literal["sandwich", "bootstrap"]
BOOTSTRAPS = 1000
# Elo plays every drawn battle one after the other: at most so many in all, but not below 100 draws.
_ELO_PLAYS = 20_000_000
_MANY_MODELS = 400


@dataclass(frozen=True, slots=True)
class RateOptions:
    """How battles are rated; the defaults are the Chatbot Arena's scale without an anchor.

    A rating is `initial` + `scale` / ln(`base`) x log-odds, the mean of all models at `initial`, or
    shifted so that the `anchor` has its rating. `cluster` names what goes together for the errors:
    "prompt", "judge", a field of the battles, "none"; by default prompts, where they repeat.
    `interval` says what intervals are made of: a sandwich, unless `bootstrap` is set (Elo knows the
    bootstrap only). `bootstrap` is the number of resamples; without it 1,000 give the intervals of
    ranks. `strong` is what A>>B counts; `ties` are half a win or
    left out (the models of ties need them); `graded` takes scores instead of verdicts where battles
    have them. With `style` ratings are at equal style, by `constants` where given.
    """

    method: Method = "bt"
    anchor: tuple[str, float] | None = None
    baseline: str | None = None
    interval: IntervalMethod | None = None
    bootstrap: int | None = None
    cluster: str | None = None
    level: float = LEVEL
    scale: float = 400.0
    base: float = 10.0
    initial: float = 1000.0
    k: float = 4.0
    strong: float = 1.0
    ties: Literal["half", "drop"] = "half"
    graded: bool = True
    style: bool = False
    constants: StyleConstants | None = None
    seed: int = 0

    @property
    def factor(self) -> float:
        """Points of rating for one unit of log-odds."""
        return self.scale / math.log(self.base)

    @property
    def how(self) -> IntervalMethod:
        """What the intervals are made of."""
        by_draws = self.method == "elo" or bool(self.bootstrap)
        return self.interval or ("bootstrap" if by_draws else "sandwich")

    def draws(self, battles: int, models: int) -> int:
        """How often so many battles of so many models are drawn anew."""
        if self.bootstrap is not None:
            return self.bootstrap
        if self.method == "elo":
            return max(100, min(BOOTSTRAPS, _ELO_PLAYS // max(battles, 1)))
        # A thousand fits of single battles (style), or of many models, take minutes: without being
        # asked for, ranks then come from normal draws with the sandwich.
        is_slow = self.style or models > _MANY_MODELS
        return 0 if is_slow and self.how == "sandwich" else BOOTSTRAPS

    def check(self) -> None:
        """Raise ConfigError for settings that no rating can be made with."""
        if self.method not in METHODS:
            known = did_you_mean(self.method, METHODS) or f"There are {', '.join(METHODS)}."
            raise ConfigError(f"there is no method {self.method!r}.", hint=known)
        if not 0 < self.level < 1:
            raise ConfigError(f"--level {self.level:g}: a level lies between 0 and 1.")
        for name in ("scale", "k", "strong"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"--{name} {getattr(self, name):g}: must be above 0.")
        if not 1 < self.base < math.inf:
            raise ConfigError(f"--base {self.base:g}: must be above 1.")
        if self.bootstrap is not None and self.bootstrap < 0:
            raise ConfigError(f"--bootstrap {self.bootstrap}: must not be negative.")
        if self.style and self.method != "bt":
            raise ConfigError(
                f"--style works with --method bt, not {self.method}.",
                hint="Style control is Bradley-Terry with covariates; a tie is half a win.",
            )
        if self.ties == "drop" and self.method in ("rao-kupper", "davidson"):
            raise ConfigError(f"--method {self.method} is a model of ties.", hint="--ties half")
        if self.method == "elo" and self.interval == "sandwich":
            raise ConfigError("Elo has no sandwich errors.", hint="--interval bootstrap")
        if self.interval == "bootstrap" and self.bootstrap == 0:
            raise ConfigError("--interval bootstrap needs --bootstrap above 0.")
