"""The tool `read_skill`: the model sees names and descriptions, and reads instructions when it needs them."""

from __future__ import annotations

from sparewheel import open_agent
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.door import ENV, agent_file

SKILLS = """
skills:
  - {name: haiku, description: When a poem is asked for., instructions: "Three lines. Use ${env.SEASON}."}
"""


async def test_a_skill_is_listed_and_read() -> None:
    with ScriptedProvider() as server:
        calls = [ToolCall("c1", "read_skill", '{"name": "haiku"}'), ToolCall("c2", "read_skill", '{"name": "hiaku"}')]
        server.script("a", Reply(openai_chat(tool_calls=calls)), Reply(openai_chat(text="Done")))
        text = agent_file(server, "a", root=SKILLS)
        async with open_agent(text, env={**ENV, "SEASON": "winter"}) as session:
            events = [event async for event in session.stream("A poem!")]
        results = [(e["output"], e["is_error"]) for e in events if e["type"] == "tool_result"]
        assert results == [
            ("Three lines. Use winter.", False),
            ("There is no skill 'hiaku' (did you mean 'haiku'?).", True),
        ]
        first = server.requests[0].json
        assert "- haiku: When a poem is asked for." in first["messages"][0]["content"]
        assert [tool["function"]["name"] for tool in first["tools"]] == ["read_skill"]
