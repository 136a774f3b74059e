"""Servers that ask back: elicitation in both eras, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.tools.base import ToolError
from tests.support.fakeloop import run
from tests.support.mcpserver import MODERN, Context, Server, as_events, call, event, opened, text

FORM = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "string", "default": "m"}}}
ADA = {"action": "accept", "content": {"name": "Ada"}}
ASKED = ("mcp.example.test asks: Who?", FORM)


def question(number: int, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "elicitation/create", "params": {"message": "Who?", **params}}


def asks_on_its_stream(server: Server, *messages: dict[str, Any]) -> None:
    """`tools/call` sends messages, waits for one answer to them, and repeats it as its result."""

    def reply(message: dict[str, Any]) -> Any:
        async def body() -> Any:
            for each in messages:
                yield event(each)
            found = await server.next_message()
            answer = found.get("result", found.get("error"))
            yield event({"jsonrpc": "2.0", "id": message["id"], "result": text(str(answer))})

        response = as_events()
        response.body = body()
        return response

    server.replies["tools/call"] = reply


def asked(server: Server, *answers: dict[str, Any]) -> tuple[str, Context]:
    """The result of a call in which the user answers so."""
    context = Context(answers=list(answers))

    async def main() -> str:
        toolset = opened(server)
        found = await call(toolset, "echo", context)
        await toolset.close()
        return found

    return run(main()), context


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ([ADA], {"action": "accept", "content": {"size": "m", "name": "Ada"}}),
        ([{"action": "cancel"}], {"action": "cancel"}),
        ([], {"action": "decline"}),
    ],
)
def test_a_server_with_sessions_asks_by_a_form(answers: list[dict[str, Any]], result: dict[str, Any]) -> None:
    server = Server()
    asks_on_its_stream(server, question(7, requestedSchema=FORM))
    found, context = asked(server, *answers)
    assert found == str(result)
    assert context.asked == [ASKED]
    assert server.seen[-1] == {"jsonrpc": "2.0", "id": 7, "result": result}


def test_a_server_of_a_private_network_may_name_addresses_there() -> None:
    server = Server("2025-11-25")
    asks_on_its_stream(server, question(7, mode="url", url="https://192.168.0.1/pay"))
    context = Context(answers=[{"action": "accept", "content": {}}])

    async def main() -> None:
        toolset = opened(server, allow_private_ips=True)
        assert await call(toolset, "echo", context) == "{'action': 'accept'}"
        await toolset.close()

    run(main())
    assert context.asked == [("mcp.example.test asks: Who?", "https://192.168.0.1/pay")]


def test_an_address_to_open() -> None:
    server = Server("2025-11-25")
    asks_on_its_stream(server, question(7, mode="url", url="https://pay.test/1", elicitationId="e"))
    found, context = asked(server, {"action": "accept", "content": {}})
    assert found == "{'action': 'accept'}"
    assert context.asked == [("mcp.example.test asks: Who?", "https://pay.test/1")]


@pytest.mark.parametrize(
    "params",
    [
        {"mode": "url", "url": "javascript:alert(1)"},
        {"mode": "url", "url": 7},
        {"mode": "url", "url": "http://localhost:8080/reset"},
        {"mode": "url", "url": "https://192.168.0.1/reset"},
        {"mode": "url", "url": "https://[::ffff:127.0.0.1]/"},
        {"mode": "url", "url": "https://router/"},
        {"mode": "url", "url": "https://bank.test@evil.test/"},
        {"requestedSchema": "x"},
        {"requestedSchema": {"type": "object", "description": "x" * 30_000}},
    ],
)
def test_a_question_that_cannot_be_shown_is_declined(params: dict[str, Any]) -> None:
    server = Server()
    asks_on_its_stream(server, question(7, **params))
    found, context = asked(server, {"action": "accept", "content": {}})
    assert found == "{'action': 'decline'}"
    assert context.asked == []


@pytest.mark.parametrize("method", ["sampling/createMessage", "roots/list", "evil/method"])
def test_what_is_not_allowed_is_refused(method: str) -> None:
    server = Server()
    asks_on_its_stream(server, {**question(7), "method": method})
    found, context = asked(server)
    assert found.startswith("{'code': -32601")
    assert context.asked == []


def test_a_ping_is_answered() -> None:
    server = Server()
    asks_on_its_stream(server, {"jsonrpc": "2.0", "id": "p", "method": "ping"})
    assert asked(server)[0] == "{}"


def test_the_server_takes_its_question_back() -> None:
    server = Server()

    def reply(message: dict[str, Any]) -> Any:
        taken = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": text("done")}
        return as_events(question(7, requestedSchema=FORM), taken, answer)

    server.replies["tools/call"] = reply
    assert asked(server)[0] == "done"
    assert server.methods[-1] == "tools/call"


def test_a_question_ends_with_the_request_that_it_belongs_to() -> None:
    server = Server()

    def reply(message: dict[str, Any]) -> Any:
        many = [question(number, requestedSchema=FORM) for number in range(50)]
        return as_events(*many, {"jsonrpc": "2.0", "id": message["id"], "result": text("done")})

    server.replies["tools/call"] = reply
    context = Context(waits=asyncio.Event())

    async def main() -> None:
        toolset = opened(server)
        assert await call(toolset, "echo", context) == "done"
        await asyncio.sleep(1)
        assert server.methods[-1] == "tools/call"
        await toolset.close()

    run(main())
    assert len(context.asked) <= 8


def test_a_question_on_the_stream_without_a_request() -> None:
    server = Server()
    server.capabilities = {"tools": {}, "listens": True}

    def reply(message: dict[str, Any]) -> Any:
        async def body() -> Any:
            server.push(question(3, requestedSchema=FORM))
            found = await server.next_message()
            yield event({"jsonrpc": "2.0", "id": message["id"], "result": text(str(found["result"]))})

        response = as_events()
        response.body = body()
        return response

    server.replies["tools/call"] = reply
    context = Context(answers=[ADA])

    async def main() -> None:
        toolset = opened(server)
        await toolset.connect(context.ask_user)
        await asyncio.sleep(1)  # the stream is opened beside
        assert "Ada" in await call(toolset, "echo", context)
        await toolset.close()

    run(main())
    assert context.asked == [ASKED]


def test_a_server_that_asks_between_requests_is_answered() -> None:
    server = Server()
    server.capabilities = {"tools": {}, "listens": True}
    context = Context(answers=[ADA])

    async def main() -> None:
        toolset = opened(server)
        await toolset.connect(context.ask_user)
        await asyncio.sleep(1)  # the stream is opened beside
        answers = []
        for message in ({"jsonrpc": "2.0", "id": 3, "method": "ping"}, question(4, requestedSchema=FORM)):
            server.push(message)
            answers.append((await server.next_message())["result"])
        assert answers == [{}, {"action": "decline"}]
        await toolset.close()

    run(main())
    assert context.asked == []


@pytest.mark.parametrize("version", ["2025-11-25", MODERN])
def test_an_address_that_a_page_must_not_open_is_declined(version: str) -> None:
    class Strict(Context):
        async def ask_user(self, *_: object, **_options: object) -> dict[str, Any]:
            raise ToolError("the address is http")

    params = {"message": "Pay", "mode": "url", "url": "http://pay.test/1"}
    server = Server(version)
    if version == MODERN:
        requests = {"k": {"method": "elicitation/create", "params": params}}
        server.replies["tools/call"] = lambda message: (
            text(str(message["params"]["inputResponses"]["k"]))
            if "inputResponses" in message["params"]
            else needs(inputRequests=requests)
        )
    else:
        asks_on_its_stream(server, question(7, **params))

    async def main() -> None:
        toolset = opened(server)
        assert await call(toolset, "echo", Strict()) == "{'action': 'decline'}"
        await toolset.close()

    run(main())


def needs(**more: Any) -> dict[str, Any]:
    return {"resultType": "input_required", **more}


def test_a_server_without_sessions_asks_in_its_result() -> None:
    server = Server(MODERN)
    inputs = {"who": {"method": "elicitation/create", "params": {"message": "Who?", "requestedSchema": FORM}}}
    results = [needs(inputRequests=inputs, requestState="opaque"), text("hello")]
    server.replies["tools/call"] = lambda _: results.pop(0)
    found, context = asked(server, ADA)
    assert found == "hello"
    assert context.asked == [ASKED]
    first, second = server.called
    assert second["inputResponses"] == {"who": {"action": "accept", "content": {"size": "m", "name": "Ada"}}}
    assert second["requestState"] == "opaque"
    assert (second["name"], second["arguments"]) == (first["name"], first["arguments"])
    assert server.seen[-1]["id"] != server.seen[-2]["id"]


def test_a_server_that_only_wants_to_be_asked_again() -> None:
    server = Server(MODERN)
    results = [needs(requestState="1"), text("hello")]
    server.replies["tools/call"] = lambda _: results.pop(0)
    assert asked(server)[0] == "hello"
    assert "inputResponses" not in server.called[1]


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (needs(requestState="1"), "asked more than 10 times"),
        (needs(inputRequests={"a": {"method": "sampling/createMessage"}}), "needs what this client does not give"),
        (needs(inputRequests=[1]), "in a form that this client does not know"),
        ({"resultType": "task"}, "a result of type task"),
    ],
)
def test_a_result_that_does_not_end_or_asks_for_too_much(result: dict[str, Any], problem: str) -> None:
    server = Server(MODERN)
    server.replies["tools/call"] = lambda _: result
    found, context = asked(server)
    assert found.startswith("!mcp.example.test: the server") and problem in found
    assert context.asked == []


def test_the_time_that_the_user_takes_does_not_count() -> None:
    server = Server()
    asks_on_its_stream(server, question(7, requestedSchema=FORM))
    context = Context(answers=[ADA], waits=asyncio.Event())

    async def main() -> None:
        toolset = opened(server, timeout=5)
        running = asyncio.ensure_future(call(toolset, "echo", context))
        await asyncio.sleep(600)
        assert context.waits is not None
        context.waits.set()
        assert "Ada" in await running
        await toolset.close()

    run(main())
