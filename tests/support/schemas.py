"""What the tests of JSON schemas have in common."""

from __future__ import annotations

from typing import Any

from sparewheel.jsonschema.dialects import Dialect, normalise

Json = dict[str, Any]
STRING = {"type": "string"}


def prop(schema: object, dialect: Dialect, **around: Any) -> Any:
    """What becomes of one required property."""
    whole = {"type": "object", "properties": {"p": schema}, "required": ["p"], **around}
    return normalise(whole, dialect)["properties"]["p"]
