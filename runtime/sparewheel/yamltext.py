"""YAML 1.2 texts from outside, as plain values with the line of each; bounded before anything is built.

ruamel.yaml scans, parses and resolves. Its own composers build a text before its size is known, and its scanner takes
quadratic time in nested brackets, so values are built here, from its events: depth, tokens and what aliases expand to
are bounded on the way. `steps` does it in small steps, so that a worker stays responsive.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Generator

    from .errors.validation import Path, Position

MAX_CHARS: Final = 1024 * 1024
MAX_TOKENS: Final = 200_000
MAX_VALUES: Final = 100_000  # after aliases are expanded
MAX_DEPTH: Final = 50
STEP: Final = 100  # events or values of one step: a few milliseconds

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = _TAG + "merge"


class YamlProblem(ValueError):
    """A text is not YAML, or exceeds a limit; the text of the exception says where and why."""


@dataclass(slots=True)
class _Node:
    """A value as it is written. `value` is a plain scalar, a list of nodes (of a
    mapping: key, value, key, value), or what an alias stands for."""

    position: Position
    value: Any
    kind: str = "scalar"  # scalar, sequence, mapping, alias
    merges: bool = False  # it is the key `<<`


@dataclass(slots=True)
class Document:
    """What a text holds: plain values (str, int, float, bool, None, list, dict with str keys) and their positions."""

    value: object = None
    positions: dict[Path, Position] = field(default_factory=dict)


def load(text: str) -> Document:
    """Read one YAML document. Raises `YamlProblem`; nothing else, whatever `text` is."""
    document = Document()
    for _ in steps(text, document):
        pass
    return document


def steps(text: str, document: Document) -> Generator[None, None, None]:
    """Read one YAML document into `document`, in steps of a few milliseconds. Raises `YamlProblem`."""
    if len(text) > MAX_CHARS:
        raise YamlProblem(f"it is longer than {MAX_CHARS} characters")
    try:
        root = yield from _compose(text)
        if root is not None:
            document.value = yield from _Builder(document.positions).build(root, ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlProblem(f"{where}{' '.join(str(error.problem or error.context).split())}") from None
    except YamlProblem:
        raise
    except (YAMLError, ValueError, RecursionError, TypeError, AttributeError, IndexError) as error:
        # ruamel raises a few errors of other types on odd input.
        raise YamlProblem(" ".join(str(error).split()) or type(error).__name__) from None


class _BoundedScanner(Scanner):
    """ruamel's scanner with limits on nested brackets and on tokens."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # ruamel's name
        if self.flow_level >= MAX_DEPTH:
            raise _problem(self.reader.get_mark(), _TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_more_tokens(self) -> Any:
        if self.tokens_taken > MAX_TOKENS:
            raise _problem(self.reader.get_mark(), f"it has more than {MAX_TOKENS} tokens")
        return super().fetch_more_tokens()


_TOO_DEEP: Final = f"it is nested deeper than {MAX_DEPTH} levels"
_TOO_MANY: Final = f"it grows to more than {MAX_VALUES} values: look for an alias that repeats itself"


def _problem(mark: Any, text: str) -> YamlProblem:
    return YamlProblem(f"line {mark.line + 1}, column {mark.column + 1}: {text}")


def _compose(text: str) -> Generator[None, None, _Node | None]:
    """The nodes of the one document in `text`; None for an empty one."""
    reader = YAML(typ="safe", pure=True)
    reader.Scanner = _BoundedScanner
    composer = _Composer(_Scalars(reader))
    for number, event in enumerate(reader.parse(io.StringIO(text))):
        if number % STEP == STEP - 1:
            yield
        composer.take(event)
    return composer.root


class _Composer:
    """Builds nodes from ruamel's events."""

    def __init__(self, scalars: _Scalars) -> None:
        self.root: _Node | None = None
        self._scalars = scalars
        self._anchors: dict[str, _Node] = {}
        self._open: list[_Node] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            self._open.pop()
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _problem(event.start_mark, "expected a single document")
        elif node := self._node(event):
            self._place(node)
            if len(self._open) > MAX_DEPTH:
                raise _problem(event.start_mark, _TOO_DEEP)

    def _node(self, event: Any) -> _Node | None:
        mark = event.start_mark
        position = mark.line + 1, mark.column + 1
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise _problem(mark, f"found undefined alias {str(event.anchor)[:100]!r}")
            return _Node(position, self._anchors[event.anchor], "alias")
        match event:
            case ScalarEvent():
                node = self._scalars.read(event, position)
            case SequenceStartEvent():
                node = _Node(position, [], "sequence")
            case MappingStartEvent():
                node = _Node(position, [], "mapping")
            case _:
                return None
        if event.anchor:
            self._anchors[str(event.anchor)] = node
        return node

    def _place(self, node: _Node) -> None:
        if self._open:
            self._open[-1].value.append(node)
        else:
            self.root = node
        if node.kind in ("sequence", "mapping"):
            self._open.append(node)


class _Scalars:
    """Turns scalar events into plain values, by the tags that YAML 1.2 gives them."""

    def __init__(self, reader: YAML) -> None:
        self._resolver = reader.resolver
        self._constructor = reader.constructor

    def read(self, event: Any, position: Position) -> _Node:
        tag = str(event.tag) if event.tag else ""
        if not tag or tag == "!":
            tag = str(self._resolver.resolve(ScalarNode, event.value, event.implicit))
        kind = tag.removeprefix(_TAG)
        value: object = event.value
        if kind in ("null", "bool", "int", "float"):
            build = self._constructor.yaml_constructors[tag]
            try:
                value = build(self._constructor, ScalarNode(tag, event.value, event.start_mark, event.end_mark))
            except (ValueError, KeyError, OverflowError) as error:
                raise _problem(
                    event.start_mark, f"not a value of type {kind}: {' '.join(str(error).split())}"
                ) from None
        return _Node(position, value, merges=tag == _MERGE)


class _Builder:
    """Expands aliases and merge keys into plain values, and notes where each stands."""

    def __init__(self, positions: dict[Path, Position]) -> None:
        self._positions = positions
        self._values = 0

    def build(self, node: _Node, path: Path) -> Generator[None, None, object]:
        self._count(1)
        if len(path) > MAX_DEPTH:
            raise YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {_TOO_DEEP}")
        if self._values % STEP == 0:
            yield
        node = _target(node)
        if node.kind == "scalar":
            return node.value
        if node.kind == "mapping":
            return (yield from self._mapping(node, path))
        values: list[object] = []
        for index, item in enumerate(node.value):
            self._positions[(*path, index)] = item.position
            values.append((yield from self.build(item, (*path, index))))
        return values

    def _mapping(self, node: _Node, path: Path) -> Generator[None, None, dict[str, object]]:
        built: dict[str, object] = {}
        for name, (key, value) in self._pairs(node).items():
            self._positions[(*path, name)] = key.position
            built[name] = yield from self.build(value, (*path, name))
        return built

    def _pairs(self, node: _Node, depth: int = 0) -> dict[str, tuple[_Node, _Node]]:
        """A mapping's keys and values by name. Its own keys come before those it merges; the first merged one wins.

        Raises:
            YamlProblem: a key is no scalar or is there twice, or what is merged is no mapping.
        """
        found: dict[str, tuple[_Node, _Node]] = {}
        merged: list[_Node] = []
        for key, value in zip(node.value[::2], node.value[1::2], strict=False):
            scalar = _target(key)
            if scalar.kind != "scalar":
                raise _at(key, "a key must be a scalar")
            if scalar.merges:
                merged += _target(value).value if _target(value).kind == "sequence" else [value]
                continue
            name = str(scalar.value)
            if name in found:
                raise _at(key, f"found duplicate key {name[:100]!r}")
            found[name] = (key, value)
        for other in merged:
            source = _target(other)
            if source.kind != "mapping" or depth >= MAX_DEPTH:
                raise _at(other, "expected a mapping, or a list of mappings, to merge")
            self._count(1 + len(source.value))
            for name, pair in self._pairs(source, depth + 1).items():
                found.setdefault(name, pair)
        return found

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise YamlProblem(_TOO_MANY)


def _target(node: _Node) -> _Node:
    while node.kind == "alias":
        node = node.value
    return node


def _at(node: _Node, text: str) -> YamlProblem:
    return YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {text}")
