"""One source of documents of an agent file: indexed at the first search, then searched in all its ways."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ..base import ToolError
from ..toolset import to_json
from .asking import Asker
from .embedding import Embedder
from .fusion import fuse, without_duplicates
from .index import Index
from .keywords import Keywords
from .meaning import ByMeaning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ...config.rag import SourceConfig, StrategyConfig
    from ..services import Services
    from .fusion import Hit
    from .passages import Passage

DEFAULT_LIMIT: Final = 15
NOT_RERANKED: Final = "The model that ranks passages gave no scores: they are in the order of the search."


class Source:
    """The documents that `config` names among those of the session.

    What was indexed is kept in the session: a source that takes the place of another one reads only what has changed.
    """

    def __init__(self, name: str, config: SourceConfig, services: Services) -> None:
        self.config = config
        self._services = services
        self._asker = Asker(services.root, services.transport, services.spend) if services.root else None
        strategies = [each for each in config.strategies if each.type == "bm25" or self._has_models(each)]
        self._searched = [
            (strategy, self._index(name, strategy), config.selected(strategy, services.documents))
            for strategy in strategies
        ]
        self._current: set[int] = set()  # numbers of the indexes that have been brought up to date

    def _has_models(self, strategy: StrategyConfig) -> bool:
        """Whether it can ask its models: without a key there is a warning, and another strategy."""
        needed = [strategy.embedder, *([strategy.chat_model] if strategy.type == "semantic-embeddings" else [])]
        return all(ref in self._services.models for ref in needed)

    def whole(self, document: str) -> str:
        """The text of a document that was found."""
        return next(filter(None, (index.text(document) for _, index, _ in self._searched)), "")

    async def search(self, question: str, report: Callable[[str], None]) -> tuple[list[Hit], list[str]]:
        """The best passages, and what was left out. `report` gets what is being done, for people.

        Raises:
            ToolError: no strategy works.
        """
        found: list[tuple[str, Sequence[Hit]]] = []
        problems: list[str] = []
        for number, (strategy, index, wanted) in enumerate(self._searched):
            try:
                if number not in self._current:
                    await index.update(wanted, report)
                    self._current.add(number)
                hits = await index.method.search(question, strategy.limit)
            except ToolError as error:
                problems.append(str(error))
                continue
            problems += [f"{name} could not be searched: {reason}" for name, reason in index.unreadable.items()]
            found.append((strategy.type, [hit for hit in hits if hit.score >= strategy.least]))
        if not found:
            raise ToolError("\n".join(dict.fromkeys(problems)))
        hits = await self._reranked(question, fuse(found, self.config.results.fusion), problems)
        if self.config.results.deduplicate:
            hits = without_duplicates(hits)
        return hits[: self._limit], list(dict.fromkeys(problems))

    @property
    def _limit(self) -> int:
        return self.config.results.limit or DEFAULT_LIMIT

    async def _reranked(self, question: str, hits: list[Hit], problems: list[str]) -> list[Hit]:
        config = self.config.results.reranking
        spec = self._services.models.get(config.model) if config else None
        if config is None or spec is None or self._asker is None or not hits:
            return hits
        scored = await self._asker.rerank(spec, config, question, hits[: config.top_k or self._limit])
        if scored is None:
            problems.append(NOT_RERANKED)
            return hits
        return scored

    def _index(self, name: str, strategy: StrategyConfig) -> Index:
        """The index that an earlier source of the session has made for this strategy, else a new one."""
        kept, services = self._services.kept, self._services
        # Another selection of documents needs an index of its own, in whatever agent it is.
        selection = _digest(to_json([name, self.config.docs, strategy.docs, self.config.documents]))
        fields = to_json(strategy.model_dump(exclude={"docs", "limit", "threshold"}))
        if strategy.type == "bm25":
            method: Keywords | ByMeaning = Keywords(strategy.k1, strategy.b)
            key = f"rag/{selection}/{fields}"
        else:
            spec = services.models[strategy.embedder]
            how = _digest(f"{spec.base_url} {spec.ref} {fields}")
            key = f"rag/{selection}/{how}"
            method = ByMeaning(
                Embedder(spec, services.transport, services.spend, strategy.vector_dimensions),
                services.store,
                how,
                batch=strategy.batch,
                parallel=strategy.max_embedding_concurrency,
                summary=self._summary(strategy),
            )
        index: Index | None = kept.get(key)
        if index is None:
            index = kept[key] = Index(method, strategy.chunking, services.store)
        elif isinstance(method, ByMeaning) and isinstance(index.method, ByMeaning):
            index.method.go_on_with(method)  # the key may have changed
        return index

    def _summary(self, strategy: StrategyConfig) -> Callable[[Passage], Awaitable[str]] | None:
        if strategy.type != "semantic-embeddings" or self._asker is None:
            return None
        spec, asker = self._services.models[strategy.chat_model], self._asker
        return lambda passage: asker.summary(spec, strategy.semantic_prompt, passage)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
