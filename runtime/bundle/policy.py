"""Writes the Content-Security-Policy of the static server into the built pages."""

from __future__ import annotations

from sparewheel.headless.static import CONTENT_SECURITY_POLICY

PLACEHOLDER = "{{policy}}"


def with_policy(page: str) -> str:
    """`page` (HTML) with the policy in place of `{{policy}}`."""
    return page.replace(PLACEHOLDER, CONTENT_SECURITY_POLICY)
