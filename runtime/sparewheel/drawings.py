"""Whether an SVG is only a picture: without scripts, links, and anything that is loaded from elsewhere.

It is shown as an image, where nothing of the kind works; but a user may open the image by itself.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = r"""(?:[^\s<>/:="']*:)?"""  # the prefix of a namespace
_ELEMENTS: Final = "script|foreignObject|iframe|object|embed|handler|listener|set|audio|video|image\\w|a"
_FORBIDDEN: Final = (
    # Entities, and characters that are written as numbers, could hide the rest. Names cannot be written in another way.
    re.compile(r"<!(?!--|\[CDATA\[)|<\?(?!xml\s)"),
    re.compile(
        r"&#(?!(?:9|10|13|34|38|39|60|62|x0*(?:9|a|d|22|26|27|3c|3e));)"
        r"(?:x0*[0-7]?[0-9a-f]|0*(?:\d{1,2}|1[01]\d|12[0-7])\b)",
        re.IGNORECASE,
    ),
    re.compile(rf"<\s*{_NAME}(?:{_ELEMENTS})[\s/>]", re.IGNORECASE),
    re.compile(r"""[\s"'/]on\w+\s*=\s*["']""", re.IGNORECASE),
    re.compile(r"""href\s*=\s*(?!["'](?:#|data:image/(?:png|jpeg|gif|webp);base64,))["']""", re.IGNORECASE),
    re.compile(r"""attributeName\s*=\s*["'][^"']*(?:href|on\w)""", re.IGNORECASE),
    re.compile(r"""xhtml|@import|url\((?!\s*["']?#)|expression\(|javascript:""", re.IGNORECASE),
)
_ENCODING: Final = re.compile(r"""<\?xml\s[^>]*encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)


def is_picture(content: bytes) -> bool:
    """Whether a browser would load and run nothing for it. In doubt it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    if "<svg" not in text[:5000] or "\0" in text or _ENCODING.search(text[:1000]) or ("\\" in text and "style" in text):
        return False  # a backslash could hide an address in a style
    return not any(pattern.search(text) for pattern in _FORBIDDEN)
