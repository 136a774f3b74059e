"""What pydantic finds wrong with a value from outside, in sentences: where, what, and the name probably meant.

The one writer for agent files, options of the API and arguments of tools.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Path: TypeAlias = tuple[str | int, ...]
Position: TypeAlias = tuple[int, int]  # line and column, from 1

MAX_PROBLEMS: Final = 20  # named; the rest are counted
_MAX_SHOWN: Final = 80  # characters of a key or a value

_EXPECTED: Final = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "dataclass_type": "must be a mapping of keys to values",
}
_BOUNDS: Final = {
    "greater_than_equal": ("must be at least", "ge"),
    "greater_than": ("must be more than", "gt"),
    "less_than_equal": ("must be at most", "le"),
    "less_than": ("must be less than", "lt"),
    "string_pattern_mismatch": ("must match the pattern", "pattern"),
}
_TYPE_NAMES: Final = {
    bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping",
}  # fmt: skip


def shown(value: object) -> str:
    """`value` as one line of at most 80 characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def nearest(path: Path, positions: Mapping[Path, Position]) -> Position | None:
    """The position of the value at `path`, else that of the nearest value around it."""
    while path and path not in positions:
        path = path[:-1]
    return positions.get(path)


def problems(
    error: ValidationError,
    document: object,
    model: type[BaseModel],
    *,
    whole: str,
    positions: Mapping[Path, Position] | None = None,
) -> str:
    """Everything that is wrong with `document`, in the order of the text, joined by semicolons.

    Args:
        error: what `model` raised for `document`.
        document: the value that was validated: plain mappings, lists and scalars.
        model: the model that validated it; the names it allows are the suggestions for a misspelt one.
        whole: what to call the document where it is wrong as a whole.
        positions: line and column of the values, where the document was read from a text.
    """
    places = positions or {}
    found: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        found.setdefault(_path(details, document), []).append(details)
    # A value that fits no member of a union fails at each of them; the errors further inside it are more exact.
    around = {path[:length] for path in found for length in range(len(path))}
    paths = [path for path in found if path not in around]
    paths.sort(key=lambda path: nearest(path, places) or (0, 0))
    sentences = []
    for path in paths[:MAX_PROBLEMS]:
        position = nearest(path, places)
        line = f"line {position[0]}, column {position[1]}: " if position else ""
        where = ".".join(shown(part) for part in path) or whole
        sentences.append(f"{line}{where}{_sentence(path, found[path], model)}")
    if len(paths) > MAX_PROBLEMS:
        sentences.append(f"and {len(paths) - MAX_PROBLEMS} more")
    return "; ".join(sentences)


def _path(details: ErrorDetails, document: object) -> Path:
    """The place in the document: `loc` without pydantic's marks for members of unions and keys of mappings."""
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


def _sentence(path: Path, errors: Sequence[ErrorDetails], model: type[BaseModel]) -> str:
    """What stands after the name of the value."""
    kinds = {details["type"] for details in errors}
    if "missing" in kinds:
        return " is missing"
    if "extra_forbidden" in kinds:
        return f": unknown key{did_you_mean(str(path[-1]), _keys(model, path[:-1]))}"
    # That a value may be left out, as null, is no advice for one that is there.
    reasons = dict.fromkeys(_reason(details) for details in errors if details["type"] != "none_required")
    return f": {' or '.join(reasons) or 'must be empty'}"


def _reason(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    value = details["input"]
    if kind == "literal_error":
        options = [text.strip().strip("'") for text in context["expected"].replace(" or ", ", ").split(",")]
        listed = f", one of {', '.join(options)}" if len(options) <= 12 else ""
        return f"cannot be {shown(value)}{did_you_mean(str(value), options)}{listed}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{words} {context[bound]}"
    if kind == "too_short" and context["min_length"] == 1:
        return "must not be empty"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}{_instead(kind, value)}"
    return " ".join(details["msg"].removeprefix("Value error, ").split())


def _instead(kind: str, value: object) -> str:
    """What is there in place of what was expected."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"; put {shown(value)} in quotes"
    is_ = next((name for type_, name in _TYPE_NAMES.items() if isinstance(value, type_)), None)
    return f", and is {is_}" if is_ and kind.endswith("_type") else "; it is empty" if value is None else ""


def did_you_mean(word: str, options: Sequence[str]) -> str:
    """A question in parentheses that names the option closest to `word`, else nothing."""
    close = get_close_matches(word[:_MAX_SHOWN], options, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the models allow at `path`; mappings and lists take any key, and of a union each member counts."""
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
    """The members of a union, and the type inside `Annotated`."""
    if get_origin(kind) in (Union, UnionType):
        return [inner for member in get_args(kind) for inner in _members(member)]
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    return [] if get_origin(kind) is Literal else [kind]
