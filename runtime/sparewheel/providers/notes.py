"""Annotations in responses: citations, sources and hosted searches, in the shapes of the vendors.

Sources: OpenAI API reference (`annotations`, `web_search_call`); Claude API reference, "Citations", "Web search tool";
Gemini API reference, "GroundingMetadata", "CitationMetadata"; Perplexity API reference (`citations`, `search_results`).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ..annotations import Annotation
from .reading import mapping, sequence, string
from .writing import json_object

if TYPE_CHECKING:
    from ..annotations import AnnotationKind
    from .assembly import Assembly

Json = dict[str, Any]

MAX_NOTES: Final = 200  # in one answer
_MAX: Final = {"url": 2048, "title": 500, "quote": 2000, "query": 500}  # characters


class Notes:
    """Adds the annotations of one response to its assembly, each once: formats repeat them."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._known: set[Annotation] = set()
        self._urls: set[str] = set()

    def add(self, kind: AnnotationKind, *, span: tuple[int, int] | None = None, **texts: object) -> None:
        """Add an annotation; `texts` are url, title, quote and query. One without any of them is skipped.

        A source is skipped if something of this address has been added.
        """
        known = {name: string(value).strip()[: _MAX[name]] for name, value in texts.items()}
        if not known.get("url", "").lower().startswith(("https://", "http://")):
            known.pop("url", None)
        note = Annotation(kind, span=span, **known)
        url = note.url
        repeated = note in self._known or (kind == "source" and url in self._urls)
        if repeated or not any(known.values()) or len(self._known) == MAX_NOTES:
            return
        self._known.add(note)
        if url:
            self._urls.add(url)
        self._assembly.annotate(note)

    # OpenAI and the servers that speak its formats

    def chunk(self, data: Json) -> None:
        """`search_results` and `citations` beside the choices."""
        for result in map(mapping, sequence(data.get("search_results"))):
            self.add("source", url=result.get("url"), title=result.get("title"), quote=result.get("snippet"))
        for cited in sequence(data.get("citations")):
            self.add("source", url=cited if isinstance(cited, str) else mapping(cited).get("url"))

    def openai(self, annotations: object, start: int = 0) -> None:
        """The `annotations` of a text that begins at `start` in the answer."""
        for each in map(mapping, sequence(annotations)):
            shape = each | mapping(each.get(string(each.get("type"))))  # Chat Completions has a further level
            first, end = shape.get("start_index"), shape.get("end_index")
            span = _span(first, end, start)
            title = shape.get("title") or shape.get("filename") or shape.get("file_id")
            quote = shape.get("content") or shape.get("quote")
            self.add("citation", url=shape.get("url"), title=title, quote=quote, span=span)

    def search_call(self, item: Json) -> None:
        """An item of OpenAI Responses: `web_search_call` or `file_search_call`."""
        action = mapping(item.get("action"))
        queries = sequence(item.get("queries")) or sequence(action.get("queries")) or [action.get("query")]
        for query in queries:
            self.add("search", query=query)
        self.add("source", url=action.get("url"))
        for source in map(mapping, chain(sequence(action.get("sources")), sequence(item.get("results")))):
            title = source.get("title") or source.get("filename")
            self.add("source", url=source.get("url"), title=title, quote=source.get("text"))

    # Anthropic

    def server_tool(self, arguments: str) -> None:
        """A search or a fetch that the server runs, by the JSON text of its input."""
        given = json_object(arguments) or {}
        self.add("search", query=given.get("query"))
        self.add("source", url=given.get("url"))

    def tool_result(self, content: object) -> None:
        """The content of a `web_search_tool_result` or `web_fetch_tool_result` block."""
        for result in map(mapping, content if isinstance(content, list) else [content]):
            title = result.get("title") or mapping(result.get("content")).get("title")
            self.add("source", url=result.get("url"), title=title)

    def cited(self, citation: object, span: tuple[int, int]) -> None:
        """A citation of a block."""
        shape = mapping(citation)
        url = shape.get("url") or shape.get("source")
        title = shape.get("title") or shape.get("document_title")
        self.add("citation", url=url, title=title, quote=shape.get("cited_text"), span=span)

    # Gemini

    def grounding(self, grounding: Json, text: str) -> None:
        """`groundingMetadata`, of the whole answer."""
        for query in chain(*(sequence(grounding.get(name)) for name in ("webSearchQueries", "imageSearchQueries"))):
            self.add("search", query=query)
        pages = [_page(mapping(each)) for each in sequence(grounding.get("groundingChunks"))]
        for support in map(mapping, sequence(grounding.get("groundingSupports"))):
            span = _located(mapping(support.get("segment")), text)
            for number in sequence(support.get("groundingChunkIndices")):
                if isinstance(number, int) and 0 <= number < len(pages):
                    page = pages[number]
                    self.add("citation", url=page.get("uri"), title=page.get("title"), span=span)
        for page in pages:
            self.add("source", url=page.get("uri"), title=page.get("title"))

    def recited(self, metadata: Json, text: str) -> None:
        """`citationMetadata`: passages that stand elsewhere as well."""
        for each in map(mapping, chain(*(sequence(metadata.get(name)) for name in ("citationSources", "citations")))):
            self.add("citation", url=each.get("uri"), title=each.get("title"), span=_located(each, text))


def _page(chunk: Json) -> Json:
    pages = (mapping(chunk.get(name)) for name in ("web", "retrievedContext", "maps", "image"))
    return next(filter(None, pages), {})


def _span(first: object, end: object, start: int = 0) -> tuple[int, int] | None:
    if isinstance(first, int) and isinstance(end, int) and 0 <= first < end:
        return start + first, start + end
    return None


def _located(segment: Json, text: str) -> tuple[int, int] | None:
    """Where a segment is in the text. Its indices count bytes of UTF-8; its own text is surer."""
    data, passage = text.encode(), string(segment.get("text"))
    span = _span(segment.get("startIndex") or 0, segment.get("endIndex"))
    if span and span[1] <= len(data):
        start, end = (len(data[:place].decode("utf-8", "ignore")) for place in span)
        if passage in ("", text[start:end]):
            return start, end
    at = text.find(passage) if passage else -1
    return (at, at + len(passage)) if at >= 0 else None
