"""Annotations of an answer: what it cites, what a hosted search found, and what the search looked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NotRequired, TypeAlias, cast

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

_TEXTS: Final = ("url", "title", "quote", "query")

AnnotationKind: TypeAlias = Literal["citation", "source", "search"]


class AnnotationShape(TypedDict):
    """A `citation` (`span` of the text rests on it), a `source` that the answer is based on, or a hosted `search`.

    `span` is the start and the end (exclusive) in the text, in Unicode characters; JavaScript counts UTF-16 units, so
    take `Array.from(text)`. `quote` is the cited passage, `query` what was searched for. `url` is http or https; a
    file of the provider has only a title.
    """

    kind: AnnotationKind
    url: NotRequired[str]
    title: NotRequired[str]
    quote: NotRequired[str]
    query: NotRequired[str]
    span: NotRequired[list[int]]


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation; fields that are not known are empty."""

    kind: AnnotationKind
    url: str = ""
    title: str = ""
    quote: str = ""
    query: str = ""
    span: tuple[int, int] | None = None

    def to_dict(self) -> AnnotationShape:
        """The JSON shape."""
        shape: dict[str, Any] = {"kind": self.kind}
        for name in _TEXTS:
            if text := getattr(self, name):
                shape[name] = text
        if self.span:
            shape["span"] = list(self.span)
        return cast("AnnotationShape", shape)

    def moved(self, by: int) -> Annotation:
        """The annotation of a text that has `by` characters more before it."""
        return replace(self, span=(self.span[0] + by, self.span[1] + by)) if self.span and by else self


def read_annotation(value: object) -> Annotation | None:
    """The annotation of a JSON shape; None for another shape. Nothing depends on it, so it is no error."""
    shape = value if isinstance(value, dict) else {}
    kind = shape.get("kind")
    if kind not in ("citation", "source", "search"):
        return None
    url, title, quote, query = (text if isinstance(text := shape.get(name), str) else "" for name in _TEXTS)
    match shape.get("span"):
        case [int(start), int(end)]:
            return Annotation(kind, url, title, quote, query, (start, end))
    return Annotation(kind, url, title, quote, query)
