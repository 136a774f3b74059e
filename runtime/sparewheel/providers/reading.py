"""Reading values from a response: JSON of unknown shape, in which any field can be missing, null or of another type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import ErrorInfo, ProviderError
from ..errors.classify import classify
from ..jsontext import read

if TYPE_CHECKING:
    from .assembly import Assembly


def parse(data: str) -> object:
    """The JSON value of an event, with a `CutText` for half a character. Raises `ProviderError` for invalid JSON."""
    try:
        value: object = read(data, cut=True)
        return value
    except ValueError:
        raise ProviderError(
            ErrorInfo(
                "server_error",
                "The stream has an event that is not JSON.",
                "The provider, or a proxy on the way, garbled it. Trying again usually helps.",
            )
        ) from None


def parse_own(text: str) -> object:
    """The JSON value of a signature that the same wire format wrote; None for a signature of another kind."""
    try:
        return parse(text) if text else None
    except ProviderError:
        return None


def failure(body: object, assembly: Assembly) -> ProviderError:
    """The exception for an error object inside a stream."""
    return ProviderError(classify(body=body, provider=assembly.origin.partition("/")[0]))


def string(value: object) -> str:
    """`value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def count(value: object) -> int | None:
    """`value` if it is a number of tokens, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def arguments_text(value: object) -> str:
    """The arguments of a call as JSON text; some servers send the value itself."""
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False)
