"""A turn goes on after it was interrupted or has failed: nothing is asked, run or paid again that is done."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError, SparewheelError
from sparewheel.state.doubts import DONE, SKIPPED
from sparewheel.state.journal import Memory, Store
from sparewheel.testing import errors
from tests.support.agentic import calls, say, tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, survivor
from tests.support.lookup import sent
from tests.support.scripted import ScriptedTransport, check_rules

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from sparewheel.tools.base import Tool

WRITE = calls(("c1", "write", '{"n": 1}'), ("c2", "write", '{"n": 2}'), ("c3", "look", "{}"))


class World:
    """Tools and what they have done. `dies_in`: the tools in whose call the process is killed."""

    def __init__(self, *dies_in: int) -> None:
        self.written: list[tuple[int, str]] = []
        self.looked = 0
        self.dies_in = set(dies_in)
        self.dead: asyncio.Event | None = None

    def tools(self) -> list[Tool]:
        async def write(n: int, context: Any) -> str:
            self.written.append((n, context.idempotency_key))
            if n in self.dies_in:
                self.dies_in.discard(n)
                assert self.dead is not None
                self.dead.set()
                await asyncio.Event().wait()
            return f"wrote {n}"

        async def look(context: Any) -> str:
            self.looked += 1
            return "seen"

        return [tool(write, read_only=False), tool(look)]


async def events_of(batches: AsyncGenerator[Any, None]) -> list[dict[str, Any]]:
    """The events of a turn that may fail."""
    events: list[dict[str, Any]] = []
    async with aclosing(batches):
        with suppress(SparewheelError):
            async for batch in batches:
                events += [dict(event) for event in batch]
    return events


def types(events: Sequence[Mapping[str, Any]]) -> list[str]:
    skipped = {"block_start", "block_end", "usage", "tool_call_delta", "delta"}
    return [event["type"] for event in events if event["type"] not in skipped]


def test_a_turn_that_failed_goes_on_after_its_tools() -> None:
    async def main() -> None:
        world, backend = World(), Watched()
        transport = ScriptedTransport({"a": [WRITE, errors.openai_server_error(), say("Done"), say("Next")]})
        conversation = await kept(Store(backend), transport, *world.tools(), everything=True)
        first = await events_of(conversation.turn("hi"))
        assert (first[-1]["type"], first[-1]["kind"]) == ("error", "server_error")
        second = await events_of(conversation.resume())
        assert types(second) == ["start", "step", "finish"]
        assert second[0]["resumed"] is True
        assert {event["turn"] for event in [*first, *second]} == {first[0]["turn"]}
        check_rules(second)
        assert ([n for n, _ in world.written], world.looked) == ([1, 2], 1)
        assert sent(transport, 1) == sent(transport, 2)
        with pytest.raises(ConfigError, match="no turn to resume"):
            await anext(conversation.resume())
        await events_of(conversation.turn("and now"))
        assert [message["role"] for message in sent(transport)] == [
            *("user", "assistant", "tool", "tool", "tool", "assistant", "user")
        ]
        [row] = await conversation.runner.state.recorder.store.headers()  # type: ignore[union-attr]
        assert row["turns"] == 2

    run(main())


def test_a_turn_whose_first_step_failed_is_asked_again() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [errors.openai_server_error(), say("Done")]})
        conversation = await kept(Store(Watched()), transport)
        await events_of(conversation.turn("hi"))
        assert conversation.history == []
        assert types(await events_of(conversation.resume())) == ["start", "finish"]
        assert [message.text for message in conversation.history] == ["hi", "Done"]

    run(main())


async def killed(world: World, script: list[Any]) -> tuple[Memory, ScriptedTransport]:
    """What a process leaves that is killed in a call of the first turn."""
    memory, transport = Memory(), ScriptedTransport({"a": script})
    world.dead = asyncio.Event()
    conversation = await kept(Store(Watched(memory)), transport, *world.tools(), everything=True)
    task = asyncio.ensure_future(events_of(conversation.turn("hi")))
    await world.dead.wait()
    await asyncio.sleep(1)  # of the fake clock: the other calls have ended
    left = survivor(memory)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return left, transport


@pytest.mark.parametrize(
    ("wish", "result", "shown", "runs"),
    [
        ("again", None, "wrote 2", 2),
        ("skip", None, SKIPPED, 1),
        ("done", None, DONE, 1),
        ("done", "it was written", "it was written", 1),
    ],
)
@pytest.mark.parametrize("asked", ["before", "during"])
def test_a_call_that_may_have_had_its_effect_runs_again_only_if_the_user_says_so(
    wish: str, result: str | None, shown: str, runs: int, asked: str
) -> None:
    async def main() -> None:
        world = World(2)
        memory, transport = await killed(world, [WRITE, say("Done")])
        conversation = await kept(
            Store(Watched(memory)),
            transport,
            *world.tools(),
            everything=True,
            again=True,
            interactive=asked == "during",
        )
        if asked == "before":
            failed = await events_of(conversation.resume())
            assert types(failed)[-2:] == ["tool_result", "error"]
            doubt = next(event for event in failed if event["type"] == "in_doubt")
            assert (doubt["id"], doubt["name"], doubt["args"]) == ("c2", "write", '{"n": 2}')
            assert failed[-1]["kind"] == "in_doubt"
            conversation.resolve("c2", wish, result)
            events = await events_of(conversation.resume())
        else:
            events = []
            async with aclosing(conversation.resume()) as batches:
                async for batch in batches:
                    events += [dict(event) for event in batch]
                    if any(event["type"] == "in_doubt" for event in batch):
                        conversation.resolve("c2", wish, result)
        check_rules(events)
        assert events[-1]["type"] == "finish"
        results = {
            message["tool_call_id"]: message["content"] for message in sent(transport) if message["role"] == "tool"
        }
        assert results == {"c1": "wrote 1", "c2": shown, "c3": "seen"}
        assert [n for n, _ in world.written].count(2) == runs
        assert len({key for n, key in world.written if n == 2}) == 1
        assert ([n for n, _ in world.written].count(1), world.looked) == (1, 1)

    run(main())


@pytest.mark.parametrize("wish", ["again", "skip"])
def test_wherever_it_is_killed_nothing_runs_twice_unasked(wish: str) -> None:
    """The process is killed after each of its transactions, and again in the turn that goes on."""

    async def story(world: World, memory: Memory, script: list[Any], *, again: bool) -> list[Any]:
        moments: list[Any] = []

        class Snapping(Watched):
            async def write(self, changes: Any, *, strict: bool = True) -> None:
                await super().write(changes)
                moments.append((survivor(memory), list(world.written), transport.count))

        transport = Counting(script)
        conversation = await kept(
            Store(Snapping(memory)), transport, *world.tools(), everything=True, again=again, interactive=True
        )
        batches = conversation.resume() if again else conversation.turn("hi")
        async with aclosing(batches):
            async for batch in batches:
                for event in batch:
                    if event["type"] == "in_doubt":
                        conversation.resolve(event["id"], wish)
        assert conversation.result is not None
        assert conversation.result["message"]["content"] == "Done"
        return moments

    class Counting(ScriptedTransport):
        """A model that answers by what it has been asked so far in this turn."""

        def __init__(self, script: list[Any]) -> None:
            super().__init__({"a": list(script)})
            self.count = 0

        def next_reply(self, model: str) -> Any:
            self.count += 1
            return super().next_reply(model)

    async def main() -> int:
        script = [WRITE, calls(("c4", "write", '{"n": 1}')), say("Done")]
        first = World()
        moments = await story(first, Memory(), script, again=False)
        assert [n for n, _ in first.written] == [1, 2, 1]
        assert len({key for _, key in first.written}) == 3
        resumed = 0
        for memory, written, asked in moments:
            store = Store(Watched(survivor(memory)))
            rows = await store.headers()
            if not rows or rows[0]["state"] != "interrupted":
                continue
            resumed += 1
            world = World()
            world.written = list(written)
            answers = sum('"role":"assistant"' in text and '"step"' in text for text in memory.records["one"].values())
            later = await story(world, memory, script[min(asked, answers) :], again=True)
            assert later
            keys = [key for _, key in world.written]
            assert set(keys) <= {key for _, key in first.written}
            if wish == "skip":
                assert len(keys) == len(set(keys))
            else:
                assert len(set(keys)) == 3
        return resumed

    assert run(main()) >= 8
