"""Fresh projects with the npm package in them, as `npm pack` makes it. What a tool needs is installed once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bundle.shell import CACHE, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = ROOT / "docs" / "bundlers"
_INSTALLED: Final = CACHE / "matrix"
_QUIET: Final = ("--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
_MANIFEST: Final = {"private": True, "type": "module"}
TEXTS: Final = ("css", "html", "js", "json", "map", "mjs")


class Failed(Exception):
    """A row that does not hold, with the reason."""


class Project:
    """A folder with the page of docs/bundlers, the files of a tool, and `node_modules`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def environment(self) -> dict[str, str]:
        """That of the commands: `npx` finds programs the same way, and Next reports nothing."""
        path = f"{self.folder / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "NO_COLOR": "1"}

    async def run(self, *command: str) -> str:
        """Run a command, and return its output. Raises `Failed` if it fails."""
        return await run(*command, cwd=self.folder, env=self.environment)

    def paths_of_this_machine(self, built: str) -> list[str]:
        """The files below a folder that name a folder of this machine."""
        folders = {str(ROOT), str(self.folder), str(Path.home())} - {"/"}
        names = [folder.encode() for folder in folders]
        files = [path for suffix in TEXTS for path in (self.folder / built).rglob(f"*.{suffix}")]
        return [str(path.relative_to(self.folder)) for path in files if any(n in path.read_bytes() for n in names)]


async def make_project(folder: Path, tarball: Path, source: str, packages: Mapping[str, str], agent: str) -> Project:
    """Make the project `source` of docs/bundlers in a new folder, with these packages, whose agent.yaml is `agent`.

    Raises:
        Failed: npm could not install something.
    """
    project = Project(folder)
    if packages:
        tools = await _install(packages)
        shutil.copytree(tools / "node_modules", folder / "node_modules", symlinks=True, copy_function=_link)
        shutil.copyfile(tools / "package-lock.json", folder / "package-lock.json")
    _write(folder / "package.json", {**_MANIFEST, "dependencies": dict(packages)})
    await project.run("npm", "install", *_QUIET, str(tarball))
    for part in (SOURCES / "page", SOURCES / source):
        if part.is_dir():
            shutil.copytree(part, folder, dirs_exist_ok=True)
    public = folder / "public"
    public.mkdir()
    (folder / "agent.yaml").unlink()
    (public / "agent.yaml").write_text(agent, encoding="utf-8")
    return project


async def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end, and return its output. Raises `Failed` with the end of it if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = (await process.communicate())[0].decode(errors="replace")
    if process.returncode:
        raise Failed(f"{' '.join(command)}: {output.strip()[-2000:]}")
    return output


async def _install(packages: Mapping[str, str]) -> Path:
    """A folder with these packages, by their exact versions; installed once."""
    key = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()[:16]
    folder = _INSTALLED / key
    if (folder / "installed").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write(folder / "package.json", {**_MANIFEST, "dependencies": dict(packages)})
    await run("npm", "install", *_QUIET, cwd=folder)
    (folder / "installed").touch()
    return folder


def _link(source: str, target: str) -> None:
    """Like `shutil.copy2`, at once: no tool changes a file of another package."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _write(path: Path, manifest: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
