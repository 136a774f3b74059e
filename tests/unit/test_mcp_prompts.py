"""Prompts of MCP servers, from which a user chooses: listed, filled in, and as hostile as anything of a server."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.agent.prompts import MAX_PROMPTS, fill_prompt, list_prompts
from sparewheel.errors import ConfigError
from tests.support.fakeloop import run
from tests.support.mcpserver import MODERN, Server, opened

REVIEW = {
    "name": "review",
    "title": "Review",
    "description": "Reviews a text.\u200b",
    "arguments": [{"name": "of", "description": "What", "required": True}, {"name": "how"}, {"no": "name"}, 7],
}


def server(prompts: list[Any], version: str = "2025-06-18") -> Server:
    """A server with these prompts, which are filled in with their arguments as one text."""
    made = Server(version)
    made.capabilities = {"tools": {}, "prompts": {}}
    made.replies["prompts/list"] = lambda _: {"prompts": prompts}
    made.replies["prompts/get"] = lambda message: said(str(message["params"]["arguments"]))
    return made


def said(*texts: str, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": {"type": "text", "text": text}} for text in texts]}


@pytest.mark.parametrize("version", ["2024-11-05", "2025-11-25", MODERN])
def test_prompts_of_all_servers_that_can_be_reached(version: str) -> None:
    async def main() -> None:
        down, without = server([REVIEW]), Server()
        down.down = True
        toolsets: list[Any] = [
            opened(server([REVIEW], version), name="docs"),
            opened(down, name="down"),
            opened(without, name="without"),
            opened(server([{"name": "review", "title": "Again"}]), name="docs"),
        ]
        found = await list_prompts(toolsets)
        assert found == [
            {
                "server": "docs",
                "name": "review",
                "description": "Reviews a text.",
                "arguments": [
                    {"name": "of", "description": "What", "required": True},
                    {"name": "how", "description": "", "required": False},
                ],
            },
            {"server": "docs_2", "name": "review", "description": "Again", "arguments": []},
        ]
        filled = await fill_prompt(toolsets, "docs", "review", {"of": "this"})
        assert filled == [{"type": "text", "text": "{'of': 'this'}"}]
        for toolset in toolsets:
            await toolset.close()

    run(main())


def test_what_a_prompt_has_beside_one_text() -> None:
    async def main() -> None:
        mine = server([])
        toolset = opened(mine, name="docs")
        png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        picture = {"role": "user", "content": {"type": "image", "mimeType": "image/png", "data": png}}
        mine.replies["prompts/get"] = lambda _: {"messages": [*said("Look\u202e:")["messages"], picture]}
        file, text = await fill_prompt([toolset], "docs", "see", {})
        assert file["type"] == "file" and (file["file"]["mime_type"], file["file"]["data"]) == ("image/png", png)
        assert text == {"type": "text", "text": "Look:\n\n[image: image/png, 70 bytes]"}
        both = [*said("Be brief.", role="assistant")["messages"], *said("Why?")["messages"]]
        mine.replies["prompts/get"] = lambda _: {"messages": both}
        assert await fill_prompt([toolset], "docs", "see", {}) == [
            {"type": "text", "text": "assistant: Be brief.\n\nuser: Why?"}
        ]
        await toolset.close()

    run(main())


def test_prompts_that_cannot_be_had() -> None:
    async def main() -> None:
        mine = server([])
        toolset = opened(mine, name="docs")
        mine.replies["prompts/get"] = lambda _: {"error": {"code": -32602, "message": "no such prompt"}}
        with pytest.raises(ConfigError, match=r"The prompt could not be read: mcp.example.test: no such prompt"):
            await fill_prompt([toolset], "docs", "none", {})
        with pytest.raises(ConfigError, match="The agent has no server 'other'"):
            await fill_prompt([toolset], "other", "none", {})
        await toolset.close()

    run(main())


def test_hostile_lists_are_bounded() -> None:
    async def main() -> None:
        long = {"description": "x" * 5000, "arguments": [{"name": "a" * 300}] * 60}
        many = [{"name": f"p{number}", **long} for number in range(220)]
        odd: list[Any] = [{}, {"name": 7}, {"name": "n" * 5000}, {"name": ""}, {"name": "ok", "arguments": 7}]
        toolset = opened(server([*odd, *many]), name="docs")
        found = await list_prompts([toolset])
        assert len(found) <= MAX_PROMPTS and found[0]["name"] == "ok"
        assert {len(each["description"]) for each in found[1:]} == {500}
        assert {len(each["arguments"]) for each in found[1:]} == {50}
        assert len(found[1]["arguments"][0]["name"]) == 200
        await toolset.close()

    run(main())
