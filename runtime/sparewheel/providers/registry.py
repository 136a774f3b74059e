"""The wire formats by the name that agent files give them (`api_type`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .openai_chat import OpenAIChat

if TYPE_CHECKING:
    from .base import WireFormat

_FORMATS: Final[dict[str, WireFormat]] = {"openai_chatcompletions": OpenAIChat()}


def wire_format(api: str) -> WireFormat:
    """Raises KeyError for a name that the schema of agent files should have refused."""
    return _FORMATS[api]
