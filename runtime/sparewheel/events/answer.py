"""The answer of a model while it streams: its steps, its blocks and the pieces of them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

from ..annotations import AnnotationShape
from ..media import MediaShape
from .stamped import Stamped

BlockKind: TypeAlias = Literal["text", "reasoning", "tool_call"]


class StartEvent(Stamped):
    """`resumed`: the turn goes on after it was interrupted or has failed; its answer starts anew.

    Its attempts go on counting. `attempt` is the number of the first one, if it is asked at once: no step was finished.

    `prompt` is there if another tab runs the turn; `model` is then the agent's first one.
    """

    type: Literal["start"]
    model: str
    resumed: NotRequired[bool]
    attempt: NotRequired[int]
    prompt: NotRequired[str]


class StepEvent(Stamped):
    """A further step of the turn begins: the answer's text starts anew. The first step has no event of its own."""

    type: Literal["step"]
    step: int
    model: str


class DeltaEvent(Stamped):
    """A piece of the answer: `content` or `reasoning`, never both."""

    type: Literal["delta"]
    attempt: int
    index: int
    content: NotRequired[str]
    reasoning: NotRequired[str]


class BlockStartEvent(Stamped):
    """A content block begins. `id` and `name` are those of a tool call."""

    type: Literal["block_start"]
    attempt: int
    index: int
    kind: BlockKind
    id: NotRequired[str]
    name: NotRequired[str]


class BlockEndEvent(Stamped):
    """`content` is the whole block: its text, its reasoning, or the arguments of its tool call, named as in its start.

    The arguments need not be complete or valid JSON: a `tool_call` event follows only if they are.
    """

    type: Literal["block_end"]
    attempt: int
    index: int
    kind: BlockKind
    content: str
    id: NotRequired[str]
    name: NotRequired[str]


class MediaEvent(Stamped, MediaShape):
    """A picture, a sound or a file in the answer. It is a block of its own, without `block_start` and `block_end`.

    With `call_id` it is no part of the answer, but of the result of that call. `index` counts the media of that result,
    and `attempt` is 0 if the call was made before the turn was interrupted.
    """

    type: Literal["media"]
    attempt: int
    index: int
    call_id: NotRequired[str]


class AnnotationEvent(Stamped, AnnotationShape):
    """What the answer cites, what a hosted search found, or what it looked for. `span` is in the attempt's text.

    `index` is the block that is open, or the next one.
    """

    type: Literal["annotation"]
    attempt: int
    index: int


class ToolCallDeltaEvent(Stamped):
    """`arguments` is a fragment of JSON text: to be shown, never to be acted on."""

    type: Literal["tool_call_delta"]
    attempt: int
    index: int
    id: str
    name: str
    arguments: str
