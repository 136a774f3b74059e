"""What a browser needs in the answers of an API before a page of another origin may call it.

Source: the fetch standard, sections "CORS protocol" and "CORS-preflight fetch" (https://fetch.spec.whatwg.org).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..transports.refusals import HEADERS, ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def missing_headers(
    origin: str, sent: Iterable[str], status: int, preflight: Mapping[str, str], answer: Mapping[str, str]
) -> list[str]:
    """The headers that are missing, each with the value that it needs; empty if a page may call it.

    Args:
        origin: of the page.
        sent: the names of the headers that a request has, in lower case.
        status: of the answer to the preflight.
        preflight: its headers.
        answer: the headers of the answer to the request itself.
    """
    preflight = {name.lower(): value for name, value in preflight.items()}
    missing = []
    if not 200 <= status < 300:
        missing.append(f"the preflight (OPTIONS) is answered with {status}, not 2xx")
    for where, headers in (("preflight", preflight), ("answer", answer)):
        given = headers.get(ORIGIN.lower())
        if given not in ("*", origin):
            now = f", not {given}" if given else ""
            missing.append(f"{ORIGIN}: {origin} or *{now} (in the {where})")
    allowed = {name.strip().lower() for name in preflight.get(HEADERS.lower(), "").split(",")}
    # The wildcard does not cover Authorization.
    lacking = sorted(name for name in sent if name not in allowed and ("*" not in allowed or name == "authorization"))
    if lacking:
        missing.append(f"{HEADERS}: {', '.join(lacking)} (in the preflight)")
    return missing
