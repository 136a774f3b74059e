"""A foreign page that was written for docker-agent's browser build: its script, and agent files for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparewheel.testing import Reply, ToolCall, Usage, openai_chat
from tests.support.agents import agent_file
from tests.support.browser import BOOT_LIMIT, within

if TYPE_CHECKING:
    from sparewheel.testing import ScriptedProvider
    from tests.support.browser import Theirs

ANSWER = Reply(openai_chat(text=["An", "swer"], usage=Usage(3, 2)))
NEVER_ENDS = ANSWER.replace(silent_after=2)

# A source of documents, below `handbook/`, for the end of an agent file.
HANDBOOK = """
rag:
  handbook:
    tool: {name: search_handbook, description: Search the handbook.}
    docs: [handbook]
    strategies: [{type: bm25, chunking: {size: 200, overlap: 20}}]
    results: {limit: 2}
"""

# What the page does: it waits for the global, and answers questions of the session from outside of its handler.
PAGE = """
async () => {
  await import("/some/deep/path/spare/compat/docker-agent.js");
  globalThis.failure = (work) => work.then(() => "", (error) => (error instanceof Error ? error.message : "no Error"));
  globalThis.opened = async (options, answer = () => {}) => {
    const events = [];
    const session = await dockerAgent.createSession(options, (event) => {
      events.push(event);
      setTimeout(() => answer(event, session), 0);
    });
    return { session, events };
  };
  return Object.keys(dockerAgent).sort();
}
"""


async def run(page: Theirs, code: str, *args: Any) -> Any:
    """The outcome of an async function of the page."""
    return await within(page.page.evaluate(f"(args) => ({code})(...args)", list(args)), BOOT_LIMIT)


def file_of(provider: ScriptedProvider, toolsets: str = "") -> str:
    """An agent file with the model `a`; `toolsets` are lines of its agent."""
    return agent_file({"a": provider.url}).replace("    instruction:", f"{toolsets}    instruction:")


def asks(tool: str, /, **arguments: Any) -> Reply:
    """The answer of a model that calls a tool."""
    return Reply(openai_chat(tool_calls=[ToolCall(f"call_{tool}", tool, arguments)]))
