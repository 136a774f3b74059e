"""The browser round: one runtime in Chromium gets inputs that only WebAssembly's small stack and memory mind.

It must stay alive: after every input it answers the next command, and a turn goes on with the second model.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sparewheel.testing import Reply, Request, ScriptedProvider, ToolCall
from tests.fuzz import seeds
from tests.fuzz.mutate import CANARY, changed, mangled_text
from tests.fuzz.ring import Report, replay
from tests.fuzz.streams import ERRORS, PROVIDERS
from tests.support.browser import Theirs, within
from tests.support.embedding import embedding
from tests.support.scripted import check_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


BROWSER: Final = "browser"
EXAMPLES: Final = 60  # inputs between two looks at the clock
LIMIT: Final = 20.0  # seconds until a command must be answered
_FILE: Final = """
agents: {{root: {{model: mine/a{number}, fallback: {{models: [spare/b{number}], retries: -1, delay: 0s}}}}}}
providers:
  mine: {{provider: {provider}, base_url: "{url}", token_key: MINE{more}}}
  spare: {{provider: {provider}, base_url: "{url}", token_key: SPARE{more}}}
"""
_PATHS: Final = {"google": "/v1beta", "anthropic": ""}
_OPTIONS: Final = [command["params"] for command in seeds.COMMANDS if command.get("method") == "create_session"]
_CALL: Final = """
async ([method, json]) => {
  const events = [];
  const call = async () => theirs.runtime()[method](JSON.parse(json), (event) => events.push(event));
  const outcome = await theirs.settled(call());
  if (method !== "createSession") return { ...outcome, events };
  if (outcome.result) await outcome.result.close();
  return outcome.error ? outcome : { result: null };
}
"""

_DEEP: Final = st.builds(
    lambda opening, closing, count, closed: opening * count + closing * count * closed,
    *(st.sampled_from(["[", '{"a":', "[{", "("]), st.sampled_from(["]", "}", "}]", ")"])),
    *(st.sampled_from([190, 2_000, 6_000, 50_000, 300_000]), st.booleans()),
)


def _deep_answers(text: str) -> list[Any]:
    """The text in the places of an answer: an event, a document, an error, arguments of a call, the answer's text."""
    call = b"".join(seeds.FORMATS["openai"](tool_calls=[ToolCall("c", "look", text)]))
    return [
        *(["openai", f"data: {text}\n\n", 200, {}], ["openai", text, 200, {}], ["openai", text, 400, {}]),
        *(["openai", json.dumps({"error": {"message": text}}), 429, {}], ["openai", call.decode("latin-1"), 200, {}]),
        ["openai", f'data: {{"choices":[{{"delta":{{"content":{text}}}}}]}}\n\n', 200, {}],
    ]


INPUTS: Final = st.one_of(
    ERRORS.map(lambda case: ["answer", case]),
    _DEEP.flatmap(lambda text: st.integers(0, 5).map(lambda place: ["answer", _deep_answers(text)[place]])),
    _DEEP.map(lambda text: ["call", ["parseConfig", f"agents: {text}"]]),
    mangled_text(seeds.AGENTS).map(lambda text: ["call", ["parseConfig", text]]),
    changed(_OPTIONS).map(lambda options: ["call", ["createSession", _without_functions(options)]]),
)


def _without_functions(options: Any) -> Any:
    """Hooks and tools are functions of the page, which a test cannot pass."""
    unset = dict.fromkeys(("tools", "hooks", "session"))
    return {name: value for name, value in options.items() if name not in unset} if isinstance(options, dict) else {}


def fuzz_browser(report: Report, start: int, seconds: float) -> list[Report]:
    """Give one runtime inputs for so long, the finds that were kept first. Returns those that are still there.

    The runtime is started once: when it has died, that is the find.
    """
    end = time.monotonic() + seconds
    with _checking() as check:
        failed = replay(BROWSER, check)
        turn = 0
        while time.monotonic() < end and not (report.problem or failed):
            _round(report, check, EXAMPLES, start + turn, end)
            turn += 1
    return failed


def fuzz_inputs(report: Report, *, examples: int, start: int) -> None:
    """Give one runtime so many inputs."""
    with _checking() as check:
        _round(report, check, examples, start)


def check_in_browser(case: Any) -> None:
    """Give one input to a new runtime."""
    with _checking() as check:
        check(case)


@contextmanager
def _checking() -> Iterator[Callable[[Any], None]]:
    """A runtime in a browser, as a function that gives it one input."""
    with asyncio.Runner() as runner, ScriptedProvider() as provider:
        inputs = Inputs(provider)
        stack = AsyncExitStack()
        page = runner.run(stack.enter_async_context(embedding(restart=False)))
        try:
            yield lambda case: runner.run(inputs.check(page, case))
        finally:
            runner.run(stack.aclose())


def _round(report: Report, check: Callable[[Any], None], examples: int, start: int, end: float = float("inf")) -> None:
    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a runtime that has died cannot shrink anything
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS)
    def one(value: Any) -> None:
        if time.monotonic() > end:
            return
        report.inputs += 1
        report.last = value
        before = time.monotonic()
        check(value)
        report.slowest = max(report.slowest, time.monotonic() - before)

    report.attempt(one, start)


class Inputs:
    """Gives inputs to the runtime of a page, answers of models through `provider`.

    Each answer is of models of its own: what one input did to the health of a model must not keep the next one away.
    """

    def __init__(self, provider: ScriptedProvider) -> None:
        self._url = provider.url
        self._number = 0
        self._first: Reply | None = None
        self._good = Reply()
        self._record = provider.record
        provider.default(self._answer)

    async def check(self, page: Theirs, case: list[Any]) -> None:
        """Give one input, then a file that must be read."""
        what, value = case
        if what == "answer":
            await self._check_answer(page, *value)
        else:
            error = (await _called(page, *value)).get("error")
            assert error is None or error["kind"] != "internal", error
        outcome = await _called(page, "parseConfig", seeds.AGENTS[0])
        assert "result" in outcome, outcome
        assert page.watch.faults == []

    async def _check_answer(self, page: Theirs, name: str, text: str, status: int, headers: dict[str, str]) -> None:
        self._number += 1
        self._record.requests.clear()
        body = text.encode("latin-1", "replace")
        self._first = Reply((body,), status, _sendable(headers), framing="length")
        self._good = Reply(seeds.STREAMS[name][0])
        kind, more = PROVIDERS[name]
        url = self._url + _PATHS.get(name, "/v1")
        yaml = _FILE.format(provider=kind, more=more, url=url, number=self._number)
        env = {"MINE": f"{CANARY}{self._number}", "SPARE": f"{CANARY}-{self._number}"}
        outcome = await _called(page, "chat", {"yaml": yaml, "env": env, "messages": seeds.HISTORIES[0][:1]})
        assert "result" in outcome, outcome["error"]
        check_rules(outcome["events"])
        assert outcome["events"][-1]["type"] == "finish"

    def _answer(self, request: Request) -> Reply:
        """The input for the first request, a good answer for those that follow."""
        answer, self._first = self._first or self._good, None
        return answer


async def _called(page: Theirs, method: str, argument: Any) -> dict[str, Any]:
    """Call a function of the runtime; a session that it makes is closed again."""
    text = json.dumps(argument)  # Playwright cannot send values that are nested deeply
    outcome: dict[str, Any] = await within(page.page.evaluate(_CALL, [method, text]), LIMIT)
    return outcome


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    """Those that HTTP can carry."""
    return {name: value for name, value in headers.items() if value.isascii() and value.isprintable() and value}
