"""Who votes in this terminal: a random secret in the user's settings, one for each name."""

import os
import re
from pathlib import Path

from julja.arena.votes import new_token
from julja.errors import ConfigError
from julja.places import config_dir


def voter_token(name: str) -> str:
    """The secret of a voter by this name on this machine, made on first use.

    Raises `ConfigError` for a name that is no file name, or a place that can't be written.
    """
    if not re.fullmatch(r"[\w.@-]{1,64}", name) or name.startswith("."):
        raise ConfigError(
            f"--voter {name!r}: is no name.", hint="Use letters, digits, - and _: --voter jiwoo"
        )
    path = config_dir() / "voters" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _kept(path) or _made(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the voter's file {path} can't be used: {error}.",
            hint="Set XDG_CONFIG_HOME to a folder that can be written.",
        ) from error


def _kept(path: Path) -> str | None:
    return (path.read_text(encoding="ascii").strip() or None) if path.is_file() else None


def _made(path: Path) -> str:
    """A new secret, whole or not at all; of two processes at once the first one's is kept."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(new_token() + "\n", encoding="ascii")
    draft.chmod(0o600)
    try:
        os.link(draft, path)
    except OSError:
        # Somebody else was first; or the file is empty, or this file system knows no links.
        if not _kept(path):
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
