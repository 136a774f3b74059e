"""Makes a page request all of its modules at once, not one level of imports after the other."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCRIPT = re.compile(r'^( *)<script type="module" src="([^"]+)"></script>$', re.MULTILINE)
_IMPORT = re.compile(r'(?:^|(?<=;))(?:import|export)\b[^"\';]*["\'](\.[^"\']+)["\'];', re.MULTILINE)  # static ones


def with_preloads(page: str, files: Mapping[str, Path]) -> str:
    """Add a `modulepreload` link to a page for each module that its script imports, directly or indirectly.

    Args:
        page: HTML with one module script, on a separate line.
        files: the scripts, by their paths relative to the page.
    """
    script = _SCRIPT.search(page)
    if script is None:
        return page
    indent, main = script.groups()
    links = "".join(f'{indent}<link rel="modulepreload" href="{name}" />\n' for name in imports(main, files))
    return page[: script.start()] + links + page[script.start() :]


def imports(main: str, files: Mapping[str, Path]) -> list[str]:
    """The modules that a module imports directly and indirectly, in breadth-first order."""
    found = [main]
    for name in found:
        for target in _IMPORT.findall(files[name].read_text(encoding="utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if path not in found:
                found.append(path)
    return found[1:]
