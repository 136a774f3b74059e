"""The files of the code sandbox: `sandbox.html`, and the script of its workers (`web/sandbox`).

The page has one script, in itself, and a policy that allows only this one, by its hash. The script of the workers is
one of the files that the lock file names; `web/client/code/classic.js` joins it and Pyodide's own scripts, which a
browser has already. Here is checked that it can.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Final

from bundle.shell import INSIDE, WEB, BuildError, logged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE: Final = "sandbox.html"
SOURCE: Final = WEB / "sandbox" / PAGE
_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_PLACE, _HASH = b"/* {{script}} */", b"{{hash}}"


def sandbox_page(script: bytes) -> bytes:
    """`sandbox.html` with its script in it, but without the hash.

    Raises:
        BuildError: the script would end early in a page.
    """
    if b"</script" in script or b"<!--" in script:
        raise BuildError("the script of the sandbox's frame cannot be part of a page: adapt web/sandbox/frame.js")
    return SOURCE.read_bytes().replace(_PLACE, script.strip())


def with_hash(source: Path | bytes) -> bytes:
    """The page with the hash of its script in its policy. Nothing may be changed in it after that.

    Raises:
        BuildError: it has not exactly one script, or no place for the hash.
    """
    page = source if isinstance(source, bytes) else source.read_bytes()
    scripts = _SCRIPT.findall(page)
    if len(scripts) != 1 or page.count(b"<script") != 1 or page.count(_HASH) != 1:
        raise BuildError(
            "sandbox.html must have one script, and one place for its hash: adapt runtime/bundle/sandbox.py"
        )
    digest = base64.b64encode(hashlib.sha256(scripts[0]).digest())
    return page.replace(_HASH, digest)


def check_classic(core: Mapping[str, Path], script: Path) -> None:
    """Make the script of a worker as the page will.

    Raises:
        BuildError: it is none: Pyodide has changed.
    """
    files = [core["pyodide.asm.mjs"], core["pyodide.mjs"], script]
    module = WEB / "client" / "code" / "classic.js"
    failure = "the scripts of this Pyodide cannot be joined: adapt web/client/code/classic.js"
    logged(["node", INSIDE / "classic.mjs", module, *files], "classic", failure)
