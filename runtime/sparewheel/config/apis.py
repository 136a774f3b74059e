"""Which wire format a model is asked with, and the version in the path of its address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .vendor_keys import host_of, is_vendors

if TYPE_CHECKING:
    from collections.abc import Collection

    from .providers import KnownProvider

# OpenAI's models that refuse some requests at chat completions (tools beside reasoning, most of all). Source: OpenAI,
# "Migrate to the Responses API" and the pages of the models; docker-agent chooses by the same names.
_RESPONSES: Final = re.compile(r"(?:ft:)?(?:gpt-4\.1|gpt-[5-9]|o\d|codex)|.*-(?:codex|pro)\b", re.IGNORECASE)
_CHAT_ONLY: Final = re.compile(r".*-(?:search|audio|realtime)-", re.IGNORECASE)
_VERSIONS: Final = {"anthropic": "v1", "google": "v1beta"}
_VERSIONED: Final = re.compile(r".*/v\d+(?:alpha|beta)?\d*", re.IGNORECASE)


def choose_api(
    vendor: str,
    known: KnownProvider,
    written: str | None,
    model: str,
    base_url: str,
    outputs: Collection[str] = (),
) -> str:
    """The name of the wire format: that of the file, else the one that the model supports best at this address.

    `outputs` is what the model is asked for beside text: OpenAI draws only in its Responses API.
    """
    if written or vendor == known.api:  # providers that are named like their format
        return written or known.api
    at_openai = known.api == "openai_chatcompletions" and is_vendors("openai", host_of(base_url))
    if at_openai and (_RESPONSES.match(model) or "image" in outputs) and not _CHAT_ONLY.match(f"{model}-"):
        return "openai_responses"
    return known.api


def versioned(api: str, base_url: str) -> str:
    """The address with the version that the clients of Anthropic and Google add themselves.

    Files name these addresses without it; an address that ends in a version stays as it is.
    """
    version = _VERSIONS.get(api)
    return base_url if version is None or _VERSIONED.fullmatch(base_url) else f"{base_url}/{version}"
