"""Pages written for docker-agent's browser build, with our module in place of its loader: what they call and expect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, Usage, openai_chat
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import BOOT_LIMIT, Change, Site, Theirs, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"], usage=Usage(3, 2)))
NEVER_ENDS = ANSWER.replace(silent_after=2)

# What a page does: it waits for the global, and answers questions of the session from outside of its handler.
PAGE = """
async () => {
  await import("/some/deep/path/spare/compat/docker-agent.js");
  globalThis.failure = (work) => work.then(() => "", (error) => (error instanceof Error ? error.message : "no Error"));
  globalThis.opened = async (options, answer = () => {}) => {
    const events = [];
    const session = await dockerAgent.createSession(options, (event) => {
      events.push(event);
      setTimeout(() => answer(event, session), 0);
    });
    return { session, events };
  };
  return Object.keys(dockerAgent).sort();
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loaded(foreign_page: Theirs) -> Theirs:
    names = await within(foreign_page.page.evaluate(PAGE), BOOT_LIMIT)
    assert names == ["abort", "chat", "createSession", "listAgents", "parseConfig"]
    return foreign_page


@pytest_asyncio.fixture(loop_scope="session")
async def page(loaded: Theirs) -> AsyncIterator[Theirs]:
    """A page with `dockerAgent`; afterwards checks that it made no errors and showed no key."""
    yield loaded
    assert loaded.watch.faults == []
    assert not any("CANARY" in text for text in [*loaded.watch.console, *loaded.watch.urls]), KEY
    loaded.watch.clear()


async def run(page: Theirs, code: str, *args: Any) -> Any:
    """The outcome of an async function of the page."""
    return await within(page.page.evaluate(f"(args) => ({code})(...args)", list(args)), BOOT_LIMIT)


def file_of(provider: ScriptedProvider, toolsets: str = "") -> str:
    return agent_file({"a": provider.url}).replace("    instruction:", f"{toolsets}    instruction:")


def asks(tool: str, /, **arguments: Any) -> Reply:
    return Reply(openai_chat(tool_calls=[ToolCall(f"call_{tool}", tool, arguments)]))


async def test_a_file_is_read_at_once(page: Theirs) -> None:
    outline = await run(
        page,
        """async (yaml) => {
          const file = dockerAgent.parseConfig(yaml);
          let thrown = "";
          try {
            dockerAgent.parseConfig("agents: [");
          } catch (error) {
            thrown = error instanceof Error ? error.message : "";
          }
          dockerAgent.abort(); // nothing runs
          return [file, dockerAgent.listAgents(yaml), thrown];
        }""",
        'version: "2"\nproviders: {local: {provider: openai, base_url: "https://x.test/v1", token_key: K}}\n'
        "agents:\n  root: {model: 'local/maker/model-3:free', description: First}\n  helper: {model: openai/gpt-x}\n",
    )
    file, agents, thrown = outline
    assert file["version"] == "2"
    assert [agent["model"] for agent in file["agents"]] == ["local/maker/model-3:free", "openai/gpt-x"]
    assert [(agent["name"], agent["description"]) for agent in agents] == [("root", "First"), ("helper", "")]
    assert thrown.startswith("parseConfig: ")


async def test_a_conversation_is_streamed(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(every=0.02), ANSWER)
    first, second, events, late = await run(
        page,
        """async (yaml, env) => {
          const { session, events } = await opened({ yaml, env });
          const first = await session.send("Hello");
          const heard = [...events];
          const second = await session.send("Again");
          await session.close();
          return [first, second, heard, await failure(session.send("late"))];
        }""",
        file_of(provider),
        ENV,
    )
    types = [event["type"] for event in events]
    assert types.count("delta") == 2
    assert (types.count("finish"), types.count("usage")) == (1, 1)
    assert events[-1] == {**events[-1], "type": "finish", "reason": "stop"}
    assert first["message"] == second["message"] == {"role": "assistant", "content": "Answer"}
    assert first["usage"] == {"input_tokens": 3, "output_tokens": 2}
    assert late == "session is closed"
    assert [message["role"] for message in provider.requests[1].json["messages"]] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in provider.requests)


async def test_built_in_tools_ask_and_answer(page: Theirs, provider: ScriptedProvider) -> None:
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
        ANSWER,
    )
    kinds = "".join(f"{{type: {kind}}}, " for kind in ("todo", "plan", "memory", "user_prompt"))
    result, events = await run(
        page,
        """async (yaml, env) => {
          let asked = 0;
          const { session, events } = await opened({ yaml, env }, ({ type, id, name }, session) => {
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
        file_of(provider, f"    toolsets: [{kinds}]\n"),
        ENV,
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
    ]
    for event, (name, is_error, part) in zip(results, expected, strict=True):
        assert (event["name"], event["is_error"]) == (name, is_error), event
        assert part in event["output"], event
    questions = [event["name"] for event in events if event["type"] == "tool_confirmation"]
    assert questions == ["write_plan", "add_memory", "delete_plan"]
    assert [event["message"] for event in events if event["type"] == "elicitation"] == ["Sure?", "Really?"]
    ran = [event["name"] for event in events if event["type"] == "tool_call"]
    assert ran == [name for name, *_ in expected if name != "delete_plan"]
    offered = {each["function"]["name"] for each in provider.requests[0].json["tools"]}
    assert {name for name, *_ in expected} <= offered
    assert "export_plan_to_file" not in offered


async def test_a_handler_aborts_its_turn(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", NEVER_ENDS, NEVER_ENDS, ANSWER)
    failures, active, types, after = await run(
        page,
        """async (yaml, env) => {
          const events = [];
          let stops = true;
          const session = await dockerAgent.createSession({ yaml, env }, (event) => {
            events.push(event.type);
            if (stops && event.type === "delta") session.abort();
          });
          const turn = session.send("Hello");
          const active = await failure(session.send("too early"));
          const failures = [await failure(turn), await failure(session.send("Again"))];
          const types = [...events];
          stops = false;
          const { message } = await session.send("Once more");
          await session.close();
          return [failures, active, types, message.content];
        }""",
        file_of(provider),
        ENV,
    )
    assert failures == ["chat aborted", "chat aborted"]
    assert active == "embeddedchat: a run is already active"
    assert types.count("delta") == 2
    assert not {"finish", "error", "aborted"} & set(types)
    assert after == "Answer"
    provider.wait_for_disconnect(2)


async def test_a_turn_that_is_aborted_at_once_says_nothing(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(repeat=True))  # the request may be on its way when the turn is aborted
    failed, events, again = await run(
        page,
        """async (yaml, env) => {
          const { session, events } = await opened({ yaml, env });
          const turn = session.send("Hello");
          session.abort();
          const failed = await failure(turn);
          const heard = [...events];
          await session.restart();
          const { message } = await session.send("Again");
          await session.close();
          return [failed, heard, message.content];
        }""",
        file_of(provider),
        ENV,
    )
    assert (failed, events, again) == ("chat aborted", [], "Answer")


async def test_chat_is_stateless_and_is_aborted_from_outside(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER, NEVER_ENDS)
    called = {"id": "c0", "type": "function", "function": {"name": "echo", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "echo"},
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c0", "content": "ok"},
        {"role": "user", "content": "Hello"},
    ]
    result, failed = await run(
        page,
        """async (yaml, env, messages) => {
          const result = await dockerAgent.chat({ yaml, env, messages });
          const turn = dockerAgent.chat({ yaml, env, messages: messages.slice(-1) }, ({ type }) => {
            if (type === "delta") dockerAgent.abort();
          });
          return [result, await failure(turn)];
        }""",
        file_of(provider),
        ENV,
        history,
    )
    assert result["message"] == {"role": "assistant", "content": "Answer"}
    assert failed == "chat aborted"
    roles = [[message["role"] for message in request.json["messages"]] for request in provider.requests]
    assert roles == [["system", "user", "assistant", "tool", "user"], ["system", "user"]]
    provider.wait_for_disconnect(1)


async def test_redirects(page: Theirs, site: Site, provider: ScriptedProvider) -> None:
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
            page,
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


async def test_a_model_that_cannot_be_reached(page: Theirs, refused: str) -> None:
    """One error event with the text of the rejection, whatever the handler does; the next turn begins afresh."""
    host = refused.removeprefix("http://")
    answers = await run(
        page,
        """async (yaml, env) => {
          const answers = [];
          for (const handler of [() => new Promise(() => {}), () => { throw new Error("boom"); }, undefined]) {
            const events = [];
            const session = await dockerAgent.createSession({ yaml, env }, handler && ((event) => {
              events.push(event);
              return handler();
            }));
            const first = await failure(session.send("Hello"));
            const errors = events.filter(({ type }) => type === "error").map(({ message }) => message);
            const second = await failure(session.send("Again"));
            await session.close();
            answers.push([first, errors, second, events.some(({ type }) => type === "finish")]);
          }
          return answers;
        }""",
        agent_file({"a": refused}),
        ENV,
    )
    assert page.watch.faults
    assert all("boom" in fault for fault in page.watch.faults)
    page.watch.faults.clear()
    for (first, errors, second, finished), heard in zip(answers, (True, True, False), strict=True):
        assert host in first
        assert host in second
        assert errors == ([first] if heard else [])
        assert not finished


@pytest.mark.parametrize(
    ("change", "options", "part"),
    [
        ("{type: mcp, command: npx}", {}, "stdio MCP servers"),
        ("{type: shell}", {}, 'toolset type "shell"'),
        ("{type: openapi, url: ./openapi.yaml}", {}, "only http(s) specs"),
        ("{type: todo}", {"agentName": "nope"}, 'agent "nope" not found'),
        ("{type: todo}", {"env": {}}, "TEST_KEY"),
        ("{type: todo}", {"documents": {"a.md": 42}}, "must be a string"),
    ],
)
async def test_what_a_browser_cannot_do_is_refused(
    change: str, options: Any, part: str, page: Theirs, provider: ScriptedProvider
) -> None:
    yaml = file_of(provider, f"    toolsets: [{change}]\n")
    code = "async (options) => failure(dockerAgent.createSession(options))"
    failed = await run(page, code, {"yaml": yaml, "env": dict(ENV), **options})
    assert failed.startswith("createSession: ")
    assert part in failed


async def test_a_session_that_needs_no_proxy_ignores_one(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    text = await run(
        page,
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
