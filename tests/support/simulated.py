"""Turns against a simulator: what a model does in a `Case`, what the turn must come to, and two ways to take it.

A case has a model of its own for each engine and wire format, with a key of its own, and a spare model that answers.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sparewheel import open_agent, tool
from sparewheel.errors import SparewheelError
from tests.support.browser import BOOT_LIMIT, within
from tests.support.scripted import check_rules, folded_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.browser import Theirs
    from tests.support.simulators import Simulator

TEXT: Final = "Sparewheel keeps on rolling, näch dem Ausfall 🛞."
SPARE: Final = "The spare model answers."
# The limit of time that ends a silent case, by the kind of its failure. The other limits are the usual, longer ones.
_LIMITS: Final = {
    "timeout_connect": "{connect: 5s}",
    "timeout_first_content": "{first_content: 5s}",
    "timeout_idle": "{idle: 5s}",
}
# A browser reports less: not whether there was no answer or the page may not read it, nor how a connection broke.
_KINDS: Final = {
    "cpython": {"broken": "stream_truncated"},
    "browser": {"broken": "network", "network": "network_or_cors"},
}
AT_ONCE: Final = 4  # sessions in a browser, which opens six connections to a host
AT_ONCE_HERE: Final = 24  # reading an agent file takes time, in which no other session goes on

# A turn of each case in a page. The user's functions of the page cannot be passed, so the tool is made there.
_PLAY: Final = """
async ({cases, atOnce}) => {
  globalThis.simulated ??= await createRuntime();
  const integer = {type: "integer"};
  const parameters = {type: "object", properties: {a: integer, b: integer}, required: ["a", "b"]};
  const add = {description: "Add two numbers.", parameters, readOnly: true, execute: ({a, b}) => String(a + b)};
  const played = cases.map(() => []);
  const waiting = [...cases.entries()];
  const work = async () => {
    for (let next; (next = waiting.shift()); ) {
      const [index, {yaml, env, prompts, tool}] = next;
      let turn;
      const session = await simulated.createSession({yaml, env, tools: tool ? {add} : {}}, (event) => turn.push(event));
      for (const prompt of prompts) {
        played[index].push((turn = []));
        await theirs.settled(session.send(prompt));
      }
      await session.close();
    }
  };
  await Promise.all(Array.from({length: atOnce}, work));
  return played;
}
"""


@tool(read_only=True)
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


@dataclass(frozen=True)
class Case:
    """What a model does, and what the turn comes to.

    Args:
        script: for the simulator's `script`; the spare model answers `SPARE`.
        text: of the answer; None: any that is not empty.
        failed: the kind of the failure after which the spare model answers, or the model itself once more; by wire
            format where they differ. `broken`: the connection broke in the middle.
        finish: the reason with which the turn ends; None: with an error, of the kind in `failed`.
        results: the outputs of the tool's calls.
        reasoning: of the whole turn.
        usage: input and output tokens of the turn, where the simulator counts them.
        offers: whether the tool `add` is offered.
        model: fields of the model in the agent file; root: a line of the agent.
        retries: at the same model, which then has no spare one; None: the spare model is next.
        silent: the server keeps silent, which a limit of time ends; such cases take 5 s.
        wires: the wire formats in which the simulator can do it.
    """

    script: Sequence[Mapping[str, Any]]
    text: str | None = SPARE
    failed: str | Mapping[str, str] = ""
    finish: str | None = "stop"
    results: Sequence[str] = ()
    reasoning: str = ""
    usage: tuple[int, int] | None = None
    offers: bool = False
    model: str = ""
    root: str = ""
    prompts: Sequence[str] = ("Add 2 and 3, please.",)
    retries: int | None = None
    silent: bool = False
    wires: Sequence[str] = field(default=("chat", "responses", "anthropic", "gemini"))

    def kinds(self, wire: str, engine: str) -> list[str]:
        """The kinds of the failures after which the turn went on, or the kind of the error that ended it."""
        kind = self.failed if isinstance(self.failed, str) else self.failed[wire]
        return [_KINDS[engine].get(kind, kind)] if kind else []


def agent_file(simulator: Simulator, wire: str, model: str, case: Case) -> str:
    chain = f"models: [spare/{spare(model)}], retries: -1" if case.retries is None else f"retries: {case.retries}"
    return f"""
agents:
  root:
    model: first
    instruction: Be brief.
    fallback: {{{chain}, delay: 0s, backoff: {{initial: 10ms}}}}
    timeouts: {_LIMITS[str(case.failed)] if case.silent else "{}"}
    {case.root}
models:
  first: {{provider: first, model: {model}{case.model and ", "}{case.model}}}
providers:
  first: {simulator.provider(wire, "KEY")}
  spare: {simulator.provider(wire, "SPARE_KEY")}
"""


def spare(model: str) -> str:
    return f"{model}-spare"


def prepared(
    simulator: Simulator, engine: str, cases: Mapping[str, Case], answer: Mapping[str, Any]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Tell the simulator what to do. By case and wire format, what a session needs; `answer` is the spare model's."""
    sessions = {}
    for name, case in sorted(cases.items(), key=lambda item: not item[1].silent):  # the long ones begin first
        for wire in case.wires:
            model = f"{engine}-{wire}-{name}"
            simulator.script(model, case.script)
            simulator.script(spare(model), [answer])
            env = {"KEY": f"key-of-{model}", "SPARE_KEY": f"key-of-{spare(model)}"}
            yaml = agent_file(simulator, wire, model, case)
            sessions[name, wire] = {"yaml": yaml, "env": env, "prompts": case.prompts, "tool": case.offers}
    return sessions


async def play_here(sessions: Sequence[Mapping[str, Any]]) -> list[list[list[dict[str, Any]]]]:
    """The events of the turns of each session, on CPython over real sockets."""

    free = asyncio.Semaphore(AT_ONCE_HERE)

    async def play(yaml: str, env: dict[str, str], prompts: Sequence[str], tool: bool) -> list[list[dict[str, Any]]]:
        turns: list[list[dict[str, Any]]] = []
        async with free, open_agent(yaml, env=env, tools=[add] if tool else ()) as session:
            for prompt in prompts:
                turns.append([])
                with suppress(SparewheelError):
                    async for event in session.stream(prompt):
                        turns[-1].append(dict(event))
        return turns

    return await asyncio.gather(*[play(**session) for session in sessions])


async def play_in(page: Theirs, sessions: Sequence[Mapping[str, Any]]) -> list[list[list[dict[str, Any]]]]:
    """The events of the turns of each session, in a page."""
    played: list[Any] = await within(page.page.evaluate(_PLAY, {"cases": sessions, "atOnce": AT_ONCE}), BOOT_LIMIT)
    return played


def check(case: Case, wire: str, engine: str, events: Sequence[Mapping[str, Any]], where: str) -> None:
    """Check the events of the last turn of a case."""
    told = f"{where}: {json.dumps([event for event in events if event['type'] != 'delta'])[:3000]}"
    check_rules(events)
    kinds, end = case.kinds(wire, engine), events[-1]
    failures = [event for event in events if event["type"] in ("retry", "fallback")]
    assert [event["kind"] for event in failures] == (kinds if case.retries != -1 else []), told
    assert all(event["reason"] for event in failures), told
    assert [event["output"] for event in events if event["type"] == "tool_result"] == list(case.results), told
    if case.finish is None:
        assert (end["type"], end["kind"]) == ("error", *kinds), told
        assert end["message"], told
        assert end["hint"], told
        return
    assert (end["type"], end.get("reason")) == ("finish", case.finish), told
    text = folded_message(events)["content"]
    assert text if case.text is None else text == case.text, told
    reasoning = "".join(event.get("reasoning") or "" for event in events if event["type"] == "delta")
    assert reasoning == case.reasoning, told
    if case.usage is not None:
        assert (end["usage"]["input_tokens"], end["usage"]["output_tokens"]) == case.usage, told
