"""Finds prompts that say the same: exactly, but for case and spaces, or nearly.

Nearly means that the sets of character 5-grams of two texts (case folded, white space as one
space) have a Jaccard similarity of at least `near`. Candidates come from one-permutation MinHash
(Li, Owen and Zhang 2012) with optimal densification (Shrivastava 2017) and banding; each candidate
is then held to its exact similarity, so LSH can only miss, never invent. The first of the source's
order stays.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

GRAM = 5
BINS = 128
RECALL = 0.99
# Texts whose shingles are hashed together: small enough for the processor's cache.
_BLOCK_BYTES = 1 << 18
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
# Prompts of one band's bucket that a prompt is compared to at most; a bucket that is fuller
# belongs to a template, whose other bands tell its members apart.
BUCKET = 256


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Text `index` repeats text `of`: `exact`, `case_space` or `near`, with their similarity."""

    index: int
    of: int
    kind: str
    similarity: float


def folded(text: str) -> str:
    """The text as duplicates are compared: case folded, compatible forms joined, one space.

    >>> folded("  What IS\\n2+2 ? ")
    'what is 2+2 ?'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def find_duplicates(texts: Sequence[str], near: float) -> list[Duplicate]:
    """Every text that repeats an earlier one which itself stays, in order."""
    same, firsts = _same(texts)
    if near >= 1:
        return same
    nearly = {item.index: item for item in _near([texts[i] for i in firsts], firsts, near)}
    # What repeats a text that goes itself is told to repeat the one that stays.
    moved = [
        replace(nearly[item.of], index=item.index) if item.of in nearly else item for item in same
    ]
    return sorted([*moved, *nearly.values()], key=lambda duplicate: duplicate.index)


def _same(texts: Sequence[str]) -> tuple[list[Duplicate], list[int]]:
    """Duplicates but for case and space, and the indices of all others."""
    exact: dict[bytes, int] = {}
    loose: dict[bytes, int] = {}
    found: list[Duplicate] = []
    firsts: list[int] = []
    for index, text in enumerate(texts):
        key, loose_key = _digest(text), _digest(folded(text).rstrip(".!?。 "))
        if key in exact:
            found.append(Duplicate(index, exact[key], "exact", 1.0))
        elif loose_key in loose:
            found.append(Duplicate(index, loose[loose_key], "case_space", 1.0))
        else:
            loose[loose_key] = index
            firsts.append(index)
        # A third copy is told to repeat the one that stays, not the second.
        exact.setdefault(key, loose[loose_key])
    return found, firsts


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _near(texts: Sequence[str], places: Sequence[int], near: float) -> list[Duplicate]:
    signatures = minhash(texts)
    buckets = _buckets(signatures, rows_per_band(near))
    kept: dict[tuple[int, int], list[int]] = {}
    found: list[Duplicate] = []

    @lru_cache(maxsize=4096)
    def grams(index: int) -> Hashes:
        return np.unique(shingles(texts[index]))

    # Estimates of `BINS` hashes are off by .04 or so; what is clearly below needs no exact look.
    least = near - 4 * np.sqrt(near * (1 - near) / BINS)
    for index in np.flatnonzero((buckets >= 0).any(axis=1)).tolist():
        keys = [(band, int(key)) for band, key in enumerate(buckets[index]) if key >= 0]
        candidates = sorted({other for key in keys for other in kept.get(key, ())})
        of, similarity = -1, 0.0
        if candidates:
            shared = (signatures[candidates] == signatures[index]).mean(axis=1)
            for place in np.argsort(-shared, kind="stable").tolist():
                if shared[place] < least:
                    break
                value = jaccard(grams(index), grams(candidates[place]))
                if value >= near and value > similarity:
                    of, similarity = candidates[place], value
                if similarity >= shared[place]:
                    break
        if of >= 0:
            found.append(Duplicate(places[index], places[of], "near", round(similarity, 4)))
            continue
        for key in keys:
            members = kept.setdefault(key, [])
            if len(members) < BUCKET:
                members.append(index)
    return found


def rows_per_band(near: float) -> int:
    """The most rows of a band that still find a pair of similarity `near` with `RECALL`.

    With b = BINS // r bands of r rows, a pair is found with probability 1 - (1 - s^r)^b.
    """
    return max((r for r in range(1, 17) if 1 - (1 - near**r) ** (BINS // r) >= RECALL), default=1)


def shingles(text: str) -> Hashes:
    """Hashes of the character 5-grams (bytes of UTF-8) of a folded text, with repeats."""
    data = np.frombuffer(folded(text).encode("utf-8", "surrogatepass"), np.uint8)
    return _hashed(data.astype(np.uint64))


def _hashed(data: Hashes) -> Hashes:
    if len(data) < GRAM:
        data = np.concatenate([data, np.zeros(GRAM - len(data), np.uint64)])
    grams = data[: len(data) - GRAM + 1].copy()
    for place in range(1, GRAM):
        grams = (grams << np.uint64(8)) | data[place : len(data) - GRAM + 1 + place]
    return _mix(grams)


def _mix(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit depends on all others."""
    values = values * _MULTIPLIER
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def jaccard(a: Hashes, b: Hashes) -> float:
    """Similarity of two sorted sets of hashes."""
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / (len(a) + len(b) - both)


def minhash(texts: Sequence[str]) -> Hashes:
    """Signatures of shape (texts, BINS): equal entries of two rows are as frequent as their Jaccard
    similarity (in expectation).
    """
    signatures = np.full((len(texts), BINS), _EMPTY)
    begin = 0
    while begin < len(texts):
        parts: list[bytes] = []
        size, end = 0, begin
        while end < len(texts) and (size < _BLOCK_BYTES or end == begin):
            part = folded(texts[end]).encode("utf-8", "surrogatepass")
            parts.append(part.ljust(GRAM, b"\0"))
            size += len(parts[-1])
            end += 1
        _fill(signatures[begin:end], parts)
        begin = end
    return _densified(signatures)


def _fill(signatures: Hashes, parts: Sequence[bytes]) -> None:
    """The least hash in each bin, for some texts at once."""
    lengths = np.array([len(part) for part in parts])
    data = np.frombuffer(b"".join(parts), np.uint8).astype(np.uint64)
    grams = _hashed(data)
    owner = np.repeat(np.arange(len(parts)), lengths)[: len(grams)]
    # A gram that reaches into the next text belongs to none.
    inside = np.ones(len(grams), bool)
    ends = np.cumsum(lengths)[:-1]
    for back in range(1, GRAM):
        inside[ends - back] = False
    grams, owner = grams[inside], owner[inside]
    bins = (grams >> np.uint64(64 - 7)).astype(np.int64)
    np.minimum.at(signatures.reshape(-1), owner * BINS + bins, grams)


def _densified(signatures: Hashes) -> Hashes:
    """Fill empty bins from others, drawn by a hash of (bin, attempt) that all texts share."""
    bins = np.arange(BINS, dtype=np.uint64)
    rows, columns = np.nonzero(signatures == _EMPTY)
    filled = signatures.copy()
    attempt = 0
    while len(rows):
        attempt += 1
        draw = _mix((bins << np.uint64(32)) + np.uint64(attempt)) % np.uint64(BINS)
        taken = signatures[rows, draw[columns].astype(np.int64)]
        good = taken != _EMPTY
        filled[rows[good], columns[good]] = taken[good]
        rows, columns = rows[~good], columns[~good]
    return filled


def _buckets(signatures: Hashes, rows: int) -> NDArray[np.int64]:
    """Shape (texts, bands): the number of the bucket that a text shares with another, else -1."""
    bands = BINS // rows
    found = np.full((len(signatures), bands), -1, np.int64)
    for band in range(bands):
        part = signatures[:, band * rows : (band + 1) * rows]
        key = np.zeros(len(part), np.uint64)
        for column in range(rows):
            key = _mix(key ^ part[:, column])
        order = np.argsort(key, kind="stable")
        ranked = key[order]
        fresh = np.ones(len(ranked), bool)
        fresh[1:] = ranked[1:] != ranked[:-1]
        number = np.cumsum(fresh) - 1
        sizes = np.bincount(number)
        shared = sizes[number] > 1
        found[order[shared], band] = number[shared]
    return found
