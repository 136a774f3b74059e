"""Models that read no pictures: pictures of earlier answers are replaced by a text. Pure functions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..media import Media

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import ErrorInfo
    from ..messages import Message

_ABOUT_MEDIA: Final = re.compile(r"\b(?:images?|image[_ ]url|vision|multi-?modal\w*|modalit(?:y|ies)|media)\b", re.I)


def refuses_media(info: ErrorInfo, messages: Sequence[Message]) -> bool:
    """Whether a model refuses a request for the pictures in it, and answers in `messages` have some."""
    is_about = info.code == "model_error" and _ABOUT_MEDIA.search(info.message)
    return bool(is_about) and any(message.media for message in messages)


def hide_media(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages with media that have only a type."""
    return [
        replace(message, parts=tuple(part.hidden() if isinstance(part, Media) else part for part in message.parts))
        for message in messages
    ]
