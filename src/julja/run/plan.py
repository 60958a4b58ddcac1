"""The shapes of a plan: what a run will do, settled before the first request.

A plan (`julja.run.planning` makes it) is a pure consequence of the configuration, the data and the
engine's abilities: resuming makes the same plan again and asks only for what is missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from julja.config import RunConfig
from julja.tasks.render import make_request, pick_exemplars
from julja.tasks.task import Form, Task
from julja.types import FormName, Message, Prompt, Request, Sample, Scorer


@dataclass(frozen=True, slots=True)
class Leaf:
    """The unit of records: one task, or one subset of it, with its samples in order.

    Exemplars and the samples of a limit are drawn by the name `drawn`, where it isn't the leaf's:
    corrupted pictures are drawn as clean ones are.
    """

    name: str
    subset: str | None
    task: Task
    kind: FormName
    form: Form
    samples: Sequence[Sample]
    pool: Sequence[Sample]
    shots: int
    epochs: int
    seed: int
    source: str
    decode_seed: int | None = None
    drawn: str = ""

    def exemplars(self, sample: Sample) -> tuple[Sample, ...]:
        """The few-shot exemplars of one sample: the same under any limit, order or sharding."""
        if self.task.recipes:
            sample = replace(sample, id=sample.fields["clean_id"])
        return pick_exemplars(
            self.pool,
            sample,
            self.shots,
            task=self.drawn or self.name,
            seed=self.seed,
            pick=self.form.pick or self.task.pick,
        )

    def follow_ups(self, sample: Sample) -> Sequence[str]:
        """What the user says after each answer but the last; nothing where there is one turn."""
        return self.form.turns(sample) if self.form.turns is not None else ()

    def request(self, sample: Sample, epoch: int, earlier: Sequence[str] = ()) -> Request:
        """What is asked for one sample in one epoch, after some earlier answers to it."""
        decoding = self.form.decoding
        if self.form.longest is not None:
            decoding = replace(decoding, max_tokens=self.form.longest(sample))
        if self.form.temperature is not None:
            decoding = replace(decoding, temperature=self.form.temperature(sample))
        if self.decode_seed is not None:
            decoding = replace(decoding, seed=self.decode_seed + epoch)
        request = make_request(
            self.kind, self.form, sample, self.exemplars(sample), decoding, epoch
        )
        if not earlier:
            return request
        messages = list(request.prompt.messages)
        for answer, said in zip(earlier, self.follow_ups(sample), strict=False):
            messages += [Message("assistant", answer), Message("user", said)]
        return replace(request, prompt=Prompt(tuple(messages)))


@dataclass(frozen=True)
class TaskPlan:
    """One task of a run: its leaves, and what could not be had."""

    name: str
    spec: str
    task: Task
    kind: FormName
    form: Form
    leaves: tuple[Leaf, ...]
    missing: tuple[str, ...]
    origins: tuple[str, ...]
    signature: str
    suite: str | None = None
    lacks_exemplars: bool = False

    @property
    def scorer(self) -> Scorer:
        """The scorer of the chosen form."""
        return self.form.scorer


@dataclass(frozen=True, slots=True)
class Absent:
    """A task of a suite whose data are nowhere: the rest of the suite is run without it."""

    suite: str
    task: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """A run, complete."""

    config: RunConfig
    tasks: tuple[TaskPlan, ...]
    signature: str
    absent: tuple[Absent, ...] = ()

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """All leaves by name."""
        return {leaf.name: leaf for task in self.tasks for leaf in task.leaves}

    @property
    def total(self) -> int:
        """The number of records that a whole run has."""
        return sum(len(leaf.samples) * leaf.epochs for leaf in self.leaves.values())

    def items(self) -> Iterator[tuple[Leaf, Sample, int]]:
        """Every (leaf, sample, epoch), samples before epochs so that all are seen once early."""
        for leaf in self.leaves.values():
            for epoch in range(leaf.epochs):
                for sample in leaf.samples:
                    yield leaf, sample, epoch
