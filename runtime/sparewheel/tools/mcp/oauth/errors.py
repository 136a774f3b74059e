"""The failure of a sign-in."""

from __future__ import annotations

from ...base import ToolError


class SignInError(ToolError):
    """A sign-in failed. The text tells why, and what to do."""
