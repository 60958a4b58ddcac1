"""LiveBench's data analysis: tables reformatted and joined, column types, streaks.

Source of the rules: LiveBench/LiveBench (Apache-2.0), livebench/process_results/data_analysis.
"""

import ast
import json
import re

from julja.benchmarks.live.livebench.answers import (
    NOTHING,
    Question,
    Verdict,
    bare,
    boxed,
    solutions,
)
from julja.benchmarks.live.livebench.frames import Frame, FrameError, read_frame, same_frames
from julja.errors import DataError, ScoringError
from julja.types import Json

# From this release on, the formats are named in lines of their own.
LINED_SINCE = "2025-04-25"
_OPENING = re.compile(r"^\s*(Here|Input)\b.*?\b(format|table)\s*[:)]\s*", re.IGNORECASE)


def cta(question: Question, text: str) -> Verdict:
    """The type of a column: the whole response, or its box, letters and digits only."""
    inside = boxed(text)
    answer = _letters(bare(inside) if inside is not None else text)
    return Verdict(float(answer == _letters(str(question["ground_truth"]))), answer or None)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text.lower().strip())


def tablejoin(question: Question, text: str) -> Verdict:
    """Which column goes with which: F1 over the pairs, to two places."""
    truth = _mapping(question["ground_truth"])
    if not truth:
        raise DataError(f"the answer {str(question['ground_truth'])[:80]!r} is no mapping.")
    given = _said_mapping(text)
    if not given:
        return NOTHING
    hits = sum(bool(truth.get(key)) and truth[key] == value for key, value in given.items())
    misses = sum(not given.get(key) for key in truth)
    wrong = sum(bool(truth.get(key)) and truth[key] != value for key, value in given.items())
    score = round(2 * hits / (2 * hits + (len(given) - hits) + misses + wrong), 2)
    return Verdict(score, str(given))


def _mapping(value: Json) -> dict[str, Json]:
    if isinstance(value, str):
        for read in (json.loads, ast.literal_eval):
            try:
                value = read(value)
                break
            except (ValueError, SyntaxError):
                continue
    # The hub's files give every question the columns of all of them, empty where they are not its.
    known = isinstance(value, dict)
    return {k: v for k, v in value.items() if v is not None} if known else {}


def _said_mapping(text: str) -> dict[str, Json]:
    tagged = solutions(text, across_lines=True)
    if tagged:
        return _said_mapping(tagged[-1].strip())
    candidates = []
    line = text.replace("\n", "")
    for fence in ("```python", "```json", "```"):
        blocks = re.findall(f"{fence}(.*?)```", line)
        if blocks:
            candidates.append(blocks[-1])
            break
    else:
        inside = boxed(line)
        if inside is not None:
            candidates.append(
                re.sub(r"\\text{['|\"](.*?)['|\"]}", r"'\1'", inside).replace("\\", "")
            )
    # The whole text is read as it is; failing that, JSON's null is Python's None, wherever it is.
    nulls = [part.replace("null", "None") for part in candidates or [text]]
    for candidate in (text, *nulls):
        try:
            found = ast.literal_eval(candidate.strip())
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        return {k: v for k, v in found.items() if v is not None} if isinstance(found, dict) else {}
    return {}


def tablereformat(question: Question, text: str) -> Verdict:
    """A table in another format: every cell the same, in any order of the columns."""
    lined = str(question.get("livebench_release_date") or "") >= LINED_SINCE
    target = _target_format(str(question["turns"][0]), lined)
    try:
        wanted = read_frame(target, str(question["ground_truth"]), lined=lined)
    except FrameError as error:
        raise ScoringError(f"the right table can't be read: {error}.") from error
    said = _OPENING.sub("", _table_text(text)).strip()
    for frame in (_read(target, said, lined), _read_within(target, said, wanted, lined)):
        if frame is not None and same_frames(frame, wanted):
            return Verdict(1.0, said)
    return Verdict(0.0, said or None)


def _target_format(command: str, lined: bool) -> str:
    pattern = r"Target Format:\s*(\w+)" if lined else r"Input Table from \w+ format to (\w+) format"
    found = re.findall(pattern, command)
    if not found:
        raise DataError(f"the question names no target format: {command[:80]!r}")
    return str(found[-1]).lower()


def _table_text(text: str) -> str:
    tagged = solutions(text, across_lines=True)
    if tagged:
        return _table_text(tagged[-1].strip())
    for kind in ("json", "html"):
        blocks = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
        if blocks:
            return str(blocks[-1]).strip()
    return re.sub(r"^```.*\n", "", text).replace("&amp;", "&").replace("```", "").strip()


def _read(target: str, text: str, lined: bool) -> Frame | None:
    try:
        return read_frame(target, text, lined=lined)
    except FrameError:
        return None


def _read_within(target: str, text: str, wanted: Frame, lined: bool) -> Frame | None:
    """The table in a text that says more: from its header on, without the last lines if need be."""
    lines = text.strip().split("\n")
    if target == "jsonl":
        rows = [
            line
            for line in lines
            if line[:1] == "{" and line[-1:] == "}" and all(name in line for name in wanted)
        ]
        return _read(target, "\n".join(rows), lined) if rows else None
    if target not in ("csv", "tsv"):
        return None
    header = ("," if target == "csv" else "\t").join(wanted)
    places = [index for index, line in enumerate(lines) if line.strip() == header.strip()]
    if not places:
        return None
    for end in range(len(lines), places[0], -1):
        frame = _read(target, "\n".join(lines[places[0] : end]), lined)
        if frame is not None:
            return frame
    return None


def consecutive_events(question: Question, text: str) -> Verdict:
    """Each user's longest streak: Jaccard's index of the right pairs, to four places."""
    truth = _pairs(question["ground_truth"])
    tagged = solutions(text, across_lines=True, any_case=True)
    try:
        said = json.loads(tagged[-1].strip()) if tagged else None
    except ValueError:
        said = None
    if not isinstance(said, list):
        return NOTHING
    given = _pairs(said)
    if not given or not truth:
        return Verdict(float(not given and not truth), str(given))
    hits = sum(given.get(user, _NONE) == months for user, months in truth.items())
    union = hits + (len(given) - hits) + (len(truth) - hits)
    return Verdict(round(hits / union, 4), str(given))


_NONE = object()


def _pairs(value: Json) -> dict[Json, Json]:
    rows = json.loads(value) if isinstance(value, str) else value
    return {
        row["user_id"]: row.get("max_consecutive_growth_months")
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("user_id"), str | int | float)
    }
