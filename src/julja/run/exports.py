"""A run as other tools' files: gathers what a writer of `interop/` needs, and calls it.

write_export(store, row, "eee", Path("out"))
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from julja import __version__
from julja.errors import StoreError
from julja.interop.outgoing import Outgoing
from julja.run.definitions import defined_form, definition
from julja.run.execute import show_result
from julja.run.imports import imported_metrics
from julja.run.reports import CONFIDENTIAL, record_json, reproduce
from julja.run.reports import shareable as without_texts
from julja.store.rows import RunRow
from julja.store.sqlite import Store
from julja.types import Decoding, Metric, Record, Sample, Source

if TYPE_CHECKING:
    import polars

# Formats that are folders of files; the others are one file, or stdout.
FOLDERS = ("lm-eval", "inspect", "eee", "hf")


def write_export(
    store: Store,
    row: RunRow,
    to: str,
    target: Path,
    *,
    warn: Callable[[str], None] = lambda text: None,
) -> list[Path]:
    """Write a run below a folder in another tool's format; the paths of the files."""
    if to == "parquet":
        return [write_parquet(store, row, target)]
    outgoing = gather(store, row)
    if to == "lm-eval":
        from julja.interop.lm_eval.write import write_lm_eval

        return write_lm_eval(outgoing, target, warn)
    if to == "inspect":
        from julja.interop.inspect.write import write_inspect

        return write_inspect(outgoing, target)
    if to == "eee":
        from julja.interop.eee.write import write_eee

        return write_eee(outgoing, target)
    if to == "hf":
        from julja.interop.hf import write_eval_results

        return write_eval_results(outgoing, target, warn)
    raise StoreError(f"{to} is no format of files.")


def latex_lines(store: Store, row: RunRow) -> Iterator[str]:
    """A run's result as a LaTeX table."""
    from julja.interop.latex import render_run

    yield render_run(show_result(row, store))


def write_parquet(store: Store, row: RunRow, target: Path) -> Path:
    """Every record as a row of a Parquet file: the jsonl export with the model's name.

    `scores` is a struct with one field for each score, `prompt` and `details` are JSON texts. The
    rows go through a file of JSON lines, so that a run of any length is written in little memory.
    """
    import tempfile

    import orjson
    import polars

    keys = sorted({key for item in store.score_rows(row.id, row.scoring) for key in item.values})
    schema = _parquet_schema(keys)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(suffix=".jsonl", dir=target.parent) as file:
            for record in without_texts(store.records(row.id)):
                line = {"model": row.model, **record_json(record, row.signature)}
                for name in ("prompt", "details"):
                    line[name] = None if line[name] is None else orjson.dumps(line[name]).decode()
                file.write(orjson.dumps(line, default=str) + b"\n")
            file.flush()
            polars.scan_ndjson(file.name, schema=schema).sink_parquet(target)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise StoreError(f"{target} can't be written: {str(error).splitlines()[0]}.") from error
    return target


def _parquet_schema(keys: list[str]) -> "dict[str, polars.DataType]":
    import polars as pl

    text, whole, number = pl.String(), pl.Int64(), pl.Float64()
    choice = {"text": text, "loglikelihood": number, "tokens": whole, "greedy": pl.Boolean()}
    choice |= {"context": text, "unconditional": number}
    usage = {"input_tokens": whole, "output_tokens": whole, "cached": pl.Boolean()}
    usage |= {"cost_usd": number, "seconds": number, "attempts": whole}
    return {
        **dict.fromkeys(("model", "run", "task", "sample"), text),
        "epoch": whole,
        **dict.fromkeys(("state", "prompt", "response", "reasoning", "finish", "extracted"), text),
        "target": pl.List(text),
        # A struct must have a field: of a run without any score it is an empty one.
        "scores": pl.Struct(dict.fromkeys(keys or ["none"], number)),
        "explanation": text,
        "details": text,
        "error": pl.Struct({"kind": text, "message": text}),
        "choices": pl.List(pl.Struct(choice)),
        "usage": pl.Struct(usage),
        "signature": text,
    }


def gather(store: Store, row: RunRow) -> Outgoing:
    """Everything of one run that may go out."""
    result = show_result(row, store)
    names = [part["task"] for part in result["results"]]
    forms = {part["task"]: part["form"] for part in result["results"]}
    metrics: dict[str, Mapping[str, Metric]] = {}
    sources: dict[str, Source] = {}
    for name in names:
        if "imported" in row.config:
            metrics[name] = {m.key: m.metric for m in imported_metrics(row, name)}
        elif (form := defined_form(row, name, forms[name])) is not None:
            metrics[name] = {metric.name: metric for metric in form.scorer.metrics}
        found = definition(row, name)
        if found is not None and isinstance(found.task.rows, Source):
            sources[name] = found.task.rows
    return Outgoing(
        version=__version__,
        run=row.id,
        model=row.model,
        created=row.created,
        finished=row.finished or row.created,
        result=result,
        command=reproduce(dict(row.config)),
        metrics=metrics,
        sources=sources,
        decoding=_decoding(store, row, names),
        records=lambda: records_with_samples(store, row),
        settings=row.config["config"],
        imported=row.config.get("imported"),
    )


def _decoding(store: Store, row: RunRow, names: list[str]) -> dict[str, Decoding]:
    """How each task's first answer was sampled."""
    found: dict[str, Decoding] = {}
    for outcome in store.outcomes(row.id):
        task = next(
            (n for n in names if outcome.task == n or outcome.task.startswith(f"{n}/")), None
        )
        if task is None or task in found or outcome.key is None:
            continue
        exchange = store.exchange(outcome.key)
        if exchange is not None:
            found[task] = exchange[0].decoding
        if len(found) == len(names):
            break
    return found


def records_with_samples(
    store: Store, row: RunRow, *, shareable: bool = True
) -> Iterator[tuple[Record, Sample | None]]:
    """Every record with its sample; of `shareable` ones, confidential texts are left out of both.

    Who writes no file (a scorer) may have them.
    """
    sources: dict[str, str] = {}
    for outcome in store.outcomes(row.id):
        sources.setdefault(outcome.task, outcome.source)
    records = store.records(row.id)
    for record in without_texts(records) if shareable else records:
        sample = store.sample(sources[record.task], record.sample)
        if shareable and sample is not None and sample.confidential:
            sample = replace(
                sample,
                input=CONFIDENTIAL,
                target=(CONFIDENTIAL,),
                choices=tuple(f"choice {i}" for i, _ in enumerate(sample.choices)),
                fields={},
            )
        yield record, sample
