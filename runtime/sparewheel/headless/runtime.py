"""A runtime that is driven from Python: its sessions, its cooldowns, and many prompts at once."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, Final

from ..batch import DEFAULT_PARALLEL, Outcome, Tally, map_prompts
from ..config.reading import read_agent_file
from ..documents import document_texts
from ..errors import ConfigError, SparewheelError
from .browser_link import BrowserLink
from .session import Prompt, Session, Turn, check_prompt

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from playwright.async_api import Page

    from .link import Link
    from .session import Event

FIRST_SESSION: Final = "s1"


class Runtime(Session):
    """A started runtime, which is its first session at the same time. Made by `open`.

    `options` are those of its first session, which `session` and `map` start from.
    """

    def __init__(self, link: Link, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(link, FIRST_SESSION)
        self._options = {name: value for name, value in (options or {}).items() if name != "id"}
        self._numbers = itertools.count(2)

    @property
    def console(self) -> list[str]:
        """The last lines of the console output of the page and its worker, as `[level] text`."""
        return self._link.console

    @property
    def page(self) -> Page:
        """Playwright's page. Raises ConfigError where Playwright drives none: under Node, and in WebKitGTK."""
        if isinstance(self._link, BrowserLink) and self._link.page is not None:
            return self._link.page
        raise ConfigError("there is no page that Playwright drives")

    @property
    def ended(self) -> SparewheelError | None:
        """Why the runtime has ended, if it has: the browser or its page is gone, or it did not stop a turn."""
        return self._link.ended

    def cooldowns(self) -> list[dict[str, Any]]:
        """The models and accounts that the runtime does not ask now, without keys: `{name, seconds, kind, …}`."""
        now = asyncio.get_running_loop().time()
        known = self._link.cooldowns.values()
        left = [{**entry, "seconds": entry["seconds"] - (now - at)} for at, entry in known]
        return [entry for entry in left if entry["seconds"] > 0]

    async def share(self, cooldowns: Iterable[Mapping[str, Any]]) -> None:
        """Take the cooldowns of another runtime, as its `cooldowns` gave them."""
        if entries := [dict(entry) for entry in cooldowns]:
            await self._link.call("share_health", entries=entries)

    async def session(
        self,
        agent: str | os.PathLike[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        agent_name: str | None = None,
        auto_approve: bool | None = None,
        history: Sequence[Mapping[str, Any]] = (),
        documents: Mapping[str, str | bytes] | None = None,
        allow_hosts: Sequence[str] | None = None,
    ) -> Session:
        """Another session in this runtime. Sessions run side by side.

        Args:
            agent: Path of an agent file, or its YAML text. None: that of the runtime.
            env: Keys and variables of the agent file. None: those of the runtime.
            agent_name: Which agent of the file. None: the first, or as the runtime without `agent`.
            auto_approve: Whether tools that change something may run. None: as the runtime.
            history: Messages to begin with.
            documents: Texts by path, or bytes (of a PDF), for keys of the agent file that name files and for `rag`.
            allow_hosts: Hosts to which a vendor's key may be sent beside the vendor's own.

        Raises:
            ConfigError: the agent file or an option cannot be used.
            SparewheelError: the runtime has ended.
        """
        name = f"s{next(self._numbers)}"
        given = {
            "yaml": None if agent is None else read_agent_file(agent),
            "env": None if env is None else dict(env),
            "agentName": agent_name,
            "autoApprove": auto_approve,
            "history": list(history) or None,
            "documents": None if documents is None else document_texts(documents),
            "allowHosts": allow_hosts,
        }
        options = self._options | {key: value for key, value in given.items() if value is not None}
        if agent is not None and agent_name is None:
            options.pop("agentName", None)
        self._link.hide(env)
        await self._link.call("create_session", session=name, **options)
        return Session(self._link, name)

    async def map(self, prompts: Iterable[Prompt], parallel: int = DEFAULT_PARALLEL) -> list[Outcome]:
        """Ask every prompt in a conversation of its own, with the runtime's agent; the outcomes are in their order.

        A prompt that fails has its error in its outcome (`status` is `error`), also if the runtime ends meanwhile.
        Cancelling the task aborts what is under way.

        Args:
            prompts: texts or lists of parts, as for `send`.
            parallel: how many are under way at the same time, 1 to 1000.

        Raises:
            ConfigError: `prompts` or `parallel` cannot be used.
        """
        return await map_prompts(self.ask, prompts, parallel)

    async def ask(self, prompt: Prompt, see: Callable[[list[Event]], object] | None = None) -> Outcome:
        """Ask one prompt in a conversation of its own, of which nothing stays. Never raises `SparewheelError`.

        `see` gets lists of all events, as they come; without it, only those of the outcome leave the runtime.
        """
        tally = Tally()
        try:
            messages = [{"role": "user", "content": check_prompt(prompt)}]
            events = {} if see is None else {"events": "all"}
            turn = Turn(self._link, "chat", f"m{next(self._numbers)}", messages=messages, **events, **self._options)
            turn.see = see
            try:
                result = await asyncio.shield(turn.reply)
            finally:
                await turn.finish()
                tally.see(turn.taken())
            return tally.answered(result)
        except SparewheelError as error:
            return tally.failed(error)
