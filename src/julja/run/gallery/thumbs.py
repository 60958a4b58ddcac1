"""The thumbnail of a sample's picture, or why there is none: nothing about it ends a report."""

from pathlib import Path

from julja.errors import JuljaError
from julja.pictures import is_here, is_same
from julja.report.vision.gallery import View
from julja.report.vision.thumbnails import Thumbnail, thumbnail
from julja.types import Media, Sample

ABSENT = "the picture is not on this machine"


def is_there(sample: Sample) -> bool:
    """True when one of the sample's pictures is a file on this machine."""
    return any(is_here(item) for item in sample.media)


def opened(sample: Sample) -> tuple[Thumbnail | None, str]:
    """The sample's first picture, small, or (None, why)."""
    return _opened(sample.media[0]) if sample.media else (None, ABSENT)


def views(sample: Sample) -> tuple[View, ...]:
    """All pictures of a sample, in their order."""
    found = []
    for item in sample.media:
        made, note = _opened(item)
        found.append(View(made, note=note))
    return tuple(found)


def _opened(media: Media) -> tuple[Thumbnail | None, str]:
    name = Path(media.path).name
    if media.kind == "video":
        return None, f"a clip ({media.mime}), which is not shown: {name}"
    if not is_here(media):
        return None, f"{ABSENT}: {name}"
    try:
        if not is_same(media):
            return None, f"the picture is no longer the one of the run: {name}"
        return thumbnail(media), ""
    except (JuljaError, OSError, ValueError, MemoryError):
        # The reason names where the file lies, which stays on this machine.
        return None, f"the picture can't be read: {name}"
