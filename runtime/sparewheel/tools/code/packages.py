"""The packages of the code: those that come with the runtime, wheels with hashes, and those of an index.

The code can load nothing, so what it may need is passed in with it. Packages that come with the runtime are passed in
when the code imports them; those that the agent file names, always.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ...errors import ConfigError
from ...transports.packages import from_assets
from ...transports.wheels import distribution_of, wheel_of
from .package_index import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...page.code_messages import CodePackage
    from ...transports.base import Transport
    from ...transports.wheels import LockedWheel

_RUNTIME: Final = "sparewheel"
_TOOLS: Final = ("micropip", "pyodide-http")  # of the runtime; without a network they are of no use
_ALSO: Final = {"tzdata": ("zoneinfo",)}  # modules of Python's own library that need the package


class Packages:
    """The packages of one toolset. `names` are those that the agent file names.

    Raises `ConfigError` for a name that cannot be verified.
    """

    def __init__(
        self, names: Sequence[str], index: str | None, locked: Mapping[str, LockedWheel], transport: Transport
    ) -> None:
        own = _closure([_RUNTIME], locked)
        self._locked = locked
        self._there = own | set(_TOOLS)
        self._named: list[CodePackage] = []
        self._from_index: list[str] = []
        self._always: list[str] = []
        self._index = PackageIndex(from_assets(index), transport) if index else None
        self.modules = sorted(
            module for name, each in locked.items() if name not in self._there for module in each.imports
        )
        for name in names:
            self._add(name)

    @property
    def known(self) -> list[str]:
        """What code may import beside Python's own library, for people and models."""
        named = [wheel["name"] for wheel in self._named]
        return sorted({*self.modules, *named, *self._always, *map(distribution_of, self._from_index)})

    async def wheels(self, code: str) -> list[CodePackage]:
        """The wheels that this code needs. Raises `ToolError` if the index does not have one."""
        imported = [
            name
            for name, each in self._locked.items()
            if name not in self._there and any(_imports(code, module) for module in each.imports + _ALSO.get(name, ()))
        ]
        needed = sorted(_closure([*imported, *self._always], self._locked) - self._there)
        found: list[CodePackage] = [
            {"name": name, "file": self._locked[name].file, "sha256": self._locked[name].sha256} for name in needed
        ]
        if self._from_index and self._index is not None:
            found += await self._index.wheels(self._from_index)
        return [*found, *self._named]

    def _add(self, name: str) -> None:
        wheel = wheel_of(name)
        if wheel is not None:
            self._named.append({"name": distribution_of(name), "file": from_assets(wheel.url), "sha256": wheel.sha256})
        elif distribution_of(name) in self._locked:
            self._always.append(distribution_of(name))
        elif self._index is not None:
            self._from_index.append(name)
        else:
            raise ConfigError(
                f"The package {name} of the code toolset has no hash, and there is no index.",
                "Name a wheel as https://…/NAME-VERSION-….whl#sha256=…, what it depends on included, or let the page "
                "name an index: createSession({packageIndex}).",
            )


def _closure(names: Sequence[str], locked: Mapping[str, LockedWheel]) -> set[str]:
    found: set[str] = set()
    waiting = [name for name in names if name in locked]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in locked[name].depends if each in locked]
    return found


def _imports(code: str, module: str) -> bool:
    """Whether the code may import a module: a name is enough, for a package that is not needed does no harm."""
    return re.search(rf"\b{re.escape(module)}\b", code) is not None
