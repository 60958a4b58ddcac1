"""Pictures as files that are known by their content: kept, checked, opened, sent.

A benchmark's picture comes as a path, bytes, a PIL image, a hub row {"bytes", "path"} or a URL;
`keep` makes `Media` of it. `open_rgb` is the one way in which engines and reports see a picture:
upright by its EXIF orientation, eight bits, RGB, and corrupted where it has a change. It needs
Pillow (the extra `vision`).
"""

import base64
import hashlib
import io
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from julja.corruptions import Recipe, corrupt
from julja.errors import ConfigError, DataError
from julja.places import cache_dir
from julja.types import Media

if TYPE_CHECKING:
    from PIL.Image import Image

# Larger pictures are refused: a file of a few kilobytes can unpack to gigabytes.
MOST_PIXELS = 200_000_000
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
# What the APIs of vision-language models take as it is.
SENDABLE = tuple(_MIME.values())
_ORIENTATION = 0x0112
_PLAIN = ("RGB", "L", "1", "P", "RGBA", "LA")
VIDEO = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/avi",
}


def pillow() -> Any:
    """Pillow's `Image` module, with its own limit on pixels set to ours."""
    try:
        from PIL import Image, ImageFile
    except ImportError as error:
        raise ConfigError(
            "pictures need Pillow, which is not installed.", hint="pip install 'julja[vision]'"
        ) from error
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return Image


def keep(source: object, *, place: str = "", folder: Path | None = None) -> Media:
    """The media of a picture or clip, checked; `place` says whose it is in an error.

    A file stays where it is; all else is written once into `folder` (julja's cache) under its hash.
    Raises `DataError` for what is missing, damaged, no picture, or too large.
    """
    if isinstance(source, Media):
        return source
    if isinstance(source, dict):
        source = source.get("bytes") or source.get("path") or ""
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        source = _fetch(source, place)
    if isinstance(source, str | os.PathLike):
        return _of_file(Path(source).expanduser(), place)
    if not isinstance(source, bytes | bytearray):
        source = _encoded(source, place)
    return _of_bytes(bytes(source), place, folder or cache_dir() / "media")


def _of_file(path: Path, place: str) -> Media:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{place or path}: the picture {path} can't be read: {error.strerror}.",
            hint="Put the benchmark's pictures where its rows say they are.",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    video = VIDEO.get(path.suffix.lower())
    if video:
        return Media(str(path), digest, video, "video")
    return Media(str(path), digest, _MIME.get(_check(data, place or str(path)), "image/other"))


def _of_bytes(data: bytes, place: str, folder: Path) -> Media:
    form = _check(data, place)
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest[:2] / f"{digest}.{_ENDINGS.get(form, 'img')}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.replace(path)
    return Media(str(path), digest, _MIME.get(form, "image/other"))


def _check(data: bytes, place: str) -> str:
    """The picture's format, after its whole structure was looked at."""
    image_module = pillow()
    try:
        with image_module.open(io.BytesIO(data)) as image:
            width, height = image.size
            form = str(image.format)
            if width * height > MOST_PIXELS:
                raise DataError(
                    f"{place}: the picture has {width} x {height} pixels; the most is"
                    f" {MOST_PIXELS:,}."
                )
            image.verify()
    except DataError:
        raise
    except image_module.DecompressionBombError as error:
        raise DataError(f"{place}: the picture is too large ({error}).") from error
    except Exception as error:  # Pillow raises whatever a format's reader stumbles over
        shown = "empty" if not data else f"{type(error).__name__}: {error}"
        raise DataError(f"{place}: no picture, or a damaged one ({shown}).") from error
    return form


def _encoded(source: object, place: str) -> bytes:
    if not hasattr(source, "save"):
        raise DataError(
            f"{place}: {type(source).__name__} is no picture.",
            hint="Give a path, bytes, a URL or a PIL image.",
        )
    out = io.BytesIO()
    source.save(out, format="PNG")
    return out.getvalue()


def _fetch(url: str, place: str) -> bytes:
    import httpx2

    try:
        answer = httpx2.get(url, timeout=30.0, follow_redirects=True)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise DataError(
            f"{place}: the picture {url} can't be fetched: {error}.",
            hint="Fetch it yourself, and give its path.",
        ) from error
    content: bytes = answer.content
    return content


def open_rgb(media: Media) -> "Image":
    """A picture, upright, as eight-bit RGB.

    EXIF orientation is applied; transparency is laid on white; 16-bit and float pictures are scaled
    to their own range of bits (65535 -> 255); CMYK and palettes are converted. Its change, where it
    has one, is made last. Raises `DataError`.
    """
    image_module = pillow()
    from PIL import ImageOps

    try:
        with image_module.open(media.file) as image:
            image.load()
            upright = ImageOps.exif_transpose(image)
    except Exception as error:  # as in `_check`
        raise DataError(
            f"{media.path}: the picture can't be read ({type(error).__name__}: {error})."
        ) from error
    plain = _to_rgb(upright)
    return corrupt(plain, Recipe.parse(media.change), media.sha256) if media.change else plain


def changed(media: Media, recipe: Recipe) -> Media:
    """A picture as it is after a corruption. One that can't be had stays as it is: no picture."""
    if not media.sha256:
        return media
    if media.kind != "image" or media.change:
        what = "a clip" if media.kind == "video" else "changed already"
        raise DataError(f"{media.path} is {what}: only a plain picture can be corrupted.")
    return Media(
        f"{media.path}#{recipe}", recipe.sha256_of(media.sha256), "image/png", change=str(recipe)
    )


def is_here(media: Media) -> bool:
    """True for a picture or clip whose file is on this machine."""
    return bool(media.sha256) and Path(media.file).is_file()


def is_same(media: Media) -> bool:
    """True where its file still has the content that the media is known by. Raises `OSError`."""
    content = hashlib.sha256(Path(media.file).read_bytes()).hexdigest()
    if media.change:
        content = Recipe.parse(media.change).sha256_of(content)
    return content == media.sha256


def size_of(media: Media) -> tuple[int, int]:
    """(height, width) of a picture as it is shown, upright. Raises `DataError`."""
    try:
        with pillow().open(media.file) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception as error:  # as in `_check`
        raise DataError(
            f"{media.path}: the picture can't be read ({type(error).__name__}: {error})."
        ) from error
    return (width, height) if turned else (height, width)


def _to_rgb(image: "Image") -> "Image":
    image_module = pillow()
    if image.mode == "RGB":
        return image
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        import numpy as np

        values = np.asarray(image, dtype=np.float64)
        top = 1.0 if image.mode == "F" and values.max(initial=0) <= 1 else 65535.0
        scaled = np.clip(values / top * 255.0, 0, 255).round().astype(np.uint8)
        made: Image = image_module.fromarray(scaled).convert("RGB")
        return made
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = image_module.new("RGBA", clear.size, (255, 255, 255, 255))
        flat: Image = image_module.alpha_composite(ground, clear).convert("RGB")
        return flat
    return image.convert("RGB")


@lru_cache(maxsize=64)
def data_url(media: Media) -> str:
    """A picture as `data:MIME;base64,…`, as APIs take it."""
    mime, text = encoded(media)
    return f"data:{mime};base64,{text}"


def encoded(media: Media, takes: Sequence[str] = SENDABLE) -> tuple[str, str]:
    """(MIME type, base64) of a picture or clip; `takes` are the types that may be sent as they are.

    A picture that not every server shows alike (turned by its EXIF orientation, CMYK, 16 bits, or
    of another type) or that has a change is sent as `open_rgb` sees it: a JPEG as JPEG, all else as
    PNG.
    """
    if media.kind == "video" or (media.mime in takes and _is_plain(media)):
        try:
            data = Path(media.file).read_bytes()
        except OSError as error:
            raise DataError(f"{media.path} can't be read: {error.strerror}.") from error
        return media.mime, base64.b64encode(data).decode("ascii")
    out = io.BytesIO()
    jpeg = media.mime == "image/jpeg" and "image/jpeg" in takes
    if jpeg:
        open_rgb(media).save(out, format="JPEG", quality=95, subsampling=0)
    else:
        open_rgb(media).save(out, format="PNG")
    mime = "image/jpeg" if jpeg else "image/png"
    return mime, base64.b64encode(out.getvalue()).decode("ascii")


def _is_plain(media: Media) -> bool:
    """True for a picture that looks the same to whoever ignores EXIF and colour spaces."""
    if media.change:
        return False
    try:
        with pillow().open(media.file) as image:
            turned = image.getexif().get(_ORIENTATION, 1) != 1
            return image.mode in _PLAIN and not turned
    except Exception as error:  # as in `_check`
        raise DataError(
            f"{media.path}: the picture can't be read ({type(error).__name__}: {error})."
        ) from error
