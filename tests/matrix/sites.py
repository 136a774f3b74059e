"""Serves the rows of the matrix: a bundle that was built or is served by its tool, or the plain page on a host."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import Site

from .projects import Failed, Project, make_project
from .rows import TOOLS, Bundler
from .serving import Counter, tool_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .hosts import Host

_OWN_PAGE: Final = ("vite", "next")  # tools that make the page themselves; others get it beside the bundle


class Sites:
    """What is served is in folders below `folder`, with the package in `tarball` and the agent file `agent`."""

    def __init__(self, folder: Path, tarball: Path, agent: str) -> None:
        self._folder = folder
        self._tarball = tarball
        self._agent = agent
        self._plain: Path | None = None

    @asynccontextmanager
    async def bundle(self, row: Bundler, counter: Counter) -> AsyncIterator[str]:
        """Make the project, run its commands, and serve it; yields the address. Raises `Failed`."""
        with self._new_folder() as folder:
            project = await self._project(folder, row.source, TOOLS[row.tool])
            if row.source not in _OWN_PAGE:
                page = (folder / "index.html").read_text(encoding="utf-8")
                page = page.replace('type="module"', "defer") if row.classic else page
                (folder / "public" / "index.html").write_text(page, encoding="utf-8")
            for command in row.commands:
                await project.run(*command.split())
            if row.folder and (named := project.paths_of_this_machine(row.folder)):
                raise Failed(f"paths of this machine are in {', '.join(named)}")
            if row.server:
                async with tool_server(project, row.server) as port, counter.before(port) as origin:
                    yield f"{origin}/"
            else:
                with Site({"/": folder / row.folder}) as site:
                    async with counter.before(urlsplit(site.origin).port) as origin:
                        yield f"{origin}/"

    @asynccontextmanager
    async def host(self, row: Host, counter: Counter) -> AsyncIterator[str]:
        """Serve the plain page with what the row has around it; yields the address. Raises `Failed`."""
        plain = await self.plain_page()
        copy = plain / "sparewheel"
        with self._new_folder() as folder, Site({"/": plain}, {"Access-Control-Allow-Origin": "*"}) as cdn:
            page = folder / row.base.strip("/")
            shutil.copytree(plain, page, ignore=shutil.ignore_patterns("sparewheel"), dirs_exist_ok=True)
            async with counter.before(urlsplit(cdn.origin).port) as elsewhere:
                for name, text in row.files.items():
                    (page / name).write_text(text.replace("{cdn}", elsewhere), encoding="utf-8")
                if row.negotiates:
                    shutil.copytree(find_dist(), page / "sparewheel")
                    with StaticServer(folder) as server:
                        async with counter.before(urlsplit(server.url).port) as origin:
                            yield origin + row.base
                else:
                    mounts = {f"{row.base}{name}/": copy for name in ("sparewheel", "other")} | {row.base: page}
                    with Site(mounts, row.headers) as site:
                        async with counter.before(urlsplit(site.origin).port) as origin:
                            yield origin + row.base

    async def plain_page(self) -> Path:
        """A folder with the plain page and a copy of the package. Raises `Failed`."""
        if self._plain is None:
            project = await self._project(Path(tempfile.mkdtemp(dir=self._folder)), "plain", {})
            await project.run("sparewheel", "copy", "public/sparewheel")
            self._plain = project.folder / "public"
            for name in ("index.html", "page.js", "answer.js"):
                shutil.copyfile(project.folder / name, self._plain / name)
        return self._plain

    async def _project(self, folder: Path, source: str, packages: dict[str, str]) -> Project:
        return await make_project(folder, self._tarball, source, packages, self._agent)

    @contextmanager
    def _new_folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as name:
            yield Path(name)
