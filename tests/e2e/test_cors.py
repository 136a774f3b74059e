"""Servers that refuse web pages, asked by tools in a browser: each call works, or ends in the one right sentence.

A sample in Chromium; with SPAREWHEEL_CORS=all every case, in Chromium and Firefox.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from sparewheel import headless
from sparewheel.headless.browser import Engine
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.cors import CASES, KEY, Case, CorsServer
from tests.support.engines import launch_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = os.environ.get("SPAREWHEEL_CORS") == "all"
SAMPLE = (
    "works", "works-get-405", "nothing", "origin-twice", "401-unreadable-get", "preflight-405", "preflight-redirect",
    "no-authorization", "no-put", "post-401-unreadable", "redirect", "closes",
)  # fmt: skip


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider(strict=True) as server:
        yield server


def toolset(case: Case, base: str) -> str:
    values = {"authorization": "Bearer ${env.TOOL_KEY}", "x-team": "red"}
    request = {
        "name": case.name,
        "method": case.method,
        "endpoint": f"{base}/{case.name}",
        "headers": {name: values[name] for name in case.headers if name in values},
    }
    return f"      - {{type: api, allow_private_ips: true, api_config: {json.dumps(request)}}}\n"


@pytest.mark.parametrize("engine", ["chromium", "firefox"] if ALL else ["chromium"])
async def test_a_server_that_refuses_is_told_apart(engine: Engine, provider: ScriptedProvider) -> None:
    cases = [case for case in CASES if ALL or case.name in SAMPLE]
    await asyncio.to_thread(launch_of, engine)
    with CorsServer() as server:
        calls = [ToolCall(case.name, case.name, {}) for case in cases]
        provider.script("a", Reply(openai_chat(tool_calls=calls)), Reply(openai_chat(text="Answer")))
        tools = "    toolsets:\n" + "".join(toolset(case, server.url) for case in cases)
        yaml = agent_file({"a": provider.url}).replace("    instruction:", f"{tools}    instruction:")
        env = {**ENV, "TOOL_KEY": KEY}
        results: dict[str, str] = {}
        async with headless.open(yaml, env=env, engine=engine, auto_approve=True) as runtime:
            async with aclosing(runtime.stream("Hello")) as events:
                async for event in events:
                    if event["type"] == "tool_result":
                        results[event["id"]] = event["output"]
        seen = list(server.seen)
    assert results.keys() == {case.name for case in cases}
    (origin,) = {headers["origin"] for _, _, headers, _ in seen if "origin" in headers}
    wrong = {case.name: results[case.name] for case in cases if not told(case, results[case.name], origin)}
    assert wrong == {}
    assert KEY not in "".join(results.values())
    for case in cases:
        whole = [(method, headers) for name, method, headers, _ in seen if name == case.name and method != "OPTIONS"]
        real = [method for method, headers in whole if is_real(case, method, headers)]
        assert len(real) <= 1 or not case.answer.status, case.name  # browsers ask anew when a connection is closed
        probes = [(method, headers) for method, headers in whole if not is_real(case, method, headers)]
        assert {method for method, _ in probes} <= {"GET"}, case.name
        assert not any(KEY in value for _, headers in probes for value in headers.values()), case.name


def told(case: Case, output: str, origin: str) -> bool:
    if f"answer of {case.name}" in output:
        return case.may_work or case.name.startswith("works")
    parts = [part.format(origin=origin) for part in case.parts]
    return bool(parts) and all(part in output for part in [*parts, "toolProxy"])


def is_real(case: Case, method: str, headers: dict[str, str]) -> bool:
    """Whether it is the request of the tool, not one that looks for a reason."""
    if "authorization" in case.headers:
        return KEY in headers.get("authorization", "")
    return method == case.method and method != "GET"
