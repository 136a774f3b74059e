"""`fetch`: web pages and documents as text.

A browser lets a page read only sites that allow it (CORS). Many do not; the error explains that.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from ...bounded import BoundedDict
from ...errors import ConfigError
from ..base import ToolError, ToolResult
from ..toolset import Arguments, Contents, make_tool, shown
from .html_text import html_to_text
from .requests import MAX_ERROR, Ask, Web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...config.toolsets import ToolsetConfig
    from ..base import ToolContext
    from ..services import Services
    from .requests import Answer

MAX_URLS: Final = 10
MAX_TIMEOUT: Final = 300  # seconds
MAX_OUTPUT: Final = 30_000  # characters for each call
MAX_KEPT: Final = 16  # texts that are kept, to read on without a new request
Format = Literal["text", "markdown", "html"]

_ACCEPT: Final[dict[Format, str]] = {
    "text": "text/plain, text/markdown;q=0.9, text/html;q=0.8, */*;q=0.1",
    "markdown": "text/markdown, text/plain;q=0.9, text/html;q=0.7, */*;q=0.1",
    "html": "text/html, text/plain;q=0.8, */*;q=0.1",
}
_TEXT: Final = re.compile(r"text/|application/([a-z0-9.+-]*[+])?(json|xml|yaml|javascript|ecmascript|x-ndjson|x-yaml|"
                          r"x-www-form-urlencoded|graphql|sql|toml|rtf)\b")  # fmt: skip
_CHARSET: Final = re.compile(
    r"charset\s*=\s*[\"']?(utf-?8|utf-?16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|windows-\d{3,4}|gb2312|gbk|gb18030|big5|"
    r"euc-(?:jp|kr)|shift_jis|koi8-[ru])\b",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(r"auth|cookie|token|key|secret|password|credential", re.IGNORECASE)


class _Fetch(Arguments):
    urls: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, max_length=MAX_URLS, description="The http:// or https:// URLs to fetch."
    )
    format: Format = Field("text", description="How to return HTML: as text, as Markdown with links, or unchanged.")
    timeout: int | None = Field(None, ge=1, le=MAX_TIMEOUT, description="Seconds to wait for each URL.")
    offset: int = Field(0, ge=0, description="The character to continue at, for a text that was cut.")


@dataclass(frozen=True, slots=True)
class _Page:
    """A fetched text, and a line that describes it."""

    head: str
    text: str
    failed: bool = False


class _Fetcher:
    def __init__(self, web: Web, headers: Mapping[str, str]) -> None:
        self._web = web
        self._headers = headers
        self._kept: BoundedDict[tuple[str, Format], _Page] = BoundedDict(MAX_KEPT)

    async def fetch(self, given: _Fetch, _: ToolContext) -> ToolResult:
        urls = list(dict.fromkeys(given.urls))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._page(url, given)) for url in urls]
        pages = [task.result() for task in tasks]
        room = MAX_OUTPUT // len(pages)
        output = "\n\n".join(_section(page, given.offset, room) for page in pages)
        return ToolResult(output, is_error=all(page.failed for page in pages))

    async def _page(self, url: str, given: _Fetch) -> _Page:
        key = (url, given.format)
        kept = self._kept.get(key)
        if given.offset and kept is not None:
            return kept
        headers = {"Accept": _ACCEPT[given.format], **self._headers}
        web = self._web if given.timeout is None else replace(self._web, timeout=float(given.timeout))
        try:
            page = await _read(await web.send(Ask("GET", url, headers)), given.format)
        except ToolError as error:
            return _Page(f"{shown(url, 300)} could not be fetched: {error}", "", failed=True)
        if not page.failed:
            self._kept[key] = page
        return page


async def _read(answer: Answer, wanted: Format) -> _Page:
    kind = answer.content_type.partition(";")[0].strip().lower()
    head = f"{answer.url} (status {answer.status}{', ' + kind[:100] if kind else ''})"
    if not _is_text(kind, answer.body):
        size = f"{'more than ' if answer.cut else ''}{len(answer.body)} bytes"
        about = f"{head}: not text, but {size} of {kind or 'an unknown type'}, which cannot be read."
        return _Page(about, "", failed=True)
    text = _decode(answer)
    if wanted != "html" and kind in ("text/html", "application/xhtml+xml"):
        text = await html_to_text(text, markdown=wanted == "markdown")
    if answer.status >= 400:
        return _Page(f"{head}: the site answered with an error.", text[:MAX_ERROR], failed=True)
    if answer.cut:
        head += f", only its first {len(answer.body)} bytes"
    return _Page(head, text)


def _is_text(kind: str, body: bytes) -> bool:
    return bool(_TEXT.match(kind)) or (kind in ("", "application/octet-stream") and b"\0" not in body[:2048])


def _decode(answer: Answer) -> str:
    """Decode the body by the charset of the header or of a `meta` element near the top, else as UTF-8."""
    beginning = answer.body[:2048].decode("latin-1")
    named = _CHARSET.search(answer.content_type) or _CHARSET.search(beginning)
    return answer.body.decode(named[1] if named else "utf-8-sig", "replace")


def _section(page: _Page, offset: int, room: int) -> str:
    if page.failed:
        return f"{page.head}\n\n{page.text}".rstrip()
    size = len(page.text)
    if offset and offset >= size:
        return f"{page.head}: ends at {size} characters; there is nothing from {offset} on."
    part = page.text[offset : offset + room]
    end = offset + len(part)
    output = f"{page.head}, {size} characters:\n\n{part}"
    if end == size:
        return output
    return f"{output}\n\n[Characters {offset} to {end} of {size}; call again with offset {end} to read on.]"


def fetch(entry: ToolsetConfig, services: Services) -> Contents:
    """Raises `ConfigError` if a header with a key would go to any address that the model names."""
    secret = next((name for name in entry.headers if _SECRET.search(name)), None)
    if secret is not None and not entry.allowed_domains:
        raise ConfigError(
            f"The fetch toolset would send the header {secret} to any address that the model names.",
            "Name the hosts that may receive it under allowed_domains:.",
        )
    fetcher = _Fetcher(Web.of(entry, services), dict(entry.headers))
    about = "Fetches http:// and https:// URLs and returns their text."
    instruction = f"## Fetch tool\n\n{about}"
    if services.tool_proxy is None:
        instruction += " Sites that do not allow web pages to read them (CORS) cannot be fetched."
    if entry.allowed_domains:
        instruction += f"\n\nOnly these domains are allowed: {', '.join(entry.allowed_domains)}."
    if entry.blocked_domains:
        instruction += f"\n\nThese domains are blocked: {', '.join(entry.blocked_domains)}."
    tool = make_tool("fetch", about, _Fetch, fetcher.fetch, timeout=MAX_TIMEOUT + 10.0)
    return Contents([tool], instruction)
