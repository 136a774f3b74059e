"""From YAML text to a valid `AgentFile`, or one `ConfigError` that names every problem with its line.

`yamltext` reads the text, bounds its size and gives the position of each value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from ..bounded import BoundedDict
from ..errors import ConfigError
from ..errors.validation import problems
from ..slices import run_at_once, run_in_slices
from ..yamltext import YamlProblem, steps
from .expressions import compile_patterns
from .schema import AgentFile
from .versions import upgrade

if TYPE_CHECKING:
    from ..slices import Slices
    from ..yamltext import Document

MAX_VALUES: Final = 5_000  # keys and items, after aliases are expanded
MAX_CACHED: Final = 8  # recently parsed files

# A page that uses `chat` sends the same text with every prompt, and parsing it takes tens of milliseconds. The result
# is immutable.
_recent: Final[BoundedDict[str, AgentFile]] = BoundedDict(MAX_CACHED)


def load_agent_file(text: object) -> AgentFile:
    """Parse and validate at once. Raises `ConfigError`, and no other exception, for any value of `text`."""
    return run_at_once(_load(text))


async def load_in_slices(text: object) -> AgentFile:
    """`load_agent_file` for a worker: a large file takes seconds, in which other tasks run."""
    return await run_in_slices(_load(text))


def _load(text: object) -> Slices[AgentFile]:
    if not isinstance(text, str):
        raise ConfigError("yaml must be a string", "Pass the text of an agent file.")
    if (recent := _recent.get(text)) is not None:
        return recent
    try:
        document = yield from steps(text, MAX_VALUES)
    except YamlProblem as problem:
        hint = "Correct that line." if str(problem).startswith("line ") else ""
        raise ConfigError(f"The agent file is not valid YAML: {problem}", hint) from None
    file = _validated(document)
    yield from compile_patterns(file)
    _recent[text] = file
    return file


def _validated(document: Document) -> AgentFile:
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
