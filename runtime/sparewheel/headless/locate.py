"""Find the built files and read the agent file of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.reading import AgentFileError, read_agent_file
from ..native.built import VARIABLE, find_dist

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["VARIABLE", "AgentFileError", "find_dist", "read_agent"]


def read_agent(agent: str | os.PathLike[str] | None, dist: Path) -> str:
    """The YAML text of an agent: the text itself (what has a line break), a file's, or (None) the demo agent's.

    Raises:
        AgentFileError: the file cannot be read, or is not UTF-8.
    """
    return read_agent_file(dist / "examples" / "demo.yaml" if agent is None else agent)
