"""Bodies of responses: what a decoder, an attempt and a whole turn make of them, however they are cut into chunks."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from sparewheel.chain.attempt import Attempt
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.config.schema import TimeoutsConfig
from sparewheel.errors import SparewheelError
from sparewheel.jsontext import write
from sparewheel.messages import Message, user
from sparewheel.providers.base import ModelRequest
from sparewheel.testing import Reply
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from tests.fuzz import seeds
from tests.fuzz.mutate import CANARY, PLACE, changed, draw_from, mangled
from tests.support.fakeloop import run
from tests.support.scripted import collect, session_of
from tests.support.turns import Patient, check_requests
from tests.support.wire import check_blocks, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sparewheel.testing import Events

_FILE: Final = """
agents: {{root: {{model: mine/a, fallback: {{models: [spare/b], retries: -1, delay: 0s}}}}}}
providers:
  mine: {{provider: {provider}, base_url: "https://mine.example.test/v1", token_key: MINE{more}}}
  spare: {{provider: {provider}, base_url: "https://spare.example.test/v1", token_key: SPARE{more}}}
"""
PROVIDERS: Final = {
    "openai": ("openai", ""),
    "responses": ("openai", ", api_type: openai_responses"),
    "anthropic": ("anthropic", ""),
    "google": ("google", ""),
}
TEAMS: Final = {
    name: resolve_team(
        load_agent_file(_FILE.format(provider=provider, more=more)), None, {"MINE": CANARY, "SPARE": CANARY[::-1]}
    )
    for name, (provider, more) in PROVIDERS.items()
}


def _payload(event: bytes) -> Any:
    """The JSON value of an event; its text where it is none (`[DONE]`)."""
    text = event.partition(b"data: ")[2].decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sse(event: bytes, payload: Any) -> bytes:
    """The event with another value."""
    head = event.partition(b"data: ")[0] if b"data: " in event else b""
    return head + b"data: " + (payload if isinstance(payload, str) else json.dumps(payload)).encode() + b"\n\n"


def _changed_stream(streams: Sequence[Events], others: Sequence[Events]) -> st.SearchStrategy[bytes]:
    """A stream with up to four of its events changed, removed, repeated, moved, or taken from another format."""

    @st.composite
    def one(draw: Any) -> bytes:
        events = list(draw_from(draw, streams))
        for _ in range(draw(st.integers(0, 4))):
            at = draw(PLACE) % len(events)
            match draw(st.sampled_from(["change", "change", "change", "drop", "repeat", "swap", "foreign"])):
                case "change":
                    events[at] = _sse(events[at], draw(changed([_payload(events[at])])))
                case "drop" if len(events) > 1:
                    del events[at]
                case "repeat":
                    events[at:at] = [events[at]] * draw(st.sampled_from([1, 3, 60]))
                case "swap":
                    to = draw(PLACE) % len(events)
                    events[at], events[to] = events[to], events[at]
                case _:
                    events[at:at] = draw_from(draw, others)
        return b"".join(events)

    return one()


def _bodies(name: str) -> st.SearchStrategy[bytes]:
    own, others = seeds.STREAMS[name], [stream for each in seeds.STREAMS.values() for stream in each]
    document = seeds.DOCUMENTS[name]
    return st.one_of(
        _changed_stream(own, others),
        mangled([b"".join(events) for events in own]),
        changed([document]).map(lambda value: json.dumps(value).encode()),
        mangled([json.dumps(document).encode()]),
    )


_NAMES: Final = st.sampled_from(sorted(seeds.FORMATS))

BODIES: Final = st.tuples(
    _NAMES.flatmap(lambda name: st.tuples(st.just(name), _bodies(name))), st.lists(PLACE, max_size=4)
).map(lambda drawn: [drawn[0][0], drawn[0][1].decode("latin-1"), drawn[1]])
"""[format, body with a character for each byte, offsets at which it is cut]"""

_HEADERS: Final = st.dictionaries(
    st.sampled_from(["retry-after", "x-should-retry", "content-type", "date", "x-ratelimit-reset-tokens"]),
    st.one_of(
        st.sampled_from(["1", "0", "-1", "1e9", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT", ""]),
        st.text(max_size=12),
    ),
    max_size=2,
)
ERRORS: Final = st.tuples(
    _NAMES.flatmap(
        lambda name: st.tuples(
            st.just(name), st.one_of(_bodies(name), mangled([reply.body for reply in seeds.REPLIES]))
        )
    ),
    st.sampled_from([200, 200, 200, 204, 301, 400, 401, 404, 413, 429, 500, 503, 529, 999]),
    _HEADERS,
).map(lambda drawn: [drawn[0][0], drawn[0][1].decode("latin-1"), drawn[1], drawn[2]])
"""[format, body, status, headers]"""


def check_body(case: list[Any]) -> None:
    """One attempt over the body, in one piece and cut: the same events, the same end, no key."""
    name, text, cuts = case
    body = text.encode("latin-1")
    whole = _attempted(name, [body])
    assert _attempted(name, _pieces(body, cuts)) == whole, "cutting the bytes elsewhere changed the answer"


def _pieces(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    return [body[start:end] for start, end in pairwise(places)]


def _attempted(name: str, chunks: list[bytes]) -> Any:
    """The events of one attempt, the message and the error; its rules are checked."""

    async def body() -> Any:
        for chunk in chunks:
            yield chunk

    async def main() -> Any:
        spec = TEAMS[name].agents["root"].chain[0]
        attempt = Attempt(
            ModelRequest(spec, [user("hi")]), {"attempt": 1, "model": "", "outcome": "aborted"}, empty_is_fine=True
        )
        events: list[Any] = []
        end: Any = None
        try:
            async for batch in attempt.run(MockTransport(lambda _: LocalResponse(body=body())), TimeoutsConfig()):
                assert batch
                events += batch
        except SparewheelError as error:
            assert error.info.kind not in ("internal", "config"), error
            end = error.to_dict()
            assert CANARY not in json.dumps(end)
        check_blocks(events)
        write(events).encode()
        return [_line(event, chunks) for event in events], end

    return run(main())


def _line(event: Any, chunks: Iterable[bytes]) -> tuple[Any, ...]:
    """An event in one line. An id that the body does not have was made up, and differs each time."""
    made = "id" in event and str(event["id"]).encode() not in b"".join(chunks)
    return line(event | {"id": "made up"} if made else event)


async def check_answer(name: str, answer: list[Any] | None, history: Sequence[Message] = ()) -> None:
    """A whole turn whose first model gives this answer, and the second a good one; then another turn."""
    good = Reply(seeds.STREAMS[name][0])
    script: dict[str, list[Reply]] = {"a": [], "b": []}
    if answer is not None:
        text, status, headers = answer
        script["a"].append(Reply((text.encode("latin-1"),), status, headers))
    transport = Patient(script, good)
    team = TEAMS[name]
    conversation = session_of(team, transport, history=history, jitter=lambda: 0.5)
    for _ in range(2):
        played = await collect(conversation)
        assert transport.open == 0
        ended = played.terminal
        assert ended["type"] == "finish" or ended["kind"] == "loop", ended  # the same call again and again
        write(played.events).encode()
        shown = json.dumps([event for event in played.events if event["type"] not in ("delta", "block_end", "finish")])
        assert CANARY not in shown or (answer is not None and CANARY in answer[0])
    check_requests(transport.requests)
