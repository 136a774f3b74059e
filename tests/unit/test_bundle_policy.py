"""The Content-Security-Policy stands once, and is written into the pages from there."""

from __future__ import annotations

import pytest

from bundle.policy import with_policy
from bundle.shell import ROOT, WEB
from sparewheel.headless.static import CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("name", ["index.html", "headless.html"])
def test_a_built_page_has_the_policy(name: str) -> None:
    page = with_policy((WEB / name).read_text(encoding="utf-8"))
    assert page.count(f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}" />') == 1


def test_the_readme_quotes_the_policy() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"`Content-Security-Policy: {CONTENT_SECURITY_POLICY}`" in readme
