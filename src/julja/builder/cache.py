"""Keeps what a stage has computed, by a hash of all it depends on: a build goes on where it was."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from julja.errors import StoreError

Arrays = Mapping[str, NDArray[np.generic]]


class StageCache:
    """Arrays in files `<folder>/<stage>-<key>.npz`, each written whole or not at all."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder nothing is kept."""
        self.folder = folder

    def get(self, stage: str, key: str) -> Arrays | None:
        """What was kept; None when nothing was, or the file is damaged."""
        if self.folder is None:
            return None
        try:
            with np.load(self._path(stage, key), allow_pickle=False) as kept:
                return {name: kept[name] for name in kept.files}
        except (OSError, ValueError, BadZipFile, KeyError, EOFError):
            return None

    def put(self, stage: str, key: str, arrays: Arrays) -> None:
        """Keep arrays. They are on disk when this returns."""
        if self.folder is None:
            return
        path = self._path(stage, key)
        draft = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
                draft = Path(stream.name)
                np.savez(stream, **arrays)  # type: ignore[arg-type]
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        except OSError as error:
            if draft is not None:
                draft.unlink(missing_ok=True)
            raise StoreError(
                f"{path}: can't be written ({error.strerror}).",
                hint="Set JULJA_CACHE to a folder with room, or build with --no-cache.",
            ) from error

    def _path(self, stage: str, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{stage}-{key}.npz"
