"""WMT: the shared tasks of machine translation, scored by BLEU, chrF2 and TER.

wmt22, wmt23: the general task (Kocmi et al., 2022, https://aclanthology.org/2022.wmt-1.1; 2023,
https://aclanthology.org/2023.wmt-1.1), files of wmt-conference/wmtYY-news-systems: txt/sources,
txt/references, txt/system-outputs. wmt14, wmt16: the news tasks (Bojar et al., 2014, 2016), as on
the hub. Official automatic scores: that repository's tools/generate_automatic_scores.py (sacreBLEU;
COMET is primary).
"""

from collections.abc import Mapping, Sequence

from julja.errors import ConfigError, DataError, did_you_mean
from julja.scoring.translation import translated
from julja.tasks.task import Card, Check, Form, Task, task
from julja.types import Decoding, Row, Sample, Source

LANGUAGES = {
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "hr": "Croatian",
    "he": "Hebrew",
    "is": "Icelandic",
    "ja": "Japanese",
    "liv": "Livonian",
    "ro": "Romanian",
    "ru": "Russian",
    "sah": "Yakut",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
PAIRS = {
    # The hub has a config for each language with English, whose test set is of both directions.
    "wmt14": (
        *("cs-en", "de-en", "fr-en", "hi-en", "ru-en"),
        *("en-cs", "en-de", "en-fr", "en-hi", "en-ru"),
    ),
    "wmt16": (
        *("cs-en", "de-en", "fi-en", "ro-en", "ru-en", "tr-en"),
        *("en-cs", "en-de", "en-fi", "en-ro", "en-ru", "en-tr"),
    ),
    "wmt22": (
        *("cs-en", "cs-uk", "de-en", "de-fr", "en-cs", "en-de", "en-hr", "en-ja", "en-liv"),
        *("en-ru", "en-uk", "en-zh", "fr-de", "ja-en", "liv-en", "ru-en", "ru-sah", "sah-ru"),
        *("uk-cs", "uk-en", "zh-en"),
    ),
    "wmt23": (
        *("cs-uk", "de-en", "en-cs", "en-de", "en-he", "en-ja", "en-ru", "en-uk", "en-zh"),
        *("he-en", "ja-en", "ru-en", "uk-en", "zh-en"),
    ),
}
# BLEU's tokeniser by target language (generate_automatic_scores.py).
TOKENIZERS = {"zh": "zh", "ja": "ja-mecab", "ko": "ko-mecab"}
_PROMPT = (
    "Translate this text from {{ source_language }} to {{ target_language }}. Give only the"
    " translation.\n{{ source_language }}: {{ input }}\n{{ target_language }}:"
)


@task
def wmt22(pair: str = "de-en", refs: str = "all", comet: str = "", ter: bool = True) -> Task:
    """The general task of 2022, one language pair. `refs`: all references, or one (A, B)."""
    return _general("wmt22", "generaltest2022", pair, refs, comet, ter)


@task
def wmt23(pair: str = "de-en", refs: str = "all", comet: str = "", ter: bool = True) -> Task:
    """The general task of 2023, one language pair, as wmt22."""
    return _general("wmt23", "generaltest2023", pair, refs, comet, ter)


def _general(name: str, stem: str, pair: str, refs: str, comet: str, ter: bool) -> Task:
    checked(name, pair)
    return Task(
        name=name,
        mirror="wmt",
        rows=Source(
            split="test",
            files=(f"{name}/txt/[rs][eo]*/{stem}.{pair}.[rs]*",),
            join=lambda texts: aligned(texts, pair, refs),
        ),
        sample=lambda row: to_sample(row, pair),
        forms={"generate": _form(pair, comet, ter)},
        params={"pair": pair, "refs": refs, "comet": comet, "ter": ter},
        card=CARDS[name],
        checks=checks(pair),
    )


def _form(pair: str, comet: str, ter: bool) -> Form:
    target = pair.partition("-")[2]
    return Form(
        prompt=_PROMPT,
        decoding=Decoding(max_tokens=1024),
        scorer=translated(TOKENIZERS.get(target, "13a"), comet, edits=ter),
    )


def checked(name: str, pair: str) -> None:
    """Raise for a language pair that the year doesn't have."""
    if pair not in PAIRS[name]:
        near = did_you_mean(pair, PAIRS[name])
        raise ConfigError(
            f"{name} has no pair {pair!r}.", hint=near or f"It has {', '.join(PAIRS[name])}."
        )


def aligned(texts: Mapping[str, Sequence[Row]], pair: str, refs: str) -> Sequence[Row]:
    """Rows {translation, references} of a source file and its reference files, line by line."""
    source, target = pair.split("-")
    names = {name.split(".")[-2]: name for name in texts if ".ref." in name}
    chosen = sorted(names) if refs == "all" else [refs]
    if not names or any(ref not in names for ref in chosen):
        raise DataError(
            f"the pair {pair} has the references {', '.join(sorted(names)) or 'none'}; wanted"
            f" was {refs}.",
            hint="refs=all, or one of them: refs=A.",
        )
    sources = next((lines for name, lines in texts.items() if ".src." in name), None)
    if sources is None:
        raise DataError(f"the pair {pair} has no file of sources (*.src.{source}).")
    columns = [texts[names[ref]] for ref in chosen]
    lengths = {names[ref]: len(lines) for ref, lines in zip(chosen, columns, strict=True)}
    if any(length != len(sources) for length in lengths.values()):
        raise DataError(
            f"the sources of {pair} have {len(sources)} lines, the references {lengths}.",
            hint="A file is cut, or of another test set.",
        )
    return [
        {
            "translation": {source: line["text"], target: references[0]["text"]},
            "references": [reference["text"] for reference in references],
        }
        for line, *references in zip(sources, *columns, strict=True)
    ]


def to_sample(row: Row, pair: str) -> Sample:
    """A row {translation: {src, tgt}} of the hub, with all references where there are several."""
    source, target = pair.split("-")
    texts = row["translation"]
    return Sample(
        "",
        str(texts[source]),
        target=tuple(map(str, row.get("references") or [texts[target]])),
        fields={"source_language": LANGUAGES[source], "target_language": LANGUAGES[target]},
    )


@task
def wmt14(pair: str = "de-en", comet: str = "", ter: bool = True) -> Task:
    """The news test set of 2014, from or into English; HELM Lite takes it into English."""
    return _news("wmt14", "b199e406369ec1b7634206d3ded5ba45de2fe696", pair, comet, ter)


@task
def wmt16(pair: str = "de-en", comet: str = "", ter: bool = True) -> Task:
    """The news test set of 2016, from or into English."""
    return _news("wmt16", "41d8a4013aa1489f28fea60ec0932af246086482", pair, comet, ter)


def _news(name: str, revision: str, pair: str, comet: str, ter: bool) -> Task:
    checked(name, pair)
    other = pair.removeprefix("en-").removesuffix("-en")
    return Task(
        name=name,
        mirror="wmt",
        rows=Source(
            split="test",
            hub=f"wmt/{name}",
            config=f"{other}-en",
            revision=revision,
            files=(f"{name}/[rs][eo]*/newstest20{name[3:]}.{pair}.[rs]*",),
            join=lambda texts: aligned(texts, pair, "all"),
        ),
        sample=lambda row: to_sample(row, pair),
        forms={"generate": _form(pair, comet, ter)},
        params={"pair": pair, "comet": comet, "ter": ter},
        card=CARDS[name],
        checks=checks(pair),
    )


_GENERAL = (
    "All references count together (refs=all), which raises BLEU by half: say which. Translations "
    "into Japanese need mecab (pip install 'sacrebleu[ja]'). "
)
_NEWS = (
    "There is one reference. Papers before sacreBLEU scored texts that were tokenised, some of "
    "them Romanian without its diacritics: their BLEU is another number. "
)
_BOTH_WAYS = (
    "Half of the sentences were written in the target language and translated (until 2018 one set "
    "served both directions), and are easier."
)


def _card(year: str, paper: str, rows: int, pairs: Sequence[str], *, news: bool = False) -> Card:
    return Card(
        title=f"WMT{year}",
        summary=f"Sentences translated between languages; {len(pairs)} pairs, chosen by pair=.",
        abilities=("translation",),
        languages=tuple(sorted({part for pair in pairs for part in pair.split("-")})),
        paper=paper,
        licence="research use, see the conference",
        official_scorer="sacreBLEU; wmt-conference: tools/generate_automatic_scores.py",
        saturation="BLEU and chrF no longer rank the best systems as people do; COMET does better.",
        contamination="References are on the web within the year.",
        label_errors=_BOTH_WAYS
        if news
        else "References are of different quality; some are post-edited machine output.",
        notes=(_NEWS if news else _GENERAL)
        + "BLEU's tokeniser follows the target language, sacreBLEU's settings are in the signature."
        " comet=MODEL adds COMET where unbabel-comet is installed; ter=false leaves out TER, which "
        "is slow. rows is that of the pair de-en.",
        rows=rows,
    )


CARDS = {
    "wmt14": _card("14 news", "https://aclanthology.org/W14-3302", 3003, PAIRS["wmt14"], news=True),
    "wmt16": _card("16 news", "https://aclanthology.org/W16-2301", 2999, PAIRS["wmt16"], news=True),
    "wmt22": _card("22 general", "https://aclanthology.org/2022.wmt-1.1", 1984, PAIRS["wmt22"]),
    "wmt23": _card("23 general", "https://aclanthology.org/2023.wmt-1.1", 549, PAIRS["wmt23"]),
}


def checks(pair: str) -> tuple[Check, ...]:
    """Self-checks: a reference is perfect, an empty or foreign answer is not."""
    source, target = pair.split("-")
    row = {"translation": {source: "eins zwei drei vier", target: "one two three four"}}
    return (
        Check(row, "one two three four", 1.0),
        Check(row, "one two\nthree four\n", 1.0),
        Check(row, "", 0.0),
        Check(row, "qwertz", 0.0),
    )
