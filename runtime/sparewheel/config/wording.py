"""What pydantic finds wrong with an agent file, said with line, column, key, and the key that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from .schema import Path, Position

MAX_FAULTS: Final = 20
_LONGEST: Final = 80  # characters of a key or a value that are shown

_EXPECTED: Final = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number that ends",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "too_short": "must not be empty",
    "string_pattern_mismatch": "has a character that it must not have, or is too long",
}
_BOUNDS: Final = {
    "greater_than_equal": ("must be at least", "ge"),
    "greater_than": ("must be more than", "gt"),
    "less_than_equal": ("must be at most", "le"),
    "less_than": ("must be less than", "lt"),
}


def shown(value: object) -> str:
    """Anything in one line, and not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def faults(
    errors: Sequence[ErrorDetails], document: object, positions: Mapping[Path, Position], model: type[BaseModel]
) -> list[str]:
    """One sentence for each thing that is wrong, in the order of the text."""
    found: dict[Path, list[ErrorDetails]] = {}
    for details in errors:
        found.setdefault(_path(details, document), []).append(details)
    # A value that fits no member of a union fails at each of them: what is wrong deeper down says more.
    paths = [path for path in found if not any(other[: len(path)] == path != other for other in found)]
    paths.sort(key=lambda path: _position(path, positions) or (0, 0))
    said = [_sentence(path, found[path], positions, model) for path in paths[:MAX_FAULTS]]
    return said + ([f"and {len(paths) - MAX_FAULTS} more"] if len(paths) > MAX_FAULTS else [])


def _path(details: ErrorDetails, document: object) -> Path:
    """Where in the document: without pydantic's marks for the members of unions and the keys of mappings."""
    path: list[str | int] = []
    here = document
    loc = details["loc"]
    for index, part in enumerate(loc):
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif not (details["type"] == "missing" and index == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _sentence(
    path: Path, errors: list[ErrorDetails], positions: Mapping[Path, Position], model: type[BaseModel]
) -> str:
    position = _position(path, positions)
    line = f"line {position[0]}, column {position[1]}: " if position else ""
    where = ".".join(shown(part) for part in path) or "the file"
    kinds = {details["type"] for details in errors}
    if "missing" in kinds:
        return f"{line}{where} is missing"
    if "extra_forbidden" in kinds:
        return f"{line}{where}: unknown key{_meant(str(path[-1]), _keys(model, path[:-1]))}"
    return f"{line}{where}: {' or '.join(dict.fromkeys(_reason(details) for details in errors))}"


def _reason(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    value = details["input"]
    if kind == "literal_error":
        options = [text.strip().strip("'") for text in context["expected"].replace(" or ", ", ").split(",")]
        listed = f", one of {', '.join(options)}" if len(options) <= 12 else ""
        return f"cannot be {shown(value)}{_meant(str(value), options)}{listed}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{words} {context[bound]}"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}{_instead(kind, value)}"
    return " ".join(details["msg"].removeprefix("Value error, ").split())


def _instead(kind: str, value: object) -> str:
    """What is there in place of what was expected."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"; put {shown(value)} in quotes"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    is_ = next((name for type_, name in names.items() if isinstance(value, type_)), None)
    return f", and is {is_}" if is_ and kind.endswith("_type") else "; it is empty" if value is None else ""


def _position(path: Path, positions: Mapping[Path, Position]) -> Position | None:
    """Where `path` stands, or the nearest thing around it that does."""
    while path:
        if path in positions:
            return positions[path]
        path = path[:-1]
    return None


def _meant(word: str, options: Sequence[str]) -> str:
    close = get_close_matches(word[:_LONGEST], options, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys allowed at `path`, found by walking the types: mappings and lists take any key, unions are tried all."""
    kinds: list[Any] = [model]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return [
        field.alias or name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]


def _inside(kind: Any, part: str | int) -> list[Any]:
    """The types that the value at `part` may have."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        found = fields.get(str(part)) or next((field for field in fields.values() if field.alias == part), None)
        return _members(found.annotation) if found else []
    if get_origin(kind) in (dict, list):
        return _members(get_args(kind)[-1])
    return []


def _members(kind: Any) -> list[Any]:
    """A union's members, and what stands inside an annotation."""
    if get_origin(kind) in (Union, UnionType):
        return [inner for member in get_args(kind) for inner in _members(member)]
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    return [] if get_origin(kind) is Literal else [kind]
