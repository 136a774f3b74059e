"""`sparewheel.open_agent`: what goes in, what is refused and what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from sparewheel import ConfigError, SparewheelError, is_fallback, open_agent
from sparewheel.testing import (
    Reply,
    ScriptedProvider,
    errors,
    openai_chat,
)
from tests.support.door import ANSWER, ENV, KEY, agent_file, collect, text

DEMO = "agents:\n  root: {model: demo/hello}\n"


@pytest.mark.parametrize(
    ("agent", "options", "problem"),
    [
        pytest.param("agents:\n  root: {model: demo/hello, modle: x}\n", {}, "line 2.*did you mean 'model'", id="key"),
        pytest.param("agents: [\n", {}, "not valid YAML: line 2", id="yaml"),
        pytest.param("missing.yaml", {}, "missing.yaml cannot be read: No such file", id="path"),
        pytest.param(None, {}, "open_agent needs an agent file", id="nothing"),
        pytest.param(DEMO, {"agent_name": "x"}, 'agent "x" not found', id="agent_name"),
        pytest.param(DEMO, {"approval_timeout": -1}, "approval_timeout must be a number", id="approval_timeout"),
        pytest.param(DEMO, {"env": ["A=b"]}, "env must be a mapping", id="env"),
        pytest.param(DEMO, {"env": {"A": 1}}, "env: 'A' must be a str", id="env-value"),
        pytest.param(DEMO, {"documents": {1: "x"}}, "documents: 1 must be a str", id="documents"),
        pytest.param(DEMO, {"history": [{"role": "x"}]}, r"messages\[0\].role must be", id="history"),
        pytest.param(DEMO, {"tools": [3]}, "tools: int is not a function", id="tools"),
        pytest.param(DEMO, {"tools": [lambda: 1]}, "tools: <lambda> cannot be a tool: its name must", id="lambda"),
        pytest.param(DEMO, {"tools": [text, text]}, "tools: there are two functions named text", id="tools-twice"),
        pytest.param(DEMO, {"hooks": {"never": print}}, "'never' is no point of a turn", id="hooks"),
        pytest.param(DEMO, {"hooks": {"stop": "x"}}, "stop must be functions", id="hooks-value"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_one_clear_error(
    agent: Any, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        async with open_agent(agent, **options):
            pass


async def test_a_missing_key_says_what_to_do() -> None:
    with pytest.raises(ConfigError) as caught:
        async with open_agent("agents:\n  root: {model: openai/x}\n"):
            pass
    assert "needs a key for OpenAI" in caught.value.info.message
    assert caught.value.info.message.endswith("Set OPENAI_API_KEY.")
    assert "nothing was sent" in caught.value.info.hint


async def test_an_agent_file_may_be_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("agents: {root: {model: demo/hello}}", encoding="utf-8")
    for named in (path, str(path)):
        async with open_agent(named) as session:
            assert session.models == ["demo/hello"]


async def test_no_key_is_in_an_event_a_result_an_error_or_an_export() -> None:
    echo = openai_chat(reasoning=f"I see {KEY}", text=["the key is ", KEY[:9], KEY[9:]])
    with ScriptedProvider() as server:
        server.script("a", Reply(echo), Reply(echo), errors.openai_invalid_request(f"bad key {KEY}"))
        async with open_agent(agent_file(server), env=ENV) as session:
            events = await collect(session)
            assert text(events) == "the key is [redacted]"
            result = await session.send("hi")
            assert result["message"]["content"] == "the key is [redacted]"
            with pytest.raises(SparewheelError) as caught:
                await session.send("hi")
            failure = caught.value
            seen = [events, result, await session.export(), failure.to_dict(), failure, failure.__cause__]
            assert "CANARY" not in repr(seen) + str(failure)
        assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)


async def test_events_belong_to_the_program() -> None:
    """Whatever a program does to an event does not reach the session."""
    with ScriptedProvider() as server:
        server.script("a", Reply(ANSWER), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV) as session:
            async for event in session.stream("hi"):
                cast("dict[str, Any]", event).clear()
            assert (await session.send("hi"))["message"]["content"] == "Answer"


async def test_a_model_of_a_page_is_passed_over() -> None:
    with ScriptedProvider() as server:
        server.script("a", Reply(ANSWER))
        file = agent_file(server).replace("model: mine/a", "model: page/own").replace("[]", "[mine/a]")
        async with open_agent(file, env=ENV) as session:
            events = await collect(session)
            assert [event["kind"] for event in events if is_fallback(event)] == ["unsupported"]
            assert text(events) == "Answer"
