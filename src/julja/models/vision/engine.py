"""What all models of pictures share: decode ahead, batch, halve the batch, name the classes.

A subclass loads weights, says how a picture becomes numbers (`preprocess`) and what its outputs are
called (`labels`), and runs a batch; one model answers one kind of request: `classify` (class
scores), `detect` (objects, with masks where it makes them) or `segment` (a label map).

Model arguments (`-M`) of all of them: `labels` (a file with one label a line, or a JSON list or
{place: label}; or `imagenet`), `batch_size`, `device` (not onnx), and the preprocessing where it is
julja's to do: `size`, `fit`, `resize`, `interpolation`, `channels`, `scale`, `mean`, `std`, `pad`.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from julja.errors import DataError, ProviderError
from julja.likelihoods import Likelihoods
from julja.models.checks import Finding
from julja.models.engine import Ability
from julja.models.hf.thread import Answered, ThreadedModel
from julja.models.hosted import unable
from julja.models.labels import places_of
from julja.models.predicted import map_text, respelled
from julja.models.registry import EngineOptions, check_extra, read_number
from julja.models.vision import preprocess as steps
from julja.models.vision.labels import Labels, imagenet_labels, read_labels
from julja.models.vision.outputs import first_line, free_memory, log_scores, ran_out
from julja.models.vision.stream import made_ahead, workers
from julja.pictures import open_rgb
from julja.predictions import write_detections
from julja.signature import digest
from julja.types import Media, Request, Response

_SHARED = frozenset({"labels", "batch_size"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One request with its picture's numbers, or why there are none."""

    index: int
    request: Request
    prepared: Any = None
    size: tuple[int, int] = (0, 0)
    nbytes: int = 0
    error: ProviderError | None = None


class PictureEngine(ThreadedModel):
    """One model of pictures; see the module."""

    provider: ClassVar[str]
    own: ClassVar[frozenset[str]] = frozenset()
    preprocess: steps.Preprocess | None = None
    own_preprocess: steps.Preprocess | None = None

    def __init__(self, name: str, options: EngineOptions, ability: Ability) -> None:
        super().__init__()
        check_extra(self.provider, options.extra, {*_SHARED, *self.own})
        self.name = f"{self.provider}/{name}"
        self.ability = ability
        self._extra = options.extra
        self._shrunk = 0

    @property
    def abilities(self) -> frozenset[Ability]:
        """The one kind of request that the model was made for."""
        return frozenset({self.ability, "images"})

    @cached_property
    def labels(self) -> Labels:
        """All names of each output: of `-M labels=`, else the model's own."""
        given = self._extra.get("labels")
        if given is None:
            return self._own_labels()
        return imagenet_labels() if given == "imagenet" else read_labels(str(given))

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Weights, preprocessing, labels, libraries: all that can change a number."""
        told = {"engine": self.provider, "name": self.name, **self._identity()}
        if self.preprocess is not None:
            told["preprocess"] = self.preprocess.describe()
        if self._extra.get("labels") is not None:
            told["labels"] = digest([list(names) for names in self.labels], 8)
        return told

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know."""
        said = []
        if self.preprocess is not None and self.own_preprocess is not None:
            changes = steps.differs(self.own_preprocess, self.preprocess)
            said += (
                [f"{self.name}: preprocessing changed, {', '.join(changes)}."] if changes else []
            )
        if self.ability == "classify" and len(self.labels) == 1001 and not any(self.labels):
            said.append(f"{self.name}: 1,001 outputs; the first is taken for the background.")
        if self._shrunk:
            said.append(f"{self.name}: memory ran short; batches of {self._shrunk} were used.")
        return said

    # `julja doctor`

    async def look(self, media: Media) -> Sequence[Finding]:
        """What becomes of one picture: its sizes, its numbers, and what the model says of it."""
        work = asyncio.get_running_loop().run_in_executor
        return await work(self._thread, self._look, media)

    def _look(self, media: Media) -> list[Finding]:
        self._load()
        image = open_rgb(media)
        prepared = self._prepare(image)
        pixels = self._pixels(prepared)
        found = [
            Finding("picture", None, f"{image.width} x {image.height}, {media.mime}"),
            Finding("preprocess", None, self._described()),
            Finding(
                "tensor",
                bool(np.isfinite(pixels).all()),
                f"{' x '.join(map(str, pixels.shape))}, min {pixels.min():.4f}, max"
                f" {pixels.max():.4f}, mean {pixels.mean():.4f}, std {pixels.std():.4f}",
            ),
        ]
        output = self._run([prepared])[0]
        return [*found, *self._outcome(output, (image.height, image.width))]

    def _described(self) -> str:
        return self.preprocess.describe() if self.preprocess else "the model's own"

    def _outcome(self, output: Any, size: tuple[int, int]) -> list[Finding]:
        if self.ability == "classify":
            numbers, less = log_scores(output)
            scores = np.exp(numbers.astype(np.float64) - sum(less))
            best = np.argsort(-scores, kind="stable")[:5]
            shown = ", ".join(f"{self._label(place)} {scores[place]:.4f}" for place in best)
            return [Finding("top 5", None, shown)]
        if self.ability == "detect":
            parts = [f"{d.label} {d.score:.2f}" for d in output[:5]]
            return [Finding("objects", None, f"{len(output)}: {', '.join(parts)}")]
        values, counts = np.unique(output, return_counts=True)
        order = np.argsort(-counts)[:5]
        parts = [f"{self._label(int(values[i]))} {counts[i] / output.size:.1%}" for i in order]
        return [Finding("regions", output.shape == size, ", ".join(parts))]

    def _label(self, place: int) -> str:
        names = self.labels[place] if place < len(self.labels) else ()
        return f"{place} {names[-1]}" if names else str(place)

    # In the model's own thread

    def _answers(self, requests: Sequence[Request]) -> Iterator[list[Answered]]:
        self._load()
        batch = int(read_number(self._extra, "batch_size", self._batch_size(), low=1))
        waiting: list[Shown] = []
        coming = made_ahead(
            self._shown,
            list(enumerate(requests)),
            ahead=2 * batch + workers(),
            size=lambda shown: shown.nbytes,
        )
        start = time.perf_counter()
        for shown in coming:
            if self._stopped.is_set():
                return
            if shown.error is not None:
                yield [(shown.index, shown.error)]
                continue
            waiting.append(shown)
            if len(waiting) >= min(batch, self._shrunk or batch):
                yield self._timed(self._batch(waiting), start)
                start, waiting = time.perf_counter(), []
        if waiting:
            yield self._timed(self._batch(waiting), start)

    def _shown(self, item: tuple[int, Request]) -> Shown:
        """A request's picture, decoded and prepared; in a thread of the pool."""
        index, request = item
        try:
            media = self._picture(request)
            image = open_rgb(media)
            prepared = self._prepare(image)
        except ProviderError as error:
            return Shown(index, request, error=error)
        except (DataError, MemoryError, ValueError, OSError) as error:
            problem = ProviderError(str(error) or type(error).__name__)
            return Shown(index, request, error=problem)
        nbytes = int(getattr(self._pixels(prepared), "nbytes", 0))
        return Shown(index, request, prepared, (image.height, image.width), nbytes)

    def _picture(self, request: Request) -> Media:
        if request.kind != self.ability:
            raise unable(self.name, request.kind)
        shown = request.prompt.media
        if len(shown) != 1 or shown[0].kind != "image":
            kinds = ", ".join(media.kind for media in shown) or "nothing"
            raise ProviderError(
                f"{self.name} looks at one picture; the request shows {kinds}.",
                hint="Use a model for several pictures or clips: openai/…, google/…, hf/….",
            )
        return shown[0]

    def _batch(self, batch: Sequence[Shown]) -> list[Answered]:
        """The answers of a batch; where memory is too small for it, of its halves."""
        try:
            outputs = self._run([shown.prepared for shown in batch])
        except Exception as error:
            if not ran_out(error):
                raise ProviderError(f"{self.name}: {first_line(error)}") from error
            free_memory()
            if len(batch) == 1:
                problem = ProviderError("There is too little memory for the picture.")
                return [(batch[0].index, problem)]
            self._shrunk = half = max(1, len(batch) // 2)
            parts = (batch[low : low + half] for low in range(0, len(batch), half))
            return [answer for part in parts for answer in self._batch(part)]
        return [
            (shown.index, self._answer(shown, output))
            for shown, output in zip(batch, outputs, strict=True)
        ]

    def _timed(self, answers: list[Answered], start: float) -> list[Answered]:
        seconds = (time.perf_counter() - start) / max(len(answers), 1)
        return [
            (i, replace(a, seconds=seconds) if isinstance(a, Response) else a) for i, a in answers
        ]

    def _answer(self, shown: Shown, output: Any) -> Response | ProviderError:
        try:
            if self.ability == "classify":
                choices = self._choices(shown.request, output)
                return Response(finish="stop", choices=choices, model=self.name)
            if self.ability == "detect":
                text = write_detections(shown.size, respelled(output, shown.request))
            else:
                text = map_text(self._renumbered(shown.request, output))
        except ProviderError as error:
            return error
        return Response(text, finish="stop", model=self.name)

    def _choices(self, request: Request, scores: NDArray[Any]) -> Likelihoods:
        labels = self.labels or ((),) * len(scores)
        if len(labels) != len(scores):
            raise ProviderError(
                f"{self.name} has {len(scores)} outputs, and {len(labels)} labels were given.",
                hint="-M labels= names each output, in their order.",
            )
        # A class may be ruled out by a score of -inf, unless all are.
        if not np.isfinite(np.max(scores)):
            raise ProviderError(
                "Class scores are NaN or infinite.", hint="Is -M dtype too small for it?"
            )
        wanted = request.choices or tuple(names[-1] for names in labels if names)
        numbers, less = log_scores(scores)
        places = places_of(self.name, labels, wanted)
        return Likelihoods(wanted, numbers[list(places)], less)

    def _renumbered(self, request: Request, labels: NDArray[Any]) -> NDArray[Any]:
        """A label map of the model's classes as places among the request's choices."""
        if not request.choices:
            return labels
        known = self.labels or ((),) * len(request.choices)
        places = places_of(self.name, known, request.choices)
        table = np.full(max(len(known), int(labels.max(initial=0)) + 1), len(request.choices))
        table[list(places)] = np.arange(len(places))
        renumbered: NDArray[Any] = table[labels]
        return renumbered

    # What a subclass does

    def _own_labels(self) -> Labels:
        """All names of each output, as the model itself has them; () where it has none."""
        raise NotImplementedError

    def _identity(self) -> dict[str, str]:
        """Weights, libraries and settings."""
        raise NotImplementedError

    def _batch_size(self) -> int:
        return 16

    def _prepare(self, image: Any) -> Any:
        """A picture's numbers; may be called in several threads at once."""
        assert self.preprocess is not None
        return self.preprocess.apply(image)

    def _pixels(self, prepared: Any) -> NDArray[Any]:
        """The numbers that the model reads, to be counted and shown."""
        pixels: NDArray[Any] = prepared.pixels
        return pixels

    def _load(self) -> None:
        """Load the weights, unless they are."""
        raise NotImplementedError

    def _run(self, batch: Sequence[Any]) -> Sequence[Any]:
        """Of each picture the class scores (an array), the objects (a list of `Detection`s, the
        surest first), or the label map (an array of the picture's size)."""
        raise NotImplementedError
