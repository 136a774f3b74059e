"""The packages for PyPI and npm, as on machines that never saw the repository."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bundle.fetch import NODE_MODULES
from bundle.release import make_packages
from bundle.shell import ROOT
from tests.matrix.lab import open_lab
from tests.support.browser import BOOT_LIMIT, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHOUT_FILES = """
import { createRuntime } from "sparewheel";
createRuntime().catch(({ name, message, hint }) => console.log(name, message, hint));
"""
# What Vite calls, in its order, and a request to its server.
VITE = """
import { createServer } from "node:http";
import sparewheel from "sparewheel/vite";
const plugin = sparewheel({ folder: "agents" });
const middlewares = [];
const resolved = (outDir, command, ssr) => {
  const build = { outDir: `${process.cwd()}/${outDir}`, ssr };
  plugin.configResolved({ base: "/base/", root: "/elsewhere", command, build });
};
for (const [command, ssr] of [["serve", false], ["build", true]]) {
  resolved("no-client", command, ssr);
  plugin.closeBundle();
}
resolved("built", "build", false);
plugin.configureServer({ middlewares: { use: (middleware) => middlewares.push(middleware) } });
const server = createServer((asked, answer) => middlewares[0](asked, answer, () => answer.writeHead(404).end()));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const get = async (path) => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
  await response.arrayBuffer();
  return [response.status, response.headers.get("content-type")];
};
const wrong = ["/base/agents/..%2f..%2f..%2fpackage.json", "/agents/worker.js", "/base/agents/"];
const answers = await Promise.all(["/base/agents/worker.js", ...wrong].map(get));
server.close();
plugin.closeBundle();
const text = plugin.load(plugin.resolveId("sparewheel"));
console.log(JSON.stringify({ text, other: plugin.resolveId("x"), answers }));
"""


# A server: what it imports has no effect, and the process ends with its runtime.
SERVER = """
import { createRuntime, BUILD } from "sparewheel";
const runtime = await createRuntime();
const session = await runtime.createSession({ yaml: "agents: {root: {model: demo/hello, instruction: Answer.}}" });
const types = [];
for await (const event of session.stream("Hello")) types.push(event.type);
console.log(JSON.stringify({ mode: runtime.boot.mode, last: types.at(-1), build: BUILD.length }));
runtime.dispose();
"""


@dataclass(frozen=True)
class Packages:
    wheel: Path
    tarball: Path


@pytest.fixture(scope="module")
def packages() -> Packages:
    return Packages(*make_packages())


@pytest.fixture
def project(packages: Packages, tmp_path: Path) -> Path:
    """A project in which the npm package is installed."""
    with tarfile.open(packages.tarball) as archive:
        archive.extractall(tmp_path / "node_modules", filter="data")
    (tmp_path / "node_modules" / "package").rename(tmp_path / "node_modules" / "sparewheel")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return tmp_path


def paths_of_this_machine(folder: Path) -> list[Path]:
    """Texts that name the folder in which the package was built."""
    texts = [path for suffix in ("js", "mjs", "html", "json", "ts") for path in folder.rglob(f"*.{suffix}")]
    return [path for path in texts if str(ROOT).encode() in path.read_bytes()]


async def output_of(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await within(process.communicate(), BOOT_LIMIT)
    assert process.returncode == 0, err.decode()[-2000:]
    return out.decode()


async def test_the_wheel_runs_an_agent_in_a_fresh_environment(packages: Packages, tmp_path: Path) -> None:
    """Without an extra there is no Playwright: Node runs the agent."""
    assert packages.wheel.stat().st_size < 25e6
    with zipfile.ZipFile(packages.wheel) as archive:
        names = archive.namelist()
        [info] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(info).decode()
    assert {"Provides-Extra: headless", "Provides-Extra: batch"} <= set(metadata.splitlines())
    assert "# Sparewheel" in metadata
    assert "sparewheel/py.typed" in names
    assert not [name for name in names if name.endswith(".br")]
    await output_of(sys.executable, "-m", "venv", "fresh", cwd=tmp_path)
    programs = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    await output_of(programs / "python", "-m", "pip", "install", "--quiet", packages.wheel, cwd=tmp_path)
    finish = json.loads(await output_of(programs / "sparewheel", "run", "--events", "finish", cwd=tmp_path))
    assert finish["model"] == "demo/hello"
    await output_of(programs / "python", "-m", "sparewheel", "copy", "site", cwd=tmp_path)
    assert (tmp_path / "site" / "sparewheel.js").is_file()


async def test_the_npm_package_can_be_imported_anywhere(project: Path, packages: Packages) -> None:
    """In a bundle, its own address would be that of another file, or of the machine that made the bundle."""
    assert packages.tarball.stat().st_size < 20e6
    assert paths_of_this_machine(project) == []
    assert await output_of("node", "-e", "import('sparewheel').then(() => {})", cwd=project) == ""
    told = json.loads(await output_of("node", "--input-type=module", "-e", SERVER, cwd=project))
    assert told == {"mode": "snapshot", "last": "finish", "build": 16}
    (project / "main.js").write_text(WITHOUT_FILES, encoding="utf-8")
    for form in ("esm", "iife"):
        esbuild = ("node", NODE_MODULES / "esbuild" / "bin" / "esbuild", "main.js", "--bundle")
        await output_of(*esbuild, f"--format={form}", f"--outfile={form}.mjs", cwd=project)
        told = await output_of("node", f"{form}.mjs", cwd=project)
        assert told.startswith("SparewheelError")
        assert "assetBase" in told
    for _ in range(2):  # the second one replaces the first
        await output_of("node", "node_modules/sparewheel/copy.js", "copy", "site/sparewheel", cwd=project)
    assert (project / "site" / "sparewheel" / "worker.js").is_file()
    assert not (project / "site" / "sparewheel" / "bundled.js").exists()


async def test_the_npm_package_works_in_fresh_projects(packages: Packages, browser: Browser) -> None:
    """A sample of `build.py matrix`, without its times: a turn in a browser, from the snapshot."""
    async with open_lab(browser, packages.tarball, tries=1) as lab:
        for row in ("plain", "vite 8 build", "esbuild iife"):
            assert (await lab.play(row)).problem == ""


async def test_the_plugin_for_vite_serves_and_copies_the_files(project: Path) -> None:
    told = json.loads(await output_of("node", "--input-type=module", "-e", VITE, cwd=project))
    assert 'assetBase: "/base/agents/"' in told["text"]
    assert told["other"] is None
    assert told["answers"][0] == [200, "text/javascript"]
    assert [status for status, _ in told["answers"][1:]] == [404, 404, 404]
    assert not (project / "no-client").exists()
    assert (project / "built" / "agents" / "worker.js").is_file()
    assert not (project / "built" / "agents" / "package.json").exists()
