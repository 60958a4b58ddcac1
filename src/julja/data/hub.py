"""Downloads the files of a dataset from the Hugging Face hub, each checked against the hub's hash.

Only data files are read, never a loading script. The environment is read at each call, because
huggingface_hub itself reads it only once, at import: HF_ENDPOINT, HF_TOKEN (or the token file
below HF_HOME) and HF_HUB_OFFLINE.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from julja.errors import DataError, MissingDataError
from julja.types import Json

if TYPE_CHECKING:
    from huggingface_hub import HfApi

CONVERTED = "refs/convert/parquet"
TIMEOUT_S = 30.0
RETRIES = 3
_UNREACHABLE_S = 60.0
_unreachable: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a dataset at a commit, with the hash that the hub declares for its content."""

    path: str
    size: int
    git_sha1: str
    sha256: str | None


def is_offline() -> bool:
    """True when HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) forbids the network."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.lower() in ("1", "on", "yes", "true")


def endpoint() -> str:
    """The hub's address without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def token() -> str | None:
    """The user's token: HF_TOKEN, else the file that `hf auth login` wrote."""
    named = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN")
    if named:
        return named.strip()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{base}/huggingface"
    path = Path(os.environ.get("HF_TOKEN_PATH") or f"{home}/token").expanduser()
    return path.read_text(encoding="utf-8").strip() or None if path.is_file() else None


def resolve(dataset: str, revision: str | None) -> str:
    """The commit of a revision; for None the hub's own Parquet conversion, else `main`."""
    from huggingface_hub.errors import RevisionNotFoundError

    api = _api()
    if revision is not None:
        with _explained(dataset, revision):
            return _commit(api, dataset, revision)
    with _explained(dataset, "main"):
        try:
            return _commit(api, dataset, CONVERTED)
        except RevisionNotFoundError:
            return _commit(api, dataset, "main")


def _commit(api: "HfApi", dataset: str, revision: str) -> str:
    info = api.dataset_info(dataset, revision=revision, timeout=TIMEOUT_S)
    return info.sha or revision


def tree(dataset: str, commit: str) -> list[HubFile]:
    """All files of a dataset at a commit."""
    from huggingface_hub.hf_api import RepoFile

    with _explained(dataset, commit):
        listed = _api().list_repo_tree(
            dataset, repo_type="dataset", revision=commit, recursive=True
        )
        return [
            HubFile(item.path, item.size, item.blob_id, item.lfs.sha256 if item.lfs else None)
            for item in listed
            if isinstance(item, RepoFile)
        ]


def card(dataset: str, commit: str, files: list[HubFile]) -> Json:
    """The YAML head of the dataset's README, or {} where it has none."""
    import yaml

    readme = next((file for file in files if file.path == "README.md"), None)
    if readme is None:
        return {}
    parts = get(dataset, commit, readme).decode("utf-8", "replace").split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():
        return {}
    try:
        return yaml.safe_load(parts[1]) or {}
    except yaml.YAMLError:
        return {}


def url_of(dataset: str, commit: str, path: str) -> str:
    """Where a file of a dataset is downloaded from."""
    from huggingface_hub import hf_hub_url

    return hf_hub_url(dataset, path, repo_type="dataset", revision=commit, endpoint=endpoint())


def get(dataset: str, commit: str, file: HubFile) -> bytes:
    """The content of one file, whole and with the hash that the hub declares for it.

    huggingface_hub's own download starts again for ever when a server cuts each answer: here a
    cut answer is asked for a few times and then is an error.
    """
    import httpx2
    from huggingface_hub import get_session
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    url = url_of(dataset, commit, file.path)
    headers = build_hf_headers(token=token() or False) | {"Accept-Encoding": "identity"}
    reason = ""
    for attempt in range(RETRIES):
        if attempt:
            time.sleep(0.2 * 2**attempt)
        try:
            with _explained(dataset, commit):
                answer = get_session().get(url, headers=headers, timeout=TIMEOUT_S)
                hf_raise_for_status(answer)
        except MissingDataError as error:
            if not isinstance(error.__cause__, httpx2.RemoteProtocolError | httpx2.ReadError):
                raise
            reason = str(error.__cause__)
            continue
        if len(answer.content) == file.size:
            _check_hash(dataset, file, answer.content)
            return answer.content
        reason = f"{len(answer.content)} bytes came where {file.size} are declared"
    raise DataError(
        f"{dataset}, {file.path}: the download was cut {RETRIES} times ({reason}).",
        hint="Try again; nothing of it was kept.",
    )


def _check_hash(dataset: str, file: HubFile, content: bytes) -> None:
    if file.sha256 is not None:
        wanted, found = file.sha256, hashlib.sha256(content).hexdigest()
    else:
        # The name of a git blob is the SHA-1 of its header and content.
        blob = b"blob %d\0" % len(content) + content
        wanted, found = file.git_sha1, hashlib.sha1(blob, usedforsecurity=False).hexdigest()
    if wanted != found:
        raise DataError(
            f"{dataset}, {file.path}: the content has the hash {found[:16]}…, and the hub declares"
            f" {wanted[:16]}…: the file was changed or damaged on its way.",
            hint=f"Try again; if it stays, look at what answers at {endpoint()}.",
        )


def _api() -> "HfApi":
    from huggingface_hub import HfApi

    address = endpoint()
    failed = _unreachable.get(address)
    if failed is not None and time.monotonic() - failed < _UNREACHABLE_S:
        raise _no_network("a moment ago it could not be reached")
    return HfApi(endpoint=address, token=token() or False)


def _no_network(reason: object) -> MissingDataError:
    return MissingDataError(
        f"the hub at {endpoint()} can't be reached ({reason}).",
        hint="Check the network, or give a folder of benchmark files with --data DIR.",
    )


@contextmanager
def _explained(dataset: str, revision: str) -> Iterator[None]:
    """Turns huggingface_hub's errors into ours: what was asked for, and what to do."""
    import httpx2
    from huggingface_hub import errors

    page = f"{endpoint()}/datasets/{dataset}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise MissingDataError(
            f"{dataset} is gated: the hub asks who you are.",
            hint=f"Accept the terms on the dataset's page ({page}), then set HF_TOKEN.",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise MissingDataError(
            f"the hub knows no dataset {dataset!r}, or it is private.",
            hint="Check its name; for a private one set HF_TOKEN.",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise MissingDataError(
            f"{dataset} has no revision {revision!r}.", hint=f"Its revisions are on {page}."
        ) from error
    except errors.EntryNotFoundError as error:
        raise MissingDataError(f"{dataset}@{revision}: the hub has no such file.") from error
    except errors.HfHubHTTPError as error:
        raise _refused(dataset, page, error) from error
    except errors.OfflineModeIsEnabled as error:
        raise MissingDataError("HF_HUB_OFFLINE is set.", hint="Unset it to fetch.") from error
    except (httpx2.ConnectError, httpx2.TimeoutException) as error:
        _unreachable[endpoint()] = time.monotonic()
        raise _no_network(error) from error
    except httpx2.HTTPError as error:
        raise MissingDataError(f"{dataset}: the hub's answer broke off ({error}).") from error


def _refused(dataset: str, page: str, error: Any) -> MissingDataError:
    status = error.response.status_code
    if status in (401, 403):
        return MissingDataError(
            f"the hub refused {dataset} (status {status}).",
            hint=f"HF_TOKEN is missing, wrong, or without rights: see {page}.",
        )
    return MissingDataError(
        f"{dataset}: the hub answered with status {status}.", hint="Try again later."
    )
