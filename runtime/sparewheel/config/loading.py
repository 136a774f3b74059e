"""From YAML text to a valid `AgentFile`, or one `ConfigError` that names every problem with its line.

`yamltext` reads the text, bounds its size and gives the position of each value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pydantic import ValidationError

from ..errors import ConfigError
from ..errors.validation import problems
from ..yamltext import YamlProblem, load
from .schema import AgentFile
from .versions import upgrade

MAX_CACHED: Final = 8  # recently parsed files


def load_agent_file(text: object) -> AgentFile:
    """Parse and validate. Raises `ConfigError`, and no other exception, for any value of `text`."""
    if not isinstance(text, str):
        raise ConfigError("yaml must be a string", "Pass the text of an agent file.")
    return _load(text)


# A page that uses `chat` sends the same text with every prompt, and parsing it takes tens of milliseconds. The result
# is immutable.
@lru_cache(MAX_CACHED)
def _load(text: str) -> AgentFile:
    try:
        document = load(text)
    except YamlProblem as problem:
        hint = "Correct that line." if str(problem).startswith("line ") else ""
        raise ConfigError(f"The agent file is not valid YAML: {problem}", hint) from None
    plain, positions = document.value, document.positions
    if not isinstance(plain, dict):
        raise ConfigError("The agent file is not a mapping.", "Start it with 'agents:'.")
    plain = upgrade(plain)
    try:
        file = AgentFile.model_validate(plain)
    except ValidationError as error:
        found = problems(error, plain, AgentFile, whole="the file", positions=positions)
        hint = "Correct the keys that are named; nothing was sent."
        raise ConfigError(f"The agent file is not valid: {found}", hint) from None
    file.locate(positions)
    return file
