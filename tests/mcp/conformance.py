"""The client scenarios of the official conformance suites, played by the built runtime under Node."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bundle.fetch import MCP_TESTS
from bundle.shell import DIST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT: Final = 120_000  # milliseconds that a suite gives the client of a scenario, which waits for the others
_LINE: Final = re.compile(r"^([✓✗]) ([\w/.-]+): (.*)$", re.MULTILINE)
_OPTIONAL: Final = re.compile(r"^  [✓✗] ([\w/.-]+) \(.*\)$|^  - ([\w/.-]+) \[extension\]$", re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """A release of the suite, and which of its scenarios are run. `lists` is a command that names the optional ones."""

    name: str
    package: str
    which: tuple[str, ...]
    lists: tuple[str, ...] = ()


SUITES: Final = (
    Suite("0.1.16, all", "conformance-2025", ("--suite", "all"), ("list",)),
    Suite("0.2.0-alpha.12, revision 2025-11-25", "conformance-2026", ("--requirements", "2025-11-25")),
    Suite("0.2.0-alpha.12, revision 2026-07-28", "conformance-2026", ("--requirements", "2026-07-28")),
)


@dataclass
class Verdict:
    """The scenarios of a suite that passed, and those that did not, with what the suite counted."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)

    @property
    def missing(self) -> dict[str, str]:
        """The failed scenarios that are not optional."""
        return {name: counts for name, counts in self.failed.items() if name not in self.optional}

    @property
    def counts(self) -> tuple[int, int]:
        """How many scenarios that are not optional passed, of how many."""
        passed = len(set(self.passed) - self.optional)
        return passed, passed + len(self.missing)


@asynccontextmanager
async def clients() -> AsyncIterator[int]:
    """The runtime that plays the client: the port of `host.mjs`."""
    pipe = asyncio.subprocess.PIPE
    host = await asyncio.create_subprocess_exec("node", MCP_TESTS / "host.mjs", DIST, stdin=pipe, stdout=pipe)
    try:
        assert host.stdout is not None
        yield int(await host.stdout.readline())
    finally:
        assert host.stdin is not None
        host.stdin.close()
        await host.wait()


async def play(suite: Suite, port: int, scenario: str = "") -> Verdict:
    """Run a suite, or one of its scenarios."""
    with tempfile.TemporaryDirectory() as folder:
        client = f"node {MCP_TESTS / 'client.mjs'} {port}"
        which = ("--scenario", scenario) if scenario else suite.which
        text = await _output(suite, "client", *which, "--command", client, "--timeout", str(LIMIT), "-o", folder)
    verdict = Verdict()
    for mark, name, counts in _LINE.findall(text):
        if mark == "✓":
            verdict.passed.append(name)
        else:
            verdict.failed[name] = counts
    listed = await _output(suite, *suite.lists) if suite.lists else text
    verdict.optional = {name or other for name, other in _OPTIONAL.findall(listed)}
    return verdict


async def _output(suite: Suite, *arguments: str) -> str:
    script = MCP_TESTS / "node_modules" / suite.package / "dist" / "index.js"
    command = ["node", "--import", (MCP_TESTS / "old-node.mjs").as_uri(), str(script), *arguments]
    out, err = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=err)
    text, _ = await process.communicate()
    return text.decode()
