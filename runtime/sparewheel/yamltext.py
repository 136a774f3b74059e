"""YAML 1.2 texts from outside, as plain values with the line of each; bounded before anything is built.

ruamel.yaml scans, parses and resolves. Its own composers build a text before its size is known, and its scanner takes
quadratic time in nested brackets, so values are built here, from its events: depth, tokens and what aliases expand to
are bounded on the way. `steps` does it in small steps, so that a worker stays responsive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

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
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner

from .slices import run_at_once

if TYPE_CHECKING:
    from .errors.validation import Path, Position
    from .slices import Slices

MAX_CHARS: Final = 1024 * 1024
MAX_TOKENS: Final = 200_000
MAX_TEXT: Final = 64 * 1024  # characters of one scalar, anchor, tag or directive, which is read in one step
MAX_VALUES: Final = 100_000  # after aliases are expanded
MAX_DEPTH: Final = 50
STEP: Final = 100  # events or values of one step: a few milliseconds

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = _TAG + "merge"
_BYTE_ORDER_MARK: Final = "\ufeff"
_BREAK: Final = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_UNEVEN: Final = re.compile(r"[\r\n\ufeff]")  # characters that do not add one column
_COMMENT: Final = r"(?:#[^\0\r\n\x85\u2028\u2029]*+)?"
_GAP, _FLOW_GAP = (
    re.compile(rf"(?:{space}{_COMMENT}(?:{_BREAK.pattern}))*+{space}{_COMMENT}") for space in (" *+", r"[ \t]*+")
)


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
    """Read one YAML document at once. Raises `YamlProblem`; nothing else, whatever `text` is."""
    return run_at_once(steps(text))


def steps(text: str, max_values: int = MAX_VALUES) -> Slices[Document]:
    """Read one YAML document in steps of a few milliseconds. Raises `YamlProblem` like `load`."""
    if len(text) > MAX_CHARS:
        raise YamlProblem(f"it is longer than {MAX_CHARS} characters")
    document = Document()
    try:
        root = yield from _compose(text, max_values)
        if root is not None:
            document.value = yield from _Builder(document.positions, max_values).build(root, ())
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


class _Reader(Reader):
    """ruamel's reader, faster, and with a limit on the characters that are read for one token."""

    token_start = 0

    def peek(self, index: int = 0) -> str:
        if index > MAX_TEXT:
            self._refuse()
        character: str = self.buffer[self.pointer + index]
        return character

    def forward(self, length: int = 1) -> None:
        if self.pointer + length - self.token_start > MAX_TEXT:
            self._refuse()
        if length > 1 and not _UNEVEN.search(self.buffer, self.pointer, self.pointer + length):
            self._move(length, length)
        else:
            super().forward(length)

    def skip(self, gap: re.Pattern[str]) -> bool:
        """Move past what `gap` matches, of any length: a token starts there. Returns whether a line ended."""
        if self.index == 0 and self.peek() == _BYTE_ORDER_MARK:
            self.forward()
        found = gap.match(self.buffer, self.pointer)
        passed = found[0] if found else ""
        lines = passed.count("\n") + passed.count("\r") - passed.count("\r\n")
        rest = passed[max(passed.rfind("\n"), passed.rfind("\r")) + 1 :]
        self.line += lines
        self.column = 0 if lines else self.column
        self._move(len(passed), len(rest) - rest.count(_BYTE_ORDER_MARK))
        self.token_start = self.pointer
        return bool(_BREAK.search(passed))

    def _move(self, length: int, columns: int) -> None:
        self.pointer += length
        self.index += length
        self.column += columns

    def _refuse(self) -> NoReturn:
        raise _problem(self.get_mark(), f"a text is longer than {MAX_TEXT} characters")


class _BoundedScanner(Scanner):
    """ruamel's scanner with limits on nested brackets and on tokens, and a faster way past comments and empty lines."""

    def scan_to_next_token(self) -> None:
        if self.reader.skip(_FLOW_GAP if self.flow_level else _GAP) and not self.flow_level:
            self.allow_simple_key = True

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # ruamel's name
        if self.flow_level >= MAX_DEPTH:
            raise _problem(self.reader.get_mark(), _TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_more_tokens(self) -> Any:
        if self.tokens_taken > MAX_TOKENS:
            raise _problem(self.reader.get_mark(), f"it has more than {MAX_TOKENS} tokens")
        return super().fetch_more_tokens()


_ALIAS: Final = "look for an alias that repeats itself"
_TOO_DEEP: Final = f"it is nested deeper than {MAX_DEPTH} levels"


def _problem(mark: Any, text: str) -> YamlProblem:
    return YamlProblem(f"line {mark.line + 1}, column {mark.column + 1}: {text}")


def _compose(text: str, max_values: int) -> Slices[_Node | None]:
    """The nodes of the one document in `text`; None for an empty one."""
    reader = YAML(typ="safe", pure=True)
    reader.Reader, reader.Scanner = _Reader, _BoundedScanner
    composer = _Composer(_Scalars(reader))
    for number, event in enumerate(reader.parse(text)):
        if number % STEP == STEP - 1:
            yield
        composer.take(event)
        if composer.nodes > 2 * max_values:  # a mapping has two for each value
            raise _problem(event.start_mark, f"it has more than {max_values} values")
    return composer.root


class _Composer:
    """Builds nodes from ruamel's events."""

    def __init__(self, scalars: _Scalars) -> None:
        self.root: _Node | None = None
        self.nodes = 0
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
        self.nodes += 1
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

    def __init__(self, positions: dict[Path, Position], max_values: int) -> None:
        self._positions = positions
        self._max = max_values
        self._values = 0
        self._chars = 0

    def build(self, node: _Node, path: Path) -> Slices[object]:
        self._count(1)
        if len(path) > MAX_DEPTH:
            raise YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {_TOO_DEEP}")
        if self._values % STEP == 0:
            yield
        node = _target(node)
        if node.kind == "scalar":
            return self._text(node.value) if isinstance(node.value, str) else node.value
        if node.kind == "mapping":
            return (yield from self._mapping(node, path))
        values: list[object] = []
        for index, item in enumerate(node.value):
            self._positions[(*path, index)] = item.position
            values.append((yield from self.build(item, (*path, index))))
        return values

    def _mapping(self, node: _Node, path: Path) -> Slices[dict[str, object]]:
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
            pairs = self._pairs(source, depth + 1)
            self._count(1 + len(pairs))
            for name, pair in pairs.items():
                found.setdefault(name, pair)
        return found

    def _text(self, text: str) -> str:
        self._chars += len(text)
        if self._chars > MAX_CHARS:
            raise YamlProblem(f"it grows to more than {MAX_CHARS} characters: {_ALIAS}")
        return text

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > self._max:
            raise YamlProblem(f"it grows to more than {self._max} values: {_ALIAS}")


def _target(node: _Node) -> _Node:
    while node.kind == "alias":
        node = node.value
    return node


def _at(node: _Node, text: str) -> YamlProblem:
    return YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {text}")
