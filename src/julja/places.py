"""Where julja keeps what it downloads, and what is the user's own."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """The folder of downloads: JULJA_CACHE, else XDG_CACHE_HOME/julja, else ~/.cache/julja."""
    named = os.environ.get("JULJA_CACHE")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "julja"


def config_dir() -> Path:
    """The folder of the user's own settings: XDG_CONFIG_HOME/julja, else ~/.config/julja."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "julja"
