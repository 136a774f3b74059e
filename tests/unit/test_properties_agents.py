"""A turn with tools, approvals, sub-agents and compaction is stopped at a random moment: it ends at once, and well."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hypothesis import event, given, settings
from hypothesis import strategies as st

from sparewheel.errors import ConfigError, SparewheelError
from sparewheel.hooks.engine import Hook
from sparewheel.messages import assistant, user
from sparewheel.testing import Reply, ToolCall, Usage, anthropic, errors, openai_chat
from sparewheel.testing.record import Request
from sparewheel.testing.strict import violation
from tests.support.agentic import context, tool
from tests.support.fakeloop import run
from tests.support.scripted import check_rules, folded_message, folded_text, session
from tests.unit.test_properties import Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sparewheel.testing import Events
    from tests.support.scripted import State

    Step = tuple[str, list[tuple[str, str]], int, float, float] | None
    Stop = tuple[float, int, bool]

# The window is small, so that room has to be made again and again; the cook has a limit to end at.
FILE = """
agents:
  root: {{model: small, sub_agents: [cook], fallback: {{retries: 1}}, max_iterations: 8}}
  cook: {{model: smaller, fallback: {{retries: -1}}, max_iterations: 2}}
models:
  small: {{provider: mine, model: a, context_limit: 100}}
  smaller: {{provider: mine, model: c, context_limit: 100}}
providers: {{mine: {{provider: {provider}, base_url: "https://other.example.test/v1", token_key: OTHER_KEY}}}}
"""
FORMATS: Final[Mapping[str, Callable[..., Events]]] = {"openai": openai_chat, "anthropic": anthropic}
TASK: Final = ("transfer_task", '{"agent": "cook", "task": "soup"}')
ASKED = st.sampled_from(
    [
        *(("work", '{"seconds": 0.5}'), ("work", '{"seconds": 3}'), ("work", '{"seconds": "x"}'), ("stubborn", "{}")),
        *(("change", "{}"), ("ask", "{}"), ("missing", "{}"), TASK, TASK, TASK),
    ]
)
# Text, calls, tokens used, seconds before the answer and between its events; None is a request that fails.
STEP = st.one_of(
    st.tuples(
        st.sampled_from(["", "Let me see. "]),
        st.lists(ASKED, max_size=3),
        st.sampled_from([10, 95]),
        st.sampled_from([0.0, 0.7]),
        st.sampled_from([0.0, 0.1]),
    ),
    st.none(),
)
SCRIPT = st.fixed_dictionaries({"a": st.lists(STEP, min_size=2, max_size=8), "c": st.lists(STEP, max_size=4)})
STOP = st.tuples(st.integers(0, 40).map(lambda tenths: tenths / 10), st.integers(0, 40), st.booleans())
ANSWERED = st.sampled_from([None, 0.3])  # how soon the user answers


def reply(step: Step, stream: Callable[..., Events]) -> Reply:
    if step is None:
        return errors.openai_context_length() if stream is openai_chat else errors.anthropic_prompt_too_long()
    text, asked, used, delay, every = step
    made = [ToolCall(f"c{number}", name, arguments) for number, (name, arguments) in enumerate(asked)]
    events = stream(text=text or ("" if made else "Done."), tool_calls=made, usage=Usage(used, 5))
    return Reply(events, delay=delay, every=every)


async def work(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "worked"


async def stubborn() -> str:
    """Does not want to be stopped."""
    for _ in range(3):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
    return "done at last"


def change() -> str:
    return "changed"


async def ask(context: Any) -> str:
    return str(await context.ask_user("Sure?", {"type": "object"}))


def working(answered: float | None) -> tuple[State, Callable[[Mapping[str, Any]], None]]:
    """What the agents have, and a user who sees their events."""
    number = {"type": "object", "properties": {"seconds": {"type": "number"}}}
    tools = (tool(work, parameters=number), tool(stubborn), tool(change, read_only=False), tool(ask))
    own = context(*tools, interactive=True, timeout=2)

    async def take_time(_: dict[str, Any]) -> None:
        await asyncio.sleep(0.4)

    own.hooks.append(Hook("pre_compact", take_time))

    def answer(event: dict[str, Any]) -> None:
        with suppress(ConfigError):  # nothing waits for an answer any more
            if event["type"] == "elicitation":
                own.respond(event["id"], "accept")
            else:
                own.approvals.answer("approve", call_id=event["id"])

    def see(event: Mapping[str, Any]) -> None:
        if answered is not None and event["type"] in ("tool_confirmation", "elicitation"):
            asyncio.get_running_loop().call_later(answered, answer, dict(event))

    return own, see


def under_way(events: Sequence[Mapping[str, Any]]) -> str:
    """What the turn was at when it was stopped, for hypothesis' statistics."""
    open_calls = {each["id"]: each["name"] for each in events if each["type"] == "tool_call"}
    for each in events:
        if each["type"] == "tool_result":
            open_calls.pop(each["id"], None)
    return ", ".join(sorted(set(open_calls.values()))) or "a model or nothing"


@settings(max_examples=300)
@given(SCRIPT, st.sampled_from(sorted(FORMATS)), ANSWERED, st.lists(STOP, min_size=1, max_size=3))
def test_a_stop_at_any_moment(
    script: dict[str, list[Step]], form: str, answered: float | None, stops: list[Stop]
) -> None:
    """Three turns at most, each stopped at some time, then one that must be able to run."""
    check_stops(script, form, answered, stops)


def check_stops(
    script: dict[str, list[Step]], form: str, answered: float | None, stops: list[Stop]
) -> list[list[dict[str, Any]]]:
    """As above; the events of each turn."""
    turns: list[list[dict[str, Any]]] = []

    async def main() -> None:
        stream = FORMATS[form]
        transport = Patient(
            {model: [reply(step, stream) for step in steps] for model, steps in script.items()},
            Reply(stream(text="Last.")),
        )
        own, see = working(answered)
        conversation = session(transport, [], text=FILE.format(provider=form), context=own)
        conversation.runner.state.conversation.messages = [
            message for _ in range(3) for message in (user("What? " * 9), assistant("That. " * 9))
        ]
        for stop in [*stops, None]:
            events: list[dict[str, Any]] = []
            turns.append(events)

            async def consume(events: list[dict[str, Any]] = events) -> None:
                async with aclosing(conversation.turn("hi")) as batches:
                    async for batch in batches:
                        events += [dict(event) for event in batch]
                        for each in batch:
                            see(each)

            task = asyncio.ensure_future(consume())
            if stop is not None:
                await stopped(task, *stop)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if not events:  # stopped before its first step
                assert isinstance(outcome, asyncio.CancelledError)
                continue
            check_rules(events)
            assert transport.open == 0
            if any(each["type"] == "compacted" for each in events):
                event("room was made")
            match events[-1]["type"]:
                case "aborted":
                    event(f"stopped during {under_way(events)}")
                    assert isinstance(outcome, asyncio.CancelledError)
                    assert events[-1]["partial"] == folded_text(events)
                case "error":
                    assert isinstance(outcome, SparewheelError)
                    assert events[-1]["kind"] != "internal", events[-1]["message"]
                case _:
                    assert outcome is None
                    assert conversation.result is not None
                    assert folded_message(events) == conversation.result["message"]
        assert not own.questions
        for request in transport.requests:
            seen = Request("POST", urlsplit(request.url).path, "", request.headers, request.body)
            assert seen.format is not None
            assert violation(seen) is None
        await asyncio.sleep(10)  # for the stubborn ones that were left behind

    run(main())
    return turns


async def stopped(task: asyncio.Task[None], seconds: float, passes: int, twice: bool) -> None:
    """Stop it then; it takes no time."""
    await asyncio.wait([task], timeout=seconds)
    for _ in range(passes):
        await asyncio.sleep(0)
    at = asyncio.get_running_loop().time()
    task.cancel()
    if twice:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    assert asyncio.get_running_loop().time() == at
