"""JSON schemas of pydantic models."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema


class UntitledFields(GenerateJsonSchema):
    """Pydantic's generator without the titles of fields, which only repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
