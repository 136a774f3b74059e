"""Documents of a session in the form in which they go to it: texts, and bytes as `data:` URLs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def document_texts(documents: Mapping[str, str | bytes]) -> dict[str, Any]:
    """A copy in which bytes, as those of a PDF, are `data:` URLs. Values of other types stay, and are refused later."""
    return {
        name: f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"
        if isinstance(content, bytes)
        else content
        for name, content in documents.items()
    }
