"""YAML text to a valid `AgentFile`, or one `ConfigError` that names every fault with its line.

YAML 1.2 by ruamel.yaml, whose round-trip loader knows lines and builds nothing but plain values. A text from outside
may be hostile: its size, its depth and what its aliases expand to are bounded before anything is validated.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..errors import ConfigError
from ..errors.validation import Path, Position, problems
from .schema import AgentFile

MAX_TEXT: Final = 1024 * 1024  # characters
MAX_NODES: Final = 50_000  # after aliases are expanded
MAX_DEPTH: Final = 50
KEPT: Final = 8  # files of late


def load_agent_file(text: object) -> AgentFile:
    """Parse and validate. Raises `ConfigError`; nothing else, whatever `text` is."""
    if not isinstance(text, str):
        raise ConfigError("yaml must be a string", "Pass the text of an agent file.")
    return _load(text)


# A page that keeps the conversation itself sends the same text with every prompt, and reading it takes tens of
# milliseconds. What comes of it cannot be changed.
@lru_cache(KEPT)
def _load(text: str) -> AgentFile:
    plain, positions = _Reader().read(_parse(text))
    if not isinstance(plain, dict):
        raise ConfigError("The agent file is not a mapping.", "Start it with 'agents:'.")
    try:
        file = AgentFile.model_validate(plain)
    except ValidationError as error:
        found = problems(error, plain, AgentFile, whole="the file", positions=positions)
        hint = "Correct the keys that are named; nothing was sent."
        raise ConfigError(f"The agent file is not valid: {found}", hint) from None
    file.locate(positions)
    return file


def _parse(text: str) -> object:
    if len(text) > MAX_TEXT:
        raise ConfigError(f"The agent file is longer than {MAX_TEXT} characters.")
    try:
        reader = YAML(typ="rt", pure=True)
        reader.composer.warn_double_anchors = False  # it prints
        return reader.load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise ConfigError(f"The agent file is not valid YAML: {where}{problem}", "Correct that line.") from None
    except (YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        # ruamel lets a few of its own slips through on odd input; to the user they are all the same news.
        problem = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(f"The agent file is not valid YAML: {problem}") from None


class _Reader:
    """Turns ruamel's nodes into plain values and remembers where each stood."""

    def __init__(self) -> None:
        self._nodes = 0
        self._positions: dict[Path, Position] = {}

    def read(self, root: object) -> tuple[object, dict[Path, Position]]:
        return self._plain(root, ()), self._positions

    def _plain(self, node: object, path: Path) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise ConfigError(
                f"The agent file grows to more than {MAX_NODES} values or {MAX_DEPTH} levels.",
                "Look for an alias that repeats itself.",
            )
        if isinstance(node, CommentedMap):
            return {self._key(node, key, path): self._plain(value, (*path, str(key))) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            for index in range(len(node)):
                self._note((*path, index), node.lc.item(index))
            return [self._plain(value, (*path, index)) for index, value in enumerate(node)]
        return _scalar(node)

    def _key(self, node: CommentedMap, key: object, path: Path) -> str:
        self._note((*path, str(key)), node.lc.key(key) if key in node.lc.data else None)
        return str(key)

    def _note(self, path: Path, position: Any) -> None:
        if position is not None:
            self._positions[path] = (position[0] + 1, position[1] + 1)


def _scalar(node: object) -> object:
    """ruamel's scalars are subclasses that remember their notation; validation wants the plain types."""
    if node is None or isinstance(node, bool):
        return node
    for plain in (int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return bool(node) if type(node).__name__ == "ScalarBoolean" else str(node)
