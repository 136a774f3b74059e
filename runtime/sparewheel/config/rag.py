"""Sources of documents that an agent can search: an entry of the top-level `rag`, or `rag_config` of a toolset.

Imported when a file has such a source, because few files do. The keys are those of docker-agent
(https://docs.docker.com/ai/docker-agent/tools/rag/); `documents` is an addition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, model_validator

from .accepted import NO_DISK
from .base import Strict
from .rag_docs import chosen, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..errors.validation import Path

DEFAULT_SIZE: Final = 1500
DEFAULT_OVERLAP: Final = 75
_NO_REPOSITORY: Final = "documents of the session are in no repository; all of them are searched"
EMBEDDINGS: Final = ("chunked-embeddings", "semantic-embeddings")


class ToolNames(Strict):
    """How the model sees the search tool."""

    name: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    """The name; unset: that of the source."""
    description: str = ""
    """What can be found with it."""
    instruction: str = ""
    """How to use it: a section of the system prompt."""


class ChunkingConfig(Strict):
    """How a document is divided into chunks. A chunk never goes beyond its section: a heading or a page begins one."""

    size: int = Field(default=0, ge=0, le=100_000)
    """Characters of a chunk, at most; 0: 1500."""
    overlap: int = Field(default=DEFAULT_OVERLAP, ge=0)
    """Characters that a chunk repeats of the one before it."""
    respect_word_boundaries: bool = True
    """Whether chunks begin and end between words."""
    code_aware: bool = False
    """Divide source code by its syntax; here it is divided as text."""

    @property
    def limit(self) -> int:
        """Characters of a chunk, at most."""
        return self.size or DEFAULT_SIZE

    @property
    def repeated(self) -> int:
        """Characters of overlap: less than half a chunk, so that each one brings something new."""
        return min(self.overlap, (self.limit - 1) // 2)


class StrategyConfig(Strict):
    """One way to search. Options of embeddings have no effect on `bm25`, and the other way round."""

    type: Literal["bm25", "chunked-embeddings", "semantic-embeddings"]
    """By words, by meaning, or by the meaning of summaries that a model writes."""
    docs: list[str] = []
    """Documents of this strategy, beside those of the source."""
    database: str = ""
    """A file for the index, which is kept in the session here."""
    chunking: ChunkingConfig = ChunkingConfig()
    """How documents are divided."""
    limit: int = Field(default=5, ge=1, le=1000)
    """Results, at most."""
    threshold: float | None = None
    """The least score of a result; unset: 0 for bm25, 0.5 for embeddings."""
    k1: float = Field(default=1.5, ge=0, le=100)
    """Of bm25: how much further occurrences of a word count."""
    b: float = Field(default=0.75, ge=0, le=1)
    """Of bm25: how much the length of a chunk counts."""
    embedding_model: str = ""
    """The model that embeds: a key of `models`, or `provider/model`."""
    model: str = ""
    """The same, as older files name it."""
    vector_dimensions: int | None = Field(default=None, ge=1, le=20_000)
    """Numbers of an embedding; what differs is refused."""
    similarity_metric: Literal["cosine_similarity"] = "cosine_similarity"
    """How embeddings are compared."""
    batch_size: int = Field(default=50, ge=1, le=2048)
    """Chunks of one request, as older files name it."""
    embedding_batch_size: int | None = Field(default=None, ge=1, le=2048)
    """Chunks of one request."""
    max_embedding_concurrency: int = Field(default=3, ge=1, le=50)
    """Requests at the same time."""
    max_indexing_concurrency: int = Field(default=3, ge=1, le=50)
    """Accepted: documents are read one after the other."""
    chat_model: str = ""
    """The model that summarises chunks for semantic-embeddings."""
    semantic_prompt: str = ""
    """What it is asked: `${path}`, `${basename}`, `${chunk_index}`, `${content}` and `${ast_context}` are replaced."""
    ast_context: bool = False
    """Accepted: source code is not parsed, so `${ast_context}` is empty."""
    respect_vcs: bool = False
    """Leave out what git ignores; no effect here."""

    @property
    def embedder(self) -> str:
        """The reference to the embedding model."""
        return self.embedding_model or self.model

    @property
    def batch(self) -> int:
        """Chunks of one request."""
        return self.embedding_batch_size or self.batch_size

    @property
    def least(self) -> float:
        """The least score of a result."""
        return self.threshold if self.threshold is not None else 0.0 if self.type == "bm25" else 0.5

    @model_validator(mode="after")
    def _complete(self) -> StrategyConfig:
        if self.type in EMBEDDINGS and not self.embedder:
            raise ValueError(f"type {self.type} needs embedding_model")
        if self.type == "semantic-embeddings" and not self.chat_model:
            raise ValueError("type semantic-embeddings needs chat_model")
        return self


class FusionConfig(Strict):
    """How the results of several strategies become one list."""

    strategy: Literal["rrf", "weighted", "max"] = "rrf"
    """By ranks (reciprocal rank fusion), by the weighted sum of the scores, or by the highest score."""
    k: int = Field(default=60, ge=0)
    """Of rrf: how little the first ranks stand out; 0: 60."""
    weights: dict[str, float] = {}
    """Of weighted: by the type of the strategy; unset: 1."""


class RerankingConfig(Strict):
    """A model that scores the results again."""

    model: str
    """A key of `models`, or `provider/model`."""
    top_k: int = Field(default=0, ge=0, le=200)
    """How many results it scores; 0: the limit of the results."""
    threshold: float = 0.5
    """The least score of a result, from 0 to 1."""
    criteria: str = ""
    """What counts as relevant, for the model."""


class PrefetchConfig(Strict):
    """A cache of results."""

    enabled: bool = False
    """Accepted: a search takes milliseconds."""
    max_entries: int = 32
    """Accepted."""


class ResultsConfig(Strict):
    """What is made of the results of the strategies."""

    limit: int = Field(default=15, ge=0, le=1000)
    """Results, at most; 0: 15."""
    fusion: FusionConfig = FusionConfig()
    """How the results of several strategies become one list."""
    reranking: RerankingConfig | None = None
    """A model that scores the results again."""
    deduplicate: bool = True
    """Leave out chunks whose text is there already."""
    include_score: bool = False
    """Whether the model sees the scores."""
    return_full_content: bool = False
    """Give whole documents in place of chunks."""
    prefetch: PrefetchConfig = PrefetchConfig()
    """A cache of results."""


class SourceConfig(Strict):
    """Documents with the ways to search them."""

    tool: ToolNames = ToolNames()
    """How the model sees the search tool."""
    description: str = ""
    """What the documents are, for people; and for the model, if the tool has no description."""
    docs: list[str] = []
    """Names, folders or patterns (`*`, `**`, `?`) of documents of the session; none: all documents."""
    documents: dict[str, str] = {}
    """Texts by name, written into the file; they are searched beside those of the session."""
    respect_vcs: bool = False
    """Leave out what git ignores; no effect here."""
    strategies: list[StrategyConfig] = Field(min_length=1, max_length=10)
    """The ways to search."""
    results: ResultsConfig = ResultsConfig()
    """What is made of their results."""

    def models(self) -> Iterator[tuple[Path, str]]:
        """The models that it needs, each with its path."""
        for index, strategy in enumerate(self.strategies):
            if strategy.type in EMBEDDINGS:
                key = "embedding_model" if strategy.embedding_model else "model"
                yield ("strategies", index, key), strategy.embedder
            if strategy.type == "semantic-embeddings":
                yield ("strategies", index, "chat_model"), strategy.chat_model
        if self.results.reranking:
            yield ("results", "reranking", "model"), self.results.reranking.model

    @property
    def by_words(self) -> bool:
        """Whether one of the strategies needs no model."""
        return any(strategy.type == "bm25" for strategy in self.strategies)

    def reasons(self, documents: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
        """What cannot work with these documents of the session: path and reason."""
        known = [*documents, *self.documents]
        if not known:
            yield (), "the session has no documents to search: pass them in the option documents"
            return
        for number, pattern in enumerate(self.docs):
            yield from unmatched(("docs", number), pattern, known)
        for index, strategy in enumerate(self.strategies):
            for number, pattern in enumerate(strategy.docs):
                yield from unmatched(("strategies", index, "docs", number), pattern, known)

    def warnings(self) -> Iterator[tuple[Path, str]]:
        """What works differently here: path and text."""
        if self.respect_vcs:
            yield ("respect_vcs",), _NO_REPOSITORY
        for index, strategy in enumerate(self.strategies):
            here: Path = ("strategies", index)
            if strategy.database:
                yield (*here, "database"), f"{NO_DISK}; the index is kept in the session"
            if strategy.chunking.code_aware:
                yield (*here, "chunking", "code_aware"), "source code is not parsed; documents are divided as text"
            if strategy.respect_vcs:
                yield (*here, "respect_vcs"), _NO_REPOSITORY

    def selected(self, strategy: StrategyConfig, documents: Mapping[str, str]) -> dict[str, str]:
        """The documents that a strategy searches: those that `docs` name, or all; and those of the file."""
        names = chosen((*self.docs, *strategy.docs), documents)
        return {name: documents[name] for name in names} | self.documents
