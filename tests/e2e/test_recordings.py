"""A recorded turn is the same in each browser, under Node and in CPython, wherever it was recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparewheel import SparewheelError, open_agent
from sparewheel.headless import open as open_runtime
from sparewheel.headless.browser import Engine
from sparewheel.testing import Reply, ScriptedProvider, errors, openai_chat
from tests.support.door import ENV, KEY, agent_file, asks
from tests.support.engines import launch_of

pytestmark = pytest.mark.keyless

TIMES = ("turn", "delay_ms", "retrying_at", "wait_ms")
SKIPPED = ("skipped", "reason")


def steady(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without what differs from one run to the next. The reason of a `skipped` has a time in it."""
    return [
        {name: value for name, value in event.items() if name not in TIMES and (event["type"], name) != SKIPPED}
        for event in events
    ]


async def events_of(engine: Any, file: str, prompt: str, **options: Any) -> list[dict[str, Any]]:
    if engine == "native":
        async with open_agent(file, **options) as session:
            return [dict(event) async for event in session.stream(prompt)]
    async with open_runtime(file, engine=engine, **options) as runtime:
        events = [dict(event) async for event in runtime.stream(prompt)]
        if "replay" in options:
            with pytest.raises(SparewheelError, match="The recording has no answer to POST"):
                await runtime.send("Something else")
        return events


async def test_a_recorded_turn_is_the_same_everywhere(provider: ScriptedProvider, tmp_path: Path) -> None:
    broken = Reply(openai_chat(text=["Ünce ", "upon ☕"], finish=None), cut_at=9999, split=5)
    said = ["It is the", " s", "k", "y ☕."]
    prompt = f"Is {KEY} mine?"
    first: dict[str, list[dict[str, Any]]] = {}
    file = agent_file(provider, "a", "b", root="toolsets: [{type: think}]")
    for engine in ("native", "chromium"):
        provider.script("a", errors.openai_server_error(), broken)
        provider.script("b", asks(("think", {"thought": "Hm."})), Reply(openai_chat(text=said), split=7))
        first[engine] = await events_of(engine, file, prompt, env=ENV, record=tmp_path / engine)
        assert first[engine][-1]["message"]["content"] == "It is the sky ☕."
        assert KEY not in (tmp_path / engine).read_text(encoding="utf-8")
    asked = len(provider.requests)
    prompt = "Is [redacted] mine?"
    for engine in ("native", "chromium", "node"):
        played = await events_of(engine, file, prompt, replay=tmp_path / "native")
        assert steady(played) == steady(first["native"]), engine
    played = await events_of("native", file, prompt, replay=tmp_path / "chromium")
    assert steady(played) == steady(first["chromium"])
    assert len(provider.requests) == asked


@pytest.mark.parametrize("engine", ["firefox", "webkit"])
async def test_other_browsers_replay_it_too(provider: ScriptedProvider, tmp_path: Path, engine: Engine) -> None:
    launch_of(engine)
    provider.script("a", replace(errors.openai_server_error(), repeat=True))
    provider.script("b", asks(("think", {"thought": "Hm."})), Reply(openai_chat(text=["y ☕", "."]), split=7))
    file = agent_file(provider, "a", "b", root="toolsets: [{type: think}]")
    first = await events_of("native", file, "Why?", env=ENV, record=tmp_path / "recording")
    assert first[-1]["message"]["content"] == "y ☕."
    asked = len(provider.requests)
    assert steady(await events_of(engine, file, "Why?", replay=tmp_path / "recording")) == steady(first)
    assert len(provider.requests) == asked
