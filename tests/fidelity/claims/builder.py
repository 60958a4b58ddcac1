"""Arena-Hard's published structure, read as BenchBuilder reads prompts."""

from collections import Counter
from pathlib import Path

from julja.builder.ingest import ingest
from julja.builder.read import iter_rows
from julja.builder.settings import BuildConfig
from tests.fidelity.claim import Claim

V1 = "judge/lmarena__arena-hard-auto/data/arena-hard-v0.1/question.jsonl.gz"
V2 = "judge/lmarena__arena-hard-auto/data/arena-hard-v2.0/question.jsonl.gz"
PAPER = "Li et al. 2024 (arXiv:2406.11939): 250 clusters x 2 prompts"
README = "arena-hard-auto README: 500 hard (253 coding, 247 math), 250 creative prompts"


def _counts(mirror: Path, file: str, field: str) -> Counter[str]:
    config = BuildConfig(sources=(file,), name="n", keep_fields=(field,), language="any")
    found = ingest(file, iter_rows(str(mirror / file), (field,)), config)
    return Counter(str(prompt.fields[field]) for prompt in found.prompts)


def _clusters(mirror: Path) -> tuple[float, int]:
    counts = _counts(mirror, V1, "cluster")
    return float(len(counts)), counts.total()


def _each(mirror: Path) -> tuple[float, int]:
    """Prompts of a cluster: the fewest, which are the most too, or it is no structure."""
    counts = _counts(mirror, V1, "cluster")
    same = min(counts.values()) == max(counts.values())
    return float(min(counts.values())) if same else float("nan"), counts.total()


def _coding(mirror: Path) -> tuple[float, int]:
    counts = _counts(mirror, V2, "subcategory")
    return float(counts["coding"]), counts.total()


def _maths(mirror: Path) -> tuple[float, int]:
    counts = _counts(mirror, V2, "subcategory")
    return float(counts["math"]), counts.total()


CLAIMS: tuple[Claim, ...] = (
    Claim("build", V1, "clusters", 250, 0, PAPER, compute=_clusters),
    Claim("build", V1, "prompts of each cluster", 2, 0, PAPER, compute=_each),
    Claim("build", V2, "coding prompts", 253, 0, README, compute=_coding),
    Claim("build", V2, "math prompts", 247, 0, README, compute=_maths),
)
