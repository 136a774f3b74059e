"""The documents of one strategy, read and indexed. Only what has changed is read again."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...jsontext import read
from ...slices import run_in_slices
from ..toolset import to_json
from .passages import Passage, Unreadable, divide
from .reading import read_sections, takes_long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...config.rag import ChunkingConfig
    from ..services import KeyValue
    from .fusion import Hit

MAX_STORED: Final = 8 * 1024 * 1024  # characters of the passages of one document that are stored
_STORED: Final = "rag/passages/"  # before the digest


class Method(Protocol):
    """A way to search."""

    async def add(self, document: str, digest: str, passages: Sequence[Passage]) -> None:
        """Add a document in place of an earlier one of its name. `digest` names its content and its chunks."""

    async def remove(self, document: str) -> None:
        """Remove a document; one that is not there is not an error."""

    def passages(self, document: str) -> Sequence[Passage]:
        """The passages of a document, in their order; none if it is not there."""

    async def search(self, question: str, limit: int) -> list[Hit]:
        """The best passages, from the best on."""


class Index:
    """Documents in a `Method`. `unreadable` has those that cannot be searched, with the reasons."""

    def __init__(self, method: Method, chunking: ChunkingConfig, store: KeyValue) -> None:
        self.method = method
        self.unreadable: dict[str, str] = {}
        self._chunking = chunking
        self._store = store
        self._digests: dict[str, str] = {}  # of documents that were read, or cannot be
        self._lock = asyncio.Lock()

    def text(self, document: str) -> str:
        """The text of a document, put together from its passages, which overlap."""
        text, end = "", 0
        for passage in self.method.passages(document):
            text += "\n" * (passage.start > end > 0) + passage.text[max(end - passage.start, 0) :]
            end = max(end, passage.end)
        return text

    async def update(self, documents: Mapping[str, str], report: Callable[[str], None]) -> None:
        """Index these documents and no others. `report` gets what is being done, for people."""
        async with self._lock:
            for name in self._digests.keys() - documents.keys():
                await self._forget(name)
            changed = []
            for name, content in documents.items():
                digest = self._digest(name, content)
                if self._digests.get(name) != digest:
                    changed.append((name, digest))
                await asyncio.sleep(0)
            for number, (name, digest) in enumerate(changed, 1):
                report(f"Reading {name} ({number} of {len(changed)}) …")
                await self._forget(name)
                try:
                    await self.method.add(name, digest, await self._passages(name, digest, documents[name]))
                except Unreadable as error:
                    await self.method.remove(name)
                    self.unreadable[name] = str(error)
                self._digests[name] = digest

    async def _passages(self, name: str, digest: str, content: str) -> list[Passage]:
        """The passages of a document. Those of PDFs and HTML are stored: reading takes longer than loading."""
        if not takes_long(name, content):
            return await self._read(name, content)
        key = f"{_STORED}{digest}"
        passages = _stored(name, await self._store.get(key))
        if passages is None:
            passages = await self._read(name, content)
            text = to_json([[each.text, each.start, each.end, each.heading, each.page] for each in passages])
            if len(text) <= MAX_STORED:
                await self._store.set(key, text)
        return passages

    async def _read(self, name: str, content: str) -> list[Passage]:
        chunking = self._chunking
        sections = await read_sections(name, content, chunking.limit)
        work = divide(name, sections, chunking.limit, chunking.repeated, by_words=chunking.respect_word_boundaries)
        return await run_in_slices(work)

    async def _forget(self, name: str) -> None:
        await self.method.remove(name)
        if (digest := self._digests.pop(name, None)) is not None:
            await self._store.delete(f"{_STORED}{digest}")
        self.unreadable.pop(name, None)

    def _digest(self, name: str, content: str) -> str:
        chunking = self._chunking
        how = f"{chunking.limit} {chunking.repeated} {chunking.respect_word_boundaries} {name}\0"
        return hashlib.sha256(f"{how}{content}".encode("utf-8", "surrogatepass")).hexdigest()


def _stored(document: str, text: str | None) -> list[Passage] | None:
    """The passages in a text of the store; None if there are none."""
    try:
        rows: Any = read(text) if text else None
        return [
            Passage(document, number, str(text), int(start), int(end), str(heading), page and int(page))
            for number, (text, start, end, heading, page) in enumerate(rows)
        ]
    except (ValueError, TypeError):
        return None
