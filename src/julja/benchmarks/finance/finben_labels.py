"""What is known of the labels of FinBen's sets: where they come from, and who checked them."""

_UNCHECKED = "no audit of them is published."
_PRICES = f"Labels are computed from prices; {_UNCHECKED}"
_RECORDS = f"Labels come from business records, not from annotators; {_UNCHECKED}"
_PEOPLE = f"Labels are people's; {_UNCHECKED}"
_OF_ANOTHER = "Those of the set that it is taken from: see the task {}."

_LABELS = {
    **dict.fromkeys(("acl18", "bigdata22", "cikm18"), _PRICES),
    **dict.fromkeys(
        (
            "australian",
            "ccf",
            "ccfraud",
            "german",
            "lendingclub",
            "polish",
            "portoseguro",
            "taiwan",
            "travel",
        ),
        _RECORDS,
    ),
    **{name: _OF_ANOTHER.format(name) for name in ("convfinqa", "finqa", "fpb", "tatqa")},
    "cfa": "Keys are those of the exam questions; no audit of them is published.",
    "ectsum": f"Labels rest on bullet points that experts of Reuters wrote; {_UNCHECKED}",
    "edtsum": "The reference is the article's own headline: another good one counts in part only.",
    "finer_ord": "One annotator alone labelled the test set, by a written guide.",
    "fnxl": f"Labels are the tags of the companies' own filings; {_UNCHECKED}",
    "ner": "The authors of FiNER-ORD (Shah et al., 2023) find its labels one-sided.",
}


def label_errors(name: str) -> str:
    """The sentence of a set's card; `name` is its own below finben_."""
    return _LABELS.get(name, _PEOPLE)
