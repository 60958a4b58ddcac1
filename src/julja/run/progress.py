"""How far a stage that asks many questions is; the progress line reads it."""

import time
from collections import Counter
from dataclasses import dataclass, field

from julja.types import State


@dataclass(slots=True)
class Progress:
    """How far a stage is, and what it has used."""

    total: int = 0
    done: int = 0
    resumed: int = 0
    cached: int = 0
    states: Counter[State] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    retries: int = 0
    in_flight: int = 0
    limit: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, tokens_in: int | None, tokens_out: int | None, cost: float | None) -> None:
        """Add tokens and dollars, as far as they are known."""
        self.input_tokens += tokens_in or 0
        self.output_tokens += tokens_out or 0
        if cost is not None:
            self.cost_usd = (self.cost_usd or 0.0) + cost
