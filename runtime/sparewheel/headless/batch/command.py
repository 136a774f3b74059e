"""`sparewheel batch`: the options of `run_batch` on a command line, progress and the report on stderr."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...batch import DEFAULT_PARALLEL
from ...batch.files import DEFAULT_MAP
from ...batch.mapping import MAX_PARALLEL
from ...errors import ConfigError, SparewheelError
from ..interrupts import ABORTED, Interrupts
from ..notes import note, sentence
from ..options import Parser, add_dist, add_env
from ..taping import add_tape
from ..tracing import add_traces
from .job import ENGINES
from .progress import Progress
from .report import BatchReport
from .run import run_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPILOG: Final = """
IN.jsonl has one JSON object a line, with the prompt (a text, or a list of parts) in the column prompt and an id in the
column id; without an id, the number of the line is taken. OUT.jsonl gets one row for each: id, status (ok or error),
text, message, model, finish_reason, usage, cost, attempts, seconds, error. Run the same command again to go on: ids
that are in OUT.jsonl are skipped. Exit code: 0 all ok, 1 a row failed or the run could not go on, 2 bad usage, 130
stopped.
"""
_STOPPED: Final = {
    "budget": "the budget is used up; raise it to go on",
    "fail_fast": "stopped at the first failure; run the same command to go on",
    "interrupted": "stopped; run the same command to go on",
}


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code. Raises SystemExit on bad usage."""
    options = _parser().parse_args(argv)
    report = BatchReport()
    try:
        code = asyncio.run(_run(options, report))
    except ConfigError as error:
        note(sentence(error))
        code = 1 if report.total else 2
    except SparewheelError as error:
        note(sentence(error))
        code = 1
    except KeyboardInterrupt:
        code = ABORTED
    return code if _tell(report, options.report) else 1


def _parser() -> Parser:
    parser = Parser(prog="sparewheel batch", description="Ask every prompt of a file.", epilog=_EPILOG)
    parser.add_argument("agent", metavar="AGENT.yaml")
    parser.add_argument("rows", metavar="IN.jsonl")
    parser.add_argument("--out", metavar="OUT.jsonl", required=True, help="where the rows go, and what is done already")
    add_rows(parser)
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first row that fails")
    add_limits(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--processes", type=count, default=1, metavar="N", help="runtimes on this machine (default: 1)")
    where.add_argument("--dask", metavar="ADDRESS", help="ask on the workers of this Dask scheduler")
    parser.add_argument(
        "--worker-env",
        action="append",
        default=[],
        metavar="K",
        help="a variable that workers have themselves",
    )
    parser.add_argument("--engine", choices=ENGINES, help="default: native, this Python; chromium with --connect")
    parser.add_argument("--connect", metavar="URL", help="drive browsers elsewhere: ws://, http:// (CDP), cdp+ws://")
    parser.add_argument("--assets", metavar="URL", help="from where such browsers load the built files")
    parser.add_argument("--report", metavar="FILE", help="write the report there, as JSON")
    parser.add_argument("--agent-name", metavar="NAME", help="the agent of the file to run")
    parser.add_argument("--auto-approve", action="store_true", help="run tools that change something without approval")
    add_env(parser)
    add_tape(parser)
    add_traces(parser)
    add_dist(parser)
    return parser


def add_rows(parser: argparse.ArgumentParser) -> None:
    """The options that choose rows."""
    parser.add_argument(
        "--map", action="append", default=[], type=_column, metavar="FIELD=COLUMN", help="prompt=COLUMN, id=COLUMN"
    )
    parser.add_argument("--limit", type=count, metavar="N", help="the first N rows only")
    parser.add_argument("--retry-failed", action="store_true", help="ask again what has only failed so far")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The options that bound what is asked at the same time, and what it costs."""
    parser.add_argument("--budget", type=_dollars, metavar="5USD", help="the most that all rows of a file may cost")
    parser.add_argument("--rpm", type=count, metavar="N", help="at most N requests a minute, of all runtimes together")
    parser.add_argument("--tpm", type=count, metavar="N", help="at most N tokens a minute, of all runtimes together")
    parser.add_argument(
        "--concurrency",
        type=_parallel,
        default=DEFAULT_PARALLEL,
        metavar="N",
        help="prompts under way in each runtime (default: %(default)s)",
    )


async def _run(options: argparse.Namespace, report: BatchReport) -> int:
    interrupts = Interrupts()
    try:
        await run_batch(
            options.agent,
            options.rows,
            options.out,
            columns=dict(options.map),
            env=dict(options.env),
            agent_name=options.agent_name,
            auto_approve=options.auto_approve,
            engine=options.engine,
            concurrency=options.concurrency,
            processes=options.processes,
            connect=options.connect,
            assets=options.assets,
            dask=options.dask,
            worker_env=options.worker_env,
            rpm=options.rpm,
            tpm=options.tpm,
            budget=options.budget,
            limit=options.limit,
            fail_fast=options.fail_fast,
            retry_failed=options.retry_failed,
            record=options.record,
            replay=options.replay,
            timed=options.replay_timed,
            otlp=options.otlp,
            trace=options.trace,
            trace_contents=options.trace_contents,
            dist=options.dist,
            on_progress=Progress(),
            report=report,
        )
    except asyncio.CancelledError:
        if not interrupts.came:
            raise
        return ABORTED
    return 1 if report.failed or report.stopped else 0


def _tell(report: BatchReport, file: str | None) -> bool:
    """Print the report, and write it to a file if one is named. Returns whether that worked."""
    if report.total:
        note(f"{report.done} of {report.total} rows, {report.failed} failed")
        for line in report.lines() if report.rows else ():
            note(line)
    if report.stopped:
        note(_STOPPED[report.stopped])
    if file is not None:
        try:
            Path(file).write_text(f"{json.dumps(report.to_dict(), indent=2)}\n", encoding="utf-8")
        except OSError as error:
            note(f"{file} cannot be written: {error.strerror}")
            return False
    return True


def count(text: str) -> int:
    """Parse a whole number from 1."""
    if not text.isdecimal() or not 1 <= int(text):
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)


def _parallel(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PARALLEL:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {MAX_PARALLEL}")
    return int(text)


def _dollars(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?: ?USD)?", text)
    if not match or not float(match[1]):
        raise argparse.ArgumentTypeError("an amount above 0 such as 5USD or 0.50USD")
    return float(match[1])


def _column(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    if field not in DEFAULT_MAP or not column:
        raise argparse.ArgumentTypeError("write it as prompt=COLUMN or id=COLUMN")
    return field, column
