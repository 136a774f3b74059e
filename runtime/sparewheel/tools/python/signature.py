"""A function's signature as a JSON schema for the model, and as a check of the model's arguments, by pydantic."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Final, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo

from ...jsonschema.models import UntitledFields
from ..arguments import wrong_arguments
from ..base import ToolContext, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from pydantic.json_schema import JsonSchemaWarningKind

    Arguments: TypeAlias = tuple[list[Any], dict[str, Any]]

_ANY_NUMBER: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class _Schema(UntitledFields):
    """Omits defaults that cannot be written as JSON."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


class Signature:
    """How to call a function. `schema` is the JSON schema of its arguments.

    A parameter annotated with `ToolContext` receives the context of the call and is not in the schema.

    Raises:
        ToolError: a model cannot call the function: it has `*args`, or a type without a JSON schema.
    """

    def __init__(self, function: Callable[..., Any], words: Mapping[str, str]) -> None:
        parameters = list(inspect.signature(function).parameters.values())
        hints = _hints(function)
        self._context = [each for each in parameters if hints.get(each.name) is ToolContext]
        self._own = [each for each in parameters if each not in self._context]
        # Fields are numbered, because names such as `schema` or `_x` cannot be fields of a pydantic model.
        fields: dict[str, Any] = {f"field{number}": _field(each, hints, words) for number, each in enumerate(self._own)}
        try:
            self._model: type[BaseModel] = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)
            self.schema = _schema_of(self._model)
        except PydanticUserError as error:
            raise ToolError(f"its arguments have no JSON schema: {error.message.splitlines()[0]}") from None

    def bind(self, arguments: Mapping[str, Any], context: ToolContext) -> Arguments:
        """The positional and the named arguments for the function. Raises `ToolError` for the model to correct."""
        given = dict(arguments)
        try:
            checked = self._model.model_validate(given)
        except ValidationError as error:
            raise ToolError(wrong_arguments(error, given, self._model)) from None
        values = {
            parameter.name: getattr(checked, field)
            for field, parameter in zip(type(checked).model_fields, self._own, strict=True)
            if field in checked.model_fields_set  # an omitted argument gets the function's own default
        }
        if any(_is_rounded(given[name], value) for name, value in values.items()):
            raise ToolError("An integer in the arguments is too large for the float that the function takes.")
        values |= {parameter.name: context for parameter in self._context}
        positional = [each.name for each in (*self._own, *self._context) if each.kind is each.POSITIONAL_ONLY]
        return [values.pop(name) for name in positional if name in values], values


def _is_rounded(given: Any, value: Any) -> bool:
    """Whether a float that was made from an integer, at any depth, has another value than the integer."""
    if isinstance(given, int):
        return isinstance(value, float) and value != given
    if isinstance(given, list):
        return isinstance(value, (list, tuple)) and any(map(_is_rounded, given, value))
    if isinstance(given, dict):
        parts = value if isinstance(value, dict) else getattr(value, "__dict__", {})
        return any(_is_rounded(each, parts.get(name)) for name, each in given.items())
    return False


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(inspect.unwrap(function), include_extras=True)
    except Exception as error:  # annotations are the user's code and may raise anything
        raise ToolError(f"its annotations cannot be read: {type(error).__name__}: {error}") from None


def _field(parameter: inspect.Parameter, hints: Mapping[str, Any], words: Mapping[str, str]) -> tuple[Any, Any]:
    """The pydantic field of a parameter: its annotation and options."""
    name, default = parameter.name, parameter.default
    if parameter.kind in _ANY_NUMBER:
        raise ToolError(f"it takes any number of arguments ({parameter}); name each one")
    annotation = hints.get(name, Any)
    options: dict[str, Any] = {"alias": name}
    if isinstance(default, FieldInfo):
        annotation = Annotated[annotation, default]
    elif default is not parameter.empty:
        options["default"] = default
    if description := _description(annotation, words.get(name, "")):
        options["description"] = description
    return annotation, Field(**options)


def _description(annotation: Any, docstring: str) -> str:
    """The description in the annotation, else the docstring's; empty where pydantic takes it from its own Field."""
    metadata = annotation.__metadata__ if get_origin(annotation) is Annotated else ()
    if any(isinstance(each, FieldInfo) and each.description for each in metadata):
        return ""
    said = (getattr(each, "documentation", each) for each in metadata)  # typing_extensions.Doc, or the bare text
    return next((each for each in said if isinstance(each, str)), docstring)


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=_Schema)
    schema.pop("title", None)
    return {"type": "object", "properties": {}, **schema}
