"""`sparewheel batch`: the prompts of a file, their outcomes in another one, which the next run goes on with."""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from ..batch import DEFAULT_PARALLEL, Tally, map_unordered
from ..batch.files import DEFAULT_MAP, Id, Prompts, Results
from ..errors import ConfigError, SparewheelError
from ..native import open_agent
from .driver import Host, Runtime
from .driver import open as open_runtime
from .interrupts import ABORTED, Interrupts
from .notes import note, sentence
from .options import Parser, add_dist, add_env

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from ..batch import Outcome

ENGINES: Final = (*get_args(Host), "native")
EVERY: Final = 5.0  # seconds between two lines of progress
_EPILOG: Final = """
IN.jsonl has one JSON object a line, with the prompt (a text, or a list of parts) in the column prompt and an id in the
column id; without an id, the number of the line is taken. OUT.jsonl gets one row for each: id, status (ok or error),
text, message, model, finish_reason, usage, cost, attempts, error. Run the same command again to go on: ids that are in
OUT.jsonl are skipped. Exit code: 0 all ok, 1 a row failed or the run could not go on, 2 bad usage, 130 stopped.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code. Raises SystemExit on bad usage."""
    options = _parser().parse_args(argv)
    try:
        prompts = Prompts(Path(options.rows), dict(options.map))
        ids = prompts.ids()
    except ConfigError as error:
        note(sentence(error))
        return 2
    try:
        return asyncio.run(_run(options, prompts, ids))
    except SparewheelError as error:
        note(sentence(error))
        return 1
    except KeyboardInterrupt:
        return ABORTED


def _parser() -> Parser:
    parser = Parser(prog="sparewheel batch", description="Ask every prompt of a file.", epilog=_EPILOG)
    parser.add_argument("agent", metavar="AGENT.yaml")
    parser.add_argument("rows", metavar="IN.jsonl")
    parser.add_argument("--out", metavar="OUT.jsonl", required=True, help="where the rows go, and what is done already")
    parser.add_argument(
        "--parallel",
        "--concurrency",
        type=_parallel,
        default=DEFAULT_PARALLEL,
        metavar="N",
        help="default: %(default)s",
    )
    parser.add_argument("--engine", choices=ENGINES, default="native", help="default: native, this Python")
    parser.add_argument(
        "--map", action="append", default=[], type=_column, metavar="FIELD=COLUMN", help="prompt=COLUMN, id=COLUMN"
    )
    parser.add_argument("--retry-errors", action="store_true", help="ask again what has only failed so far")
    parser.add_argument("--agent-name", metavar="NAME", help="the agent of the file to run")
    parser.add_argument("--auto-approve", action="store_true", help="run tools that change something without approval")
    add_env(parser)
    add_dist(parser)
    return parser


async def _run(options: argparse.Namespace, prompts: Prompts, ids: list[Id]) -> int:
    task = asyncio.current_task()
    assert task is not None
    interrupts = Interrupts(task.cancel)
    with Results(Path(options.out)) as results:
        skip = {name for name, status in results.done.items() if status == "ok" or not options.retry_errors}
        progress = Progress(len(ids), sum(name in skip for name in ids))
        try:
            async with AsyncExitStack() as stack:
                if progress.done < progress.total:
                    runtime = await stack.enter_async_context(_open(options))
                    items = ((name, prompt) for name, prompt in prompts if name not in skip)
                    await _ask_all(runtime, items, options.parallel, results, progress)
        except asyncio.CancelledError:
            if not interrupts.came:
                raise
            note(f"stopped: {progress}; run the same command to go on")
            return ABORTED
    note(f"{progress}: {options.out}")
    return 1 if progress.failed else 0


def _open(options: argparse.Namespace) -> Any:
    """The runtime of the engine, as a context manager."""
    given = {"env": dict(options.env), "agent_name": options.agent_name, "auto_approve": options.auto_approve}
    if options.engine == "native":
        return open_agent(options.agent, **given)
    return open_runtime(options.agent, engine=options.engine, dist=options.dist, **given)


async def _ask_all(
    runtime: Any, items: Iterator[tuple[Id, Any]], parallel: int, results: Results, progress: Progress
) -> None:
    """Ask what is left. Raises the error of a runtime that has ended: its prompts have not failed by themselves."""

    async def ask(prompt: Any) -> Outcome:
        if isinstance(prompt, ConfigError):
            return Tally().failed(prompt)
        outcome: Outcome = await runtime.ask(prompt)
        if isinstance(runtime, Runtime) and runtime.ended:
            raise runtime.ended
        return outcome

    async with aclosing(map_unordered(ask, items, parallel)) as outcomes:
        async for name, outcome in outcomes:
            await _finished(asyncio.to_thread(results.add, name, outcome))
            progress.add(outcome)


async def _finished(writing: Coroutine[Any, Any, None]) -> None:
    """Wait for a row to be written, also if the task is cancelled meanwhile: the file is closed after that."""
    task = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


class Progress:
    """How far the batch is, on stderr: as it goes on, at most every `EVERY` seconds."""

    def __init__(self, total: int, done: int, now: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = done
        self.failed = 0
        self._first = done
        self._now = now
        self._began = self._told = now()

    def add(self, outcome: Outcome) -> None:
        """A row has been written. Prints a line, if it is time."""
        self.done += 1
        self.failed += outcome["status"] == "error"
        if self._now() - self._told >= EVERY:
            self._told = self._now()
            note(str(self))

    def __str__(self) -> str:
        seconds = self._now() - self._began
        asked = self.done - self._first
        rate = asked / seconds if seconds > 0 else 0.0
        facts = [f"{self.done} of {self.total} rows", f"{self.failed} failed", f"{rate:.1f} rows/s"]
        if 0 < rate and self.done < self.total:
            facts.append(f"{_clock((self.total - self.done) / rate)} left")
        return ", ".join(facts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _parallel(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("a whole number from 1 to 1000")
    return int(text)


def _column(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    if field not in DEFAULT_MAP or not column:
        raise argparse.ArgumentTypeError("write it as prompt=COLUMN or id=COLUMN")
    return field, column
