"""The stages of a build that ask no chat model: files -> prompts -> unique, clean -> topics."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from julja.builder import pii
from julja.builder.cache import StageCache
from julja.builder.clean import STAGE as CLEAN
from julja.builder.clean import check_length
from julja.builder.cluster import NEIGHBOURS, Topics, find_topics, medoids
from julja.builder.dedupe import Duplicate, find_duplicates
from julja.builder.encode import CHUNK, Encoder, open_encoder
from julja.builder.features import count_words, project, weigh
from julja.builder.ingest import STAGE as INGEST
from julja.builder.ingest import ingest, unique_ids
from julja.builder.naming import keywords
from julja.builder.neighbours import nearest, nearest_by_words
from julja.builder.prompts import Prompt, Removed, Stage, content_hash, count_reasons, rank_of
from julja.builder.read import iter_rows
from julja.builder.settings import BuildConfig
from julja.data.files import locate
from julja.errors import DataError
from julja.signature import digest

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
OnStage = Callable[[Stage], None]
OnProgress = Callable[[int, int], None]
# Raised when a stage computes something else from the same input: old caches no longer fit.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Source:
    """One file of raw prompts, and the hash of its bytes."""

    path: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Unique:
    """What is left of the files after the screens that need no model."""

    prompts: Sequence[Prompt]
    removed: Sequence[Removed]
    sources: Sequence[Source]
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class Clustered:
    """Prompts with their topics: `labels` by place, `words` and `medoid` by topic."""

    prompts: Sequence[Prompt]
    labels: Labels
    words: Sequence[Sequence[str]]
    medoid: Sequence[int]
    removed: Sequence[Removed]
    stages: Sequence[Stage]
    encoder: Mapping[str, str]


class _Steps:
    """Collects what each stage did, and says so."""

    def __init__(self, tell: OnStage) -> None:
        self.tell = tell
        self.stages: list[Stage] = []
        self.removed: list[Removed] = []
        self._began = time.monotonic()

    def done(
        self, name: str, before: int, after: int, removed: Sequence[Removed], **more: object
    ) -> None:
        now = time.monotonic()
        reasons = count_reasons(removed)
        stage = Stage(name, before, after, reasons, now - self._began, **more)  # type: ignore[arg-type]
        self._began = now
        self.stages.append(stage)
        self.removed += removed
        self.tell(stage)


def unique_prompts(config: BuildConfig, cache: StageCache, on_stage: OnStage) -> Unique:
    """Read the files, clean, screen for personal data, and remove what repeats."""
    steps = _Steps(on_stage)
    prompts, sources = _read(config, steps)
    prompts = _clean(config, prompts, steps)
    prompts = _screen(config, prompts, steps)
    prompts = _dedupe(config, prompts, cache, steps)
    if not prompts:
        reasons = ", ".join(
            f"{count} {reason}" for reason, count in count_reasons(steps.removed).items()
        )
        raise DataError(
            f"no prompt is left of {', '.join(config.sources)}: {reasons}.",
            hint=_remedy(count_reasons(steps.removed)),
        )
    return Unique(prompts, steps.removed, sources, steps.stages)


_REMEDIES = {
    "language": "--language any takes every language, --language ko Korean.",
    "multi_turn": "--turns first takes the first turn of each conversation.",
    "too_short": "--min-length lowers the limit.",
    "too_long": "--max-length raises the limit.",
    "no_text": "--column names the column with the prompts.",
    "empty": "--column names the column with the prompts.",
    "pii": "--pii mask replaces personal data instead.",
}


def _remedy(reasons: Mapping[str, int]) -> str | None:
    return next((_REMEDIES[reason] for reason in reasons if reason in _REMEDIES), None)


def _read(config: BuildConfig, steps: _Steps) -> tuple[list[Prompt], list[Source]]:
    prompts: list[Prompt] = []
    removed: list[Removed] = []
    sources: list[Source] = []
    rows = 0
    for place in config.sources:
        path = Path(locate(place).partition("!")[0])
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        # The name stands in every file that is written; a path would tell of this machine.
        name = path.name
        found = ingest(name, iter_rows(place, config.keep_fields), config)
        prompts += found.prompts
        removed += found.removed
        rows += found.rows
        sources.append(Source(name, sha256, found.rows))
    if not rows:
        raise DataError(f"{', '.join(config.sources)}: there is not one row in it.")
    prompts = unique_ids(prompts)
    steps.done(INGEST, rows, len(prompts), removed)
    return prompts, sources


def _clean(config: BuildConfig, prompts: list[Prompt], steps: _Steps) -> list[Prompt]:
    checked = [check_length(p, config.min_length, config.max_length) for p in prompts]
    kept = [prompt for prompt, bad in zip(prompts, checked, strict=True) if bad is None]
    steps.done(CLEAN, len(prompts), len(kept), [bad for bad in checked if bad is not None])
    if config.limit is not None and len(kept) > config.limit:
        ranked = sorted(kept, key=lambda prompt: rank_of(prompt.id, config.seed))
        chosen = {prompt.id for prompt in ranked[: config.limit]}
        left = [Removed.of(p, "limit", "over_limit") for p in kept if p.id not in chosen]
        before, kept = len(kept), [prompt for prompt in kept if prompt.id in chosen]
        steps.done("limit", before, len(kept), left)
    return kept


def _screen(config: BuildConfig, prompts: list[Prompt], steps: _Steps) -> list[Prompt]:
    if config.pii == "keep":
        return prompts
    kept: list[Prompt] = []
    removed: list[Removed] = []
    masked = 0
    for prompt in prompts:
        found = pii.find_pii(prompt.text, config.allow_pii)
        if not found:
            kept.append(prompt)
            continue
        text = pii.mask(prompt.text, found)
        if config.pii == "mask":
            masked += 1
            kept.append(replace(prompt, text=text))
            continue
        kinds = sorted({finding.kind for finding in found})
        # Listed without what it was removed for.
        removed.append(Removed.of(replace(prompt, text=text), pii.STAGE, "pii", kinds=kinds))
    notes = (f"{masked} prompts masked",) if masked else ()
    steps.done(pii.STAGE, len(prompts), len(kept), removed, notes=notes)
    return kept


def _dedupe(
    config: BuildConfig, prompts: list[Prompt], cache: StageCache, steps: _Steps
) -> list[Prompt]:
    texts = [prompt.text for prompt in prompts]
    key = digest([VERSION, content_hash(texts), config.near])
    kept_arrays = cache.get("duplicates", key)
    if kept_arrays is None:
        found = find_duplicates(texts, config.near)
        cache.put(
            "duplicates",
            key,
            {
                "index": np.array([item.index for item in found], np.int64),
                "of": np.array([item.of for item in found], np.int64),
                "kind": np.array([item.kind for item in found], "U10"),
                "similarity": np.array([item.similarity for item in found], np.float64),
            },
        )
    else:
        names = ("index", "of", "kind", "similarity")
        columns = (kept_arrays[name].tolist() for name in names)
        found = [Duplicate(*row) for row in zip(*columns, strict=True)]
    copies = dict.fromkeys(range(len(prompts)), 1)
    removed: list[Removed] = []
    for item in found:
        copies[item.of] += copies.pop(item.index)
        of, prompt = prompts[item.of].id, prompts[item.index]
        about = {"of": of, "kind": item.kind, "similarity": item.similarity}
        removed.append(Removed.of(prompt, "dedupe", "duplicate", **about))
    unique = [
        prompts[place] if count == 1 else replace(prompts[place], copies=count)
        for place, count in copies.items()
    ]
    steps.done("dedupe", len(prompts), len(unique), removed, cached=kept_arrays is not None)
    return unique


def find_clusters(
    config: BuildConfig,
    prompts: Sequence[Prompt],
    cache: StageCache,
    on_stage: OnStage,
    *,
    base_url: str | None = None,
    timeout_s: float = 600.0,
    on_progress: OnProgress = lambda done, total: None,
) -> Clustered:
    """Embed the prompts and group them into topics with typical words."""
    steps = _Steps(on_stage)
    texts = [prompt.text for prompt in prompts]
    whole = content_hash(texts)
    encoder: Encoder | None = None
    identity: Mapping[str, str] = {"features": "hashed", "dimensions": str(config.dimensions)}
    if config.embed != "hashed":
        encoder = open_encoder(config.embed, config.embed_tokens, base_url, timeout_s)
        identity = encoder.identity
    settings = [config.method, config.min_topic_size, config.topics, config.outliers, config.seed]
    key = digest([VERSION, whole, identity, settings])
    kept = cache.get("topics", key)
    is_cached = kept is not None
    vectors = None
    if kept is None:
        vectors = _embed(config, texts, encoder, identity, cache, on_progress)
    steps.done("embed", len(prompts), len(prompts), (), cached=is_cached)
    if kept is None:
        assert vectors is not None
        kept = _cluster(config, texts, vectors)
        cache.put("topics", key, kept)
    labels = kept["labels"].astype(np.int64)
    words = [[w for w in row if w] for row in kept["words"].tolist()]
    outliers, recall = int(kept["facts"][0]), float(kept["facts"][1])
    notes = [f"{len(words)} topics, {outliers} prompts in none at first"]
    if recall < 1:
        notes.append(f"recall of neighbours {recall:.3f}")
    removed = [
        Removed.of(prompt, "cluster", "outlier")
        for prompt, label in zip(prompts, labels.tolist(), strict=True)
        if label < 0
    ]
    after = len(prompts) - len(removed)
    steps.done("cluster", len(prompts), after, removed, cached=is_cached, notes=tuple(notes))
    if not len(words):
        raise DataError(
            f"{len(prompts)} prompts make no topic of at least {config.min_topic_size}.",
            hint="Lower --min-topic-size, or bring more prompts.",
        )
    medoid = kept["medoids"].tolist()
    return Clustered(prompts, labels, words, medoid, removed, steps.stages, identity)


def _cluster(
    config: BuildConfig, texts: Sequence[str], vectors: Matrix
) -> dict[str, NDArray[np.generic]]:
    counts = count_words(texts)
    if config.embed == "hashed":
        near = nearest_by_words(weigh(counts), NEIGHBOURS, config.seed)
    else:
        near = nearest(vectors, NEIGHBOURS, config.seed)
    topics: Topics = find_topics(
        vectors,
        near,
        method=config.method,
        min_size=config.min_topic_size,
        topics=config.topics,
        reduce=config.outliers == "reduce",
        seed=config.seed,
    )
    count = len(topics.centres)
    words = keywords(counts, topics.labels, count)
    width = max(map(len, words), default=0)
    return {
        "labels": topics.labels,
        "medoids": medoids(vectors, topics.labels, topics.centres),
        "words": np.array([row + [""] * (width - len(row)) for row in words]),
        "facts": np.array([topics.outliers, topics.recall]),
    }


def _embed(
    config: BuildConfig,
    texts: Sequence[str],
    encoder: Encoder | None,
    identity: Mapping[str, str],
    cache: StageCache,
    on_progress: OnProgress,
) -> Matrix:
    if encoder is None:
        counts = count_words(texts)
        return project(weigh(counts), counts.words, config.dimensions)
    # In pieces: what a killed process had computed is there when it goes on.
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
    found: Matrix | None = None
    for begin in range(0, len(order), CHUNK):
        rows = order[begin : begin + CHUNK]
        part = [texts[row] for row in rows]
        part_key = digest([VERSION, content_hash(part), identity])
        kept = cache.get("encoded", part_key)
        vectors32 = encoder.encode(part) if kept is None else kept["vectors"].astype(np.float32)
        if kept is None:
            cache.put("encoded", part_key, {"vectors": vectors32})
        if found is None:
            found = np.zeros((len(texts), vectors32.shape[1]), np.float32)
        found[rows] = vectors32
        on_progress(begin + len(rows), len(texts))
    assert found is not None
    return found
