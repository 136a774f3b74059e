"""Spans as OTLP/HTTP JSON: an `ExportTraceServiceRequest` in the JSON mapping of protobuf that OTLP defines.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hexadecimal, 64-bit integers are
texts, enums are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .spans import Span, Value

_INTERNAL: Final = 1
_CLIENT: Final = 3
_ERROR: Final = 2


def to_otlp(spans: Sequence[Span], service: str = "sparewheel") -> dict[str, Any]:
    """The request body that sends `spans`."""
    resource = {"attributes": _attributes({names.SERVICE: service}.items())}
    scope = {"name": names.SCOPE}
    written = {"scope": scope, "spans": [_span(span) for span in spans], "schemaUrl": names.SCHEMA_URL}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [written], "schemaUrl": names.SCHEMA_URL}]}


def _span(span: Span) -> dict[str, Any]:
    written: dict[str, Any] = {
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        "kind": _CLIENT if span.kind == "attempt" else _INTERNAL,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": _attributes(span.attributes.items()),
        "events": [
            {"timeUnixNano": str(note.at), "name": note.name, "attributes": _attributes(note.attributes.items())}
            for note in span.notes
        ],
    }
    if span.parent:
        written["parentSpanId"] = span.parent
    if span.error:
        written["status"] = {"code": _ERROR, "message": span.error}
    return written


def _attributes(pairs: Iterable[tuple[str, Value]]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in pairs]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [{"stringValue": each} for each in value]}}
    return {"stringValue": value}
