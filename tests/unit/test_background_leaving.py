"""Responses in the background: what leaves one cancels it, and what servers send that is not as expected."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.chain.background import MAX_CONNECTIONS
from sparewheel.chain.cancelling import CANCEL_LIMIT, cancelled
from sparewheel.errors import ConfigError, SparewheelError
from sparewheel.testing import Background, Reply, dropped, errors, openai_responses, sse
from tests.support.background import KeptTransport, events_of, kept_session, kept_step, play_kept
from tests.support.fakeloop import run
from tests.support.scripted import ENV, collect, folded_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.testing import BackgroundResponse
    from sparewheel.transports.base import HttpRequest

WORDS = openai_responses(text=[f"w{number} " for number in range(20)])
OK = openai_responses(text="Spare.")
SLOW = Background(WORDS, every=1)
CANCEL = "POST /responses/resp_background_1/cancel"


async def stopped(transport: KeptTransport, seconds: float, stop: Callable[[Any], object]) -> float:
    """Stop a turn after some seconds; how long the stop took. Everything is sent when it returns."""
    loop = asyncio.get_running_loop()
    session = kept_session(transport)
    task = asyncio.ensure_future(collect(session))
    await asyncio.sleep(seconds)
    stop(session)
    began = loop.time()
    await asyncio.gather(task, return_exceptions=True)
    took = loop.time() - began
    await cancelled(2 * CANCEL_LIMIT)
    return took


def check_cancelled(response: BackgroundResponse) -> None:
    assert (response.status, response.cancels) == ("cancelled", 1)
    assert 0 < response.tokens < 20


@pytest.mark.parametrize("seconds", [7.5, 9.5])
def test_an_abort_cancels_the_response(seconds: float) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [SLOW]}, [(1500, "reset"), (1, "stall")])
        assert await stopped(transport, seconds, lambda session: session.abort()) == 0
        check_cancelled(transport.responses[0])
        assert transport.said[-1] == CANCEL

    run(main())


@pytest.mark.parametrize("answer", [dropped(), errors.openai_server_error(), Reply(delay=60)], ids=str)
def test_an_abort_is_as_fast_when_nothing_can_be_cancelled(answer: Reply) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [SLOW]})
        transport.on_cancel = answer
        loop = asyncio.get_running_loop()
        assert await stopped(transport, 7.5, lambda session: session.abort()) == 0
        assert loop.time() <= 7.5 + CANCEL_LIMIT
        assert 1 <= transport.said.count(CANCEL) <= 3
        assert transport.open == 0

    run(main())


@pytest.mark.parametrize(
    ("script", "fault", "seconds"),
    [
        (Background(WORDS, every=1, connections=[Reply(delay=5)]), None, 2),  # before the headers
        (Background(WORDS, every=1), (0, "late"), 3),  # before the first event
        (Background(WORDS, every=1), (30, "late"), 3),  # in the middle of the first event
    ],
)
def test_an_abort_before_the_response_has_an_id_cancels_it_when_it_has_one(
    script: Background, fault: Any, seconds: float
) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [script]}, [fault])
        assert await stopped(transport, seconds, lambda session: session.abort()) == 0
        [response] = transport.responses
        assert (response.status, response.cancels) == ("cancelled", 1)
        assert transport.open == 0

    run(main())


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(delay=60), errors.openai_server_error().replace(delay=5), Reply(silent_after=0), dropped()),
        *(Reply((b"data: {}\n\n",) * 9, every=1), Reply((b"x" * 4096,) * 400, every=0.01)),
    ],
    ids=lambda reply: str(reply)[:60],
)
def test_a_connection_that_was_left_without_an_id_ends(reply: Reply) -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [reply]})
        took = await stopped(transport, 2, lambda session: session.abort())
        assert took == 0
        assert asyncio.get_running_loop().time() <= 2 + CANCEL_LIMIT
        assert transport.said == ["POST /responses"]
        assert transport.open == 0

    run(main())


def test_a_consumer_that_leaves_cancels_the_response() -> None:
    async def main() -> None:
        transport = KeptTransport({"a": [SLOW]})
        async with aclosing(kept_session(transport).turn("hi")) as batches:
            async for batch in batches:
                if batch[-1]["type"] == "delta":
                    break
        await cancelled()
        check_cancelled(transport.responses[0])

    run(main())


def test_the_time_limit_of_a_turn_cancels_the_response() -> None:
    played, transport = play_kept({"a": [SLOW]}, timeouts="turn: 8s")
    assert played.terminal["kind"] == "timeout_turn"
    check_cancelled(transport.responses[0])


def test_an_answer_without_end_is_cancelled() -> None:
    endless = Background(openai_responses(text=["so on and on "] * 9000, finish=None))
    played, transport = play_kept({"a": [endless], "plain": [OK]}, spares="plain")
    assert played.of("fallback")[0]["kind"] == "loop"
    assert transport.responses[0].cancels == 1


def test_the_loser_of_a_race_is_cancelled() -> None:
    thinks = Background(WORDS, every=5)
    played, transport = play_kept({"a": [thinks], "plain": [OK]}, spares="plain", fallback="hedge_after: 7s")
    assert folded_text(played.events) == "Spare."
    assert transport.responses[0].status == "cancelled"


def test_in_a_race_a_connection_that_is_taken_up_has_not_won() -> None:
    thinks = Background(WORDS, every=5)
    faults: Any = [(200, "reset"), None]
    spare = Reply(OK, delay=2)
    played, _ = play_kept({"a": [thinks], "plain": [spare]}, faults, spares="plain", fallback="hedge_after: 1s")
    assert folded_text(played.events) == "Spare."
    assert played.types[:3] == ["start", "resumed", "hedge"]


def test_a_response_that_has_ended_is_not_cancelled() -> None:
    for stream in (WORDS, openai_responses(), openai_responses(refusal="No.")):
        _, transport = play_kept({"a": [Background(stream)], "plain": [OK]}, spares="plain", fallback="retries: -1")
        assert transport.responses[0].cancels == 0


def test_every_request_goes_to_the_host_of_the_model_with_its_key() -> None:
    script = Background(WORDS, connections=[Reply(cut_at=900), errors.openai_response_not_found()], kept_for=0)
    _, transport = play_kept({"a": [script], "plain": [OK]}, spares="plain")
    assert {each.method for each in transport.requests} == {"POST", "GET"}
    for request in transport.requests:
        assert request.url.startswith("https://kept.example.test/v1/responses")
        assert request.headers["authorization"] == f"Bearer {ENV['OTHER_KEY']}"
        assert request.redirect == "error"


def with_id(name: object) -> tuple[bytes, ...]:
    return tuple(event.replace(b'"resp_test"', json.dumps(name).encode()) for event in WORDS)


@pytest.mark.parametrize(
    "name", ["../../v1/files", "a/b", "a?b", "a#b", "..", "", "é", "x" * 600, "a b", "a%2fb", 7, None, {"a": 1}, "\n"]
)
def test_an_id_that_is_none_is_never_sent(name: object) -> None:
    played, transport = play_kept({"a": [Reply(with_id(name), cut_at=4000), WORDS]}, fallback="retries: 1")
    assert transport.said == ["POST /responses"] * 2
    assert [event["type"] for event in played.of("discard", "retry")] == ["discard", "retry"]


def test_a_server_that_sends_everything_again_is_read_from_the_position_on() -> None:
    again = Reply(with_id("resp_background_1"))
    played, _ = play_kept({"a": [Background(WORDS, connections=[Reply(cut_at=1500), again])]})
    assert folded_text(played.events) == "".join(f"w{number} " for number in range(20))
    assert played.of("discard", "retry") == []


def renumbered(change: Callable[[int], int | None]) -> tuple[bytes, ...]:
    """The stream with other numbers; None leaves the number out."""
    found = []
    for event in with_id("resp_background_1"):
        value = json.loads(event.split(b"data: ", 1)[1])
        number = change(value.pop("sequence_number"))
        found.append(sse(value if number is None else {**value, "sequence_number": number}, value["type"]))
    return tuple(found)


@pytest.mark.parametrize("change", [lambda _: None, lambda number: None if number == 6 else number], ids=["all", "one"])
def test_without_numbers_the_response_itself_is_waited_for(change: Callable[[int], int | None]) -> None:
    events = renumbered(change)
    first = Reply(events, cut_at=sum(map(len, events[:7])) + 30)
    played, transport = play_kept({"a": [Background(WORDS, connections=[first])]})
    assert folded_text(played.events) == "".join(f"w{number} " for number in range(20))
    assert transport.said == ["POST /responses", "GET /responses/resp_background_1"]
    assert played.of("discard", "retry") == []


def test_a_stream_with_a_gap_is_not_taken_up() -> None:
    later = Reply(tuple(event for number, event in enumerate(with_id("resp_background_1")) if number > 12))
    played, transport = play_kept({"a": [Background(WORDS, connections=[Reply(cut_at=1500), later])]})
    assert folded_text(played.events) == "".join(f"w{number} " for number in range(20))
    assert transport.said[-1] == "GET /responses/resp_background_1"


def test_a_stream_that_is_numbered_anew_is_not_taken_for_the_rest() -> None:
    """Its first events look as if they had been read. The last one repeats the answer."""
    anew = Reply(renumbered(lambda number: number - 7)[7:])
    script = Background(WORDS, connections=[Reply(cut_at=1500), anew])
    played, _ = play_kept({"a": [script, Background(WORDS)]}, fallback="retries: 1")
    assert [event["type"] for event in played.of("discard", "retry")] == ["discard", "retry"]
    assert folded_text(played.events) == "".join(f"w{number} " for number in range(20))


def test_a_server_that_gives_little_on_each_connection_is_left_after_many() -> None:
    """A server that sends a piece of a new item each time, with the next number."""
    delta = "response.output_text.delta"
    made = iter(range(10_000))

    class Drip(KeptTransport):
        def reply_to(self, request: HttpRequest) -> Any:
            number = next(made)
            if request.url.endswith("/responses"):
                created = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1"}}
                return Reply((sse(created),), cut_at=9999)
            if "stream=true" not in request.url:
                return errors.openai_response_not_found()
            piece = {"type": delta, "sequence_number": number, "item_id": "m", "delta": f"{number} "}
            return Reply((sse(piece),), cut_at=9999)

    async def main() -> None:
        transport = Drip({})
        with pytest.raises(SparewheelError):
            await events_of(kept_step(transport))
        assert len(transport.requests) == MAX_CONNECTIONS + 2
        await cancelled(2 * CANCEL_LIMIT)

    run(main())


def test_heartbeats_leave_the_position_alone() -> None:
    beats = (b": ping\n\n", b"event: ping\ndata: ping\n\n", b"event: keepalive\ndata: \n\n")
    first = [each for event in with_id("resp_background_1") for each in (event, *beats)]
    played, transport = play_kept({"a": [Background(WORDS, connections=[Reply(tuple(first), cut_at=2000)])]})
    assert folded_text(played.events) == "".join(f"w{number} " for number in range(20))
    assert "starting_after=" in transport.said[-1]


def test_a_server_that_does_not_stream_is_asked_until_it_is_ready() -> None:
    class Whole(KeptTransport):
        def reply_to(self, request: HttpRequest) -> Any:
            streamless = request.body.replace(b'"stream":true', b'"stream":false')
            return super().reply_to(type(request)(request.method, request.url, request.headers, streamless))

    async def main() -> None:
        transport = Whole({"a": [SLOW]})
        events = await events_of(kept_step(transport))
        assert folded_text(events) == "".join(f"w{number} " for number in range(20))
        assert transport.said[1] == "GET /responses/resp_background_1"
        assert len(transport.responses) == 1

    run(main())


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("{provider: openai_chatcompletions, model: gpt-x, resume: background}", 5),
        ("{provider: anthropic, model: claude-x, resume: background}", 5),
        ("{provider: google, model: gemini-x, resume: background}", 5),
        ("{provider: demo, model: hello, resume: background}", 5),
        ('{model: "openai/gpt-5,demo/hello", resume: background}', 5),
        ("{provider: openai_responses, model: gpt-x, resume: forever}", 5),
    ],
)
def test_other_apis_are_refused_with_the_line(model: str, line: int) -> None:
    from sparewheel.config.loading import load_agent_file
    from sparewheel.config.resolved import resolve_team

    text = f"agents:\n  root:\n    model: m\nmodels:\n  m: {model}\n"
    keys = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"), "sk-0123456789abcdef")
    with pytest.raises(ConfigError, match=f"line {line}, .*resume"):
        resolve_team(load_agent_file(text), None, keys)


def test_a_request_beside_the_turns_is_not_kept() -> None:
    async def main() -> None:
        runner = kept_session(KeptTransport({})).runner
        chain = runner.side_chain(runner.team.agents["root"])
        assert chain is not None
        assert [spec.resume for spec in chain.agent.chain] == [False]

    run(main())


def test_nothing_is_kept_unless_the_file_says_so() -> None:
    _, transport = play_kept({"a": [errors.openai_server_error()], "plain": [OK]}, spares="plain")
    plain = transport.bodies[1]
    assert (plain["store"], "background" in plain) == (False, False)
