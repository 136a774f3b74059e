"""The wire formats by their names (`ModelSpec.api`)."""

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
    """The wire format named `api`. Raises KeyError for an unknown name, which the agent file cannot contain."""
    return _FORMATS[api]
