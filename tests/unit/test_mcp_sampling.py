"""Servers that ask a model: only if the agent file allows it, with the user's approval, bounded, and without tools."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.chain.health import Health
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.state.approvals import Approvals
from sparewheel.testing import Reply, ToolCall, Usage, openai_chat
from sparewheel.tools.mcp.sampling import MAX_CHARS, MAX_IN_TURN, MAX_MESSAGES, MAX_SHOWN, MAX_TOKENS
from sparewheel.transports.mock import MockTransport
from sparewheel.worker.assemble import Extras, assemble
from tests.support.agentic import agent_file, call, say
from tests.support.fakeloop import run
from tests.support.mcpserver import ECHO, MODERN, URL, Server, as_events, event, text
from tests.support.scripted import ENV, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sparewheel.transports.base import HttpRequest, HttpResponse

READ = {**ECHO, "annotations": {"readOnlyHint": True}}
ALLOWED = f"toolsets: [{{type: mcp, sampling: allow, remote: {{url: '{URL}'}}}}]"
HELLO = {"role": "user", "content": {"type": "text", "text": "Say hello."}}
ASKED = {"messages": [HELLO], "systemPrompt": "Be kind.", "maxTokens": 100}
ACCEPT = {"action": "accept", "content": {}}


class Both:
    """The network: the models, and the server."""

    def __init__(self, models: ScriptedTransport, server: Server) -> None:
        self._models = models
        self._server = MockTransport(server)
        self.sampled = asyncio.Event()  # the second request to a model is on its way

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        transport: Any = self._server if request.url.startswith(URL) else self._models
        async with transport.stream(request) as response:
            if len(self._models.requests) == 2:
                self.sampled.set()
            yield response


def asking(version: str, *asked: Any) -> Server:
    """A server whose tool asks for samples, one after the other, and repeats the answers as its result."""
    server = Server(version, tools=[READ])

    def by_result(message: dict[str, Any]) -> Any:
        known = json.loads(message["params"].get("requestState", "[]"))
        known += message["params"].get("inputResponses", {}).values()
        if len(known) == len(asked):
            return text(json.dumps(known))
        request = {"method": "sampling/createMessage", "params": asked[len(known)]}
        return {"resultType": "input_required", "inputRequests": {"a": request}, "requestState": json.dumps(known)}

    def by_stream(message: dict[str, Any]) -> Any:
        async def body() -> Any:
            answers = []
            for number, each in enumerate(asked, 70):
                yield event({"jsonrpc": "2.0", "id": number, "method": "sampling/createMessage", "params": each})
                found = await server.next_message()
                answers.append(found.get("result", found.get("error")))
            yield event({"jsonrpc": "2.0", "id": message["id"], "result": text(json.dumps(answers))})

        response = as_events()
        response.body = body()
        return response

    server.replies["tools/call"] = by_result if version == MODERN else by_stream
    return server


def played(
    server: Server, *replies: Any, answer: Any = ACCEPT, file: str = ALLOWED, turns: int = 1
) -> tuple[list[dict[str, Any]], ScriptedTransport]:
    """The events of turns in which the model calls the tool, and the user gives `answer` to each question."""
    models = ScriptedTransport({"a": replies})
    events: list[dict[str, Any]] = []

    async def main() -> None:
        team = resolve_team(load_agent_file(agent_file(file)), None, ENV)
        extras = Extras(Approvals(interactive=answer is not None), env=ENV)
        session = assemble(team, Both(models, server), Health(), extras)
        for _ in range(turns):
            async with aclosing(session.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(dict(each) for each in batch)
                    for each in batch:
                        if each["type"] == "elicitation":
                            session.runner.state.questions[each["id"]].set_result(answer)
        await session.close()

    run(main())
    assert models.open == 0
    return events, models


def outputs(events: list[dict[str, Any]]) -> list[str]:
    return [each["output"] for each in events if each["type"] == "tool_result"]


def questions(events: list[dict[str, Any]]) -> list[str]:
    return [each["message"] for each in events if each["type"] == "elicitation"]


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", MODERN])
def test_the_user_agrees_and_the_agents_model_answers(version: str) -> None:
    server = asking(version, ASKED)
    events, models = played(server, call("echo"), say("Hello."), say("Done."))
    (answer,) = json.loads(outputs(events)[0])
    content = {"type": "text", "text": "Hello."}
    assert answer == {"role": "assistant", "content": content, "model": "openai/a", "stopReason": "endTurn"}
    (question,) = questions(events)
    assert question.startswith(
        "mcp.example.test wants to ask your model openai/a, at your cost, for an answer of up to 100"
    )
    assert question.endswith("system: Be kind.\n\nuser: Say hello.")
    sent = json.loads(models.requests[1].body)
    assert sent["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Say hello."}]
    assert "tools" not in sent
    assert sent.get("max_tokens", sent.get("max_completion_tokens")) == 100
    assert events[-1]["type"] == "finish" and events[-1]["message"]["content"] == "Done."


def test_a_server_that_is_not_allowed_is_refused_and_told_so_before() -> None:
    for file in (ALLOWED.replace("sampling: allow, ", ""), ALLOWED.replace("allow", "refuse")):
        server = asking("2025-06-18", ASKED)
        events, models = played(server, call("echo"), say("Done."), file=file)
        assert json.loads(outputs(events)[0])[0]["code"] == -32601
        assert questions(events) == [] and len(models.requests) == 2
        initialize = next(each for each in server.seen if each["method"] == "initialize")
        assert "sampling" not in initialize["params"]["capabilities"]


@pytest.mark.parametrize("version", ["2025-06-18", MODERN])
def test_an_allowed_server_is_told_so(version: str) -> None:
    server = asking(version, ASKED)
    played(server, call("echo"), say("Hello."), say("Done."))
    if version == MODERN:
        (params, *_) = server.called
        assert params["_meta"]["io.modelcontextprotocol/clientCapabilities"]["sampling"] == {}
    else:
        initialize = next(each for each in server.seen if each["method"] == "initialize")
        assert initialize["params"]["capabilities"]["sampling"] == {}


@pytest.mark.parametrize("answer", [{"action": "decline"}, {"action": "cancel"}, {}, None])
def test_without_the_users_approval_no_model_is_asked(answer: Any) -> None:
    events, models = played(asking("2025-06-18", ASKED), call("echo"), say("Done."), answer=answer)
    refusal = {"code": -1, "message": "the user has not agreed to ask a model"}
    assert json.loads(outputs(events)[0]) == [refusal]
    assert len(models.requests) == 2
    events, _ = played(asking(MODERN, ASKED), call("echo"), say("Done."), answer=answer)
    assert outputs(events)[0].endswith(
        "the server needs what this client does not give: the user has not agreed to ask a model"
    )


def test_a_turn_has_few_requests_and_the_next_one_has_as_many() -> None:
    server = asking("2025-06-18", *[ASKED] * (MAX_IN_TURN + 2))
    replies = [call("echo"), *[say("Hello.")] * MAX_IN_TURN, say("Done.")]
    events, _ = played(server, *replies, *replies, turns=2)
    for output in outputs(events):
        answers = json.loads(output)
        assert [each.get("code") for each in answers] == [None] * MAX_IN_TURN + [-1, -1]
    assert len(questions(events)) == 2 * MAX_IN_TURN


@pytest.mark.parametrize(
    "params",
    [
        None,
        7,
        {},
        {"messages": []},
        {"messages": HELLO},
        {"messages": [7]},
        {"messages": [{**HELLO, "role": "system"}]},
        {"messages": [{**HELLO, "content": "text"}]},
        {"messages": [{**HELLO, "content": []}]},
        {"messages": [{**HELLO, "content": {"type": "text", "text": 7}}]},
        {"messages": [{**HELLO, "content": {"type": "image", "data": "AAAA", "mimeType": "image/png"}}]},
        {"messages": [{**HELLO, "content": {"type": "tool_use", "id": "a", "name": "b", "input": {}}}]},
        {"messages": [HELLO, {**HELLO, "role": "assistant"}]},
        {"messages": [HELLO] * (MAX_MESSAGES + 1)},
        {"messages": [{**HELLO, "content": {"type": "text", "text": "x" * (MAX_CHARS + 1)}}]},
        {"messages": [HELLO], "systemPrompt": "x" * MAX_CHARS},
        {"messages": [HELLO], "tools": [ECHO]},
        {"messages": [HELLO], "toolChoice": {"mode": "required"}},
    ],
)
def test_what_is_not_asked_of_a_model(params: Any) -> None:
    events, models = played(asking("2025-06-18", params), call("echo"), say("Done."))
    assert json.loads(outputs(events)[0])[0]["code"] == -32602
    assert questions(events) == [] and len(models.requests) == 2


@pytest.mark.parametrize("limit", [None, 0, -5, True, "7", 1e9, 10**9])
def test_answers_are_short(limit: Any) -> None:
    _, models = played(
        asking("2025-06-18", {**ASKED, "maxTokens": limit}),
        call("echo"),
        openai_chat(text="x", finish="length"),
        say("Done."),
    )
    sent = json.loads(models.requests[1].body)
    assert sent.get("max_tokens", sent.get("max_completion_tokens")) == MAX_TOKENS


def test_an_answer_that_was_cut_is_marked() -> None:
    cut = openai_chat(text="Hel", finish="length")
    events, _ = played(asking("2025-06-18", ASKED), call("echo"), cut, say("Done."))
    assert json.loads(outputs(events)[0])[0]["stopReason"] == "maxTokens"


def test_a_long_request_is_shown_in_part() -> None:
    long = {**HELLO, "content": [{"type": "text", "text": "x" * 30_000}, {"type": "text", "text": "y"}]}
    events, _ = played(asking("2025-06-18", {"messages": [long]}), call("echo"), say("Hello."), say("Done."))
    (question,) = questions(events)
    assert len(question) < MAX_SHOWN + 500
    assert question.endswith(f"[{30_003 + len('user: ') - MAX_SHOWN} more characters]")


def test_a_failure_of_the_models_tells_the_server_nothing_about_them() -> None:
    refused = Reply.json(401, {"error": {"message": "Incorrect API key provided"}})
    events, _ = played(asking("2025-06-18", ASKED), call("echo"), refused, say("Done."))
    assert json.loads(outputs(events)[0]) == [{"code": -32603, "message": "no model has answered"}]
    assert events[-1]["type"] == "finish"


def test_a_model_that_calls_tools_all_the_same_runs_none() -> None:
    answer = openai_chat(text="Hello.", tool_calls=[ToolCall("c9", "echo", "{}")])
    events, models = played(asking("2025-06-18", ASKED), call("echo"), answer, say("Done."))
    assert json.loads(outputs(events)[0])[0]["content"]["text"] == "Hello."
    assert len(models.requests) == 3 and len(outputs(events)) == 1


def test_the_tokens_count_for_the_budget_and_a_used_up_one_ends_it() -> None:
    costly = openai_chat(text="Hello.", usage=Usage(500, 600))
    file = f"{ALLOWED}\nlimits: {{tokens: 1000}}"
    events, models = played(asking("2025-06-18", ASKED, ASKED), call("echo"), costly, file=file)
    answers = json.loads(outputs(events)[0])
    assert answers[1] == {"code": -32603, "message": "no model can be asked now"}
    assert len(questions(events)) == 1 and len(models.requests) == 2


def test_the_option_is_one_of_mcp_alone() -> None:
    for options in ("type: fetch, sampling: allow", f"type: mcp, sampling: yes, remote: {{url: '{URL}'}}"):
        with pytest.raises(ConfigError, match="sampling"):
            load_agent_file(agent_file(f"toolsets: [{{{options}}}]"))


@pytest.mark.parametrize("stop_at", ["elicitation", "request"])
def test_a_turn_that_is_left_ends_the_question_and_the_request(stop_at: str) -> None:
    server = asking("2025-06-18", ASKED)
    models = ScriptedTransport({"a": [call("echo"), Reply(openai_chat(text=["Hel", "lo"]), every=10)]})

    async def main() -> None:
        team = resolve_team(load_agent_file(agent_file(ALLOWED)), None, ENV)
        network = Both(models, server)
        session = assemble(team, network, Health(), Extras(Approvals(), env=ENV))
        async with aclosing(session.turn("hi")) as batches:
            async for batch in batches:
                if not (asked := [each for each in batch if each["type"] == "elicitation"]):
                    continue
                if stop_at == "request":
                    session.runner.state.questions[asked[0]["id"]].set_result(ACCEPT)
                    await network.sampled.wait()
                    assert models.open == 1
                break
        assert models.open == 0 and not session.runner.state.questions
        await session.close()

    run(main())


def test_the_models_time_is_not_the_servers() -> None:
    slow = Reply(openai_chat(text=["Hel", "lo"]), every=8)
    file = ALLOWED.replace("type: mcp", "type: mcp, timeout: 5")
    events, _ = played(asking("2025-06-18", ASKED), call("echo"), slow, say("Done."), file=file)
    assert json.loads(outputs(events)[0])[0]["content"]["text"] == "Hello"
