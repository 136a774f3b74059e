"""Pages written for docker-agent's browser build, with our module in place of its loader: conversations."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.testing import ScriptedProvider
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import Theirs
from tests.support.compat import ANSWER, HANDBOOK, NEVER_ENDS, file_of, run

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_file_is_read_at_once(compat: Theirs) -> None:
    outline = await run(
        compat,
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


async def test_a_conversation_is_streamed(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(every=0.02), ANSWER)
    first, second, events, late = await run(
        compat,
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


async def test_a_handler_aborts_its_turn(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", NEVER_ENDS, NEVER_ENDS, ANSWER)
    failures, active, types, after = await run(
        compat,
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


async def test_a_turn_that_is_aborted_at_once_says_nothing(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(repeat=True))  # the request may be on its way when the turn is aborted
    failed, events, again = await run(
        compat,
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


async def test_chat_is_stateless_and_is_aborted_from_outside(compat: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER, NEVER_ENDS)
    called = {"id": "c0", "type": "function", "function": {"name": "echo", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "echo"},
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c0", "content": "ok"},
        {"role": "user", "content": "Hello"},
    ]
    result, failed = await run(
        compat,
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


async def test_a_model_that_cannot_be_reached(compat: Theirs, refused: str) -> None:
    """One error event with the text of the rejection, whatever the handler does; the next turn begins afresh."""
    host = refused.removeprefix("http://")
    answers = await run(
        compat,
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
    assert compat.watch.faults
    assert all("boom" in fault for fault in compat.watch.faults)
    compat.watch.faults.clear()
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
        ("{type: rag, ref: handbook}", {"documents": {"other/a.md": "A"}}, "handbook names no document of the session"),
        ("{type: fetch}", {"toolProxy": "http://relay.test/"}, "toolProxy: must use https"),
        ("{type: todo}", {"oauthRedirectURI": "page.test"}, "oauthRedirectURI: must be an http(s) address"),
    ],
)
async def test_what_a_browser_cannot_do_is_refused(
    change: str, options: Any, part: str, compat: Theirs, provider: ScriptedProvider
) -> None:
    yaml = file_of(provider, f"    toolsets: [{change}]\n") + HANDBOOK
    code = "async (options) => failure(dockerAgent.createSession(options))"
    failed = await run(compat, code, {"yaml": yaml, "env": dict(ENV), **options})
    assert failed.startswith("createSession: ")
    assert part in failed
