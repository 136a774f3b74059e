"""What the model `demo/searches` does: it searches for the words of the prompt, and quotes what was found first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..jsontext import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_QUOTE: Final = 600  # characters
_NO_TOOL: Final = "I only search, and this agent has no tool that takes a query."


def next_step(request: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the tool to call and the query for it; without a call, \"\" and the answer.

    Args:
        request: the body of a request of OpenAI Chat Completions.
    """
    last = request["messages"][-1]
    if last["role"] == "tool":
        return "", _quoted(last["content"])
    name = next((tool["function"]["name"] for tool in request.get("tools", ()) if _takes_query(tool)), "")
    return (name, _text(last["content"])) if name else ("", _NO_TOOL)


def _takes_query(tool: Mapping[str, Any]) -> bool:
    return "query" in tool["function"].get("parameters", {}).get("properties", {})


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    """The text of a prompt, which may have parts."""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _quoted(result: str) -> str:
    """The answer after a search: its first passage, or the result as it is."""
    try:
        first = read(result.partition("\n\n")[0])[0]
        return f"{first['source_path']} has this: {first['content'][:MAX_QUOTE].strip()}"
    except (ValueError, LookupError, TypeError):
        return result[:MAX_QUOTE]
