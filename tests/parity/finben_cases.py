"""FinBen: rows and answers drawn at random, the same for julja and for PIXIU's own code.

Nothing of julja is imported here: what PIXIU makes of the same cases was computed apart from it.
"""

import random
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
Case = tuple[Row, str]
COUNT = 400

# The choices as the hub's rows write them; of the long lists (topics, issues) stand-ins.
_FEELINGS = ("positive", "neutral", "negative")
_MOVES, _CREDIT, _RISK = ("Rise", "Fall"), ("good", "bad"), ("yes", "no")
CHOICES = {
    "fpb": _FEELINGS,
    "fiqasa": _FEELINGS,
    "fomc": ("hawkish", "dovish", "neutral"),
    "finarg_auc": ("premise", "claim"),
    "finarg_arc": ("support", "attack", "other"),
    "multifin": ("Finance", "Technology", "Tax & Accounting", "Business", "Industry"),
    "ma": ("complete", "rumour"),
    "mlesg": ("Access to Finance", "Biodiversity", "Board", "Carbon Emissions", "Privacy", "Toxic"),
    "causal": ("noise", "causal"),
    "cfa": ("A", "B", "C"),
    "bigdata22": _MOVES,
    "acl18": _MOVES,
    "cikm18": _MOVES,
    "german": _CREDIT,
    "australian": _CREDIT,
    "lendingclub": _CREDIT,
    "ccf": _RISK,
    "ccfraud": _RISK,
    "polish": _RISK,
    "taiwan": _RISK,
    "portoseguro": _RISK,
    "travel": _RISK,
}
# Of these tasks some choices are never right here, but are answered.
NEVER_RIGHT = {"multifin": 1, "mlesg": 2}
TAGS = {
    "finer_ord": ("PER", "LOC", "ORG"),
    "cd": ("CAUSE", "EFFECT"),
    "fsrl": ("QUANT", "TIME", "VALUE", "AGENT", "REF_TIME"),
    "fnxl": ("InterestExpense", "DebtInstrumentFairValue", "GoodwillAcquiredDuringPeriod"),
}
_NOUNS = (
    *("Orrin", "ferry", "loan", "rate", "dam", "Oslo", "bond", "Selby", "Bank", "2019", "price"),
    *("tax", "of", "the", "note"),
)
_SAID = ("{}", "It is {}.", " {}\n", "{} or {}", "not {} but {}", "Answer: {}", "{}, I think")
_OTHERS = ("", "?", "Yes, it is.", "no", "POSITIVE", "unknown", "a negative view", "B")


def classified(task: str) -> Iterator[Case]:
    """Rows {choices, gold} and answers that name one, two or none of the choices."""
    rng = random.Random(f"finben/{task}")
    choices = CHOICES[task]
    right = range(len(choices) - NEVER_RIGHT.get(task, 0))
    for number in range(COUNT):
        gold = rng.choice(right)
        words = [rng.choice(choices), rng.choice(choices)]
        if rng.random() < 0.4:
            words[0] = choices[gold]
        words = [rng.choice((word, word.lower(), word.upper())) for word in words]
        text = rng.choice(_OTHERS) if rng.random() < 0.15 else rng.choice(_SAID).format(*words)
        row = {"choices": list(choices), "gold": gold, "answer": choices[gold]}
        yield {"id": f"{task}{number}", "query": "Which?", **row}, text


def tagged(task: str) -> Iterator[Case]:
    """Rows {token, label} and answers of a line "word:tag" each, many of them damaged."""
    rng = random.Random(f"finben/{task}")
    begins = task == "fnxl"  # it has no I- tags
    known = ["O", "O", *(f"{p}-{kind}" for kind in TAGS[task] for p in ("B" if begins else "BI"))]
    for number in range(COUNT):
        words = [rng.choice(_NOUNS) for _ in range(rng.randint(2, 9))]
        gold = [rng.choice(known) for _ in words]
        lines = []
        for word, tag in zip(words, gold, strict=True):
            said = tag if rng.random() < 0.6 else rng.choice(known)
            line = f"{word}:{said}"
            if rng.random() < 0.12:
                line = rng.choice((f"{word}: {said}", f"{word}", f"{line}:x", f"x{line}", ""))
            lines.append(line)
        if rng.random() < 0.1:
            lines = lines[: rng.randint(0, len(lines))]
        if rng.random() < 0.1:
            lines += ["and:O", f"{words[0]}:{gold[0]}"]
        answer = "\n".join(f"{w}:{t}" for w, t in zip(words, gold, strict=True))
        row = {"id": f"{task}{number}", "query": "Tag.", "answer": answer}
        yield {**row, "token": words, "label": gold}, "\n".join(lines)


def named() -> Iterator[Case]:
    """Rows {text, label} of entities, and answers of lines "entity, TYPE"."""
    rng = random.Random("finben/ner")
    kinds = ("PER", "ORG", "LOC")
    for number in range(COUNT):
        words = [rng.choice(_NOUNS) for _ in range(rng.randint(3, 12))]
        gold, lines, place = ["O"] * len(words), [], 0
        while place < len(words):
            long, kind = rng.randint(1, 3), rng.choice(kinds)
            if rng.random() < 0.3:
                entity = " ".join(words[place : place + long])
                gold[place : place + long] = [f"{p}-{kind}" for p in "BII"[:long]][
                    : len(words) - place
                ]
                lines.append(_entity_line(rng, entity, kind if rng.random() < 0.8 else "PER"))
            place += long
        if rng.random() < 0.3:
            lines.append(_entity_line(rng, rng.choice(words), rng.choice(kinds)))
        row = {"id": f"ner{number}", "query": "Name.", "answer": "none", "text": " ".join(words)}
        yield {**row, "label": gold}, "\n".join(lines)


def _entity_line(rng: random.Random, entity: str, kind: str) -> str:
    if rng.random() < 0.2:
        damaged = (entity[1:], entity[:-1], entity.upper(), "", f"{entity}, Ltd")
        entity = rng.choice(damaged)
    return rng.choice(("{}, {}",) * 7 + ("{},{}", "{}, ", "- {}, {}", "{}")).format(entity, kind)


def headlines() -> Iterator[Case]:
    """Rows of five kinds of questions to be answered Yes or No."""
    rng = random.Random("finben/headlines")
    kinds = ("price", "up", "down", "past", "future")
    said = ("Yes", "No", " Yes\n", "yes", "No.", "Yes, it is", "")
    for number in range(COUNT):
        gold = rng.randrange(2)
        text = ("Yes", "No")[gold] if rng.random() < 0.5 else rng.choice(said)
        row = {"choices": ["Yes", "No"], "gold": gold, "answer": ("Yes", "No")[gold]}
        kind = rng.choice(kinds)
        yield {"id": f"h{number}", "query": "Is it?", "label_type": kind, **row}, text


def answered(task: str) -> Iterator[Case]:
    """Rows whose answer is a text, mostly a number."""
    rng = random.Random(f"finben/{task}")
    golds = ("0.5", "12.3", "yes", "-4", "1,200", "0.12345", "94")
    for number in range(COUNT):
        gold = rng.choice(golds)
        said = rng.choice(golds) if rng.random() < 0.5 else gold
        text = rng.choice(("{}", " {} ", "{}\n", "{}%", "Answer: {}", "{}0")).format(said)
        yield {"id": f"{task}{number}", "query": "How much?", "answer": gold}, text


def rated() -> Iterator[Case]:
    """Rows whose answer is a number from -1 to 1; no answer is negative: there PIXIU differs."""
    rng = random.Random("finben/tsa")
    said = (
        "{:.2f}",
        "The score is {:.3f}.",
        "{:.1f} of 5",
        "none\n{:.2f}",
        "high",
        "{:.0f}",
        "{}5",
    )
    for number in range(COUNT):
        gold = round(rng.uniform(-1, 1), 3)
        text = rng.choice(said).format(rng.uniform(0, 1.4))
        yield {"id": f"t{number}", "query": "How good?", "answer": gold}, text


def summarised() -> Iterator[Case]:
    """Rows whose answer is a headline."""
    rng = random.Random("finben/edtsum")
    more = ("Grew", "grew,", "5%", "U.S.", "rate-cut", "naïve", "(loss)")
    for number in range(COUNT // 2):
        words = [rng.choice((*_NOUNS, *more)) for _ in range(rng.randint(3, 14))]
        said = [rng.choice((word, word.upper(), rng.choice(_NOUNS))) for word in words]
        if rng.random() < 0.3:
            rng.shuffle(said)
        text = "\n".join((" ".join(said[:5]), " ".join(said[5:])))
        yield {"id": f"e{number}", "query": "Summarise.", "answer": " ".join(words)}, text


def marked() -> Iterator[Case]:
    """Rows {text, label} of lines that stay, and answers of a 0 or 1 a line."""
    rng = random.Random("finben/ectsum")
    for number in range(COUNT // 2):
        count = rng.randint(2, 6)
        lines = [" ".join(rng.choice(_NOUNS) for _ in range(5)) for _ in range(count)]
        label = [1, *(rng.randrange(2) for _ in range(count - 1))]
        marks = [str(rng.randrange(2)) for _ in range(rng.randint(1, count))]
        row = {"id": f"c{number}", "query": "Mark.", "text": "\n".join(lines), "label": label}
        yield row, "\n".join(["1", *marks[1:]])
