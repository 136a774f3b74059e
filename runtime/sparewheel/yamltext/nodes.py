"""From the text to nodes: values as they are written, aliases not expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
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

from .limits import MAX_DEPTH, STEP, STEP_CHARS, TOO_DEEP, problem
from .scanning import BoundedReader, BoundedScanner

if TYPE_CHECKING:
    from ..errors.validation import Position
    from ..slices import Slices

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = _TAG + "merge"


@dataclass(slots=True)
class Node:
    """A value as it is written. `value` is a plain scalar, a list of nodes (of a
    mapping: key, value, key, value), or what an alias stands for."""

    position: Position
    value: Any
    kind: str = "scalar"  # scalar, sequence, mapping, alias
    merges: bool = False  # it is the key `<<`


def compose(text: str, max_values: int) -> Slices[Node | None]:
    """The nodes of the one document in `text`; None for an empty one."""
    reader = YAML(typ="safe", pure=True)
    reader.Reader, reader.Scanner = BoundedReader, BoundedScanner
    composer = Composer(Scalars(reader))
    paused_at = 0
    for number, event in enumerate(reader.parse(text)):
        if number % STEP == STEP - 1 or event.end_mark.index - paused_at > STEP_CHARS:
            paused_at = event.end_mark.index
            yield
        composer.take(event)
        if composer.nodes > 2 * max_values:  # a mapping has two for each value
            raise problem(event.start_mark, f"it has more than {max_values} values")
    return composer.root


class Composer:
    """Builds nodes from ruamel's events."""

    def __init__(self, scalars: Scalars) -> None:
        self.root: Node | None = None
        self.nodes = 0
        self._scalars = scalars
        self._anchors: dict[str, Node] = {}
        self._open: list[Node] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            self._open.pop()
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise problem(event.start_mark, "expected a single document")
        elif node := self._node(event):
            self._place(node)
            if len(self._open) > MAX_DEPTH:
                raise problem(event.start_mark, TOO_DEEP)

    def _node(self, event: Any) -> Node | None:
        mark = event.start_mark
        position = mark.line + 1, mark.column + 1
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise problem(mark, f"found undefined alias {str(event.anchor)[:100]!r}")
            return Node(position, self._anchors[event.anchor], "alias")
        match event:
            case ScalarEvent():
                node = self._scalars.read(event, position)
            case SequenceStartEvent():
                node = Node(position, [], "sequence")
            case MappingStartEvent():
                node = Node(position, [], "mapping")
            case _:
                return None
        if event.anchor:
            self._anchors[str(event.anchor)] = node
        return node

    def _place(self, node: Node) -> None:
        self.nodes += 1
        if self._open:
            self._open[-1].value.append(node)
        else:
            self.root = node
        if node.kind in ("sequence", "mapping"):
            self._open.append(node)


class Scalars:
    """Turns scalar events into plain values, by the tags that YAML 1.2 gives them."""

    def __init__(self, reader: YAML) -> None:
        self._resolver = reader.resolver
        self._constructor = reader.constructor

    def read(self, event: Any, position: Position) -> Node:
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
                raise problem(event.start_mark, f"not a value of type {kind}: {' '.join(str(error).split())}") from None
        return Node(position, value, merges=tag == _MERGE)
