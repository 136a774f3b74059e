"""Pages written for docker-agent's browser build, with our module in place of its loader: what tools reach."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Route

from sparewheel.testing import Reply, ScriptedProvider
from tests.support.agents import ENV
from tests.support.browser import Change, Site, Theirs
from tests.support.compat import ANSWER, HANDBOOK, asks, file_of, run
from tests.support.oauthserver import TOKEN, OAuthServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENTS = {
    "handbook/vacation.md": "# Vacation\nEach year has 30 days of it. What is left ends with March.",
    "handbook/travel.md": "# Travel\nSend the receipts within two weeks.",
    "other/notes.md": "days of vacation, days of vacation",
}


async def test_built_in_tools_ask_and_answer(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script(
        "a",
        asks("create_todo", description="buy milk"),
        asks("write_plan", name="trip", content="Go somewhere."),
        asks("add_memory", memory="likes tea"),
        asks("get_memories"),
        asks("delete_plan", name="trip"),
        asks("read_plan", name="trip"),
        asks("user_prompt", message="Sure?"),
        asks("user_prompt", message="Really?"),
        asks("search_handbook", query="days of vacation"),
        ANSWER,
    )
    kinds = "".join(f"{{type: {kind}}}, " for kind in ("todo", "plan", "memory", "user_prompt", "rag, ref: handbook"))
    result, events = await run(
        compat,
        """async (yaml, env, documents) => {
          let asked = 0;
          const { session, events } = await opened({ yaml, env, documents }, ({ type, id, name }, session) => {
            if (type === "tool_confirmation" && name === "delete_plan") session.confirm("reject", "keep it");
            else if (type === "tool_confirmation" && name === "write_plan") session.confirm(true);
            else if (type === "tool_confirmation") session.confirm({ decision: "approve" });
            if (type !== "elicitation") return;
            const answer = asked++ ? { action: "decline" } : { action: "accept", content: { answer: "yes" } };
            session.respondToElicitation({ id, ...answer });
          });
          const result = await session.send("Do everything");
          await session.close();
          return [result, events];
        }""",
        file_of(provider, f"    toolsets: [{kinds}]\n") + HANDBOOK,
        ENV,
        DOCUMENTS,
    )
    assert result["message"]["content"] == "Answer"
    results = [event for event in events if event["type"] == "tool_result"]
    expected = [
        ("create_todo", False, "buy milk"),
        ("write_plan", False, "trip"),
        ("add_memory", False, "Memory added"),
        ("get_memories", False, "likes tea"),
        ("delete_plan", True, "rejected this call: keep it"),
        ("read_plan", False, "Go somewhere."),
        ("user_prompt", False, '{"action":"accept","content":{"answer":"yes"}}'),
        ("user_prompt", True, '"action":"decline"'),
        ("search_handbook", False, "handbook/vacation.md"),
    ]
    for event, (name, is_error, part) in zip(results, expected, strict=True):
        assert (event["name"], event["is_error"]) == (name, is_error), event
        assert part in event["output"], event
    assert "Each year has 30 days of it." in results[-1]["output"]
    assert "other/" not in results[-1]["output"]
    questions = [event["name"] for event in events if event["type"] == "tool_confirmation"]
    assert questions == ["write_plan", "add_memory", "delete_plan"]
    assert [event["message"] for event in events if event["type"] == "elicitation"] == ["Sure?", "Really?"]
    ran = [event["name"] for event in events if event["type"] == "tool_call"]
    assert ran == [name for name, *_ in expected if name != "delete_plan"]
    offered = {each["function"]["name"] for each in provider.requests[0].json["tools"]}
    assert {name for name, *_ in expected} <= offered
    assert "export_plan_to_file" not in offered


async def test_redirects(compat: Theirs, site: Site, provider: ScriptedProvider) -> None:
    """A relay of tool requests answers a redirect without Location; a real one is an error, and is not followed.

    That is so for the page's own requests, and for those to a model, which carry a key.
    """
    relayed = "https://target.invalid/"
    leak = {"Location": f"{provider.url}/leaked"}
    site.changes["theirs.js"] = Change(302, {"X-Docker-Agent-Location": relayed})
    site.changes["index.html"] = Change(302, leak)
    provider.script("a", Reply((b"",), status=302, headers=leak, repeat=True))
    try:
        outcome = await run(
            compat,
            """async (yaml, env, folder) => {
              const response = await fetch(`${folder}theirs.js`, { redirect: "error" });
              const refused = await fetch(`${folder}index.html`, { redirect: "error" }).catch((error) => error.name);
              const { session } = await opened({ yaml, env });
              const failed = await failure(session.send("Hello"));
              await session.close();
              return [response.status, response.headers.get("x-docker-agent-location"), refused, failed !== ""];
            }""",
            file_of(provider),
            ENV,
            f"{site.origin}/theirs/",
        )
    finally:
        site.changes.clear()
    assert outcome == [302, relayed, "TypeError", True]
    assert {request.path for request in provider.requests} == {"/v1/chat/completions"}


async def test_a_session_that_needs_no_proxy_ignores_one(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    text = await run(
        compat,
        """async (options) => {
          const { session } = await opened(options);
          const { message } = await session.send("Hello");
          await session.close();
          return message.content;
        }""",
        {
            "yaml": file_of(provider, "    toolsets: [{type: fetch}]\n"),
            "env": dict(ENV),
            "toolProxy": "https://relay.example.test/proxy",
            "oauthRedirectURI": "https://page.example.test/callback",
        },
    )
    assert text == "Answer"


async def test_requests_of_web_tools_go_through_the_egress_proxy(compat: Theirs, provider: ScriptedProvider) -> None:
    """Its redirects have a header of their own, and a real one is an error. Without it, the browser asks itself."""
    moved, there, leaky = (f"https://target.invalid/{path}" for path in ("moved", "there", "leaky"))
    answers = {
        moved: (302, {"x-docker-agent-location": there}, ""),
        there: (200, {"content-type": "text/plain"}, "Hello from there."),
        leaky: (302, {"location": "https://relay.example.test/leaked"}, ""),
    }
    allowed = {"access-control-allow-origin": "*", "access-control-expose-headers": "X-Docker-Agent-Location"}
    targets: list[str] = []

    async def relay(route: Route) -> None:
        target = parse_qs(urlsplit(route.request.url).query).get("url", [route.request.url])[0]
        targets.append(target)
        status, headers, body = answers.get(target, (404, {}, ""))
        await route.fulfill(status=status, headers={**allowed, **headers}, body=body)

    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    provider.script("a", asks("fetch", urls=[moved]), asks("fetch", urls=[leaky]), ANSWER)
    provider.script("a", asks("fetch", urls=[there]), ANSWER)
    context = compat.page.context
    await context.route("https://relay.example.test/**", relay)
    await context.route("https://target.invalid/**", refuse)
    try:
        events = await run(
            compat,
            """async (yaml, env, proxies) => {
              const heard = [];
              for (const toolProxy of proxies) {
                const { session, events } = await opened({ yaml, env, toolProxy, autoApprove: true });
                await session.send("Hello");
                await session.close();
                heard.push(...events);
              }
              return heard;
            }""",
            file_of(provider, "    toolsets: [{type: fetch}]\n"),
            ENV,
            ["https://relay.example.test/proxy", ""],
        )
    finally:
        await context.unroute_all()
    relayed, leaked, refused = [event for event in events if event["type"] == "tool_result"]
    assert (relayed["name"], relayed["is_error"]) == ("fetch", False), relayed
    assert "status 200" in relayed["output"]
    assert "Hello from there." in relayed["output"]
    assert leaked["is_error"], leaked
    assert refused["is_error"], refused
    assert "toolProxy" in refused["output"]
    assert targets[:2] == [moved, there]
    assert set(targets) == set(answers)


class _NamelessServer(OAuthServer):
    """One that does not name itself in what comes back: docker-agent's pages pass on the code and the state only."""

    def document(self, path: str) -> Any:
        found = super().document(path)
        return found and {name: value for name, value in found.items() if "iss_parameter" not in name}


async def test_a_sign_in_to_a_remote_server_is_an_elicitation(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", asks("whoami"), ANSWER)
    with _NamelessServer() as server:
        toolset = f"{{type: mcp, allow_private_ips: true, remote: {{url: '{server.origin}/mcp'}}}}"
        back = "https://page.example.test/back"
        result, events = await run(
            compat,
            """async (yaml, env, oauthRedirectURI) => {
              const answer = async ({ type, id, meta }, session) => {
                if (type !== "elicitation" || meta["cagent/type"] !== "oauth_flow") return;
                await fetch(meta["cagent/authorize_url"]); // where the user signs in
                await session.respondToElicitation({ id, action: "accept", content: { code: "code-1", state: meta["cagent/state"] } });
              };
              const { session, events } = await opened({ yaml, env, oauthRedirectURI }, answer);
              const result = await session.send("Hello");
              await session.close();
              return [result, events];
            }""",  # noqa: E501
            file_of(provider, f"    toolsets: [{toolset}]\n"),
            ENV,
            back,
        )
    assert result["message"]["content"] == "Answer"
    [asked] = [event for event in events if event["type"] == "elicitation"]
    assert asked["meta"]["cagent/server_url"] == f"{server.origin}/mcp"
    assert asked["url"] == asked["meta"]["cagent/authorize_url"]
    [called] = [event for event in events if event["type"] == "tool_result"]
    assert (called["name"], called["is_error"]) == ("whoami", False), called
    assert called["output"] == "Hello, bearer of [redacted]"
    assert TOKEN not in json.dumps(events)
    assert [query["redirect_uri"] for query in server.asked] == [back]
    assert [form["code"] for form in server.forms] == ["code-1"]
