"""Plays an episode on a fake clock: a worker without a browser, and a page that answers, stops and kills it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sparewheel.worker import Worker
from tests.chaos.episodes import Episode, Life, Stop, Word, good, replies
from tests.chaos.page import ENV, HOOKS, TOOLS, agent_file, answers
from tests.chaos.rules import check_said, check_settled, check_turn
from tests.support.fakeloop import run
from tests.support.turns import Patient, check_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    Message = dict[str, Any]

CALM: Final = Life((None,), (("value", 0.0),))
_AT_ONCE: Final[tuple[Word, float]] = ("value", 0.0)
_PAGE: Final = "page"  # tasks of the page, which outlive a worker
_LATE: Final = 5_000.0  # seconds after which whatever can end has ended


def play(episode: Episode) -> Counter[str]:
    """Play an episode and check it. Returns how often each event and each stop occurred, and the number of turns."""
    return run(_World(episode).play())


class Killed(Exception):
    """The worker was killed before its reply."""


class _World:
    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._options = {"yaml": agent_file(episode), "env": ENV, "tools": TOOLS, "hooks": HOOKS, "interactive": True}
        self._transport = Patient(replies(episode), good(episode.format))
        self._ids = itertools.count(1)
        self._seen: Counter[str] = Counter()
        self._sessions: dict[str, _Session] = {}
        self._start()

    def _start(self) -> None:
        """Start a worker; the one before is dead, and what it still says is heard by no one."""
        self.said: list[Message] = []
        self._answered: set[int] = set()
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        said = self.said
        self._worker = Worker(lambda text: self._hear(json.loads(text)) if said is self.said else None, self._transport)

    async def play(self) -> Counter[str]:
        self._main = asyncio.current_task()
        lives = self._episode.lives
        for number, life in enumerate(lives):
            self._sessions[f"s{number}"] = _Session(f"s{number}", life)
        await asyncio.gather(*(self._page(self._live(session)) for session in self._sessions.values()))
        await asyncio.sleep(_LATE)  # for late answers, and for tools that were left behind
        self._check()
        self._transport.recover()
        for session in self._sessions.values():
            session.moves = itertools.cycle(CALM.answers)
            if not session.open:
                await self._open(session)
            await self._turn(session, None)
            assert session.last["type"] == "finish", session.last
            await self.command("close", session=session.name)
        await asyncio.sleep(_LATE)
        self._check()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "tasks left over"
        check_requests(self._transport.requests)
        return self._seen

    def _check(self) -> None:
        check_said(self.said)
        check_settled(self.said, self._answered)
        assert self._transport.open == 0, "a connection was left open"
        assert not any(session.unapproved for session in self._sessions.values()), "a call ran without approval"

    def _page(self, work: Any) -> asyncio.Task[Any]:
        return asyncio.create_task(work, name=_PAGE)

    async def _live(self, session: _Session) -> None:
        for stop in session.life.stops:
            if not session.open:
                await self._open(session)
            await self._turn(session, stop)

    async def _open(self, session: _Session) -> None:
        own = {"session": session.name, "history": session.messages}
        reply = await self.command("create_session", **self._options, **own)
        assert "result" in reply, reply
        session.open = True
        session.approvals = 0  # a new session has none

    async def _turn(self, session: _Session, stop: Stop | None) -> None:
        """One turn and what stops it."""
        self._seen["turns"] += 1
        session.events.clear()
        stopping = self._page(self._stop(session, stop)) if stop else None
        said = self.said
        try:
            reply = await self.command("send", session=session.name, prompt="hi")
        except Killed:
            return
        finally:
            if stopping:
                await stopping
        if said is not self.said:  # killed right after its end
            return
        if not session.events:  # stopped before its first step, or refused
            assert reply["error"]["kind"] in ("aborted", "config"), reply
            return
        events = [event for event in session.events if event["turn"] == session.events[0]["turn"]]
        check_turn(events, reply)
        session.last = events[-1]

    async def _stop(self, session: _Session, stop: Stop) -> None:
        self._seen[stop.how] += 1
        await asyncio.sleep(stop.after)
        for _ in range(stop.passes):
            await asyncio.sleep(0)
        match stop.how:
            case "abort":
                await self._tried("abort", session=session.name, reason="user")
            case "abort all":
                await self._tried("abort")
            case "restart":
                await self._tried("restart", session=session.name)
            case "close":
                session.open = False
                await self._tried("close", session=session.name)
                session.messages = []
            case "kill":
                await self._kill()
            case "confuse":
                for method, params in _CONFUSING:
                    await self._tried(method, **{"session": session.name, **params})

    async def _tried(self, method: str, **params: Any) -> None:
        """A command that may be refused, or end with its worker."""
        try:
            await self.command(method, **params)
        except Killed:
            return

    async def _kill(self) -> None:
        """End the worker in the middle of whatever it does; create its sessions again in another one."""
        self._check_keys()
        self._worker = None  # type: ignore[assignment]  # a command in between would be a defect of this file
        dead = [task for task in asyncio.all_tasks() if task.get_name() != _PAGE and task is not self._main]
        waiting = self._waiting
        self._start()
        for future in waiting.values():
            if not future.done():
                future.set_exception(Killed())
        for _ in range(5):  # a tool may ignore the first
            for task in dead:
                task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*dead, return_exceptions=True)
        for session in self._sessions.values():
            session.open = False

    def _check_keys(self) -> None:
        assert "CANARY" not in json.dumps([message for message in self.said if message.get("what") != "fetch"])

    async def command(self, method: str, **params: Any) -> Message:
        """Send a command; its reply. Raises `Killed`."""
        number = next(self._ids)
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        self._worker.dispatch(json.dumps({"id": number, "method": method, "params": params}))
        return await reply

    # What the page hears --------------------------------------------------------------------------------------------

    def _hear(self, message: Message) -> None:
        self.said.append(message)
        match message["type"]:
            case "reply":
                if (future := self._waiting.get(message["id"])) and not future.done():
                    future.set_result(message)
            case "conversation":
                mirror = self._sessions[message["session"]].messages
                mirror[message["start"] :] = message["messages"]
            case "call":
                session = self._sessions[message["session"]]
                session.run(message)
                self._move(message, session)
            case "events":
                session = self._sessions[message["session"]]
                for event in message["events"]:
                    self._seen[event["type"]] += 1
                    session.events.append(event)
                    if event["type"] in ("tool_confirmation", "elicitation"):
                        self._move(event, session)

    def _move(self, question: Message, session: _Session) -> None:
        """Answer a host call, an approval or a question of a tool in the next way of the session's page."""
        shim = question.get("what") == "tool_version"  # the shim answers it at once, without the page
        word, after = _AT_ONCE if shim else next(session.moves)
        if word == "never":
            return
        texts = list(answers(question, word, session.name))
        asyncio.get_running_loop().call_later(after, self._answer, session, question, self.said, texts)

    def _answer(self, session: _Session, question: Message, said: list[Message], texts: list[Message]) -> None:
        if said is not self.said:  # the worker that asked is dead
            return
        if question["type"] == "call":
            self._answered.add(question["call"])
        for text in texts:
            session.approve(question, text)
            self._worker.dispatch(json.dumps({"id": f"answer {next(self._ids)}", **text}))


class _Session:
    """What the page knows of a session."""

    def __init__(self, name: str, life: Life) -> None:
        self.name = name
        self.life = life
        self.moves: Iterator[tuple[Word, float]] = itertools.cycle(life.answers)
        self.open = False
        self.messages: list[Any] = []
        self.events: list[Message] = []
        self.last: Message = {}
        self.approvals = 0  # of calls of `change` that may not have run yet; infinite once all are approved
        self.unapproved = 0

    def approve(self, question: Message, answer: Message) -> None:
        """Note what an answer of the user allows."""
        decision = answer.get("params", {}).get("decision")
        if decision == "approve_all" or (decision == "approve_tool" and question["name"] == "change"):
            self.approvals = 1 << 60
        elif decision == "approve" and question["name"] == "change":
            self.approvals += 1

    def run(self, call: Message) -> None:
        """Note that a tool of the page runs."""
        if call["what"] == "tool" and call["input"]["name"] == "change":
            self.unapproved += self.approvals == 0
            self.approvals -= min(self.approvals, 1)


_CONFUSING: Final[list[tuple[str, Message]]] = [
    ("create_session", {"yaml": "agents: {root: {model: openai/a}}"}),
    ("send", {"prompt": "another turn"}),
    ("export", {}),
    ("confirm", {"decision": "approve_all", "id": "unknown"}),
    ("respond", {"id": "unknown", "action": "accept"}),
    ("online", {}),
    ("restart", {"session": "unknown"}),
    ("health", {"entry": {"name": "x", "seconds": 1e9, "kind": "quota"}}),
]
