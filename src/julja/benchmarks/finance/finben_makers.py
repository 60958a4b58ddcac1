"""What FinBen's tasks are made of: FLARE's layout, a maker for each kind of answer.

The tasks themselves, and what they are taken from, are in julja.benchmarks.finance.finben.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from julja.benchmarks.finance import flare
from julja.benchmarks.finance.finben_labels import label_errors
from julja.benchmarks.finance.flare import json_row
from julja.benchmarks.finance.flare_tags import written_tags
from julja.errors import ConfigError
from julja.scoring.bertscore import BertScore
from julja.scoring.choice import ranked
from julja.scoring.classes import class_metrics
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, FormName, Json, Row, Sample, Scorer, Source

F1 = {"f1": "f1_weighted", "macro_f1": "f1_macro_right", "acc": "acc", "missing": "missing"}
OPEN = "as the source (public)"
Maker = Callable[..., Task]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a task adds to the layout; `name` is its own below finben_, and its folder's."""

    name: str
    hub: str
    title: str
    licence: str
    sample: Callable[[Row], Sample]
    forms: Mapping[FormName, Form]
    checks: Sequence[Check]
    rows: int | None = None
    notes: str = ""
    adapt: Callable[[Sequence[Row]], Sequence[Row]] | None = None
    abilities: tuple[str, ...] = ("finance", "classification")
    version: int = 1
    revision: str | None = None
    guess: float | None = None


def _maker(member: Member) -> Maker:
    def make() -> Task:
        return Task(
            name=f"finben_{member.name}",
            version=member.version,
            mirror="finben",
            rows=_source(member, "test"),
            exemplars=_source(member, "train"),
            sample=member.sample,
            forms=member.forms,
            card=_card(member),
            checks=tuple(member.checks),
        )

    make.__doc__ = member.title
    return _published(make, f"finben_{member.name}")


def _published(make: Maker, name: str) -> Maker:
    """A task of the catalogue's file, where it is looked for."""
    make.__name__ = name
    make.__module__ = __name__.removesuffix("_makers")
    return task(make)


def _source(member: Member, split: str) -> Source:
    files = (f"{member.name}/{split}.jsonl", f"{member.name}/{split}*.parquet")
    return Source(
        split=split,
        hub=f"TheFinAI/{member.hub}",
        config="default",
        revision=member.revision,
        files=(*files, f"{member.name}/data/{split}-*.parquet"),
        adapt=member.adapt,
        adapt_hub=member.adapt,
    )


def _card(member: Member) -> Card:
    first = next(iter(member.forms.values())).scorer.metrics[0].name
    return Card(
        title=f"FinBen: {member.title}",
        summary=f"{member.title}, asked and scored as PIXIU does.",
        abilities=member.abilities,
        paper="https://arxiv.org/abs/2402.12659",
        licence=member.licence,
        official_scorer="The-FinAI/PIXIU: src/tasks/flare.py",
        random_baseline=0.0 if first == "mcc" else member.guess,
        saturation="Not saturated; stock movement and credit scoring stay near chance.",
        label_errors=label_errors(member.name),
        contamination="Public, in PIXIU's own instruction data (FIT) and others for finance.",
        notes="The query is the whole prompt. missing is the share of answers that can't be read. "
        f"Some sets of the hub ask for a form to be filled in first. {member.notes}".strip(),
        rows=member.rows,
    )


def _written(scorer: Scorer, max_tokens: int = 256) -> Form:
    return Form(
        prompt="{{ input }}",
        answer=" {{ target[0] }}",
        decoding=Decoding(max_tokens=max_tokens),
        scorer=scorer,
    )


def choices(
    name: str,
    hub: str,
    title: str,
    licence: str,
    *,
    rows: int | None = None,
    labels: tuple[str, ...] = ("first", "second"),
    metrics: Mapping[str, str] = F1,
    words: Mapping[str, Sequence[str]] | None = None,
    default: str = "",
    notes: str = "",
) -> Maker:
    """A classification: the first choice that stands in the answer."""
    scorer = class_metrics(flare.contained(words=words, default=default), metrics)
    likely = {key: kind for key, kind in metrics.items() if kind != "missing"}
    ranks = Form(
        prompt="{{ input }}",
        answer=" {{ target[0] }}",
        scorer=class_metrics(ranked("acc"), likely),
    )
    row = json_row(query="Which is it?\nAnswer:", choices=list(labels), gold=0, answer=labels[0])
    low = (-3.0,) * (len(labels) - 1)
    checks = (
        Check(row, f"It is {labels[0]}.", 1.0),
        Check(row, f"{labels[1]}", 0.0),
        Check(row, "", 1.0, "rank", (-1.0, *low)),
        Check(row, "", 0.0, "rank", (-4.0, *low)),
    )
    more = "The official form is generate; rank compares the choices' likelihoods. "
    first = next(iter(metrics))
    if first == "f1":
        more += "What guessing gets in weighted F1 depends on the classes' shares. "
    return _maker(
        Member(
            name=name,
            hub=hub,
            title=title,
            licence=licence,
            sample=flare.choice_sample,
            forms={"generate": _written(scorer), "rank": ranks},
            checks=checks,
            rows=rows,
            notes=more + notes,
            version=2,
            guess=1 / len(labels) if first == "acc" else None,
        )
    )


def tags(
    name: str,
    hub: str,
    title: str,
    licence: str,
    types: Sequence[str],
    rows: int | None = None,
    *,
    notes: str = "",
    version: int = 1,
) -> Maker:
    """A sequence labelling: a line "word:tag" for each word."""
    known = ("O", *(f"{prefix}-{kind}" for kind in types for prefix in "BI")) if types else ()
    kind = types[0] if types else "Revenue"
    words = ["Orrin", "grew"]
    answer = f"Orrin:B-{kind}\ngrew:O"
    row = json_row(query="Tag it.", answer=answer, token=words, label=[f"B-{kind}", "O"])
    return _maker(
        Member(
            name=name,
            hub=hub,
            title=title,
            licence=licence,
            sample=flare.tags_sample,
            forms={"generate": _written(written_tags(known), 1024)},
            checks=(Check(row, answer, 1.0), Check(row, "Orrin:O\ngrew:O", 0.0)),
            abilities=("finance", "extraction"),
            rows=rows,
            notes=notes,
            version=version,
        )
    )


def texts(
    name: str,
    hub: str,
    title: str,
    licence: str,
    sample: Callable[[Row], Sample],
    scorer: Scorer,
    row: Row,
    good: str,
    bad: str,
    *,
    rows: int | None = None,
    notes: str = "",
    adapt: Callable[[Sequence[Row]], Sequence[Row]] | None = None,
    abilities: tuple[str, ...] = ("finance", "reasoning"),
    version: int = 1,
    revision: str | None = None,
) -> Maker:
    """A task with an answer of its own kind."""
    return _maker(
        Member(
            name=name,
            hub=hub,
            title=title,
            licence=licence,
            sample=sample,
            forms={"generate": _written(scorer, 1024)},
            checks=(Check(row, good, 1.0), Check(row, bad, 0.0)),
            rows=rows,
            notes=notes,
            adapt=adapt,
            abilities=abilities,
            version=version,
            revision=revision,
        )
    )


def summaries(
    name: str,
    hub: str,
    title: str,
    sample: Callable[[Row], Sample],
    scored: Callable[[BertScore | None], Scorer],
    row: Row,
    good: str,
    bad: str,
    *,
    rows: int,
    notes: str,
) -> Maker:
    """A summary, which BERTScore can look at too."""
    more = (
        "PIXIU prints BERTScore and BARTScore beside ROUGE. bertscore=bert-base-multilingual-cased "
        "adds the first as PIXIU has it, where bert-score is installed (another model: "
        "bertscore=FOLDER#LAYER; rescale=true takes the library's baseline off). BARTScore is not "
        "here: its checkpoint and code are kept as no package. "
    )
    plain = texts(
        name,
        hub,
        title,
        OPEN,
        sample,
        scored(None),
        row,
        good,
        bad,
        rows=rows,
        notes=more + notes,
        abilities=("finance", "summarisation"),
    )

    def make(bertscore: str = "", rescale: bool = False) -> Task:
        if not bertscore and rescale:
            raise ConfigError(
                "rescale=true is about BERTScore, and no model of it is named.",
                hint="bertscore=bert-base-multilingual-cased,rescale=true",
            )
        if not bertscore:
            return plain()
        form = _written(scored(BertScore(bertscore, rescale)), 1024)
        params: dict[str, Json] = {"bertscore": bertscore, "rescale": rescale}
        return replace(plain(), forms={"generate": form}, params=params)

    make.__doc__ = f"{title}; `bertscore` names the model of a BERTScore."
    return _published(make, f"finben_{name}")
