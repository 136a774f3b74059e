"""The JSON schema of agent files, for editors: they complete keys and say what is wrong while one types.

A file asks for it in its first line: `# yaml-language-server: $schema=agent-schema.json`. The schema follows from the
models that read the files, so the two cannot differ; drafts of JSON Schema from 7 on understand it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from .schema import AgentFile

FILE_NAME: Final = "agent-schema.json"
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_NOTHING: Final = ([], {}, "", None, False)


class _Plain(GenerateJsonSchema):
    """Without a title for every key: editors show the key itself."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def agent_file_schema() -> dict[str, Any]:
    """The schema as a document of its own."""
    schema = AgentFile.model_json_schema(schema_generator=_Plain)
    head = {"$schema": _DRAFT, "$id": FILE_NAME, "title": "Agent file"}
    return head | {name: _tidy(part) for name, part in schema.items() if name != "title"}


def agent_file_schema_text() -> str:
    """What stands in `dist/agent-schema.json`."""
    return json.dumps(agent_file_schema(), indent=1, ensure_ascii=False) + "\n"


def _tidy(node: Any) -> Any:
    """Put what stands beside a `$ref` where older drafts see it, and leave out defaults that say nothing."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {name: _tidy(part) for name, part in node.items() if name != "default" or _says_something(part)}
    if "$ref" in tidy and len(tidy) > 1:
        return {"allOf": [{"$ref": tidy.pop("$ref")}], **tidy}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy


def _says_something(default: Any) -> bool:
    return not isinstance(default, dict) and default not in _NOTHING
