"""The wire formats by the name that agent files give them (`api_type`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .anthropic import Anthropic
from .google import Google
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses
from .page import PageModel

if TYPE_CHECKING:
    from .base import WireFormat

_FORMATS: Final[dict[str, WireFormat]] = {
    "anthropic": Anthropic(),
    "google": Google(),
    "openai_chatcompletions": OpenAIChat(),
    "openai_responses": OpenAIResponses(),
    "page": PageModel(),
}


def wire_format(api: str) -> WireFormat:
    """Raises KeyError for a name that the schema of agent files should have refused."""
    return _FORMATS[api]
