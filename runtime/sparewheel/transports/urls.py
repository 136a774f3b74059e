"""URLs as the platform reads them, by the URL standard (https://url.spec.whatwg.org).

The host that is checked must be the host that is requested. A check that reads `http://faß.de/` or `http://0x7f.1/`
differently from the browser would allow one host and request another. So the browser's own `URL` reads them in
browsers, and `native_urls` elsewhere.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .base import Url

_START: Final = re.compile(r"https?://[^/?#\\]", re.IGNORECASE)  # browsers also take a URL without its slashes


def read_url(url: str) -> Url:
    """Read an absolute http(s) URL that has no user name or password.

    Raises:
        ValueError: not such a URL.
    """
    if not _START.match(url):
        raise ValueError("not an absolute http(s) URL")
    if sys.platform == "emscripten":
        from .fetch import read_url as read
    else:
        from .native_urls import read_url as read
    return read(url)
