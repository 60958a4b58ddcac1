"""language:response_language, on langdetect with a fixed seed.

langdetect draws trial weights at random; the official checker leaves it unseeded. Here each text
is judged by a detector of its own with seed 0, so a verdict depends on nothing but the text.
"""

import threading
from functools import cache
from typing import Any

from julja.errors import ScoringError
from julja.scoring.instructions.arguments import Arguments, Finding

SEED = 0
_LOADING = threading.Lock()


def response_language(text: str, arguments: Arguments) -> Finding:
    """The language of the whole response, a code of langdetect ("de", "zh-cn")."""
    return is_language(text, arguments.text("language").strip())


def is_language(text: str, code: str) -> Finding:
    """Whether a text is in the language; one without any letters counts as followed."""
    found = detect(text)
    if found is None:
        return Finding(True, "no language to detect")
    return Finding(found == code, f"language {found}, asked {code}")


def detect(text: str) -> str | None:
    """The code of a text's language, None where langdetect has nothing to go by."""
    with _LOADING:
        factory = _factory()
    from langdetect.lang_detect_exception import LangDetectException

    detector = factory.create()
    detector.append(text)
    try:
        return str(detector.detect())
    except LangDetectException:
        return None


@cache
def _factory() -> Any:
    # A factory of our own: the package's global one is shared, unseeded and loaded without a lock.
    try:
        from langdetect import detector_factory
    except ImportError as error:
        raise ScoringError(
            "the language of a response is told by langdetect, which is not installed",
            hint='Install it: pip install "julja[metrics]"',
        ) from error
    factory = detector_factory.DetectorFactory()
    factory.seed = SEED
    factory.load_profile(detector_factory.PROFILES_DIRECTORY)
    return factory
