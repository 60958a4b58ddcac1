"""What goes over the wire, in and out; the OpenAPI description is made of these."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from julja.arena.battles import Verdict

BattleId = Annotated[str, Field(pattern=r"^b-[A-Za-z0-9_-]{24}$", description="A battle's id.")]


class Shape(BaseModel):
    """Exact types, and no field that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewVoter(Shape):
    """Ask to become a voter. `invite` is needed where the server says so."""

    invite: str | None = Field(None, max_length=200)


class VoterToken(Shape):
    """A new voter. The token is a secret: it is told once and goes into `Authorization: Bearer`."""

    voter: str
    token: str


class Turn(Shape):
    """One message of the prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class AnswerText(Shape):
    """One answer. Text from a model: escape it before it is shown as HTML."""

    text: str


class BlindBattle(Shape):
    """A battle before its vote: which model is A is nowhere in it."""

    battle: BattleId
    prompt: list[Turn]
    a: AnswerText
    b: AnswerText
    verdicts: list[Verdict]


class NewVote(Shape):
    """A vote. With `reveal` false the names are not told yet, and the vote can be changed."""

    battle: BattleId
    verdict: Verdict
    reveal: bool = True


class Names(Shape):
    """Who wrote what."""

    a: str
    b: str


class VoteResult(Shape):
    """What became of a vote. `current` is the verdict that counts.

    `counts` is false of a change after the names were told: it is kept, and not counted.
    """

    battle: BattleId
    verdict: Verdict
    current: Verdict
    counts: bool
    new: bool
    models: Names | None


class SeenBattle(Shape):
    """One of the voter's battles: the vote that counts and, where they were told, the names."""

    battle: BattleId
    verdict: Verdict | None
    models: Names | None


class Battle(Shape):
    """A battle again: as it was shown, with the vote and the names where there are any."""

    battle: BattleId
    prompt: list[Turn]
    a: AnswerText
    b: AnswerText
    verdicts: list[Verdict]
    verdict: Verdict | None
    models: Names | None


class Skipped(Shape):
    """A battle that was passed over."""

    battle: BattleId
    skipped: Literal[True] = True


class Me(Shape):
    """The voter: votes that count, skipped battles, and at most how many are left."""

    voter: str
    votes: int
    skipped: int
    left: int


class History(Shape):
    """The voter's own votes, newest first; `total` over all pages."""

    total: int
    votes: list[SeenBattle]


class Ratings(Shape):
    """The object of `julja arena rate --json`; `votes` is how many it rests on.

    Votes count here once their voter was told the names.
    `voters` counts who voted, and `flagged` how many of them vote unlike the others (still
    counted). `table` is null as long as the votes can't be rated, and `reason` says why.
    """

    votes: int
    voters: int
    flagged: int
    reason: str | None
    table: dict[str, Any] | None


class About(Shape):
    """Where to begin."""

    name: Literal["julja arena"] = "julja arena"
    version: str
    openapi: str
    invite_needed: bool
    models: int
    prompts: int
    verdicts: list[Verdict]


class ErrorBody(Shape):
    """What went wrong: `code` for programs, the rest for people."""

    code: str
    message: str
    hint: str | None = None


class Error(Shape):
    """Every answer that is no success has this shape."""

    error: ErrorBody
