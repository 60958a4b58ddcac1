"""Models of pictures in this process: `onnx/…`, `timm/…`, `torchvision/…`, `hf-image/…`.

See `engine` for what they share and `preprocess` for how a picture becomes numbers.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from julja.errors import ConfigError
from julja.models.registry import EngineOptions
from julja.pictures import pillow

if TYPE_CHECKING:
    from julja.models.vision.engine import PictureEngine


def open_onnx(name: str, options: EngineOptions) -> "PictureEngine":
    """Open `onnx/FILE`: classes, objects or regions, by onnxruntime."""
    return _open("onnx_file", "onnx", ("onnxruntime",), name, options)


def open_timm(name: str, options: EngineOptions) -> "PictureEngine":
    """Open `timm/NAME`: a classifier."""
    return _open("timm_model", "timm", ("torch", "timm"), name, options)


def open_torchvision(name: str, options: EngineOptions) -> "PictureEngine":
    """Open `torchvision/NAME`: classes, objects or regions."""
    return _open("torchvision_model", "torchvision", ("torch", "torchvision"), name, options)


def open_hf_image(name: str, options: EngineOptions) -> "PictureEngine":
    """Open `hf-image/NAME`: classes, objects or regions, by transformers."""
    return _open("hf_model", "hf-image", ("torch", "transformers"), name, options)


def _open(
    module: str, provider: str, needs: tuple[str, ...], name: str, options: EngineOptions
) -> "PictureEngine":
    pillow()
    for library in needs:
        try:
            import_module(library)
        except ImportError as error:
            raise ConfigError(
                f"{provider}/{name} needs {' and '.join(needs)} ({error}).",
                hint=f"pip install {' '.join(needs)}",
            ) from error
        except RuntimeError as error:
            # What torchvision's compiled part says beside a torch that it was not built for.
            raise ConfigError(
                f"{provider}/{name}: {library} can't be imported ({error}).",
                hint="torch and torchvision don't fit each other: install both from one index.",
            ) from error
    opened: PictureEngine = import_module(f"{__name__}.{module}").open_engine(name, options)
    return opened
