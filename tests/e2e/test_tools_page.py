"""Functions of the page as tools and hooks, and the user's word on them: through the real worker, and on our page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.testing import Reply, Request, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))

# The functions of this page, which the test can only name: `tools` and `hooks` are built from these names.
FUNCTIONS = """() => {
globalThis.made = [];
globalThis.functions = {
  echo: (args, { callId }) => { made.push([args, callId]); return args; },
  text: () => "plain text",
  never: (args, { signal }) => {
    made.push("begun");
    return new Promise(() => signal.addEventListener("abort", () => made.push("aborted")));
  },
  throws: () => { throw new Error("the page says no"); },
  rejects: async () => { throw new TypeError("nobody home"); },
  function: () => ({ go() {} }),
  response: () => new Response("x"),
  deny: () => ({ decision: "deny", reason: "not on a Sunday" }),
  allow: () => ({ decision: "allow" }),
  change: ({ tool_input }) => ({ updated_input: { q: `${tool_input.q}, changed` } }),
  silent: () => undefined,
};
const parameters = { type: "object", properties: { q: { type: "string" } }, required: ["q"] };
globalThis.opened = (name, { tools = {}, hooks = {}, ...options }) => theirs.open(name, {
  ...options,
  tools: Object.fromEntries(Object.entries(tools).map(([tool, { run, ...more }]) =>
    [tool, { description: "A tool.", parameters, ...more, execute: functions[run] }])),
  hooks: Object.fromEntries(Object.entries(hooks).map(([point, run]) => [point, functions[run]])),
});
}"""


def calls(*asked: ToolCall) -> Reply:
    return Reply(openai_chat(tool_calls=asked))


def look(number: int = 1, q: str = "x", name: str = "look") -> ToolCall:
    return ToolCall(f"call_{number}", name, {"q": q})


def tool_messages(request: Request) -> list[str]:
    """What the model is told of its calls."""
    return [message["content"] for message in request.json["messages"] if message["role"] == "tool"]


async def opened(theirs: Theirs, provider: ScriptedProvider, run: str = "echo", **options: Any) -> None:
    """A session "s" whose agent has one tool of the page's, `look`, unless `options` say otherwise."""
    usual = {"yaml": agent_file({"a": provider.url}), "env": dict(ENV), "tools": {"look": {"run": run}}}
    await theirs.page.evaluate(FUNCTIONS)
    await within(theirs.page.evaluate("options => opened('s', options)", {**usual, **options}))


async def made(theirs: Theirs) -> Any:
    """What the page's functions have noted."""
    return await theirs.page.evaluate("() => made")


async def confirm(theirs: Theirs, *args: Any) -> None:
    await within(theirs.page.evaluate("args => theirs.session('s').confirm(...args)", list(args)))


@pytest.mark.parametrize(("run", "said"), [("echo", '{"q": "x"}'), ("text", "plain text")])
async def test_a_function_of_the_page_is_a_tool(
    run: str, said: str, theirs: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider, tools={"look": {"run": run, "readOnly": True}})
    turn = await theirs.take_turn("s")
    assert turn.text == "Answer"
    (result,) = turn.of("tool_result")
    assert (result["id"], result["name"], result["output"], result["is_error"]) == ("call_1", "look", said, False)
    assert turn.of("tool_confirmation") == []
    assert tool_messages(provider.requests[1]) == [said]
    if run == "echo":
        assert await made(theirs) == [[{"q": "x"}, "call_1"]]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("throws", "the page says no"),
        ("rejects", "nobody home"),
        ("function", '"go" is a function'),
        ("response", "is a Response"),
    ],
)
async def test_a_tool_that_fails_is_an_answer_to_the_model(
    run: str, said: str, theirs: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider, run=run, autoApprove=True)
    turn = await theirs.take_turn("s")
    assert turn.text == "Answer"
    assert turn.of("tool_result")[0]["is_error"]
    assert said in turn.of("tool_result")[0]["output"]
    assert said in tool_messages(provider.requests[1])[0]


async def test_a_tool_that_never_answers_is_given_up(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look(1), look(2, name="other")), ANSWER)
    tools = {"look": {"run": "never", "timeout": 0.2}, "other": {"run": "text"}}
    await opened(theirs, provider, tools=tools, autoApprove=True)
    turn = await theirs.take_turn("s")
    results = {event["id"]: event for event in turn.of("tool_result")}
    assert "0.2 s" in results["call_1"]["output"]
    assert results["call_1"]["is_error"]
    assert results["call_2"]["output"] == "plain text"
    assert await made(theirs) == ["begun", "aborted"]
    assert turn.text == "Answer"


async def test_stopping_while_a_tool_runs(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider, run="never", autoApprove=True)
    await theirs.begin("s")
    await within(theirs.page.wait_for_function("() => made.includes('begun')"))
    await theirs.call("abort", "s")
    assert (await theirs.end("s")).types[-1] == "aborted"
    assert await made(theirs) == ["begun", "aborted"]
    assert (await theirs.take_turn("s")).text == "Answer"  # the strict provider takes the history


async def test_reject_and_go_on(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look()), ANSWER, ANSWER)
    await opened(theirs, provider)
    await theirs.begin("s")
    events = await theirs.seen("s", "tool_confirmation")
    assert json.loads(events[-1]["args"]) == {"q": "x"}
    await confirm(theirs, {"id": "call_1", "decision": "reject", "reason": "not that one"})
    turn = await theirs.end("s")
    assert turn.of("tool_blocked")[0]["reason"] == "The user rejected this call: not that one"
    assert "not that one" in tool_messages(provider.requests[1])[0]
    assert await made(theirs) == []
    assert (await theirs.take_turn("s", "And now?")).text == "Answer"


async def test_two_wait_at_once_and_each_has_its_own_answer(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look(1, "one"), look(2, "two")), ANSWER)
    await opened(theirs, provider)
    await theirs.begin("s")
    await theirs.seen("s", "tool_confirmation", 2)
    await confirm(theirs, {"id": "call_2", "decision": True})
    await theirs.seen("s", "tool_result")
    assert await made(theirs) == [[{"q": "two"}, "call_2"]]
    await confirm(theirs, False)
    turn = await theirs.end("s")
    assert {event["id"]: event["is_error"] for event in turn.of("tool_result")} == {"call_1": True, "call_2": False}
    assert tool_messages(provider.requests[1])[1] == '{"q": "two"}'  # in the order of the calls


@pytest.mark.parametrize("decision", ["approve_tool", "approve_all"])
async def test_a_word_for_good(decision: str, theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look(1), look(2)), calls(look(3)), ANSWER)
    await opened(theirs, provider)
    await theirs.begin("s")
    await theirs.seen("s", "tool_confirmation", 2)
    await confirm(theirs, {"decision": decision, "toolName": "look"})
    turn = await theirs.end("s")
    assert len(turn.of("tool_confirmation")) == 2
    assert [event["is_error"] for event in turn.of("tool_result")] == [False] * 3


async def test_silence_is_a_no(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider, approvalTimeout=0.2)
    turn = await theirs.take_turn("s")
    assert "0.2 s" in turn.of("tool_blocked")[0]["reason"]
    assert await made(theirs) == []
    assert turn.text == "Answer"


async def test_nobody_there_is_a_no(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look()), ANSWER)
    await theirs.page.evaluate(FUNCTIONS)
    result = await within(
        theirs.page.evaluate(
            """([yaml, env]) => theirs.runtime().chat({
                yaml, env, messages: [{ role: "user", content: "Hello" }],
                tools: { look: { description: "", parameters: { type: "object" }, execute: functions.echo } } })""",
            [agent_file({"a": provider.url}), dict(ENV)],
        )
    )
    assert result["message"]["content"] == "Answer"
    assert await made(theirs) == []
    assert "No user is available" in tool_messages(provider.requests[1])[0]


@pytest.mark.parametrize(("returned", "ran"), [("true", 1), ("Promise.resolve('approve')", 1), ("undefined", 0)])
async def test_what_the_listener_of_a_chat_returns(
    returned: str, ran: int, theirs: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("a", calls(look()), ANSWER)
    await theirs.page.evaluate(FUNCTIONS)
    code = """([yaml, env]) => theirs.runtime().chat({ yaml, env, messages: [{ role: "user", content: "Hello" }],
        tools: { look: { description: "", parameters: { type: "object" }, execute: functions.echo } } },
        () => RETURNED)""".replace("RETURNED", returned)
    await within(theirs.page.evaluate(code, [agent_file({"a": provider.url}), dict(ENV)]))
    assert len(await made(theirs)) == ran


async def test_a_page_that_reloads_its_listener(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider)
    await theirs.begin("s")
    await theirs.seen("s", "tool_confirmation")
    heard = await within(
        theirs.page.evaluate(
            """async () => {
                const heard = [];
                const session = theirs.session("s");
                const done = new Promise((resolve) => session.listen((event) => {
                    heard.push(event.type);
                    if (event.type === "tool_confirmation") void session.confirm({ id: event.id, decision: true });
                    if (event.type === "finish") resolve();
                }));
                await done;
                return heard;
            }"""
        )
    )
    assert (heard[0], heard[-1]) == ("tool_confirmation", "finish")
    assert len(await made(theirs)) == 1


async def test_a_question_of_a_tool(theirs: Theirs, provider: ScriptedProvider) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    asked = ToolCall("call_1", "user_prompt", {"message": "Where to?", "schema": schema})
    provider.script("a", calls(asked), ANSWER)
    await opened(theirs, provider, yaml=with_toolset("user_prompt", agent_file({"a": provider.url})))
    await theirs.begin("s")
    question = (await theirs.seen("s", "elicitation"))[-1]
    assert (question["message"], question["mode"], question["schema"]) == ("Where to?", "form", schema)
    answer = {"id": question["id"], "action": "accept", "content": {"city": "Ghent"}}
    await within(theirs.page.evaluate("answer => theirs.session('s').respondToElicitation(answer)", answer))
    turn = await theirs.end("s")
    assert json.loads(turn.of("tool_result")[0]["output"]) == {"action": "accept", "content": {"city": "Ghent"}}


@pytest.mark.parametrize(
    ("run", "blocked", "args"),
    [
        ("deny", "not on a Sunday", None),
        ("throws", "the page says no", None),
        ("text", "not an object", None),
        ("allow", None, {"q": "x"}),
        ("change", None, {"q": "x, changed"}),
    ],
)
async def test_a_hook_of_the_page(
    run: str, blocked: str | None, args: Any, theirs: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("a", calls(look()), ANSWER)
    await opened(theirs, provider, hooks={"pre_tool_use": run}, autoApprove=run == "change")
    turn = await theirs.take_turn("s")
    if blocked:
        assert blocked in turn.of("tool_blocked")[0]["reason"]
        assert await made(theirs) == []
    else:
        assert turn.of("tool_blocked") == turn.of("tool_confirmation") == []
        assert await made(theirs) == [[args, "call_1"]]


def with_toolset(kind: str, yaml: str) -> str:
    """The agent file, with one more source of tools."""
    return yaml.replace("    instruction:", f"    toolsets: [{{type: {kind}}}]\n    instruction:")
