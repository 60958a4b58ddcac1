"""The arena's API by a real HTTP client: blind before the vote, strict with everything it gets."""

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jsonschema
import pytest
from aiohttp import web

from julja.arena.ballots import summarise
from julja.arena.pool import Answer, make_pool
from julja.arena.session import Arena
from julja.arena.votes import VoteLog, new_token
from julja.types import Message
from julja.web.api import ApiOptions, make_app
from julja.web.api import _rate as rate_votes
from julja.web.guard import Limit, Refused, is_loopback
from julja.web.openapi import description

V1 = "/api/v1"
STRICT = {
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "server": "julja",
    "referrer-policy": "no-referrer",
}


@dataclass
class Reply:
    status: int
    headers: dict
    raw: bytes

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.body["error"]["code"]


class Client:
    """One connection to a server that runs in a thread of its own."""

    def __init__(self, port):
        self.port = port
        self.token = None

    def ask(self, method, path, body=None, headers=None, raw=None):
        sent = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, raw, sent, encode_chunked="Transfer-Encoding" in sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", V1 + path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", V1 + path, body, **more)

    def join(self, **body):
        self.token = self.post("/voters", body).body["token"]
        return self

    def vote(self, battle, verdict, **more):
        return self.post("/votes", {"battle": battle, "verdict": verdict, **more})


class Server:
    def __init__(self, arena, options):
        self.arena = arena
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(options)))
        self._thread.start()
        self._ready.wait()

    async def _run(self, options):
        runner = web.AppRunner(make_app(self.arena, options), auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def client(self):
        return Client(self.port)

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


def pool(models=3, prompts=6):
    names = ["lab/big-1", "lab/small-2", "other/third-3", "x/fourth-4"]
    return make_pool(
        Answer(f"t/{n}", (Message("user", f"<b>질문 {n}</b> \u202e"),), names[m], f"text {m} {n}")
        for n in range(prompts)
        for m in range(models)
    )


@pytest.fixture
def serve(tmp_path):
    log = VoteLog(tmp_path / "julja.db")
    started = []

    def start(options=None, **more):
        options = options or ApiOptions(["127.0.0.1", "localhost"], None, 100_000, 1000)
        started.append(Server(Arena(pool(), log, **more), options))
        return started[-1]

    yield start
    for server in started:
        server.close()
    log.close()


@pytest.fixture
def client(serve):
    return serve().client().join()


def fits(reply, shape):
    """The reply holds to the description that the server gives of itself."""
    document = description()
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document["components"]}
    jsonschema.validate(reply.body, schema)
    assert STRICT.items() <= reply.headers.items()
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in reply.headers
    return reply


def test_a_voter_s_way_from_token_to_ratings(client):
    assert fits(client.get("/me"), "Me").body["votes"] == 0
    shown = fits(client.post("/battles/next"), "BlindBattle").body
    assert shown["prompt"] == [{"role": "user", "content": shown["prompt"][0]["content"]}]
    assert shown["verdicts"] == ["A>B", "A=B", "B>A", "bothbad"]
    reply = fits(client.vote(shown["battle"], "A>B"), "VoteResult")
    assert reply.status == 201
    names = ["lab/big-1", "lab/small-2", "other/third-3"]
    assert reply.body["models"]["a"] == names[int(shown["a"]["text"].split()[1])]
    assert (reply.body["counts"], reply.body["new"]) == (True, True)
    again = fits(client.get(f"/battles/{shown['battle']}"), "Battle").body
    assert again["models"] == reply.body["models"] and again["verdict"] == "A>B"
    history = fits(client.get("/votes"), "History").body
    assert history["total"] == 1 and history["votes"][0]["models"] == reply.body["models"]
    assert fits(client.get("/me"), "Me").body["votes"] == 1
    ratings = fits(client.get("/ratings"), "Ratings").body
    assert (ratings["votes"], ratings["voters"], ratings["flagged"]) == (1, 1, 0)
    fits(client.get(""), "About")


def test_nothing_before_the_vote_tells_a_name(client):
    told = []
    for _ in range(6):
        shown = client.post("/battles/next")
        again = client.post("/battles/next")
        assert again.body == shown.body
        battle = shown.body["battle"]
        replies = [
            shown,
            client.get(f"/battles/{battle}"),
            client.post(f"/battles/{battle}/reveal"),
            client.vote(battle, "A<B"),
            client.get("/me"),
            client.vote(battle, "A>B", reveal=False),
            client.get(f"/battles/{battle}"),
        ]
        assert replies[2].status == 409 and replies[2].code == "not_voted"
        for reply in replies:
            text = reply.raw.decode() + repr(reply.headers)
            assert not any(word in text for word in ("lab", "big", "small", "third", "model-"))
            assert not {"etag", "last-modified", "set-cookie", "x-runtime"} & set(reply.headers)
        names = client.post(f"/battles/{battle}/reveal").body["models"]
        told.append(names["a"])
    assert len(set(told)) > 1


def test_headers_of_a_battle_do_not_depend_on_who_wrote_what(serve):
    server = serve()
    kept = []
    for _ in range(8):
        reply = server.client().join().post("/battles/next")
        reply.headers.pop("date")
        kept.append((reply.headers, len(reply.raw)))
    # Texts are of one length here, so that all answers look alike.
    assert all(item == kept[0] for item in kept)


def test_votes_change_freely_before_the_names_and_not_after(client):
    battle = client.post("/battles/next").body["battle"]
    assert client.vote(battle, "A>B", reveal=False).body["models"] is None
    changed = client.vote(battle, "B>A", reveal=False).body
    assert (changed["current"], changed["counts"]) == ("B>A", True)
    told = client.vote(battle, "B>A").body
    assert told["models"] is not None and told["new"] is False
    late = client.vote(battle, "A>B")
    assert late.status == 201
    assert (late.body["verdict"], late.body["current"], late.body["counts"]) == (
        "A>B",
        "B>A",
        False,
    )


def test_a_replay_is_answered_alike_and_adds_nothing(serve):
    server = serve()
    client = server.client().join()
    battle = client.post("/battles/next").body["battle"]
    first = client.vote(battle, "A>B")
    before = len(server.arena.log.since(0))
    again = client.vote(battle, "A>B")
    assert (first.status, again.status) == (201, 200)
    assert {**again.body, "new": True} == first.body
    assert len(server.arena.log.since(0)) == before


def test_nobody_votes_in_another_s_battle(serve):
    server = serve()
    one, two = server.client().join(), server.client().join()
    battle = one.post("/battles/next").body["battle"]
    forged = "b-" + "A" * 24
    stolen = [two.vote(battle, "A>B"), two.get(f"/battles/{battle}")]
    made_up = [two.vote(forged, "A>B"), two.get(f"/battles/{forged}")]
    stolen += [two.post(f"/battles/{battle}/{verb}") for verb in ("skip", "reveal")]
    made_up += [two.post(f"/battles/{forged}/{verb}") for verb in ("skip", "reveal")]
    for mine, none in zip(stolen, made_up, strict=True):
        assert (mine.status, mine.code) == (404, "unknown_battle")
        assert mine.raw == none.raw
    assert one.vote(battle, "A>B").status == 201


@pytest.mark.parametrize(
    "token",
    [
        "",
        "Bearer",
        "Bearer " + "x" * 43,
        "Bearer ' OR 1=1 --",
        "Basic dXNlcjpwdw==",
        "bearer " + "x" * 43,
        "Bearer " + "x" * 5000,
    ],
)
def test_a_forged_token_is_nobody(serve, token):
    reply = serve().client().get("/me", headers={"Authorization": token})
    assert (reply.status, reply.code) == (401, "token")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_a_voter_s_public_name_is_no_token(client):
    voter = client.get("/me").body["voter"]
    assert client.get("/me", headers={"Authorization": f"Bearer {voter}"}).status == 401


BATTLE = "b-" + "A" * 24


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"battle": BATTLE}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": "A"}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": None}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": ["A>B"]}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": "A>B", "reveal": "yes"}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": "A>B", "reveal": 1}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": "A>B", "voter": "v-1"}, 422, "invalid"),
        ({"battle": BATTLE, "verdict": "A>>B"}, 422, "verdict"),
        ({"battle": 5, "verdict": "A>B"}, 422, "invalid"),
        ({"battle": "'; DROP TABLE votes; --", "verdict": "A>B"}, 422, "invalid"),
        ({"battle": "b-" + "가" * 24, "verdict": "A>B"}, 422, "invalid"),
        ({"battle": BATTLE + "\n", "verdict": "A>B"}, 422, "invalid"),
        ({"battle": "b-\u0000" + "A" * 23, "verdict": "A>B"}, 422, "invalid"),
        ([], 422, "invalid"),
        ("A>B", 422, "invalid"),
    ],
)
def test_a_body_that_is_no_vote_is_refused_and_named(client, body, status, code):
    reply = fits(client.post("/votes", body), "Error")
    assert (reply.status, reply.code) == (status, code)
    assert "DROP" not in reply.raw.decode()


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b'{"battle": "\\ud800", "verdict": "A>B"}', b"[" * 9000, b"NaN"],
)
def test_a_body_that_is_no_json_is_refused(client, raw):
    reply = fits(client.ask("POST", f"{V1}/votes", raw=raw), "Error")
    assert (reply.status, reply.code) == (400, "not_json")


def test_a_body_of_another_kind_is_refused(client):
    raw = b'{"battle": "x", "verdict": "A>B"}'
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Encoding": "gzip"},
    ):
        reply = client.ask("POST", f"{V1}/votes", raw=raw, headers=headers)
        assert (reply.status, reply.code) == (415, "content_type")
    bomb = gzip.compress(b" " * 10_000_000)
    reply = client.ask("POST", f"{V1}/votes", raw=bomb, headers={"Content-Encoding": "gzip"})
    assert reply.status == 415


def test_a_large_body_is_refused_and_not_read(client):
    reply = fits(client.ask("POST", f"{V1}/votes", raw=b"x" * 200_000), "Error")
    assert (reply.status, reply.code) == (413, "too_large")


def test_a_large_body_in_pieces_is_refused_too(client):
    pieces = iter([b"x" * 10_000] * 5)
    reply = client.ask("POST", f"{V1}/votes", raw=pieces, headers={"Transfer-Encoding": "chunked"})
    assert reply.status == 413


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", f"{V1}/nothing", 404, "not_found"),
        ("DELETE", f"{V1}/votes", 405, "method_not_allowed"),
        ("OPTIONS", f"{V1}/votes", 405, "method_not_allowed"),
        ("PUT", f"{V1}/battles/next", 405, "method_not_allowed"),
        ("GET", f"{V1}/battles/..%2f..%2fetc", 404, "unknown_battle"),
        ("GET", f"{V1}/battles/%00", 404, "unknown_battle"),
        ("GET", f"{V1}/battles/%ED%95%9C' OR '1'='1", 404, "unknown_battle"),
        ("GET", f"{V1}/votes?limit=-1", 422, "invalid"),
        ("GET", f"{V1}/votes?limit=1e3", 422, "invalid"),
        ("GET", f"{V1}/votes?limit=201", 422, "invalid"),
        ("GET", f"{V1}/votes?offset=%D9%A3", 422, "invalid"),
    ],
)
def test_whatever_is_asked_the_answer_is_json(client, method, path, status, code):
    reply = fits(client.ask(method, path.replace(" ", "%20")), "Error")
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "host"),
        ({"Host": "127.0.0.1.evil.example:80"}, "host"),
        ({"Host": "[::1"}, "host"),
        ({"Origin": "https://evil.example"}, "origin"),
        ({"Origin": "null"}, "origin"),
        ({"Origin": "http://127.0.0.1:1"}, "origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "origin"),
    ],
)
def test_other_websites_are_kept_out(serve, headers, code):
    client = serve().client()
    for reply in (client.post("/voters", {}, headers=headers), client.get("", headers=headers)):
        assert (reply.status, reply.code) == (403, code)


def test_our_own_pages_may_ask(serve):
    client = serve().client()
    own = {"Origin": f"http://127.0.0.1:{client.port}", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/voters", {}, headers=own).status == 201


def test_an_invitation_is_needed_where_one_is_set(serve):
    client = serve(ApiOptions(invite="비밀 word")).client()
    assert client.get("").body["invite_needed"] is True
    for body in ({}, {"invite": "word"}, {"invite": None}):
        assert client.post("/voters", body).code == "invite"
    assert client.post("/voters", {"invite": "비밀 word"}).status == 201


def test_a_voter_in_a_hurry_is_told_to_wait(serve):
    server = serve(ApiOptions(per_minute=40, newcomers=1000))
    fast, other = server.client().join(), server.client().join()
    replies = [fast.get("/me") for _ in range(14)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused and replies[0].status == 200
    assert fits(refused[0], "Error").code == "too_many"
    assert 1 <= int(refused[0].headers["retry-after"]) <= 3
    assert other.get("/me").status == 200


def test_strangers_cannot_make_voters_without_end(serve):
    client = serve(ApiOptions(newcomers=5)).client()
    assert [client.post("/voters", {}).status for _ in range(7)][-1] == 429


def test_a_bucket_fills_again_and_holds_only_so_many_keys():
    limit = Limit(per_minute=60, burst=2, most=3)
    limit.take("a", now=0.0)
    limit.take("a", now=0.0)
    with pytest.raises(Refused):
        limit.take("a", now=0.5)
    limit.take("a", now=1.1)
    for number in range(10):
        limit.take(str(number), now=2.0)
    assert len(limit._buckets) == 3


def test_two_voters_at_once_get_what_is_theirs(serve):
    server = serve(ApiOptions(per_minute=100_000, newcomers=1000))

    def sit(_):
        client = server.client().join()
        seen = []
        while (shown := client.post("/battles/next")).status == 200:
            body = shown.body
            seen.append((body["a"]["text"], body["b"]["text"]))
            assert client.vote(body["battle"], "A>B").status == 201
        assert shown.code == "nothing_left"
        return client.get("/me").body["voter"], seen

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(sit, range(4)))
    found = summarise(server.arena.log.since(0))
    assert found.votes == found.battles == sum(len(seen) for _, seen in done) == 24
    for _, seen in done:
        texts = [text for pair in seen for text in pair]
        assert len(texts) == len(set(texts))
    assert server.arena.log.verify() is None


def test_one_voter_in_two_windows_gets_one_battle_and_one_vote(serve):
    server = serve(ApiOptions(per_minute=100_000))
    client = server.client().join()
    with ThreadPoolExecutor(6) as threads:
        shown = list(threads.map(lambda _: client.post("/battles/next").body["battle"], range(6)))
        assert len(set(shown)) == 1
        replies = list(threads.map(lambda _: client.vote(shown[0], "A>B"), range(6)))
    assert sorted(reply.status for reply in replies) == [200] * 5 + [201]
    assert summarise(server.arena.log.since(0)).votes == 1


def test_skipped_battles_do_not_come_back(client):
    seen = set()
    for _ in range(3):
        battle = client.post("/battles/next").body["battle"]
        assert battle not in seen
        seen.add(battle)
        assert fits(client.post(f"/battles/{battle}/skip"), "Skipped").status == 200
        assert client.vote(battle, "A>B").code == "skipped"
    assert client.get("/me").body["skipped"] == 3


def test_ratings_say_why_there_are_none_and_then_what_they_are(serve):
    server = serve(ApiOptions(per_minute=100_000, newcomers=1000))
    empty = server.client().get("/ratings")
    assert fits(empty, "Ratings").body["table"] is None and empty.body["reason"]
    better = 0
    for _ in range(6):
        client = server.client().join()
        while (shown := client.post("/battles/next")).status == 200:
            body = shown.body
            a, b = (int(body[side]["text"].split()[1]) for side in "ab")
            better += 1
            upset = better % 4 == 0
            client.vote(body["battle"], "A>B" if (a < b) != upset else "B>A")
    rated = fits(ready(server.client(), 36), "Ratings").body
    assert rated["reason"] is None and rated["votes"] == 36
    rows = {row["model"]: row for row in rated["table"]["ratings"]}
    assert rows["lab/big-1"]["rating"] > rows["other/third-3"]["rating"]


def test_a_battle_that_waits_shows_in_no_public_number(serve):
    server = serve(ApiOptions(per_minute=100_000))
    one = server.client().join()
    one.vote(one.post("/battles/next").body["battle"], "A>B")
    before = server.client().get("/ratings").raw
    one.post("/battles/next")
    assert server.client().get("/ratings").raw == before


def test_ratings_tell_no_name_before_the_voter_asked_for_it(serve):
    server = serve()
    one, two = server.client().join(), server.client().join()
    one.vote(one.post("/battles/next").body["battle"], "A>B")
    battle = two.post("/battles/next").body["battle"]
    models = server.arena.pool.models
    before = rate_votes(server.arena.log.since(0), models)
    assert before.votes == 1
    two.vote(battle, "A>B", reveal=False)
    assert rate_votes(server.arena.log.since(0), models) == before
    two.post(f"/battles/{battle}/reveal")
    assert rate_votes(server.arena.log.since(0), models).votes == 2


def ready(client, votes):
    """The ratings once they rest on so many votes: they are made anew only every so often."""
    for _ in range(100):
        reply = client.get("/ratings")
        if reply.body["votes"] >= votes:
            return reply
        time.sleep(0.1)
    raise AssertionError(reply.body)


def test_the_description_names_every_route(serve):
    server = serve()
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in make_app(server.arena).router.routes()
        if route.method != "HEAD"
    }
    document = server.client().get("/openapi.json").body
    described = {(verb, path) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == routes
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_what_goes_wrong_inside_is_not_told(serve, monkeypatch, caplog):
    server = serve()
    client = server.client().join()

    def broken(voter):
        raise RuntimeError("the secret is lab/big-1")

    monkeypatch.setattr(server.arena, "next", broken)
    reply = fits(client.post("/battles/next"), "Error")
    assert (reply.status, reply.code) == (500, "failed")
    assert b"secret" not in reply.raw
    assert "the secret is lab/big-1" in caplog.text


def test_what_is_no_http_gets_no_battle(serve):
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert b"400" in raw.recv(1000).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.4", False),
        ("example.org", False),
    ],
)
def test_loopback_is_known(host, is_local):
    assert is_loopback(host) is is_local


def test_tokens_are_long_and_random():
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 43
