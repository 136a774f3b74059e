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
from tests.support.cors import CASES, KEY, Case, CorsServer, allowed
from tests.support.engines import launch_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = os.environ.get("SPAREWHEEL_CORS") == "all"
SAMPLE = (
    "works", "works-get-405", "nothing", "origin-twice", "401-unreadable-get", "preflight-405", "preflight-redirect",
    "no-authorization", "no-put", "post-401-unreadable", "redirect", "closes",
)  # fmt: skip


# What an egress proxy answers, and what comes of it. A proxy needs https, so a tool asks this one without `toolProxy`.
THERE = "https://target.example.test/there"
SHOWN = {"access-control-expose-headers": "X-Docker-Agent-Location"}
RELAYED = {
    "moved": (allowed(302, x_docker_agent_location=THERE, **SHOWN), f"200 {THERE} answer of there"),
    "posted": (allowed(303, x_docker_agent_location="/there", **SHOWN), f"200 {THERE} answer of there"),
    "hidden": (allowed(302, x_docker_agent_location=THERE), "Access-Control-Expose-Headers: X-Docker-Agent-Location"),
    "leaky": (allowed(302, location="http://localhost:{port}/works"), "The egress proxy"),
    "there": (allowed(), f"200 {THERE} answer of there"),
}
SOURCE = '''
from sparewheel.tools.base import ToolError
from sparewheel.tools.web.addresses import AddressRules
from sparewheel.tools.web.requests import Ask, Web
from sparewheel.transports.egress import EgressTransport
from sparewheel.transports.fetch import FetchTransport
from sparewheel.transports.urls import read_url

async def relayed(name: str, proxy: str) -> str:
    """Ask a target through a proxy.

    Args:
        name: of the target.
        proxy: its address.
    """
    web = Web(EgressTransport(FetchTransport(), read_url(proxy)), AddressRules())
    method = "POST" if name == "posted" else "GET"
    try:
        answer = await web.send(Ask(method, f"https://target.example.test/{name}", {"Authorization": "Bearer relayed"}))
    except ToolError as error:
        return str(error)
    return f"{answer.status} {answer.url} {answer.body.decode()}"
'''


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
    with CorsServer(*(Case(name, answer=says) for name, (says, _) in RELAYED.items())) as server:
        calls = [ToolCall(case.name, case.name, {}) for case in cases]
        proxy = f"{server.origin}/relay"
        calls += [ToolCall(name, "relayed", {"name": name, "proxy": proxy}) for name in RELAYED]
        provider.script("a", Reply(openai_chat(tool_calls=calls)), Reply(openai_chat(text="Answer")))
        python = f"      - {{type: python, source: {json.dumps(SOURCE)}}}\n"
        tools = f"    toolsets:\n{python}" + "".join(toolset(case, server.origin) for case in cases)
        yaml = agent_file({"a": provider.url}).replace("    instruction:", f"{tools}    instruction:")
        env = {**ENV, "TOOL_KEY": KEY}
        results: dict[str, str] = {}
        async with headless.open(yaml, env=env, engine=engine, auto_approve=True) as runtime:
            async with aclosing(runtime.stream("Hello")) as events:
                async for event in events:
                    if event["type"] == "tool_result":
                        results[event["id"]] = event["output"]
        seen = list(server.seen)
    for name, (_, part) in RELAYED.items():
        assert part in results.pop(name), name
    assert not any(
        "Bearer relayed" in headers.get("authorization", "") for name, _, headers, _ in seen if name == "works"
    )
    assert results.keys() == {case.name for case in cases}
    (origin,) = {headers["origin"] for _, _, headers, _ in seen if headers.get("origin", "null") != "null"}
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
