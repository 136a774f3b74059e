"""The benchmarks as a command: a table on stdout, JSON in a file, progress on stderr."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from pathlib import Path

from sparewheel.headless import find_dist
from sparewheel.headless.browser import BrowserNotFound

from . import stream
from .batch import batches
from .boot import boot
from .engines import ROUNDS, engines
from .goals import goals
from .kill import kills
from .lab import OURS, RAW, Facts, Lab, open_lab
from .many import at_once, flat
from .memory import memory
from .page_chat import page_chat
from .page_start import page_start
from .page_tasks import page_tasks
from .report import Table
from .sizes import FULL, QUICK, Sizes
from .soak import soak
from .step import loaded_step
from .stored import listed, stored
from .where import where


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py bench", description="Measure, against raw JavaScript, what it costs."
    )
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    parser.add_argument(
        "--engine",
        choices=("chromium", "firefox", "all"),
        default="chromium",
        help="all: the start in each",
    )
    parser.add_argument("--strict", action="store_true", help="fail if a fast path was not taken")
    parser.add_argument("--soak", type=int, nargs="?", const=10_000, metavar="TURNS", help="instead: turns that fail")
    parser.add_argument("--kill", type=int, metavar="N", help="instead: end a tab in N turns, and count what is lost")
    parser.add_argument("--batch", type=int, metavar="ROWS", help="instead: batches, with kills and on a cluster")
    parser.add_argument(
        "--where", action="store_true", help="instead: where a start, a first delta, a fallback spend time"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the points at which tabs end (default: 1)")
    parser.add_argument("--dist", type=Path, help="the built folder (default: dist/)")
    return parser.parse_args(argv)


async def measure(lab: Lab, sizes: Sizes) -> tuple[Facts, list[Table]]:
    """Everything, in groups: the names of a group are those that the JSON has."""
    facts: Facts = {}
    tables: list[Table] = []

    def keep(group: str, measured: tuple[Facts, Table]) -> None:
        facts[group] = measured[0]
        tables.append(measured[1])

    keep("boot", await boot(lab, sizes))
    async with lab.contender(RAW) as raw, lab.contender(OURS) as ours:
        both = {RAW: raw, OURS: ours}
        # Before anything else has grown its memory.
        remembered = await memory(lab, ours, sizes)
        keep("stream", await stream.throughput(both, sizes, lab))
        keep("changing", await stream.changing(both, sizes, lab))
        keep("latency", await stream.latency(both, sizes, lab))
        keep("fallback", await stream.fallback(both, sizes, lab))
        keep("step", await loaded_step(both, sizes, lab))
        keep("memory", remembered)
        keep("sessions", await at_once(ours, sizes, lab))
        keep("flat", await flat(ours, sizes, lab))
        keep("stored", await stored(ours, sizes, lab))
        keep("listed", await listed(ours, sizes, lab))
    keep("start", await page_start(lab, sizes))
    keep("page", await page_tasks(lab, sizes))
    keep("page_chat", await page_chat(lab, sizes))
    tables += [goals(facts), lab.paths.table()]
    facts["fast_paths_missed"] = lab.paths.missed
    return facts, tables


def machine(lab: Lab) -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    engine = f"{lab.browser.browser_type.name} {lab.browser.version}"
    return f"{engine}, {os.cpu_count()} cores ({platform.machine()}), load average {load}"


def tell(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr)


async def main(args: argparse.Namespace) -> None:
    if args.engine == "all":
        facts, table = await engines(args.dist or find_dist(), tell, 1 if args.quick else ROUNDS)
        report({"engines": facts}, [table], args.json)
        return
    if args.batch is not None:
        facts, tables, broken = await batches(args.batch, args.seed, args.dist, tell)
        report(facts, tables, args.json)
        if broken:
            sys.exit("bench: " + "; ".join(broken))
        return
    async with open_lab(args.dist or find_dist(), args.engine, tell) as lab:
        if args.kill is not None:
            losses = await kills(lab, args.kill, args.seed)
            facts = {"kill": losses.facts()}
            tables = [losses.table()]
        elif args.where:
            sizes = QUICK if args.quick else FULL
            started = await boot(lab, sizes)
            parts, tables = await where(lab, sizes)
            facts = {"boot": started[0], "where": parts}
            tables = [started[1], *tables]
        elif args.soak is not None:
            facts, table = await soak(lab, args.soak)
            tables = [table]
        else:
            facts, tables = await measure(lab, QUICK if args.quick else FULL)
        facts["machine"] = machine(lab)
    report(facts, tables, args.json)
    if args.strict and (missed := facts.get("fast_paths_missed")):
        sys.exit(f"bench: not taken: {', '.join(missed)}")
    if more := facts.get("grown"):
        listed = ", ".join(f"{name} {change}" for name, change in sorted(more.items()))
        sys.exit(f"bench: turns leave something behind, for there is more of it round after round: {listed}")


def report(facts: Facts, tables: list[Table], file: Path | None) -> None:
    """Print the tables, after what tells the machine, and write the facts to a file if one is named."""
    told = [facts["machine"]] if "machine" in facts else []
    print("\n\n".join([*told, *map(str, tables)]))
    if file:
        file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        asyncio.run(main(parse()))
    except BrowserNotFound as error:
        sys.exit(f"bench: {error}. {error.info.hint}")
