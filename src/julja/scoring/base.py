"""`@scorer`: makes a factory of scorers out of a plain function.

    @scorer(metrics="acc")
    def starts_with_yes():
        def score(sample, response):
            return response.text.lower().startswith("yes")
        return score

The inner function returns a `Score`, or a bool or number for the first metric, or None when no
answer could be read (`unparsed`, counted wrong).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeAlias

from julja.types import Json, Metric, Response, Sample, Score, Scorer

Verdict: TypeAlias = Score | bool | float | int | None
ScoreFunction: TypeAlias = Callable[[Sample, Response], Verdict]
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class FunctionScorer:
    """A scorer made from a function; see `scorer`."""

    name: str
    args: Mapping[str, Json]
    metrics: tuple[Metric, ...]
    blocking: bool
    function: ScoreFunction
    ready: Callable[[], object] | None = None

    def __call__(self, sample: Sample, response: Response) -> Score:
        """Score one response, bringing a plain verdict into the shape of a `Score`."""
        verdict = self.function(sample, response)
        if isinstance(verdict, Score):
            return verdict
        key = self.metrics[0].key
        if verdict is None:
            return unparsed(self.metrics)
        return Score({key: float(verdict)}, extracted=response.text.strip() or None)


def unparsed(metrics: Sequence[Metric], explanation: str | None = None) -> Score:
    """The score of a response in which no answer was found: counted at each metric's worst."""
    return Score(
        {metric.key: metric.low if metric.higher_is_better else metric.high for metric in metrics},
        state="unparsed",
        explanation=explanation,
    )


def scorer(
    *,
    metrics: str | Metric | Sequence[str | Metric] = "acc",
    blocking: bool = False,
    name: str | None = None,
    ready: Callable[[], object] | None = None,
) -> Callable[[Callable[P, ScoreFunction]], Callable[P, Scorer]]:
    """Register a factory's name, arguments and metrics, so that a record can say how it was scored.

    `metrics` are names or `Metric`s, the primary one first. `blocking=True` for a scorer that runs
    programs: it is then called in a worker thread. `ready` raises when what the scorer needs (the
    sandbox, a library) is missing: it is called before a run asks its first question.
    """
    listed = [metrics] if isinstance(metrics, str | Metric) else list(metrics)
    made = tuple(m if isinstance(m, Metric) else Metric(m) for m in listed)

    def decorate(factory: Callable[P, ScoreFunction]) -> Callable[P, Scorer]:
        signature = inspect.signature(factory)

        def build(*args: P.args, **kwargs: P.kwargs) -> Scorer:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            label = name or str(getattr(factory, "__name__", "scorer"))
            return FunctionScorer(
                label, dict(bound.arguments), made, blocking, factory(*args, **kwargs), ready
            )

        build.__name__ = str(getattr(factory, "__name__", "scorer"))
        build.__doc__ = factory.__doc__
        build.__signature__ = signature  # type: ignore[attr-defined]
        build.__julja_scorer__ = True  # type: ignore[attr-defined]
        return build

    return decorate
