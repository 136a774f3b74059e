"""What a step asks its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..messages import assistant, user
from ..providers.base import ModelRequest
from .hidden_media import hide_media

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..config.resolved import ModelSpec
    from ..errors import Fault
    from ..messages import Message
    from ..providers.base import OutputSchema, ToolSpec
    from .health import Health

GO_ON: Final = "[The connection broke. Continue your answer exactly where it stopped; repeat nothing.]"
"""What the next model is asked when it continues a broken answer."""


@dataclass(slots=True)
class WhatIf:
    """A failure that a page wants to see in a turn: the next attempt has the `fault`, which is then None.

    `health` is what comes of it for the rest of the turn; the models' own health does not change.
    """

    fault: Fault | None
    health: Health

    def take(self) -> Fault | None:
        """The fault of the attempt that starts now."""
        fault, self.fault = self.fault, None
        return fault


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks. `messages` is the conversation as the model is to see it.

    `after_tools`: an empty answer to tool results counts as an answer. `max_bytes` limits one answer, text and tool
    calls together; 0 is no limit.

    `reattach` is the `resume_state` of an earlier step that asked the same and was interrupted. The first attempt then
    reads the response that the provider has kept, from its first event on: its events are those of the whole answer, in
    a new attempt. If there is nothing left of it, the chain goes on as after a broken stream. `on_resumable` is called
    as soon as the step has a `resume_state`, which may be long before its first event.

    `wanted` is the model (`provider/model`) that is asked first, even if it is cooling down.
    """

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    output: OutputSchema | None = None
    after_tools: bool = False
    max_bytes: int = 0
    reattach: Mapping[str, Any] | None = None
    on_resumable: Callable[[], object] = lambda: None
    wanted: str | None = None
    what_if: WhatIf | None = None


def request_for(
    question: Question, spec: ModelSpec, messages: Sequence[Message], kept: str, health: Health
) -> ModelRequest:
    """The request to one model, without what its server is known to refuse. `kept`: the text that it continues."""
    if kept:
        messages = [*messages, assistant(kept), user(GO_ON)]
    if spec.model_id in health.without_media:
        messages = hide_media(messages)
    return ModelRequest(spec, messages, question.tools, question.output, spec.base_url not in health.without_usage)
