"""The command `sparewheel`: `run` takes one turn, its events are JSON lines on stdout while they happen."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ..errors import SparewheelError
from ..events import TERMINAL
from . import provider_test
from .arguments import parse
from .batch import command as batch_command
from .browser import find
from .compare import command as compare_command
from .documents import read_documents
from .driver import connect_to, stored_sessions
from .files import copy, serve
from .interrupts import ABORTED, Interrupts
from .locate import AgentFileError, find_dist, read_agent
from .notes import note, sentence, sentences
from .tracing import model_addresses, traced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .arguments import Options
    from .browser import Launch
    from .driver import Runtime

BAD_USAGE: Final = 2
OTHER_COMMANDS: Final = {
    "batch": batch_command.main,
    "compare": compare_command.main,
    "test-provider": provider_test.main,
}
EXIT_CODES: Final = {"finish": 0, "error": 1, "aborted": ABORTED}


class ReaderGone(Exception):
    """The reader of stdout has closed it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Raises SystemExit on bad usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in OTHER_COMMANDS:
        return OTHER_COMMANDS[words[0]](words[1:])
    options = parse(words)
    lines = Lines(options.events)
    try:
        return _main(options, lines)
    except KeyboardInterrupt:
        return ABORTED
    except ReaderGone:
        # The interpreter flushes stdout when it exits; this must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ABORTED


def _main(options: Options, lines: Lines) -> int:
    try:
        dist = find_dist(options.dist)
        if options.command in ("serve", "copy"):
            return _deploy(options, dist)
        own = options.agent is None and options.session is not None
        yaml = None if own else read_agent(options.agent, dist)
        launch = None if options.engine == "node" else find(options.engine)
    except AgentFileError as error:
        note(sentence(error))
        return BAD_USAGE
    except SparewheelError as error:
        lines.fail(error)
        return EXIT_CODES["error"]
    if options.command == "sessions":
        return asyncio.run(_list(options, lines))
    return asyncio.run(_run(options, yaml, dist, launch, lines))


def _deploy(options: Options, dist: Path) -> int:
    """Serve or copy the built files. Raises `ConfigError`."""
    if options.command == "serve":
        serve(dist, options.port, open_page=options.open_page, tell=note)
    else:
        copy(dist, Path(options.target))
        note(f"{options.target} has the files of this version; pass its address as assetBase")
    return 0


async def _list(options: Options, lines: Lines) -> int:
    """Print the sessions of a store, one JSON line each."""
    try:
        for row in await stored_sessions(options.store or "", engine=options.engine, dist=options.dist):
            lines.write(row)
    except SparewheelError as error:
        lines.fail(error)
        return EXIT_CODES["error"]
    return 0


class Lines:
    """What is printed: events on stdout, one JSON line each; notes on stderr. `terminal` is how the turn ended."""

    def __init__(self, wanted: frozenset[str] | None) -> None:
        self._wanted = wanted
        self._last: dict[str, Any] = {"turn": "unstarted", "seq": 0}
        self.terminal: str | None = None

    def event(self, event: dict[str, Any]) -> None:
        """Print one event. Raises ReaderGone."""
        self._last = event
        if event["type"] in TERMINAL:
            self.terminal = event["type"]
        if event["type"] == "error":
            note(sentences(event["message"], event["hint"]))
        if self._wanted is not None and event["type"] not in self._wanted:
            return
        self.write(event)

    def write(self, value: Mapping[str, Any]) -> None:
        """Print one JSON line. Raises ReaderGone."""
        line = json.dumps(value, ensure_ascii=False)
        try:
            # Bytes, because the locale may not be UTF-8. A lone surrogate becomes its JSON escape.
            sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise ReaderGone from None

    def fail(self, error: SparewheelError) -> None:
        """Print the error that ended the run as the terminal event, unless the turn has one already."""
        if self.terminal is None:
            place = {"turn": self._last["turn"], "seq": self._last["seq"] + 1}
            self.event({"type": "error", **place, **error.to_dict()})


async def _run(options: Options, yaml: str | None, dist: Path, launch: Launch | None, lines: Lines) -> int:
    interrupts = Interrupts()
    try:
        async with AsyncExitStack() as stack:
            models = model_addresses(yaml, options.agent_name, options.env) if options.otlp else set()
            tracing = traced(options.otlp, options.trace, models, contents=options.trace_contents)
            see = (await stack.enter_async_context(tracing)).listener()
            runtime = await connect_to(
                stack,
                yaml,
                dist,
                launch,
                env=options.env,
                agent_name=options.agent_name,
                auto_approve=options.auto_approve,
                package_index=options.package_index,
                tool_proxy=options.tool_proxy,
                documents=read_documents(options.documents),
                store=options.store,
                session=options.session,
                record=options.record,
                replay=options.replay,
                timed=options.replay_timed,
                on_console=_console,
            )
            interrupts.act = runtime.abort
            await _turn(runtime, options, lines, see)
    except asyncio.CancelledError:
        return ABORTED  # only an interrupt cancels this task
    except SparewheelError as error:
        lines.fail(error)
    return ABORTED if interrupts.came else EXIT_CODES[lines.terminal or "error"]


async def _turn(
    runtime: Runtime, options: Options, lines: Lines, see: Callable[[list[dict[str, Any]]], None] | None = None
) -> None:
    def expire() -> None:
        note(f"the turn took more than {options.timeout:g} s: aborted")
        runtime.abort()

    clock = asyncio.get_running_loop().call_later(options.timeout, expire) if options.timeout else None
    try:
        for call, wish in options.decisions.items():
            await runtime.resolve(call, cast("Any", wish))
        turn = runtime.resume() if options.prompt is None else runtime.stream(options.prompt)
        async with aclosing(turn) as events:
            async for event in events:
                if see is not None:
                    see([event])
                lines.event(event)
    finally:
        if clock:
            clock.cancel()


def _console(line: str) -> None:
    note(f"console: {line}")
