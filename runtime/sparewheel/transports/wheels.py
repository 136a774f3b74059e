"""Which Python packages the user's Python may load, as an agent file names them.

What runs must be verified: a package is bundled (the lock file has its hash), is a wheel whose hash stands in the agent
file, or comes from an index that the page has named. `check_packages` refuses others before anything is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_WHEEL: Final = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)\s*@\s*)?(?P<url>[^\s#]+\.whl)#sha256=(?P<sha256>[0-9a-fA-F]{64})"
)
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9][^@/\\#]*")  # no URL, no path
_WRITE: Final = "https://…/NAME-VERSION-py3-none-any.whl#sha256=… with 64 hex digits"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel and its SHA-256 in hex, lower case. `url` may be relative."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LockedWheel:
    """A wheel that comes with the runtime. `file` is its name, `imports` are its modules."""

    file: str
    sha256: str
    depends: tuple[str, ...]
    imports: tuple[str, ...]


def check_packages(names: Sequence[str], index: str | None, bundled: Container[str]) -> None:
    """Refuse packages that cannot be verified.

    Args:
        names: requirements in pip's syntax, or wheels with hashes.
        index: what the page has named.
        bundled: the names of the packages in the lock file.

    Raises:
        ConfigError: once, with every such package.
    """
    if problems := [problem for name in names if (problem := _problem(name, index, bundled))]:
        raise ConfigError(
            f"The Python toolset's packages cannot be verified: {'; '.join(problems)}.",
            f"Name each one as {_WRITE}, what they depend on included, or let the page name an index: "
            "createSession({packageIndex}).",
        )


def _problem(name: str, index: str | None, bundled: Container[str]) -> str | None:
    if match := _WHEEL.fullmatch(name.strip()):
        right = match["name"] is None or distribution_of(match["name"]) == distribution_of(match["url"])
        return None if right else f"{name} is the wheel of another package"
    if "sha256" in name:
        return f"{name} is not the URL of a wheel with its hash"
    if not _REQUIREMENT.fullmatch(name.strip()) or name.strip().endswith(".whl"):
        return f"{name} has no hash"
    if index or distribution_of(name) in bundled:
        return None
    return f"{name} has no hash, and there is no index"


def wheel_of(name: str) -> Wheel | None:
    """The wheel that `[NAME @ ]URL#sha256=HEX` names; None for anything else."""
    match = _WHEEL.fullmatch(name.strip())
    return Wheel(match["url"], match["sha256"].lower()) if match else None


def distribution_of(requirement: str) -> str:
    """The normalised name (PEP 503) of the distribution in a requirement or in the URL of a wheel."""
    requirement = requirement.partition("#")[0].strip()
    if requirement.endswith(".whl"):
        requirement = requirement.rpartition("/")[2].partition("-")[0]
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
