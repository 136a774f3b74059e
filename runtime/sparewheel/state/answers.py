"""Answers of the session by prompt, for agents with a `cache`: the same prompt is answered without asking a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..bounded import BoundedDict
from ..messages import Text

if TYPE_CHECKING:
    from ..config.agents import CacheConfig
    from ..messages import Message

MAX_ANSWERS: Final = 200  # of all agents of a session
MAX_PROMPT: Final = 100_000  # characters; a longer prompt is not kept


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model, as `provider/model`, has answered."""

    text: str
    model: str


@dataclass(slots=True)
class Answers:
    """Keeps answers for as long as the session lasts. As in docker-agent, what came before a prompt does not count."""

    _kept: BoundedDict[tuple[str, str], Answer] = field(default_factory=lambda: BoundedDict(MAX_ANSWERS))

    def find(self, agent: str, cache: CacheConfig | None, prompt: Message) -> Answer | None:
        """The answer to an equal prompt, if the agent keeps answers."""
        key = _key(cache, prompt)
        return self._kept.get((agent, key)) if key is not None else None

    def keep(self, agent: str, cache: CacheConfig | None, prompt: Message, answer: Answer) -> None:
        """Keep an answer, if the agent does so. A prompt with an image has no key, and an empty answer is not kept."""
        key = _key(cache, prompt)
        if key is not None and answer.text:
            self._kept[agent, key] = answer


def _key(cache: CacheConfig | None, prompt: Message) -> str | None:
    if cache is None or not cache.enabled or not all(isinstance(part, Text) for part in prompt.parts):
        return None
    text = prompt.text.strip() if cache.trim_spaces else prompt.text
    if len(text) > MAX_PROMPT:
        return None
    return text if cache.case_sensitive else text.casefold()
