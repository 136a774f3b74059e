"""From nodes to plain values: aliases and merge keys are expanded, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .limits import MAX_CHARS, MAX_DEPTH, STEP, TOO_DEEP, YamlProblem

if TYPE_CHECKING:
    from ..errors.validation import Path, Position
    from ..slices import Slices
    from .nodes import Node

_ALIAS: Final = "look for an alias that repeats itself"


class Builder:
    """Expands aliases and merge keys into plain values, and notes where each stands."""

    def __init__(self, positions: dict[Path, Position], max_values: int) -> None:
        self._positions = positions
        self._max = max_values
        self._values = 0
        self._chars = 0

    def build(self, node: Node, path: Path) -> Slices[object]:
        self._count(1)
        if len(path) > MAX_DEPTH:
            raise YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {TOO_DEEP}")
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

    def _mapping(self, node: Node, path: Path) -> Slices[dict[str, object]]:
        built: dict[str, object] = {}
        for name, (key, value) in self._pairs(node).items():
            self._positions[(*path, name)] = key.position
            built[name] = yield from self.build(value, (*path, name))
        return built

    def _pairs(self, node: Node, depth: int = 0) -> dict[str, tuple[Node, Node]]:
        """A mapping's keys and values by name. Its own keys come before those it merges; the first merged one wins.

        Raises:
            YamlProblem: a key is no scalar or is there twice, or what is merged is no mapping.
        """
        found: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
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


def _target(node: Node) -> Node:
    while node.kind == "alias":
        node = node.value
    return node


def _at(node: Node, text: str) -> YamlProblem:
    return YamlProblem(f"line {node.position[0]}, column {node.position[1]}: {text}")
