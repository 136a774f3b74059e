"""A turn with tools, approvals, sub-agents and compaction is stopped at a random moment: it ends at once, and well."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hypothesis import event, given, settings
from hypothesis import strategies as st

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook
from sparewheel.messages import assistant, user
from sparewheel.testing import Reply, ToolCall, Usage, anthropic, errors, openai_chat
from tests.support.agentic import context, tool
from tests.support.fakeloop import run
from tests.support.scripted import session
from tests.support.turns import Patient, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sparewheel.testing import Events
    from tests.support.scripted import State
    from tests.support.turns import Stop, Told

    Step = tuple[str, list[tuple[str, str]], int, float, float] | None

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
) -> list[list[Told]]:
    """As above; the events of each turn."""

    async def main() -> list[list[Told]]:
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
        turns = await take_turns(conversation, transport, stops, see)
        for events in turns:
            if any(each["type"] == "compacted" for each in events):
                event("room was made")
            if events and events[-1]["type"] == "aborted":
                event(f"stopped during {under_way(events)}")
        assert not own.questions
        await asyncio.sleep(10)  # for the stubborn ones that were left behind
        return turns

    return run(main())
