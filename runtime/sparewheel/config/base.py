"""What all parts of an agent file have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Strict(BaseModel):
    """Refuses unknown keys, because a key that is ignored without notice is worse than one that is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accepted: ClassVar[Mapping[str, str]] = {}
    """Keys that are dropped, each with the reason; see `accepted.ACCEPTED`."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        """Drop the accepted keys, and known keys without a value, which count as not written."""
        if not isinstance(data, dict):
            return data
        if None in data.values():
            known = {field.alias or name for name, field in cls.model_fields.items()}
        else:
            known = set()
        return {
            key: value
            for key, value in data.items()
            if key not in cls.accepted and (value is not None or key not in known)
        }
