"""`julja judge calibrate FILE…`: how far can this judge be believed?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from julja.cli.common import json_option, open_store, print_json, say, store_option
from julja.errors import ConfigError

if TYPE_CHECKING:
    from julja.audit.judge import Calibration, Options
    from julja.audit.judges.kinds import Raw
    from julja.audit.judges.sheet import Sheet

LEVELS = ("nominal", "ordinal", "interval", "ratio")


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|RUN…")
@click.option("--human", multiple=True, metavar="FILE", help="Human labels of the same items.")
@click.option(
    "--column",
    "-c",
    "columns",
    multiple=True,
    metavar="ROLE=COLUMN",
    help="Which column is what: item, judge, human, score, rater, model, first, ….",
)
@click.option(
    "--people",
    multiple=True,
    metavar="PATTERN",
    help="Raters who are people, where a row is one rating (human*, expert*, …).",
)
@click.option(
    "--family",
    multiple=True,
    metavar="[JUDGE=]PATTERN",
    help="Models of the judge's own family: 'gpt-4*=gpt-*'.",
)
@click.option("--level", type=click.Choice(LEVELS), help="Scale of alpha and kappa.")
@click.option("--pass", "threshold", type=float, help="Scores from here on count as passed.")
@click.option("--positive", metavar="LABEL", help="The label that counts as 1, all others as 0.")
@click.option("--judge-scale", metavar="LOW:HIGH", help="The ends of the judge's scale.")
@click.option("--human-scale", metavar="LOW:HIGH", help="The ends of the people's scale.")
@click.option("--a-first", is_flag=True, help="Answer A was shown first in every row.")
@click.option("--out", type=click.Path(), help="Write each item's recalibrated score (jsonl).")
@click.option("--bootstrap", type=int, default=2000, show_default=True, help="Resamples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all resampling.")
@store_option
@json_option
def calibrate(
    files: tuple[str, ...],
    human: tuple[str, ...],
    columns: tuple[str, ...],
    people: tuple[str, ...],
    family: tuple[str, ...],
    level: str | None,
    threshold: float | None,
    positive: str | None,
    judge_scale: str | None,
    human_scale: str | None,
    a_first: bool,
    out: str | None,
    bootstrap: int,
    seed: int,
    store: str | None,
    as_json: bool,
) -> None:
    """Hold a judge against human labels: agreement, biases, and what its scores are worth.

    FILE is a table (csv, jsonl, parquet) with one item a row and columns for judges and people, or
    with one rating a row; or Arena-Hard's judgments, MT-Bench's, AlpacaEval's, LLMBar's. Of a RUN,
    the ratings of its judges are taken, and an item is a sample's id.
    """
    from julja.audit.judge import calibrate as held_against
    from julja.audit.judge import calibration_json
    from julja.audit.judges.columns import parse_columns
    from julja.audit.judges.read import PEOPLE, Reading, read_sheet
    from julja.cli.judge.calibration_table import print_calibration

    if bootstrap < 100:
        raise ConfigError(
            f"--bootstrap {bootstrap}: too few for an interval.", hint="1000 or more is usual."
        )
    reading = Reading(parse_columns(columns), people or PEOPLE, a_first, threshold, positive)
    options = _options(level, bootstrap, seed, judge_scale, human_scale, family)
    tables = [name for name in files if _is_file(name)]
    runs = [name for name in files if name not in tables]
    sheet = read_sheet(tables, human, reading, more=_of_runs(runs, store))
    for line in sheet.notes:
        say(f"julja: {line}")
    found = held_against(sheet, options)
    if out is not None:
        _write_scores(Path(out), sheet, found)
    if as_json:
        print_json({"files": [*files, *human], **calibration_json(found)})
    else:
        print_calibration(found)


def _is_file(name: str) -> bool:
    """A path, rather than the id of a run."""
    return Path(name.partition(".zip!")[0]).suffix != "" or Path(name).exists()


def _of_runs(names: list[str], store: str | None) -> "list[Raw]":
    """What the judges of some runs said."""
    from julja.audit.judges.runs import run_ratings

    if not names:
        return []
    opened = open_store(store, must_exist=True)
    try:
        runs = [opened.find_run(name) for name in names]
        return [rating for run in runs for rating in run_ratings(opened, run)]
    finally:
        opened.close()


def _options(
    level: str | None,
    bootstrap: int,
    seed: int,
    judge_scale: str | None,
    human_scale: str | None,
    family: tuple[str, ...],
) -> "Options":
    from julja.audit.judge import Options
    from julja.audit.judges.agree import Bootstrap
    from julja.audit.judges.scales import Scales

    own: dict[str, tuple[str, ...]] = {}
    for text in family:
        judge, _, models = text.rpartition("=")
        if not models:
            raise ConfigError(
                f"--family {text}: no models.", hint="Write 'gpt-*' or 'JUDGE=gpt-*'."
            )
        own[judge or "*"] = (*own.get(judge or "*", ()), models)
    return Options(
        level=level,  # type: ignore[arg-type]
        how=Bootstrap(bootstrap, seed),
        scales=Scales(_ends("--judge-scale", judge_scale), _ends("--human-scale", human_scale)),
        own=own,
    )


def _ends(flag: str, text: str | None) -> tuple[float, float] | None:
    """`1:10` as two numbers."""
    if text is None:
        return None
    low, _, high = text.partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        ends = (0.0, 0.0)
    if not ends[0] < ends[1]:
        raise ConfigError(f"{flag} {text}: not two ends of a scale.", hint=f"Write {flag} 1:10")
    return ends


def _write_scores(path: Path, sheet: "Sheet", found: "Calibration") -> None:
    """Each item's recalibrated score, a line each."""
    import json

    from julja.audit.judges.scores import recalibrated_rows
    from julja.writing import writing

    rows = recalibrated_rows(sheet, found)
    if not rows:
        raise ConfigError(
            f"--out {path}: there is nothing to recalibrate.",
            hint=found.judges[0].missing.get("recalibration") if found.judges else None,
        )
    with writing(path), path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    say(f"julja: {len(rows)} recalibrated scores in {path}")
