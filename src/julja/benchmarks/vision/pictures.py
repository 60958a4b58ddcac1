"""A sample's picture, where the mirror has it: predictions are scored without it too."""

from collections.abc import Sequence
from pathlib import Path

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
        path = Path(home, folder, name)
        if path.is_file():
            try:
                return (keep(str(path)),), ""
            except DataError as error:
                return (), error.message
    return (), f"{NONE} ({home}/{folders[0]}/{name})"
