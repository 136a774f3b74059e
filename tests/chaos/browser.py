"""Plays an episode in a browser, against real servers. What takes a minute takes some seconds here."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparewheel.testing import Reply, ScriptedProvider
from tests.chaos.episodes import Episode, Life, Stop, good, replies
from tests.chaos.page import ACTIONS, DECISIONS, ENV, HOOK_PIECES, TOOL_PIECES, TOOLS, agent_file
from tests.chaos.rules import TERMINAL, check_turn
from tests.chaos.world import CALM
from tests.support.browser import Theirs, within
from tests.support.embedding import embedding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sparewheel.headless.browser import Engine
    from sparewheel.testing import Request

    Message = dict[str, Any]

SCALE: Final = 1 / 15  # of all times of an episode
LIMIT: Final = 90.0  # seconds for one turn
_TIMEOUTS: Final = "first_content: 3s, idle: 3s, turn: 15s"
_PAGE: Final = Path(__file__).with_name("page.js")
_VALUES: Final = {
    "tools": {word: piece["value"] for word, piece in TOOL_PIECES.items()},
    "hooks": {word: piece["value"] for word, piece in HOOK_PIECES.items()},
    "decisions": DECISIONS,
    "actions": ACTIONS,
}


@contextmanager
def playing(engine: Engine) -> Iterator[Callable[[Episode], Counter[str]]]:
    """A browser with one runtime, as a function that plays an episode. Raises `BrowserNotFound`."""
    with asyncio.Runner() as runner, ScriptedProvider(strict=True) as provider:
        world: list[_World] = []

        async def start() -> None:
            page = await stack.enter_async_context(embedding(engine, boot=False))
            await page.page.evaluate(_PAGE.read_text(encoding="utf-8"))
            await within(page.page.evaluate("() => chaos.boot()"), LIMIT)
            world.append(_World(page, provider))

        stack = AsyncExitStack()
        try:
            runner.run(start())
            yield lambda episode: runner.run(world[0].play(episode))
        finally:
            runner.run(stack.aclose())


class _World:
    def __init__(self, page: Theirs, provider: ScriptedProvider) -> None:
        self._page = page
        self._provider = provider
        self._number = 0
        self._seen: Counter[str] = Counter()
        self._script: dict[str, list[Reply]] = {}
        provider.default(self._reply)

    async def play(self, episode: Episode) -> Counter[str]:
        """Play an episode; then a new session must work. Raises AssertionError."""
        self._seen = Counter()
        self._episode = episode
        self._script = replies(episode)
        self._provider.record.requests.clear()
        self._next()
        await asyncio.gather(*(self._live(f"{self._number}.{n}", life) for n, life in enumerate(episode.lives)))
        self._script = {}
        self._next()
        name = f"{self._number} again"
        await self._open(name, CALM)
        last = await self._turn(name, None)
        assert last["type"] == "finish", last
        assert "CANARY" not in "".join(self._page.watch.console)
        refused = [request.violation for request in self._provider.requests if request.violation]
        assert not refused, refused
        self._page.watch.clear()
        return self._seen

    def _next(self) -> None:
        """From now on sessions have models and keys that no failure so far has put on cooldown."""
        self._number += 1

    async def _live(self, name: str, life: Life) -> None:
        await self._open(name, life)
        for number, stop in enumerate(life.stops):
            closed = number > 0 and (before := life.stops[number - 1]) is not None and before.how == "close"
            if closed:
                await self._open(name, life)
            await self._turn(name, stop)

    async def _open(self, name: str, life: Life) -> None:
        yaml = agent_file(self._episode, self._provider.url, str(self._number), _TIMEOUTS)
        env = {key: f"{value}{self._number}" for key, value in ENV.items()}
        env |= {f"OLD_{key}_KEY": value for key, value in ENV.items()}  # what the texts of the episode have
        options = {"yaml": yaml, "env": env, "tools": TOOLS, "interactive": True, "approvalTimeout": 5}
        answers = [[word, after * SCALE] for word, after in life.answers]
        await self._called("open", name, options, answers, _VALUES)

    async def _turn(self, name: str, stop: Stop | None) -> Message:
        """One turn, checked; its last event."""
        self._seen["turns"] += 1
        if stop:
            self._seen[stop.how] += 1
        told = await self._called("turn", name, stop and asdict(stop) | {"after": stop.after * SCALE})
        assert "CANARY" not in json.dumps(told)
        events = told["events"]
        self._seen.update(event["type"] for event in events)
        if told["killed"]:
            check_cut_off(events)
        elif events:
            check_turn(events, told)
        else:  # stopped before its first step
            assert told["error"]["kind"] in ("aborted", "config"), told
        return dict(events[-1]) if events else {}

    async def _called(self, method: str, *arguments: Any) -> Any:
        """Call a function of page.js."""
        code = "([method, given]) => chaos[method](...given)"
        return await within(self._page.page.evaluate(code, [method, list(arguments)]), LIMIT)

    def _reply(self, request: Request) -> Reply:
        """The next answer of the model's script, faster; a good one once it is used up."""
        queue = self._script.get(str(request.model)[:1])
        reply = queue.pop(0) if queue else good(self._episode.format)
        return reply.replace(delay=reply.delay * SCALE, every=reply.every * SCALE)


def check_cut_off(events: list[Message]) -> None:
    """A turn whose worker was ended: its last event is the page's. If it ended before, that is the worker's."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    terminal = [event["type"] for event in events if event["type"] in TERMINAL]
    assert len(terminal) == (1 if events else 0), terminal
