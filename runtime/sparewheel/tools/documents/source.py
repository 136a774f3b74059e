"""One source of documents of an agent file: indexed at the first search, then searched in all its ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..toolset import to_json
from .fusion import fuse, without_duplicates
from .index import Index
from .keywords import Keywords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...config.rag import SourceConfig, StrategyConfig
    from .fusion import Hit

DEFAULT_LIMIT: Final = 15


class Source:
    """The documents that `config` names among those of the session. `kept` outlasts a change of the documents."""

    def __init__(self, name: str, config: SourceConfig, documents: Mapping[str, str], kept: dict[str, Any]) -> None:
        self.config = config
        self._wanted = [config.selected(strategy, documents) for strategy in config.strategies]
        self._indexes = [_kept(kept, name, strategy) for strategy in config.strategies]
        self._is_current = False

    @property
    def unreadable(self) -> dict[str, str]:
        """Documents that cannot be searched, with the reasons."""
        return {name: reason for index in self._indexes for name, reason in index.unreadable.items()}

    def whole(self, document: str) -> str:
        """The content of a document, as it was passed."""
        return next(wanted[document] for wanted in self._wanted if document in wanted)

    async def search(self, question: str, report: Callable[[str], None]) -> list[Hit]:
        """The best passages. `report` gets what is being done, for people."""
        if not self._is_current:
            for index, wanted in zip(self._indexes, self._wanted, strict=True):
                await index.update(wanted, report)
            self._is_current = True
        results = self.config.results
        found: list[tuple[str, Sequence[Hit]]] = []
        for index, strategy in zip(self._indexes, self.config.strategies, strict=True):
            hits = await index.method.search(question, strategy.limit)
            found.append((strategy.type, [hit for hit in hits if hit.score >= strategy.least]))
        hits = fuse(found, results.fusion)
        if results.deduplicate:
            hits = without_duplicates(hits)
        return hits[: results.limit or DEFAULT_LIMIT]


def _kept(kept: dict[str, Any], name: str, strategy: StrategyConfig) -> Index:
    """The index that an earlier `Source` of the session has made for this strategy, else a new one."""
    fields = strategy.model_dump(exclude={"docs", "limit", "threshold"})
    key = f"rag/{name}/{to_json(fields)}"
    if key not in kept:
        kept[key] = Index(Keywords(strategy.k1, strategy.b), strategy.chunking)
    index: Index = kept[key]
    return index
