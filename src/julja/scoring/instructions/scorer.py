"""The scorer of verifiable instructions: four numbers from the verdicts on one response.

Prompt level: all instructions of a prompt are kept. Instruction level: the share of all
instructions of all prompts, a ratio estimate that weighs a prompt by how many it has. Strict: the
response as it is. Loose: any of its 8 readings (`loose_variants`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from julja.errors import ScoringError
from julja.scoring.base import scorer
from julja.scoring.instructions.registry import check, loose_variants
from julja.types import Json, Metric, Response, Sample, Score


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one instruction fared; `seen` says what was found in the response as it is."""

    instruction: str
    strict: bool
    loose: bool
    seen: str


def count_instructions(sample: Sample) -> float:
    """The weight of a sample at instruction level."""
    return float(len(sample.fields.get("instruction_id_list") or ()))


METRICS = (
    Metric("prompt_level_strict_acc"),
    Metric("inst_level_strict_acc", weight=count_instructions),
    Metric("prompt_level_loose_acc"),
    Metric("inst_level_loose_acc", weight=count_instructions),
)


@scorer(metrics=METRICS, blocking=True)
def verifiable_instructions() -> Callable[[Sample, Response], Score]:
    """Check the instructions in a sample's fields `instruction_id_list` and `kwargs`."""

    def score(sample: Sample, response: Response) -> Score:
        verdicts = [judge(name, values, response.text) for name, values in _instructions(sample)]
        strict = [verdict.strict for verdict in verdicts]
        loose = [verdict.loose for verdict in verdicts]
        return Score(
            {
                "prompt_level_strict_acc": float(all(strict)),
                "inst_level_strict_acc": sum(strict) / len(strict),
                "prompt_level_loose_acc": float(all(loose)),
                "inst_level_loose_acc": sum(loose) / len(loose),
            },
            explanation=_explain(verdicts),
            details={"instructions": [asdict(verdict) for verdict in verdicts]},
        )

    return score


def judge(instruction: str, values: Mapping[str, Json], text: str) -> Verdict:
    """Hold a response against one instruction, as it is and loosely."""
    finding = check(instruction, values, text)
    loose = finding.followed or any(
        check(instruction, values, reading).followed for reading in loose_variants(text)[1:]
    )
    return Verdict(instruction, finding.followed, loose, finding.seen)


def _instructions(sample: Sample) -> Iterator[tuple[str, Mapping[str, Json]]]:
    names = sample.fields.get("instruction_id_list") or ()
    values = sample.fields.get("kwargs")
    if values is None:
        values = [{} for _ in names]
    if not names or len(names) != len(values):
        raise ScoringError(
            f"sample {sample.id!r} has {len(names)} instructions and {len(values)} kwargs",
            hint="Give at least one instruction, and one kwargs object for each.",
        )
    for name, arguments in zip(names, values, strict=True):
        yield str(name), arguments or {}


def _explain(verdicts: list[Verdict]) -> str:
    failed = [
        f"{verdict.instruction}{' (kept loosely)' if verdict.loose else ''}: {verdict.seen}"
        for verdict in verdicts
        if not verdict.strict
    ]
    if not failed:
        return f"all {len(verdicts)} instructions kept"
    return f"not kept {len(failed)} of {len(verdicts)}: " + "; ".join(failed)
