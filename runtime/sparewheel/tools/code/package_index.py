"""Finds wheels in an index that the embedder has named: a lock file of Pyodide, or a static index (PEP 503).

Only wheels with a hash are taken. A lock file also tells what a package depends on. In an index of the other kind
every package is named with its version, and with what it depends on.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from ...jsontext import read
from ...transports.wheels import distribution_of
from ..base import ToolError
from ..web.addresses import AddressRules
from ..web.requests import Ask, Web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...page.code_messages import CodePackage
    from ...transports.base import Transport

ABI: Final = "2026_0"  # of Pyodide
PLATFORM: Final = f"pyemscripten_{ABI}_wasm32"
_TAGS: Final = re.compile(rf"-(?:(?:[\w.]*\bpy3|cp314)[\w.]*)-(?:none|abi3|cp314)-(?:any|{PLATFORM})\.whl$")
_PINNED: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([\w.+!-]+)\s*")
_MAX_NAME: Final = 300  # characters of the name of a wheel
_MAX_BYTES: Final = 8 * 1024 * 1024
_SHA256: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")


class PackageIndex:
    """One index. What was found is kept."""

    def __init__(self, url: str, transport: Transport) -> None:
        self._url = url
        self._web = Web(transport, AddressRules((), (), private=True))
        self._found: dict[tuple[str, ...], list[CodePackage]] = {}

    async def wheels(self, names: Sequence[str]) -> list[CodePackage]:
        """The wheels of these requirements. Raises `ToolError`, with every package that is missing."""
        key = tuple(names)
        if key not in self._found:
            if urlsplit(self._url).path.endswith(".json"):
                self._found[key] = self._locked(await self._get(self._url), names)
            else:
                self._found[key] = [await self._listed(name) for name in names]
        return self._found[key]

    def _locked(self, text: str, names: Sequence[str]) -> list[CodePackage]:
        """The wheels of a lock file, with what they depend on."""
        try:
            lock = read(text)
            packages = {distribution_of(name): each for name, each in lock["packages"].items()}
            abi = lock.get("info", {}).get("abi_version", ABI)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ToolError(f"The package index {self._url} is not a lock file of Pyodide.") from None
        if abi != ABI:
            raise ToolError(f"The package index {self._url} is of another Pyodide: {str(abi)[:40]}, and this is {ABI}.")
        waiting, missing, found = [distribution_of(name) for name in names], [], dict[str, "CodePackage"]()
        while waiting:
            name = waiting.pop()
            if name in found or name in missing:
                continue
            wheel = _locked_wheel(name, packages.get(name), self._url)
            if wheel is None:
                missing.append(name)
                continue
            found[name] = wheel
            waiting += [distribution_of(str(each)) for each in packages[name].get("depends") or ()]
        if missing:
            raise ToolError(
                f"The package index {self._url} has no wheel of {', '.join(sorted(missing))} for this platform."
            )
        return list(found.values())

    async def _listed(self, requirement: str) -> CodePackage:
        """The wheel of a requirement in an index with one page for each package."""
        match = _PINNED.fullmatch(requirement)
        if match is None:
            raise ToolError(f"{requirement}: an index needs NAME==VERSION, and what it depends on named as well.")
        name, version = distribution_of(match[1]), match[2]
        page = urljoin(f"{self._url.rstrip('/')}/", f"{name}/")
        links = _Links()
        links.feed(await self._get(page))
        versions = set()
        for href in links.found:
            url, _, fragment = urljoin(page, href).partition("#")
            file = unquote(urlsplit(url).path.rpartition("/")[2])
            parts = file.split("-")
            if len(file) > _MAX_NAME or len(parts) < 5 or distribution_of(parts[0]) != name or not _TAGS.search(file):
                continue
            versions.add(parts[1])
            if parts[1] == version and (digest := _SHA256.search(fragment)):
                return {"name": name, "file": url, "sha256": digest[1].lower()}
        others = f" It has {', '.join(sorted(versions))}." if versions else ""
        raise ToolError(f"The package index has no wheel of {requirement} for this platform ({PLATFORM}).{others}")

    async def _get(self, url: str) -> str:
        answer = await self._web.send(Ask("GET", url), limit=_MAX_BYTES)
        if answer.status != 200 or answer.cut:
            raise ToolError(f"The package index cannot be read: {url} answered with status {answer.status}.")
        return answer.body.decode(errors="replace")


class _Links(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (href := dict(attrs).get("href")):
            self.found.append(href)


def _locked_wheel(name: str, entry: Any, base: str) -> CodePackage | None:
    match entry:
        case {"file_name": str(file), "sha256": str(sha256)} if _TAGS.search(file[-_MAX_NAME:]):
            return {"name": name, "file": urljoin(base, file), "sha256": sha256.lower()}
    return None
