"""The JSON schemas of a request, in the dialect of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ErrorInfo, ProviderError
from ..jsonschema.dialects import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..jsonschema.dialects import Dialect
    from .base import OutputSchema, ToolSpec


def tool_schema(tool: ToolSpec, dialect: Dialect) -> dict[str, Any]:
    """The parameters of a tool. Raises `ProviderError` (kind `invalid_request`) if `dialect` cannot express them."""
    return _write(f'The parameters of the tool "{tool.name}"', tool.parameters, dialect)


def output_schema(output: OutputSchema, dialect: Dialect) -> dict[str, Any]:
    """The schema of the answer. Raises `ProviderError` (kind `invalid_request`) if `dialect` cannot express it."""
    return _write(f'The structured output "{output.name}"', output.schema, dialect)


def _write(what: str, schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    try:
        return normalise(schema, dialect)
    except ValueError as error:
        info = ErrorInfo("invalid_request", f"{what} cannot be sent: {error}", "Change its JSON schema.")
        raise ProviderError(info) from None
