"""A model with `resume: background`: its stream is taken up where it breaks, and nothing is generated twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, get_args

import pytest

from sparewheel.chain.background import MAX_RECONNECTIONS, MAX_RETRY_AFTER, POLL_DELAY, POLL_LIMIT
from sparewheel.testing import Background, Reply, ToolCall, Usage, dropped, errors, openai_responses, sse
from tests.support.background import FaultKind, KeptTransport, events_of, kept_step, play_kept, told
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from tests.support.scripted import Played

WHOLE = openai_responses(text=["Grü", "ße ", "🌍", "!"], usage=Usage(9, 4))
RICH = openai_responses(
    reasoning=["h", "m"], text=["Ja ", "🌍"], tool_calls=[ToolCall("c", "look", ['{"a"', ":1}"])], usage=Usage(9, 6)
)
OK = openai_responses(text="Spare.", usage=Usage(3, 1))
FIRST_ID = RICH[0].index(b'"resp_test"') + len('"resp_background_1"')  # bytes until the id has come
CUT = sum(map(len, WHOLE[:6])) + 20  # two deltas have come, and the beginning of the third
STREAM = "GET /responses/resp_background_1?stream=true&starting_after="
REFUSAL = errors.openai_invalid_request("This response can no longer be streamed.")
QUEUED = Reply.json(200, {"id": "resp_background_1", "object": "response", "status": "in_progress", "output": []})
MESSAGE = {"id": "m", "type": "message", "content": [{"type": "output_text", "text": "Something else."}]}
LONG = "SPAREWHEEL_CUTS" in os.environ
ONE_USAGE = {"input_tokens": 9, "output_tokens": 4}


def resumed(from_seq: int | None, via: str = "stream", attempt: int = 1, number: int = 1) -> dict[str, Any]:
    return {
        "type": "resumed",
        "model": "kept/a",
        "attempt": attempt,
        "response_id": f"resp_background_{number}",
        "from_seq": from_seq,
        "via": via,
    }


def check_once(played: Played, transport: KeptTransport) -> None:
    """One attempt, one bill, nothing void; each token generated once; nothing left to cancel."""
    assert played.terminal["type"] == "finish"
    assert played.terminal["message"]["content"] == "Grüße 🌍!"
    assert [event["attempt"] for event in played.of("usage")] == [1]
    assert played.of("usage")[0].items() >= ONE_USAGE.items()
    assert played.of("discard", "retry", "fallback") == []
    [response] = transport.responses
    assert (response.tokens, response.status, response.cancels) == (4, "completed", 0)


def test_a_stream_that_is_whole_is_read_once() -> None:
    played, transport = play_kept({"a": [Background(WHOLE)]})
    check_once(played, transport)
    assert transport.said == ["POST /responses"]
    assert transport.bodies[0].items() >= {"background": True, "store": True, "stream": True}.items()


def test_a_cut_stream_goes_on_where_it_broke() -> None:
    played, transport = play_kept({"a": [Background(WHOLE, connections=[Reply(cut_at=CUT)])]})
    check_once(played, transport)
    assert transport.said == ["POST /responses", f"{STREAM}5"]
    assert played.types == [
        *("start", "block_start", "delta", "delta", "resumed", "delta", "delta", "block_end", "usage", "finish")
    ]
    assert played.of("resumed") == [resumed(5)]
    assert played.result is not None
    assert played.result["attempts"] == [{"attempt": 1, "model": "kept/a", "outcome": "ok"}]
    assert played.seconds == 0


async def alone(transport: KeptTransport) -> dict[str, Any]:
    """A step of its own, which leaves nothing behind and has its tokens generated once."""
    events = await events_of(kept_step(transport))
    [response] = transport.responses
    assert (response.tokens, response.cancels, transport.open) == (6, 0, 0)
    return told(events)


def test_a_cut_at_every_byte() -> None:
    """In the long run (SPAREWHEEL_CUTS) each byte with each fault, else every seventh with the faults in turn."""
    kinds = get_args(FaultKind)

    async def main() -> None:
        whole = await alone(KeptTransport({"a": [Background(RICH)]}))
        assert whole["message"]["content"] == "Ja 🌍"
        assert whole["counts"] == {"discard": 0, "usage": 1, "retry": 0}
        for at in range(FIRST_ID, sum(map(len, RICH)) + 50, 1 if LONG else 7):
            for kind in kinds if LONG else [kinds[at % len(kinds)]]:
                assert await alone(KeptTransport({"a": [Background(RICH)]}, [(at, kind)])) == whole, (at, kind)

    run(main())


def test_a_cut_before_the_response_has_an_id_is_a_failed_attempt() -> None:
    played, transport = play_kept(
        {"a": [Background(WHOLE), Background(WHOLE)]}, [(FIRST_ID - 1, "reset")], fallback="retries: 1"
    )
    assert played.types[:2] == ["start", "usage"]
    assert [event["type"] for event in played.of("retry", "resumed", "discard")] == ["retry"]
    assert [each.status for each in transport.responses] == ["completed", "completed"]


@pytest.mark.parametrize(
    "fault",
    [
        *(Reply(cut_at=0), Reply(cut_at=0, cut="end"), dropped(), errors.openai_server_error()),
        *(errors.openai_rate_limit(), Reply(delay=40), Reply(silent_after=0), Reply((b"<html>a proxy</html>",))),
        *(Reply((b"<html>a proxy",)), Reply((b"<!doctype html>\n<p>", b"later"), every=1)),
        *(Reply((b"<html>502 Bad Gateway</html>",), 502), Reply((b"data: {garbage\n\n",))),
    ],
    ids=str,
)
def test_a_reconnection_that_fails_is_repeated_after_the_backoff(fault: Reply) -> None:
    played, transport = play_kept({"a": [Background(WHOLE, connections=[Reply(cut_at=CUT), fault, fault])]})
    check_once(played, transport)
    assert transport.said[-1] == f"{STREAM}5"
    assert len(transport.said) == 4


def test_reconnections_without_content_end_after_some_and_the_response_is_waited_for() -> None:
    script = Background(WHOLE, every=10, connections=[Reply(cut_at=CUT), *[dropped()] * 9])
    played, transport = play_kept({"a": [script]})
    check_once(played, transport)
    assert [said == f"{STREAM}5" for said in transport.said[1:7]] == [*([True] * MAX_RECONNECTIONS), False]
    assert played.of("resumed") == [resumed(5, "document")]
    assert played.types[-4:] == ["delta", "block_end", "usage", "finish"]


@pytest.mark.parametrize("refusal", [REFUSAL, errors.openai_response_not_found(), Reply.json(405, {}), QUEUED], ids=str)
def test_a_stream_that_is_refused_is_replaced_by_the_response(refusal: Reply) -> None:
    played, transport = play_kept({"a": [Background(WHOLE, every=1, connections=[Reply(cut_at=CUT), refusal])]})
    check_once(played, transport)
    assert played.of("resumed")[-1] == resumed(5, "document")
    assert transport.said[:3] == ["POST /responses", f"{STREAM}5", "GET /responses/resp_background_1"]


def test_a_stream_that_is_too_old_is_replaced_by_the_response() -> None:
    script = Background(WHOLE, every=2, connections=[Reply(cut_at=CUT)], streamable_for=5)
    played, transport = play_kept({"a": [script]})
    check_once(played, transport)
    assert played.of("resumed") == [resumed(5, "document")]
    assert played.types == [
        *("start", "block_start", "delta", "delta", "resumed", "delta", "block_end", "usage", "finish")
    ]


def test_the_response_is_asked_for_again_if_a_request_fails() -> None:
    script = Background(WHOLE, every=1, connections=[Reply(cut_at=CUT), REFUSAL], polls=[errors.openai_server_error()])
    played, transport = play_kept({"a": [script]})
    check_once(played, transport)


def test_a_response_that_does_not_end_is_waited_for_as_long_as_it_is_kept() -> None:
    endless = Background(WHOLE, every=1e6, connections=[Reply(cut_at=300), REFUSAL], kept_for=1e9)
    played, transport = play_kept({"a": [endless], "plain": [OK]}, spares="plain")
    assert played.terminal["message"]["content"] == "Spare."
    assert POLL_LIMIT <= played.seconds <= POLL_LIMIT + POLL_DELAY
    assert transport.responses[0].cancels == 1


def test_a_response_that_is_gone_is_asked_for_again() -> None:
    gone = Background(WHOLE, connections=[Reply(cut_at=CUT)], kept_for=0)
    played, transport = play_kept({"a": [gone, Background(WHOLE)]}, fallback="retries: 1")
    assert transport.said[:3] == ["POST /responses", f"{STREAM}5", "GET /responses/resp_background_1"]
    assert sorted(transport.said[3:]) == ["POST /responses", "POST /responses/resp_background_1/cancel"]
    assert [event["type"] for event in played.of("resumed", "discard", "retry")] == ["discard", "retry"]
    assert played.of("retry")[0]["kind"] == "network"
    assert played.terminal["message"]["content"] == "Grüße 🌍!"


def test_then_the_next_model_is_asked() -> None:
    gone = Background(WHOLE, connections=[Reply(cut_at=CUT)], kept_for=0)
    played, _ = play_kept({"a": [gone], "plain": [OK]}, spares="plain")
    assert [event["type"] for event in played.of("resumed", "discard", "retry", "fallback")] == ["discard", "fallback"]
    assert played.terminal["message"]["content"] == "Spare."


@pytest.mark.parametrize("connections", [[], [Reply(cut_at=CUT), REFUSAL]])
def test_a_response_that_failed_is_its_error(connections: list[Reply]) -> None:
    failed = Background((*WHOLE[:6], *errors.openai_responses_stream_error()), connections=connections)
    played, transport = play_kept({"a": [failed, Background(WHOLE)]}, fallback="retries: 1")
    assert [event["type"] for event in played.of("resumed", "retry")] == ["retry"]
    assert played.of("retry")[0]["kind"] == "server_error"
    assert [each.cancels for each in transport.responses] == [0, 0]


def test_an_incomplete_response_is_read_as_such() -> None:
    short = Background(openai_responses(text=["Grü", "ße"], finish="length"), connections=[Reply(cut_at=CUT), REFUSAL])
    played, _ = play_kept({"a": [short]})
    assert (played.terminal["reason"], played.terminal["message"]["content"]) == ("length", "Grüße")


def test_a_gateways_error_in_the_stream_is_checked_against_the_response() -> None:
    error = sse({"error": {"message": "upstream timed out", "type": "server_error"}})
    first = Reply((*(event.replace(b"resp_test", b"resp_background_1") for event in WHOLE[:6]), error))
    played, transport = play_kept({"a": [Background(WHOLE, every=1, connections=[first])]})
    check_once(played, transport)
    assert played.of("resumed") == [resumed(5, "document")]


@pytest.mark.parametrize("body", [b"data: {garbage\n\n", b"data: <html>oops</html>\n\n", b"<html>oops</html>"])
def test_garbage_in_the_stream_is_a_cut(body: bytes) -> None:
    first = Reply((*(event.replace(b"resp_test", b"resp_background_1") for event in WHOLE[:6]), body), cut="end")
    played, transport = play_kept({"a": [Background(WHOLE, connections=[first])]})
    check_once(played, transport)


def test_the_time_that_a_server_asks_for_between_two_connections_is_kept() -> None:
    busy = errors.openai_rate_limit(retry_after=20)
    script = Background(WHOLE, connections=[Reply(cut_at=CUT), busy, errors.openai_rate_limit(retry_after=9999)])
    played, transport = play_kept({"a": [script]})
    check_once(played, transport)
    assert played.seconds == 20 + MAX_RETRY_AFTER


@pytest.mark.parametrize("output", [[], [{"id": "r", "type": "reasoning", "summary": []}]])
def test_a_response_that_lacks_what_was_shown_is_void(output: list[Any]) -> None:
    lacking = Reply.json(200, {"id": "x", "object": "response", "status": "completed", "output": output})
    call = openai_responses(tool_calls=[ToolCall("c", "look", ['{"a"', ":1}"])])
    cut = sum(map(len, call[:3])) + 30  # the call has been announced
    script = Background(call, connections=[Reply(cut_at=cut), REFUSAL], polls=[lacking])
    played, _ = play_kept({"a": [script, Background(WHOLE)]}, fallback="retries: 1")
    assert [event["type"] for event in played.of("resumed", "discard", "retry")] == ["resumed", "discard", "retry"]
    assert played.terminal["message"]["content"] == "Grüße 🌍!"


def test_a_response_that_is_not_what_was_shown_is_void() -> None:
    other = Reply.json(200, {"id": "x", "object": "response", "status": "completed", "output": [MESSAGE]})
    script = Background(WHOLE, connections=[Reply(cut_at=CUT), REFUSAL], polls=[other])
    played, _ = play_kept({"a": [script, Background(WHOLE)]}, fallback="retries: 1")
    assert [event["type"] for event in played.of("resumed", "discard", "retry")] == ["resumed", "discard", "retry"]
    assert played.terminal["message"]["content"] == "Grüße 🌍!"
