"""The fields that every event has, and those that some events share."""

from __future__ import annotations

from typing import NotRequired

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict


class Stamped(TypedDict):
    """`turn`, `seq` and `agent` are put on by the session, in the one place where events leave it.

    `agent` is who was at work. `task` is set on what a sub-agent does inside a tool call: the id of that call; such
    events are no part of the answer's text.
    """

    turn: NotRequired[str]
    seq: NotRequired[int]
    agent: NotRequired[str]
    task: NotRequired[str]


Between = TypedDict("Between", {"from": str})  # a class body cannot have a field named `from`
