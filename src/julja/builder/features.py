"""The default features: TF-IDF of words, hashed into a fixed number of dimensions.

Every word is spread over `SPREAD` dimensions that a hash of it chooses, with random signs: a sparse
random projection, which keeps cosine similarities (Achlioptas 2003; Weinberger et al. 2009). It
needs no model and no fitting, and where a singular value decomposition drops what is rare in a
collection, it drops nothing.
"""

import hashlib
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Matrix = NDArray[np.float32]

SPREAD = 4
_WORD = re.compile(r"\w\w+")
# Scripts without spaces, or whose endings hide the word: pairs of characters serve as words.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each word stands in each text: `matrix` (texts, words), and the words."""

    matrix: csr_matrix
    words: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, case folded; of Chinese, Japanese and Korean the pairs of characters.

    >>> words_of("Sort a List[int] fast"), words_of("정렬하기")
    (['sort', 'list', 'int', 'fast'], ['정렬', '렬하', '하기'])
    """
    words = _WORD.findall(text.casefold())
    if text.isascii():
        return words
    found: list[str] = []
    for word in words:
        if len(word) > 2 and _DENSE.search(word):
            found += [word[place : place + 2] for place in range(len(word) - 1)]
        else:
            found.append(word)
    return found


def count_words(texts: Sequence[str]) -> Counts:
    """The counts of all words of some texts."""
    codes: dict[str, int] = {}
    flat = array("i")
    ends = np.zeros(len(texts) + 1, np.int64)
    for index, text in enumerate(texts):
        flat.extend([codes.setdefault(word, len(codes)) for word in words_of(text)])
        ends[index + 1] = len(flat)
    columns = np.frombuffer(flat, np.int32) if len(flat) else np.empty(0, np.int32)
    ones = np.ones(len(columns), np.float32)
    matrix = csr_matrix((ones, columns, ends), shape=(len(texts), max(len(codes), 1)))
    matrix.sum_duplicates()
    return Counts(matrix, tuple(codes))


def weigh(counts: Counts) -> csr_matrix:
    """TF-IDF with a logarithm of the counts; words in one text alone or in very many are left out.

    w = (1 + ln tf) (1 + ln((1 + n) / (1 + df))), Manning et al. 2008, ch. 6. In few texts (below
    1,000) words of one text alone stay: they are most of what there is.
    """
    matrix = counts.matrix
    n = matrix.shape[0]
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    low = 2 if n >= 1000 else 1
    high = max(0.05 * n, min(50.0, max(0.3 * n, 10.0)))
    idf = 1.0 + np.log((1.0 + n) / (1.0 + frequency))
    idf[(frequency < low) | (frequency > high)] = 0.0
    data = (1.0 + np.log(matrix.data)) * idf[matrix.indices]
    # A copy: what is removed from it must not be removed from the counts.
    parts = (data.astype(np.float32), matrix.indices.copy(), matrix.indptr.copy())
    weighted = csr_matrix(parts, matrix.shape)
    weighted.eliminate_zeros()
    return weighted


def project(weighted: csr_matrix, words: Sequence[str], dimensions: int) -> Matrix:
    """Unit vectors (texts, dimensions); a text without any known word has a vector of zeros."""
    projection = _projection(words, dimensions, weighted.shape[1])
    found = np.zeros((weighted.shape[0], dimensions), np.float32)
    for begin in range(0, len(found), _BLOCK):
        found[begin : begin + _BLOCK] = (weighted[begin : begin + _BLOCK] @ projection).toarray()
    return unit(found)


def _projection(words: Sequence[str], dimensions: int, rows: int) -> csr_matrix:
    """The matrix (words, dimensions) with `SPREAD` signed entries in each row."""
    size = 4 * SPREAD
    raw = b"".join(
        hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=size).digest()
        for word in words
    )
    draws = np.frombuffer(raw, "<u4").reshape(len(words), SPREAD)
    columns = ((draws >> 1) % dimensions).astype(np.int32)
    signs = np.where(draws & 1, 1.0, -1.0).astype(np.float32) / np.float32(np.sqrt(SPREAD))
    ends = np.minimum(np.arange(rows + 1), len(words)) * SPREAD
    return csr_matrix((signs.reshape(-1), columns.reshape(-1), ends), shape=(rows, dimensions))


def unit(vectors: Matrix) -> Matrix:
    """Rows of length 1, in place; rows of zeros stay."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, norms, out=vectors, where=norms > 0)
    return vectors
