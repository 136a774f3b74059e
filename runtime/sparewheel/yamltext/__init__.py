"""YAML 1.2 texts from outside, as plain values with the line of each; bounded before anything is built.

ruamel.yaml scans, parses and resolves. Its own composers build a text before its size is known, and its scanner takes
quadratic time in nested brackets, so values are built here, from its events: depth, tokens and what aliases expand to
are bounded on the way. `steps` does it in small steps, so that a worker stays responsive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..slices import run_at_once
from .limits import MAX_CHARS, MAX_DEPTH, MAX_TEXT, MAX_VALUES, YamlProblem
from .nodes import compose
from .values import Builder

if TYPE_CHECKING:
    from ..errors.validation import Path, Position
    from ..slices import Slices

__all__ = ["MAX_CHARS", "MAX_DEPTH", "MAX_TEXT", "MAX_VALUES", "Document", "YamlProblem", "load", "steps"]


@dataclass(slots=True)
class Document:
    """What a text holds: plain values (str, int, float, bool, None, list, dict with str keys) and their positions."""

    value: object = None
    positions: dict[Path, Position] = field(default_factory=dict)


def load(text: str) -> Document:
    """Read one YAML document at once. Raises `YamlProblem`; nothing else, whatever `text` is."""
    return run_at_once(steps(text))


def steps(text: str, max_values: int = MAX_VALUES) -> Slices[Document]:
    """Read one YAML document in steps of a few milliseconds. Raises `YamlProblem` like `load`."""
    if len(text) > MAX_CHARS:
        raise YamlProblem(f"it is longer than {MAX_CHARS} characters")
    document = Document()
    try:
        root = yield from compose(text, max_values)
        if root is not None:
            document.value = yield from Builder(document.positions, max_values).build(root, ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlProblem(f"{where}{' '.join(str(error.problem or error.context).split())}") from None
    except YamlProblem:
        raise
    except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, IndexError) as error:
        # ruamel raises a few errors of other types on odd input.
        raise YamlProblem(" ".join(str(error).split()) or type(error).__name__) from None
    return document
