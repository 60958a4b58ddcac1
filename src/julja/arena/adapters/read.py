"""Files of battles in any known format, as one table."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from julja.arena.adapters import alpaca_eval, arena_hard, chatbot_arena, llmbar, mt_bench, table
from julja.arena.adapters.common import Reading, Refusal, Row, Settings, Source
from julja.arena.battles import Battles
from julja.data.files import read_rows
from julja.errors import ConfigError, DataError, did_you_mean
from julja.types import Json

# How many rows must fit a format for a file to be of it.
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Format:
    """One format: whether a row is of it, and its reader, which gets all files of it at once."""

    label: str
    fits: Callable[[Row, Settings], bool]
    read: Callable[[Sequence[Source], Settings], Reading]


# In the order in which they are tried: the narrow ones first.
FORMATS: Mapping[str, Format] = {
    arena_hard.NAME: Format(arena_hard.LABEL, arena_hard.fits, arena_hard.read),
    mt_bench.PAIRS: Format(mt_bench.PAIRS_LABEL, mt_bench.fits_pairs, mt_bench.read_pairs),
    alpaca_eval.NAME: Format(alpaca_eval.LABEL, alpaca_eval.fits, alpaca_eval.read),
    llmbar.NAME: Format(llmbar.LABEL, llmbar.fits, llmbar.read),
    chatbot_arena.NAME: Format(chatbot_arena.LABEL, chatbot_arena.fits, chatbot_arena.read),
    table.NAME: Format(table.LABEL, table.fits, table.read),
    mt_bench.SINGLE: Format(mt_bench.SINGLE_LABEL, mt_bench.fits_single, mt_bench.read_single),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: the table, the format of each file, what was refused or left out, remarks."""

    table: Battles
    formats: Mapping[str, str]
    refused: tuple[Refusal, ...]
    left_out: Mapping[str, int]
    remarks: tuple[str, ...]


def read_battles(
    places: Sequence[str],
    settings: Settings | None = None,
    *,
    form: str | None = None,
    skip_bad_rows: bool = False,
) -> Found:
    """Read files of battles; `form` names a format where it should not be told from the rows.

    A row that is no battle is a DataError with its file, number and reason; with `skip_bad_rows`
    such rows are left out and listed.
    """
    settings = settings or Settings()
    by_format: dict[str, list[Source]] = {}
    formats: dict[str, str] = {}
    for place in places:
        source = Source(place, _rows(place))
        name = form or _detect(source, settings)
        if name not in FORMATS:
            near = did_you_mean(name, FORMATS) or f"There are {', '.join(FORMATS)}."
            raise ConfigError(f"there is no format {name!r}.", hint=near)
        by_format.setdefault(name, []).append(source)
        formats[place] = name
    readings = [FORMATS[name].read(group, settings) for name, group in by_format.items()]
    refused = tuple(item for reading in readings for item in reading.refused)
    if refused and not skip_bad_rows:
        more = f" ({len(refused) - 1} more rows are refused)" if len(refused) > 1 else ""
        raise DataError(
            f"{refused[0]}{more}.",
            hint="--skip-bad-rows leaves such rows out and counts them; --columns names columns.",
        )
    left_out: Counter[str] = Counter()
    for reading in readings:
        left_out.update(reading.left_out)
    battles = [battle for reading in readings for battle in reading.battles]
    remarks = tuple(line for reading in readings for line in reading.remarks)
    if not battles:
        why = ", ".join(f"{count} {name}" for name, count in left_out.items())
        raise DataError(
            f"{', '.join(places)}: no battle in it{f' ({why})' if why else ''}.",
            hint=remarks[0] if remarks else None,
        )
    return Found(Battles.of(battles), formats, refused, left_out, remarks)


def _rows(place: str) -> Sequence[Json]:
    content = read_rows(place)
    if isinstance(content, Mapping):
        lists = [value for value in content.values() if isinstance(value, list)]
        # {"battles": [...]}: the one list in it.
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list):
        raise DataError(f"{place}: not a list of battles but {type(content).__name__}.")
    if not content:
        raise DataError(f"{place}: the file has no rows.")
    return content


def _detect(source: Source, settings: Settings) -> str:
    looked = [row for row in source.rows[:_LOOKED_AT] if isinstance(row, Mapping)]
    if settings.columns and looked:
        return table.NAME
    for name, form in FORMATS.items():
        # One odd row is refused by itself later: most decide.
        if looked and 2 * sum(form.fits(row, settings) for row in looked) > len(looked):
            return name
    fields = ", ".join(sorted({str(key) for row in looked for key in row})[:12])
    known = "\n    ".join(f"{name:16} {form.label}" for name, form in FORMATS.items())
    raise DataError(
        f"{source.place}: not a file of battles that is known; its rows have"
        f" {fields or 'no named fields'}.",
        hint=f"Name the columns: --columns model_a=X,model_b=Y,winner=Z. Known are\n    {known}",
    )
