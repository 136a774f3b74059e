"""Search by meaning: passages, or summaries of them, are embedded; the nearest ones to a question are found."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import read
from ..toolset import to_json
from .embedding import MAX_BATCH
from .fusion import Hit
from .vectors import Vector, nearest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ..services import KeyValue
    from .embedding import Embedder
    from .passages import Passage

MAX_STORED: Final = 8 * 1024 * 1024  # characters of the embeddings of one document that are stored


class ByMeaning:
    """`Method`: embeddings.

    They are kept in `store` by the content of their document, so that a session that is opened again has them.

    Args:
        name: of the model and of everything else that decides how a passage is embedded.
        batch: texts of one request.
        parallel: requests at the same time.
        summary: what is embedded in place of a passage; None: the passage with its heading.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: KeyValue,
        name: str,
        *,
        batch: int,
        parallel: int,
        summary: Callable[[Passage], Awaitable[str]] | None = None,
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._name = name
        self._batch = min(batch, MAX_BATCH)
        self._parallel = parallel
        self._summary = summary
        self._documents: dict[str, tuple[str, Sequence[Passage], list[Vector]]] = {}
        self._all: tuple[list[Passage], list[Vector]] | None = None

    async def add(self, document: str, digest: str, passages: Sequence[Passage]) -> None:
        key = f"rag/{self._name}/{digest}"
        vectors = _stored(await self._store.get(key), len(passages))
        if vectors is None:
            vectors = await self._embedded(passages)
            text = _text(vectors)
            if len(text) <= MAX_STORED:
                await self._store.set(key, text)
        self._documents[document] = key, passages, vectors
        self._all = None

    async def remove(self, document: str) -> None:
        if document in self._documents:
            await self._store.delete(self._documents.pop(document)[0])
            self._all = None

    def go_on_with(self, other: ByMeaning) -> None:
        """Ask the models of `other` from now on: they are the same, with another key."""
        self._embedder, self._summary = other._embedder, other._summary

    def passages(self, document: str) -> Sequence[Passage]:
        return self._documents[document][1] if document in self._documents else ()

    async def search(self, question: str, limit: int) -> list[Hit]:
        if self._all is None:
            documents = self._documents.values()
            self._all = [each for one in documents for each in one[1]], [each for one in documents for each in one[2]]
        passages, vectors = self._all
        if not passages:
            return []
        [asked] = await self._embedder.embed([question])
        if len(asked.numbers) != len(vectors[0].numbers):  # the model behind the name has changed
            self._documents.clear()
            raise self._embedder.failed("its embeddings have another length than before. Search again.")
        return [Hit(passages[place], score) for place, score in nearest(asked, vectors, limit)]

    async def _embedded(self, passages: Sequence[Passage]) -> list[Vector]:
        slots = asyncio.Semaphore(self._parallel)

        async def some(batch: Sequence[Passage]) -> list[Vector]:
            async with slots:
                return await self._embedder.embed([await self._text_of(passage) for passage in batch])

        batches = [passages[at : at + self._batch] for at in range(0, len(passages), self._batch)]
        tasks: list[asyncio.Task[list[Vector]]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(some(batch)) for batch in batches]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [vector for task in tasks for vector in task.result()]

    async def _text_of(self, passage: Passage) -> str:
        return passage.searched if self._summary is None else await self._summary(passage)


def _text(vectors: Sequence[Vector]) -> str:
    size = len(vectors[0].numbers) if vectors else 0
    return to_json({"size": size, "data": base64.b64encode(b"".join(map(bytes, vectors))).decode()})


def _stored(text: str | None, count: int) -> list[Vector] | None:
    """The vectors in a text of the store; None if there are none, or not as many."""
    try:
        value: Any = read(text or "null")
        size, data = value["size"], base64.b64decode(value["data"], validate=True)
        if len(data) != size * count:
            return None
        return [Vector.from_bytes(data[at : at + size]) for at in range(0, len(data), size)] if size else []
    except (ValueError, TypeError, KeyError, binascii.Error):
        return None
