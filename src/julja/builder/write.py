"""Writes a built benchmark: what `julja run` reads, and what a reader needs to believe it.

NAME.toml  NAME.jsonl    the benchmark
README.md                its card
build.json               provenance: source hashes, every setting, counts, models, cost
clusters.jsonl           all topics, with their words, sizes and mean scores
removed.jsonl            every prompt that is not in it, and why
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from julja.builder.criteria import CRITERIA
from julja.builder.prompts import Prompt, Removed, Stage
from julja.builder.settings import BuildConfig
from julja.errors import ConfigError
from julja.types import Json
from julja.writing import writing

PROVENANCE = "build.json"
# So much of a removed prompt is shown; its file and row lead to the rest.
_PREVIEW = 200
_FEW_VALUES = 20


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt of the benchmark with its topic, and its score where it was scored."""

    prompt: Prompt
    topic: int
    topic_name: str
    criteria: tuple[int, ...] | None

    def to_json(self) -> dict[str, Json]:
        """One line of the cases file."""
        prompt = self.prompt
        line: dict[str, Json] = {
            "id": prompt.id,
            "prompt": prompt.text,
            "cluster": f"t{self.topic}",
            "topic": self.topic_name,
        }
        if self.criteria is not None:
            line["score"] = len(self.criteria)
            line["criteria"] = [CRITERIA[number - 1][0] for number in self.criteria]
        line["language"] = prompt.language
        line["copies"] = prompt.copies
        line["source"] = {"file": prompt.file, "row": prompt.row}
        for name, value in prompt.fields.items():
            line[name if name not in line else f"source_{name}"] = value
        return line


@dataclass(frozen=True, slots=True)
class Product:
    """All that is written."""

    config: BuildConfig
    cases: Sequence[Case]
    removed: Sequence[Removed]
    clusters: Sequence[Mapping[str, Json]]
    stages: Sequence[Stage]
    provenance: Mapping[str, Any]


def check_folder(folder: Path, settings: str, *, force: bool) -> None:
    """Refuse to write over another benchmark; `settings` is the hash of this build's settings."""
    if force or not folder.exists():
        return
    if not folder.is_dir():
        raise ConfigError(f"--out {folder} is a file.", hint="Name a folder.")
    try:
        kept = json.loads((folder / PROVENANCE).read_bytes())["settings_hash"]
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise ConfigError(
                f"the folder {folder} exists, and holds something else.",
                hint="Name another with --out, or write into it with --force.",
            ) from None
        return
    except (ValueError, KeyError, OSError):
        kept = None
    if kept != settings:
        raise ConfigError(
            f"{folder} holds a benchmark that was built with other settings or files.",
            hint="Name another folder with --out, or replace it with --force.",
        )


def write(folder: Path, product: Product) -> list[Path]:
    """Write everything; `build.json` last, so a folder with it is whole."""
    name = product.config.name
    removed = sorted(product.removed, key=lambda item: (item.file, item.row, item.stage))
    texts = {
        f"{name}.jsonl": _lines(case.to_json() for case in product.cases),
        f"{name}.toml": _toml(product),
        "README.md": _card(product),
        "clusters.jsonl": _lines(product.clusters),
        "removed.jsonl": _lines(map(_removed_line, removed)),
        PROVENANCE: json.dumps(product.provenance, ensure_ascii=False, indent=1) + "\n",
    }
    paths: list[Path] = []
    with writing(folder, hint="Name another with --out."):
        folder.mkdir(exist_ok=True)
        for file, text in texts.items():
            _write(folder / file, text)
            paths.append(folder / file)
    return paths


def _write(path: Path, text: str) -> None:
    data = text.encode("utf-8", "replace")
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).chmod(0o644)
    Path(stream.name).replace(path)


def _lines(rows: Iterable[Mapping[str, Json]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


def _removed_line(item: Removed) -> dict[str, Json]:
    line = item.to_json()
    text = line.get("text")
    if isinstance(text, str) and len(text) > _PREVIEW:
        line["text"] = text[:_PREVIEW] + "…"
    return line


def _toml(product: Product) -> str:
    config = product.config
    by = [field for field in config.keep_fields if _has_few_values(product.cases, field)]
    quality = "scored" if config.scorer else "not scored"
    lines = [
        "# Written by `julja build`; README.md beside it is its card.",
        f"name = {json.dumps(config.name)}",
        f"title = {json.dumps(f'{len(product.cases)} prompts, quality {quality}')}",
        "version = 1",
        f"cases = {json.dumps(f'{config.name}.jsonl')}",
        'id = "id"',
        'prompt = "{{ prompt }}"',
        'cluster = "cluster"',
        *([f"by = {json.dumps(by)}"] if by else []),
        f"max_tokens = {config.answer_tokens}",
        f"licence = {json.dumps(config.licence)}",
        "",
        "# Needs a judge: julja run … --judge MODEL. See docs/judges.md for pairwise judging.",
        "[scorer]",
        'name = "judge"',
        "",
    ]
    return "\n".join(lines)


def _has_few_values(cases: Sequence[Case], field: str) -> bool:
    values = {json.dumps(case.prompt.fields.get(field), default=str) for case in cases}
    return 1 < len(values) <= _FEW_VALUES


_PAPER: tuple[tuple[str, str, str], ...] = (
    ("characters", "> {min_length}, at most {max_length}", "> 32, at most 10,000"),
    ("language", "{language}", "en"),
    ("turns", "{turns}", "single"),
    ("embedding", "{embed}", "text-embedding-3-small"),
    ("clustering", "{method}", "UMAP, HDBSCAN"),
    ("min topic size", "{min_topic_size}", "8 (the code's default is 32)"),
    ("prompt score", ">= {min_prompt_score}", ">= 6"),
    ("cluster mean", ">= {min_cluster_score}", ">= 6 (README; the text has 5)"),
    ("sample", "{clusters} clusters x {per_cluster}", "250 clusters x 2"),
)


def _card(product: Product) -> str:
    config, made = product.config, product.provenance
    sections = [
        f"# {config.name}",
        _summary(product),
        f"    julja run {config.name}.toml -m MODEL --judge MODEL",
        "## How it was made",
        _table(
            ("stage", "before", "after", "removed, and remarks"),
            [
                (
                    stage.name,
                    f"{stage.before:,}",
                    f"{stage.after:,}",
                    "; ".join(
                        [*(f"{n:,} {why}" for why, n in stage.reasons.items()), *stage.notes]
                    ),
                )
                for stage in product.stages
            ],
        ),
        "Every removed prompt stands in `removed.jsonl` with its reason, every topic in"
        " `clusters.jsonl`, every setting in `build.json`.",
        _table(("setting", "here", "paper"), _settings_rows(config)),
        "Paper: Li et al. 2024, From Crowdsourced Data to High-Quality Benchmarks"
        " (arXiv:2406.11939). Topics are found in another way here: docs/builder.md of julja says"
        " how, and how good they are.",
        "## Prompts",
        _contents(product),
        "## Cost",
        _cost(made["cost"]),
        "## Limits",
        _limits(config),
        f"Signature: `{made['signature']}`",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _summary(product: Product) -> str:
    config, made = product.config, product.provenance
    topics = len({case.topic for case in product.cases})
    files = ", ".join(f"{source['file']} ({source['rows']:,} rows)" for source in made["sources"])
    text = (
        f"{len(product.cases)} prompts on {topics} topics, built by BenchBuilder of julja"
        f" {made['julja']} from {files}."
    )
    if config.scorer is None:
        text += (
            "\n\n**Quality was not scored** (`--no-quality`): topics are sampled evenly, and"
            " nothing says that these prompts are hard or tell models apart."
        )
    if topics < config.clusters:
        text += (
            f"\n\nOnly {topics} topics had {config.per_cluster} prompts that passed;"
            f" {config.clusters} were wanted."
        )
    return text


def _settings_rows(config: BuildConfig) -> list[tuple[str, ...]]:
    values = dict(config.to_json())
    rows: list[tuple[str, ...]] = [
        (name, here.format(**values), paper) for name, here, paper in _PAPER
    ]
    if config.scorer is None:
        rows = [row for row in rows if row[0] not in ("prompt score", "cluster mean")]
    else:
        rows.append(("scorer", config.scorer, "GPT-4-Turbo"))
    if config.cheap_scorer is not None:
        cheap = f"{config.cheap_scorer}, >= {config.cheap_prompt_score}"
        mean = f"cluster mean >= {config.cheap_cluster_score}"
        rows.append(("first pass", f"{cheap}, {mean}", "GPT-3.5-Turbo, >= 5, cluster mean >= 3"))
    rows.append(("near duplicates", f"Jaccard >= {config.near}", "not stated"))
    rows.append(("personal data", config.pii, "screened"))
    return rows


def _contents(product: Product) -> str:
    cases = product.cases
    lengths = sorted(len(case.prompt.text) for case in cases)
    parts = []
    if lengths:
        middle = lengths[len(lengths) // 2]
        parts.append(f"Characters: {lengths[0]:,} to {lengths[-1]:,}, median {middle:,}.")
    languages = Counter(case.prompt.language for case in cases).most_common()
    parts.append("Languages: " + ", ".join(f"{code} {count}" for code, count in languages) + ".")
    scored = [case.criteria for case in cases if case.criteria is not None]
    if not scored:
        return " ".join(parts)
    rows = [
        (name.replace("_", " "), f"{sum(number in found for found in scored) / len(scored):.0%}")
        for number, (name, _) in enumerate(CRITERIA, start=1)
    ]
    return " ".join(parts) + "\n\n" + _table(("criterion", "fulfilled by"), rows)


def _cost(cost: Mapping[str, Any]) -> str:
    if not cost["roles"]:
        return "No model was asked."
    rows = [
        (
            role["role"],
            role["model"],
            f"{role['requests']:,}",
            f"{role['input_tokens']:,}",
            f"{role['output_tokens']:,}",
            dollars(role["cost_usd"]),
            f"{role['unparsed']:,} unparsed, {role['errors']:,} errors",
        )
        for role in cost["roles"]
    ]
    heads = ("for", "model", "requests", "tokens in", "tokens out", "cost", "without an answer")
    return _table(heads, rows) + f"\n\nTogether {dollars(cost['cost_usd'])}."


def dollars(value: float | None) -> str:
    """A price, or that it is not known."""
    return "unknown (no price for this model)" if value is None else f"${value:.4f}"


def _limits(config: BuildConfig) -> str:
    pii = {
        "drop": "Prompts with personal data that has a form (addresses of mail, numbers of phones,"
        " cards, accounts and persons, keys) were removed; names of people have no form and stay.",
        "mask": "Personal data that has a form was masked; names of people have no form and stay.",
        "keep": "**Nothing was screened for personal data.**",
    }[config.pii]
    screen = (
        f"Offensive prompts were screened by {config.screen}."
        if config.screen
        else "Nothing was screened for offensive content by a model (`--screen MODEL`)."
    )
    licence = config.licence or "not stated; that of the source holds"
    return f"- {pii}\n- {screen}\n- Licence: {licence}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in lines)
