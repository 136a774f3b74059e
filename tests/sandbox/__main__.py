"""The ring as a command: a line for each snippet, then the numbers; exit code 1 if anything got out or died."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparewheel.headless.batch.job import ENGINES
from tests.sandbox.corpus import corpus
from tests.sandbox.ring import open_ring
from tests.sandbox.times import late, measure, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparewheel.headless.batch.job import Engine
    from tests.sandbox.corpus import Snippet
    from tests.sandbox.ring import Outcome

_INSIDE: Final = "SPAREWHEEL_SANDBOX_RESOLVER"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="chromium")
    parser.add_argument("--only", default="", help="snippets whose `kind: name` contains this")
    parser.add_argument("--dns", action="store_true", help="watch look-ups of names too (Linux, as root)")
    parser.add_argument("--results", action="store_true", help="print what the model is told")
    parser.add_argument("--times", action="store_true", help="measure how long runs take, on a machine at rest")
    parser.add_argument("--rounds", type=int, default=5, help="of --times")
    args = parser.parse_args(argv)
    if args.times:
        if args.engine in ("node", "native"):
            parser.error("--times measures in a page")
        found = asyncio.run(measure(args.engine, args.rounds))
        say(str(table(args.engine, found)))
        return 1 if late(found) else 0
    if args.dns and not os.environ.get(_INSIDE):
        return _with_resolver(sys.argv[1:] if argv is None else list(argv))
    chosen = [each for each in corpus() if args.only in f"{each.kind}: {each.name}"]
    outcomes = asyncio.run(run(args.engine, chosen, os.environ.get(_INSIDE), shows_results=args.results))
    return 1 if any(outcome.problems for outcome in outcomes) else 0


async def run(
    engine: Engine, snippets: Sequence[Snippet], resolver: str | None = None, *, shows_results: bool = False
) -> list[Outcome]:
    outcomes = []
    async with open_ring(engine, resolver) as ring:
        for snippet in snippets:
            outcome = await ring.take(snippet)
            outcomes.append(outcome)
            say(f"{'BAD' if outcome.problems else 'ok '} {outcome.ms:>6} ms  {snippet.kind}: {snippet.name}")
            for problem in outcome.problems:
                say(f"      {problem[:1000]}")
            if shows_results:
                say(f"      {outcome.result[-400:]!r}")
    counted = Counter[str]()
    for outcome in outcomes:
        for what in ("requests", "keys", "forged", "dead"):
            counted[what] += len(getattr(outcome, what))
    bad = sum(1 for outcome in outcomes if outcome.problems)
    say(f"{engine}: {len(outcomes)} snippets, {bad} bad; " + ", ".join(f"{n} {what}" for what, n in counted.items()))
    return outcomes


def _with_resolver(arguments: list[str]) -> int:
    """This command again, in a mount namespace in which names are looked up at the canary."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resolv.conf"
        address = f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.1"  # several may run at the same time
        file.write_text(f"nameserver {address}\noptions attempts:1 timeout:1\n", "utf-8")
        script = 'mount --bind "$0" "$(readlink -f /etc/resolv.conf)" && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, str(file), sys.executable, "-m", "tests.sandbox"]
        return subprocess.run([*command, *arguments], env={**os.environ, _INSIDE: address}, check=False).returncode


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n".encode("ascii", "backslashreplace").decode())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
