"""`sparewheel compare`: the options of `compare` on a command line, and what it has found on stdout."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...errors import ConfigError, SparewheelError
from ..batch.command import add_limits, add_rows, count
from ..batch.job import ENGINES
from ..batch.progress import Progress
from ..interrupts import ABORTED, Interrupts
from ..notes import note, sentence
from ..options import Parser, add_dist, add_env
from .expected import CHECKS
from .plots import has_pygal
from .run import SHOWN, compare
from .tables import sentences, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..batch import BatchReport
    from .comparison import Comparison

_EPILOG: Final = """
IN.jsonl is as of `sparewheel batch`. All agent files are asked at the same time; the others are compared with the
first. DIR gets the outcomes of each (NAME.jsonl, the state of the run) and report.md, report.html and report.json. Run
the same command again to go on. Exit code: 0 every agent file has all rows, 1 the run could not go on or a budget ended
it, 2 bad usage, 130 stopped. A row that fails is a fact of the report.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code. Raises SystemExit on bad usage."""
    options = _parser().parse_args(argv)
    try:
        return asyncio.run(_run(options))
    except ConfigError as error:
        note(sentence(error))
        return 2
    except SparewheelError as error:
        note(sentence(error))
        return 1
    except KeyboardInterrupt:
        return ABORTED


def _parser() -> Parser:
    parser = Parser(prog="sparewheel compare", description="Ask several agent files the same prompts.", epilog=_EPILOG)
    parser.add_argument("agents", nargs="+", metavar="AGENT.yaml", help="two or more")
    parser.add_argument("rows", metavar="IN.jsonl")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder of the outcomes and the reports")
    add_rows(parser)
    parser.add_argument("--expect", metavar="COLUMN", help="the column with the expected answer")
    parser.add_argument("--check", choices=CHECKS, default="exact", help="how an answer is compared (default: exact)")
    parser.add_argument(
        "--show", type=_shown, default=SHOWN, metavar="N", help="rows that differ in the reports (default: %(default)s)"
    )
    add_limits(parser)
    parser.add_argument(
        "--processes", type=count, default=1, metavar="N", help="runtimes of each agent file (default: 1)"
    )
    parser.add_argument("--engine", choices=ENGINES, help="default: native, this Python")
    parser.add_argument("--auto-approve", action="store_true", help="run tools that change something without approval")
    add_env(parser)
    add_dist(parser)
    return parser


async def _run(options: argparse.Namespace) -> int:
    interrupts = Interrupts()
    progress: dict[str, Progress] = {}

    def tell(name: str, report: BatchReport) -> None:
        if name not in progress:
            progress[name] = Progress(label=f"{name}: ")
        progress[name](report)

    try:
        comparison = await compare(
            options.agents,
            options.rows,
            options.out,
            columns=dict(options.map),
            expect=options.expect,
            check=options.check,
            env=dict(options.env),
            auto_approve=options.auto_approve,
            engine=options.engine,
            concurrency=options.concurrency,
            processes=options.processes,
            rpm=options.rpm,
            tpm=options.tpm,
            budget=options.budget,
            limit=options.limit,
            retry_failed=options.retry_failed,
            shown=options.show,
            dist=options.dist,
            on_progress=tell,
        )
    except asyncio.CancelledError:
        if not interrupts.came:
            raise
        note("stopped; run the same command to go on")
        return ABORTED
    sys.stdout.write(_short(comparison))
    if not has_pygal():
        note("the report has no plots: pip install 'sparewheel[compare]'")
    note(f"{Path(options.out) / 'report.html'} has it all, report.md and report.json beside it as well")
    return 0 if all(each.report.done == comparison.rows for each in comparison.candidates) else 1


def _short(comparison: Comparison) -> str:
    """The table and the sentences of the report, for a terminal."""
    lines = [("", [candidate.name for candidate in comparison.candidates]), *summary(comparison)]
    first = max(len(name) for name, _ in lines)
    widths = [max(len(values[at]) for _, values in lines) for at in range(len(comparison.candidates))]
    table = [
        "  ".join([name.ljust(first), *(value.rjust(width) for value, width in zip(values, widths, strict=True))])
        for name, values in lines
    ]
    told = [sentence for pair in comparison.pairs for sentence in sentences(pair)]
    return "\n".join([*table, "", *told, ""])


def _shown(text: str) -> int:
    if not text.isdecimal() or int(text) > 10_000:
        raise argparse.ArgumentTypeError("a whole number from 0 to 10000")
    return int(text)
