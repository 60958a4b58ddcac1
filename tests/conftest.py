"""Fixtures that every part shares: where the real benchmark files are."""

import os
from pathlib import Path

import pytest

KEPT = ("JULJA_TEST_DATA", "JULJA_CACHE", "JULJA_UPDATE_SNAPSHOTS")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real benchmark files, or a skip that says how to have it."""
    folder = Path(os.environ.get("JULJA_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "gsm8k").is_dir():
        pytest.skip(f"no benchmark files in {folder}: set JULJA_TEST_DATA to a mirror")
    return folder


@pytest.fixture(autouse=True)
def _own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own store, settings or keys."""
    for name in list(os.environ):
        if name.startswith("JULJA_") and name not in KEPT:
            monkeypatch.delenv(name)
        if name.endswith(("_API_KEY", "_BASE_URL")) or name in ("HF_TOKEN", "HF_ENDPOINT"):
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the sandbox where there is none, with the reason."""
    marked = [item for item in items if item.get_closest_marker("sandbox")]
    if not marked:
        return
    from julja.errors import SandboxError
    from julja.sandbox import open_sandbox

    try:
        open_sandbox()
    except SandboxError as error:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=str(error)))
