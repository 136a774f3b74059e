"""The text of an agent file that a program or a command line names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    import os


class AgentFileError(ConfigError):
    """The agent file cannot be read."""


def read_agent_file(agent: str | os.PathLike[str]) -> str:
    """The YAML text of an agent: the text itself (a str with a line break), or that of the file at this path.

    Raises:
        AgentFileError: the file cannot be read, or is not UTF-8.
    """
    if isinstance(agent, str) and "\n" in agent:
        return agent
    try:
        path = Path(agent)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise AgentFileError(f"the agent file {agent} is not UTF-8 text") from None
    except (OSError, ValueError, TypeError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or str(error)
        raise AgentFileError(f"the agent file {agent!s:.300} cannot be read: {why}") from None
