"""The JSON schema of agent files, with which editors complete keys and mark errors.

A file refers to it in its first line, `# yaml-language-server: $schema=agent-schema.json`. It is generated from the
models that read the files, and is valid in every draft of JSON Schema from 7 on.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sparewheel.config.base import Strict
from sparewheel.config.schema import AgentFile
from sparewheel.jsonschema.models import UntitledFields
from sparewheel.jsonschema.tree import rewrite, without

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import core_schema

FILE_NAME: Final = "agent-schema.json"
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_NOTHING: Final[tuple[object, ...]] = ([], {}, "", None, False)


class _Described(UntitledFields):
    """Describes each key by the text under it in the source.

    Pydantic can do this itself, but then does so whenever the models are imported, which makes every boot slower.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        made = super().model_schema(schema)
        model = schema["cls"]
        texts = _descriptions(model)
        for key, details in made.get("properties", {}).items():
            if key in texts:
                details.setdefault("description", texts[key])
        if issubclass(model, Strict):
            ignored = {key: {"description": f"Accepted, no effect: {why}."} for key, why in model.accepted.items()}
            made["properties"] = made.get("properties", {}) | ignored
        return made


def agent_file_schema() -> dict[str, Any]:
    """The schema as a complete document."""
    schema = AgentFile.model_json_schema(schema_generator=_Described)
    head = {"$schema": _DRAFT, "$id": FILE_NAME, "title": "Agent file"}
    return head | without(rewrite(schema, _tidy), "title")


def agent_file_schema_text() -> str:
    """The text of `dist/agent-schema.json`."""
    return json.dumps(agent_file_schema(), indent=1, ensure_ascii=False) + "\n"


def _descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field of a model, inherited fields included, by the key in the file."""
    texts: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls.__module__.startswith("sparewheel."):
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
            texts |= _texts_below(tree.body) if isinstance(tree, ast.ClassDef) else {}
    return {field.alias or name: texts[name] for name, field in model.model_fields.items() if name in texts}


def _texts_below(body: list[ast.stmt]) -> dict[str, str]:
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _tidy(node: dict[str, Any]) -> dict[str, Any]:
    """Wrap a `$ref` that has siblings (older drafts ignore these) in `allOf`; leave out empty defaults."""
    if "default" in node and not _is_informative(node["default"]):
        node = without(node, "default")
    if "$ref" in node and len(node) > 1:
        return {"allOf": [{"$ref": node["$ref"]}], **without(node, "$ref")}
    return node


def _is_informative(default: Any) -> bool:
    return not isinstance(default, dict) and default not in _NOTHING
