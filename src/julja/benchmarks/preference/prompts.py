"""The judges' prompts of this folder's protocols, which fix them word for word (`prompts.toml`)."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("prompts.toml").read_text(encoding="utf-8"))


def prompt(protocol: str, name: str) -> str:
    """One text of a protocol: `prompt("mt_bench", "single-v1")`."""
    return _all()[protocol][name]
