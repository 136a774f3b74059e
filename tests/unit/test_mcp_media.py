"""Pictures, sounds and files in the results of an MCP server: events for the page, parts of the message for models."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from sparewheel.errors import SparewheelError
from sparewheel.media import MAX_SIZE, Media, read_media
from sparewheel.messages import Image, Message, Text, ToolCall, parse_messages
from sparewheel.providers.history import prepare
from sparewheel.state.journal import Memory, Store
from sparewheel.state.journal.retelling import Retelling
from sparewheel.state.journal.stored_messages import dump_message, load_message
from sparewheel.testing import Reply
from sparewheel.tools.base import ToolResult
from sparewheel.tools.mcp.content import MAX_MEDIA, prompt_result, resource_result, tool_result
from sparewheel.transcript import fold
from tests.support.agentic import call, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, survivor
from tests.support.mcpserver import ECHO, MODERN, Server, opened
from tests.support.scripted import PIXEL, Played, ScriptedTransport, State, collect

READ = {**ECHO, "annotations": {"readOnlyHint": True}}
WAVE = b64encode(b"RIFF\x04\x00\x00\x00WAVE").decode()
PDF = b64encode(b"%PDF-1.7").decode()
DOT = PIXEL.partition(",")[2]
SHOWN = {"type": "image", "data": DOT, "mimeType": "image/png"}
HEARD = {"type": "audio", "data": WAVE, "mimeType": "audio/wav"}
SAVED = {"type": "resource", "resource": {"uri": "file:///a.pdf", "blob": PDF, "mimeType": "application/pdf"}}
TEXT = {"type": "text", "text": "Look:"}
OUTPUT = f"Look:\n\n[image: image/png, {len(DOT) * 3 // 4 - DOT.count('=')} bytes]"


def played(*replies: Any, version: str = MODERN, parts: Any = (TEXT, SHOWN)) -> tuple[Played, ScriptedTransport]:
    """A turn in which the model calls a tool whose result has the parts."""
    server = Server(version, tools=[READ])
    server.replies["tools/call"] = lambda _: {"resultType": "complete", "content": [*parts]}
    own = State()
    own.open_toolsets = lambda _: [opened(server)]
    turns, transport = play_agent([call("echo"), *replies], own=own)
    return turns[0], transport


def media_in(turn: Played) -> list[dict[str, Any]]:
    return [dict(event) for event in turn.events if event["type"] == "media"]


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", MODERN])
def test_media_of_a_result_are_events_of_its_call(version: str) -> None:
    turn, _ = played(say("Done."), version=version, parts=(TEXT, SHOWN, HEARD, SAVED))
    found = media_in(turn)
    assert [(each["call_id"], each["attempt"], each["index"]) for each in found] == [("c1", 1, n) for n in range(3)]
    assert [each["mime_type"] for each in found] == ["image/png", "audio/wav", "application/pdf"]
    assert [each["data"] for each in found] == [DOT, WAVE, PDF]
    kinds = [event["type"] for event in turn.events]
    assert kinds.index("tool_call") < kinds.index("media") < kinds.index("tool_result")
    output = next(event["output"] for event in turn.events if event["type"] == "tool_result")
    assert output == f"{OUTPUT}\n\n[audio: audio/wav, 12 bytes]\n\n[file:///a.pdf: application/pdf, 8 bytes]"


def test_they_are_no_part_of_the_answer() -> None:
    turn, _ = played(say("Done."))
    events: Any = turn.events
    result = next(place for place, event in enumerate(events) if event["type"] == "tool_result")
    assert fold(events[: result + 1])["media"] == fold(events)["media"] == []
    assert "media" not in turn.terminal["message"]


def test_the_model_gets_the_picture_with_the_text_that_names_it() -> None:
    _, transport = played(say("Done."), parts=(TEXT, SHOWN, HEARD))
    *_, result, shown = json.loads(transport.requests[1].body)["messages"]
    assert result == {"role": "tool", "tool_call_id": "c1", "content": f"{OUTPUT}\n\n[audio: audio/wav, 12 bytes]"}
    assert shown["role"] == "user"
    assert shown["content"][-1] == {"type": "image_url", "image_url": {"url": PIXEL}}


def test_a_model_that_refuses_pictures_gets_the_text_alone() -> None:
    refusal = Reply.json(400, {"error": {"message": "No endpoints found that support image input"}})
    turn, transport = played(refusal, say("Done."))
    assert turn.terminal["type"] == "finish"
    assert [PIXEL in request.body.decode() for request in transport.requests] == [False, True, False]
    assert json.loads(transport.requests[2].body)["messages"][-1]["content"] == OUTPUT


def test_results_in_a_request() -> None:
    asked = Message("assistant", (ToolCall("c1", "echo", "{}"),))
    picture = Media("image/png", DOT, 8)
    parts = (Text("t"), picture, Media("audio/wav", WAVE, 12), picture.hidden(), Media("image/svg+xml", "AAAA", 3))
    (_, result) = prepare([asked, Message("tool", parts, "c1")], "openai/a")
    assert result == Message("tool", (Text("t"), Image(PIXEL)), "c1")


def test_they_are_stored_and_told_to_other_tabs() -> None:
    picture = replace(read_media(DOT), name="plot.png")
    asked = Message("assistant", (ToolCall("c1", "echo", "{}"),))
    result = Message("tool", (Text("t"), picture), "c1")
    assert load_message(json.loads(json.dumps(dump_message(result)))) == result
    assert parse_messages([asked.to_dict(), result.to_dict()])[1] == result
    retelling = Retelling({"root": "openai/a"})
    prompt = {"type": "prompt", "turn": "t1", "agent": "root", "messages": []}
    step = {"type": "step", "turn": "t1", "messages": [dump_message(asked), dump_message(result)]}
    told = retelling.take([prompt, step])
    assert [event["type"] for event in told] == ["start", "tool_call", "media", "tool_result"]
    assert {**told[2]}.items() >= {"call_id": "c1", "index": 0, "data": DOT, "name": "plot.png"}.items()


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({**SHOWN, "data": "%%%"}, "it is not valid base64"),
        ({**SHOWN, "data": "é"}, "it is not valid base64"),
        ({**SHOWN, "data": ""}, "it has no bytes"),
        ({**SHOWN, "data": "===="}, "it has no bytes"),
        ({**SHOWN, "data": None}, "it has no bytes"),
        ({**SHOWN, "data": 7}, "it has no bytes"),
        ({**SHOWN, "data": {"a": "b"}}, "it has no bytes"),
        ({"type": "image"}, "it has no bytes"),
        ({"type": "resource", "resource": {"uri": "a:b"}}, "it has no bytes"),
        ({**SHOWN, "data": "A" * (MAX_SIZE // 3 * 4 + 8)}, "larger than 16 MB"),
        ({**SHOWN, "data": "A" * (MAX_SIZE * 2)}, "larger than 16 MB"),
    ],
)
def test_what_cannot_be_shown_is_named_with_the_reason(part: dict[str, Any], why: str) -> None:
    result = tool_result({"content": [TEXT, part]})
    assert result.media == [] and why in result.output and ", not shown: " in result.output
    assert len(result.output) < 300


def test_types_are_those_of_the_bytes_and_never_one_that_runs() -> None:
    def of(part: dict[str, Any]) -> str:
        (media,) = tool_result({"content": [part]}).media
        return media.mime_type

    assert of({**SHOWN, "mimeType": "text/html"}) == "image/png"
    for declared in ("image/svg+xml", "text/html", "IMAGE/SVG+XML; charset=x", "", None, 7, ["a"], "x" * 1_000_000):
        assert of({**SHOWN, "data": b64encode(b"<svg onload=x>").decode(), "mimeType": declared}) == (
            "application/octet-stream"
        )


def test_many_and_large_media_are_bounded() -> None:
    many = tool_result({"content": [SHOWN] * (MAX_MEDIA + 3)})
    assert len(many.media) == MAX_MEDIA and many.output.count(f"more than {MAX_MEDIA} media") == 3
    large = {**SHOWN, "data": b64encode(bytes(MAX_SIZE * 2 // 3)).decode()}
    two = tool_result({"content": [large, large, SHOWN]})
    assert [media.size for media in two.media] == [MAX_SIZE * 2 // 3, 70]
    assert "the media of the result are larger than 16 MB" in two.output


def test_resources_and_prompts_have_media_too() -> None:
    binary = {"uri": "file:///dot.png", "blob": DOT, "mimeType": "image/png"}
    read = resource_result({"contents": [{"uri": "a:b", "text": "t"}, binary, 7]})
    assert [media.data for media in read.media] == [DOT]
    assert read.output.startswith("[a:b]\nt\n\n[file:///dot.png: image/png, ")
    prompt = prompt_result({"messages": [{"role": "user", "content": SHOWN}, {"role": "user", "content": TEXT}]})
    assert [media.data for media in prompt.media] == [DOT]
    assert prompt.output.endswith("user: Look:")
    for odd in ({}, {"contents": 7, "messages": 7, "content": 7}):
        for read_it in (tool_result, resource_result, prompt_result):
            found: ToolResult = read_it(odd)
            assert found.media == [] and found.output


@pytest.mark.parametrize("in_one_record", [True, False])
def test_a_stored_session_goes_on_with_the_picture(in_one_record: bool) -> None:
    def draw() -> ToolResult:
        return ToolResult(OUTPUT, media=[read_media(DOT)])

    async def main() -> None:
        memory = Memory()
        conversation = await kept(
            Store(Watched(memory)), ScriptedTransport({"a": [call("draw"), say("Done.")]}), tool(draw)
        )
        await collect(conversation, "one")
        if in_one_record:
            await conversation.close()
        transport = ScriptedTransport({"a": [say("Again.")]})
        again = await kept(Store(Watched(survivor(memory))), transport, tool(draw), again=True)
        await collect(again, "two")
        assert PIXEL in transport.requests[0].body.decode()
        await again.close()
        await conversation.close()

    run(main())


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_turn_that_failed_goes_on_with_the_picture(is_stored: bool) -> None:
    def draw() -> ToolResult:
        return ToolResult(OUTPUT, media=[read_media(DOT)])

    async def main() -> None:
        memory = Memory()
        transport = ScriptedTransport({"a": [call("draw"), Reply.json(401, {}), say("Done."), say("Done.")]})
        conversation = await kept(Store(Watched(memory)), transport, tool(draw))
        with pytest.raises(SparewheelError):
            async with aclosing(conversation.turn("one")) as batches:
                async for _ in batches:
                    pass
        going_on = conversation
        if is_stored:
            going_on = await kept(Store(Watched(survivor(memory))), transport, tool(draw), again=True)
        async with aclosing(going_on.resume()) as batches:
            async for _ in batches:
                pass
        assert PIXEL in transport.requests[2].body.decode()
        await going_on.close()
        await conversation.close()

    run(main())
