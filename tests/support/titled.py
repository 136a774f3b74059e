"""Sessions that get a title, with a scripted provider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from sparewheel.chain.health import Health
from sparewheel.testing import Reply, Usage, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sparewheel.session import Session
    from tests.support.scripted import Script


ANSWER: Final = openai_chat(text="Answer", usage=Usage(10, 5))


TITLE: Final = openai_chat(text='**Title:** "A title."', usage=Usage(100, 20))


SILENT: Final = Reply(silent_after=-1)


FILE: Final = """
agents:
  root:
    model: openai/a
    title_model: {title}
    fallback: {{retries: {retries}, backoff: {{jitter: 0}}}}
{more}
"""


def opened(
    transport: ScriptedTransport,
    title: str = "openai/t",
    more: str = "",
    retries: int = 2,
    health: Health | None = None,
) -> tuple[Session, list[str]]:
    """A session, and the titles that it publishes."""
    lines = "".join(f"    {line}\n" for line in more.splitlines())
    text = FILE.format(title=title or '""', retries=retries, more=lines)
    conversation = session(transport, [], text=text, health=health)
    titles: list[str] = []
    conversation.titles.publish = titles.append
    return conversation, titles


def titled(
    script: Mapping[str, Sequence[Script]], then: Callable[[Session], Awaitable[object]] | None = None, **options: Any
) -> tuple[list[str], ScriptedTransport]:
    """The titles that come after one turn; `then` takes place of waiting for them."""
    transport = ScriptedTransport(script)

    async def main() -> list[str]:
        conversation, titles = opened(transport, **options)
        played = await collect(conversation, "Why is the sky blue?")
        assert played.terminal["type"] == "finish"
        assert played.seconds == 0
        assert conversation.titles.title is None
        await (then(conversation) if then else asyncio.sleep(300))
        await conversation.close()
        assert conversation.titles.title == (titles[-1] if titles else None)
        return titles

    titles = run(main())
    assert transport.open == 0
    return titles, transport
