"""Scorers of multiple-choice answers that are likelihoods, not text.

    rank        ranked("acc" | "acc_norm")   the likeliest whole continuation, and more
    letter      letters()                    the likeliest letter as the next token
    rank        truthful()                   TruthfulQA's MC1 and MC2
    generate    julja.scoring.match.choice_letter, which reads the response's text

`Response.choices` are in the order of the sample's choices. Of equal values the first wins.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from julja.errors import ConfigError, ScoringError
from julja.scoring.base import FunctionScorer, ScoreFunction, scorer, unparsed
from julja.types import ChoiceLikelihood, Metric, Response, Sample, Score, Scorer

_ACC = (Metric("acc"),)
_TRUTHFUL = (Metric("mc1"), Metric("mc2"))
_RANKED = ("acc", "acc_norm", "acc_bytes")
_MORE: Mapping[str, Metric] = {
    "acc_mutual_info": Metric("acc_mutual_info"),
    "exact_match": Metric("exact_match"),
    "brier_score": Metric("brier_score", high=2.0, higher_is_better=False),
}
_SILENT = "The model gave no likelihood for any of the choices."


def ranked(primary: Literal["acc", "acc_norm"] = "acc", also: Sequence[str] = ()) -> Scorer:
    """The choice of the highest log-likelihood is a right one, in three normalisations.

    `acc` compares totals, `acc_norm` totals per character and `acc_bytes` per UTF-8 byte of the
    choice's text without the space that delimits it from the prompt (as lm-evaluation-harness
    does). `primary` is the metric that is named first. `also` adds, as that harness defines them:

    - `acc_mutual_info`: totals less the log-likelihood of the same choice after
      `Form.unconditional`;
    - `exact_match`: a right choice is what the model would write (every token the arg max);
    - `brier_score`: the sum over choices of (share of the probability - 1 if right)^2, 0 to 2.
    """
    unknown = [name for name in also if name not in _MORE]
    if unknown:
        raise ConfigError(
            f"ranked has no metric {unknown[0]!r}.", hint=f"It knows {', '.join(_MORE)}."
        )
    names = (primary, *(name for name in _RANKED if name != primary))
    metrics = (*(Metric(name) for name in names), *(_MORE[name] for name in also))
    args = {"primary": primary, **({"also": list(also)} if also else {})}
    return FunctionScorer("ranked", args, metrics, False, _rank_by(metrics))


def _rank_by(metrics: Sequence[Metric]) -> ScoreFunction:
    more = {metric.name for metric in metrics} & _MORE.keys()

    def score(sample: Sample, response: Response) -> Score:
        choices = _choices(sample, response)
        if not choices:
            return unparsed(metrics, _SILENT)
        texts = [_undelimited(choice, sample.choices[i]) for i, choice in enumerate(choices)]
        totals = [choice.loglikelihood for choice in choices]
        best = {
            "acc": _argmax(totals),
            "acc_norm": _argmax([_per(t, len(s)) for t, s in zip(totals, texts, strict=True)]),
            "acc_bytes": _argmax(
                [_per(t, len(s.encode())) for t, s in zip(totals, texts, strict=True)]
            ),
        }
        if "acc_mutual_info" in more:
            best["acc_mutual_info"] = _argmax(_mutual_information(sample, choices))
        values = {name: float(place in sample.answer) for name, place in best.items()}
        if "exact_match" in more:
            values["exact_match"] = _is_greedy(sample, choices)
        if "brier_score" in more:
            values["brier_score"] = _brier(sample, totals)
        shown = sample.choices if len(set(texts)) == 1 else texts
        return Score(values, extracted=shown[best[metrics[0].name]])

    return score


def _mutual_information(sample: Sample, choices: Sequence[ChoiceLikelihood]) -> list[float]:
    """log p(choice | prompt) - log p(choice): how much the prompt tells of each choice."""
    gains = []
    for choice in choices:
        if choice.unconditional is None:
            raise ScoringError(
                f"sample {sample.id!r}: {choice.text!r} has no unconditional log-likelihood.",
                hint="acc_mutual_info needs Form.unconditional, and an engine that can answer it.",
            )
        gains.append(choice.loglikelihood - choice.unconditional)
    return gains


def _is_greedy(sample: Sample, choices: Sequence[ChoiceLikelihood]) -> float:
    flags = [choices[index].greedy for index in sample.answer]
    if None in flags:
        raise ScoringError(
            f"sample {sample.id!r}: the engine doesn't say whether a choice is greedy.",
            hint="exact_match needs the arg max of each token.",
        )
    return float(any(flags))


def _brier(sample: Sample, totals: Sequence[float]) -> float:
    shares = _normalised(totals)
    right = sample.answer[0]
    return math.fsum((share - (i == right)) ** 2 for i, share in enumerate(shares))


@scorer(metrics=_ACC)
def letters() -> ScoreFunction:
    """The letter of the highest log-probability is a right one.

    A letter that a server's list of top tokens lacks counts as -inf; a response with none of the
    letters is unparsed. `details["probabilities"]` are normalised over the letters.
    """

    def score(sample: Sample, response: Response) -> Score:
        choices = _choices(sample, response)
        if not choices:
            return unparsed(_ACC, _SILENT)
        values = [choice.loglikelihood for choice in choices]
        names = [choice.text.strip() for choice in choices]
        best = _argmax(values)
        shares = dict(zip(names, _normalised(values), strict=True))
        return Score(
            {"acc": float(best in sample.answer)},
            extracted=names[best],
            details={"probabilities": shares},
        )

    return score


@scorer(metrics=_TRUTHFUL)
def truthful() -> ScoreFunction:
    """TruthfulQA's two numbers from the total log-likelihoods of its answers.

    mc1: the best true answer is strictly likelier than every false one, among the choices whose
    indices are `fields["mc1"]` (all of them without that field). mc2: the true answers' share of
    the probability, sum over the true of exp(ll) / sum over all of exp(ll).
    """

    def score(sample: Sample, response: Response) -> Score:
        choices = _choices(sample, response)
        if not choices:
            return unparsed(_TRUTHFUL, _SILENT)
        values = [choice.loglikelihood for choice in choices]
        asked = sample.fields.get("mc1", range(len(values)))
        true = max((values[i] for i in asked if i in sample.answer), default=-math.inf)
        false = max((values[i] for i in asked if i not in sample.answer), default=-math.inf)
        shares = _normalised(values)
        return Score(
            {
                "mc1": float(true > false),
                "mc2": min(1.0, math.fsum(shares[i] for i in sample.answer)),
            },
            extracted=sample.choices[max(asked, key=values.__getitem__)],
        )

    return score


def _choices(sample: Sample, response: Response) -> tuple[ChoiceLikelihood, ...]:
    """The likelihoods, checked against the sample; none when the model gave no finite one."""
    if not sample.choices or (sample.labelled and not sample.answer):
        raise ScoringError(
            f"sample {sample.id!r} has no choices or no right one.",
            hint="A benchmark with a rank or letter form must fill Sample.choices and .answer.",
        )
    given = tuple(response.choices)
    if given and len(given) != len(sample.choices):
        raise ScoringError(
            f"sample {sample.id!r} has {len(sample.choices)} choices, the response gives"
            f" likelihoods for {len(given)}.",
            hint="Were the responses recorded for another version of this benchmark?",
        )
    for choice in given:
        if math.isnan(choice.loglikelihood) or choice.loglikelihood == math.inf:
            raise ScoringError(
                f"sample {sample.id!r}: the log-likelihood of {choice.text!r} is"
                f" {choice.loglikelihood}.",
                hint="A log-likelihood is a finite number, or -inf.",
            )
    return () if all(choice.loglikelihood == -math.inf for choice in given) else given


def _undelimited(choice: ChoiceLikelihood, text: str) -> str:
    # A choice may itself begin with a space: only the delimiter is taken away.
    return text if choice.text in (text, f" {text}") else choice.text.removeprefix(" ")


def _per(total: float, length: int) -> float:
    return total / length if length else total


def _argmax(values: Sequence[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def _normalised(values: Sequence[float]) -> list[float]:
    high = max(values)
    weights = [math.exp(value - high) for value in values]
    total = math.fsum(weights)
    return [weight / total for weight in weights]
