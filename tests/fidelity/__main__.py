"""`make fidelity`: recompute every published number and write docs/fidelity.md."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from julja.config import RunConfig
from julja.run.responses import score_responses
from julja.store.sqlite import Store
from tests.fidelity.claims import CLAIMS, Claim

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "fidelity.md"
HEAD = """\
# Fidelity

Published numbers that julja reproduces from recorded model outputs. Written by `make fidelity` from
the real files of the mirror; nothing here is typed by hand.

| task | metric | outputs | published | julja | difference | n | note |
|---|---|---|---|---|---|---|---|
"""


def results(mirror: Path, claims: tuple[Claim, ...] = CLAIMS) -> Iterator[tuple[Claim, Any]]:
    """Each claim with the metric that julja computes."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "julja.db")
        kept: dict[tuple[str, str], dict[str, Any]] = {}
        for claim in claims:
            key = (claim.task, claim.file)
            if key not in kept:
                config = RunConfig(tasks=(claim.task,), model="recorded", data=str(mirror))
                kept[key] = score_responses(config, mirror / claim.file, store).result
            metrics = kept[key]["results"][0]["metrics"]
            yield claim, metrics[claim.metric or next(iter(metrics))]
        store.close()


def line(claim: Claim, metric: dict[str, Any]) -> str:
    """One row of the page."""
    value = metric["value"]
    name = claim.metric or "(primary)"
    file = claim.file.rpartition("/")[2]
    note = "; ".join(filter(None, (claim.source, claim.note)))
    return (
        f"| {claim.task} | {name} | {file} | {claim.published:.{claim.places}f} |"
        f" {value:.{claim.places}f} | {value - claim.published:+.{claim.places}f} |"
        f" {metric['n']} | {note} |"
    )


def main() -> None:
    """Write the page; exit 1 when a number is off by more than its last printed digit."""
    mirror = Path(os.environ.get("JULJA_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not mirror.is_dir():
        sys.exit(f"no benchmark files in {mirror}: set JULJA_TEST_DATA to a mirror")
    found = list(results(mirror))
    PAGE.write_text(HEAD + "\n".join(line(*item) for item in found) + "\n", encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    off = [claim for claim, metric in found if not claim.holds(metric["value"])]
    if off:
        sys.exit("differs: " + ", ".join(f"{claim.task} {claim.metric}" for claim in off))


if __name__ == "__main__":
    main()
