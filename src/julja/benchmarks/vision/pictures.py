"""A sample's picture, where the mirror has it: predictions are scored without it too."""

import os
from collections.abc import Sequence

from julja.errors import DataError
from julja.pictures import keep
from julja.types import Media, Row

NONE = "the picture is not in the mirror"


def find_picture(row: Row, name: str, folders: Sequence[str]) -> tuple[tuple[Media, ...], str]:
    """(media, why there is none) of the picture `name` in the first of `folders` that has it.

    Folders lie below the benchmark's own in the mirror. A damaged picture is none: a run that has
    to show it makes the sample an error, and the reason says so.
    """
    home = row.get("_folder")
    if home is None:
        return (), NONE
    for folder in folders:
        path = place_of(str(home), folder, name)
        if os.path.isfile(path):  # noqa: PTH113 - as below
            try:
                return (keep(path),), ""
            except DataError as error:
                return (), error.message
    return (), f"{NONE} ({home}/{folders[0]}/{name})"


def place_of(home: str, folder: str, name: str) -> str:
    """HOME/FOLDER/NAME, where a folder "." is none; without pathlib, which is slow at 150,000."""
    if name.startswith("/"):
        return name
    return f"{home}/{name}" if folder == "." else f"{home}/{folder}/{name}"
