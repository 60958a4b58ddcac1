"""Sheets made by hand."""

import pytest

from julja.audit.judges.sheet import Entry, sheet_of


@pytest.fixture
def sheet():
    """Build a sheet of ratings given as dicts: item, rater, value, and more of an entry."""

    def made(rows, kind="pair", people=("human",)):
        entries = []
        for row in rows:
            row = {"rater": "judge", **row}
            item = str(row.pop("item"))
            models = row.get("model_a", ""), row.get("model_b", "")
            key = (item, "", *(sorted(models) if kind == "pair" else models[:1]))
            entries.append(
                Entry(
                    key=key,
                    item=item,
                    cluster=str(row.pop("cluster", item)),
                    person=row["rater"] in people,
                    **row,
                )
            )
        return sheet_of(entries, kind, labels=())

    return made
