"""BERTScore as a plug-in: how well a text's words match its reference's in a model's embeddings.

Zhang et al., BERTScore: Evaluating Text Generation with BERT, ICLR 2020,
https://arxiv.org/abs/1904.09675. The library `bert-score` computes it and loads the model itself.
Every word takes its best match on the other side: precision over the text's words, recall over the
reference's, F1 of both. Without weights by rarity (idf), as the library does by default.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

from julja.errors import ConfigError
from julja.types import Json

_LIBRARY = "bert-score"
_loading = Lock()


@dataclass(frozen=True, slots=True)
class BertScore:
    """BERTScore by one model.

    `model` is a hub name or a folder of an encoder, perhaps with the layer that is compared:
    `bert-base-multilingual-cased`, `models/my-bert#9`. Without one the library's own table says
    which (the layer that agreed best with people's ratings in WMT16). `rescale` moves the scores by
    the library's baseline of the model in `language`: then 0 is what two unrelated sentences get,
    and a worse text is below 0.
    """

    model: str
    rescale: bool = False
    language: str = "en"

    @property
    def args(self) -> Mapping[str, Json]:
        """What could change the score: for a scorer's arguments."""
        return {
            "bertscore": self.model,
            "rescale": self.rescale,
            "language": self.language,
            "signature": self.signature,
        }

    @property
    def signature(self) -> str:
        """The library's own name of the settings (its `hash`)."""
        name, _, layer = self.model.partition("#")
        rescaled = "-rescaled" if self.rescale else ""
        libraries = f"version={_version(_LIBRARY)}(hug_trans={_version('transformers')})"
        return f"{name}_L{layer or _layer(name)}_no-idf_{libraries}{rescaled}"

    def ready(self) -> None:
        """Raise a `ConfigError` where the library, the model or its baseline is missing."""
        with _loading:
            _load(self)

    def f1(self, text: str, references: Sequence[str]) -> float:
        """F1 of a text against the reference that fits best; 0 for a text without words."""
        if not text.strip():
            return 0.0
        with _loading:
            scorer = _load(self)
        _, _, found = scorer.score([text], [list(references)])
        return float(found[0])


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _library() -> Any:
    try:
        return importlib.import_module("bert_score")
    except ImportError as error:
        raise ConfigError(
            f"BERTScore needs the library {_LIBRARY} ({error}).", hint=f"pip install {_LIBRARY}"
        ) from error


def _layer(name: str) -> str:
    """The layer that the library compares for a model, or `default` where that can't be told."""
    try:
        return str(_library().utils.model2layers.get(name, "default"))
    except ConfigError:
        return "default"


@cache
def _load(wanted: BertScore) -> Any:
    library = _library()
    name, _, layer = wanted.model.partition("#")
    if layer and not layer.isdecimal():
        raise ConfigError(
            f"the layer of bertscore={wanted.model} is no number.", hint=f"bertscore={name}#9"
        )
    if not layer and name not in library.utils.model2layers:
        raise ConfigError(
            f"{_LIBRARY} doesn't know which layer of {name} to compare.",
            hint=f"Name it: bertscore={name}#9, or take bert-base-multilingual-cased.",
        )
    try:
        scorer = library.BERTScorer(
            model_type=name,
            num_layers=int(layer) if layer else None,
            lang=wanted.language,
            rescale_with_baseline=wanted.rescale,
        )
    except (OSError, ValueError, AssertionError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConfigError(
            f"the model of bertscore={wanted.model} can't be loaded: {reason}",
            hint="Name a folder, or a hub model (which must be in HF_HOME without the network).",
        ) from error
    if wanted.rescale and not Path(scorer.baseline_path).is_file():
        raise ConfigError(
            f"{_LIBRARY} has no baseline of {name} in the language {wanted.language!r}.",
            hint="Leave out rescale=true.",
        )
    return scorer
