"""The hub's data sets of the catalogue: their revisions are commits, their files are found."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from julja.data.layout import choose
from julja.run.catalog import index, resolve
from julja.types import Source

# Paths that the data sets have at the pinned commits, as public code that cites the commits names
# them: the file that a task reads first, then others beside it.
FILES = {
    "advbench": ["data/train-00000-of-00001.parquet"],
    "aime:year=2024": ["aime_2024_problems.parquet"],
    "wmt16:pair=en-tr": [
        "tr-en/test-00000-of-00001.parquet",
        "tr-en/validation-00000-of-00001.parquet",
    ],
    "cifar10": [
        "plain_text/test-00000-of-00001.parquet",
        "plain_text/train-00000-of-00001.parquet",
    ],
    "cifar100": ["cifar100/test-00000-of-00001.parquet", "cifar100/train-00000-of-00001.parquet"],
    "fashion_mnist": ["fashion_mnist/test-00000-of-00001.parquet"],
    "financebench": ["financebench_merged.jsonl"],
    "global_mmlu/en": ["en/test-00000-of-00001.parquet", "en/dev-00000-of-00001.parquet"],
    "legalbench/proa": ["data/proa/test.tsv", "data/proa/train.tsv", "data/abercrombie/test.tsv"],
    "livebench_math": ["data/test-00000-of-00001.parquet"],
    "medqa": ["phrases_no_exclude_test.jsonl", "phrases_no_exclude_train.jsonl"],
    "mmlu_redux/anatomy": [
        "anatomy/data-00000-of-00001.arrow",
        "anatomy/dataset_info.json",
        "astronomy/data-00000-of-00001.arrow",
    ],
    "mnist": ["mnist/test-00000-of-00001.parquet", "mnist/train-00000-of-00001.parquet"],
    "realtoxicityprompts": ["prompts.jsonl"],
    "tatqa": ["tatqa_dataset_dev.json", "tatqa_dataset_test_gold.json", "tatqa_dataset_train.json"],
}


def sources(value: object, depth: int = 0) -> Iterator[Source]:
    if isinstance(value, Source):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from sources(item, depth)
    elif isinstance(value, dict):
        yield from sources(tuple(value.values()), depth)
    elif is_dataclass(value) and depth < 3:
        for field in fields(value):
            yield from sources(getattr(value, field.name), depth + 1)


def test_revisions_are_whole_commits() -> None:
    for name in index():
        for source in sources(resolve(name)[0].task):
            if source.revision is not None:
                assert source.hub, name
                assert re.fullmatch("[0-9a-f]{40}", source.revision), name


@pytest.mark.parametrize("name", FILES)
def test_files_at_the_pinned_commit_are_found(name: str) -> None:
    resolved = resolve(name)[0]
    source = next(sources(resolved.task.rows))
    assert source.hub
    assert source.revision
    subset = resolved.subset or ""
    config = source.config and source.config.replace("{subset}", subset)
    found = choose(source.hub, FILES[name], {}, config=config, split=source.split)
    assert found == FILES[name][:1]
