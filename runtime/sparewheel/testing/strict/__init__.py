"""Requests checked as the vendors check them: the first violation, with the vendor's answer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .anthropic import check_messages
from .base import Refused, Violation
from .gemini import check_generate
from .openai import check_chat, check_responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..record import Format, Request

__all__ = ["Violation", "violation"]

_CHECKS: dict[Format, Callable[[Request], None]] = {
    "openai_chat": check_chat,
    "openai_responses": check_responses,
    "anthropic": check_messages,
    "gemini": check_generate,
}


def violation(request: Request) -> Violation | None:
    """The first thing the vendor of this request's format would refuse; None if there is nothing."""
    if request.format is None:
        return None
    try:
        _CHECKS[request.format](request)
    except Refused as refused:
        return refused.violation
    return None
