"""BenchBuilder as a whole: files -> topics -> scores -> sample -> what `julja run` runs.

    unique_prompts -> find_clusters -> score (cheap, then strong) -> filter -> sample, screen
    -> name -> write

What the stages before the first model compute is cached by content, and every answer of a model is
in the store before it is used: the same command after a crash goes on where that was.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from julja import __version__
from julja.builder.criteria import Quality
from julja.builder.naming import keyword_name
from julja.builder.prepare import VERSION, Clustered, Source, Unique
from julja.builder.prompts import Prompt, Removed, Stage, count_reasons
from julja.builder.select import cluster_means, filter_quality, sampler, score_remark
from julja.builder.settings import AskConfig, BuildConfig
from julja.builder.write import Case, Product, write
from julja.models.prices import load_prices
from julja.run.build_models import BuildModels
from julja.run.questions import Session
from julja.run.stopping import Stop, stop_code
from julja.signature import digest, sign
from julja.store.sqlite import Store
from julja.types import Json


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a build: its summary, where it lies, and why it stopped early if it did."""

    result: dict[str, Any]
    stop: Stop | None = None
    reason: str = ""

    @property
    def exit_code(self) -> int:
        """0 done; 1 nothing passed or stopped; 3 too many errors; 130 interrupted."""
        if (code := stop_code(self.stop)) is not None:
            return code
        if not self.result["complete"]:
            return 3
        return 0 if self.result["cases"] else 1


def settings_hash(config: BuildConfig, sources: Sequence[Source]) -> str:
    """A hash over all that is known before a model is asked: settings, and the files' bytes."""
    about = {**config.to_json(), "sources": [[s.path, s.sha256] for s in sources]}
    return digest([VERSION, about])


async def build(
    config: BuildConfig,
    ask: AskConfig,
    unique: Unique,
    clustered: Clustered,
    store: Store,
    folder: Path,
    *,
    on_stage: Any = lambda stage: None,
    on_progress: Any = None,
) -> Built:
    """Score, filter, sample, screen, name and write."""
    prices = load_prices(Path(ask.prices) if ask.prices else None)
    session = Session(prices, ask.max_cost, on_progress)
    models = BuildModels(config, ask, store, session, clustered)
    work = _Build(config, ask, unique, clustered, folder, session, on_stage, models)
    return await work.work()


@dataclass(slots=True)
class _Build:
    config: BuildConfig
    ask: AskConfig
    unique: Unique
    clustered: Clustered
    folder: Path
    session: Session
    on_stage: Any
    models: BuildModels
    stages: list[Stage] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def prompts(self) -> Sequence[Prompt]:
        return self.clustered.prompts

    async def work(self) -> Built:
        """All stages in order; a stop in any of them ends here with what is known."""
        config, labels = self.config, self.clustered.labels
        self.stages = [*self.unique.stages, *self.clustered.stages]
        self.removed = [*self.unique.removed, *self.clustered.removed]
        places: Sequence[int] = [place for place, label in enumerate(labels.tolist()) if label >= 0]
        qualities: dict[int, Quality] = {}
        means: Mapping[int, float] = {}
        passes = (
            ("first_pass", config.cheap_scorer, config.cheap_prompt_score),
            ("quality", config.scorer, config.min_prompt_score),
        )
        for stage, model, least in passes:
            if model is None:
                continue
            qualities, unscored = await self.models.score(stage, model, places)
            if self.session.stopping.stop is not None:
                return self._stopped()
            scores = {place: quality.score for place, quality in qualities.items()}
            self._done(stage, len(places), list(qualities), unscored, score_remark(scores))
            mean = config.cheap_cluster_score if stage == "first_pass" else config.min_cluster_score
            passed = filter_quality(
                self.prompts,
                labels,
                scores,
                stage=f"{stage}_filter",
                min_prompt=least,
                min_cluster=mean,
            )
            self._done(f"{stage}_filter", len(qualities), passed.places, passed.removed)
            places, means = passed.places, cluster_means(labels, scores)
        draw = sampler(
            self.prompts,
            labels,
            places,
            [self.prompts[row].id for row in self.clustered.medoid],
            clusters=config.clusters,
            per_cluster=config.per_cluster,
            seed=config.seed,
        )
        if config.screen is not None:
            unfit = await self.models.screen(config.screen, draw)
            gone = {item.id for item in unfit}
            kept = [place for place in places if self.prompts[place].id not in gone]
            self._done("screen", len(places), kept, unfit)
            places = kept
        drawn = draw.draw()
        self._leave(places, drawn)
        names = await self.models.names(drawn)
        if self.session.stopping.stop is not None:
            return self._stopped()
        return self._finish(drawn, names, qualities, means)

    def _leave(self, places: Sequence[int], drawn: Mapping[int, Sequence[int]]) -> None:
        chosen = {place for rows in drawn.values() for place in rows}
        left = [
            Removed.of(self.prompts[place], "sample", "not_sampled")
            for place in places
            if place not in chosen
        ]
        self._done("sample", len(places), list(chosen), left)

    def _done(
        self,
        name: str,
        before: int,
        kept: Sequence[int],
        removed: Sequence[Removed],
        remark: str | None = None,
    ) -> None:
        now = time.monotonic()
        notes = (remark,) if remark else ()
        reasons = count_reasons(removed)
        stage = Stage(name, before, len(kept), reasons, now - self.began, notes=notes)
        self.began = now
        self.stages.append(stage)
        self.removed += removed
        self.on_stage(stage)

    def _stopped(self) -> Built:
        stopping = self.session.stopping
        return Built(self._summary((), None), stopping.stop, stopping.reason)

    def _finish(
        self,
        drawn: Mapping[int, Sequence[int]],
        names: Mapping[int, str],
        qualities: Mapping[int, Quality],
        means: Mapping[int, float],
    ) -> Built:
        cases = [
            Case(
                self.prompts[place],
                topic,
                names[topic],
                qualities[place].fulfilled if place in qualities else None,
            )
            for topic, rows in sorted(drawn.items())
            for place in rows
        ]
        asked = sum(item.requests for item in self.session.spending if item.role != "name")
        if self.models.lost > self.ask.max_errors * max(asked, 1):
            return Built(self._summary((), None, complete=False))
        product = Product(
            self.config,
            cases,
            self.removed,
            self._clusters(drawn, names, means),
            self.stages,
            self._provenance(cases),
        )
        paths = write(self.folder, product) if cases else []
        return Built(self._summary(cases, product.provenance, files=[str(p) for p in paths]))

    def _clusters(
        self,
        drawn: Mapping[int, Sequence[int]],
        names: Mapping[int, str],
        means: Mapping[int, float],
    ) -> list[dict[str, Json]]:
        sizes: dict[int, int] = {}
        for label in self.clustered.labels.tolist():
            sizes[label] = sizes.get(label, 0) + 1
        return [
            {
                "cluster": f"t{topic}",
                "name": names.get(topic) or keyword_name(words),
                "keywords": list(words),
                "size": sizes.get(topic, 0),
                "mean_score": round(means[topic], 4) if topic in means else None,
                "sampled": len(drawn.get(topic, ())),
            }
            for topic, words in enumerate(self.clustered.words)
        ]

    def _provenance(self, cases: Sequence[Case]) -> dict[str, Any]:
        config = self.config
        parts: dict[str, Json] = {
            "build": config.name,
            "prompts": self.stages[0].before,
            "cases": len(cases),
            "embed": config.embed,
            "cluster": config.method,
            "scorer": config.scorer,
            "seed": config.seed,
        }
        sources = [
            {"file": s.path, "sha256": s.sha256, "rows": s.rows} for s in self.unique.sources
        ]
        models = {**self.models.identities, "embed": self.clustered.encoder}
        hidden = [config.to_json(), sources, models, [case.to_json() for case in cases]]
        return {
            "signature": sign(parts, hidden, __version__),
            "settings_hash": settings_hash(config, self.unique.sources),
            "julja": __version__,
            "sources": sources,
            "settings": config.to_json(),
            "stages": [stage.to_json() for stage in self.stages],
            "topics": len(self.clustered.words),
            "models": models,
            "cost": self._costs(),
        }

    def _costs(self) -> dict[str, Json]:
        roles = [item.to_json() for item in self.session.spending]
        costs = [role["cost_usd"] for role in roles]
        return {"roles": roles, "cost_usd": None if None in costs else sum(costs)}

    def _summary(
        self,
        cases: Sequence[Case],
        provenance: Mapping[str, Any] | None,
        *,
        complete: bool = True,
        files: Sequence[str] = (),
    ) -> dict[str, Any]:
        return {
            "build": self.config.name,
            "folder": str(self.folder) if files else None,
            "signature": provenance["signature"] if provenance else None,
            "complete": complete and self.session.stopping.stop is None,
            "cases": len(cases),
            "topics": {
                "found": len(self.clustered.words),
                "wanted": self.config.clusters,
                "sampled": len({case.topic for case in cases}),
            },
            "quality": self.config.scorer is not None,
            "stages": [
                {**stage.to_json(), "seconds": round(stage.seconds, 3), "cached": stage.cached}
                for stage in self.stages
            ],
            "cost": {
                **self._costs(),
                "spent_usd": self.session.spent_usd,
                "cached_requests": sum(item.cached for item in self.session.spending),
            },
            "files": list(files),
        }
