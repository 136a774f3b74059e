"""The conformance suites as a command: how many scenarios pass, and which do not; exit code 1 if one does not."""

from __future__ import annotations

import argparse
import asyncio
import sys

from .conformance import SUITES, clients, play


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py conformance", description="Play the client scenarios of the official MCP conformance suites."
    )
    parser.add_argument("--suite", default="", metavar="TEXT", help="only the suites whose name contains this")
    return parser.parse_args(argv)


def show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(args: argparse.Namespace) -> int:
    total = [0, 0]
    async with clients() as port:
        for suite in (suite for suite in SUITES if args.suite in suite.name):
            verdict = await play(suite, port)
            passed, of = verdict.counts
            total = [total[0] + passed, total[1] + of]
            show(f"{suite.name}: {passed} of {of} pass")
            for name, counts in verdict.missing.items():
                show(f"  {name}: {counts}")
            optional = sorted(set(verdict.passed) & verdict.optional)
            show(f"  optional, {len(optional)} of {len(verdict.optional)} pass: {', '.join(optional) or 'none'}")
    show(f"{total[0]} of {total[1]} scenarios that are not optional pass")
    return 0 if total[0] == total[1] > 0 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parse())))
