"""What models are asked in a build: scores of prompts, a last screen, names of topics."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from julja.builder.criteria import (
    CRITERIA,
    Quality,
    criteria_request,
    criterion_request,
    parse_criteria,
    parse_criterion,
)
from julja.builder.naming import keyword_name, naming_request, parse_name
from julja.builder.prepare import Clustered
from julja.builder.prompts import Prompt, Removed
from julja.builder.screen import parse_screen, screen_request
from julja.builder.select import Sampler, order_prompts
from julja.builder.settings import AskConfig, BuildConfig
from julja.run.ask import Asked, Asker
from julja.run.build_estimate import open_model
from julja.run.questions import Questions, Session
from julja.store.sqlite import Store
from julja.types import Request

# Takes a place, an answer about it, and the score that could be read; says whether one could.
_Heard = Callable[[int, Asked, Quality | None], bool]


@dataclass(slots=True)
class BuildModels:
    """The models of one build, opened one after the other.

    `identities` says who was asked, by role; `lost` counts questions without an answer.
    """

    config: BuildConfig
    ask: AskConfig
    store: Store
    session: Session
    clustered: Clustered
    identities: dict[str, Mapping[str, str]] = field(default_factory=dict)
    lost: int = 0

    @property
    def prompts(self) -> Sequence[Prompt]:
        """The prompts that are asked about; a place points into them."""
        return self.clustered.prompts

    async def score(
        self, stage: str, model: str, places: Sequence[int]
    ) -> tuple[dict[int, Quality], list[Removed]]:
        """The criteria that a model finds fulfilled; what has no readable answer is listed."""
        found: dict[int, Quality] = {}
        removed: dict[int, Removed] = {}

        def heard(place: int, answer: Asked, quality: Quality | None) -> bool:
            if answer.response is None:
                removed.setdefault(place, self._lost(place, stage, answer))
            elif quality is None:
                said = answer.response.text[:80]
                finish = answer.response.finish
                reason = {"length": "truncated", "refusal": "refused"}.get(finish, "unparsed")
                removed.setdefault(place, Removed.of(self.prompts[place], stage, reason, said=said))
            else:
                found[place] = quality
            return quality is not None

        # In an order that depends on ids alone, so that what a small budget buys is a fair sample.
        order = order_prompts(self.prompts, places, self.config.seed)
        questions = self._open(stage, model)
        ask = self._ask_each if self.config.criteria == "each" else self._ask_list
        try:
            await ask(questions, order, heard)
        finally:
            await questions.asker.close()
        return {place: found[place] for place in sorted(found)}, list(removed.values())

    async def _ask_list(self, questions: Questions, places: Sequence[int], heard: _Heard) -> None:
        """One question for each prompt, a list of numbers as its answer: the paper's way."""
        tokens = self.config.scorer_tokens

        def read(place: int, answer: Asked) -> bool:
            text = answer.response.text if answer.response is not None else None
            return heard(place, answer, parse_criteria(text) if text is not None else None)

        await questions.ask(
            places, lambda place: criteria_request(self.prompts[place].text, tokens), read
        )

    async def _ask_each(self, questions: Questions, places: Sequence[int], heard: _Heard) -> None:
        """Seven questions for each prompt; one that can't be read leaves it without a score."""
        letters = "letter" in questions.asker.engine.abilities
        count, tokens = len(CRITERIA), self.config.scorer_tokens
        said: dict[int, dict[int, bool]] = {}

        def request(item: int) -> Request:
            text = self.prompts[item // count].text
            return criterion_request(text, item % count + 1, letters=letters, max_tokens=tokens)

        def read(item: int, answer: Asked) -> bool:
            place, number = item // count, item % count + 1
            verdict = parse_criterion(answer.response) if answer.response is not None else None
            if verdict is None:
                return heard(place, answer, None)
            verdicts = said.setdefault(place, {})
            verdicts[number] = verdict
            if len(verdicts) == count:
                heard(place, answer, Quality(tuple(n for n in sorted(verdicts) if verdicts[n])))
            return True

        items = [place * count + number for place in places for number in range(count)]
        await questions.ask(items, request, read)

    async def screen(self, model: str, draw: Sampler) -> list[Removed]:
        """Take out what a model finds unfit, or doesn't judge, until all that is drawn is fit."""
        fit: set[int] = set()
        removed: list[Removed] = []

        def heard(place: int, answer: Asked) -> bool:
            if answer.response is None:
                removed.append(self._lost(place, "screen", answer))
                draw.refuse(place)
                return False
            said = parse_screen(answer.response.text)
            if said:
                fit.add(place)
            else:
                reason = "offensive" if said is False else "unscreened"
                removed.append(Removed.of(self.prompts[place], "screen", reason))
                draw.refuse(place)
            return said is not None

        questions = self._open("screen", model)
        try:
            while self.session.stopping.stop is None:
                waiting = [p for rows in draw.draw().values() for p in rows if p not in fit]
                if not waiting:
                    break
                await questions.ask(
                    waiting, lambda place: screen_request(self.prompts[place].text), heard
                )
        finally:
            await questions.asker.close()
        return removed

    async def names(self, drawn: Mapping[int, Sequence[int]]) -> dict[int, str]:
        """A name for each topic that is in the benchmark: from a model, else its words."""
        words = self.clustered.words
        names = {topic: keyword_name(words[topic]) for topic in drawn}
        if self.config.namer is None or self.session.stopping.stop is not None:
            return names
        labels = self.clustered.labels
        members: dict[int, list[int]] = {topic: [] for topic in drawn}
        for place, label in enumerate(labels.tolist()):
            if label in members:
                members[label].append(place)
        questions = self._open("name", self.config.namer)
        missing = list(drawn)
        try:
            # A model with a short window gets fewer prompts of a topic.
            for share in (1, 4, 16):
                failed: list[int] = []

                def heard(topic: int, answer: Asked, failed: list[int] = failed) -> bool:
                    if answer.response is None:
                        failed.append(topic)
                        return False
                    name = parse_name(answer.response.text)
                    names[topic] = name or names[topic]
                    return name is not None

                docs = max(1, self.config.name_docs // share)
                await questions.ask(
                    missing,
                    lambda topic, docs=docs: naming_request(  # type: ignore[misc]
                        self._documents(members[topic], docs),
                        words[topic],
                        self.config.name_chars,
                    ),
                    heard,
                )
                missing = failed
                if not missing or self.session.stopping.stop is not None:
                    break
        finally:
            await questions.asker.close()
        return names

    def _documents(self, members: Sequence[int], most: int) -> list[str]:
        rows = order_prompts(self.prompts, members, self.config.seed)[:most]
        return [self.prompts[row].text for row in rows]

    def _open(self, role: str, model: str) -> Questions:
        ask = self.ask
        engine = open_model(model, ask)
        self.identities[role] = engine.identity
        asker = Asker(
            engine,
            self.store,
            prices=self.session.prices,
            max_connections=ask.max_connections,
            max_retries=ask.max_retries,
            timeout_s=ask.timeout_s,
            salt=f"build-{time.time_ns()}" if ask.no_cache else "",
        )
        return Questions(asker, role, self.session)

    def _lost(self, place: int, stage: str, answer: Asked) -> Removed:
        self.lost += 1
        assert answer.error is not None
        about = f"{answer.error.kind}: {answer.error.message}"[:200]
        return Removed.of(self.prompts[place], stage, "error", error=about)
