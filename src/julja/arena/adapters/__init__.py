"""Battles from other people's files: the format is told from the rows, not from the name.

found = read_battles(["battles.jsonl.gz", "annotations.json"])
found.table          # Battles
"""

from julja.arena.adapters.common import Settings
from julja.arena.adapters.read import FORMATS, Found, read_battles

__all__ = ["FORMATS", "Found", "Settings", "read_battles"]
