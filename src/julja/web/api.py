"""The arena's HTTP API: JSON under /api/v1, for voters who hold a token.

    POST /api/v1/voters               become a voter: the token is told once
    POST /api/v1/battles/next         the battle that waits for a vote, or a new one
    GET  /api/v1/battles/{battle}     one of the voter's battles again
    POST /api/v1/battles/{battle}/skip
    POST /api/v1/battles/{battle}/reveal
    POST /api/v1/votes                a vote; the names are told in return
    GET  /api/v1/votes, /me, /ratings, /openapi.json

Before the vote nothing that leaves this server depends on which model wrote what, but for the two
texts: ids are random, sides are a coin, a `Shown` has no names. The log is read and written in one
thread, and a vote is on disk before it is answered.
"""

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from julja import __version__
from julja.arena.ballots import ballots, current_votes
from julja.arena.battles import Battles
from julja.arena.rate import rate
from julja.arena.session import Arena, Shown, Told
from julja.arena.voters import judge_voters
from julja.arena.votes import Event, VoteError, new_token, voter_of
from julja.errors import JuljaError
from julja.web import guard, shapes
from julja.web.guard import Limit, Refused, read_body, reply

T = TypeVar("T")
ROOT = "/api/v1"
PAGE = 50
MOST = 200
_TOKEN = re.compile(r"Bearer ([A-Za-z0-9_-]{20,100})")
_BATTLE = r"{battle:[^/]+}"
_STATUS = {"unknown_battle": 404, "gone": 410, "verdict": 422}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the API is guarded.

    `hosts` are the names it answers to (all where empty), `invite` the word that new voters need
    (None: everybody may vote), `per_minute` the requests of one voter, `newcomers` the new voters
    from one address in a minute.
    """

    hosts: Sequence[str] = ()
    invite: str | None = None
    per_minute: float = 120.0
    newcomers: float = 20.0


@dataclass(frozen=True, slots=True)
class _Rated:
    """Ratings, of how many rows of the log, when they were ready and how long they took."""

    shape: shapes.Ratings
    rows: int
    at: float
    seconds: float

    def is_old(self, events: Sequence[Event]) -> bool:
        """True where there is more to rate; at most a fifth of the time is spent on that."""
        return len(events) > self.rows and time.monotonic() - self.at > 4 * self.seconds


@dataclass
class Api:
    """The handlers over one arena."""

    arena: Arena
    options: ApiOptions
    _thread: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="votes")
        self._known: set[str] = set()
        self._voters = Limit(self.options.per_minute, max(10, int(self.options.per_minute / 4)))
        self._strangers = Limit(self.options.newcomers, max(5, int(self.options.newcomers / 2)))
        self._rating = asyncio.Lock()
        self._events: list[Event] = []
        self._rated: _Rated | None = None

    def routes(self) -> list[web.RouteDef]:
        """Method, path and handler of all that there is."""
        return [
            web.get(ROOT, self.about),
            web.get(f"{ROOT}/openapi.json", self.openapi),
            web.post(f"{ROOT}/voters", self.new_voter),
            web.get(f"{ROOT}/me", self.me),
            web.post(f"{ROOT}/battles/next", self.next),
            web.get(f"{ROOT}/battles/{_BATTLE}", self.battle),
            web.post(f"{ROOT}/battles/{_BATTLE}/skip", self.skip),
            web.post(f"{ROOT}/battles/{_BATTLE}/reveal", self.reveal),
            web.post(f"{ROOT}/votes", self.vote),
            web.get(f"{ROOT}/votes", self.history),
            web.get(f"{ROOT}/ratings", self.ratings),
        ]

    async def close(self, _app: web.Application) -> None:
        """Let the last vote reach the disk."""
        await asyncio.to_thread(self._thread.shutdown)

    # For everybody

    async def about(self, request: web.Request) -> web.Response:
        """What this is."""
        self._count(request)
        pool = self.arena.pool
        return reply(
            shapes.About(
                version=__version__,
                openapi=f"{ROOT}/openapi.json",
                invite_needed=self.options.invite is not None,
                models=len(pool.models),
                prompts=len(pool.questions),
                verdicts=list(self.arena.verdicts),
            )
        )

    async def openapi(self, request: web.Request) -> web.Response:
        """The description of all this."""
        from julja.web.openapi import description

        self._count(request)
        return web.json_response(description(), content_type="application/json")

    async def new_voter(self, request: web.Request) -> web.Response:
        """Make a voter."""
        self._strangers.take(_address(request))
        asked = await read_body(request, shapes.NewVoter)
        wanted = self.options.invite
        if wanted is not None and not hmac.compare_digest(
            (asked.invite or "").encode(), wanted.encode()
        ):
            raise Refused(403, "invite", "that invitation is not known here.")
        token = new_token()
        voter = await self._do(lambda: self.arena.log.register(token))
        return reply(shapes.VoterToken(voter=voter, token=token), 201)

    async def ratings(self, request: web.Request) -> web.Response:
        """The ratings as the votes so far give them."""
        self._count(request)
        async with self._rating:
            last = self._events[-1].seq if self._events else 0
            self._events += await self._do(lambda: self.arena.log.since(last))
            if self._rated is None or self._rated.is_old(self._events):
                started = time.monotonic()
                found = await asyncio.to_thread(_rate, self._events, self.arena.pool.models)
                took = time.monotonic() - started
                self._rated = _Rated(found, len(self._events), started + took, took)
            return reply(self._rated.shape)

    # For voters

    async def me(self, request: web.Request) -> web.Response:
        """How far the voter is."""
        voter = await self._voter(request)
        found = await self._do(lambda: self.arena.progress(voter))
        return reply(
            shapes.Me(voter=found.voter, votes=found.votes, skipped=found.skipped, left=found.left)
        )

    async def next(self, request: web.Request) -> web.Response:
        """A blind battle."""
        voter = await self._voter(request)
        shown = await self._do(lambda: self.arena.next(voter))
        if shown is None:
            raise Refused(404, "nothing_left", "there is no battle left that you have not seen.")
        return reply(shapes.BlindBattle(**self._blind(shown)))

    async def battle(self, request: web.Request) -> web.Response:
        """One of the voter's battles."""
        voter, id_ = await self._voter(request), _battle_id(request)
        shown = await self._do(lambda: self.arena.show(voter, id_))
        told = await self._do(lambda: self.arena.told(voter, id_))
        return reply(
            shapes.Battle(
                **self._blind(shown),
                verdict=told.verdict if told else None,
                models=_names(told) if told else None,
            )
        )

    async def skip(self, request: web.Request) -> web.Response:
        """Pass over a battle."""
        voter, id_ = await self._voter(request), _battle_id(request)
        await self._do(lambda: self.arena.skip(voter, id_))
        return reply(shapes.Skipped(battle=id_))

    async def reveal(self, request: web.Request) -> web.Response:
        """Tell the names of a battle that was voted in without."""
        voter, id_ = await self._voter(request), _battle_id(request)
        return reply(_result(await self._do(lambda: self.arena.reveal(voter, id_))))

    async def vote(self, request: web.Request) -> web.Response:
        """Take a vote."""
        voter = await self._voter(request)
        given = await read_body(request, shapes.NewVote)
        told = await self._do(
            lambda: self.arena.vote(voter, given.battle, given.verdict, reveal=given.reveal)
        )
        return reply(_result(told), 201 if told.is_new else 200)

    async def history(self, request: web.Request) -> web.Response:
        """The voter's own votes."""
        voter = await self._voter(request)
        limit, offset = _number(request, "limit", PAGE, MOST), _number(request, "offset", 0, 10**9)
        events = await self._do(lambda: self.arena.log.of_voter(voter))
        votes = current_votes(events)[::-1]
        known = {event.battle for event in events if event.kind == "reveal"}
        page = [_seen(vote, vote.battle in known) for vote in votes[offset : offset + limit]]
        return reply(shapes.History(total=len(votes), votes=page))

    # What they share

    async def _do(self, work: Callable[[], T]) -> T:
        """Do something with the log, in its thread; what a voter did wrong becomes a refusal."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except VoteError as error:
            status = _STATUS.get(error.code, 409)
            raise Refused(status, error.code, error.message, error.hint) from error

    async def _voter(self, request: web.Request) -> str:
        """The voter whose token a request carries; counts the request."""
        found = _TOKEN.fullmatch(request.headers.get("Authorization", ""))
        voter = voter_of(found[1]) if found else ""
        if voter and voter not in self._known and await self._is_known(voter):
            self._known.add(voter)
        if voter not in self._known:
            self._count(request)
            raise Refused(
                401,
                "token",
                "this needs the token of a voter.",
                f"POST {ROOT}/voters gives one; send it as Authorization: Bearer TOKEN.",
            )
        self._voters.take(voter)
        return voter

    async def _is_known(self, voter: str) -> bool:
        return await self._do(lambda: self.arena.log.knows(voter))

    def _count(self, request: web.Request) -> None:
        """Count a request of nobody in particular, by its address."""
        self._voters.take(_address(request))

    def _blind(self, shown: Shown) -> dict[str, Any]:
        return {
            "battle": shown.battle,
            "prompt": [shapes.Turn(role=m.role, content=m.content) for m in shown.messages],
            "a": shapes.AnswerText(text=shown.text_a),
            "b": shapes.AnswerText(text=shown.text_b),
            "verdicts": list(self.arena.verdicts),
        }


def make_app(arena: Arena, options: ApiOptions | None = None) -> web.Application:
    """The application; pages can be added to it."""
    options = options or ApiOptions()
    app = web.Application(
        middlewares=[
            guard.strict_headers,
            guard.json_errors,
            guard.same_site({host.lower() for host in options.hosts}),
        ],
        client_max_size=guard.MAX_BODY,
    )
    api = Api(arena, options)
    app.add_routes(api.routes())
    app.on_cleanup.append(api.close)
    return app


def _rate(events: Sequence[Event], models: Sequence[str]) -> shapes.Ratings:
    """Rate the models of this arena; why not, where their votes don't allow it yet.

    Only battles whose names were told count here: a voter who has not asked for them yet could
    read them off two tables, one from before the vote and one from after it.
    """
    told = {event.battle for event in events if event.kind == "reveal"}
    ours = set(models)
    rows = [
        row
        for row in ballots(events)
        if row.fields["battle"] in told and {row.model_a, row.model_b} <= ours
    ]
    voters = judge_voters(rows)
    table, reason = None, None
    try:
        table = rate(Battles.of(rows)).to_json()
    except JuljaError as error:
        reason = error.message
    return shapes.Ratings(
        votes=len(rows),
        voters=len(voters),
        flagged=sum(bool(voter.flags) for voter in voters),
        reason=reason,
        table=table,
    )


def _result(told: Told) -> shapes.VoteResult:
    return shapes.VoteResult(
        battle=told.battle,
        verdict=told.said,
        current=told.verdict,
        counts=told.counts,
        new=told.is_new,
        models=_names(told),
    )


def _names(told: Told) -> shapes.Names | None:
    if told.model_a is None or told.model_b is None:
        return None
    return shapes.Names(a=told.model_a, b=told.model_b)


def _seen(vote: Event, known: bool) -> shapes.SeenBattle:
    names = shapes.Names(a=vote.model_a, b=vote.model_b) if known else None
    return shapes.SeenBattle(battle=vote.battle, verdict=vote.verdict, models=names)


def _battle_id(request: web.Request) -> str:
    """The battle in the path; an id that can't be one is as unknown as any other."""
    id_ = request.match_info["battle"]
    if not re.fullmatch(r"b-[A-Za-z0-9_-]{24}", id_):
        raise Refused(404, "unknown_battle", "there is no such battle for this voter.")
    return id_


def _number(request: web.Request, name: str, usual: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return usual
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most:
        raise Refused(422, "invalid", f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def _address(request: web.Request) -> str:
    return f"address {request.remote}"
