"""BLEU, chrF2 and TER of a whole translated set, as sacreBLEU has them; COMET as a plug-in.

Each sentence gives its sufficient statistics (n-gram counts, edits), so that a set, a part of it or
a bootstrap resample is scored from their sums: Papineni et al., 2002; Popović, 2015; Snover et al.,
2006. All values are in 0..100, as the field prints them; of TER less is better and it has no upper
limit. sacreBLEU's signatures are in the scorer's arguments.
"""

import importlib
import math
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from julja.errors import ConfigError
from julja.scoring.base import FunctionScorer
from julja.types import Metric, Response, Sample, Score, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns: TypeAlias = Mapping[str, NDArray[np.float64]]

_ORDERS, _CHARACTERS = 4, 6
BLEU_COLUMNS = (
    *(f"bleu_match_{n}" for n in range(1, _ORDERS + 1)),
    *(f"bleu_total_{n}" for n in range(1, _ORDERS + 1)),
    "bleu_length",
    "bleu_reference",
)
CHRF_COLUMNS = tuple(
    f"chrf_{part}_{n}" for n in range(1, _CHARACTERS + 1) for part in ("given", "wanted", "match")
)
TER_COLUMNS = ("ter_edits", "ter_reference")


def translated(tokenize: str = "13a", comet: str = "", edits: bool = True) -> Scorer:
    """BLEU (first), chrF2 and TER against all of `Sample.target`, and COMET by `comet`, a model.

    Without `edits` there is no TER, which takes most of the time.

    `tokenize` is sacreBLEU's name of BLEU's tokeniser: 13a, zh for Chinese, ja-mecab, ko-mecab,
    flores200, char, none. An empty answer is a translation with nothing right in it.
    """
    metrics = [
        Metric("bleu", source="sentence_bleu", high=100.0, aggregate=bleu, columns=BLEU_COLUMNS),
        Metric("chrf", high=100.0, aggregate=chrf, columns=CHRF_COLUMNS),
    ]
    if edits:
        metrics.append(
            Metric("ter", high=math.inf, higher_is_better=False, aggregate=ter, columns=TER_COLUMNS)
        )
    if comet:
        metrics.append(Metric("comet", high=1.0))

    def score(sample: Sample, response: Response) -> Score:
        text = " ".join(response.text.split("\n")).strip()
        values = statistics(text, sample.target, tokenize, edits=edits)
        if comet:
            values["comet"] = _comet(comet)(sample.input, text, sample.target)
        return Score(values, extracted=text)

    args = {
        "tokenize": tokenize,
        "comet": comet,
        "edits": edits,
        "signature": signature(tokenize, edits=edits),
    }
    check = partial(ready, tokenize, comet)
    return FunctionScorer("translated", args, tuple(metrics), True, score, check)


def ready(tokenize: str, comet: str = "") -> None:
    """Raise where sacreBLEU, the tokeniser's own library or COMET is not installed."""
    _metrics(tokenize)
    if comet:
        _library(comet)


def _library(comet: str) -> Any:
    try:
        return importlib.import_module("comet")
    except ImportError as error:
        raise ConfigError(
            f"comet={comet} needs the library unbabel-comet ({error}).",
            hint="pip install unbabel-comet",
        ) from error


def signature(tokenize: str, *, edits: bool = True) -> str:
    """sacreBLEU's settings of the metrics; a result puts the number of references in."""
    version = "none"
    try:
        import sacrebleu

        version = sacrebleu.__version__
    except ImportError:
        pass
    said = (
        f"BLEU|nrefs:var|case:mixed|eff:no|tok:{tokenize}|smooth:exp|version:{version};"
        f" chrF2|nrefs:var|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{version}"
    )
    changes = f"TER|nrefs:var|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:{version}"
    return f"{said}; {changes}" if edits else said


@cache
def _metrics(tokenize: str) -> tuple[Any, Any, Any]:
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
        from sacrebleu.metrics.ter import TER
    except ImportError as error:
        raise ConfigError(
            f"translations are scored with sacrebleu ({error}).",
            hint='pip install "julja[metrics]"',
        ) from error
    if tokenize not in BLEU.TOKENIZERS:
        known = ", ".join(sorted(BLEU.TOKENIZERS))
        raise ConfigError(f"sacrebleu has no tokeniser {tokenize!r}.", hint=f"It has {known}.")
    try:
        # effective_order only keeps it from warning of single sentences: the counts are the same.
        return BLEU(tokenize=tokenize, effective_order=True), CHRF(), TER()
    except (ImportError, RuntimeError) as error:
        extra = tokenize.partition("-")[0]
        raise ConfigError(
            f"sacrebleu's tokeniser {tokenize} needs more: {str(error).strip().splitlines()[0]}",
            hint=f'pip install "sacrebleu[{extra}]"',
        ) from error


def statistics(
    text: str, references: Sequence[str], tokenize: str, *, edits: bool = True
) -> dict[str, float]:
    """The columns of one translation, and its sentence BLEU as a share (1 for a perfect one)."""
    by_words, by_characters, by_edits = _metrics(tokenize)
    found = by_words.sentence_score(text, list(references))
    values = dict(
        zip(
            BLEU_COLUMNS,
            (*found.counts, *found.totals, found.sys_len, found.ref_len),
            strict=True,
        )
    )
    # sacreBLEU's chrF takes of several references the one that fits best; it has no public way to
    # give the counts behind a score.
    (counts,) = by_characters._extract_corpus_statistics([text], [[r] for r in references])
    values |= zip(CHRF_COLUMNS, counts, strict=True)
    if edits:
        changes = by_edits.sentence_score(text, list(references))
        values |= {"ter_edits": changes.num_edits, "ter_reference": changes.ref_length}
    numbers = {name: float(value) for name, value in values.items()}
    return {**numbers, "sentence_bleu": round(min(found.score / 100, 1.0), 12)}


def bleu(columns: "Columns") -> float:
    """Corpus BLEU: the geometric mean of four precisions times the brevity penalty, smoothed
    exponentially where an order has no match (sacreBLEU's default)."""
    sums = {name: float(columns[name].sum()) for name in BLEU_COLUMNS}
    given, wanted = sums["bleu_length"], sums["bleu_reference"]
    matches = [sums[f"bleu_match_{n}"] for n in range(1, _ORDERS + 1)]
    totals = [sums[f"bleu_total_{n}"] for n in range(1, _ORDERS + 1)]
    if not any(matches) or not all(totals):
        return 0.0
    logs, smooth = 0.0, 1.0
    for match, total in zip(matches, totals, strict=True):
        if match == 0:
            smooth *= 2
            logs += math.log(1 / (smooth * total))
        else:
            logs += math.log(match / total)
    penalty = 1.0 if given >= wanted else math.exp(1 - wanted / given)
    return 100 * penalty * math.exp(logs / _ORDERS)


def chrf(columns: "Columns") -> float:
    """chrF2: the F-score (beta 2) of character n-grams up to six, averaged over the orders that
    occur on both sides."""
    precision = recall = 0.0
    orders = 0
    for n in range(1, _CHARACTERS + 1):
        given, wanted, match = (
            float(columns[f"chrf_{part}_{n}"].sum()) for part in ("given", "wanted", "match")
        )
        if given > 0 and wanted > 0:
            precision += match / given
            recall += match / wanted
            orders += 1
    if orders == 0 or precision + recall == 0:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return 100 * 5 * precision * recall / (4 * precision + recall)


def ter(columns: "Columns") -> float:
    """Edits (insert, delete, replace, shift) by words of the references, in hundredths."""
    edits, words = float(columns["ter_edits"].sum()), float(columns["ter_reference"].sum())
    if words > 0:
        return 100 * edits / words
    return 100.0 if edits else 0.0


@cache
def _comet(name: str) -> Any:
    """COMET of one sentence; the library loads its own models (a checkpoint's path, or a name)."""
    library = _library(name)
    path = name if name.endswith(".ckpt") else library.download_model(name)
    model = library.load_from_checkpoint(path)

    def rate(source: str, text: str, references: Sequence[str]) -> float:
        rows = [{"src": source, "mt": text, "ref": reference} for reference in references]
        found = model.predict(rows, batch_size=len(rows), gpus=0, progress_bar=False)
        return float(sum(found.scores) / len(found.scores))

    return rate
