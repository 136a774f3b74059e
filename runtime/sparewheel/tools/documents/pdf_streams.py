"""Measures the streams that the text of a page is read from, before they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_STREAM: Final = 500_000  # bytes, as it is stored and unpacked; one operator of this length takes seconds
MAX_STREAMS: Final = 2_000_000  # bytes of all streams of a page
MAX_NAMED: Final = 1_000  # fonts, or forms, of a page


def is_too_large(page: Any) -> bool:
    """Whether the contents of a page, its forms and the character maps of its fonts exceed the limits.

    May raise the errors of pypdf.
    """
    total = 0
    for stream in _streams(page):
        size = len(stream._data)
        if size <= MAX_STREAM:
            size = len(stream.get_data())
        total += size
        if size > MAX_STREAM or total > MAX_STREAMS:
            return True
    return False


def _streams(page: Any) -> Iterator[Any]:
    """The streams, each of them once: forms may draw each other."""
    from pypdf.generic import ArrayObject, StreamObject

    contents = _value(page, "/Contents")
    drawn = [_resolved(each) for each in contents] if isinstance(contents, ArrayObject) else [contents]
    pending, seen = [page], set()
    while pending:
        node = pending.pop()
        resources = _value(node, "/Resources")
        fonts = [_value(font, "/ToUnicode") for font in _named(resources, "/Font")]
        forms = [each for each in _named(resources, "/XObject") if _value(each, "/Subtype") == "/Form"]
        for stream in (*drawn, *fonts, *forms):
            if isinstance(stream, StreamObject) and id(stream) not in seen:
                seen.add(id(stream))
                pending += [stream] if any(stream is form for form in forms) else []
                yield stream
        drawn = []


def _named(resources: Any, kind: str) -> list[Any]:
    found = _value(resources, kind)
    return [_resolved(each) for each in list(found.values())[:MAX_NAMED]] if isinstance(found, dict) else []


def _value(node: Any, key: str) -> Any:
    return _resolved(node.get(key)) if isinstance(node, dict) else None


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
